"""TiO2 as in Strukov et al., Nature 453, 80 (2008), doi:10.1038/nature06932: D = 10 nm,
µ = 1e-10 cm²/(V s), R_off / R_on = 160, as of the paper's Fig. 2b; R_on = 100 Ω is the value commonly
used with it (the figure normalises currents)."""

from __future__ import annotations

from cosim.devices.linear_drift import LinearDrift

STRUKOV_2008 = LinearDrift(on_resistance=100.0, off_resistance=16e3, thickness=10e-9, mobility=1e-14)
