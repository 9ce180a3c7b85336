"""The containers, and the definition of a slip."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosim.errors import CosimError
from cosim.results import Pulses, Result, find_pulses, find_slips, pulses_of_signals

TIME = np.linspace(0.0, 10e-12, 11)


def example() -> Result:
    phase = np.linspace(0.0, 4.0 * math.pi, 11)
    signals = {"P(B1|X1)": phase, "V(5|X1)": np.zeros(11), "I(L1)": np.ones(11), "OTHER": np.ones(11)}
    return Result(time=TIME, signals=signals, pulses=pulses_of_signals(TIME, signals))


def test_names_take_any_case_and_either_separator():
    result = example()
    assert result["p(b1.x1)"] is result.signals["P(B1|X1)"]
    assert result["V( 5|x1 )"] is result.signals["V(5|X1)"]
    assert result["time"] is result.time
    assert "p(b1.x1)" in result and "p(b2)" not in result
    assert result.pulse_times("b1.x1").size == 2


def test_unknown_names_say_what_is_near():
    with pytest.raises(CosimError, match=r"did you mean 'P\(B1\|X1\)'") as caught:
        example()["P(B1|X2)"]
    assert isinstance(caught.value, KeyError)
    with pytest.raises(KeyError, match=r"did you mean 'B1\|X1'"):
        example().pulse_times("B2|X1")


def test_units_follow_from_the_column():
    assert example().units == {"P(B1|X1)": "rad", "V(5|X1)": "V", "I(L1)": "A", "OTHER": ""}


@pytest.mark.parametrize(
    "wrong",
    [
        {"signals": {"V(1)": np.zeros(3)}},
        {"time": np.zeros((2, 2))},
        {"status": "fine"},
    ],
)
def test_a_result_that_does_not_fit_is_refused(wrong):
    with pytest.raises(CosimError):
        Result(**({"time": TIME} | wrong))


def test_pulses_are_sorted_and_checked():
    pulses = Pulses(time=[2.0, 1.0], element=[0, 1], sign=[1, -1], names=("B1", "B2"))
    assert pulses.time.tolist() == [1.0, 2.0] and pulses.element.tolist() == [1, 0]
    with pytest.raises(CosimError):
        Pulses(time=[1.0], element=[1], sign=[1], names=("B1",))
    with pytest.raises(CosimError):
        Pulses(time=[1.0], element=[0], sign=[0], names=("B1",))
    with pytest.raises(CosimError):
        Pulses(time=[1.0, 2.0], element=[0], sign=[1], names=("B1",))
    assert len(Pulses.none(["B1"])) == 0


def test_a_slip_is_interpolated_at_the_odd_multiple():
    times, signs = find_slips([0.0, 1.0, 2.0, 3.0], [0.0, 2.0, 4.0, 1.0])
    assert times == pytest.approx([1.0 + (math.pi - 2.0) / 2.0, 2.0 + (4.0 - math.pi) / 3.0])
    assert signs.tolist() == [1, -1]


def test_one_step_over_several_turns_gives_every_slip_in_order():
    times, signs = find_slips([0.0, 1.0, 2.0], [0.0, 8.0 * math.pi, -4.0 * math.pi])
    assert times[:4] == pytest.approx([1 / 8, 3 / 8, 5 / 8, 7 / 8])
    assert times[4:] == pytest.approx([1.0 + (2 * k + 1) / 12 for k in range(6)])
    assert signs.tolist() == [1] * 4 + [-1] * 6


def test_a_phase_that_diverged_is_an_error_with_its_time():
    with pytest.raises(CosimError, match="2e-12"):
        find_slips([0.0, 1e-12, 2e-12], [0.0, 1.0, math.nan])


@given(st.lists(st.floats(-30.0, 30.0), min_size=2, max_size=60))
def test_slips_account_for_the_whole_change_of_phase(values):
    phase = np.array(values)
    time = np.arange(len(phase), dtype=float)
    times, signs = find_slips(time, phase)
    turns = np.floor((phase + math.pi) / (2.0 * math.pi))
    assert signs.sum(dtype=int) == turns[-1] - turns[0]
    assert np.all(np.diff(times) >= 0.0)
    assert np.all((times >= 0.0) & (times <= time[-1]))
    at_crossing = np.interp(times, time, phase)
    assert np.cos(at_crossing) == pytest.approx(-1.0, abs=1e-9)


def test_pulses_of_several_junctions_merge_in_time():
    pulses = find_pulses([0.0, 1.0, 2.0], {"A": [0.0, 0.0, 6.0], "B": [0.0, 6.0, 6.0]})
    assert [pulses.names[index] for index in pulses.element] == ["B", "A"]
