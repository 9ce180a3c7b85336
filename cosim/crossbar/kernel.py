"""Compiled kernels of the iterative way; pure functions over arrays, one input at a time.

Symbols: `g` (M, N) cell conductances [S]; a *ladder* is a factored line: node k of a line has the
conductance Y[k] to everything before it, and over the segment r behind it

    t[k] = 1 / (1 + r Y[k]),    u[k] = r t[k]       (r = ∞, or a fixed node next: t = 0, u = 1 / Y[k])

so that solving the line for currents c is  I[k+1] = c[k+1] + t[k] I[k],  x[k] = u[k] I[k] + t[k] x[k+1].
No term is ever subtracted, so a line is exact whatever its resistances are; r = 0 gives t = 1,
u = 0 (equal voltages) and a node held by its terminal t = u = 0. `y` are conductances of segments
with 0 for those that are open or ideal. Ladders of bit lines are stored (M, N) like the cells.

The nodal equations, word lines (w) eliminated, are S b = c with S = T_b + D − g W⁻¹ g, symmetric and
positive definite; conjugate gradients precondition it with the bit lines T_b plus the diagonal of
the rest, which couples everything but different bit lines.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_FAST = {"contract", "nsz", "arcp", "reassoc"}


@njit(cache=True, nogil=True)
def factor_line(r, shunt, t, u, y):
    """Factor one line: segments `r` (n + 1,) [Ω], conductances `shunt` (n,) to elsewhere [S].

    Writes `t`, `u` (n,) and `y` (n + 1,). A segment at either end leads to a held voltage.
    """
    n = len(shunt)
    first = 0
    while first < n and r[first] == 0.0:
        first += 1
    last = n
    while last > first and r[last] == 0.0:
        last -= 1
    for k in range(n + 1):
        y[k] = 1.0 / r[k] if r[k] > 0.0 else 0.0
    t[:first] = 0.0
    u[:first] = 0.0
    t[last:] = 0.0
    u[last:] = 0.0
    before = 0.0
    if first < n:
        before = y[first]
    for k in range(first, last):
        total = before + shunt[k]
        if k == last - 1 or r[k + 1] == np.inf:
            total += y[k + 1]
            t[k] = 0.0
            u[k] = 1.0 / total if total > 0.0 else 0.0
            before = 0.0
        else:
            t[k] = 1.0 / (1.0 + r[k + 1] * total)
            u[k] = r[k + 1] * t[k]
            before = total * t[k]


@njit(cache=True, nogil=True)
def seen_conductance(r, shunt, seen):
    """Write to `seen` (n,) the conductance from each node of a line to the held ends and other shunts."""
    n = len(shunt)
    looking = np.inf
    for k in range(n):
        if r[k] > 0.0:
            looking = (
                0.0
                if r[k] == np.inf
                else 1.0 / r[k]
                if looking == np.inf
                else looking / (1.0 + r[k] * looking)
            )
        seen[k] = looking
        looking += shunt[k]
    looking = np.inf
    for k in range(n - 1, -1, -1):
        if r[k + 1] > 0.0:
            looking = (
                0.0
                if r[k + 1] == np.inf
                else 1.0 / r[k + 1]
                if looking == np.inf
                else looking / (1.0 + r[k + 1] * looking)
            )
        seen[k] += looking
        looking += shunt[k]


@njit(cache=True, nogil=True)
def factor_words(r, g, t, u, y, diagonal):
    """Factor all word lines; `diagonal` (M, N) becomes that of D − g W⁻¹ g [S]."""
    for i in range(len(g)):
        factor_line(r[i], g[i], t[i], u[i], y[i])
        seen_conductance(r[i], g[i], diagonal[i])
        for j in range(g.shape[1]):
            seen = diagonal[i, j]
            if seen == np.inf:
                diagonal[i, j] = g[i, j]
            elif seen + g[i, j] > 0.0:
                diagonal[i, j] = g[i, j] * (seen / (seen + g[i, j]))
            else:
                diagonal[i, j] = 0.0


@njit(cache=True, nogil=True)
def factor_bits(r, shunt, t, u, y):
    """Factor all bit lines: `r` (N, M + 1), `shunt` (M, N); writes `t`, `u` (M, N), `y` (M + 1, N)."""
    rows, columns = shunt.shape
    line_shunt = np.empty(rows)
    line_t = np.empty(rows)
    line_u = np.empty(rows)
    line_y = np.empty(rows + 1)
    for j in range(columns):
        for i in range(rows):
            line_shunt[i] = shunt[i, j]
        factor_line(r[j], line_shunt, line_t, line_u, line_y)
        for i in range(rows):
            t[i, j] = line_t[i]
            u[i, j] = line_u[i]
            y[i, j] = line_y[i]
        y[rows, j] = line_y[rows]


@njit(cache=True, nogil=True, fastmath=_FAST)
def _solve_word(t, u, x):
    """Solve one word line in place: currents `x` (N,) become voltages."""
    n = len(x)
    flow = x[0]
    for k in range(1, n):
        flow = x[k] + t[k - 1] * flow
        x[k] = flow
    level = 0.0
    for k in range(n - 1, -1, -1):
        level = u[k] * x[k] + t[k] * level
        x[k] = level


@njit(cache=True, nogil=True, fastmath=_FAST)
def _solve_four(t, u, x):
    """`_solve_word` of four lines (4, N) at once: each waits for its own last product only."""
    n = x.shape[1]
    a, b, c, d = x[0, 0], x[1, 0], x[2, 0], x[3, 0]
    for k in range(1, n):
        a = x[0, k] + t[0, k - 1] * a
        b = x[1, k] + t[1, k - 1] * b
        c = x[2, k] + t[2, k - 1] * c
        d = x[3, k] + t[3, k - 1] * d
        x[0, k] = a
        x[1, k] = b
        x[2, k] = c
        x[3, k] = d
    a = b = c = d = 0.0
    for k in range(n - 1, -1, -1):
        a = u[0, k] * x[0, k] + t[0, k] * a
        b = u[1, k] * x[1, k] + t[1, k] * b
        c = u[2, k] * x[2, k] + t[2, k] * c
        d = u[3, k] * x[3, k] + t[3, k] * d
        x[0, k] = a
        x[1, k] = b
        x[2, k] = c
        x[3, k] = d


@njit(cache=True, nogil=True, fastmath=_FAST)
def _solve_few(t, u, x):
    """Up to four word lines, as many as `t` has."""
    if len(t) == 4:
        _solve_four(t, u, x)
    else:
        for i in range(len(t)):
            _solve_word(t[i], u[i], x[i])


@njit(cache=True, nogil=True, fastmath=_FAST)
def _precondition(t, u, r, z):
    """Solve all bit lines for currents `r`, voltages to `z` (M, N); return r · z."""
    rows, columns = r.shape
    z[0] = r[0]
    for i in range(1, rows):
        for j in range(columns):
            z[i, j] = r[i, j] + t[i - 1, j] * z[i - 1, j]
    product = 0.0
    for j in range(columns):
        z[rows - 1, j] *= u[rows - 1, j]
        product += z[rows - 1, j] * r[rows - 1, j]
    for i in range(rows - 2, -1, -1):
        for j in range(columns):
            z[i, j] = u[i, j] * z[i, j] + t[i, j] * z[i + 1, j]
            product += z[i, j] * r[i, j]
    return product


@njit(cache=True, nogil=True, fastmath=_FAST)
def _descend(t, u, r, x, p, q, step, z):
    """x += step p and r −= step q, then as `_precondition`, in the same sweep."""
    rows, columns = r.shape
    for j in range(columns):
        r[0, j] -= step * q[0, j]
        x[0, j] += step * p[0, j]
        z[0, j] = r[0, j]
    for i in range(1, rows):
        for j in range(columns):
            r[i, j] -= step * q[i, j]
            x[i, j] += step * p[i, j]
            z[i, j] = r[i, j] + t[i - 1, j] * z[i - 1, j]
    product = 0.0
    for j in range(columns):
        z[rows - 1, j] *= u[rows - 1, j]
        product += z[rows - 1, j] * r[rows - 1, j]
    for i in range(rows - 2, -1, -1):
        for j in range(columns):
            z[i, j] = u[i, j] * z[i, j] + t[i, j] * z[i + 1, j]
            product += z[i, j] * r[i, j]
    return product


@njit(cache=True, nogil=True, fastmath=_FAST)
def _apply(g, tw, uw, y, z, beta, p, q, w):
    """p ← z + beta p, then q ← S p; return p · q. `w` (4, N) is scratch."""
    rows, columns = g.shape
    for j in range(columns):
        p[0, j] = z[0, j] + beta * p[0, j]
    product = 0.0
    for start in range(0, rows, 4):
        stop = min(start + 4, rows)
        for i in range(start + 1, min(stop + 1, rows)):
            for j in range(columns):
                p[i, j] = z[i, j] + beta * p[i, j]
        for i in range(start, stop):
            for j in range(columns):
                w[i - start, j] = g[i, j] * p[i, j]
        _solve_few(tw[start:stop], uw[start:stop], w)
        for i in range(start, stop):
            for j in range(columns):
                across = p[i, j] - w[i - start, j]
                q[i, j] = g[i, j] * across + (y[i, j] + y[i + 1, j]) * p[i, j]
            if i > 0:
                for j in range(columns):
                    q[i, j] -= y[i, j] * p[i - 1, j]
            if i + 1 < rows:
                for j in range(columns):
                    q[i, j] -= y[i + 1, j] * p[i + 1, j]
            for j in range(columns):
                product += p[i, j] * q[i, j]
    return product


@njit(cache=True, nogil=True, fastmath=_FAST)
def correct(g, tw, uw, y, tb, ub, word_current, bit_current, scale, tolerance, limit):
    """Solve the array with all terminals at 0 V for currents put into its nodes.

    `word_current`, `bit_current` (M, N) [A] are overwritten. Stops when the preconditioned residual
    r·M⁻¹r falls below tolerance² · scale [W]; `scale` 0 means its own value at the start.
    Returns word and bit voltages (M, N) [V], iterations, r·M⁻¹r at the start and at the end.
    """
    rows, columns = g.shape
    w = np.empty((4, columns))
    r = bit_current
    for start_row in range(0, rows, 4):
        stop = min(start_row + 4, rows)
        w[: stop - start_row] = word_current[start_row:stop]
        _solve_few(tw[start_row:stop], uw[start_row:stop], w)
        for i in range(start_row, stop):
            for j in range(columns):
                r[i, j] += g[i, j] * w[i - start_row, j]
    x = np.zeros((rows, columns))
    z = np.empty((rows, columns))
    product = _precondition(tb, ub, r, z)
    start = product
    goal = tolerance * tolerance * (scale if scale > 0.0 else start)
    done = 0
    if product > goal:
        p = np.zeros((rows, columns))
        q = np.empty((rows, columns))
        beta = 0.0
        while product > goal and done < limit:
            curvature = _apply(g, tw, uw, y, z, beta, p, q, w)
            if not curvature > 0.0:
                break
            previous = product
            product = _descend(tb, ub, r, x, p, q, previous / curvature, z)
            beta = product / previous
            done += 1
    for start_row in range(0, rows, 4):
        stop = min(start_row + 4, rows)
        for i in range(start_row, stop):
            for j in range(columns):
                word_current[i, j] += g[i, j] * x[i, j]
        _solve_few(tw[start_row:stop], uw[start_row:stop], word_current[start_row:stop])
    return word_current, x, done, start, product
