"""VTEAM, doi:10.1109/TCSII.2015.2433536: the set in common use with the model (it is MemTorch's default).
It was taken from there and not compared with a table of the paper."""

from __future__ import annotations

from cosim.devices.vteam import Vteam

KVATINSKY_2015 = Vteam(
    on_threshold=-0.2,
    off_threshold=0.02,
    on_speed=-10.0,
    off_speed=5e-4,
    on_exponent=3.0,
    off_exponent=1.0,
    on_resistance=50.0,
    off_resistance=1000.0,
)
