"""The state between steps: a polynomial of degree five through phase and rate at three neighbouring
steps, never across a corner of a source. Voltage is its derivative, so both are as exact as the integrator.

Where a source bends, the rates of nodes that only inductances hold to ground step. What is recorded
at the corner is the rate before it; the first polynomial after it does without.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cosim.errors import SimulationError

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class Dense:
    """Phase, rate and its derivative of the recorded unknowns at any time.

    `time` (m,) are the steps, `phase` and `rate` (m, k) the state there, `corners` the times
    at which a source bends (the first is where the run starts), `loose` (k,) marks the unknowns
    whose rate may step there.
    """

    def __init__(
        self, time: Array, phase: Array, rate: Array, corners: Array, loose: NDArray[np.bool_]
    ) -> None:
        self._time, self._phase, self._rate, self._loose = time, phase, rate, loose
        self.start = float(corners[0])
        self._segment = np.searchsorted(corners, time[:-1] + 0.5 * np.diff(time))
        self._first = np.diff(self._segment, prepend=-1) != 0

    def __call__(self, at: Array) -> tuple[Array, Array, Array]:
        """Three arrays (len(at), k): φ [rad], φ' [rad/s], φ'' [rad/s²]."""
        t = self._time
        if len(t) < 3:
            raise SimulationError(
                "the run is shorter than two steps; choose a smaller step or a later stop time"
            )
        i = np.clip(np.searchsorted(t, at, side="right") - 1, 0, len(t) - 2)
        segment = self._segment
        before = ~self._first[i]
        after = np.where(i < len(t) - 2, segment[np.minimum(i + 1, len(segment) - 1)] == segment[i], False)
        # The point before is a corner where the step from it is a first one: rather the point after.
        corner = before & self._first[np.maximum(i - 1, 0)]
        third = np.where(before & ~(corner & after), i - 1, np.where(after, i + 2, -1))
        stepped = np.logical_and.outer(~before, self._loose)
        blunt = np.logical_and.outer(third == np.where(corner, i - 1, -2), self._loose)
        return self._quintic(at, i, np.where(third < 0, i, third), third < 0, stepped, blunt)

    def _quintic(
        self,
        at: Array,
        i: Index,
        third: Index,
        cubic: NDArray[np.bool_],
        stepped: NDArray[np.bool_],
        blunt: NDArray[np.bool_],
    ) -> tuple[Array, Array, Array]:
        """Newton's form with nodes a a b b c c; `cubic` leaves the last two out, `stepped` one a and
        `blunt` one c.

        Without the rate at a the degree is one less: it is the rate that makes the highest
        coefficient vanish, which is linear in it (slope 1/u² for five nodes, 1 for three).
        """
        t, y, d = self._time, self._phase, self._rate
        a, b = t[i], t[i + 1]
        h = (b - a)[:, None]
        s = ((at - a) / (b - a))[:, None]
        slope_a, slope_b, rise = d[i] * h, d[i + 1] * h, y[i + 1] - y[i]
        u = np.where(cubic, 2.0, (t[third] - a) / (b - a))[:, None]
        if stepped.any():
            _, e1 = self._beyond(i, third, cubic, u, slope_a, slope_b, rise, h)
            free = np.where(cubic[:, None], 2.0 * rise - slope_b, slope_a - e1 * u * u)
            slope_a = np.where(stepped, free, slope_a)
        c2, c3 = rise - slope_a, slope_a + slope_b - 2.0 * rise
        p = y[i] + s * (slope_a + s * (c2 + (s - 1.0) * c3))
        q = slope_a + 2.0 * s * c2 + (3.0 * s * s - 2.0 * s) * c3
        r = 2.0 * c2 + (6.0 * s - 2.0) * c3
        e0, e1 = self._beyond(i, third, cubic, u, slope_a, slope_b, rise, h)
        e1 = np.where(blunt, 0.0, e1)
        w, w1, w2 = (s * (s - 1.0)) ** 2, 2.0 * s * (s - 1.0) * (2.0 * s - 1.0), 12.0 * s * s - 12.0 * s + 2.0
        line = e0 + e1 * (s - u)
        p = p + w * line
        q = q + w1 * line + w * e1
        r = r + w2 * line + 2.0 * w1 * e1
        return p, q / h, r / h**2

    def _beyond(
        self,
        i: Index,
        third: Index,
        cubic: NDArray[np.bool_],
        u: Array,
        slope_a: Array,
        slope_b: Array,
        rise: Array,
        h: Array,
    ) -> tuple[Array, Array]:
        """The two coefficients beyond the cubic, from phase and rate at the third step."""
        y, d = self._phase, self._rate
        c2, c3 = rise - slope_a, slope_a + slope_b - 2.0 * rise
        at_u = y[i] + u * (slope_a + u * (c2 + (u - 1.0) * c3))
        rate_u = slope_a + 2.0 * u * c2 + (3.0 * u * u - 2.0 * u) * c3
        bump = (u * (u - 1.0)) ** 2
        bump_rate = 2.0 * u * (u - 1.0) * (2.0 * u - 1.0)
        missing = np.where(cubic[:, None], 0.0, y[third] - at_u)
        missing_rate = np.where(cubic[:, None], 0.0, d[third] * h - rate_u)
        e0 = missing / bump
        return e0, (missing_rate - e0 * bump_rate) / bump
