"""Places of the junctions: neighbours in memory where their rows are neighbours.

Not here: what flows in them (`junctions.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]

_SHORTEST_RUN = 5


@dataclass(frozen=True, kw_only=True)
class Places:
    """`place` (junctions,), and segments as in `layout.Joints`. `count` places in all; `plus`, `minus`
    (count,) are rows, ground where a place is empty; `junction` (count,) is -1 there."""

    place: Index
    block: Index
    start: Index
    straight: Index
    plus: Index
    minus: Index
    junction: Index
    count: int


def place_joints(
    plus: Index, minus: Index, regular: NDArray[np.bool_], block: Index, blocks: int, ground: int, pack: int
) -> Places:
    """`plus`, `minus` and `block` (junctions,) are rows and the block that each belongs to.

    Only `regular` junctions may stand in straight segments.
    """
    count = len(plus)
    shift = np.where(minus == ground, ground + 1, np.where(plus == ground, ground + 2, plus - minus))
    row = np.where(plus == ground, minus, plus)
    by = np.lexsort((row, shift, block))
    b, sh, r = block[by], shift[by], row[by]
    new = np.ones(count, dtype=bool)
    new[1:] = (b[1:] != b[:-1]) | (sh[1:] != sh[:-1]) | (r[1:] != r[:-1] + 1) | ~regular[by][1:]
    run = np.cumsum(new) - 1
    straight = np.zeros(count, dtype=bool)
    if count and pack > 1:
        straight = (np.bincount(run) >= _SHORTEST_RUN)[run] & regular[by]
    again = np.lexsort((run, straight, b))
    by, b, run, straight = by[again], b[again], run[again], straight[again]
    new[:] = True
    new[1:] = (b[1:] != b[:-1]) | np.where(straight[1:], run[1:] != run[:-1], straight[:-1])
    first = np.flatnonzero(new)
    length = np.diff(np.append(first, count))
    room = (length + pack - 1) // pack * pack
    start = np.concatenate([[0], np.cumsum(room)]).astype(np.int64)
    total = int(start[-1])
    where = np.repeat(start[:-1] - first, length) + np.arange(count)
    place = np.empty(count, dtype=np.int64)
    place[by] = where
    p, m = (np.full(total, ground, dtype=np.int64) for _ in range(2))
    junction = np.full(total, -1, dtype=np.int64)
    p[where], m[where], junction[where] = plus[by], minus[by], by
    return Places(
        place=place,
        block=np.searchsorted(b[first], np.arange(blocks + 1)).astype(np.int64),
        start=start,
        straight=straight[first].astype(np.int64),
        plus=p,
        minus=m,
        junction=junction,
        count=total,
    )
