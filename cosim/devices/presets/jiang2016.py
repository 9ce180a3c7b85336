"""HfO2 as in the defaults of release 1.0.0, doi:10.4231/D37H1DN48; model doi:10.1109/TED.2016.2545412."""

from __future__ import annotations

from cosim.devices.stanford_pku import StanfordPku

JIANG_2016 = StanfordPku(
    current_scale=1e-3,
    gap_scale=0.25e-9,
    voltage_scale=0.25,
    velocity=10.0,
    activation_energy=0.6,
    enhancement=16.0,
    enhancement_loss=0.8,
    hop=0.25e-9,
    thickness=12e-9,
    thermal_resistance=2.1e3,
)
