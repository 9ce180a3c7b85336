"""Waveform distance and pulse trains."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosim.errors import CosimError
from cosim.results import Pulses, Result, compare_pulses, compare_waveforms, waveform_distance

TIME = np.linspace(0.0, 1e-9, 1001)


def train(stop: float = 100e-12, **slips: list[float]) -> Result:
    """Return a result whose junctions slip at the times given [ps]; negative: slips back."""
    gathered = {name: (np.abs(times) * 1e-12, np.sign(times)) for name, times in slips.items()}
    return Result(time=np.array([0.0, stop]), pulses=Pulses.gather(gathered))


def test_equal_curves_on_other_grids_are_at_distance_zero():
    coarse = TIME[::10]
    assert waveform_distance(TIME, 3.0 * TIME, coarse, 3.0 * coarse) == pytest.approx(0.0, abs=1e-9)


def test_distance_is_measured_in_tolerances():
    good = np.full_like(TIME, 2.0)
    distance = waveform_distance(TIME, good, TIME, good + 0.03, relative=1e-2, absolute=1e-2)
    assert distance == pytest.approx(1.0)


@given(st.floats(0.1, 10.0), st.floats(1e-3, 1.0))
def test_rms_of_a_sine_error_is_its_amplitude_over_root_two(cycles, amplitude):
    cycles = np.round(cycles) + 1.0
    error = amplitude * np.sin(2.0 * np.pi * cycles * TIME / TIME[-1])
    distance = waveform_distance(TIME, np.zeros_like(TIME), TIME, error, relative=0.0, absolute=1.0)
    assert distance == pytest.approx(amplitude / np.sqrt(2.0), rel=1e-3)


def test_not_a_number_never_passes():
    bad = np.zeros_like(TIME)
    bad[3] = np.nan
    assert waveform_distance(TIME, np.zeros_like(TIME), TIME, bad) == float("inf")


def test_runs_that_do_not_overlap_or_broke_off_are_errors():
    with pytest.raises(CosimError, match="share no time"):
        waveform_distance([0.0, 1.0], [0, 0], [2.0, 3.0], [0, 0])
    with pytest.raises(CosimError, match="no points"):
        waveform_distance([], [], [2.0, 3.0], [0, 0])
    whole = Result(time=TIME, signals={"V(1)": TIME})
    broken = Result(time=TIME[:500], signals={"V(1)": TIME[:500]})
    with pytest.raises(CosimError, match="ends at"):
        compare_waveforms(whole, broken)
    with pytest.raises(CosimError, match="in common"):
        compare_waveforms(whole, Result(time=TIME, signals={"V(2)": TIME}))
    assert compare_waveforms(whole, whole, ["v(1)"]) == {"v(1)": 0.0}


def test_equal_trains_agree_and_say_where_they_differ_most():
    comparison = compare_pulses(train(A=[10, 20], B=[30.0]), train(A=[10, 20.2], B=[30.1]))
    assert comparison.agree and comparison.counts_equal and comparison.pulses == 3
    assert comparison.max_difference == pytest.approx(0.2e-12)
    assert (comparison.element, comparison.time) == ("A", pytest.approx(20e-12))


def test_a_late_pulse_is_named():
    comparison = compare_pulses(train(A=[10, 20], B=[15]), train(A=[10, 21], B=[15]))
    assert not comparison.agree and comparison.counts_equal
    assert comparison.first_disagreement is not None
    assert comparison.first_disagreement.element == "A"
    assert comparison.first_disagreement.time == pytest.approx(20e-12)
    assert "1.000 ps apart" in str(comparison.first_disagreement)


@pytest.mark.parametrize("swap", [False, True])
def test_a_missing_pulse_is_named_and_the_earliest_one_wins(swap):
    first, second = train(A=[10, 40], B=[15, 25]), train(A=[10], B=[15])
    comparison = compare_pulses(second, first) if swap else compare_pulses(first, second)
    assert not comparison.counts_equal and comparison.max_difference == 0.0
    assert comparison.first_disagreement is not None
    assert comparison.first_disagreement.element == "B"
    assert comparison.first_disagreement.time == pytest.approx(25e-12)
    assert "missing" in comparison.first_disagreement.reason


def test_opposite_signs_are_named():
    comparison = compare_pulses(train(A=[10, 20]), train(A=[10, -20]))
    assert comparison.counts_equal and not comparison.agree
    assert comparison.first_disagreement is not None and "opposite" in comparison.first_disagreement.reason


def test_the_end_of_a_run_makes_no_disagreement():
    assert compare_pulses(train(A=[10, 99.9]), train(A=[10])).agree
    assert compare_pulses(train(A=[10, 99.4]), train(A=[10, 99.6])).agree
    assert compare_pulses(train(A=[10, 60]), train(stop=50e-12, A=[10])).agree
    assert not compare_pulses(train(A=[10, 60]), train(A=[10])).agree


def test_only_the_named_junctions_count():
    assert compare_pulses(train(A=[10], B=[1]), train(A=[10], B=[2]), ["a"]).agree
    with pytest.raises(KeyError):
        compare_pulses(train(A=[10]), train(B=[10]))
