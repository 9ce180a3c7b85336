"""The sine of a junction's current-phase relation as a chain of straight lines.

On every line the equations of a circuit with one junction are linear, so they have an exact
solution; see `soma.py`. Here: where the lines meet and how far they are from the sine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Number of lines in the first quarter: where they meet [rad] besides π/2, and the largest error.
#: Heights lie above the sine by that error, so that it is the same everywhere: the best chain there is.
_CHAINS = {
    3: ((0.6545798276, 1.1382573474), 0.0113769964),
    4: ((0.5326406001, 0.9191194510, 1.2538837694), 0.0061856101),
    5: ((0.4552264479, 0.7824881519, 1.0617849962, 1.3204922308), 0.0038800902),
}
DEFAULT_LINES = 3


@dataclass(frozen=True, kw_only=True)
class Segments:
    """One period of the chain, from the first well's lower knee to the next one's.

    `low`, `high` (s,) [rad] bound each line; on it the sine is `offset + slope * phase`.
    `kind` (s,) indexes into `slopes` (k,), the different slopes.
    """

    low: Array
    high: Array
    slope: Array
    offset: Array
    kind: NDArray[np.int64]
    slopes: Array
    top: int
    """The line that ends at π/2; the next one is the first that is unstable."""
    half: int
    """The line that begins at π: a junction that enters it from below has slipped."""


def sine_segments(lines: int = DEFAULT_LINES) -> Segments:
    """The best chain with `lines` (3, 4 or 5) lines in the first quarter, mirrored into one period."""
    knees, error = _CHAINS[lines]
    heights = (*(math.sin(x) + error for x in knees), 1.0 + error)
    quarter = [*zip(knees, heights, strict=False), (0.5 * math.pi, heights[-1])]
    corners = [(-knees[0], -heights[0])]
    corners += quarter
    corners += [(math.pi - x, y) for x, y in reversed(quarter[:-1])]
    corners += [(math.pi, 0.0)]
    corners += [(math.pi + x, -y) for x, y in quarter]
    corners += [(2.0 * math.pi - x, -y) for x, y in reversed(quarter[:-1])]
    phase, value = np.array(corners).T
    slope = np.diff(value) / np.diff(phase)
    slopes, kind = np.unique(np.round(slope, 12), return_inverse=True)
    return Segments(
        low=phase[:-1],
        high=phase[1:],
        slope=slope,
        offset=value[:-1] - slope * phase[:-1],
        kind=kind.astype(np.int64),
        slopes=slopes,
        top=len(knees),
        half=int(np.searchsorted(phase, math.pi - 1e-9)),
    )
