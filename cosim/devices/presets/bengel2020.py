"""Pt/HfO2/TiOx/Ti: the nominal device of Bengel et al., IEEE TCAS-I 67, 4618 (2020),
doi:10.1109/TCSI.2020.3018502, as in the defaults of the release, doi:10.26165/JUELICH-DATA/FERGKU.

`BENGEL_2020_SPREADS` are device-to-device spreads as the release is used with, as `vary` takes them: radius
and disc length within ±10 %, concentrations within two σ.
"""

from __future__ import annotations

from cosim.devices.jart import JartVcm
from cosim.devices.variability import NormalSpread

BENGEL_2020 = JartVcm(
    radius=45e-9,
    disc_length=0.4e-9,
    cell_length=3e-9,
    least_concentration=0.008e26,
    largest_concentration=20e26,
    plug_concentration=20e26,
    charge_number=2.0,
    hop=0.25e-9,
    activation_energy=1.35,
    attempt_frequency=2e13,
    permittivity=17.0,
    barrier_permittivity=5.5,
    barrier=0.18,
    fermi_distance=0.1,
    richardson=6.01e5,
    mobility=4e-6,
    thermal_resistance=15.72e6,
    reset_heating=0.27,
    layer_resistance=650.0,
    line_resistance=719.2437,
    line_thermal_resistance=90471.47,
    line_temperature_coefficient=3.92e-3,
    nominal_radius=45e-9,
)

BENGEL_2020_SPREADS = {
    "radius": NormalSpread(relative=1 / 9, limit=0.9),
    "disc_length": NormalSpread(relative=0.1, limit=1.0),
    "least_concentration": NormalSpread(relative=0.25, limit=2.0),
    "largest_concentration": NormalSpread(relative=0.05, limit=2.0),
}
