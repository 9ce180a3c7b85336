"""JART VCM v1b against a published explicit fit of its current, SciPy, and ngspice."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.constants import Boltzmann, Planck, electron_mass, elementary_charge, epsilon_0
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from cosim.devices import BENGEL_2020, BENGEL_2020_SPREADS, apply_pulse, conductance, trace, triangle, vary
from cosim.errors import SimulationError

E26 = 1e26
VOLTAGES = (-1.5, -1.0, -0.5, -0.2, 0.2, 0.5, 1.0, 1.5, 2.0)
CONCENTRATIONS = (0.008, 0.05, 0.3, 2.0, 20.0)


def ntinas_current(v: float, n: float) -> float:
    """[A] at `v` [V] and N = `n` 1e26 / m³, by the explicit fit to this model's current of Ntinas et al.,
    SMACD 2023, doi:10.1109/SMACD58065.2023.10192107: its formula and nominal coefficients (p₁ … p₁₁)."""
    x = np.log(n / 4e-3)
    if v > 0:
        p5 = 1.3769e-3 * (1 - np.exp(-8.1819e-2 * v))
        p6 = 1.9687e-1 - 2.1833e-2 * v
        p7 = -97.606 + 7.825 * v + 99.296 * np.exp(-7.1092e-2 * v)
        p8 = 1.1713e-1 + 8.137e-2 * v
        p10 = 9.7733e-1 + 3.5214e-2 * v + 1.2856e-2 * v**2
        p11 = 9.4207e-1 + 3.8953e-2 * v + 2.3436e-2 * v**2
        return p5 / (p6 + p7 * (p8 * np.exp(x)) ** -p10) ** (1 / p11)

    def step(low: float, high: float, middle: float, width: float) -> float:
        return low + (high - low) / (1 + np.exp((v - middle) / width))

    p1 = 1.183 * (-2.7034e-3 * v - 4.5379e-6 * v**2) / (1 + 9.9115e-1 * v + 4.4093e-1 * v**2)
    p3 = 6.8845 - 5.8995e-1 * v
    p4 = 2589.0 + 2.9537 * np.exp(5.4031e-1 * v)
    p5 = 6.4705e-4 * v + 5.1529e-5 * v**2
    p9 = step(3.9052, 9.613, -0.45637, 1.431)
    p10 = step(0.46925, 3.4731, -1.1871, 0.56947)
    p11 = 1 / step(10.667, 0.12812, 0.74414, 0.42381)
    exponential = p1 * (-2595.5 * (np.exp((x - p3) / p4) - 1) + x - p3)
    return exponential + p5 / (1 + 0.11708 * np.exp(x - p9) ** -p10) ** (1 / p11)


def test_current_agrees_with_the_published_fit() -> None:
    """Its authors fit logarithms over six decades; most points are within a percent, weak ones within ten."""
    ratios = [
        float(BENGEL_2020.current(np.array(n * E26), np.array(v))) / ntinas_current(v, n)
        for v in VOLTAGES
        for n in CONCENTRATIONS
    ]
    assert np.median(np.abs(np.log(ratios))) < 0.006
    assert np.percentile(np.abs(np.log(ratios)), 90) < 0.035
    assert np.abs(np.log(ratios)).max() < 0.12


def nested(v: float, n: float) -> tuple[float, float, float]:
    """Current [A], temperature [K], dN/dt of the same equations, solved another way: for I at a temperature,
    inside a search for the temperature."""
    e, k, d = elementary_charge, Boltzmann, BENGEL_2020
    area, z = np.pi * d.radius**2, d.charge_number
    disc = d.disc_length / (n * z * e * d.mobility * area)
    plug = (d.cell_length - d.disc_length) / (d.plug_concentration * z * e * d.mobility * area)
    sign = np.sign(v)

    def line(i: float) -> float:
        heat = d.line_temperature_coefficient * d.line_thermal_resistance * i**2
        return d.layer_resistance + d.line_resistance * (1 + d.line_resistance * heat)

    def contact(vs: float, t: float) -> float:
        psi = max(d.barrier - d.fermi_distance - vs, 0.0)
        lowering = (e**3 * z * n * psi / (8 * np.pi**2 * (d.barrier_permittivity * epsilon_0) ** 3)) ** 0.25
        phi = max(d.barrier - lowering, 0.0)
        if vs >= 0:
            return area * d.richardson * t**2 * np.exp(-e * phi / (k * t)) * np.expm1(e * vs / (k * t))
        w00 = e * Planck / (4 * np.pi) * np.sqrt(z * n / (electron_mass * d.permittivity * epsilon_0))
        w0, prime = w00 / np.tanh(w00 / k / t), w00 / (w00 / k / t - np.tanh(w00 / k / t))
        root = np.sqrt(np.pi * w00 * e * (abs(vs) + phi / np.cosh(w00 / k / t) ** 2))
        return -area * d.richardson * t / k * root * np.exp(-e * phi / w0) * np.expm1(e * abs(vs) / prime)

    def current(t: float) -> float:
        most = abs(v) / (disc + plug + line(0.0))
        sizes = most * np.linspace(1, 0, 400 if v > 0 else 2)
        lacks = [sign * contact(v - sign * i * (disc + plug + line(i)), t) - i for i in sizes]
        first = int(np.argmax(np.array(lacks) >= 0))

        def lack(i: float) -> float:
            return sign * contact(v - sign * i * (disc + plug + line(i)), t) - i

        return sign * brentq(lack, sizes[first - 1], sizes[first], xtol=1e-22, rtol=1e-14)

    factor = d.thermal_resistance * (d.reset_heating if v > 0 else 1.0)

    def colder(t: float) -> float:
        i = current(t)
        return d.ambient + factor * i * (v - i * line(i)) - t

    hottest = d.ambient + factor * v**2 / (disc + plug + line(0.0)) + 1
    t = brentq(colder, d.ambient, hottest, xtol=1e-9)
    i = current(t)
    field = (v - i * line(i)) / d.cell_length if v > 0 else i * disc / d.disc_length
    gamma = z * d.hop * field / (np.pi * d.activation_energy)
    mean = d.activation_energy * (np.sqrt(1 - gamma**2) + gamma * np.arcsin(gamma))
    half = d.activation_energy * gamma * np.pi / 2
    hops = np.exp(-e * (mean - half) / (k * t)) - np.exp(-e * (mean + half) / (k * t))
    limit = 1 - (d.least_concentration / n) ** 10 if v > 0 else 1 - (n / d.largest_concentration) ** 10
    ionic = z * e * 0.5 * (d.plug_concentration + n) * d.hop * d.attempt_frequency * area * hops * limit
    return i, t, -ionic / (area * d.disc_length * e * z)


@pytest.mark.parametrize("v", [-1.2, -0.4, 0.3, 1.4])
@pytest.mark.parametrize("n", [0.01, 0.4, 15.0])
def test_current_temperature_and_rate_agree_with_an_independent_solution(v: float, n: float) -> None:
    state, volts = np.array([n * E26]), np.array([v])
    i, t, rate = nested(v, n * E26)
    assert BENGEL_2020.current(state, volts) == pytest.approx(i, rel=1e-7)
    assert BENGEL_2020.temperature(state, volts) == pytest.approx(t, rel=1e-7)
    assert BENGEL_2020.rate(state, volts) == pytest.approx(rate, rel=1e-5)


def test_set_pulse_agrees_with_an_independent_integration() -> None:
    """−0.9 V from the high-resistance state, through the runaway: ln N by an implicit method of SciPy."""
    start, volts = 0.02 * E26, -0.9
    answer = solve_ivp(
        lambda _, x: [nested(volts, float(np.exp(x[0])))[2] / np.exp(x[0])],
        (0, 1.2e-7),
        [np.log(start)],
        method="Radau",
        rtol=1e-7,
        atol=1e-8,
    )
    end = np.exp(answer.y[0, -1])
    assert end > 5 * start, "the pulse should set the device"
    found = float(apply_pulse(BENGEL_2020, start, volts, 1.2e-7, tolerance=1e-9))
    assert found == pytest.approx(end, rel=1e-4)


def test_compiled_pulses_are_those_of_the_common_integrator() -> None:
    class Plain:
        """The same device without its own way through a pulse."""

        bounds = BENGEL_2020.bounds
        current = staticmethod(BENGEL_2020.current)
        rate = staticmethod(BENGEL_2020.rate)

    states = np.array([8e23, 4e25, 5e26, 1.9e27, 2e27])
    for volts, width in ((-0.85, 1e-7), (-1.2, 1e-6), (1.3, 1e-5)):
        compiled = apply_pulse(BENGEL_2020, states, volts, width)
        np.testing.assert_allclose(compiled, apply_pulse(Plain(), states, volts, width), atol=2e-6 * 2e27)
    with pytest.raises(SimulationError, match=r"at 1.3 V on device \(3,\) needs more than 2 steps"):
        apply_pulse(BENGEL_2020, states, [0.0, 0.0, 0.0, 1.3, 0.0], 1e-5, steps=2)


def test_switching_times_fall_steeply_with_voltage() -> None:
    """Field and heat: decades of time for tenths of a volt, what the model was made for."""
    widths = np.logspace(-9, -2, 71)
    times = []
    for volts in (-0.8, -1.0, -1.2):
        after = apply_pulse(BENGEL_2020, np.full(widths.shape, 8e23), volts, widths, tolerance=1e-5)
        times.append(widths[np.argmax(after > 1e27)])
    assert 30 < times[0] / times[1] < 1e4
    assert 10 < times[1] / times[2] < 1e4


def test_a_sweep_sets_below_zero_and_resets_gradually_above() -> None:
    time, volts = triangle([-1.5, 1.5], ramp=1.0, samples=150)
    loop = trace(BENGEL_2020, 8e23, time, volts)
    start, on, off = (conductance(BENGEL_2020, loop.state[index]) for index in (0, 300, 600))
    assert on > 30 * start
    assert off < on / 20
    setting = np.flatnonzero(loop.state[:150] > 1e26)[0]
    assert -0.8 < volts[setting] < -0.4
    assert (np.abs(np.diff(np.log(loop.state[:300]))) > 0.5).sum() == 1, "abrupt"
    assert (np.abs(np.diff(np.log(loop.state[300:]))) > 0.1).sum() >= 4, "gradual"


def test_varied_devices_spread_like_their_parameters() -> None:
    many = vary(BENGEL_2020, BENGEL_2020_SPREADS, (400,), seed=1)
    low = conductance(many, many.least_concentration)
    high = conductance(many, many.largest_concentration)
    assert 0.1 < np.std(np.log(low)) < 0.4
    assert np.std(np.log(high)) < 0.05
    assert np.abs(np.asarray(many.radius) / 45e-9 - 1).max() <= 0.1
    one = vary(BENGEL_2020, BENGEL_2020_SPREADS, (400,), seed=1)
    np.testing.assert_array_equal(one.radius, many.radius)
