"""Thermal noise, that of `cosim.netlist.thermal`; a run scales a junction's while it is above the gap."""

from __future__ import annotations

from cosim.netlist.thermal import PREFIX, with_thermal_noise

__all__ = ["PREFIX", "with_thermal_noise"]
