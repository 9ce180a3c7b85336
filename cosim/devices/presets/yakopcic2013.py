"""First set of Yakopcic et al., IEEE TCAD 32, 1201 (2013), doi:10.1109/TCAD.2013.2252057.

Its devices start at state 0.11.
"""

from __future__ import annotations

from cosim.devices.yakopcic import Yakopcic

YAKOPCIC_2013 = Yakopcic(
    positive_amplitude=0.17,
    negative_amplitude=0.17,
    curvature=0.05,
    positive_threshold=0.16,
    negative_threshold=0.15,
    positive_speed=4000.0,
    negative_speed=4000.0,
    positive_edge=0.3,
    negative_edge=0.5,
    positive_decay=1.0,
    negative_decay=5.0,
)
