"""IDX files (MNIST and its relatives): an array of numbers behind a short header, gzipped or not."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cosim.errors import ResultFileError

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | Path) -> NDArray:
    """Read an IDX file; return an array of the file's shape and type (big-endian made native).

    Raises:
        ResultFileError: missing, not an IDX file, truncated, or with bytes left over.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise ResultFileError(f"{path}: cannot be read: {error}") from error
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _TYPES or data[3] == 0:
        raise ResultFileError(f"{path}: not an IDX file (it begins with {data[:4].hex(' ') or 'nothing'})")
    kind, axes = np.dtype(_TYPES[data[2]]), data[3]
    header = 4 + 4 * axes
    if len(data) < header:
        raise ResultFileError(f"{path}: truncated within the header")
    shape = tuple(int(n) for n in np.frombuffer(data, ">u4", axes, 4))
    expected = header + math.prod(shape) * kind.itemsize
    if len(data) != expected:
        state = "truncated" if len(data) < expected else "longer than its header says"
        raise ResultFileError(f"{path}: {state}: {len(data)} bytes, expected {expected} for shape {shape}")
    return np.frombuffer(data, kind, offset=header).reshape(shape).astype(kind.newbyteorder("="))
