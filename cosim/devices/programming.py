"""Spread of the conductance that programming leaves, as a function of its target (published fits)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cosim.devices.model import Array
from cosim.errors import SimulationError

MICRO = 1e-6


def milo_sigma(target: ArrayLike) -> Array:
    """σ [S] = max(4.782 µS − 0.00911 G, 0) of HfO2 cells programmed to 50 … 225 µS.

    Milo et al., IRPS 2021, doi:10.1109/IRPS46558.2021.9405119; fit as CrossSim states it.
    """
    return np.maximum(4.782 - 0.00911 * np.asarray(target, dtype=np.float64) / MICRO, 0.0) * MICRO


def wan_sigma(target: ArrayLike) -> Array:
    """σ [µS] = 1.536e-4 G³ − 0.01167 G² + 0.2374 G + 1.053 of cells up to 39.26 µS, 30 min after programming.

    Wan et al., Nature 608, 504 (2022), doi:10.1038/s41586-022-04992-8; fit as CrossSim states it.
    """
    g = np.asarray(target, dtype=np.float64) / MICRO
    return (((1.536e-4 * g - 0.01167) * g + 0.2374) * g + 1.053) * MICRO


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
            place = np.argwhere(np.atleast_1d(bad))[0].tolist()
            raise SimulationError(
                f"target of cell {place} is {np.atleast_1d(goal)[tuple(place)]:.4g} S; {self.name} measured "
                f"{self.smallest:.4g} to {self.largest:.4g} S: rescale the targets"
            )
        return self.formula(goal)


MILO_2021 = ProgrammingFit(name="Milo2021", formula=milo_sigma, smallest=50e-6, largest=225e-6)
WAN_2022 = ProgrammingFit(name="Wan2022", formula=wan_sigma, smallest=0.0, largest=39.26e-6)
