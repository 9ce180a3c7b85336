"""Whether a file keeps the rules of docs/results.md: the check behind `cosim convert --check`.

HDF5: schema, named dimensions with scales attached, units in SI symbols, no foreign storage, and
a content that reads back. Tables and raw files: that they read, and that time ascends.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cosim.errors import CosimError, ResultFileError
from cosim.results.atomic import one_line
from cosim.results.formats import format_of
from cosim.results.hdf5 import SCHEMA, SCHEMA_VERSION, Group, read_file
from cosim.results.result import Result
from cosim.results.resultfile import KIND, result_from_group
from cosim.results.slots import Slots

#: What `units` may hold; the empty text marks a number without unit.
SYMBOLS = frozenset(
    {"", "s", "V", "A", "rad", "J", "W", "H", "F", "ohm", "Ω", "S", "Hz", "K", "Wb", "m", "m2"}
)


def check_file(path: str | os.PathLike[str]) -> list[str]:
    """Return what is wrong with a file, one sentence each; empty when it keeps all rules.

    Raises `ResultFileError` for a file that is missing, truncated, foreign or of no known format.
    """
    source = Path(path)
    if not source.exists():
        raise ResultFileError(f"{source}: no such file")
    if format_of(source).name == "HDF5":
        group = read_file(source)
        return [*_layout(source), *_content(group, "/")]
    return list(_result(format_of(source).read(source), "the table"))


def _layout(path: Path) -> Iterator[str]:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            version = file.attrs.get("schema_version")
            if file.attrs.get("schema") != SCHEMA or not isinstance(version, (int, np.integer)):
                yield f"the root has no schema {SCHEMA!r} with a whole schema_version"
            elif int(version) != SCHEMA_VERSION:
                yield f"schema version {int(version)}, now it is {SCHEMA_VERSION}; read and write it again"
            problems: list[str] = []
            file.visititems(lambda name, item: problems.extend(_item(name, item)))
            yield from problems
    except OSError as error:
        raise ResultFileError(f"{path}: truncated or damaged ({one_line(error)})") from error


def _item(name: str, item: Any) -> Iterator[str]:
    import h5py

    if not isinstance(item, h5py.Dataset):
        return
    if item.is_virtual or item.external:
        yield f"{name}: stored outside the file"
    for axis, dimension in enumerate(item.dims):
        if not item.is_scale and not len(dimension):
            yield f"{name}: axis {axis} has no name; attach a dimension scale"
    units = item.attrs.get("units", "")
    if not isinstance(units, str):
        yield f"{name}: units are no text"
    elif units not in SYMBOLS:
        yield f"{name}: units {units!r} are no symbol of SI"
    if item.dtype.kind not in "biuf" and not h5py.check_string_dtype(item.dtype):
        yield f"{name}: type {item.dtype} is neither a number nor a text"


def _content(group: Group, where: str) -> Iterator[str]:
    if group.attributes.get("kind") == KIND:
        try:
            yield from _result(result_from_group(group), where)
            if "slots" in group.groups:
                Slots.from_group(group.groups["slots"])
        except CosimError as error:
            yield f"{where}: {error}"
    if group.attributes.get("content") == "sweep":
        yield from _sweep(group, where)
    for name, child in group.groups.items():
        yield from _content(child, f"{where}{name}/")


def _sweep(group: Group, where: str) -> Iterator[str]:
    """A merged sweep: a coordinate for each axis, a status a case, numbers where it completed."""
    status = group.arrays.get("status")
    if status is None:
        yield f"{where}: a sweep without the array 'status'"
        return
    states = np.asarray(status.values).astype(str)
    for wrong in sorted(set(states.ravel().tolist()) - {"completed", "failed", "missing"}):
        yield f"{where}: status {wrong!r} of a case is none of completed, failed, missing"
    for dimension in status.dimensions:
        if dimension not in group.arrays:
            yield f"{where}: axis {dimension} has no coordinate"
    for name in filter(None, str(group.attributes.get("measured", "")).split(", ")):
        if name not in group.arrays:
            yield f"{where}: measurement {name} is announced and not there"
        elif group.arrays[name].dimensions[: states.ndim] != status.dimensions:
            yield f"{where}: measurement {name} does not lie over the axes of the sweep"
    failed = (states == "failed").ravel()
    causes = np.asarray(group.arrays["cause"].values).ravel() if "cause" in group.arrays else None
    if failed.any() and (causes is None or any(not text for text in causes[failed])):
        yield f"{where}: a failed case has no cause"


def _result(result: Result, where: str) -> Iterator[str]:
    if result.time.size > 1 and np.any(np.diff(result.time) < 0.0):
        yield f"{where}: time does not ascend"
    for name, values in result.signals.items():
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size and result.ok:
            yield f"{where}: {name} is not a number at point {int(bad[0])}, but the status is {result.status}"
