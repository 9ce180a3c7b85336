"""1T1R arrays, against ngspice's own transistor."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cosim.circuits.crossbar import crossbar_deck
from cosim.crossbar import Transistor, overdrives, passive, solve_nonlinear, solve_transistors
from cosim.errors import SimulationError
from cosim.spice import available, simulate

DEVICE = Transistor(threshold=0.35, transconductance=8e-4, channel_modulation=0.0)
ROWS, COLUMNS = 7, 5


def problem():
    rng = np.random.default_rng(3)
    array = passive(
        rng.uniform(2e-5, 4e-4, (ROWS, COLUMNS)), word_line_resistance=15.0, bit_line_resistance=60.0,
        sense_resistance=100.0,
    )  # fmt: skip
    return array, rng.uniform(0.1, 0.5, ROWS)


@pytest.mark.skipif(available() is None, reason="ngspice is not installed")
def test_ngspice_with_transistors_whose_sources_drop() -> None:
    from dataclasses import replace

    array, inputs = problem()
    gate = np.linspace(0.7, 1.2, ROWS)
    found = solve_transistors(array, DEVICE, gate, inputs)
    assert found.converged, found.message
    plain = crossbar_deck(array.cells, array.word_segments(), array.bit_segments(), {"left": inputs})

    def with_transistor(match: re.Match[str]) -> str:
        name, first, second, value = match.groups()
        row = name.partition("_")[0]
        return f"RC{name} {first} d{name} {value}\nMC{name} d{name} g{row} {second} {second} switch w=1u l=1u"

    text = re.sub(r"^RC(\d+_\d+) (\S+) (\S+) (\S+)$", with_transistor, plain.text, flags=re.MULTILINE)
    gates = "\n".join(f"VG{row} g{row} 0 {volts!r}" for row, volts in enumerate(gate.tolist()))
    model = (
        f".model switch nmos level=1 vto={DEVICE.threshold} kp={DEVICE.transconductance} lambda=0 is=1e-30"
    )
    head, rest = text.split("\n", 1)
    result = simulate(replace(plain, text=f"{head}\n{gates}\n{model}\n{rest}"))
    for line in range(COLUMNS):
        assert -result[f"I(BOTTOM{line})"][-1] == pytest.approx(found.outputs[0, line], rel=1e-6)
    # Sources that count as grounded are a different circuit.
    grounded = solve_transistors(array, DEVICE, gate, inputs, follow_source=False)
    assert np.abs(grounded.outputs / found.outputs - 1).max() > 1e-3


def test_grounded_sources_are_the_plain_law() -> None:
    array, inputs = problem()
    law = DEVICE.law(0.8 - DEVICE.threshold)
    np.testing.assert_allclose(
        solve_transistors(array, DEVICE, 0.8, inputs, follow_source=False).outputs,
        solve_nonlinear(array, law, inputs).outputs,
        rtol=1e-10,
    )


def test_rows_that_are_not_selected_conduct_nothing() -> None:
    array, inputs = problem()
    gate = np.where(np.arange(ROWS) == 2, 1.0, 0.0)
    found = solve_transistors(array, DEVICE, gate, inputs, nodes=True)
    current = found.nodes.cell_current[0]
    assert (current[2] > 0).all()
    assert np.abs(np.delete(current, 2, axis=0)).max() == 0
    columns = solve_transistors(array, DEVICE, [1.0, 0, 0, 0, 0], inputs, along="columns")
    assert columns.outputs[0, 0] > 0
    np.testing.assert_array_equal(columns.outputs[0, 1:], 0)


def test_several_inputs_and_rounds_that_do_not_suffice() -> None:
    array, inputs = problem()
    both = solve_transistors(array, DEVICE, 1.0, np.stack([inputs, 0.5 * inputs]))
    alone = solve_transistors(array, DEVICE, 1.0, 0.5 * inputs)
    np.testing.assert_allclose(both.outputs[1], alone.outputs[0], rtol=1e-12)
    hasty = solve_transistors(array, DEVICE, 1.0, inputs, rounds=1)
    assert not hasty.converged
    assert "more rounds" in hasty.message


def test_shapes_of_gates_are_checked() -> None:
    with pytest.raises(SimulationError, match=r"expected a scalar, \(7,\) for the word lines"):
        overdrives((ROWS, COLUMNS), [1.0, 2.0], DEVICE)
    with pytest.raises(SimulationError, match="expected 'rows' or 'columns'"):
        overdrives((ROWS, COLUMNS), 1.0, DEVICE, along="diagonal")
