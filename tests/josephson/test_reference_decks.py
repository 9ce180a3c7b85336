"""Our decks against JoSIM at default settings: counts, arrival times, whole waveforms, curves.

The references carry JoSIM's own discretisation error, of second order in its step; arrival
times are compared with the value that its two steps extrapolate to (`figures.py`).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from josephson import figures
from shared_data import shared_file

from cosim import spice
from cosim.netlist import flatten, parse_file
from cosim.results import read_csv

DECKS = list(figures.CROSSINGS)


@pytest.mark.parametrize("deck", DECKS)
def test_every_deck_completes(deck: str) -> None:
    result = figures.run(deck)
    assert result.status == "completed" and result.message == ""


@pytest.mark.parametrize("deck", [d for d in DECKS if d not in figures.CHAOTIC])
def test_pulses(deck: str) -> None:
    found = figures.agreement(deck)
    assert all(ours == josim for ours, josim in found.counts.values()), found.counts
    assert found.worst < 0.02e-12, found.at


def test_hysteretic_junction_counts() -> None:
    result = figures.run("single_jj_hyst")
    count, _, expected = figures.converged("single_jj_hyst", "B1")
    assert len(result.pulse_times("B1", sign=1)) == pytest.approx(count, rel=0.002)
    assert len(result.pulse_times("B1", sign=-1)) == pytest.approx(count, rel=0.002)
    assert result.pulse_times("B1", sign=1)[0] == pytest.approx(expected[0], abs=0.02e-12)


@pytest.mark.parametrize("deck", [d for d in DECKS if d not in figures.DRIFTING])
def test_waveforms(deck: str) -> None:
    for name, distance in figures.distances(deck).items():
        assert distance < 1.0, name


def test_the_metric_can_fail() -> None:
    """A tenth of a picosecond is far beyond it: the comparison is no formality."""
    columns, result = figures.reference("jtl10_par"), figures.run("jtl10_par")
    late = np.interp(columns["time"] - 0.1e-12, result.time, result["V(10)"])
    scale = 1e-3 * np.abs(columns["V(10)"]) + 1e-3 * np.max(np.abs(columns["V(10)"]))
    assert np.sqrt(np.mean(((columns["V(10)"] - late) / scale) ** 2)) > 10.0


@pytest.mark.parametrize("deck", figures.DRIFTING)
def test_curves(deck: str) -> None:
    """Mean voltage against current within 0.5 % of its largest, window by window."""
    voltage, current = figures.curve_difference(deck)
    assert voltage < 0.005
    assert current < 1e-3


@pytest.mark.skipif(spice.available() is None, reason="ngspice is not installed")
@pytest.mark.parametrize("deck", DECKS)
def test_the_same_deck_in_ngspice_gives_the_same_waveforms(deck: str) -> None:
    pulses, distances = figures.against_ngspice(deck)
    assert pulses.agree, str(pulses.first_disagreement)
    assert pulses.max_difference < 0.05e-12
    assert len(distances) > 1 and max(distances.values()) < 1.0, distances


@pytest.mark.parametrize("deck", DECKS)
def test_the_decks_and_references_are_the_shared_ones(deck: str) -> None:
    """What stands here is a copy: the same cards, and JoSIM's rows to seven digits."""
    folder = shared_file("reference", "josephson")
    here, there = (flatten(parse_file(Path(f) / f"{deck}.cir")) for f in (figures.DATA, folder))
    assert here.elements == there.elements and here.mutuals == there.mutuals
    whole, kept = read_csv(folder / f"{deck}.csv.gz"), figures.reference(deck)
    rows = np.searchsorted(whole.time, kept["time"] * (1.0 - 1e-6))
    for name, values in whole.signals.items():
        assert np.allclose(kept[name], values[rows], rtol=1e-6, atol=1e-12), name
