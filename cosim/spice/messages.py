"""What a worker and its owner say to each other: a JSON header and blocks of bytes.

No pickles come from a worker: what runs a stranger's deck is not trusted to send objects.
A message is the length of its header (8 bytes, little-endian), the header, and the blocks whose
sizes the header lists under "blocks".
"""

from __future__ import annotations

import json
import os
import select
import struct
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LENGTH = struct.Struct("<Q")
_LARGEST_HEADER = 2**28
#: Longest wait [s] without a look at interrupts that came by another road than a signal.
_SLICE = 0.2


class ConnectionLost(Exception):
    """The other side is gone, or said something that is no message."""


class DeadlinePassed(Exception):
    """Nothing came within the time allowed."""


def send(descriptor: int, header: dict[str, Any], blocks: Sequence[Any] = ()) -> None:
    """Write one message. `blocks` are buffers: bytes or contiguous arrays."""
    views = [memoryview(block).cast("B") if len(memoryview(block)) else b"" for block in blocks]
    text = json.dumps({**header, "blocks": [len(view) for view in views]}).encode()
    for view in (_LENGTH.pack(len(text)) + text, *views):
        rest = memoryview(view)
        while rest:
            try:
                rest = rest[os.write(descriptor, rest) :]
            except OSError as error:
                raise ConnectionLost(str(error)) from error


def receive(descriptor: int, deadline: float | None = None) -> tuple[dict[str, Any], list[NDArray[np.uint8]]]:
    """Read one message; `deadline` is a time of `time.monotonic`.

    Raises `ConnectionLost` at the end of the stream, `DeadlinePassed` after the deadline.
    """
    (length,) = _LENGTH.unpack(_read(descriptor, _LENGTH.size, deadline).tobytes())
    if length > _LARGEST_HEADER:
        raise ConnectionLost(f"a header of {length} bytes")
    try:
        header = json.loads(_read(descriptor, length, deadline).tobytes())
        sizes = [int(size) for size in header["blocks"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ConnectionLost(f"a header that cannot be read: {error}") from error
    return header, [_read(descriptor, size, deadline) for size in sizes]


def _read(descriptor: int, size: int, deadline: float | None) -> NDArray[np.uint8]:
    data = np.empty(size, dtype=np.uint8)
    rest = memoryview(data.data)
    while rest:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0.0:
                raise DeadlinePassed
            if not select.select([descriptor], [], [], min(left, _SLICE))[0]:
                continue
        count = os.readv(descriptor, [rest])
        if count == 0:
            raise ConnectionLost("end of stream")
        rest = rest[count:]
    return data
