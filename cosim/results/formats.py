"""A result in the format that its file's name asks for.

What lives here: the table of suffixes, `save_result` and `load_result`. The formats themselves are in
`resultfile.py` (HDF5, keeps everything), `csvfile.py` (JoSIM's columns) and `rawfile.py`
(ngspice); the last two keep time and signals alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cosim.errors import ResultFileError, did_you_mean
from cosim.results.csvfile import read_csv, write_csv
from cosim.results.rawfile import read_raw, write_raw
from cosim.results.rawnames import label_of, unit_of_kind
from cosim.results.result import Result
from cosim.results.resultfile import read_result, write_result
from cosim.results.slips import pulses_of_signals


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """`keeps_all` is True where a file read back equals the result, pulses and provenance included."""

    name: str
    read: Callable[[Path], Result]
    write: Callable[[Path, Result], None] | None
    keeps_all: bool = False


def read_raw_result(path: str | os.PathLike[str]) -> Result:
    """Return the last transient of a raw file; slips are found in the phases `P(B…)` that it holds.

    Raises `ResultFileError` when the file has no transient or was cut short.
    """
    plots = [plot for plot in read_raw(path) if "time" in plot.vectors]
    if not plots:
        raise ResultFileError(f"{path}: no plot over time in this raw file")
    plot = plots[-1]
    if not plot.complete:
        raise ResultFileError(f"{path}: holds fewer points than it announces; was the run killed?")
    time = np.asarray(np.real(plot["time"]), dtype=np.float64)
    signals, units = {}, {}
    for vector, values in plot.vectors.items():
        if vector == "time":
            continue
        label = label_of(vector)
        signals[label] = np.ascontiguousarray(np.real(values), dtype=np.float64)
        units[label] = unit_of_kind(plot.kinds[vector])
    return Result(
        time=time,
        signals=signals,
        units=units,
        pulses=pulses_of_signals(time, signals),
        provenance={"title": plot.title} if plot.title else {},
    )


_HDF5 = Format(name="HDF5", read=read_result, write=write_result, keeps_all=True)

#: Suffix → format, in the order in which messages list them.
FORMATS: dict[str, Format] = {
    ".h5": _HDF5,
    ".hdf5": _HDF5,
    ".csv": Format(name="table", read=read_csv, write=write_csv),
    ".csv.gz": Format(name="table", read=read_csv, write=None),
    ".raw": Format(name="ngspice raw", read=read_raw_result, write=write_raw),
    ".dat": Format(name="table", read=read_csv, write=write_csv),
}


def format_of(path: str | os.PathLike[str], *, writing: bool = False) -> Format:
    """Return the format of a file by its suffix; `ResultFileError` for one that is not known."""
    name = Path(path).name.lower()
    for suffix in sorted(FORMATS, key=len, reverse=True):
        if name.endswith(suffix):
            found = FORMATS[suffix]
            if writing and found.write is None:
                raise ResultFileError(f"cannot write {path}: {suffix} is only read; leave '.gz' out")
            return found
    listed = ", ".join(s for s, f in FORMATS.items() if f.write is not None or not writing)
    suffix = Path(path).suffix
    raise ResultFileError(
        f"{path}: no format for {f'suffix {suffix!r}' if suffix else 'a name without a suffix'}"
        f"{did_you_mean(suffix, FORMATS) if suffix else ''}; known are {listed}"
    )


def require_writable(path: str | os.PathLike[str], *, any_format: bool = False) -> None:
    """Raise `ResultFileError` now for what would only be found after a long run.

    Looks at the suffix, unless `any_format`, and at the folder.
    """
    target = Path(path)
    if not any_format:
        format_of(target, writing=True)
    folder = target.parent
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise ResultFileError(f"cannot write {target}: folder {folder} {what}; create it first")
    if target.is_dir():
        raise ResultFileError(f"cannot write {target}: it is a folder; give a file name inside it")
    if not os.access(folder, os.W_OK):
        raise ResultFileError(f"cannot write {target}: folder {folder} is read-only")


def save_result(path: str | os.PathLike[str], result: Result) -> None:
    """Write a result in the format of the suffix: .h5, .csv, .raw or .dat; whole or not at all."""
    write = format_of(path, writing=True).write
    if write is not None:
        write(Path(path), result)


def load_result(path: str | os.PathLike[str]) -> Result:
    """Read a result from .h5, .csv, .csv.gz, .raw or .dat. Raises `ResultFileError` in one line."""
    source = Path(path)
    if not source.exists():
        raise ResultFileError(f"{source}: no such file")
    return format_of(source).read(source)
