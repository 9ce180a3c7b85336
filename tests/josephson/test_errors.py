"""Circuits that have no solution, and requests that make no sense, say what is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from josephson.decks import circuit

from cosim.errors import CosimError, SimulationError
from cosim.josephson import simulate, simulate_batch
from cosim.josephson.kernel import advance
from cosim.netlist.circuit import Capacitor, Circuit, CurrentSource, Inductor, Mutual, Probe, Resistor
from cosim.netlist.waveforms import PiecewiseLinear

GOOD = "B1 1 0 jj1\nR1 1 0 5\nI1 0 1 pwl(0 0 5p 50u)\n.tran 0.1p 20p\n"


@pytest.mark.parametrize(
    ("deck", "message"),
    [
        ("R1 1 2 5\nI1 1 2 pwl(0 0 1p 1u)\nR3 3 0 1\n.tran 0.1p 10p\n", "no path leads to ground"),
        ("V1 1 0 1m\nV2 1 0 2m\nR1 1 0 1\n.tran 0.1p 10p\n", "V2 closes a loop of voltage or phase sources"),
        (
            "I1 0 1 1u\nL1 1 0 1p\nL2 2 0 1p\nL3 3 0 1p\nR2 2 0 1\nR3 3 0 1\n"
            "K1 L1 L2 0.9\nK2 L2 L3 0.9\nK3 L1 L3 -0.9\n.tran 0.1p 10p\n",
            "(L1, L2, L3).*not positive definite",
        ),
        (GOOD + ".print p(B2)\n", "B2"),
        (GOOD + ".print v(9)\n", "9"),
        ("V1 1 0 1m\nR1 1 0 1\nT1 1 0 2 0 td=0 z0=50\nR2 2 0 50\n.tran 0.1p 10p\n", "td|delay"),
    ],
    ids=["floating", "loop", "coils", "junction probe", "node probe", "line without delay"],
)
def test_broken_circuits(deck: str, message: str) -> None:
    with pytest.raises(CosimError, match=message):
        simulate(circuit(deck))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"stop": -1.0}, "stop time must be positive"),
        ({"stop": float("nan")}, "stop time must be positive"),
        ({"step": 0.0}, "step must be positive"),
        ({"tolerance": -1e-3}, "tolerance must be positive"),
        ({"method": "ark5"}, "unknown method 'ark5'.*did you mean 'ark"),
        ({"print_step": 0.0}, "print step must be positive"),
    ],
    ids=str,
)
def test_settings(settings: dict, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        simulate(circuit(GOOD), **settings)


def test_circuits_built_in_python_are_checked_too() -> None:
    floating = Circuit(
        elements=(
            Resistor(name="R1", nodes=("1", "2"), resistance=5.0),
            CurrentSource(name="I1", nodes=("1", "2"), waveform=PiecewiseLinear((0.0, 1e-12), (0.0, 1e-6))),
        )
    )
    with pytest.raises(SimulationError, match=r"singular at node [12].*path to ground"):
        simulate(floating, stop=1e-11)
    names = ("L1", "L2", "L3")
    coils = Circuit(
        elements=tuple(Inductor(name=n, nodes=(n, "0"), inductance=1e-12) for n in names),
        mutuals=tuple(
            Mutual(name=f"K{k}", inductors=pair, coupling=c)
            for k, (pair, c) in enumerate([(names[:2], 0.9), (names[1:], 0.9), (names[::2], -0.9)])
        ),
    )
    with pytest.raises(SimulationError, match="coupled coils L1, L2, L3 is not positive definite"):
        simulate(coils, stop=1e-11)


def test_no_stop_time() -> None:
    with pytest.raises(SimulationError, match=r"no \.tran"):
        simulate(circuit(GOOD.replace(".tran 0.1p 20p\n", "")))


@pytest.mark.parametrize("settings", [{}, {"step": 0.1e-12}], ids=["controlled", "equal"])
def test_a_run_away_is_a_failed_result_not_a_hang(settings: dict) -> None:
    """A negative resistance beside a capacitance: the voltage grows by e every 0.1 ps."""
    elements = (
        Resistor(name="R1", nodes=("1", "0"), resistance=-1.0),
        Capacitor(name="C1", nodes=("1", "0"), capacitance=1e-13),
        CurrentSource(name="I1", nodes=("0", "1"), waveform=PiecewiseLinear((0.0, 1e-12), (0.0, 1e-6))),
    )
    probes = (Probe(kind="V", label="V(1)", nodes=("1",)),)
    result = simulate(Circuit(elements=elements, probes=probes), stop=2e-10, print_step=1e-12, **settings)
    assert result.status == "failed"
    assert "negative" in result.message
    assert len(result.time) > 5 and np.all(np.isfinite(result["V(1)"]))


def test_kernels_are_compiled_for_one_lane_and_for_all_and_no_more() -> None:
    deck = circuit(GOOD)
    simulate(deck)
    simulate(deck, method="ark3", step=0.1e-12)
    simulate_batch([deck] * 3)
    simulate_batch([deck] * 17, method="ark4")
    assert len(advance.signatures) == 2


def test_names_are_found_in_any_spelling() -> None:
    result = simulate(circuit(GOOD + ".print p(b1) v(1)\n"))
    assert result["P(B1)"] is result["p(b1)"]
