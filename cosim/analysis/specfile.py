"""Specification files: our TOML, and the tables of JoSIM-tools (`.sp`).

A table of JoSIM-tools has a head `time B1 B2|X1 …` and a row an instant: a time in seconds and the
turns that each junction has gained by then; its first row calibrates. TOML holds arrays of
tables, one rule each: `[[count]]`, `[[slots]]`, `[[arrival]]`, `[[delay]]`, `[[turns]]`,
`[[signal]]`. Numbers are SI, or texts with SPICE's suffixes ("50p").

Not here: what the rules mean (`rules.py`).
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cosim.analysis.rules import UNBOUNDED, ArrivalRule, CountRule, DelayRule, Rule, SignalRule, TurnsRule
from cosim.analysis.specification import Specification
from cosim.errors import CosimError, did_you_mean
from cosim.netlist import parse_number

_INFINITE = float("inf")
#: Beyond this [SI] a number that is not infinite is a slip of the pen; nan compares as false.
_LARGEST = 1e30


def read_specification(path: str | os.PathLike[str]) -> Specification:
    """Read a specification: TOML where the name ends in `.toml`, else a table of JoSIM-tools.

    Raises `CosimError` with file, and line or rule, for everything that cannot be taken as it is.
    """
    source = Path(path)
    text = _text(source)
    rules = _toml(text, source) if source.suffix.lower() == ".toml" else (_table(text, source),)
    return Specification(rules=rules, name=str(source))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CosimError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CosimError(f"{path}: cannot be read as text") from error


def _table(text: str, path: Path) -> TurnsRule:
    """A table of JoSIM-tools."""
    lines = [(n, line.split()) for n, line in enumerate(text.splitlines(), start=1)]
    lines = [(n, fields) for n, fields in lines if fields and not fields[0].startswith(("#", "*"))]
    if not lines or lines[0][1][0].lower() != "time":
        number = lines[0][0] if lines else 1
        raise CosimError(f"{path}:{number}: expected a head 'time B1 B2|X1 …' of a table, or a .toml file")
    names = tuple(_junction(name) for name in lines[0][1][1:])
    times, rows = [], []
    for number, fields in lines[1:]:
        if len(fields) != len(names) + 1:
            raise CosimError(f"{path}:{number}: {len(fields)} fields, the head has {len(names) + 1}")
        try:
            times.append(parse_number(fields[0]))
            rows.append(tuple(_turns_of(field) for field in fields[1:]))
        except ValueError as error:
            raise CosimError(f"{path}:{number}: expected a time and whole numbers ({error})") from None
    try:
        return TurnsRule(junctions=names, times=tuple(times), turns=tuple(rows))
    except CosimError as error:
        raise CosimError(f"{path}: {error}") from None


def _turns_of(text: str) -> int:
    if len(text) > 9:
        raise ValueError(f"{text[:9]}… is no number of turns")
    return int(text)


def _junction(name: str) -> str:
    """A junction as users write it, `P(B1)` included."""
    inner = name[2:-1] if name.upper().startswith("P(") and name.endswith(")") else name
    return inner.strip().upper().replace(".", "|")


class _Fields:
    """The keys of one rule: each is taken once, with its type; what is left over is an error."""

    def __init__(self, table: Mapping[str, Any], where: str, folder: Path) -> None:
        self._table, self._where, self.folder = dict(table), where, folder
        self._known: list[str] = []

    def fail(self, text: str) -> CosimError:
        return CosimError(f"{self._where}: {text}")

    def take(self, key: str, default: Any = ...) -> Any:
        self._known.append(key)
        if key in self._table:
            return self._table.pop(key)
        if default is ...:
            raise self.fail(f"{key!r} is missing{did_you_mean(key, self._table)}")
        return default

    def number(self, key: str, default: Any = ...) -> float:
        return self.as_number(self.take(key, default), key)

    def as_number(self, value: Any, key: str) -> float:
        if isinstance(value, str):
            try:
                return parse_number(value)
            except ValueError:
                pass
        elif not isinstance(value, int | float) or isinstance(value, bool):
            pass
        elif abs(value) <= _LARGEST or value in (_INFINITE, -_INFINITE):
            return float(value)
        raise self.fail(f"{key} is a number such as 5e-11 or '50p', got {value!r}")

    def numbers(self, key: str, default: Any = ...) -> tuple[float, ...]:
        value = self.take(key, default)
        if not isinstance(value, list | tuple):
            raise self.fail(f"{key} is a list of numbers, got {value!r}")
        return tuple(self.as_number(item, key) for item in value)

    def whole(self, value: Any, key: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > UNBOUNDED:
            raise self.fail(f"{key} is a whole number, got {value!r}")
        return value

    def text(self, key: str) -> str:
        value = self.take(key)
        if not isinstance(value, str) or not value.strip():
            raise self.fail(f"{key} is a name, got {value!r}")
        return value.strip()

    def flag(self, key: str, default: bool) -> bool:
        value = self.take(key, default)
        if not isinstance(value, bool):
            raise self.fail(f"{key} is true or false, got {value!r}")
        return value

    def end(self) -> None:
        for key in self._table:
            raise self.fail(
                f"there is no key {key!r}{did_you_mean(key, self._known)}; known are "
                f"{', '.join(dict.fromkeys(self._known))}"
            )


def _count(f: _Fields) -> list[Rule]:
    exact = f.take("expect", None)
    if exact is not None:
        least = most = f.whole(exact, "expect")
    else:
        least = f.whole(f.take("least", -UNBOUNDED), "least")
        most = f.whole(f.take("most", UNBOUNDED), "most")
        if (least, most) == (-UNBOUNDED, UNBOUNDED):
            raise f.fail("say how many: expect, or least and most")
    edges = (f.number("from", 0.0), f.number("to", _INFINITE))
    return [CountRule(junction=_junction(f.text("junction")), edges=edges, least=(least,), most=(most,))]


def _slots(f: _Fields) -> list[Rule]:
    """One count a window for several junctions: `edges`, or `start` and `period`."""
    expected = f.take("expect")
    if not isinstance(expected, dict) or not expected:
        raise f.fail("expect is a table: junction = [counts, one a slot]")
    counts = {name: value if isinstance(value, list) else [value] for name, value in expected.items()}
    lengths = {len(value) for value in counts.values()}
    if len(lengths) != 1:
        raise f.fail(f"all junctions need as many counts, got {sorted(lengths)}")
    number = lengths.pop()
    edges = f.numbers("edges", ())
    if not edges:
        start, period = f.number("start", 0.0), f.number("period")
        edges = tuple(start + k * period for k in range(number + 1))
    rules: list[Rule] = []
    for name, value in counts.items():
        whole = tuple(f.whole(item, f"expect.{name}") for item in value)
        rules.append(CountRule(junction=_junction(name), edges=edges, least=whole, most=whole))
    return rules


def _arrival(f: _Fields) -> list[Rule]:
    at = f.take("at", None)
    if at is not None:
        centre, around = f.as_number(at, "at"), f.number("within")
        earliest, latest = centre - around, centre + around
    else:
        earliest, latest = f.number("earliest", 0.0), f.number("latest", _INFINITE)
    pulse = f.whole(f.take("pulse", 1), "pulse")
    if pulse == 0:
        raise f.fail("pulses count from 1, or from -1 backwards")
    return [
        ArrivalRule(
            junction=_junction(f.text("junction")),
            pulse=pulse,
            earliest=earliest,
            latest=latest,
            rising=f.flag("rising", True),
        )
    ]


def _delay(f: _Fields) -> list[Rule]:
    return [
        DelayRule(
            start=_junction(f.text("from")),
            end=_junction(f.text("to")),
            least=f.number("least", 0.0),
            most=f.number("most", _INFINITE),
            after=f.number("after", 0.0),
            in_order=f.flag("in_order", False),
        )
    ]


def _turns(f: _Fields) -> list[Rule]:
    file, threshold = f.take("file", None), f.number("threshold", 0.05)
    if file is not None:
        table = f.folder / str(file)
        return [replace(_table(_text(table), table), threshold=threshold)]
    names, rows = f.take("junctions"), f.take("turns")
    if not isinstance(names, list) or not isinstance(rows, list):
        raise f.fail("junctions is a list of names, turns a list of rows of whole numbers")
    return [
        TurnsRule(
            junctions=tuple(_junction(str(name)) for name in names),
            times=f.numbers("times"),
            turns=tuple(tuple(f.whole(item, "turns") for item in row) for row in rows),
            threshold=threshold,
        )
    ]


def _signal(f: _Fields) -> list[Rule]:
    at = f.take("at", None)
    name = f.text("signal")
    low, high = f.number("low", -math.inf), f.number("high", math.inf)
    if at is not None:
        return [SignalRule(signal=name, measure="at", low=low, high=high, start=f.as_number(at, "at"))]
    measure = f.text("measure")
    start, stop = f.number("from", 0.0), f.number("to", _INFINITE)
    return [SignalRule(signal=name, measure=measure, low=low, high=high, start=start, stop=stop)]


def _verify(f: _Fields) -> list[Rule]:
    """The table of a JoSIM-tools configuration that names a file of turns."""
    method = f.take("method", "spec")
    if method not in ("spec", "spec_file"):
        raise f.fail(f"method is 'spec', got {method!r}")
    f.take("circuit", None)
    file = f.take("file", None) or f.text("spec_file")
    table = f.folder / str(file)
    return [replace(_table(_text(table), table), threshold=f.number("threshold", 0.05))]


#: Tables of a JoSIM-tools configuration that say what to vary and how, not what is right.
_CONFIGURATION = ("mode", "parameters", "margin", "yield", "optimize")

READERS: dict[str, Callable[[_Fields], list[Rule]]] = {
    "count": _count,
    "slots": _slots,
    "arrival": _arrival,
    "delay": _delay,
    "turns": _turns,
    "signal": _signal,
    "verify": _verify,
}


def _toml(text: str, path: Path) -> tuple[Rule, ...]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CosimError(f"{path}: {error}") from None
    except RecursionError:
        raise CosimError(f"{path}: nested too deeply") from None
    rules: list[Rule] = []
    if "verify" in tables:
        tables = {kind: entries for kind, entries in tables.items() if kind not in _CONFIGURATION}
    for kind, entries in tables.items():
        if kind not in READERS:
            hint = did_you_mean(kind, READERS)
            raise CosimError(f"{path}: there is no rule {kind!r}{hint}; known are {', '.join(READERS)}")
        for number, entry in enumerate(entries if isinstance(entries, list) else [entries], start=1):
            where = f"{path}: {kind} {number}"
            if not isinstance(entry, dict):
                raise CosimError(f"{where}: a rule is a table, written [[{kind}]]")
            fields = _Fields(entry, where, path.parent)
            try:
                rules += READERS[kind](fields)
            except CosimError as error:
                raise error if str(error).startswith(where) else CosimError(f"{where}: {error}") from None
            fields.end()
    return tuple(rules)
