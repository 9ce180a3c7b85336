"""RRAM of the NeuRRAM chip: Wan et al., Nature 608, 504 (2022), doi:10.1038/s41586-022-04992-8, Extended
Data Fig. 3, 1 s after programming. The cubic through the figure's points, up to 39.26 µS, is the one
that Sandia's CrossSim publishes (its device `RRAMWan`); the figure itself was not digitised here."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cosim.devices.model import Array
from cosim.devices.programming import ProgrammingFit

MICRO = 1e-6


def wan_sigma(target: ArrayLike) -> Array:
    """σ [µS] = 1.536e-4 G³ − 0.01167 G² + 0.2374 G + 1.053 with G in µS; returned in S."""
    g = np.asarray(target, dtype=np.float64) / MICRO
    return (((1.536e-4 * g - 0.01167) * g + 0.2374) * g + 1.053) * MICRO


WAN_2022 = ProgrammingFit(name="Wan2022", formula=wan_sigma, smallest=0.0, largest=39.26e-6)
