"""Stanford–PKU model of oxide RRAM: a gap between filament and electrode, with Joule heating.

    I = I₀ e^(−g / g₀) sinh(V / V₀),   T = T₀ + |V I| R_th
    dg/dt = −v₀ e^(−E_a / kT) sinh(q a₀ γ V / (t_ox kT)),   γ = γ₀ − β (g / 1 nm)³
    γ = 0 below the field at which ions move: |γ V| / t_ox < F_min

Jiang, Wu, Yu, Yang, Song, Karim, Guan, Wong, IEEE TED 63, 1884 (2016), doi:10.1109/TED.2016.2545412;
release on nanoHUB, doi:10.4231/D37H1DN48. Without its random part: see `population.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cosim.constants import BOLTZMANN, ELEMENTARY_CHARGE
from cosim.devices.model import Array


@dataclass(frozen=True, kw_only=True)
class StanfordPku:
    """State g [m], the gap: positive voltages close it."""

    current_scale: float
    """I₀ [A]."""
    gap_scale: float
    """g₀ [m]."""
    voltage_scale: float
    """V₀ [V]."""
    velocity: float
    """v₀ [m/s]."""
    activation_energy: float
    """E_a [eV]."""
    enhancement: float
    """γ₀, field enhancement without a gap."""
    enhancement_loss: float
    """β, lost at a gap of 1 nm."""
    hop: float
    """a₀, hopping distance [m]."""
    thickness: float
    """t_ox, oxide [m]."""
    thermal_resistance: float
    """R_th [K/W]."""
    least_field: float = 1.4e9
    """F_min [V/m], enhanced field below which nothing moves."""
    smallest_gap: float = 0.2e-9
    """[m]."""
    largest_gap: float = 1.7e-9
    """[m]."""
    ambient: float = 298.0
    """T₀ [K]. The set is fitted at room temperature; a cryogenic ambient extrapolates its Arrhenius law."""

    @property
    def bounds(self) -> tuple[float, float]:
        """Smallest and largest gap [m]."""
        return self.smallest_gap, self.largest_gap

    def current(self, state: Array, voltage: Array) -> Array:
        """[A]."""
        return self.current_scale * np.exp(-state / self.gap_scale) * np.sinh(voltage / self.voltage_scale)

    def temperature(self, state: Array, voltage: Array) -> Array:
        """Of the filament's tip [K]."""
        return self.ambient + np.abs(voltage * self.current(state, voltage)) * self.thermal_resistance

    def rate(self, state: Array, voltage: Array) -> Array:
        """dg/dt [m/s]."""
        thermal = BOLTZMANN * self.temperature(state, voltage) / ELEMENTARY_CHARGE
        gamma = self.enhancement - self.enhancement_loss * (state / 1e-9) ** 3
        gamma = np.where(gamma * np.abs(voltage) / self.thickness < self.least_field, 0.0, gamma)
        field = gamma * self.hop / self.thickness * voltage
        forward = np.exp((field - self.activation_energy) / thermal)
        backward = np.exp((-field - self.activation_energy) / thermal)
        return -self.velocity * 0.5 * (forward - backward)
