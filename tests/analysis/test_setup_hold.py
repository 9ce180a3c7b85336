"""Setup and hold of the D flip-flop that comes along, against single runs; and the cell itself."""

from __future__ import annotations

from importlib import resources
from typing import Any

import numpy as np
import pytest
from josephson.decks import MODEL, transmission_line

from cosim import spice
from cosim.analysis import delays, read_specification, setup_and_hold, simulate_stimuli
from cosim.errors import CosimError
from cosim.josephson import simulate
from cosim.netlist import Deck, flatten, josim_problems, parse, parse_file

NETLISTS = resources.files("cosim") / "netlists"
PLACES: dict[str, Any] = {"data": "B3|XD", "clock": "B3|XC", "output": "B3|XQ"}


@pytest.fixture(scope="module")
def cell() -> Deck:
    return parse_file(str(NETLISTS / "dff.cir"))


def answers(cell: Deck, data: float) -> list[float]:
    return simulate(flatten(cell, {"TDATA": data})).pulse_times("B3|XQ").tolist()


def test_the_cell_keeps_its_specification(cell: Deck) -> None:
    rules = read_specification(str(NETLISTS / "dff.toml"))
    assert rules.check(simulate(flatten(cell))).passed
    assert josim_problems(cell) == []


def test_data_is_read_once_and_no_data_gives_nothing(cell: Deck) -> None:
    assert len(answers(cell, 30e-12)) == len(answers(cell, 70e-12)) == len(answers(cell, 120e-12)) == 1
    assert answers(cell, 1.0) == []
    assert answers(cell, 30e-12)[0] < 70e-12 < answers(cell, 70e-12)[0] < 120e-12 < answers(cell, 120e-12)[0]


@pytest.mark.skipif(spice.available() is None, reason="ngspice is not installed")
def test_ngspice_agrees_on_the_cell(cell: Deck) -> None:
    other, ours = spice.simulate(cell), simulate(flatten(cell))
    for name in ours.pulses.names:
        assert other.pulses.of(name)[0] == pytest.approx(ours.pulses.of(name)[0], abs=0.02e-12)


def test_setup_and_hold_are_where_single_runs_put_them(cell: Deck) -> None:
    found = setup_and_hold(cell, parameter="TDATA", early=75e-12, late=125e-12, **PLACES)
    assert 1e-12 < found.setup < 6e-12 and -3e-12 < found.hold < 3e-12
    assert found.runs < 120
    usual = simulate(flatten(cell, {"TDATA": 75e-12}))
    answer = delays(usual, "B3|XC", "B3|XQ")[1]
    assert found.clock_to_output[0] == pytest.approx(answer, abs=0.02e-12)

    def late_by(value: float, clock: int) -> float:
        """How much longer than usual the one answer took; infinite without one after that clock."""
        run = simulate(flatten(cell, {"TDATA": value}))
        took = run.pulse_times("B3|XQ") - run.pulse_times("B3|XC")[clock]
        return float(took[0] / answer) if len(took) == 1 and 0.0 < took[0] < 20e-12 else np.inf

    step = 3.0 * found.resolution
    assert late_by(found.last_early, 1) < 1.1 + 0.01 < late_by(found.last_early + step, 1) + 0.03
    assert late_by(found.first_late, 2) < 1.1 + 0.01 and late_by(found.first_late - step, 2) > 1.1
    arrivals = simulate(flatten(cell, {"TDATA": found.last_early}))
    gap = arrivals.pulse_times("B3|XC")[1] - arrivals.pulse_times("B3|XD")[0]
    assert found.setup == pytest.approx(gap, abs=0.02e-12)


def test_a_laxer_answer_allows_later_data(cell: Deck) -> None:
    strict, lax = (
        setup_and_hold(cell, parameter="TDATA", early=85e-12, late=115e-12, push_out=p, **PLACES)
        for p in (1.02, 1.3)
    )
    assert lax.setup < strict.setup - 0.2e-12
    assert lax.window < strict.window


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"early": 125e-12, "late": 75e-12}, "early < late"),
        ({"early": 1.0, "late": 2.0}, "0 pulses at B3|XD"),
        ({"early": 20e-12, "late": 125e-12}, "clock pulse 2 should read the data"),
        ({"early": 75e-12, "late": 125e-12, "clock_pulse": 3}, "clock pulse 3 and the next one"),
        ({"early": 75e-12, "late": 125e-12, "parameter": "TDAT"}, "did you mean 'TDATA'"),
        ({"early": 75e-12, "late": 125e-12, "parameter": "SIC"}, "."),
    ],
)
def test_wrong_questions(cell: Deck, settings: dict, message: str) -> None:
    with pytest.raises(CosimError, match=message):
        setup_and_hold(cell, **{"parameter": "TDATA", **PLACES, **settings})


def test_stimuli_side_by_side_give_what_single_runs_give() -> None:
    """Sources with corners of their own in each variant, some equal, one with a constant beside it."""
    text = MODEL + ".param t=20p\n" + transmission_line(4, stop="80p").replace("400u 20p", "400u t")
    circuits = [flatten(parse(text), {"T": t}) for t in (20e-12, 23.3e-12, 20e-12, 31e-12)]
    batch = simulate_stimuli(circuits, step=0.1e-12, threads=1)
    for k, flat in enumerate(circuits):
        single = simulate(flat, step=0.1e-12, method="ark3").pulses
        assert np.array_equal(batch.pulses(k).element, single.element)
        assert np.max(np.abs(batch.pulses(k).time - single.time)) < 0.002e-12
    assert np.array_equal(batch.pulses(0).time, batch.pulses(2).time)


def test_stimuli_that_differ_in_more_than_currents_are_refused() -> None:
    text = MODEL + transmission_line(2, stop="60p")
    circuits = [flatten(parse(text.replace("2.744", r))) for r in ("2.744", "3")]
    with pytest.raises(CosimError, match="R1 differs between the variants"):
        simulate_stimuli(circuits)
    with pytest.raises(CosimError, match="same elements"):
        simulate_stimuli([circuits[0], flatten(parse(MODEL + transmission_line(3, stop="60p")))])
