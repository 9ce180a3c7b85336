"""The process that cells are made in, and the parasitic inductances that a layout adds.

Not here: sizes of cells (each cell's own file) and optimised neurons (`designs/`).
"""

from __future__ import annotations

from dataclasses import dataclass

from cosim.netlist.deck import ModelStatement, Parameter, parameters
from cosim.netlist.expressions import as_expression
from cosim.netlist.units import format_number


@dataclass(frozen=True, kw_only=True)
class Technology:
    """A niobium process of 10 kA/cm², as MIT Lincoln Laboratory's SFQ5ee (Tolpygo et al., IEEE
    Trans. Appl. Supercond. 26, 1100110, 2016). Values are for a junction of `unit_current`."""

    unit_current: float = 0.1e-3
    """Critical current [A] of a junction of area 1; range 0.05e-3 … 0.5e-3."""
    capacitance: float = 0.07e-12
    """Capacitance [F] at area 1: 70 fF/µm² and 1 µm²."""
    gap_voltage: float = 2.6e-3
    """Gap voltage [V] of Nb/AlOx/Nb at 4.2 K."""
    subgap_resistance: float = 160.0
    """Resistance [Ω] below the gap at area 1."""
    normal_resistance: float = 16.0
    """Resistance [Ω] above the gap at area 1."""
    shunt_product: float = 0.686e-3
    """Critical current × shunt resistance [V]; damps to a Stewart-McCumber parameter of about 1."""
    bias_voltage: float = 2.6e-3
    """Voltage [V] of the bias rail, for static power; the netlists bias by ideal currents."""

    def shunt_resistance(self, critical_current: float) -> float:
        """Shunt [Ω] of a junction of `critical_current` [A]."""
        return self.shunt_product / critical_current

    def models(self) -> tuple[ModelStatement, ...]:
        """`JJ`, whose critical current scales with `sic`, and `JJFIX`, which no margin run touches."""

        def model(name: str, scale: str) -> ModelStatement:
            values = {
                "RTYPE": 1,
                "VG": self.gap_voltage,
                "CAP": self.capacitance,
                "R0": self.subgap_resistance,
                "RN": self.normal_resistance,
                "ICRIT": format_number(self.unit_current) + scale,
            }
            pairs = tuple((key, (as_expression(value),)) for key, value in values.items())
            return ModelStatement(name=name, parameters=pairs)

        return model("JJ", "*sic"), model("JJFIX", "")


@dataclass(frozen=True, kw_only=True)
class Parasitics:
    """Series inductances that vias and resistors add. `None` in place of this object: ideal cells,
    and the elements are absent from the netlist.

    Source: own estimate from the layer stack. A junction reaches its ground plane through two
    vias of 0.1 pH. A shunt lies about 0.9 µm above its ground plane, µ0·h = 1.13 pH a square, in a
    layer of 2 Ω a square, so 0.565 pH an ohm, and ends in two more vias. The 2.7 Ω shunt of a
    250 µA junction then carries 1.75 pH.
    """

    junction_inductance: float = 0.2e-12
    """In series with every junction [H]; range 0 … 0.5e-12."""
    shunt_inductance: float = 0.2e-12
    """In series with every shunt, whatever its resistance [H]; range 0 … 1e-12."""
    shunt_inductance_per_ohm: float = 0.565e-12
    """More in series with every shunt, a unit of its resistance [H/Ω]; range 0 … 1.5e-12."""

    def of_shunt(self, resistance: float) -> float:
        """Inductance [H] in series with a shunt of `resistance` [Ω]."""
        return self.shunt_inductance + self.shunt_inductance_per_ohm * resistance


NIOBIUM_10KA = Technology()

#: Global factors, 1 = nominal: bias currents, critical currents, inductances, resistances, couplings.
SCALES = ("sib", "sic", "sl", "sr", "sk")


def scale_parameters() -> tuple[Parameter, ...]:
    """`.param` cards of the global factors, for the head of every deck."""
    return parameters(dict.fromkeys(SCALES, 1))
