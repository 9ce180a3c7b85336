"""Reading measured pulse curves from a CSV file, and writing them.

    # anything after a '#' is a comment
    voltage,width,pulse,conductance,spread
    1.0,1e-7,0,2.0e-06,
    1.0,1e-7,1,2.4e-06,5e-08

Columns by name, in any order, SI units: `voltage` [V] and `width` [s] of the series' pulses, `pulse` the
number of pulses before (0, 1, 2 …, one after the other), `conductance` [S], and, optional, `spread`: σ of
the conductance after one pulse [S], empty where it was not measured. Rows of equal voltage and
width are one curve.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cosim.devices.measured import MeasuredDevice, PulseCurve
from cosim.errors import SimulationError, did_you_mean

NEEDED = ("voltage", "width", "pulse", "conductance")
OPTIONAL = ("spread",)


def read_curves(
    path: str | Path, *, threshold: float | None = None, voltage_scale: float = np.inf
) -> MeasuredDevice:
    """The device whose curves are in the file at `path`; the last two as in `MeasuredDevice`.

    Raises `SimulationError` naming file and line for what cannot be read: a missing column, a value
    that is no number, a negative conductance, pulses that do not count up, a voltage of 0.
    """
    source = Path(path)
    try:
        text = source.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SimulationError(f"{source}: cannot be read: {error}") from None
    rows = list(_rows(source, text))
    if not rows:
        raise SimulationError(f"{source}: no measurements; expected a line of names and rows of numbers")
    series: dict[tuple[float, float], list[tuple[int, dict[str, float]]]] = {}
    for line, row in rows:
        series.setdefault((row["voltage"], row["width"]), []).append((line, row))
    return MeasuredDevice(
        curves=tuple(_curve(source, voltage, width, part) for (voltage, width), part in series.items()),
        threshold=threshold,
        voltage_scale=voltage_scale,
        name=source.name,
    )


def _rows(source: Path, text: str) -> Iterator[tuple[int, dict[str, float]]]:
    """Line numbers and values of the rows."""
    names: list[str] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.partition("#")[0].strip()
        if not bare:
            continue
        cells = [cell.strip() for cell in next(csv.reader([bare]))]
        if names is None:
            names = _names(f"{source}:{number}", cells)
            continue
        if len(cells) != len(names):
            raise SimulationError(
                f"{source}:{number}: {len(cells)} values; expected {len(names)}: {','.join(names)}"
            )
        row: dict[str, float] = {}
        for name, cell in zip(names, cells, strict=True):
            if not cell and name in OPTIONAL:
                continue
            try:
                row[name] = float(cell)
            except ValueError:
                raise SimulationError(f"{source}:{number}: {name} is {cell!r}; expected a number") from None
        yield number, _checked(f"{source}:{number}", row)


def _names(where: str, names: list[str]) -> list[str]:
    known = NEEDED + OPTIONAL
    for name in names:
        if name not in known:
            raise SimulationError(f"{where}: column {name!r} is not known{did_you_mean(name, known)}")
    for name in NEEDED:
        if name not in names:
            raise SimulationError(f"{where}: column {name!r} is missing; expected {','.join(known)}")
    return names


def _checked(where: str, row: dict[str, float]) -> dict[str, float]:
    for name, value in row.items():
        if not np.isfinite(value):
            raise SimulationError(f"{where}: {name} is {value}; expected a finite number")
    if row["voltage"] == 0:
        raise SimulationError(f"{where}: voltage is 0; a pulse of 0 V moves nothing")
    if not row["width"] > 0:
        raise SimulationError(f"{where}: width is {row['width']:g} s; expected a number above zero")
    for name in ("conductance", "spread"):
        if row.get(name, 0.0) < 0:
            raise SimulationError(f"{where}: {name} is {row[name]:g} S; expected a number from 0 up")
    return row


def _curve(
    source: Path, voltage: float, width: float, part: list[tuple[int, dict[str, float]]]
) -> PulseCurve:
    for expected, (line, row) in enumerate(part):
        if row["pulse"] != expected:
            raise SimulationError(
                f"{source}:{line}: pulse is {row['pulse']:g}; expected {expected}: "
                f"the pulses of the series at {voltage:g} V count 0, 1, 2 …"
            )
    first = part[0][0]
    spreads = [row.get("spread", np.nan) for _, row in part]
    known = np.isfinite(spreads)
    filled = (
        np.interp(np.arange(len(part)), np.flatnonzero(known), np.array(spreads)[known])
        if known.any()
        else None
    )
    try:
        return PulseCurve(
            voltage=voltage,
            width=width,
            conductance=np.array([row["conductance"] for _, row in part]),
            spread=filled,
        )
    except SimulationError as error:
        raise SimulationError(f"{source}:{first}: {error}") from None


def write_curves(path: str | Path, device: MeasuredDevice) -> None:
    """Write the curves of `device` so that `read_curves` reads them back."""
    lines = ["voltage,width,pulse,conductance,spread"]
    for curve in device.curves:
        for pulse, value in enumerate(curve.conductance):
            sigma = "" if curve.spread is None else repr(float(curve.spread[pulse]))
            lines.append(f"{curve.voltage!r},{curve.width!r},{pulse},{float(value)!r},{sigma}")
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
