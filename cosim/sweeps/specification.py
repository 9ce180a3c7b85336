"""What a sweep is asked for: from a TOML file, or the same as Python objects.

A file has friendly tables (`[grid]`, `[corners]` …); each becomes an axis. The plan keeps the
plain form, a list `axes` with a `kind` each, which `from_table` reads as well.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cosim.errors import SweepError, did_you_mean
from cosim.sweeps.axes import Axis, Grid, Points, Repetitions, Zip, corners
from cosim.sweeps.draws import Distribution, LowDiscrepancy, Random
from cosim.sweeps.fields import build, number, plain, texts, whole
from cosim.sweeps.works import WORKS, Work, work_of

#: Version of the specification's schema. A file without `schema` is of the newest.
SCHEMA = 1

#: Kind in `axes` → class. A new kind of axis is one class and one line.
AXES: dict[str, type] = {
    "grid": Grid,
    "zip": Zip,
    "points": Points,
    "random": Random,
    "qmc": LowDiscrepancy,
    "repetitions": Repetitions,
}
_KEYS = (
    "schema", "name", "seed", "repetitions", "work", "measure", "waveforms", "run",
    "axes", "conditions", "corners", "list", "zip", "grid", "random", "qmc",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """How cases are run, as far as it is part of the plan."""

    bundle: int = 0
    """Cases a shard; 0 leaves it to the kind of work."""
    time_limit: float = 600.0
    """Seconds that a case may take before it is killed."""
    tries: int = 3
    """How often a case is begun whose process dies."""

    def __post_init__(self) -> None:
        whole(self.bundle, "bundle")
        whole(self.tries, "tries", 1)
        limit = number(self.time_limit, "time_limit")
        if limit <= 0.0:
            raise SweepError(f"time_limit: expected seconds above 0, got {limit}")
        object.__setattr__(self, "time_limit", limit)


@dataclass(frozen=True, kw_only=True)
class Specification:
    """A sweep: `work` for every point of the product of `axes`.

    `measure` maps the name of a measurement to its expression; with none, all that the work
    offers is kept. `waveforms` are the signals to keep of each case. `seed` keys all randomness.
    """

    work: Work
    axes: tuple[Axis, ...] = ()
    measure: Mapping[str, str] = field(default_factory=dict)
    waveforms: tuple[str, ...] = ()
    seed: int = 0
    name: str = ""
    run: RunSettings = field(default_factory=RunSettings)

    def __post_init__(self) -> None:
        whole(self.seed, "seed")
        object.__setattr__(self, "axes", tuple(self.axes))
        object.__setattr__(self, "waveforms", texts(self.waveforms, "waveforms"))
        object.__setattr__(self, "measure", _measure(self.measure))
        seen: dict[str, str] = {}
        for axis in self.axes:
            for name in {axis.dimension, *axis.names}:
                if name in seen:
                    raise SweepError(f"{name!r} is set by two axes ({seen[name]} and {axis.dimension})")
                seen[name] = axis.dimension
        for name in self.measure:
            if name in seen or name in RESERVED:
                raise SweepError(f"measurement {name!r}: the name is taken; choose another")
        for name in seen:
            if name in RESERVED:
                raise SweepError(f"parameter {name!r}: the name is reserved; choose another")

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of all parameters, in the order of the axes."""
        return tuple(name for axis in self.axes for name in axis.names)

    def table(self) -> dict[str, Any]:
        """The plain form that `from_table` reads; it holds nothing but tables, lists, numbers, texts."""
        kinds = {made: kind for kind, made in AXES.items()}
        return {
            "schema": SCHEMA,
            "name": self.name,
            "seed": self.seed,
            "work": {"kind": self.work.kind, **plain(self.work)},
            "axes": [{"kind": kinds[type(axis)], **plain(axis)} for axis in self.axes],
            "measure": dict(self.measure),
            "waveforms": list(self.waveforms),
            "run": plain(self.run),
        }


#: Names that the merged file needs for itself.
RESERVED = frozenset({"case", "status", "cause", "words", "time", "waveforms", "id"})


def read_specification(path: str | os.PathLike[str]) -> Specification:
    """Read a specification from a TOML file. Raises `SweepError` with the file's name in front."""
    source = Path(path)
    try:
        table = tomllib.loads(source.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SweepError(f"{source}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SweepError(f"{source}: cannot be read ({error})") from error
    except tomllib.TOMLDecodeError as error:
        raise SweepError(f"{source}: {error}") from error
    try:
        return from_table(table)
    except SweepError as error:
        raise SweepError(f"{source}: {error}") from error


def from_table(table: Mapping[str, Any]) -> Specification:
    """A specification from what TOML or JSON gives. Raises `SweepError` for what it does not know."""
    for key in table:
        if key not in _KEYS:
            raise SweepError(f"no setting {key!r}{did_you_mean(key, _KEYS)}; there are {', '.join(_KEYS)}")
    schema = table.get("schema", SCHEMA)
    if whole(schema, "schema", 1) > SCHEMA:
        raise SweepError(f"schema {schema}, but only {SCHEMA} is known here; update cosim")
    if "work" not in table:
        raise SweepError(f"[work] is missing; its kind is one of {', '.join(WORKS)}")
    return Specification(
        work=work_of(table["work"]),
        axes=_axes(table),
        measure=table.get("measure", {}),
        waveforms=table.get("waveforms", ()),
        seed=table.get("seed", 0),
        name=str(table.get("name", "")),
        run=build(RunSettings, table.get("run", {}), "[run]"),
    )


def _measure(given: Any) -> dict[str, str]:
    if isinstance(given, Mapping):
        if not all(isinstance(value, str) for value in given.values()):
            raise SweepError('measure: each measurement is a text such as "slips(B1)"')
        return {str(name): text for name, text in given.items()}
    return {text: text for text in texts(given, "measure")}


def _axes(table: Mapping[str, Any]) -> tuple[Axis, ...]:
    axes: list[Axis] = [_plain_axis(entry) for entry in _tables(table.get("axes", []), "axes")]
    for key in ("conditions", "corners"):
        if key in table:
            axes.append(_named(table[key], key))
    if "list" in table:
        axes.append(Points(points=tuple(_tables(table["list"], "list"))))
    given = table.get("zip", [])
    for number_, entry in enumerate([given] if isinstance(given, Mapping) else _tables(given, "zip")):
        columns = {name: _sequence(column, f"zip {name}") for name, column in entry.items()}
        axes.append(Zip(values=columns, dimension="pair" if not number_ else f"pair_{number_ + 1}"))
    axes += [_grid(name, values) for name, values in _table(table.get("grid", {}), "[grid]").items()]
    if "random" in table:
        axes.append(_drawn(Random, table["random"], "random"))
    if "qmc" in table:
        axes.append(_drawn(LowDiscrepancy, table["qmc"], "qmc"))
    if "repetitions" in table:
        axes.append(Repetitions(count=table["repetitions"]))
    return tuple(axes)


def _plain_axis(entry: Mapping[str, Any]) -> Axis:
    rest = dict(entry)
    kind = rest.pop("kind", None)
    if kind not in AXES:
        hint = did_you_mean(str(kind), AXES)
        raise SweepError(f"axes: no kind {kind!r}{hint}; there are {', '.join(AXES)}")
    if "distributions" in rest:
        rest["distributions"] = {
            name: build(Distribution, law, f"{kind} {name}")
            for name, law in _table(rest["distributions"], kind).items()
        }
    for name in ("values", "points", "labels"):
        if isinstance(rest.get(name), list):
            rest[name] = tuple(rest[name])
    return build(AXES[kind], rest, f"axis {kind}")


def _grid(name: str, values: Any) -> Grid:
    if isinstance(values, Mapping):
        known = ("from", "to", "points", "spacing")
        for key in values:
            if key not in known:
                raise SweepError(f"grid {name}: no setting {key!r}{did_you_mean(key, known)}")
        missing = [key for key in known[:3] if key not in values]
        if missing:
            raise SweepError(f"grid {name}: {missing[0]!r} is missing; give from, to and points")
        ends = values["from"], values["to"], values["points"]
        return Grid.between(name, *ends, spacing=values.get("spacing", "linear"))
    return Grid(name=name, values=_sequence(values, f"grid {name}"))


def _named(given: Any, key: str) -> Points:
    """Named points, or levels of which all combinations are meant."""
    table = _table(given, f"[{key}]")
    dimension = key.removesuffix("s")
    named = {name: point for name, point in table.items() if isinstance(point, Mapping)}
    if not named:
        points = corners({name: _sequence(levels, f"{key} {name}") for name, levels in table.items()})
        return Points(points=points.points, dimension=dimension, labels=points.labels)
    if len(named) != len(table):
        raise SweepError(f"[{key}]: either named points, or lists of levels, not both")
    return Points(points=tuple(named.values()), dimension=dimension, labels=tuple(named))


def _drawn(kind: type, given: Any, key: str) -> Axis:
    settings, laws = {}, {}
    for name, value in _table(given, f"[{key}]").items():
        if isinstance(value, Mapping):
            laws[name] = Distribution.of(value, f"{key} {name}")
        else:
            settings[name] = value
    return build(kind, {**settings, "distributions": laws}, f"[{key}]")


def _table(given: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise SweepError(f"{where}: expected a table, got {given!r}")
    return given


def _tables(given: Any, where: str) -> Sequence[Mapping[str, Any]]:
    if not isinstance(given, (list, tuple)) or not all(isinstance(entry, Mapping) for entry in given):
        raise SweepError(f"{where}: expected a list of tables, got {given!r}")
    return given


def _sequence(given: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(given, (list, tuple)):
        raise SweepError(f"{where}: expected a list of values, got {given!r}")
    return tuple(given)
