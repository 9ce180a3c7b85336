"""Lists of y[to] ± value·x[from] that run straight through memory where they can.

Entries of one level do not depend on each other, so they may stand in any order. Where `to` and
`from` both go up by one from entry to entry the list is a *run*: for one lane it is worked
through eight entries at a time, padded with zeros. What is left over is a plain list. With many
lanes a single entry fills the vector registers, and all is plain.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cosim.josephson.compiled import inlined
from cosim.josephson.lanes import load, load_at, muladd, pick, spread, store, store_at

Index = NDArray[np.int64]

#: Runs shorter than this cost less as plain entries.
_SHORTEST_RUN = 5


class Sweep(NamedTuple):
    """Segments `block[b]` to `block[b + 1]` belong to block b; segment s has the entries from
    `start[s]` on, a run where `straight[s]` is not zero."""

    block: Index
    start: Index
    straight: Index
    to: Index
    source: Index


def make_sweep(
    blocks: int, pack: int, block: Index, level: Index, to: Index, source: Index
) -> tuple[Sweep, Index]:
    """The sweep, and the place of each given entry in its list of values.

    `block`, `level`, `to` and `source` have an entry each; within a block levels ascend.
    """
    count = len(to)
    shift = to - source
    by = np.lexsort((source, shift, level, block))
    b, lev, sh, src = block[by], level[by], shift[by], source[by]
    new = np.ones(count, dtype=bool)
    new[1:] = (b[1:] != b[:-1]) | (lev[1:] != lev[:-1]) | (sh[1:] != sh[:-1]) | (src[1:] != src[:-1] + 1)
    run = np.cumsum(new) - 1
    straight = (np.bincount(run) >= _SHORTEST_RUN)[run] & (pack > 1) if count else np.zeros(0, dtype=bool)
    # Within a level plain entries first, so that they join into one segment.
    again = np.lexsort((run, straight, lev, b))
    by, b, run, straight = by[again], b[again], run[again], straight[again]
    new[:] = True
    new[1:] = (b[1:] != b[:-1]) | np.where(straight[1:], run[1:] != run[:-1], straight[:-1])
    first = np.flatnonzero(new)
    length = np.diff(np.append(first, count))
    kind = straight[first]
    room = np.where(kind, (length + pack - 1) // pack * pack, length)
    start = np.concatenate([[0], np.cumsum(room)]).astype(np.int64)
    where = np.repeat(start[:-1] - first, length) + np.arange(count)
    place = np.empty(count, dtype=np.int64)
    place[by] = where
    there, here = (np.zeros(start[-1], dtype=np.int64) for _ in range(2))
    there[where], here[where] = to[by], source[by]
    sweep = Sweep(
        block=np.searchsorted(b[first], np.arange(blocks + 1)).astype(np.int64),
        start=start,
        straight=kind.astype(np.int64),
        to=there,
        source=here,
    )
    return sweep, place


@inlined
def add_products(width, wide, sweep, block, values, base, y, to, x, source, scale):
    """y[to + …] += scale · values[base + …] · x[source + …] over the entries of a block."""
    for s in range(pick(sweep.block, block), pick(sweep.block, block + 1)):
        p = pick(sweep.start, s)
        end = pick(sweep.start, s + 1)
        if len(width) == 1 and pick(sweep.straight, s):
            a = to + pick(sweep.to, p)
            c = source + pick(sweep.source, p)
            v = base + p
            factor = spread(wide, scale)
            for i in range(0, end - p, len(wide)):
                product = load_at(wide, values, v + i) * load_at(wide, x, c + i)
                store_at(wide, y, a + i, muladd(factor, product, load_at(wide, y, a + i)))
        else:
            one = spread(width, scale)
            for e in range(p, end):
                a = to + pick(sweep.to, e)
                product = load(width, values, base + e) * load(width, x, source + pick(sweep.source, e))
                store(width, y, a, muladd(one, product, load(width, y, a)))


@inlined
def substitute(width, wide, sweep, block, values, base, x, first):
    """x[first + to] -= values[base + …] · x[first + from], entry after entry."""
    for s in range(pick(sweep.block, block), pick(sweep.block, block + 1)):
        p = pick(sweep.start, s)
        end = pick(sweep.start, s + 1)
        if len(width) == 1 and pick(sweep.straight, s):
            a = first + pick(sweep.to, p)
            c = first + pick(sweep.source, p)
            v = base + p
            for i in range(0, end - p, len(wide)):
                product = load_at(wide, values, v + i) * load_at(wide, x, c + i)
                store_at(wide, x, a + i, load_at(wide, x, a + i) - product)
        else:
            for e in range(p, end):
                a = first + pick(sweep.to, e)
                product = load(width, values, base + e) * load(width, x, first + pick(sweep.source, e))
                store(width, x, a, load(width, x, a) - product)


@inlined
def solve(net, factors, slot, x, first):
    """Overwrite rows `first` and on of `x`, the right-hand side, by the solution in all blocks."""
    width, wide = net.width, net.wide
    blocks = net.low.shape[0]
    base = slot * (net.rows * len(width) // len(wide))
    start = first * len(width) // len(wide)
    ahead, behind = slot * factors.forward.to.shape[0], slot * factors.backward.to.shape[0]
    for block in range(blocks):
        substitute(width, wide, factors.forward, block, factors.forward_value, ahead, x, first)
    for block in range(blocks - 1, -1, -1):
        for i in range(pick(net.low, block), pick(net.high, block)):
            store(wide, x, start + i, load(wide, x, start + i) * load(wide, factors.inverse, base + i))
        substitute(width, wide, factors.backward, block, factors.backward_value, behind, x, first)
