"""Converters against their formulas."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.crossbar import (
    ISAAC_ADC,
    ConversionCost,
    Dac,
    RampAdc,
    SarAdc,
    UniformAdc,
    converted,
    integral_nonlinearity,
    quantise,
    scaled_cost,
)
from cosim.errors import SimulationError

IDEAL = [UniformAdc(bits=6), RampAdc(bits=6), SarAdc(bits=6)]


def name(adc: object) -> str:
    return type(adc).__name__


@pytest.mark.parametrize("adc", IDEAL, ids=name)
@pytest.mark.parametrize(("low", "high", "steps"), [(0.0, 1e-3, 63), (-1e-3, 1e-3, 62)])
def test_quantisation_error(adc, low: float, high: float, steps: int) -> None:
    """Uniform in ±Δ/2, so its variance is Δ²/12."""
    built = adc.build(2, low, high)
    size = (high - low) / steps
    values = np.random.default_rng(1).uniform(low, high, (40_000, 2))
    error = converted(built, values) - values
    assert np.abs(error).max() <= size / 2 * (1 + 1e-9)
    assert error.var() == pytest.approx(size**2 / 12, rel=0.02)
    assert abs(error.mean()) < 0.01 * size
    assert converted(built, np.zeros((1, 2)))[0, 0] == pytest.approx(0.0, abs=1e-18)
    assert converted(built, np.full((1, 2), 9.0))[0, 0] == pytest.approx(high)
    assert converted(built, np.full((1, 2), -9.0))[0, 1] == pytest.approx(low)


@pytest.mark.parametrize("adc", IDEAL, ids=name)
def test_all_kinds_agree_when_nothing_is_wrong_with_them(adc) -> None:
    values = np.random.default_rng(2).uniform(-1.2, 1.2, (500, 3))
    expected = UniformAdc(bits=6).build(3, -1.0, 1.0).codes(values)
    np.testing.assert_array_equal(adc.build(3, -1.0, 1.0).codes(values), expected)
    assert np.abs(integral_nonlinearity(adc.build(1, 0.0, 1.0), 1)).max() < 0.04


def test_offset_and_noise_are_in_steps() -> None:
    size = 1 / 255
    values = np.random.default_rng(3).uniform(0.1, 0.9, (20_000, 1))
    shifted = converted(UniformAdc(bits=8, offset=3.0).build(1, 0.0, 1.0), values) - values
    assert shifted.mean() == pytest.approx(3 * size, rel=0.01)
    noisy = UniformAdc(bits=8, noise=2.0).build(1, 0.0, 1.0)
    error = converted(noisy, values, np.random.default_rng(4)) - values
    assert error.var() == pytest.approx((4 + 1 / 12) * size**2, rel=0.03)
    with pytest.raises(SimulationError, match="needs a random generator"):
        converted(noisy, values)
    spread = UniformAdc(bits=8, offset_spread=5.0).build(400, 0.0, 1.0, seed=1)
    middle = converted(spread, np.full((1, 400), 0.5))[0] - 0.5
    assert middle.std() == pytest.approx(5 * size, rel=0.1)


def test_the_bow_of_a_ramp() -> None:
    built = RampAdc(bits=7, bow=2.5).build(1, 0.0, 1.0)
    found = integral_nonlinearity(built, 1, points_a_step=64)[0]
    assert found[63] == pytest.approx(2.5, abs=0.12)
    assert np.abs(found[[0, -1]]).max() == 0
    with pytest.raises(SimulationError, match="back"):
        RampAdc(bits=4, bow=4).build(1, 0.0, 1.0)


def test_capacitor_mismatch_of_a_sar_converter() -> None:
    """The middle transition: its INL spreads by ½ √(2ᵇ) σ, the step at it by √(2ᵇ − 1) σ."""
    bits, mismatch, channels = 8, 0.01, 1500
    built = SarAdc(bits=bits, mismatch=mismatch).build(channels, 0.0, 1.0, seed=7)
    size = 1 / 255
    # Levels are where codes begin; the outer ones are fixed by the ends of the scale.
    middle = (built.levels[:, 128] - (127.5 * size)) / size
    assert middle.std() == pytest.approx(0.5 * np.sqrt(2**bits) * mismatch, rel=0.06)
    step = (built.levels[:, 128] - built.levels[:, 127]) / size - 1
    assert step.std() == pytest.approx(np.sqrt(2**bits - 1) * mismatch, rel=0.06)
    few = SarAdc(bits=bits, mismatch=mismatch).build(40, 0.0, 1.0, seed=7)
    measured = integral_nonlinearity(few, 40)[:, 127]
    np.testing.assert_allclose(measured, middle[:40], atol=0.25)


def test_costs() -> None:
    assert RampAdc(bits=8, clock=1e9).cost.time == pytest.approx(256e-9)
    assert SarAdc(bits=8, clock=1e9).cost.time == pytest.approx(8e-9)
    assert scaled_cost(ISAAC_ADC, 6, 8).energy == pytest.approx(ISAAC_ADC.energy / 4)
    assert "doi" in ISAAC_ADC.source
    for adc in (UniformAdc, RampAdc, SarAdc):
        assert adc(bits=8).cost.energy == ISAAC_ADC.energy
        assert adc(bits=10).cost.energy == 4 * ISAAC_ADC.energy
        own = ConversionCost(energy=1e-12, time=1e-9, source="measured")
        assert adc(bits=10, stated=own).cost.energy == 1e-12
    assert Dac(bits=4).cost.energy == 8 * Dac(bits=1).cost.energy


def test_dac() -> None:
    dac = Dac(bits=3, voltage=0.3, low=0.0, offset=1e-3)
    np.testing.assert_allclose(dac.voltages([0.0, 0.5 / 7, 1.0, 2.0]), [1e-3, 1e-3, 0.301, 0.301], atol=1e-12)
    signed = Dac(bits=2, voltage=0.1)
    np.testing.assert_allclose(signed.voltages([-1.0, -0.4, 0.0, 0.6]), [-0.1, 0, 0, 0.1], atol=1e-12)
    noisy = Dac(bits=8, noise=1e-3).voltages(np.zeros(20_000), np.random.default_rng(0))
    assert noisy.std() == pytest.approx(1e-3, rel=0.03)


def test_bad_converters_are_refused() -> None:
    with pytest.raises(SimulationError, match="0 bits"):
        Dac(bits=0)
    with pytest.raises(SimulationError, match="low below high"):
        quantise([0.0], 4, 1.0, 1.0)
    with pytest.raises(SimulationError, match="up to 16"):
        SarAdc(bits=20).build(1, 0.0, 1.0)
