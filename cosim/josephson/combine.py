"""Weighted sums over the stages of a step.

One loop for each number of terms: the weights stay in registers, and for a single lane the
compiler puts neighbouring rows into one vector.
"""

from __future__ import annotations

from cosim.josephson.compiled import inlined
from cosim.josephson.lanes import load, muladd, spread, store


@inlined
def combine(width, out, base, terms, first, last, stride, weights, row, stages):
    """out[i] = base[i] + Σ weights[row, r] · terms[r·stride + i] over r < stages, first ≤ i < last.

    `out` may be `base`. Up to six stages.
    """
    a = spread(width, weights[row, 0])
    if stages == 1:
        for i in range(first, last):
            store(width, out, i, muladd(a, load(width, terms, i), load(width, base, i)))
        return
    b = spread(width, weights[row, 1])
    if stages == 2:
        for i in range(first, last):
            x = muladd(a, load(width, terms, i), load(width, base, i))
            store(width, out, i, muladd(b, load(width, terms, stride + i), x))
        return
    c = spread(width, weights[row, 2])
    if stages == 3:
        for i in range(first, last):
            x = muladd(a, load(width, terms, i), load(width, base, i))
            x = muladd(b, load(width, terms, stride + i), x)
            store(width, out, i, muladd(c, load(width, terms, 2 * stride + i), x))
        return
    d = spread(width, weights[row, 3])
    if stages == 4:
        for i in range(first, last):
            x = muladd(a, load(width, terms, i), load(width, base, i))
            x = muladd(b, load(width, terms, stride + i), x)
            x = muladd(c, load(width, terms, 2 * stride + i), x)
            store(width, out, i, muladd(d, load(width, terms, 3 * stride + i), x))
        return
    e = spread(width, weights[row, 4])
    if stages == 5:
        for i in range(first, last):
            x = muladd(a, load(width, terms, i), load(width, base, i))
            x = muladd(b, load(width, terms, stride + i), x)
            x = muladd(c, load(width, terms, 2 * stride + i), x)
            x = muladd(d, load(width, terms, 3 * stride + i), x)
            store(width, out, i, muladd(e, load(width, terms, 4 * stride + i), x))
        return
    f = spread(width, weights[row, 5])
    for i in range(first, last):
        x = muladd(a, load(width, terms, i), load(width, base, i))
        x = muladd(b, load(width, terms, stride + i), x)
        x = muladd(c, load(width, terms, 2 * stride + i), x)
        x = muladd(d, load(width, terms, 3 * stride + i), x)
        x = muladd(e, load(width, terms, 4 * stride + i), x)
        store(width, out, i, muladd(f, load(width, terms, 5 * stride + i), x))
