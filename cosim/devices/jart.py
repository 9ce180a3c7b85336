"""JART VCM v1b: filamentary valence change in oxides, by oxygen vacancies in a disc at an electrode.

A Schottky contact, the disc, the plug that is the rest of the filament, and a series resistance carry
one current. State N: concentration of vacancies in the disc.

    V = V_s + I (R_disc + R_plug + R_series),   R_disc = l / (z e N µ A),   R_plug likewise with N_plug
    R_series = R_TiOx + R_0 (1 + R_0 α I² R_th,line),   A = π r²
    V_s > 0:  I = A A* T² e^(−φ / kT) (e^(V_s / kT) − 1)                    thermionic emission
    V_s < 0:  I = −A A* T / k · √(π W₀₀ (|V_s| + φ / cosh²(W₀₀ / kT))) e^(−φ / W₀) (e^(|V_s| / E') − 1)
              W₀₀ = e h / 4π · √(z N / (m ε)),  W₀ = W₀₀ coth(W₀₀ / kT)
              E' = W₀₀ / (W₀₀ / kT − tanh(W₀₀ / kT))
    φ = φ₀ − (e³ z N (φ₀ − φ_n − V_s) / (8 π² ε_φ³))^(1/4),  at least 0     image force
    T = T₀ + I (V_s + V_disc + V_plug) R_th (r_det / r)²,  for V > 0 R_th is scaled
    dN/dt = −(a ν₀ / l) · (N_plug + N) / 2 · (e^(−ΔW₋ / kT) − e^(−ΔW₊ / kT)) F
    ΔW∓ = W_a (√(1 − γ²) ∓ γ π / 2 + γ asin γ),  γ = z a E / (π W_a)
    V > 0:  E = (V − I R_series) / l_cell,  F = 1 − (N_min / N)^10          RESET
    V < 0:  E = V_disc / l,                 F = 1 − (N / N_max)^10          SET

So negative voltages set, as in the release. Bengel, Siemon, Cüppers, Hoffmann-Eifert, Hardtdegen, von
Witzleben, Hellmich, Waser, Menzel, IEEE TCAS-I 67, 4618 (2020), doi:10.1109/TCSI.2020.3018502; first in
Cüppers et al., APL Materials 7, 091105 (2019), doi:10.1063/1.5108654; release
doi:10.26165/JUELICH-DATA/FERGKU. Its variability is `vary` on radius, disc length and the two
concentrations that bound the state.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from cosim.devices.model import Array
from cosim.devices.pulses import too_many_steps


@dataclass(frozen=True, kw_only=True)
class JartVcm:
    """State N [1/m³], least … largest concentration: positive voltages raise the resistance."""

    radius: ArrayLike
    """r of the filament [m]; 5e-9 … 1e-7."""
    disc_length: ArrayLike
    """l [m]; 1e-10 … 5e-9."""
    cell_length: ArrayLike
    """l_cell of disc and plug [m]; 2e-9 … 5e-9."""
    least_concentration: ArrayLike
    """N_min [1/m³]."""
    largest_concentration: ArrayLike
    """N_max [1/m³]."""
    plug_concentration: ArrayLike
    """N_plug [1/m³]."""
    charge_number: ArrayLike = 2.0
    """z of a vacancy."""
    hop: ArrayLike = 0.25e-9
    """a, hopping distance [m]."""
    activation_energy: ArrayLike
    """W_a of a hop [eV]; 0.8 … 1.5."""
    attempt_frequency: ArrayLike
    """ν₀ [1/s]; 1e10 … 1e14."""
    permittivity: ArrayLike
    """ε of the oxide, relative; 10 … 25."""
    barrier_permittivity: ArrayLike
    """ε_φ for the image force, relative."""
    barrier: ArrayLike
    """φ₀ [eV]; 0.1 … 0.5."""
    fermi_distance: ArrayLike
    """φ_n, conduction band over Fermi level [eV]; 0.1 … 0.3."""
    richardson: ArrayLike = 6.01e5
    """A* [A/(m² K²)]."""
    mobility: ArrayLike
    """µ of electrons in the oxide [m²/(V s)]; 1e-6 … 1e-5."""
    thermal_resistance: ArrayLike
    """R_th of the filament [K/W]; 1e6 … 2e7."""
    reset_heating: ArrayLike
    """Factor on R_th for positive voltages; 0.1 … 1."""
    layer_resistance: ArrayLike
    """R_TiOx in series [Ω]; 0 … 5000."""
    line_resistance: ArrayLike
    """R_0 of the line without current [Ω]."""
    line_thermal_resistance: ArrayLike
    """R_th,line [K/W]."""
    line_temperature_coefficient: ArrayLike
    """α [1/K]."""
    nominal_radius: float
    """r_det, to which R_th refers [m]."""
    ambient: ArrayLike = 293.0
    """T₀ [K]. The set is fitted at room temperature."""

    @property
    def bounds(self) -> tuple[ArrayLike, ArrayLike]:
        """Least and largest concentration [1/m³]."""
        return self.least_concentration, self.largest_concentration

    def current(self, state: Array, voltage: Array) -> Array:
        """[A]; solves for the voltage over the contact."""
        from cosim.devices.jart_kernel import currents, flat

        return flat(currents, *self._rows(state, voltage))

    def temperature(self, state: Array, voltage: Array) -> Array:
        """Of the filament [K]."""
        from cosim.devices.jart_kernel import flat, temperatures

        return flat(temperatures, *self._rows(state, voltage))

    def rate(self, state: Array, voltage: Array) -> Array:
        """dN/dt [1/(m³ s)]."""
        from cosim.devices.jart_kernel import flat, rates

        return flat(rates, *self._rows(state, voltage))

    def advanced(self, state: Array, voltage: Array, width: Array, tolerance: float, steps: int) -> Array:
        """See `SolvedDevice`: integrated device by device in compiled code."""
        from cosim.devices.jart_pulses import advance_all

        rows, states, volts = self._rows(state, voltage)
        x = np.array(states, dtype=np.float64).ravel()
        widths = np.ascontiguousarray(np.broadcast_to(width, states.shape)).ravel()
        left = np.zeros(x.shape)
        advance_all(rows, x, np.ascontiguousarray(volts).ravel(), widths, tolerance, steps, left)
        if left.any():
            index = int(np.flatnonzero(left)[0])
            raise too_many_steps(
                tuple(int(i) for i in np.unravel_index(index, states.shape)),
                float(np.ravel(volts)[index]),
                float(widths[index]),
                float(left[index]),
                steps,
            )
        return x.reshape(states.shape)

    def _rows(self, state: Array, voltage: Array) -> tuple[Array, Array, Array]:
        """Parameters in the order of the fields, one row or one a device; states and voltages to match."""
        values = [np.asarray(getattr(self, field.name), dtype=np.float64) for field in fields(self)]
        states, volts, *full = np.broadcast_arrays(state, voltage, *values)
        if all(value.ndim == 0 for value in values):
            return np.array([values]), states, volts
        return np.stack([value.ravel() for value in full], axis=1), states, volts
