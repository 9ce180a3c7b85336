"""VTEAM in its authors' suggested set: R 50 … 1000 Ω, 3 nm, thresholds −0.2 and 0.02 V.

Model: Kvatinsky et al., IEEE TCAS-II 62, 786 (2015), doi:10.1109/TCSII.2015.2433536. Resistances and
thickness are those that the authors' manual of memristor models (Fliter, Talisveyberg, Ramadan, Technion,
2014) suggests for VTEAM; the whole set is the default of MemTorch. The paper fits other sets to devices;
its table was not at hand, so this set is the manual's and not the paper's.
"""

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
