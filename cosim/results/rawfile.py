"""The raw files of ngspice and other SPICE programs, binary and ASCII, in 64 bits.

A raw file is one plot or several: a header of `Key: value` lines, a list of variables, then
the points, each with the value of every variable in turn. A run that was killed leaves a
point count of 0 in the header; the points that are there are read all the same.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cosim.errors import ResultFileError, did_you_mean
from cosim.results.atomic import one_line, write_bytes
from cosim.results.result import Result

_KIND_OF_UNIT = {"V": "voltage", "A": "current", "rad": "phase", "s": "time", "W": "power"}


@dataclass(frozen=True, kw_only=True, eq=False)
class RawPlot:
    """One plot: `vectors` maps lower-case names to (n,) arrays, real or complex;
    `kinds` maps them to the type in the file, e.g. "voltage".
    """

    title: str
    name: str
    vectors: Mapping[str, NDArray[Any]]
    kinds: Mapping[str, str]
    complete: bool
    """False when the file holds fewer points than its header promises, or promises none."""

    def __getitem__(self, name: str) -> NDArray[Any]:
        key = name.lower()
        if key not in self.vectors:
            raise ResultFileError(
                f"no vector {name!r} among the {len(self.vectors)} of the raw file"
                f"{did_you_mean(key, self.vectors)}"
            )
        return self.vectors[key]


def read_raw(path: str | os.PathLike[str]) -> list[RawPlot]:
    """Return the plots of a raw file, at least one, in the order of the file.

    Raises `ResultFileError` when the file is missing, empty or is not a raw file.
    """
    source = Path(path)
    try:
        data = source.read_bytes()
    except FileNotFoundError:
        raise ResultFileError(f"{source}: no such file") from None
    except OSError as error:
        raise ResultFileError(f"{source}: {one_line(error)}") from error
    plots: list[RawPlot] = []
    position = 0
    while data[position:].strip():
        try:
            plot, position = _read_plot(data, position)
        except (ValueError, IndexError, KeyError, OverflowError) as error:
            message = f"{source}: not a raw file, or truncated in its header ({one_line(error)})"
            raise ResultFileError(message) from error
        plots.append(plot)
    if not plots:
        raise ResultFileError(f"{source}: the raw file is empty")
    return plots


def write_raw(path: str | os.PathLike[str], result: Result, *, binary: bool = True) -> None:
    """Write time and all signals as one transient plot.

    Raises `ResultFileError` for a signal whose name holds a blank, which the format
    cannot carry.
    """
    columns = [("time", "time", result.time)]
    for name, values in result.signals.items():
        if not name or name.split() != [name]:
            raise ResultFileError(f"cannot write {path}: signal {name!r} has a blank in its name")
        columns.append((name, _KIND_OF_UNIT.get(result.units[name], "notype"), values))
    title = str(result.provenance.get("title", "cosim"))
    header = [
        f"Title: {' '.join(title.split())}",
        f"Date: {result.provenance.get('created', '')}",
        "Plotname: Transient Analysis",
        "Flags: real",
        f"No. Variables: {len(columns)}",
        f"No. Points: {result.time.size}",
        *([f"Command: {result.status}: {result.message}"] if result.status != "completed" else []),
        "Variables:",
        *(f"\t{number}\t{name}\t{kind}" for number, (name, kind, _) in enumerate(columns)),
    ]
    table = np.column_stack([values for _, _, values in columns])
    if binary:
        data = "\n".join([*header, "Binary:\n"]).encode("utf-8") + table.astype("=f8").tobytes()
    else:
        lines = [*header, "Values:"]
        for number, row in enumerate(table):
            lines.append(f" {number}\t" + "\n\t".join(f"{value:.17g}" for value in row) + "\n")
        data = ("\n".join(lines) + "\n").encode("utf-8")
    write_bytes(path, data)


def _read_plot(data: bytes, position: int) -> tuple[RawPlot, int]:
    fields, kinds, binary, position = _read_header(data, position)
    promised = int(fields["no. points"])
    count = int(fields["no. variables"])
    if count != len(kinds) or count < 1 or promised < 0:
        raise ValueError(f"{count} variables announced, {len(kinds)} listed")
    item = np.dtype(np.complex128 if "complex" in fields["flags"].lower() else np.float64)
    if binary:
        available = (len(data) - position) // (item.itemsize * count)
        points = min(promised, available) if promised else available
        table = np.frombuffer(data, dtype=item, count=points * count, offset=position).reshape(points, count)
        position += points * count * item.itemsize
        if promised != points or not promised:
            position = len(data)
    else:
        table, position = _read_ascii(data, position, promised, count, item)
    columns = np.ascontiguousarray(table.T)
    plot = RawPlot(
        title=fields.get("title", ""),
        name=fields.get("plotname", ""),
        vectors=dict(zip(kinds, columns, strict=True)),
        kinds=kinds,
        complete=bool(promised) and len(table) == promised,
    )
    return plot, position


def _read_header(data: bytes, position: int) -> tuple[dict[str, str], dict[str, str], bool, int]:
    fields: dict[str, str] = {}
    kinds: dict[str, str] = {}
    listing = False
    while True:
        end = data.index(b"\n", position)
        line = data[position:end].decode("utf-8", "replace")
        position = end + 1
        key, colon, rest = line.partition(":")
        key = key.strip().lower()
        if colon and key in ("binary", "values"):
            return fields, kinds, key == "binary", position
        if listing or key == "variables":
            listing = True
            words = (rest if key == "variables" else line).split()
            if words:
                kinds[words[1].lower()] = words[2] if len(words) > 2 else "notype"
        elif colon:
            fields[key] = rest.strip()
        elif line.strip():
            raise ValueError(f"unexpected line {line[:40]!r}")


def _read_ascii(
    data: bytes, position: int, promised: int, count: int, item: np.dtype[Any]
) -> tuple[NDArray[Any], int]:
    following = data.find(b"\nTitle:", position)
    end = len(data) if following < 0 else following + 1
    words = data[position:end].decode("ascii").split()
    points = len(words) // (count + 1)
    if promised:
        points = min(points, promised)
    values = np.array(words[: points * (count + 1)], dtype=object).reshape(points, count + 1)[:, 1:]
    if item.kind == "c":
        parts = [word.partition(",") for word in values.flat]
        flat = np.array([complex(float(real), float(imaginary)) for real, _, imaginary in parts], dtype=item)
        return flat.reshape(points, count), end
    return values.astype(item), end
