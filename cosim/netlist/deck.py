"""The hierarchical deck: what a netlist says, with expressions and places kept.

`parser.py` makes a `Deck` from text and `writer.py` writes it back; `flatten.py` turns it
into the flat `Circuit`. Cell generators build these objects directly. Names are upper
case. Places (`location`) never count in comparisons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cosim.errors import NetlistError, did_you_mean
from cosim.netlist.circuit import Location
from cosim.netlist.expressions import Expression, as_expression

Options = tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """`.param name=expression`, or a default of a sub-circuit."""

    name: str
    expression: Expression
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelStatement:
    """`.model name jj(key=expression …)`; `cpr` holds as many expressions as harmonics."""

    name: str
    kind: str = "JJ"
    parameters: tuple[tuple[str, tuple[Expression, ...]], ...] = ()
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceStatement:
    """Waveform of a source: `kind` PWL, PULSE, SIN, DC, CUS, NOISE, EXP or PWS, its arguments,
    and for CUS the file of samples."""

    kind: str
    arguments: tuple[Expression, ...]
    file: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ElementStatement:
    """One element card. The first letter of `name` is its kind.

    `value`: resistance, inductance, capacitance, coupling or gain. `options`: keyword
    values (`AREA`, `TEMP`, `TD` …) in their order. `model`, `inductors`, `control` and
    `source` where the kind has them.
    """

    name: str
    nodes: tuple[str, ...] = ()
    value: Expression | None = None
    options: Options = ()
    model: str = ""
    inductors: tuple[str, ...] = ()
    control: str = ""
    source: SourceStatement | None = None
    location: Location | None = field(default=None, compare=False)

    @property
    def kind(self) -> str:
        return self.name[0]

    def option(self, name: str) -> Expression | None:
        for key, expression in self.options:
            if key == name:
                return expression
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceStatement:
    """`X` card: a sub-circuit between nodes. `parameters` name parameters of the sub-circuit,
    or, as in JoSIM, elements in it whose value they replace."""

    name: str
    nodes: tuple[str, ...]
    subcircuit: str
    parameters: Options = ()
    location: Location | None = field(default=None, compare=False)


Statement = ElementStatement | InstanceStatement


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """What a deck and a sub-circuit have in common."""

    parameters: tuple[Parameter, ...] = ()
    models: tuple[ModelStatement, ...] = ()
    subcircuits: tuple[Subcircuit, ...] = ()
    statements: tuple[Statement, ...] = ()

    def subcircuit(self, name: str) -> Subcircuit:
        """Return the sub-circuit defined here under that name (any case)."""
        for candidate in self.subcircuits:
            if candidate.name == name.upper():
                return candidate
        hint = did_you_mean(name, [candidate.name for candidate in self.subcircuits])
        raise NetlistError(f"there is no sub-circuit {name.upper()!r}{hint}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Subcircuit(Body):
    """`.subckt name ports default=… / .ends`. `defaults` are the parameters that instances may
    set; they may also set the local `.param` cards in `parameters`."""

    name: str
    ports: tuple[str, ...]
    defaults: tuple[Parameter, ...] = ()
    description: str = ""
    """Comment lines at the head of the body."""
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class TransientStatement:
    """`.tran step stop [start [print_step [window]]] [DST]`, in seconds."""

    step: Expression
    stop: Expression
    start: Expression | None = None
    print_step: Expression | None = None
    window: Expression | None = None
    startup: bool = True
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeStatement:
    """One quantity of a `.print`: `kind` V, P or I of one or two `targets` (element or nodes)."""

    kind: str
    targets: tuple[str, ...]
    file: str = ""
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class CurveStatement:
    """`.iv model maximum_current path`; `scope` is the sub-circuit that the model stands in."""

    model: str
    scope: str
    maximum_current: Expression
    path: str
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Global cards: `.temp` [K], `.neb` [Hz], `.spread` (key "" is the general one), `.option seed`."""

    temperature: Expression | None = None
    noise_bandwidth: Expression | None = None
    spreads: Options = ()
    seed: Expression | None = None
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Deck(Body):
    """A whole netlist."""

    transient: TransientStatement | None = None
    probes: tuple[ProbeStatement, ...] = ()
    curves: tuple[CurveStatement, ...] = ()
    settings: Settings = field(default_factory=Settings)
    description: str = ""
    """Comment lines at the head of the deck; the first is the circuit's title."""
    file: str = field(default="", compare=False)

    @property
    def title(self) -> str:
        return self.description.split("\n", 1)[0]


def parameters(values: Mapping[str, Expression | str | float]) -> tuple[Parameter, ...]:
    """Make `.param` cards from Python values: `parameters({"sl": 1, "lj": "2p*sl"})`."""
    return tuple(
        Parameter(name=name.upper(), expression=as_expression(value)) for name, value in values.items()
    )
