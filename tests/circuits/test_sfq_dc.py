"""The SFQ/DC converter: toggles, levels, delays, margins; in both engines, and read by an amplifier."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.circuits import Parasitics, assemble, drive, jtl, sfq_dc, source
from cosim.circuits.analog import AmplifierParameters, amplifier, beside
from cosim.circuits.sfq_dc import FALL_DELAY, HIGH_50_OHM, HIGH_OPEN, RISE_DELAY
from cosim.constants import FLUX_QUANTUM
from cosim.josephson import simulate
from cosim.netlist import flatten
from cosim.netlist.deck import Deck, ElementStatement
from cosim.netlist.expressions import as_expression
from cosim.results import Result
from cosim.spice import available
from cosim.spice import simulate as simulate_ngspice

needs_ngspice = pytest.mark.skipif(available() is None, reason="ngspice is not installed")

PULSES = (100e-12, 300e-12, 500e-12, 700e-12)
STOP = 900e-12


def bench(load: str = "50", parasitics: Parasitics | None = None) -> Deck:
    """Source, line, converter, and a resistor as `load` where it is not left to others."""
    feed, line = source(parasitics=parasitics), jtl(parasitics=parasitics)
    converter = sfq_dc(parasitics=parasitics)
    statements = [
        drive("Iin", "i", PULSES),
        feed.instance("Xs", "i", "w"),
        line.instance("Xj", "w", "a"),
        converter.instance("Xc", "a", "q"),
    ]
    if load:
        statements.append(ElementStatement(name="RL", nodes=("Q", "0"), value=as_expression(load)))
    junctions = ("BI.XC", "B1.XC", "B2.XC", "B3.XC", "B4.XC", "B5.XC")
    return assemble((feed, line, converter), statements, stop=STOP, probes=junctions)


def levels(result: Result, skip: float = 60e-12) -> np.ndarray:
    """Mean of the output [V] between two pulses: slips of B5 a second times a flux quantum."""
    edges = [30e-12, *PULSES, STOP]
    phase = result["P(B5|XC)"]
    flux = np.interp(np.asarray(edges), result.time, phase) * FLUX_QUANTUM / (2 * np.pi)
    begin = np.interp(np.asarray(edges[1:-1]) + skip, result.time, phase) * FLUX_QUANTUM / (2 * np.pi)
    first = (flux[1] - flux[0]) / (edges[1] - edges[0])
    return np.array([first, *((flux[2:] - begin) / (np.diff(edges[1:]) - skip))])


def toggles(result: Result) -> bool:
    found = levels(result)
    return (
        len(result.pulse_times("BI|XC")) == len(PULSES)
        and max(found[::2]) < 0.02e-3
        and min(found[1::2]) > 0.15e-3
    )


@pytest.mark.parametrize(("load", "high"), [("50", HIGH_50_OHM), ("1e6", HIGH_OPEN)])
def test_each_pulse_toggles_the_output(load: str, high: float):
    result = simulate(flatten(bench(load)))
    assert levels(result) == pytest.approx([0, high, 0, high, 0], abs=0.02 * high)
    slips = {name: result.pulse_times(f"{name}|XC") for name in ("BI", "B1", "B2", "B3", "B4")}
    after = [np.searchsorted(slips["BI"], slips[name]).tolist() for name in ("B1", "B4", "B2", "B3")]
    assert after == [[1, 3], [1, 3], [2, 4], [2, 4]]


def test_the_output_moves_when_the_constants_say():
    """The area of the output, as a step: begins and ends so long after the input junction's slip."""
    result = simulate(flatten(bench()))
    time, phase = result.time, result["P(B5|XC)"] * FLUX_QUANTUM / (2 * np.pi)
    on, off = result.pulse_times("BI|XC")[:2]
    flux = np.interp([on - 20e-12, on + 60e-12, off - 5e-12, off + 60e-12], time, phase)
    high = (flux[2] - flux[1]) / (off - on - 65e-12)
    assert on + 60e-12 - (flux[1] - flux[0]) / high - on == pytest.approx(RISE_DELAY, abs=1e-12)
    assert off - 5e-12 + (flux[3] - flux[2]) / high - off == pytest.approx(FALL_DELAY, abs=1e-12)


@pytest.mark.parametrize("parasitics", [None, Parasitics()], ids=["ideal", "parasitics"])
@pytest.mark.parametrize(
    ("factor", "low", "high"),
    [("sib", 0.78, 1.3), ("sic", 0.78, 1.22), ("sl", 0.5, 1.5), ("sr", 0.5, 1.5), ("sk", 0.73, 1.5)],
)
def test_it_toggles_at_the_ends_of_its_margins(
    factor: str, low: float, high: float, parasitics: Parasitics | None
):
    deck = bench(parasitics=parasitics)
    for value in (low, high):
        assert toggles(simulate(flatten(deck, {factor: value}))), (factor, value)


def test_a_margin_ends_somewhere():
    assert not toggles(simulate(flatten(bench(), {"sic": 0.7})))
    assert not toggles(simulate(flatten(bench(), {"sib": 1.4})))


@needs_ngspice
def test_an_amplifier_reads_it():
    """All in ngspice: the same slips as in our engine, and the level times the gain at the end."""
    parameters = AmplifierParameters(bandwidth=5e9)
    stage = amplifier(parameters)
    cards = [stage.instance("amp", "q", "o"), "Rload o 0 1e6"]
    deck = beside(bench(""), [stage], cards, {"V(O)": "v(o)"}, maximum_step=0.1e-12, phases=["BI|XC"])
    ngspice, ours = simulate_ngspice(deck), simulate(flatten(bench("50")))
    slips = ours.pulse_times("BI|XC")
    assert slips.size == len(PULSES)
    assert ngspice.pulse_times("BI|XC") == pytest.approx(slips, abs=0.1e-12)
    high = parameters.gain * HIGH_50_OHM
    before = np.interp(np.asarray([*PULSES, STOP]) - 10e-12, ngspice.time, ngspice["V(O)"])
    assert before == pytest.approx([0, high, 0, high, 0], abs=0.03 * high)
