"""What one call of `cosim run` asks of an engine: deck to circuit, circuit to result."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cosim.commands.console import note
from cosim.commands.progress import Stages

if TYPE_CHECKING:
    from cosim.analysis import Specification
    from cosim.errors import CosimError
    from cosim.netlist import Circuit, Deck
    from cosim.results import Result

_JUNCTION_MODEL = re.compile(r"^\s*\.model\s+\S+\s+jj\b", re.IGNORECASE | re.MULTILINE)
_ANNOTATION = re.compile(r"^\s*\*\s*cosim\s*:\s*bind\b", re.IGNORECASE | re.MULTILINE)

#: A deck from standard input, and a table to standard output.
STANDARD = Path("-")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What one call asks of an engine. `path` is `-` for standard input, whose text is in `given`."""

    path: Path
    given: str
    specification: Specification | None
    all_nodes: str
    """V or P: kind of the probes on all nodes where the deck prints nothing; empty for none."""
    parameters: dict[str, float]
    stop: float | None
    step: float | None
    tolerance: float | None
    time_limit: float
    seed: int | None
    sample: int
    nominal: bool

    @property
    def folder(self) -> Path:
        return Path() if self.path == STANDARD else self.path.parent

    @property
    def text(self) -> str:
        if self.path == STANDARD:
            return self.given
        return self.path.read_text(encoding="utf-8", errors="replace")

    def parse(self) -> Deck:
        from cosim.netlist import parse, parse_file

        return parse(self.given, "<stdin>") if self.path == STANDARD else parse_file(self.path)


def circuit_of(request: Request, engine: str) -> tuple[Deck | None, Circuit | None]:
    """The deck and its flat circuit; None for a deck that goes to ngspice as it is.

    The circuit holds the sample of the spread that was asked for, and the probes of the deck.
    """
    from cosim.errors import NetlistError
    from cosim.netlist import flatten

    if _names_models(request):
        if request.specification is not None:
            raise NetlistError(f"{request.path}: --spec is for decks in JoSIM's dialect")
        return None, None
    if engine == "ngspice":
        from cosim import spice

        spice.require_executable()
        deck = _josephson_deck(request)
        if deck is None:
            if request.specification is not None:
                raise NetlistError(f"{request.path}: --spec is for decks in JoSIM's dialect")
            return None, None
    else:
        try:
            deck = request.parse()
        except NetlistError as error:
            readable = request.path == STANDARD or request.path.is_file()
            if readable and not _JUNCTION_MODEL.search(request.text):
                raise NetlistError(
                    f"{error}; a deck written for ngspice runs with --engine ngspice"
                ) from error
            raise
    # ngspice gets the deck itself, so there its probes must be right.
    missing = None if engine == "ngspice" else _not_printed
    circuit = flatten(deck, request.parameters, on_missing_probe=missing)
    if request.seed is not None:
        circuit = replace(circuit, seed=request.seed)
    if request.all_nodes and not circuit.probes and engine == "josephson":
        circuit = _all_nodes(circuit, request.all_nodes)
    return deck, _sampled(circuit, request, engine)


def _not_printed(error: CosimError) -> None:
    """As JoSIM: a probe of what is not there is no reason not to run."""
    note(f"{error}; not printed")


def _names_models(request: Request) -> bool:
    """True for a deck whose annotations put models into it: it runs in lock-step with ngspice."""
    readable = request.path == STANDARD or request.path.is_file()
    return readable and bool(_ANNOTATION.search(request.text))


def _all_nodes(circuit: Circuit, kind: str) -> Circuit:
    """As JoSIM: a deck that prints nothing gives every node."""
    from cosim.netlist.circuit import GROUND, Probe

    names = dict.fromkeys(node for element in circuit.elements for node in element.nodes if node != GROUND)
    probes = tuple(Probe(kind=kind, label=f"{kind}({name})", nodes=(name,)) for name in names)
    return replace(circuit, probes=probes)


def _sampled(circuit: Circuit, request: Request, engine: str) -> Circuit:
    """A sample of the process spread, where the deck has one."""
    from cosim.errors import NetlistError
    from cosim.netlist.spread import draw

    varied = sum(getattr(element, "spread", 0.0) > 0.0 for element in circuit.elements)
    if not varied or request.nominal:
        return circuit
    if engine == "ngspice":
        raise NetlistError(f"{request.path}: .spread is drawn by --engine josephson alone; add --nominal")
    note(f"spread: sample {request.sample} of seed {circuit.seed}, {varied} elements (--nominal: none)")
    return draw(circuit, request.sample)


def run_josephson(request: Request, deck: Deck, circuit: Circuit, stages: Stages) -> Result:
    from cosim.josephson import simulate
    from cosim.netlist import flatten
    from cosim.results import provenance

    end = request.stop
    if end is None:
        end = circuit.transient.stop if circuit.transient is not None else 0.0
    options: dict[str, Any] = {} if request.tolerance is None else {"tolerance": request.tolerance}
    if request.specification is not None:
        wanted = flatten(request.specification.probed(deck), request.parameters).probes
        circuit = replace(circuit, probes=_merged(circuit.probes, wanted))

    def progress(time: float) -> None:
        stages("josephson", min(1.0, time / end))

    stages("josephson", 0.0)
    result = simulate(circuit, stop=request.stop, step=request.step, progress=progress, **options)
    extra: dict[str, Any] = {"deck": str(request.path), "seed": circuit.seed}
    if any(getattr(element, "spread", 0.0) > 0.0 for element in circuit.elements):
        extra["spread"] = "nominal" if request.nominal else f"sample {request.sample}"
    origin = provenance(netlist=request.text, extra={**extra, **_named(request.parameters)})
    return replace(result, provenance={**origin, **result.provenance})


def _merged(first: tuple[Any, ...], second: tuple[Any, ...]) -> tuple[Any, ...]:
    """Probes of both, each label once, those of `first` before."""
    known = {probe.label for probe in first}
    return (*first, *(probe for probe in second if probe.label not in known))


def run_ngspice(request: Request, deck: Deck | None, stages: Stages) -> Result:
    from cosim import spice

    if deck is not None and request.specification is not None:
        deck = request.specification.probed(deck)
    stages("ngspice", 0.0)
    options: dict[str, Any] = {
        "parameters": request.parameters or None,
        "stop": request.stop,
        "maximum_step": request.step,
        "time_limit": request.time_limit,
        "check": False,
    }
    if deck is None and _names_models(request):
        from cosim.lockstep import Session

        given = request.text if request.path == STANDARD else request.path
        result = Session(given).run(**options)
    else:
        result = spice.simulate(request.path if deck is None else deck, **options)
    stages("ngspice", 1.0)
    extra = {"deck": str(request.path), **_named(request.parameters)}
    return replace(result, provenance={**result.provenance, **extra})


def _josephson_deck(request: Request) -> Deck | None:
    """The parsed deck when it models Josephson junctions; None for a deck that ngspice takes as it is.

    Raises `NetlistError`, with file and line, for a deck with junctions that cannot be read.
    """
    from cosim.errors import NetlistError
    from cosim.netlist.deck import Body

    def models(body: Body) -> bool:
        return bool(body.models) or any(models(inner) for inner in body.subcircuits)

    standard = request.path == STANDARD
    try:
        deck = request.parse()
    except NetlistError:
        if standard or not request.path.is_file() or _JUNCTION_MODEL.search(request.text):
            raise
        return None
    if models(deck):
        return deck
    if standard:
        raise NetlistError("<stdin>: give a deck without junctions as a file; ngspice reads it there")
    return None


def _named(values: dict[str, float]) -> dict[str, float]:
    return {f"parameter_{name}": value for name, value in values.items()}
