"""One battery that every device model passes, and each model against its equations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp

from cosim.devices import (
    ASSUMED_CRYOGENIC,
    BENGEL_2020,
    JIANG_2016,
    KVATINSKY_2015,
    STRUKOV_2008,
    YAKOPCIC_2013,
    LinearDrift,
    apply_pulse,
    conductance,
    conductance_range,
    setting_polarity,
    state_for,
    trace,
    triangle,
)
from cosim.errors import SimulationError

#: Device, a voltage that raises its conductance, a width in which it moves, but not to its bound.
BATTERY = {
    "strukov": (STRUKOV_2008, 1.0, 4e-2),
    "windowed": (
        LinearDrift(on_resistance=100, off_resistance=16e3, thickness=10e-9, mobility=1e-14, window=2),
        1.0,
        4e-2,
    ),
    "kvatinsky": (KVATINSKY_2015, -0.5, 2e-11),
    "yakopcic": (YAKOPCIC_2013, 0.3, 3e-4),
    "jiang": (JIANG_2016, 1.4, 2e-9),
    "bengel": (BENGEL_2020, -0.9, 2e-9),
}


def middle(device) -> float:
    low, high = device.bounds
    return low + 0.4 * (high - low)


@pytest.mark.parametrize("name", BATTERY)
def test_pulses_follow_the_rate(name: str) -> None:
    device, voltage, width = BATTERY[name]
    low, high = device.bounds
    span = high - low
    start = middle(device)
    exact = solve_ivp(
        lambda _, x: device.rate(low + span * x, np.array([voltage])) / span,
        (0, width),
        [(start - low) / span],
        method="LSODA",
        rtol=1e-10,
        atol=1e-12,
    )
    found = (float(apply_pulse(device, start, voltage, width)) - low) / span
    assert found == pytest.approx(exact.y[0, -1], abs=1e-5)
    assert abs(found - (start - low) / span) > 0.01, "the pulse should move the state"
    assert 0 < exact.y[0, -1] < 1


@pytest.mark.parametrize("name", BATTERY)
def test_pulses_set_and_reset(name: str) -> None:
    device, voltage, width = BATTERY[name]
    start = middle(device)
    up = conductance(device, apply_pulse(device, start, voltage, width))
    down = conductance(device, apply_pulse(device, start, -voltage, width))
    assert down <= conductance(device, start) < up
    assert conductance(device, apply_pulse(device, start, -voltage, 1e4 * width)) < conductance(device, start)


@pytest.mark.parametrize("name", BATTERY)
@settings(max_examples=12, deadline=None)
@given(start=st.floats(0.0, 1.0), share=st.floats(0.1, 0.9), size=st.floats(-1.1, 1.1))
def test_two_pulses_in_a_row_are_one(name: str, start: float, share: float, size: float) -> None:
    """Only the state is remembered: width adds up, and conductance goes one way within a pulse."""
    device, voltage, width = BATTERY[name]
    low, high = device.bounds
    state, volts = low + start * (high - low), size * voltage
    between = apply_pulse(device, state, volts, share * width)
    twice = apply_pulse(device, between, volts, (1 - share) * width)
    once = apply_pulse(device, state, volts, width)
    assert float(twice - once) / (high - low) == pytest.approx(0, abs=2e-5)
    assert (between - state) * (twice - between) >= 0


@pytest.mark.parametrize("name", BATTERY)
def test_no_voltage_no_change_and_no_current(name: str) -> None:
    device, _, width = BATTERY[name]
    start = middle(device)
    assert apply_pulse(device, start, 0.0, width) == start
    assert device.current(np.array(start), np.array(0.0)) == 0


@pytest.mark.parametrize("name", BATTERY)
@pytest.mark.parametrize("sign", [-1, 1])
def test_strong_pulses_stop_at_the_bounds(name: str, sign: int) -> None:
    device, voltage, width = BATTERY[name]
    low, high = device.bounds
    after = apply_pulse(device, np.linspace(low, high, 5), 1.5 * sign * voltage, 100 * width)
    assert (after >= low).all()
    assert (after <= high).all()


@pytest.mark.parametrize("name", BATTERY)
def test_arrays_equal_devices_one_by_one(name: str) -> None:
    device, voltage, width = BATTERY[name]
    low, high = device.bounds
    starts = np.linspace(low, high, 4).reshape(2, 2)
    voltages = np.array([voltage, 0.5 * voltage])
    together = apply_pulse(device, starts, voltages, width, tolerance=1e-9)
    for index in np.ndindex(2, 2):
        alone = apply_pulse(device, starts[index], voltages[index[1]], width, tolerance=1e-9)
        assert together[index] == pytest.approx(float(alone), abs=1e-6 * (high - low))


@pytest.mark.parametrize("name", BATTERY)
def test_states_for_conductances_are_found(name: str) -> None:
    device, voltage, _ = BATTERY[name]
    low, high = device.bounds
    states = np.linspace(low, high, 9)
    found = state_for(device, conductance(device, states))
    np.testing.assert_allclose(found, states, atol=1e-6 * (high - low))
    least, most = conductance_range(device)
    with pytest.raises(SimulationError, match=r"target of device \(1,\) is .* reaches"):
        state_for(device, [float(least), 2 * float(most)])
    assert setting_polarity(device) == np.sign(voltage)


def test_the_integrator_is_of_third_order() -> None:
    """Tolerance a thousand times smaller: ten times the steps, counted by calls; logistic growth exactly."""

    class Logistic:
        bounds = 0.0, 1.0

        def __init__(self) -> None:
            self.calls = 0

        def current(self, state, voltage):
            return state * voltage

        def rate(self, state, voltage):
            self.calls += 1
            return voltage * state * (1 - state)

    calls = []
    for tolerance in (1e-5, 1e-8):
        device = Logistic()
        end = float(apply_pulse(device, 0.01, 1.0, 8.0, tolerance=tolerance))
        assert end == pytest.approx(np.exp(8) * 0.01 / (0.99 + 0.01 * np.exp(8)), abs=2 * tolerance)
        calls.append(device.calls)
    assert 7 < calls[1] / calls[0] < 14


def test_kinks_within_a_long_step_are_seen() -> None:
    """At −0.3 V the rate is constant down to 0.5 and falls below: time taken, by quadrature, is the width."""
    push = 4000 * (np.exp(0.3) - np.exp(0.15))
    width = 3e-4
    end = float(apply_pulse(YAKOPCIC_2013, 0.7, -0.3, width))
    below = quad(lambda x: 1 / (push * np.exp(5 * (x - 0.5)) * x / 0.5), end, 0.5)[0]
    assert 0.2 / push + below == pytest.approx(width, rel=1e-5)


def test_ends_do_not_depend_on_neighbours_and_limits_cost_nothing() -> None:
    device = JIANG_2016
    starts, voltages = np.array([0.5e-9, 1.0e-9, 1.6e-9]), np.array([-1.3, 1.4, 2.0])
    together = apply_pulse(device, starts, voltages, [1e-8, 2e-9, 1.0])
    alone = [
        float(apply_pulse(device, s, v, w))
        for s, v, w in zip(starts, voltages, [1e-8, 2e-9, 1.0], strict=True)
    ]
    np.testing.assert_allclose(together, alone, rtol=1e-9)
    assert together[2] == device.bounds[0], "a second at 2 V ends at the bound"


def test_traces_follow_a_waveform() -> None:
    time, volts = triangle([1.0, -1.0], ramp=10.0, samples=200)
    assert time[-1] == pytest.approx(0.4)
    loop = trace(STRUKOV_2008, 0.1, time, volts)
    flux = np.concatenate([[0.0], np.cumsum(0.5 * (volts[1:] + volts[:-1]) * np.diff(time))])
    gained = 16e3 * (loop.state - 0.1) - (16e3 - 100) * (loop.state**2 - 0.01) / 2
    np.testing.assert_allclose(gained, 1e-14 * 100 / (10e-9) ** 2 * flux, atol=1e-3)
    assert loop.current[200] / loop.current[199] < 1.2
    assert loop.current[0] == 0
    with pytest.raises(SimulationError, match="time 2 of the waveform is 1 s, not after 1 s"):
        trace(STRUKOV_2008, 0.1, [0, 1, 1], [0, 1, 0])
    with pytest.raises(SimulationError, match=r"shapes \(3,\) and \(2,\)"):
        trace(STRUKOV_2008, 0.1, [0, 1, 2], [0, 1])


def test_bad_states_and_pulses_are_named() -> None:
    with pytest.raises(SimulationError, match=r"device \(1,\) is 1.5; LinearDrift has states from 0 to 1"):
        apply_pulse(STRUKOV_2008, [0.5, 1.5], 1.0, 1e-3)
    with pytest.raises(SimulationError, match="is nan"):
        conductance(STRUKOV_2008, np.nan)
    with pytest.raises(SimulationError, match="pulse voltage is nan V"):
        apply_pulse(STRUKOV_2008, 0.5, np.nan, 1.0)
    with pytest.raises(SimulationError, match="width is -1"):
        apply_pulse(STRUKOV_2008, 0.5, 1.0, -1.0)
    with pytest.raises(SimulationError, match="more than 3 steps"):
        apply_pulse(JIANG_2016, 1e-9, 2.0, 1.0, steps=3)


def test_linear_drift_has_a_closed_form() -> None:
    """Roff x − (Roff − Ron) x² / 2 grows by µ Ron V / D² · t."""
    start, voltage, width = 0.1, 1.0, 5e-3
    end = float(apply_pulse(STRUKOV_2008, start, voltage, width, tolerance=1e-10))
    gained = 16e3 * (end - start) - (16e3 - 100) * (end**2 - start**2) / 2
    assert gained == pytest.approx(1e-14 * 100 / (10e-9) ** 2 * voltage * width, rel=1e-8)


def test_vteam_moves_beyond_its_thresholds_only() -> None:
    voltages = np.array([-0.4, -0.2, -0.1, 0.0, 0.02, 0.04])
    rate = KVATINSKY_2015.rate(np.full(6, 1e-9), voltages)
    np.testing.assert_allclose(rate, [-10.0, 0, 0, 0, 0, 5e-4])
    np.testing.assert_allclose(1 / conductance(KVATINSKY_2015, [0.0, 3e-9]), [50, 1000])


def test_yakopcic_at_points_of_its_equations() -> None:
    device = YAKOPCIC_2013
    assert float(device.current(np.array(0.11), np.array(0.5))) == pytest.approx(
        0.17 * 0.11 * np.sinh(0.025), rel=1e-12
    )
    push = 4000 * (np.exp(0.4) - np.exp(0.16))
    rates = device.rate(np.array([0.2, 0.65, 1.0]), np.full(3, 0.4))
    np.testing.assert_allclose(rates, [push, push * np.exp(-0.35) * 0.5, 0], rtol=1e-12, atol=1e-9)
    pull = -4000 * (np.exp(0.4) - np.exp(0.15))
    rates = device.rate(np.array([0.0, 0.25, 0.8]), np.full(3, -0.4))
    np.testing.assert_allclose(rates, [0, pull * np.exp(-5 * 0.25) * 0.5, pull], rtol=1e-12, atol=1e-9)


def test_stanford_pku_at_points_of_its_equations() -> None:
    gap = np.array(0.5e-9)
    current = float(JIANG_2016.current(gap, np.array(1.0)))
    assert current == pytest.approx(1e-3 * np.exp(-2) * np.sinh(4), rel=1e-12)
    temperature = 298 + 2.1e3 * current
    assert float(JIANG_2016.temperature(gap, np.array(1.0))) == pytest.approx(temperature, rel=1e-12)
    assert float(JIANG_2016.rate(gap, np.array(1.0))) == 0  # 15.9 V over 12 nm are 1.33e9 V/m
    hot = 298 + 2.1e3 * 1.2 * 1e-3 * np.exp(-2) * np.sinh(4.8)
    thermal = 8.617333e-5 * hot
    rate = -10 * np.exp(-0.6 / thermal) * np.sinh(0.25 / 12 * 15.9 * 1.2 / thermal)
    assert float(JIANG_2016.rate(gap, np.array(1.2))) == pytest.approx(rate, rel=1e-5)


def test_stanford_pku_follows_arrhenius() -> None:
    """Without its own heat ln(rate) is linear in 1/T, with the activation energy less the field's part."""
    cold = replace(JIANG_2016, thermal_resistance=0.0)
    kelvin = np.array([250.0, 300.0, 350.0, 400.0])
    rates = [float(replace(cold, ambient=t).rate(np.array(0.5e-9), np.array(1.3))) for t in kelvin]
    slope = np.polyfit(1 / kelvin, np.log(-np.array(rates)), 1)[0]
    field = 0.25 / 12 * (16 - 0.8 * 0.125) * 1.3
    assert slope * 8.617333e-5 == pytest.approx(-(0.6 - field), rel=1e-6)


def test_jart_is_hastened_by_a_warm_ambient() -> None:
    kelvin = np.array([293.0, 343.0, 393.0])
    rates = [float(replace(BENGEL_2020, ambient=t).rate(np.array(8e23), np.array(-0.6))) for t in kelvin]
    assert (np.diff(np.log(rates)) > 1).all()


def test_cold_devices_need_more_voltage_to_reset() -> None:
    """The direction that was measured (Appl. Phys. Lett. 128, 173501); its size is not claimed."""
    volts = np.arange(0.8, 2.5, 0.01)
    needed = []
    for kelvin in (300.0, 200.0, 100.0, 10.0):
        device = replace(ASSUMED_CRYOGENIC, ambient=kelvin)
        after = conductance(
            device, apply_pulse(device, np.full(volts.shape, 3e-10), -volts, 1e-7, tolerance=1e-5)
        )
        needed.append(volts[np.argmax(after < conductance(device, 3e-10) / 3)])
    assert (np.diff(needed) > 0.04).all()
    assert replace(JIANG_2016, ambient=10.0) == ASSUMED_CRYOGENIC
