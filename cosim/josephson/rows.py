"""Where each unknown lies in memory: blocks of rows, in them levels, so that sweeps run straight.

A *block* is a group of sub-trees of the elimination tree with a bounded number of rows; what is
above them is the *top*, the last block. Blocks are connected with the top only. Within a block
the rows with capacitance (the massive ones) come first. Rows of one round whose parents lie
side by side lie side by side too: most entries of the matrices then form long runs of
neighbouring rows (`sweeps.py`). For one lane both parts of a block are padded to whole vectors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.josephson.compiled import entry
from cosim.josephson.ordering import Elimination

Index = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """`position` (n+1,): the row of each unknown, and of ground, behind all others.

    `block` (n+1,) is the block of each unknown; the rows of block b are `low[b]` to `high[b]`, the
    massive ones end at `middle[b]`. `count` rows in all, with ground.
    """

    position: Index
    block: Index
    low: Index
    middle: Index
    high: Index
    count: int

    @property
    def ground(self) -> int:
        return int(self.position[-1])


def place_rows(elimination: Elimination, massive: NDArray[np.bool_], limit: int, pack: int) -> Rows:
    """`massive` (n,); at most `limit` rows in a block, ranges in multiples of `pack` rows."""
    n = len(massive)
    work = np.zeros((2, n), dtype=np.int64)
    block = np.empty(n + 1, dtype=np.int64)
    blocks = 1 + _blocks(elimination.number, elimination.parent, limit, work, block)
    block[n] = blocks - 1
    light = np.where(massive, 0, 1)
    area = 2 * block[:n] + light
    sizes = np.bincount(area, minlength=2 * blocks)
    bounds = np.concatenate([[0], np.cumsum((sizes + pack - 1) // pack * pack)])
    pen = bounds[:-1].copy()
    order = elimination.order
    parent = np.append(order, n)[elimination.parent]
    rank = np.empty(n, dtype=np.int64)
    _rank(order, elimination.parent, light, elimination.round, np.full((2, 2 * n + 2), -1), rank)
    position = np.full(n + 1, -1, dtype=np.int64)
    turn = elimination.round[order]
    edges = np.searchsorted(turn, np.arange(int(turn[-1]) + 2 if n else 1))
    for last, first in zip(edges[:0:-1], edges[-2::-1], strict=True):
        who = order[first:last]
        mine = area[who]
        key = (mine * (n + 1) + rank[first:last]) * (bounds[-1] + 2) + position[parent[first:last]] + 1
        by = np.argsort(key)
        mine = mine[by]
        start = np.searchsorted(mine, mine)
        position[who[by]] = pen[mine] + np.arange(last - first) - start
        pen += np.bincount(mine, minlength=2 * blocks)
    position[n] = bounds[-1]
    return Rows(
        position=position,
        block=block,
        low=bounds[0:-1:2],
        middle=bounds[1::2],
        high=bounds[2::2],
        count=int(bounds[-1]) + pack,
    )


@entry
def _blocks(number, parent, limit, work, block):
    """Fill `block` of every unknown; returns the number of the top."""
    size, root = work[0], work[1]
    n = parent.shape[0]
    for i in range(n):
        size[i] += 1
        if parent[i] >= 0:
            size[parent[i]] += size[i]
    for i in range(n - 1, -1, -1):
        if size[i] > limit:
            root[i] = -1
        elif parent[i] < 0 or root[parent[i]] < 0:
            root[i] = i
        else:
            root[i] = root[parent[i]]
    # Sub-trees fill blocks in the order in which their first unknowns stand in the circuit. A
    # sub-tree that has its block keeps it, as a negative number, in place of its size.
    now = 0
    filled = 0
    for u in range(n):
        r = root[number[u]]
        if r < 0:
            continue
        if size[r] > 0:
            if filled and filled + size[r] > limit:
                now += 1
                filled = 0
            filled += size[r]
            size[r] = -1 - now
        block[u] = -1 - size[r]
    top = now + 1 if filled else now
    for u in range(n):
        if root[number[u]] < 0:
            block[u] = top
    return top


@entry
def _rank(order, parent, light, turn, seen, rank):
    """Number of each unknown among those of its round, weight and parent; `seen` (2, 2n+2)."""
    n = order.shape[0]
    for i in range(n):
        key = 2 * (parent[i] if parent[i] >= 0 else n) + light[order[i]]
        if seen[0, key] != turn[order[i]]:
            seen[0, key] = turn[order[i]]
            seen[1, key] = 0
        rank[i] = seen[1, key]
        seen[1, key] += 1
