"""VTEAM: a threshold in voltage, beyond it a power law.

    dw/dt = k_off (v / v_off − 1)^α_off   for v > v_off > 0
            k_on  (v / v_on  − 1)^α_on    for v < v_on < 0,   else 0
    R = R_on + (R_off − R_on) (w − w_on) / (w_off − w_on)

Kvatinsky, Ramadan, Friedman, Kolodny, IEEE TCAS-II 62, 786 (2015), doi:10.1109/TCSII.2015.2433536, with
linear resistance and without windows: the state stops at w_on and w_off. (The paper's windows let
it pass them under strong pulses.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cosim.devices.model import Array


@dataclass(frozen=True, kw_only=True)
class Vteam:
    """State w [m], w_on … w_off: positive voltages raise the resistance."""

    on_threshold: float
    """v_on [V]; below 0."""
    off_threshold: float
    """v_off [V]; above 0."""
    on_speed: float
    """k_on [m/s]; below 0."""
    off_speed: float
    """k_off [m/s]; above 0."""
    on_exponent: float
    """α_on; 1 … 10."""
    off_exponent: float
    """α_off; 1 … 10."""
    on_resistance: float
    """R_on [Ω] at w_on."""
    off_resistance: float
    """R_off [Ω] at w_off."""
    on_state: float = 0.0
    """w_on [m]."""
    off_state: float = 3e-9
    """w_off [m]; above w_on."""

    @property
    def bounds(self) -> tuple[float, float]:
        """w_on, w_off [m]."""
        return self.on_state, self.off_state

    def current(self, state: Array, voltage: Array) -> Array:
        """[A]."""
        share = (state - self.on_state) / (self.off_state - self.on_state)
        return voltage / (self.on_resistance + (self.off_resistance - self.on_resistance) * share)

    def rate(self, state: Array, voltage: Array) -> Array:
        """dw/dt [m/s]."""
        above = np.maximum(voltage / self.off_threshold - 1, 0.0)
        below = np.maximum(voltage / self.on_threshold - 1, 0.0)
        speed = self.off_speed * above**self.off_exponent + self.on_speed * below**self.on_exponent
        return np.broadcast_to(speed, np.broadcast_shapes(np.shape(state), np.shape(speed)))
