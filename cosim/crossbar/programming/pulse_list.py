"""A list of write pulses that a lab can run, and that can be run here again.

    # cosim pulse list 1; scheme half; read voltage 0.1 V
    time,row,column,voltage,width,read_target
    0.0,0,0,1.2,1e-07,
    2e-07,0,0,1.3,1e-07,4.5e-05

`time` [s] is the start of the pulse, `row` and `column` the word and the bit line from 0, `voltage` [V] that
of the word line against the bit line (the others as the scheme says), `width` [s]. `read_target` [S], where
given, is the conductance that reading the cell after this pulse is to show.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cosim.crossbar.array import Array
from cosim.crossbar.programming.schemes import SCHEMES, BiasScheme, scheme
from cosim.crossbar.programming.write_path import WritePath
from cosim.errors import SimulationError

HEAD = "# cosim pulse list 1"
COLUMNS = ("time", "row", "column", "voltage", "width", "read_target")


@dataclass(frozen=True, kw_only=True)
class PulseList:
    """Pulses in the order in which they are given, all arrays (P,)."""

    time: Array
    """Starts [s], rising."""
    row: np.ndarray
    """Word lines, from 0."""
    column: np.ndarray
    """Bit lines, from 0."""
    voltage: Array
    """[V] of the word line against the bit line."""
    width: Array
    """[s]."""
    read_target: Array
    """[S] that a reading afterwards is to show; NaN where none is taken."""
    scheme: BiasScheme
    read_voltage: float = 0.1
    """[V] of the readings."""

    def __len__(self) -> int:
        return len(self.time)


def write_pulses(path: str | Path, pulses: PulseList) -> None:
    """Write `pulses` as CSV; numbers come back exactly."""
    heading = f"{HEAD}; scheme {pulses.scheme.name}; read voltage {pulses.read_voltage!r} V"
    lines = [heading, ",".join(COLUMNS)]
    for index in range(len(pulses)):
        target = float(pulses.read_target[index])
        cells = [
            repr(float(pulses.time[index])),
            str(int(pulses.row[index])),
            str(int(pulses.column[index])),
            repr(float(pulses.voltage[index])),
            repr(float(pulses.width[index])),
            "" if np.isnan(target) else repr(target),
        ]
        lines.append(",".join(cells))
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_pulses(path: str | Path) -> PulseList:
    """Read a list that `write_pulses` wrote, or one by hand in its form.

    Raises `SimulationError` naming file and line for what cannot be read.
    """
    source = Path(path)
    try:
        lines = source.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SimulationError(f"{source}: cannot be read: {error}") from None
    chosen, volts = _heading(source, lines)
    rows: list[tuple[float, ...]] = []
    names: list[str] | None = None
    for number, line in enumerate(lines, start=1):
        bare = line.partition("#")[0].strip()
        if not bare:
            continue
        cells = [cell.strip() for cell in next(csv.reader([bare]))]
        where = f"{source}:{number}"
        if names is None:
            names = cells
            if tuple(names) != COLUMNS:
                raise SimulationError(f"{where}: columns are {','.join(names)}; expected {','.join(COLUMNS)}")
            continue
        rows.append(_row(where, cells, rows[-1][0] if rows else -np.inf))
    table = np.array(rows, dtype=np.float64).reshape(-1, len(COLUMNS))
    return PulseList(
        time=table[:, 0],
        row=table[:, 1].astype(np.int64),
        column=table[:, 2].astype(np.int64),
        voltage=table[:, 3],
        width=table[:, 4],
        read_target=table[:, 5],
        scheme=chosen,
        read_voltage=volts,
    )


def _heading(source: Path, lines: list[str]) -> tuple[BiasScheme, float]:
    """Scheme and read voltage of the first line."""
    if not lines or not lines[0].startswith(HEAD):
        raise SimulationError(f"{source}:1: not a pulse list; expected a first line {HEAD!r} with its scheme")
    found = dict(part.strip().rsplit(" ", 1) for part in lines[0].removesuffix(" V").split(";")[1:])
    if set(found) != {"scheme", "read voltage"}:
        raise SimulationError(
            f"{source}:1: heading names {', '.join(found) or 'nothing'}; "
            f"expected 'scheme NAME; read voltage 0.1 V', NAME one of {', '.join(SCHEMES)}"
        )
    try:
        return scheme(found["scheme"]), float(found["read voltage"])
    except (SimulationError, ValueError) as error:
        raise SimulationError(f"{source}:1: {error}") from None


def _row(where: str, cells: list[str], before: float) -> tuple[float, ...]:
    if len(cells) != len(COLUMNS):
        raise SimulationError(f"{where}: {len(cells)} values; expected {len(COLUMNS)}: {','.join(COLUMNS)}")
    values: list[float] = []
    for name, cell in zip(COLUMNS, cells, strict=True):
        if name == "read_target" and not cell:
            values.append(np.nan)
            continue
        try:
            value = float(cell)
        except ValueError:
            raise SimulationError(f"{where}: {name} is {cell!r}; expected a number") from None
        if not np.isfinite(value) or (name not in ("voltage",) and value < 0):
            raise SimulationError(f"{where}: {name} is {cell}; expected a finite number from 0 up")
        if name in ("row", "column") and value != int(value):
            raise SimulationError(f"{where}: {name} is {cell}; expected a whole number")
        values.append(value)
    if values[0] < before:
        raise SimulationError(f"{where}: time is {values[0]:g} s, before the last pulse's {before:g} s")
    return tuple(values)


def replay(
    path: WritePath, pulses: PulseList, state: Array, *, random: np.random.Generator | None = None
) -> tuple[Array, Array]:
    """Give `pulses` to the array of `path` from `state` (M, N) on.

    Returns the states and, (P,), what readings showed [S], NaN where none was taken. Raises `SimulationError`
    where the list was made for another scheme, or names a cell that is not there.
    """
    if pulses.scheme != path.scheme:
        raise SimulationError(
            f"the pulse list is for the scheme {pulses.scheme.name!r}; "
            f"the array is written by {path.scheme.name!r}"
        )
    x = np.array(state, dtype=np.float64)
    shown = np.full(len(pulses), np.nan)
    for index in range(len(pulses)):
        row, column = int(pulses.row[index]), int(pulses.column[index])
        x = path.pulse(
            x, row, column, float(pulses.voltage[index]), float(pulses.width[index]), random=random
        )
        if not np.isnan(pulses.read_target[index]):
            shown[index] = path.read(x, row, column)
    return x, shown
