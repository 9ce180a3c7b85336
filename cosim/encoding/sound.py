"""Sound as spikes: a bank of filters like those of a cochlea, then a spike for each unit of loudness.

    sound → gammatone or mel bands → envelope → compression → integrate and fire, a channel a band

Gammatone filters after Slaney (Apple TR 35, 1993) by `scipy.signal.gammatone`, centre frequencies equally
spaced on the ERB-rate scale of Glasberg and Moore (Hearing Research 47, 103 (1990),
doi:10.1016/0378-5955(90)90170-T); mel bands are triangles on O'Shaughnessy's scale over a short-time
spectrum.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.encoding.events import Events, events
from cosim.errors import NetworkError, ResultFileError


def read_wav(path: str | Path) -> tuple[NDArray[np.float64], float]:
    """Read a WAV file: (samples,) mono, −1 to 1, channels averaged, and the sample rate [1/s].

    Raises:
        ResultFileError: missing, not a WAV file, empty or truncated.
    """
    import struct
    import warnings

    from scipy.io import wavfile

    path = Path(path)
    try:
        with warnings.catch_warnings(record=True) as notes:
            warnings.simplefilter("always")
            rate, data = wavfile.read(path)
    except (OSError, ValueError, EOFError, struct.error) as error:
        raise ResultFileError(f"{path}: not a WAV file that can be read: {error}") from error
    for note in notes:
        if "EOF" in str(note.message):
            raise ResultFileError(f"{path}: truncated: {note.message}")
    if data.size == 0:
        raise ResultFileError(f"{path}: no samples in it")
    sound = data.astype(np.float64)
    if data.dtype.kind == "u":
        sound -= 128.0
    if data.dtype.kind in "iu":
        sound /= 2.0 ** (8 * data.dtype.itemsize - 1)
    return (sound.mean(axis=1) if sound.ndim == 2 else sound), float(rate)


def centre_frequencies(channels: int, low: float, high: float) -> NDArray[np.float64]:
    """Return (channels,) frequencies [Hz] equally spaced on the ERB-rate scale from `low` to `high`."""
    scale = np.linspace(_erb_rate(low), _erb_rate(high), channels)
    return (10.0 ** (scale / 21.4) - 1.0) / 4.37e-3


def gammatone_envelope(
    sound: ArrayLike,
    rate: float,
    *,
    channels: int = 64,
    low: float = 100.0,
    high: float | None = None,
    step: float = 1e-3,
) -> NDArray[np.float64]:
    """Return (steps, channels): each gammatone filter's rectified output, averaged over steps of `step` s."""
    from scipy.signal import gammatone, lfilter

    signal = _mono(sound)
    centres = centre_frequencies(channels, *_band(low, high, rate))
    hop = rate * step
    steps = max(1, math.ceil(signal.size / hop))
    edges = np.minimum(np.rint(np.arange(steps + 1) * hop).astype(int), signal.size)
    envelope = np.empty((steps, channels))
    for channel, centre in enumerate(centres):
        b, a = gammatone(centre, "iir", fs=rate)
        output = np.maximum(np.asarray(lfilter(b, a, signal)), 0.0)
        total = np.concatenate([[0.0], np.cumsum(output)])
        envelope[:, channel] = (total[edges[1:]] - total[edges[:-1]]) / np.maximum(np.diff(edges), 1)
    return envelope


def mel_envelope(
    sound: ArrayLike,
    rate: float,
    *,
    channels: int = 40,
    low: float = 50.0,
    high: float | None = None,
    step: float = 5e-3,
    window: float = 25e-3,
) -> NDArray[np.float64]:
    """Return (steps, channels): root of the power in mel bands, a Hann window of `window` s each `step` s."""
    signal = _mono(sound)
    low, high = _band(low, high, rate)
    width = max(8, round(window * rate))
    size = 1 << (width - 1).bit_length()
    steps = max(1, math.ceil(signal.size / (rate * step)))
    padded = np.concatenate([np.zeros(width // 2), signal, np.zeros(width)])
    starts = np.rint(np.arange(steps) * rate * step).astype(int)
    frames = np.lib.stride_tricks.sliding_window_view(padded, width)[starts] * np.hanning(width)
    power = np.abs(np.fft.rfft(frames, size)) ** 2 / width
    corners = _from_mel(np.linspace(_mel(low), _mel(high), channels + 2))
    frequency = np.fft.rfftfreq(size, 1.0 / rate)
    rising = (frequency[:, None] - corners[:-2]) / (corners[1:-1] - corners[:-2])
    falling = (corners[2:] - frequency[:, None]) / (corners[2:] - corners[1:-1])
    return np.sqrt(power @ np.clip(np.minimum(rising, falling), 0.0, None))


def cochlea(
    sound: ArrayLike,
    rate: float,
    *,
    channels: int = 64,
    bank: Literal["gammatone", "mel"] = "gammatone",
    low: float = 100.0,
    high: float | None = None,
    compression: float = 0.3,
    highest_rate: float = 200.0,
    step: float = 1e-3,
    duration: float | None = None,
) -> Events:
    """Encode a sound as spikes, one channel a band, low bands first.

    The envelope of each band over the loudest of the whole sound, to the power `compression`, times
    `highest_rate` is a channel's rate; it fires each time that the integral of its rate passes a whole
    number plus a half. Nothing is drawn: the same sound gives the same spikes.

    Args:
        sound: (samples,) any unit. rate: samples a second [1/s].
        low, high: lowest and highest centre frequency [Hz]; 0.45·rate when `high` is not given.
        compression: exponent, 0.3 as loudness grows with pressure squared (Stevens).
        highest_rate: rate at the loudest instant [1/s].
        step: resolution of the envelope [s]; spikes fall between by linear interpolation.
        duration: length of the sample [s]; a shorter sound is followed by silence, a longer one is cut.
    """
    signal = _mono(sound)
    if bank not in ("gammatone", "mel"):
        raise NetworkError(f"cochlea: bank = {bank!r}; expected 'gammatone' or 'mel'")
    if duration is not None:
        signal = signal[: math.ceil(duration * rate)]
    if bank == "gammatone":
        envelope = gammatone_envelope(signal, rate, channels=channels, low=low, high=high, step=step)
    else:
        envelope = mel_envelope(signal, rate, channels=channels, low=low, high=high, step=step)
    length = envelope.shape[0] * step
    peak = envelope.max()
    rates = highest_rate * (envelope / peak) ** compression if peak > 0 else np.zeros_like(envelope)
    phase = np.concatenate([np.full((1, channels), 0.5), 0.5 + np.cumsum(rates * step, axis=0)])
    grid = np.arange(phase.shape[0]) * step
    times, where = [], []
    for channel in range(channels):
        total = math.floor(phase[-1, channel])
        if total:
            times.append(np.interp(np.arange(1, total + 1), phase[:, channel], grid))
            where.append(np.full(total, channel))
    end = length if duration is None else duration
    time = np.minimum(np.concatenate(times), end) if times else np.empty(0)
    return events(time, np.concatenate(where) if where else np.empty(0), channels, end)


def _mono(sound: ArrayLike) -> NDArray[np.float64]:
    signal = np.asarray(sound, dtype=np.float64)
    if signal.ndim != 1 or signal.size == 0 or not np.all(np.isfinite(signal)):
        raise NetworkError(f"sound of shape {signal.shape}; expected (samples,) finite numbers")
    return signal


def _band(low: float, high: float | None, rate: float) -> tuple[float, float]:
    top = 0.45 * rate if high is None else high
    if not 0 < low < top < rate / 2:
        raise NetworkError(f"bands from {low:g} to {top:g} Hz; expected 0 < low < high < {rate / 2:g} Hz")
    return low, top


def _erb_rate(frequency: float) -> float:
    return 21.4 * math.log10(1.0 + 4.37e-3 * frequency)


def _mel(frequency: float) -> float:
    return 2595.0 * math.log10(1.0 + frequency / 700.0)


def _from_mel(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
