"""Yakopcic's generalised memristive device: sinh current, exponential thresholds, asymmetric windows.

    I = a₁ x sinh(b V) for V ≥ 0, a₂ x sinh(b V) below;   dx/dt = η g(V) f(x)
    g = A_p (e^V − e^V_p) for V > V_p, −A_n (e^−V − e^V_n) for V < −V_n, else 0
    rising  (η V ≥ 0): f = e^(−α_p (x − x_p)) · ((x_p − x) / (1 − x_p) + 1) for x ≥ x_p, else 1
    falling (η V < 0): f = e^(α_n (x + x_n − 1)) · x / (1 − x_n) for x ≤ 1 − x_n, else 1

Yakopcic, Taha, Subramanyam, Pino, IEEE TCAD 32, 1201 (2013), doi:10.1109/TCAD.2013.2252057.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cosim.devices.model import Array


@dataclass(frozen=True, kw_only=True)
class Yakopcic:
    """State x, 0 (off) … 1 (on), without unit. Voltages in exponents are in volt, as in the paper."""

    positive_amplitude: float
    """a₁ [A]."""
    negative_amplitude: float
    """a₂ [A]."""
    curvature: float
    """b [1/V]."""
    positive_threshold: float
    """V_p [V]."""
    negative_threshold: float
    """V_n [V], counted positive."""
    positive_speed: float
    """A_p [1/s]."""
    negative_speed: float
    """A_n [1/s]."""
    positive_edge: float
    """x_p: above it rising slows down; 0 … 1."""
    negative_edge: float
    """x_n: below 1 − x_n falling slows down; 0 … 1."""
    positive_decay: float
    """α_p."""
    negative_decay: float
    """α_n."""
    direction: int = 1
    """η: +1 or −1."""

    @property
    def bounds(self) -> tuple[float, float]:
        """0 … 1."""
        return 0.0, 1.0

    def current(self, state: Array, voltage: Array) -> Array:
        """[A]."""
        amplitude = np.where(voltage >= 0, self.positive_amplitude, self.negative_amplitude)
        return amplitude * state * np.sinh(self.curvature * voltage)

    def rate(self, state: Array, voltage: Array) -> Array:
        """dx/dt [1/s]."""
        above = np.maximum(np.exp(voltage) - np.exp(self.positive_threshold), 0.0)
        below = np.maximum(np.exp(-voltage) - np.exp(self.negative_threshold), 0.0)
        push = self.positive_speed * above - self.negative_speed * below
        up, down = self.positive_edge, 1 - self.negative_edge
        rising = np.where(
            state >= up,
            np.exp(-self.positive_decay * (state - up)) * ((up - state) / (1 - up) + 1),
            1.0,
        )
        falling = np.where(state <= down, np.exp(self.negative_decay * (state - down)) * state / down, 1.0)
        return self.direction * push * np.where(self.direction * voltage >= 0, rising, falling)
