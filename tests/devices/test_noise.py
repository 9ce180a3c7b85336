"""Noise against its spectra: variances by integration, slopes and levels of series, dwell statistics."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.signal import welch
from scipy.stats import kstest

from cosim.devices import (
    NANDAKUMAR_2019_READ_NOISE,
    CycleToCycle,
    FittedReadNoise,
    NoiseSpectrum,
    SpectralReadNoise,
    TelegraphNoise,
    populate,
)
from cosim.errors import SimulationError

MANY = 40_000


@pytest.mark.parametrize("exponent", [0.8, 1.0, 1.3])
def test_variance_is_the_integral_of_the_spectrum(exponent: float) -> None:
    spectrum = NoiseSpectrum(flicker=1e-5, exponent=exponent, white=1e-9)
    by_steps = sum(
        quad(lambda f: float(spectrum.density(f)), 10.0**k, 10.0 ** (k + 1), epsrel=1e-10)[0]
        for k in range(-3, 6)
    )
    assert spectrum.variance(1e-3, 1e6) == pytest.approx(by_steps, rel=1e-8)


def test_the_corner_is_where_both_parts_are_equal() -> None:
    spectrum = NoiseSpectrum.with_corner(white=2e-10, corner=5e3, exponent=1.2)
    assert spectrum.corner == pytest.approx(5e3)
    assert spectrum.density(5e3) == pytest.approx(4e-10)
    assert NoiseSpectrum(flicker=1e-6).corner == np.inf


@pytest.mark.parametrize("exponent", [0.9, 1.0, 1.2])
def test_series_have_the_slope_and_the_level(exponent: float) -> None:
    spectrum, step = NoiseSpectrum(flicker=1e-4, exponent=exponent), 1e-3
    series = spectrum.series(2**15, step, (8,), random=np.random.default_rng(1))
    frequency, density = welch(series, fs=1 / step, nperseg=2**12, axis=0)
    band = (frequency > 3) & (frequency < 300)
    slope, level = np.polyfit(np.log(frequency[band]), np.log(density[band].mean(axis=1)), 1)
    assert slope == pytest.approx(-exponent, abs=0.03)
    assert np.exp(level) == pytest.approx(1e-4, rel=0.1)


def test_series_have_the_variance_of_their_band() -> None:
    spectrum, step, samples = NoiseSpectrum(flicker=1e-4, white=1e-7), 1e-4, 2**12
    series = spectrum.series(samples, step, (200,), random=np.random.default_rng(2))
    expected = spectrum.variance(0.25 / (samples * step), 0.5 / step)
    assert np.mean(series**2) == pytest.approx(expected, rel=0.05)
    assert np.corrcoef(series[:, 0], series[:, 1])[0, 1] == pytest.approx(0, abs=0.4)


def test_white_series_are_white() -> None:
    series = NoiseSpectrum(flicker=0.0, white=2e-6).series(2**14, 1e-3, random=np.random.default_rng(3))
    assert series.var() == pytest.approx(2e-6 * 500, rel=0.05)
    assert np.corrcoef(series[1:], series[:-1])[0, 1] == pytest.approx(0, abs=0.03)


def test_a_reading_sees_its_band() -> None:
    noise = SpectralReadNoise(spectrum=NoiseSpectrum(flicker=1e-4), watched=100.0, bandwidth=1e6)
    assert noise.relative == pytest.approx(0.01 * np.sqrt(np.log(1e8)))
    steps = [CycleToCycle(of=noise)]
    readings = [populate(np.full(MANY, 1e-5), steps, seed=1, cycle=reading) / 1e-5 for reading in (0, 1)]
    assert readings[0].std() == pytest.approx(noise.relative, rel=0.02)
    assert not np.array_equal(*readings)


def test_published_read_noise_at_hand_computed_points() -> None:
    fit = NANDAKUMAR_2019_READ_NOISE
    np.testing.assert_allclose(
        fit.flicker([25e-6, 2.5e-6, 1e-12]), [0.0088**2, (0.0088 * 10**0.65) ** 2, 0.04]
    )
    assert fit.sigma(25e-6, 1.0) == pytest.approx(0.0088 * np.sqrt(np.log((1 + 250e-9) / 500e-9)))
    cells = populate(np.full(MANY, 25e-6), [FittedReadNoise(fit=fit, time=1.0)], seed=2)
    assert cells.std() / 25e-6 == pytest.approx(float(fit.sigma(25e-6, 1.0)), rel=0.02)


def test_telegraph_readings_find_the_trap_full_as_often_as_it_is() -> None:
    noise = TelegraphNoise(amplitude=0.2, high_time=3e-3, low_time=1e-3, share=0.5)
    cells = populate(np.full(MANY, 1e-5), [noise], seed=5) / 1e-5
    assert set(np.round(cells, 12)) == {1.0, 0.8}
    assert (cells < 0.9).mean() == pytest.approx(0.125, abs=0.006)


def runs(full: np.ndarray, value: bool) -> np.ndarray:
    """Lengths of the inner runs of `value`."""
    edges = np.flatnonzero(np.diff(full)) + 1
    lengths, values = np.diff(edges), full[edges[:-1]]
    return lengths[values == value]


def test_telegraph_dwell_times_are_exponential() -> None:
    noise, step = TelegraphNoise(amplitude=0.1, high_time=30.0, low_time=12.0), 1.0
    full = noise.series(400_000, step, random=np.random.default_rng(6))
    rate = 1 / 30.0 + 1 / 12.0
    for value, share_other in ((False, noise.low_probability), (True, 1 - noise.low_probability)):
        leave = share_other * (1 - np.exp(-step * rate))
        lengths = runs(full, value)
        assert lengths.mean() == pytest.approx(1 / leave, rel=0.03)
        assert lengths.std() == pytest.approx(np.sqrt(1 - leave) / leave, rel=0.05)
    high, low = noise.dwells(4000, random=np.random.default_rng(7))
    assert kstest(high, "expon", args=(0, 30.0)).pvalue > 0.01
    assert kstest(low, "expon", args=(0, 12.0)).pvalue > 0.01


def test_telegraph_spectrum_is_a_lorentzian() -> None:
    noise, step = TelegraphNoise(amplitude=0.1, high_time=0.03, low_time=0.012), 1e-3
    full = noise.series(2**15, step, (40,), random=np.random.default_rng(8))
    frequency, density = welch(1 - 0.1 * full, fs=1 / step, nperseg=2**11, axis=0)
    band = (frequency > 1) & (frequency < 60)  # above, samples fold the tail back
    ratio = density[band].mean(axis=1) / noise.density(frequency[band])
    assert ratio.mean() == pytest.approx(1, abs=0.03)
    assert np.abs(ratio - 1).max() < 0.2
    low = noise.low_probability
    total = quad(lambda f: float(noise.density(f)), 0, np.inf)[0]
    assert total == pytest.approx(0.01 * low * (1 - low), rel=1e-6)


def test_steps_longer_than_the_dwells_are_independent_readings() -> None:
    noise = TelegraphNoise(amplitude=0.1, high_time=1e-6, low_time=2e-6)
    full = noise.series(20_000, 1.0, random=np.random.default_rng(9))
    assert full.mean() == pytest.approx(2 / 3, abs=0.015)
    assert np.corrcoef(full[1:], full[:-1])[0, 1] == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: NoiseSpectrum(flicker=-1.0), "1/f noise at 1 Hz is -1.0 1/Hz"),
        (
            lambda: NoiseSpectrum(flicker=1.0).variance(10.0, 1.0),
            "band ends at 1.0 Hz; expected its beginning 10 Hz",
        ),
        (
            lambda: SpectralReadNoise(spectrum=NoiseSpectrum(flicker=1.0), watched=np.nan, bandwidth=1.0),
            "watched is nan s",
        ),
        (
            lambda: NoiseSpectrum(flicker=1.0).series(0, 1.0, random=np.random.default_rng(0)),
            "series of 0 samples",
        ),
        (
            lambda: TelegraphNoise(amplitude=0.1, high_time=0.0, low_time=1.0),
            "mean time in the high state is 0.0 s",
        ),
        (
            lambda: TelegraphNoise(amplitude=1.5, high_time=1.0, low_time=1.0),
            "amplitude of telegraph noise is 1.5",
        ),
    ],
)
def test_bad_noise_is_named(make, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        make()
