"""Transistor models that need no foundry: `.model` cards with their source.

`SEDRA_SMITH_500NM` are the level-1 models of a generic 0.5 µm process for 3.3 V, published for
teaching: Sedra and Smith, Microelectronic Circuits, 5th edition (2004), Table 4.8 (parts NMOS0P5 and
PMOS0P5, from the text's own library).

`cold` makes a card for 4 K of one of these. It is an estimate, not a published set: measurements of
bulk CMOS agree that from 300 K to 4 K thresholds rise by 0.1 … 0.2 V and low-field mobilities about
double (0.16 µm and 40 nm: Incandela et al., IEEE J. Electron Devices Soc. 6, 996 (2018),
doi:10.1109/JEDS.2018.2821763; 28 nm: Beckers et al., the same journal and volume, 1007,
doi:10.1109/JEDS.2018.2817458; 0.18 µm: Li et al., arXiv:1811.11497). No published parameter set for
4 K that ngspice takes as it is was found: those models need foundry cards, MOS11, PSP or Verilog-A.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cosim.circuits.analog.cell import assignments

#: [V] and factor from 300 K to 4 K of `cold`.
THRESHOLD_RISE = 0.15
MOBILITY_GAIN = 2.0


@dataclass(frozen=True, kw_only=True)
class Transistor:
    """A `.model` card of level 1."""

    name: str
    polarity: str
    """nmos or pmos."""
    parameters: Mapping[str, float]
    """ngspice's names; SI, but uo in cm²/(V s)."""

    @property
    def card(self) -> str:
        """The `.model` card."""
        return f".model {self.name} {self.polarity} (level=1{assignments(self.parameters)})"

    def oxide_capacitance(self) -> float:
        """[F/m²], from the thickness of the oxide."""
        return 3.9 * 8.8541878128e-12 / self.parameters["tox"]

    def transconductance(self) -> float:
        """µ·C_ox [A/V²]."""
        return self.parameters["uo"] * 1e-4 * self.oxide_capacitance()


@dataclass(frozen=True, kw_only=True)
class Process:
    """The two transistors of a process."""

    name: str
    nmos: Transistor
    pmos: Transistor
    supply: float
    """[V]."""

    @property
    def models(self) -> tuple[str, str]:
        """Both `.model` cards."""
        return self.nmos.card, self.pmos.card


_N = dict(vto=0.7, gamma=0.5, phi=0.8, ld=0.08e-6, uo=460.0, tox=9.5e-9, pb=0.9, cj=0.57e-3, cjsw=120e-12)
_N |= {"lambda": 0.1, "mj": 0.5, "mjsw": 0.4, "cgdo": 0.4e-9, "cgso": 0.4e-9, "cgbo": 0.38e-9, "js": 10e-9}
_P = dict(vto=-0.8, gamma=0.45, phi=0.75, ld=0.09e-6, uo=115.0, tox=9.5e-9, pb=0.9, cj=0.93e-3, cjsw=170e-12)
_P |= {"lambda": 0.2, "mj": 0.5, "mjsw": 0.35, "cgdo": 0.35e-9, "cgso": 0.35e-9, "cgbo": 0.38e-9, "js": 5e-9}

SEDRA_SMITH_500NM = Process(
    name="SedraSmith500nm",
    nmos=Transistor(name="NMOS500", polarity="nmos", parameters=_N),
    pmos=Transistor(name="PMOS500", polarity="pmos", parameters=_P),
    supply=3.3,
)


def cold(process: Process) -> Process:
    """The process at 4 K, estimated: see the module's text. Simulate it at ngspice's usual 27 °C, since
    level 1 has no physics of the cold: what the cold does is in the card."""

    def changed(transistor: Transistor) -> Transistor:
        values = dict(transistor.parameters)
        values["vto"] += THRESHOLD_RISE if transistor.polarity == "nmos" else -THRESHOLD_RISE
        values["uo"] *= MOBILITY_GAIN
        values["js"] = 0.0
        return replace(transistor, name=f"{transistor.name}_4K", parameters=values)

    return replace(process, name=f"{process.name}_4K", nmos=changed(process.nmos), pmos=changed(process.pmos))
