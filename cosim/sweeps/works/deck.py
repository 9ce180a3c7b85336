"""A deck as the work of a sweep, in either engine.

    [work]
    kind = "deck"
    deck = "jtl.cir"            # beside the specification
    engine = "josephson"        # or "ngspice"
    stop = "200p"               # s; default: that of .tran

Parameters are `.param` cards of the deck, or factors on its elements: `bias`, `inductance`,
`critical_current(B1*)` … (kinds of `cosim.analysis`, with a pattern on names). The plan keeps the
deck with its includes put in. What runs it is in `josephson.py` and `ngspice.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from cosim.errors import NetlistError, SweepError, did_you_mean
from cosim.sweeps.fields import number
from cosim.sweeps.measurements import measurement_unit
from cosim.sweeps.works.base import Performer, Request

ENGINES = ("josephson", "ngspice")
DECK, REFERENCE = "deck.cir", "nominal.json"


@dataclass(frozen=True, kw_only=True)
class DeckWork:
    """`parameters` are `.param` values that hold for every case. Times in s."""

    kind: ClassVar[str] = "deck"

    deck: str
    engine: str = "josephson"
    stop: float | None = None
    step: float | None = None
    """Equal steps (josephson), or the largest step (ngspice)."""
    parameters: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise SweepError(
                f"engine: there is no {self.engine!r}{did_you_mean(str(self.engine), ENGINES)}; "
                f"there are {', '.join(ENGINES)}"
            )
        for name in ("stop", "step"):
            given = getattr(self, name)
            if given is not None:
                value = number(given, name)
                if value <= 0.0:
                    raise SweepError(f"{name}: expected seconds above 0, got {value}")
                object.__setattr__(self, name, value)
        fixed = {str(k).upper(): number(v, f"parameters, {k}") for k, v in dict(self.parameters).items()}
        object.__setattr__(self, "parameters", fixed)

    def bundle(self) -> int:
        return 64 if self.engine == "josephson" else 4

    def inputs(self, folder: Path, request: Request) -> dict[str, bytes]:
        path = folder / self.deck
        rules = _rule_files(request, folder)
        if self.engine == "ngspice" and not _models_junctions(path):
            return {DECK: _expanded_ngspice(path), **rules}
        from cosim.netlist import parse_file, write

        deck = parse_file(path)
        files = _sample_files(deck, path.parent)
        made = {DECK: write(deck).encode(), **files, **rules}
        windows = nominal_windows(request)
        if windows:
            made[REFERENCE] = json.dumps(self._reference(deck, windows)).encode()
        return made

    def unit(self, text: str) -> str:
        return measurement_unit(text)

    def versions(self) -> dict[str, str]:
        if self.engine == "josephson":
            return {}
        from cosim.spice import require_executable

        return {"ngspice": require_executable()[1]}

    def performer(self, folder: Path, request: Request, time_limit: float) -> Performer:
        if self.engine == "josephson":
            from cosim.sweeps.works.josephson import JosephsonPerformer

            return JosephsonPerformer(self, folder, request)
        from cosim.sweeps.works.ngspice import NgspicePerformer

        return NgspicePerformer(self, folder, request, time_limit)

    def _reference(self, deck: Any, windows: set[float | None]) -> dict[str, Any]:
        """What the nominal deck does: slips of the junctions that it prints, window by window."""
        import numpy as np

        from cosim.analysis import SpikeTable
        from cosim.josephson import simulate
        from cosim.netlist import flatten

        circuit = flatten(deck, dict(self.parameters))
        run = simulate(circuit, stop=self.stop, step=self.step)
        if not run.ok:
            raise SweepError(f"{self.deck}: as_nominal: the nominal run failed: {run.message}")
        printed = [p.element for p in circuit.probes if p.element in run.pulses.names]
        junctions = [n for n in dict.fromkeys(printed) if n is not None] or None
        end = float(run.time[-1]) if self.stop is None else self.stop
        tables = {}
        for window in windows:
            edges = [0.0, end] if window is None else [*np.arange(0.0, end * (1.0 - 1e-9), window), end]
            table = SpikeTable.of(run, edges, junctions)
            if not np.any(table.expected):
                raise SweepError(
                    f"{self.deck}: as_nominal: no junction that is printed slips in the nominal run; "
                    "print junctions that pass pulses"
                )
            tables[window_key(window)] = {
                "junctions": list(table.junctions),
                "edges": [float(e) for e in table.edges],
                "expected": table.expected.tolist(),
            }
        return tables


def window_key(window: float | None) -> str:
    return "run" if window is None else repr(window)


def nominal_window(text: str) -> tuple[bool, float | None]:
    """Whether a measurement is `as_nominal(…)`, and the window [s] that it names, if any."""
    if text.replace(" ", "") in ("as_nominal", "as_nominal()"):
        return True, None
    if not text.strip().startswith("as_nominal("):
        return False, None
    return True, number(text.strip()[len("as_nominal(") :].rstrip(") "), f"measurement {text!r}")


def nominal_windows(request: Request) -> set[float | None]:
    """Windows of all `as_nominal` of a request."""
    found = (nominal_window(text) for text in request.measure.values())
    return {window for is_one, window in found if is_one}


def rule_file(text: str) -> str:
    """The file that a measurement `meets(file.toml)` names; empty for any other."""
    found = text.strip()
    return found[len("meets(") :].rstrip(") ").strip("\"' ") if found.startswith("meets(") else ""


def kept_rule_file(name: str) -> str:
    """Where the plan keeps it."""
    return f"rules/{name.replace('/', '_')}"


def _rule_files(request: Request, folder: Path) -> dict[str, bytes]:
    found = {}
    for name in filter(None, map(rule_file, request.measure.values())):
        try:
            found[kept_rule_file(name)] = (folder / name).read_bytes()
        except OSError as error:
            raise SweepError(f"{folder / name}: {error.strerror}") from error
    return found


def _models_junctions(path: Path) -> bool:
    """True for a deck in JoSIM's dialect that models junctions; it is rendered for ngspice."""
    from cosim.netlist import parse_file

    try:
        deck = parse_file(path)
    except NetlistError:
        if not path.is_file():
            raise
        return False

    def models(body: Any) -> bool:
        return bool(body.models) or any(models(inner) for inner in body.subcircuits)

    return models(deck)


def _expanded_ngspice(path: Path) -> bytes:
    """The checked text of an ngspice deck, its includes put in."""
    from cosim.spice.safety import checked_lines, decode

    try:
        text = decode(path.read_bytes())
    except OSError as error:
        raise NetlistError(error.strerror or "cannot be read", file=str(path)) from error
    lines = checked_lines(text, file=str(path), folders=[path.parent])
    return ("\n".join(line.text for line in lines) + "\n").encode()


def _sample_files(deck: Any, folder: Path) -> dict[str, bytes]:
    """Files of samples (CUS sources) that the deck names, by their place beside it."""
    found: dict[str, bytes] = {}

    def visit(body: Any) -> None:
        for statement in body.statements:
            source = getattr(statement, "source", None)
            if source is None or not source.file:
                continue
            place = Path(source.file)
            if place.is_absolute() or ".." in place.parts:
                raise SweepError(f"{statement.name}: file {source.file!r}: put it beside the deck")
            try:
                found[place.as_posix()] = (folder / place).read_bytes()
            except OSError as error:
                raise SweepError(f"{folder / place}: {error.strerror}") from error
        for inner in body.subcircuits:
            visit(inner)

    visit(deck)
    return found
