"""Published parameter sets, one a file, named after author and year."""

from __future__ import annotations

from cosim.devices.presets.jiang2016 import JIANG_2016
from cosim.devices.presets.kvatinsky2015 import KVATINSKY_2015
from cosim.devices.presets.strukov2008 import STRUKOV_2008
from cosim.devices.presets.yakopcic2013 import YAKOPCIC_2013

__all__ = ["JIANG_2016", "KVATINSKY_2015", "STRUKOV_2008", "YAKOPCIC_2013"]
