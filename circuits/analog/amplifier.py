"""Voltage amplifier behind a superconducting output: gain, one pole, limits, noise.

    in ──┬── Vn ──▷ gain, ±limit ── Rp ──┬──▷ 1 ── Ro ── out
         Rin                             Cp
        ─┴─                             ─┴─

Behavioural. The noise is white at the input up to far beyond the bandwidth, drawn by ngspice's
`trnoise` (fixed by `.options seed=`); without noise the source is absent and runs are repeatable.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cosim.circuits.analog.cell import AnalogCell


@dataclass(frozen=True, kw_only=True)
class AmplifierParameters:
    """One stage. Gain and upper corner as measured at 4.2 K on a 0.13 µm SiGe amplifier of 1.8 mW:
    26 dB, 100 kHz … 1 GHz (Sensors 22, 1225 (2022), doi:10.3390/s22031225). The lower corner is left
    out: this stage passes dc. The other values are ours."""

    gain: float = 20.0
    """Voltage gain."""
    bandwidth: float = 1e9
    """[Hz], −3 dB, one pole."""
    input_resistance: float = 50.0
    """[Ω]."""
    output_resistance: float = 50.0
    """[Ω]."""
    limit: float = 1.0
    """[V]: the output saturates softly (tanh) at ± this."""
    noise_density: float = 0.0
    """At the input [V/√Hz]; 0.2e-9 is a noise temperature of 14 K on 50 Ω."""

    @property
    def output_noise(self) -> float:
        """Effective value [V] at the output: density × gain × √(π/2 · bandwidth)."""
        return self.noise_density * self.gain * math.sqrt(math.pi / 2 * self.bandwidth)

    @property
    def noise_step(self) -> float:
        """Time [s] between two draws: a fifteenth of the pole's time constant."""
        return 1 / (2 * math.pi * self.bandwidth) / 15


def amplifier(parameters: AmplifierParameters | None = None, *, name: str = "AMPLIFIER") -> AnalogCell:
    """Amplifier with ports in and out, both against ground."""
    p = parameters or AmplifierParameters()
    pole = 1e3
    step = p.noise_step
    noise = f"trnoise({p.noise_density / math.sqrt(2 * step)!r} {step!r} 0 0)"
    return AnalogCell(
        name=name,
        ports=("in", "out"),
        cards=(
            f"Rin in 0 {p.input_resistance!r}",
            f"Vn n in dc 0{' ' + noise if p.noise_density > 0 else ''}",
            f"Bg g 0 v={p.limit!r}*tanh({p.gain / p.limit!r}*v(n))",
            f"Rp g h {pole!r}",
            f"Cp h 0 {1 / (2 * math.pi * p.bandwidth * pole)!r}",
            "Eo o 0 h 0 1",
            f"Ro o out {p.output_resistance!r}",
        ),
        description=f"Amplifier, {20 * math.log10(p.gain):.3g} dB, one pole at {p.bandwidth:.3g} Hz",
    )
