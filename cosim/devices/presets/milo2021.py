"""HfO2 cells of a 4 kbit array programmed by an optimised write–verify: Milo et al., IRPS 2021,
doi:10.1109/IRPS46558.2021.9405119, Fig. 4. The line through the figure's points, 50 … 225 µS, is the one
that Sandia's CrossSim publishes (its device `RRAMMilo`); the figure itself was not digitised here."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cosim.devices.model import Array
from cosim.devices.programming import ProgrammingFit

MICRO = 1e-6


def milo_sigma(target: ArrayLike) -> Array:
    """σ [S] = max(4.782 µS − 0.00911 G, 0) of cells with `target` [S]."""
    return np.maximum(4.782 - 0.00911 * np.asarray(target, dtype=np.float64) / MICRO, 0.0) * MICRO


MILO_2021 = ProgrammingFit(name="Milo2021", formula=milo_sigma, smallest=50e-6, largest=225e-6)
