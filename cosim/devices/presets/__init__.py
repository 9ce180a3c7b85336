"""Published parameter sets, one a file, named after author and year."""

from __future__ import annotations

from cosim.devices.presets.assumed_cryogenic import ASSUMED_CRYOGENIC
from cosim.devices.presets.bengel2020 import BENGEL_2020, BENGEL_2020_SPREADS
from cosim.devices.presets.jiang2016 import JIANG_2016
from cosim.devices.presets.kvatinsky2015 import KVATINSKY_2015
from cosim.devices.presets.milo2021 import MILO_2021, milo_sigma
from cosim.devices.presets.nandakumar2019 import (
    NANDAKUMAR_2019,
    NANDAKUMAR_2019_DRIFT,
    NANDAKUMAR_2019_READ_NOISE,
)
from cosim.devices.presets.strukov2008 import STRUKOV_2008
from cosim.devices.presets.wan2022 import WAN_2022, wan_sigma
from cosim.devices.presets.yakopcic2013 import YAKOPCIC_2013

__all__ = [
    "ASSUMED_CRYOGENIC",
    "BENGEL_2020",
    "BENGEL_2020_SPREADS",
    "JIANG_2016",
    "KVATINSKY_2015",
    "MILO_2021",
    "NANDAKUMAR_2019",
    "NANDAKUMAR_2019_DRIFT",
    "NANDAKUMAR_2019_READ_NOISE",
    "STRUKOV_2008",
    "WAN_2022",
    "YAKOPCIC_2013",
    "milo_sigma",
    "wan_sigma",
]
