"""HfO2 at 10 K: ASSUMED, not fitted. No published, parametrised cryogenic compact model was found.

`JIANG_2016`, fitted at room temperature, with an ambient of 10 K: its Arrhenius law carried far beyond what
it was fitted to. What it shows is the direction that is measured: RESET needs more voltage when cold
(single-layer ITO/HfO2/TiN down to 10 K: Appl. Phys. Lett. 128, 173501 (2026); HfOx under a capping layer that
keeps the heat switches from 8 to 300 K: Hao et al., IEEE Electron Device Lett. 2021,
doi:10.1109/LED.2021.3099725). That RESET turns from abrupt to gradual, and that the high-resistance state's
current follows another law when cold, is not in it. Its numbers predict no device.
"""

from __future__ import annotations

from dataclasses import replace

from cosim.devices.presets.jiang2016 import JIANG_2016

ASSUMED_CRYOGENIC = replace(JIANG_2016, ambient=10.0)
