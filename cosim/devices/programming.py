"""Spread of the conductance that programming leaves, as a function of its target: what a fit is.

The published fits are in `presets/`, one a file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cosim.devices.model import Array, first_bad
from cosim.errors import SimulationError


@dataclass(frozen=True, kw_only=True)
class ProgrammingFit:
    """A published σ(target) and where it holds."""

    name: str
    formula: Callable[[ArrayLike], Array]
    smallest: float
    """[S]."""
    largest: float
    """[S]."""

    def sigma(self, target: ArrayLike) -> Array:
        """σ [S] of cells with `target` [S]; raises `SimulationError` out of the fit's range."""
        goal = np.asarray(target, dtype=np.float64)
        bad = ~((goal >= self.smallest) & (goal <= self.largest))
        if bad.any():
            place = first_bad(bad)
            where = list(place) if place else [0]
            raise SimulationError(
                f"target of cell {where} is {goal[place]:.4g} S; {self.name} measured "
                f"{self.smallest:.4g} to {self.largest:.4g} S: rescale the targets"
            )
        return self.formula(goal)
