"""Measurements on trains of pulses and waveforms that are known."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.analysis import arrivals, delays, pulse_counts, turns
from cosim.errors import CosimError
from cosim.results import Pulses, Result

PICO = 1e-12
TRAIN = Pulses.gather(
    {
        "B1": (np.array([10.0, 30.0, 50.0]) * PICO, np.array([1, 1, 1])),
        "B2|X1": (np.array([14.0, 33.0, 55.0, 60.0]) * PICO, np.array([1, 1, 1, -1])),
    }
)
TIME = np.linspace(0.0, 100.0, 1001) * PICO


def test_arrivals_of_a_junction_take_one_direction() -> None:
    assert arrivals(TRAIN, "b2.x1").tolist() == pytest.approx([14 * PICO, 33 * PICO, 55 * PICO])
    assert arrivals(TRAIN, "B2|X1", rising=False).tolist() == [60 * PICO]


def test_crossings_of_a_signal_are_interpolated() -> None:
    run = Result(time=TIME, signals={"V(5)": 1e-3 * np.sin(2.0 * np.pi * TIME / 40e-12)})
    # sin x = 1/2 at 30° and 150° of a period of 40 ps.
    up = 40e-12 / 12.0 + 40e-12 * np.arange(3)
    down = 40e-12 * 5.0 / 12.0 + 40e-12 * np.arange(3)
    assert arrivals(run, "V(5)", level=0.5e-3) == pytest.approx(up, abs=1e-15)
    assert arrivals(run, "V(5)", level=0.5e-3, rising=False) == pytest.approx(down, abs=1e-15)
    with pytest.raises(CosimError, match="give the level"):
        arrivals(run, "V(5)")
    with pytest.raises(CosimError, match="only the slips"):
        arrivals(TRAIN, "V(5)", level=0.0)


def test_counts_are_net_and_windows_hold_their_lower_edge() -> None:
    edges = np.array([0.0, 14.0, 33.0, 58.0, 100.0]) * PICO
    assert pulse_counts(TRAIN, "B2|X1", edges).tolist() == [0, 1, 2, -1]
    with pytest.raises(CosimError, match="ascending"):
        pulse_counts(TRAIN, "B1", [0.0, 0.0])


def test_delays_pair_each_pulse_with_its_answer() -> None:
    assert delays(TRAIN, "B1", "B2|X1") == pytest.approx([4 * PICO, 3 * PICO, 5 * PICO])
    # From the other side an answer is what comes before the next question: 14 → 30, 33 → 50, 55 → none.
    backwards = delays(TRAIN, "B2|X1", "B1")
    assert backwards[:2] == pytest.approx([16 * PICO, 17 * PICO]) and np.isnan(backwards[2])


def test_an_answer_that_comes_after_the_next_question_needs_the_order() -> None:
    late = Pulses.gather({"A": ([10e-12, 20e-12], [1, 1]), "Z": ([25e-12, 35e-12], [1, 1])})
    assert np.isnan(delays(late, "A", "Z")[0])
    assert delays(late, "A", "Z", in_order=True) == pytest.approx([15e-12, 15e-12])
    short = Pulses.gather({"A": ([10e-12, 20e-12], [1, 1]), "Z": ([25e-12], [1])})
    assert np.isnan(delays(short, "A", "Z", in_order=True)[1])


def test_turns_come_from_the_phase_or_from_slips() -> None:
    phase = 2.0 * np.pi * (0.1 + np.interp(TIME, [9e-12, 11e-12, 29e-12, 31e-12], [0.0, 1.0, 1.0, 2.0]))
    run = Result(time=TIME, signals={"P(B1)": phase}, pulses=TRAIN)
    at = np.array([5.0, 10.0, 20.0, 40.0]) * PICO
    assert turns(run, "B1", at) == pytest.approx([0.0, 0.5, 1.0, 2.0])
    assert turns(Result(time=TIME, pulses=TRAIN), "B1", at[[0, 2, 3]]).tolist() == [0.0, 1.0, 2.0]
