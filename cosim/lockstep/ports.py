"""Ports: where a model meets the circuit.

Every port has one *reading*, a number that the model gets, and none, one or two *outputs*.
Currents count from the model into the circuit at the port's first node, except that an ammeter
reads what flows into the model.

| port | reading | outputs | in the deck |
| --- | --- | --- | --- |
| `Probe` | voltage | – | nothing |
| `Ammeter` | current into the model | – | a source of 0 V |
| `VoltageOutput` | current delivered | voltage | `V external`, and its resistance in series |
| `CurrentOutput` | voltage | current | `I external`, and its conductance in parallel |
| `NortonOutput` | voltage | current, conductance | a source I - G v, both of the model |

A fixed resistance or conductance is an element of the deck, so ngspice solves it implicitly. A
`NortonOutput` may change its conductance at any time: ngspice multiplies it with the voltage that it
is solving for, so a model that is I - G v is coupled without delay, and a nonlinear one loads the
circuit stably.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from cosim.errors import SimulationError


@dataclass(frozen=True, slots=True)
class Wiring:
    """Cards of a port, what to read (plus less minus, times sign), and names of its sources."""

    cards: tuple[str, ...]
    plus: str
    minus: str
    sign: float
    sources: tuple[str, ...]
    node: str = ""
    """The port's first node."""


@dataclass(frozen=True, slots=True)
class Port:
    """Base of all ports; `name` is the model's own."""

    name: str

    @property
    def outputs(self) -> int:
        """Numbers that the model gives at this port."""
        return 0

    def wire(self, plus: str, minus: str, fresh: Callable[[str], str]) -> Wiring:
        """Cards that stand for the port. `fresh("v")` makes the name of a V element or, "n", of a node."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Probe(Port):
    """Reads the voltage [V] between its nodes and loads nothing."""

    def wire(self, plus: str, minus: str, fresh: Callable[[str], str]) -> Wiring:
        """Nothing in the deck."""
        return Wiring((), plus, minus, 1.0, ())


@dataclass(frozen=True, slots=True)
class Ammeter(Port):
    """A short that reads the current [A] through it, from the first node to the second."""

    def wire(self, plus: str, minus: str, fresh: Callable[[str], str]) -> Wiring:
        """A source of 0 V."""
        name = fresh("v")
        return Wiring((f"{name} {plus} {minus} 0",), f"{name}#branch", "0", 1.0, ())


@dataclass(frozen=True, slots=True)
class VoltageOutput(Port):
    """A voltage [V] behind `resistance` [Ω] (Thévenin); reads the current [A] that it delivers."""

    resistance: float = 0.0

    def __post_init__(self) -> None:
        _not_negative(self.name, "resistance", self.resistance)

    @property
    def outputs(self) -> int:
        """The voltage."""
        return 1

    def wire(self, plus: str, minus: str, fresh: Callable[[str], str]) -> Wiring:
        """`V external`, with a resistor when there is one."""
        name = fresh("v")
        if not self.resistance:
            return Wiring((f"{name} {plus} {minus} external",), f"{name}#branch", "0", -1.0, (name,))
        inner = fresh("n")
        cards = (f"{name} {inner} {minus} external", f"{fresh('r')} {inner} {plus} {self.resistance:.17g}")
        return Wiring(cards, f"{name}#branch", "0", -1.0, (name,))


@dataclass(frozen=True, slots=True)
class CurrentOutput(Port):
    """A current [A] into the first node beside `conductance` [S] (Norton); reads the voltage [V]."""

    conductance: float = 0.0

    def __post_init__(self) -> None:
        _not_negative(self.name, "conductance", self.conductance)

    @property
    def outputs(self) -> int:
        """The current."""
        return 1

    def wire(self, plus: str, minus: str, fresh: Callable[[str], str]) -> Wiring:
        """`I external`, with a resistor when there is a conductance."""
        name = fresh("i")
        cards = [f"{name} {minus} {plus} external"]
        if self.conductance:
            cards.append(f"{fresh('r')} {plus} {minus} {1.0 / self.conductance:.17g}")
        return Wiring(tuple(cards), plus, minus, 1.0, (name,))


@dataclass(frozen=True, slots=True)
class NortonOutput(Port):
    """A current [A] and a conductance [S], both of the model: it delivers I - G v; reads v [V]."""

    @property
    def outputs(self) -> int:
        """Current, conductance."""
        return 2

    def wire(self, plus: str, minus: str, fresh: Callable[[str], str]) -> Wiring:
        """A behavioural source between two control nodes and the port."""
        current, conductance = fresh("v"), fresh("v")
        first, second = fresh("n"), fresh("n")
        cards = (
            f"{current} {first} 0 external",
            f"{conductance} {second} 0 external",
            f"{fresh('b')} {plus} {minus} i=v({second})*v({plus},{minus})-v({first})",
        )
        return Wiring(cards, plus, minus, 1.0, (current, conductance))


def _not_negative(port: str, what: str, value: float) -> None:
    if not (math.isfinite(value) and value >= 0.0):
        raise SimulationError(f"port {port!r}: {what} must be 0 or more, got {value!r}")
