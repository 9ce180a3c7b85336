"""Linear ion drift: a doped and an undoped part in series, their border moved by the charge.

    V = (R_on x + R_off (1 − x)) I,   dx/dt = µ R_on / D² · I · f(x),   x = w / D in 0 … 1

Strukov, Snider, Stewart, Williams, Nature 453, 80 (2008), doi:10.1038/nature06932. Window
f(x) = 1 − (2x − 1)^(2p): Joglekar, Wolf, Eur. J. Phys. 30, 661 (2009), doi:10.1088/0143-0807/30/4/001.
"""

from __future__ import annotations

from dataclasses import dataclass

from cosim.devices.model import Array


@dataclass(frozen=True, kw_only=True)
class LinearDrift:
    """State x: doped share of the thickness, 0 (off) … 1 (on)."""

    on_resistance: float
    """R_on [Ω], wholly doped."""
    off_resistance: float
    """R_off [Ω], undoped; above R_on."""
    thickness: float
    """D [m]; 1e-9 … 1e-7."""
    mobility: float
    """µ of the dopants [m²/(V s)]; about 1e-14 in TiO2."""
    window: int = 0
    """p of the window; 0 leaves it out and stops the state at its bounds."""

    @property
    def bounds(self) -> tuple[float, float]:
        """0 … 1."""
        return 0.0, 1.0

    def current(self, state: Array, voltage: Array) -> Array:
        """[A]."""
        return voltage / (self.on_resistance * state + self.off_resistance * (1 - state))

    def rate(self, state: Array, voltage: Array) -> Array:
        """dx/dt [1/s]."""
        drift = self.mobility * self.on_resistance / self.thickness**2 * self.current(state, voltage)
        return drift * (1 - (2 * state - 1) ** (2 * self.window)) if self.window else drift
