"""Order of elimination: independent sets of low degree, round by round.

All unknowns of a round are free of each other, so a sweep works through a round in any order,
several rows at a time. The pattern must be symmetric; numbers do not matter. What an unknown
is connected to when its turn comes is its row of U; the smallest of them is its parent in the
elimination tree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.josephson.compiled import entry

Index = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Elimination:
    """Patterns of L (strictly lower) and U (strictly upper) in elimination numbers 0 … n-1."""

    order: Index
    """`order[i]` is the unknown that is eliminated as number i."""
    number: Index
    """The other way round."""
    round: Index
    """Of each unknown: those of one round are not connected."""
    parent: Index
    """Of each number: its parent in the elimination tree, -1 for a root."""
    lower_start: Index
    lower_column: Index
    upper_start: Index
    upper_column: Index
    mirror: Index
    """Entry of U across the diagonal from an entry of L."""


def eliminate(size: int, start: Index, column: Index, *, degree_at_once: int = 2) -> Elimination:
    """Order and fill of the symmetric pattern (`start`, `column`), diagonal included.

    Unknowns of up to `degree_at_once` neighbours go in one round: 2 makes rounds few and long, 0
    fill small.
    """
    order, turn, head, degree = (np.zeros(size, dtype=np.int64) for _ in range(4))
    capacity = 4 * len(column) + 64
    while True:
        room = np.empty(capacity, dtype=np.int64)
        work = np.zeros((5, size), dtype=np.int64)
        fill = _rounds(start, column, head, degree, room, work, order, turn, degree_at_once)
        if fill >= 0:
            break
        capacity *= 2
    number, parent = np.empty(size, dtype=np.int64), np.full(size, -1, dtype=np.int64)
    upper_start, lower_start = (np.zeros(size + 1, dtype=np.int64) for _ in range(2))
    upper_column, lower_column, mirror = (np.empty(fill, dtype=np.int64) for _ in range(3))
    _patterns(
        order, head, degree, room, number, parent, upper_start, upper_column, lower_start, lower_column,
        mirror,
    )  # fmt: skip
    return Elimination(
        order=order,
        number=number,
        round=turn,
        parent=parent,
        lower_start=lower_start,
        lower_column=lower_column,
        upper_start=upper_start,
        upper_column=upper_column,
        mirror=mirror,
    )


@entry
def _rounds(start, column, head, degree, room, work, order, turn, at_once):
    """Fill `order` and `turn`; what unknown v was connected to lies in `room` from `head[v]` on.

    `work` is (5, n): entries stored, space for them, marks, the round in which one is blocked, and
    who is left.
    Returns the number of those entries, or -1 when the room does not suffice.
    """
    stored, space, mark, blocked, waiting = work[0], work[1], work[2], work[3], work[4]
    size = head.shape[0]
    free = 0
    for v in range(size):
        head[v] = free
        for p in range(start[v], start[v + 1]):
            if column[p] != v:
                room[free] = column[p]
                free += 1
        stored[v] = space[v] = degree[v] = free - head[v]
        turn[v] = -1
    left = size
    for v in range(size):
        waiting[v] = v
    done = 0
    fill = 0
    stamp = 0
    now = 0
    while left > 0:
        least = degree[waiting[0]]
        for q in range(left):
            least = min(least, degree[waiting[q]])
        limit = max(at_once, least)
        kept = 0
        for q in range(left):
            v = waiting[q]
            if blocked[v] == now + 1 or degree[v] > limit:
                waiting[kept] = v
                kept += 1
                continue
            order[done] = v
            done += 1
            turn[v] = now
            first = head[v]
            count = 0
            for e in range(first, first + stored[v]):
                if turn[room[e]] < 0:
                    room[first + count] = room[e]
                    count += 1
            degree[v] = count
            fill += count
            for a in range(first, first + count):
                blocked[room[a]] = now + 1
            if count == 1:
                degree[room[first]] -= 1
                continue
            for a in range(first, first + count):
                u = room[a]
                stamp += 1
                mark[u] = stamp
                own = head[u]
                known = 0
                for e in range(own, own + stored[u]):
                    w = room[e]
                    if turn[w] < 0:
                        room[own + known] = w
                        known += 1
                        mark[w] = stamp
                total = known
                for b in range(first, first + count):
                    if mark[room[b]] != stamp:
                        total += 1
                if total > space[u]:
                    if free + 2 * total > room.shape[0]:
                        return -1
                    for e in range(known):
                        room[free + e] = room[own + e]
                    head[u] = own = free
                    space[u] = 2 * total
                    free += 2 * total
                for b in range(first, first + count):
                    w = room[b]
                    if mark[w] != stamp:
                        room[own + known] = w
                        known += 1
                stored[u] = degree[u] = known
        left = kept
        now += 1
    return fill


@entry
def _patterns(order, head, degree, room, number, parent, us, uc, ls, lc, mirror):
    """Sort the rows of U, and L as what stands across the diagonal from them."""
    size = order.shape[0]
    for i in range(size):
        number[order[i]] = i
    place = 0
    for i in range(size):
        us[i] = place
        v = order[i]
        for e in range(head[v], head[v] + degree[v]):
            j = number[room[e]]
            q = place
            while q > us[i] and uc[q - 1] > j:
                uc[q] = uc[q - 1]
                q -= 1
            uc[q] = j
            place += 1
            ls[j + 1] += 1
        if place > us[i]:
            parent[i] = uc[us[i]]
    us[size] = place
    for i in range(size):
        ls[i + 1] += ls[i]
    # Rows of U in turn: columns of L ascend within each row. `ls` serves as the pen and is set back.
    for i in range(size):
        for q in range(us[i], us[i + 1]):
            p = ls[uc[q]]
            lc[p] = i
            mirror[p] = q
            ls[uc[q]] = p + 1
    for i in range(size, 0, -1):
        ls[i] = ls[i - 1]
    ls[0] = 0
