"""HDF5 files of the Spiking Heidelberg Digits' kind: ragged `spikes/times`, `spikes/units`, and `labels`.

Cramer et al., IEEE Trans. Neural Networks and Learning Systems 33, 2744 (2022),
doi:10.1109/TNNLS.2020.3044364.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cosim.encoding.events import Events, events
from cosim.errors import NetworkError, ResultFileError


def read_shd(
    path: str | Path,
    *,
    channels: int = 700,
    duration: float | None = None,
    samples: Sequence[int] | None = None,
) -> tuple[list[Events], NDArray[np.int64]]:
    """Read samples and their labels.

    Args:
        path: the file. channels: number of units.
        duration: length of every sample [s]; later spikes are left out. Each to its last spike when not
            given.
        samples: which ones, by number; all when not given.

    Raises:
        ResultFileError: missing, not HDF5, without the expected data sets, or with lists of different
            lengths.
    """
    import h5py

    path = Path(path)
    try:
        with h5py.File(path, "r") as file:
            parts = [file.get(name) for name in ("spikes/times", "spikes/units", "labels")]
            for name, part in zip(("spikes/times", "spikes/units", "labels"), parts, strict=True):
                if not isinstance(part, h5py.Dataset):
                    raise ResultFileError(
                        f"{path}: no data set {name!r}; it holds {', '.join(file) or 'nothing'}"
                    )
            times, units, labels = (part for part in parts if isinstance(part, h5py.Dataset))
            total = len(labels)
            if not len(times) == len(units) == total:
                raise ResultFileError(
                    f"{path}: {len(times)} times, {len(units)} units, {total} labels: damaged"
                )
            wanted = list(range(total)) if samples is None else [int(n) for n in samples]
            for number in wanted:
                if not 0 <= number < total:
                    raise ResultFileError(f"{path}: no sample {number}; there are {total}")
            read = [_sample(path, n, times[n], units[n], channels, duration) for n in wanted]
            return read, np.asarray(labels, dtype=np.int64)[wanted]
    except OSError as error:
        raise ResultFileError(f"{path}: not an HDF5 file that can be read: {error}") from error


def _sample(
    path: Path, number: int, times: NDArray, units: NDArray, channels: int, duration: float | None
) -> Events:
    time, unit = np.asarray(times, dtype=np.float64), np.asarray(units)
    end = (float(time.max(initial=0.0)) or 1e-3) if duration is None else duration
    kept = time <= end if time.shape == unit.shape else slice(None)
    try:
        return events(time[kept], unit[kept], channels, end)
    except NetworkError as error:
        raise ResultFileError(f"{path}: sample {number}: {error}") from error
