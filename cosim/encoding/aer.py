"""Address-event files of N-MNIST's kind: five bytes an event.

Bytes 0 and 1 hold x and y, the top bit of byte 2 the polarity, the other 23 bits the time in microseconds
(Orchard et al., Frontiers in Neuroscience 9, 437 (2015), doi:10.3389/fnins.2015.00437).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cosim.encoding.events import Events, events
from cosim.errors import ResultFileError

#: The time counter has 23 bits; longer recordings begin again at 0.
WRAP = 1 << 23
#: Rows of the sensor that mark overflows in N-MNIST's relatives.
OVERFLOW_ROW = 240


def read_aer(path: str | Path, *, width: int = 34, height: int = 34, duration: float | None = None) -> Events:
    """Read address events; channel = (polarity · height + y) · width + x.

    Args:
        path: the file. width, height: size of the sensor [pixels].
        duration: length of the sample [s]: later events are left out. To the last event when not given.

    Raises:
        ResultFileError: missing, truncated within an event, or with addresses outside the sensor.
    """
    path = Path(path)
    try:
        data = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise ResultFileError(f"{path}: cannot be read: {error.strerror}") from error
    if data.size % 5:
        raise ResultFileError(
            f"{path}: {data.size} bytes are not whole events of 5 bytes: truncated, or not such a file"
        )
    rows = data.reshape(-1, 5).astype(np.int64)
    x, y = rows[:, 0], rows[:, 1]
    polarity = rows[:, 2] >> 7
    ticks = ((rows[:, 2] & 0x7F) << 16) | (rows[:, 3] << 8) | rows[:, 4]
    overflow = (y == OVERFLOW_ROW) & (height <= OVERFLOW_ROW)
    ticks = ticks + np.cumsum(overflow) * (1 << 13)
    backwards = np.diff(ticks, prepend=ticks[:1]) < -WRAP // 2
    ticks = ticks + np.cumsum(backwards) * WRAP
    x, y, polarity, ticks = (column[~overflow] for column in (x, y, polarity, ticks))
    outside = np.flatnonzero((x >= width) | (y >= height))
    if outside.size:
        first = int(outside[0])
        raise ResultFileError(
            f"{path}: event {first} is at x = {x[first]}, y = {y[first]}, outside the sensor of "
            f"{width} × {height}: another sensor, or not such a file"
        )
    time = ticks * 1e-6
    end = (float(time.max()) + 1e-6 if time.size else 1e-6) if duration is None else duration
    kept = time <= end
    channel = (polarity * height + y) * width + x
    return events(time[kept], channel[kept], 2 * width * height, end)
