"""Encoders against their definitions, and files that are what they say or are refused."""

from __future__ import annotations

import gzip
import math
import struct
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosim.encoding import (
    Events,
    bernoulli,
    cochlea,
    delta,
    events,
    from_dense,
    gammatone_envelope,
    latency,
    mel_envelope,
    poisson,
    read_idx,
    read_wav,
    reconstruct,
    regular,
)
from cosim.encoding.sound import centre_frequencies
from cosim.errors import NetworkError, ResultFileError


def test_events_sort_and_count() -> None:
    spikes = events([3e-3, 1e-3, 1e-3], [0, 2, 1], 3, 10e-3)
    np.testing.assert_array_equal(spikes.time, [1e-3, 1e-3, 3e-3])
    np.testing.assert_array_equal(spikes.channel, [1, 2, 0])
    np.testing.assert_array_equal(spikes.counts(), [1, 1, 1])
    assert spikes.dense(1e-3).shape == (10, 3)


@given(st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=30))
def test_a_grid_of_spikes_comes_back(grid: list[list[int]]) -> None:
    np.testing.assert_array_equal(from_dense(grid, 1e-3).dense(1e-3), grid)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: events([1.0], [0, 1], 2, 2.0), "equal lists"),
        (lambda: events([3.0], [0], 2, 2.0), "times from 3 to 3 s"),
        (lambda: events([1.0], [2], 2, 2.0), "channels from 2 to 2"),
        (lambda: events([math.nan], [0], 2, 2.0), "not finite"),
        (lambda: events([1.0], [0.5], 2, 2.0), "whole number"),
        (lambda: events([], [], 2, 0.0), "duration"),
        (
            lambda: Events(
                time=np.array([2.0, 1.0]), channel=np.zeros(2, np.int32), channels=1, duration=3.0
            ),
            "sort",
        ),
        (lambda: from_dense([[-1]], 1e-3), "whole numbers"),
        (lambda: poisson([2.0], duration=1.0, step=0.1, highest_rate=1.0, seed=0), "values from 2 to 2"),
        (lambda: poisson([0.5], duration=1.0, step=0.3, highest_rate=1.0, seed=0), "whole number of steps"),
        (lambda: delta([[1.0]], step=1.0, threshold=0.0), "threshold = 0.0"),
        (lambda: cochlea([], 8000.0), "sound of shape (0,)"),
        (lambda: cochlea([1.0, 2.0], 8000.0, high=5000.0), "bands from 100 to 5000 Hz"),
    ],
)
def test_bad_input_says_what(make, words: str) -> None:
    with pytest.raises(NetworkError) as error:
        make()
    assert words in str(error.value)


def test_poisson_has_its_rate_and_its_variance() -> None:
    spikes = poisson(np.repeat([0.0, 0.5, 1.0], 400), duration=2.0, step=1e-4, highest_rate=50.0, seed=1)
    counts = spikes.counts().reshape(3, 400)
    assert not counts[0].any()
    for row, mean in ((1, 50.0), (2, 100.0)):
        assert counts[row].mean() == pytest.approx(mean, abs=4 * math.sqrt(mean / 400))
        assert counts[row].var() == pytest.approx(mean, rel=0.25)
    again = poisson(np.repeat([0.0, 0.5, 1.0], 400), duration=2.0, step=1e-4, highest_rate=50.0, seed=1)
    np.testing.assert_array_equal(again.time, spikes.time)


def test_a_dead_time_keeps_spikes_apart_and_holds_hits() -> None:
    spikes = bernoulli([1.0, 0.3], duration=1.0, step=1e-3, dead_time=2e-3, seed=2)
    certain = spikes.time[spikes.channel == 0]
    np.testing.assert_allclose(np.diff(certain), 3e-3)
    other = spikes.time[spikes.channel == 1]
    assert np.diff(other).min() >= 3e-3 - 1e-9
    # Geometric waiting for a hit, which may fall in the dead time: mean period 3 + (1 − p)³/p steps.
    assert np.diff(other).mean() == pytest.approx((3 + 0.7**3 / 0.3) * 1e-3, rel=0.08)


def test_regular_and_latency_codes_are_exact() -> None:
    spikes = regular([1.0, 0.5, 0.0], duration=1.0, highest_rate=10.0)
    np.testing.assert_array_equal(spikes.counts(), [10, 5, 0])
    np.testing.assert_allclose(np.diff(spikes.time[spikes.channel == 1]), 0.2)
    first = latency([1.0, 0.25, 0.0], duration=0.1)
    np.testing.assert_allclose(first.time, [0.0, 0.075])
    np.testing.assert_array_equal(first.channel, [0, 1])


@given(
    st.lists(st.floats(-5, 5, allow_nan=False), min_size=1, max_size=40),
    st.floats(0.05, 1.0, allow_nan=False),
)
def test_a_receiver_of_changes_is_never_off_by_a_threshold(values: list[float], threshold: float) -> None:
    signal = np.array(values)[:, None]
    sent = delta(signal, step=1e-3, threshold=threshold)
    heard = reconstruct(sent, step=1e-3, threshold=threshold)
    assert np.all(np.abs(heard - signal) <= threshold * (1 + 1e-6))


def test_a_signal_that_stays_costs_nothing() -> None:
    signal = np.concatenate([np.zeros(50), np.full(50, 1.0)])[:, None]
    sent = delta(signal, step=1e-3, threshold=0.25)
    assert sent.count == 4
    assert np.all((sent.time >= 50e-3) & (sent.time < 51e-3))


@pytest.mark.parametrize("bank", [gammatone_envelope, mel_envelope])
@pytest.mark.parametrize("tone", [300.0, 1000.0, 2500.0])
def test_a_tone_is_loudest_in_its_band(bank, tone: float) -> None:
    rate = 8000.0
    sound = np.sin(2 * np.pi * tone * np.arange(4000) / rate)
    envelope = bank(sound, rate, channels=32, low=100.0, step=5e-3)
    if bank is gammatone_envelope:
        centres = centre_frequencies(32, 100.0, 0.45 * rate)
    else:
        corners = np.linspace(2595 * np.log10(1 + 100 / 700), 2595 * np.log10(1 + 3600 / 700), 34)
        centres = 700 * (10 ** (corners[1:-1] / 2595) - 1)
    loudest = centres[np.argmax(envelope[20:80].mean(axis=0))]
    spacing = np.diff(centres).max() if tone > 2000 else 0.12 * tone + 40
    assert abs(loudest - tone) <= spacing


def test_a_cochlea_counts_the_integral_of_its_rate() -> None:
    rate = 8000.0
    sound = np.sin(2 * np.pi * 700.0 * np.arange(8000) / rate) * np.hanning(8000)
    spikes = cochlea(sound, rate, channels=16, highest_rate=100.0, compression=1.0)
    envelope = gammatone_envelope(sound, rate, channels=16)
    expected = 100.0 * (envelope / envelope.max()).sum(axis=0) * 1e-3
    assert np.all(np.abs(spikes.counts() - expected) <= 0.5 + 1e-9)
    louder = cochlea(3.0 * sound, rate, channels=16, highest_rate=100.0, compression=1.0)
    np.testing.assert_allclose(louder.time, spikes.time)
    silent = cochlea(np.zeros(800), rate, duration=0.5)
    assert silent.count == 0 and silent.duration == 0.5


def idx_bytes(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def test_idx_files_are_read_whole_or_refused(tmp_path: Path) -> None:
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    path = tmp_path / "images"
    for data in (idx_bytes(array), gzip.compress(idx_bytes(array))):
        path.write_bytes(data)
        np.testing.assert_array_equal(read_idx(path), array)
    for data, words in (
        (idx_bytes(array)[:-1], "truncated: 39 bytes, expected 40"),
        (idx_bytes(array) + b"x", "longer than its header says"),
        (idx_bytes(array)[:7], "truncated within the header"),
        (b"RIFFxxxx", "not an IDX file"),
        (b"", "not an IDX file (it begins with nothing)"),
        (gzip.compress(idx_bytes(array))[:-9], "cannot be read"),
    ):
        path.write_bytes(data)
        with pytest.raises(ResultFileError) as error:
            read_idx(path)
        assert words in str(error.value) and str(path) in str(error.value)
    with pytest.raises(ResultFileError, match="cannot be read"):
        read_idx(tmp_path / "missing")


def test_wav_files_are_read_whole_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    values = (np.sin(np.arange(800) / 5) * 20000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(np.repeat(values, 2).tobytes())
    sound, rate = read_wav(path)
    assert rate == 8000.0
    np.testing.assert_allclose(sound, values / 32768)
    data = path.read_bytes()
    for broken, words in ((data[:20], "not a WAV file"), (b"hello", "not a WAV file"), (data[:500], "")):
        path.write_bytes(broken)
        with pytest.raises(ResultFileError) as error:
            read_wav(path)
        assert words in str(error.value) and "sound.wav" in str(error.value)
