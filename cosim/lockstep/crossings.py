"""When a quantity reaches a level: looking ahead from a point, and between two points."""

from __future__ import annotations

import math

from numba import njit

#: A quantity this near to a level, relative to the level's scale, is at it.
NEAR = 1e-9


@njit(cache=True, error_model="numpy")
def upward(time, value, slope, bend, level):
    """Time at which value + slope s + bend s²/2 next rises through `level`; infinity if it does not."""
    gap = level - value
    if gap <= 0.0:
        return math.inf
    square = slope * slope + 2.0 * bend * gap
    if square < 0.0:
        return math.inf
    # The smallest positive root of bend s²/2 + slope s - gap, without cancellation.
    denominator = slope + math.sqrt(square)
    if denominator <= 0.0:
        return math.inf
    return time + 2.0 * gap / denominator


@njit(cache=True, error_model="numpy")
def between(start, end, before, after, level):
    """Time at which a quantity that goes from `before` to `after` in a straight line is at `level`."""
    return start + (end - start) * (level - before) / (after - before)


@njit(cache=True, error_model="numpy")
def pulse(time, start, height, edge, width):
    """A pulse with straight edges: it rises from `start`, stays high until `start` + `width`, falls."""
    since = time - start
    if since <= 0.0 or since >= width + edge:
        return 0.0
    if since < edge:
        return height * since / edge
    if since <= width:
        return height
    return height * (width + edge - since) / edge


@njit(cache=True, error_model="numpy")
def pulse_corner(time, start, edge, width):
    """The next corner of such a pulse after `time`; infinity after the last."""
    if time < start:
        return start
    if time < start + edge:
        return start + edge
    if time < start + width:
        return start + width
    if time < start + (width + edge):
        return start + (width + edge)
    return math.inf


@njit(cache=True, error_model="numpy")
def pulse_bends(before, time, start, edge, width):
    """True when a corner lies in (before, time]."""
    return pulse_corner(before, start, edge, width) <= time
