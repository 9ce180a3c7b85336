"""Sparse LU factors on a pattern that is found once and filled in for every variant.

The matrices here are symmetric in structure and need no pivoting; the order of elimination is
that of `ordering.py`. Numbers are (entries, lanes), lanes side by side, so that one pass over
the structure serves them all. Factors for the last few lengths of a step are kept.
"""

from __future__ import annotations

import math

from cosim.josephson.compiled import inner
from cosim.josephson.lanes import load, muladd, pick, spread, store

#: Lengths of a step whose factors are kept.
SLOTS = 4
#: Steps whose lengths differ by less than this part have the same factors: segments between corners that
#: ought to be equal differ by rounding.
SAME = 1e-10


@inner
def slot_of(net, factors, step):
    """The slot that holds factors for steps of length γh = `step`: (slot, row).

    Row is -1, or that of a vanishing pivot. Factors are made in the slot that was not in use for
    longest.
    """
    clock = 2 * SLOTS
    factors.step[clock] += 1.0
    oldest = 0
    for s in range(SLOTS):
        if abs(factors.step[s] - step) <= SAME * step:
            factors.step[SLOTS + s] = factors.step[clock]
            return s, -1
        if factors.step[SLOTS + s] < factors.step[SLOTS + oldest]:
            oldest = s
    factors.step[SLOTS + oldest] = factors.step[clock]
    factors.step[oldest] = -1.0
    row = _refactor(net, factors, step, oldest)
    if row < 0:
        factors.step[oldest] = step
    return oldest, row


@inner
def forget_factors(factors):
    """The matrices have changed: no slot holds anything."""
    for s in range(SLOTS):
        factors.step[s] = -1.0


@inner
def _refactor(net, factors, step, slot):
    width = net.width
    matrix = factors.matrix
    scale = spread(width, step)
    for p in range(matrix.shape[0]):
        value = muladd(scale, load(width, net.pattern_k, p), load(width, net.pattern_g, p))
        store(width, matrix, p, muladd(scale, value, load(width, net.pattern_c, p)))
    return _factorise(width, net.start, net.column, factors, slot, net.rows)


@inner
def _factorise(width, start, column, factors, slot, rows):
    """Doolittle LU of all lanes into a slot. Returns -1, or the row whose pivot vanishes in every lane.

    `factors.matrix` holds the values on (start, column), rows in the order of elimination. A
    lane that alone has no pivot is filled with not-a-number.
    """
    matrix, work, upper = factors.matrix, factors.work, factors.upper
    size = factors.order.shape[0]
    ahead = slot * factors.forward.to.shape[0]
    behind = slot * factors.backward.to.shape[0]
    base = slot * rows
    lanes = len(width)
    none = spread(width, 0.0)
    one = spread(width, 1.0)
    for i in range(size):
        store(width, work, i, none)
    for i in range(size):
        largest = 0.0
        for p in range(pick(start, i), pick(start, i + 1)):
            store(width, work, pick(column, p), load(width, matrix, p))
            for w in range(lanes):
                largest = max(largest, abs(matrix[p, w]))
        for p in range(pick(factors.ls, i), pick(factors.ls, i + 1)):
            k = pick(factors.lc, p)
            factor = load(width, work, k) * load(width, factors.inverse, base + pick(factors.order, k))
            store(width, factors.forward_value, ahead + pick(factors.forward_place, p), factor)
            store(width, work, k, none)
            for q in range(pick(factors.us, k), pick(factors.us, k + 1)):
                j = pick(factors.uc, q)
                store(width, work, j, load(width, work, j) - factor * load(width, upper, q))
        vanished = 0
        for w in range(lanes):
            if abs(work[i, w]) <= 1e-13 * largest:
                work[i, w] = math.nan
                vanished += 1
        if vanished == lanes:
            return pick(factors.order, i)
        store(width, factors.inverse, base + pick(factors.order, i), one / load(width, work, i))
        store(width, work, i, none)
        for q in range(pick(factors.us, i), pick(factors.us, i + 1)):
            store(width, upper, q, load(width, work, pick(factors.uc, q)))
            store(width, work, pick(factors.uc, q), none)
    for p in range(factors.lc.shape[0]):
        scale = load(width, factors.inverse, base + pick(factors.order, pick(factors.lc, p)))
        value = load(width, upper, pick(factors.mirror, p)) * scale
        store(width, factors.backward_value, behind + pick(factors.backward_place, p), value)
    return -1
