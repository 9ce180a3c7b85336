"""Latency from pulses made by hand; periods and skews that single runs confirm."""

from __future__ import annotations

import numpy as np
import pytest
from analysis.decks import START, VETO, line_criterion, line_deck, line_edges, triangles

from cosim.analysis import SpikeTable, latency, operating_window, smallest_period
from cosim.errors import CosimError
from cosim.josephson import simulate
from cosim.netlist import flatten, parse
from cosim.results import Pulses

PS = 1e-12


def test_latency_by_hand() -> None:
    pulses = Pulses.gather(
        {
            "A": (np.array([5.0, 25.0]) * PS, np.array([1, 1])),
            "B": (np.array([8.0, 42.0]) * PS, np.array([1, 1])),
            "Q": (np.array([12.0, 14.0, 20.0, 29.0]) * PS, np.array([1, 1, -1, 1])),
        }
    )
    found = latency(pulses, ["A", "B"], ["Q"], np.array([0.0, 20.0, 40.0, 60.0]) * PS)
    # Slot 0 is known when B came at 8; slot 1 has only A at 25, and the slip back at 20 does not
    # count; slot 2 has an input and no output.
    assert found.input_time == pytest.approx(np.array([8.0, 25.0, 42.0]) * PS)
    assert found.delay[:2, 0] == pytest.approx(np.array([4.0, 4.0]) * PS)
    assert np.isnan(found.delay[2, 0])
    assert found.worst == pytest.approx(4.0 * PS)


def test_latency_of_the_line_is_that_of_its_junctions() -> None:
    run = simulate(flatten(line_deck("101")))
    found = latency(run, ["B1|X1"], ["B1|X4"], line_edges("101"))
    first = run.pulse_times("B1|X4")[0] - run.pulse_times("B1|X1")[0]
    assert found.delay[0, 0] == pytest.approx(first, abs=1e-18)
    assert np.isnan(found.delay[1, 0]) and 4 * PS < found.worst < 10 * PS


def test_nothing_in_gives_no_latency() -> None:
    found = latency(Pulses.none(("A", "Q")), ["A"], ["Q"], np.array([0.0, 1.0]))
    assert np.isnan(found.worst)
    with pytest.raises(CosimError, match="at least one input"):
        latency(Pulses.none(("A",)), [], ["A"], np.array([0.0, 1.0]))


def test_the_smallest_period_works_and_a_shorter_one_does_not() -> None:
    slots = "1111"

    def case(period: float):
        # Counted over all slots: at short periods the last pulse leaves after its slot.
        table = line_criterion(slots, period)
        edges = np.array([table.edges[0], table.edges[-1] + 30 * PS])
        counts = SpikeTable(junctions=table.junctions, edges=edges, expected=np.full((4, 1), len(slots)))
        deck = line_deck(slots + "0" * int(np.ceil(40 * PS / period)), period)
        return flatten(deck, {"SIB": 0.65}), counts  # a weak bias makes the line slow

    found = smallest_period(case, start=60 * PS, limit=7 * PS, resolution=0.5 * PS)
    assert found.failing is not None and 0.0 < found.value - found.failing <= 0.5001 * PS
    assert found.reason is not None and found.reason.got != len(slots)
    for period, right in ((found.value, True), (found.failing, False)):
        run = simulate(case(period)[0])
        assert all(len(run.pulse_times(f"B1|X{k}")) == len(slots) for k in range(1, 5)) == right


def test_the_window_of_a_veto_has_two_ends() -> None:
    def case(lead: float):
        excite, inhibit = [START], [START - lead]
        text = VETO.format(
            excite=triangles(excite, 250e-6, 4e-12), inhibit=triangles(inhibit, 400e-6, 6e-12), stop=140.0
        )
        edges = np.array([20.0, 140.0]) * PS
        return parse(text), SpikeTable(junctions=("BT",), edges=edges, expected=np.array([[0]]))

    window = operating_window(case, low=-10 * PS, high=10 * PS, centre=1 * PS, resolution=0.25 * PS)
    assert window.low.value < 1 * PS < window.high.value and window.width > 1 * PS
    for bound in (window.low, window.high):
        assert bound.failing is not None
        for lead, spikes in ((bound.value, 0), (bound.failing, 1)):
            assert len(simulate(flatten(case(lead)[0])).pulse_times("BT")) == spikes


def test_a_start_that_does_not_work_is_an_error() -> None:
    def case(period: float):
        return line_deck("101", period), line_criterion("111", period)

    with pytest.raises(CosimError, match="must work"):
        smallest_period(case, start=60 * PS, limit=20 * PS)
    with pytest.raises(CosimError, match="from start down to limit"):
        smallest_period(case, start=10 * PS, limit=20 * PS)
