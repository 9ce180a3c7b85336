"""Elements of value 0, negative elements, differences of devices, currents of lines."""

from __future__ import annotations

import numpy as np
import pytest
from josephson.decks import circuit

from cosim.errors import SimulationError
from cosim.josephson import simulate

CELL = "I1 0 1 pwl(0 0 5p 260u)\nB1 {0} 0 jj1 area=2\nR1 {0} 0 3\n.tran 0.1p 60p\n"


@pytest.mark.parametrize("card", ["L1 1 2 0", "R2 1 2 0", "R2 1 2 0\nL1 1 2 0", "R2 1 2 1p"])
def test_a_short_joins_its_nodes(card: str) -> None:
    plain = simulate(circuit(CELL.format("1")))
    shorted = simulate(circuit(card + "\nC9 2 0 0\n" + CELL.format("2")))
    assert np.array_equal(shorted.pulses.time, plain.pulses.time)
    assert len(plain.pulses.time) > 5


def test_current_and_voltage_of_a_short() -> None:
    result = simulate(
        circuit("L1 1 2 0\n" + CELL.format("2") + ".print i(L1) v(L1) p(L1) i(B1) i(R1) v(1,2)\n")
    )
    assert np.max(np.abs(result["I(L1)"] - result["I(B1)"] - result["I(R1)"])) < 3e-6
    assert not np.any(result["V(L1)"]) and not np.any(result["P(L1)"]) and not np.any(result["V(1,2)"])


def test_a_short_to_ground_and_one_between_sources() -> None:
    result = simulate(
        circuit(
            "V1 1 0 pwl(0 0 5p 1m)\nL1 1 2 0\nR1 2 3 4\nR2 3 0 0\n.tran 0.1p 20p\n.print i(V1) i(L1) i(R2)\n"
        )
    )
    assert result["I(R2)"][-1] == pytest.approx(0.25e-3, rel=1e-9)
    assert result["I(L1)"][-1] == pytest.approx(0.25e-3, rel=1e-9)
    assert result["I(V1)"][-1] == pytest.approx(-0.25e-3, rel=1e-9)


def test_how_shorts_in_a_loop_divide_a_current_is_open() -> None:
    with pytest.raises(SimulationError, match="leave open how it divides"):
        simulate(circuit("L1 1 2 0\nL2 1 2 0\n" + CELL.format("2") + ".print i(L1)\n"))


def test_negative_inductance_of_an_equivalent_circuit() -> None:
    """Coils of 4 and 1 pH coupled by k = 0.9: as a T the branch on the small side is below zero."""
    mutual = 0.9 * 2e-12
    drive = "I1 0 1 pwl(0 0 5p 200u)\nR1 1 0 5\nB2 2 0 jj1\nR2 2 0 5\n.tran 0.1p 40p\n.print p(B2) v(1)\n"
    coupled = simulate(circuit("L1 1 0 4p\nL2 2 0 1p\nK1 L1 L2 0.9\n" + drive))
    tee = simulate(
        circuit(f"L1 1 3 {4e-12 - mutual!r}\nL2 2 3 {1e-12 - mutual!r}\nL3 3 0 {mutual!r}\n" + drive)
    )
    assert np.ptp(coupled["P(B2)"]) > 0.1
    assert np.max(np.abs(tee["P(B2)"] - coupled["P(B2)"])) < 1e-4
    assert np.max(np.abs(tee["V(1)"] - coupled["V(1)"])) < 1e-7


def test_difference_of_devices() -> None:
    result = simulate(
        circuit(CELL.format("1") + "R3 1 3 2\nR4 3 0 5\n.print v(R3,R4) v(R3) v(R4) p(B1,R4) p(B1) p(R4)\n")
    )
    assert np.array_equal(result["V(R3,R4)"], result["V(R3)"] - result["V(R4)"])
    assert np.array_equal(result["P(B1,R4)"], result["P(B1)"] - result["P(R4)"])


def test_current_into_a_line() -> None:
    """What goes into a line of impedance Z from a source with Z in series, and comes back from its end."""
    result = simulate(
        circuit(
            "V1 1 0 pwl(0 0 10p 0 11p 1m)\nR1 1 2 5\nT1 2 0 3 0 z0=5 td=7p\nR2 3 0 15\n.tran 0.1p 60p\n"
            ".print i(T1) i(R1) v(T1) v(2)\n"
        )
    )
    assert np.max(np.abs(result["I(T1)"] - result["I(R1)"])) < 1e-8
    assert result["I(T1)"][200] == pytest.approx(1e-4, rel=1e-6)
    assert result["I(T1)"][-1] == pytest.approx(0.5e-4, rel=1e-6)
    assert np.array_equal(result["V(T1)"], result["V(2)"])


def test_a_line_driven_by_a_source_without_resistance() -> None:
    """The wave is the source's voltage, a delay later, and goes to and fro between source and load."""
    result = simulate(
        circuit(
            "V1 1 0 sin(0 1m 20g)\nT1 1 0 2 0 z0=2 td=20p\nR2 2 0 1\n.tran 0.05p 100p\n"
            ".print v(2) i(T1) i(V1)\n"
        )
    )

    def source(time: np.ndarray) -> np.ndarray:
        return np.where(time > 0.0, 1e-3 * np.sin(2e10 * 2.0 * np.pi * time), 0.0)

    reflection = (1.0 - 2.0) / (1.0 + 2.0)
    expected = sum(
        (1.0 + reflection) * (-reflection) ** k * source(result.time - (2 * k + 1) * 20e-12) for k in range(3)
    )
    assert np.max(np.abs(result["V(2)"] - expected)) < 1e-8
    back = sum(
        2.0 * reflection * (-reflection) ** k * source(result.time - (2 * k + 2) * 20e-12) for k in range(2)
    )
    assert np.max(np.abs(result["I(T1)"] - (source(result.time) - back) / 2.0)) < 1e-8
    assert np.array_equal(result["I(V1)"], -result["I(T1)"])
