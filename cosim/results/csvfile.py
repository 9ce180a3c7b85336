"""Tables with JoSIM's columns: `time,P(B1|X1),V(5)` in `.csv`, blanks between in `.dat`; 17 digits.

Seventeen digits carry a double exactly, so a file read back equals the run.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
from pathlib import Path

import numpy as np

from cosim.errors import ResultFileError
from cosim.results.atomic import one_line, write_bytes
from cosim.results.result import Result
from cosim.results.slips import pulses_of_signals


def table_text(result: Result, separator: str = ",") -> str:
    """Return time and all signals as a table, a line a sample."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", delimiter=separator).writerow(["time", *result.signals])
    table = np.column_stack([result.time, *result.signals.values()])
    np.savetxt(text, table, fmt="%.17g", delimiter=separator)
    return text.getvalue()


def write_csv(path: str | os.PathLike[str], result: Result) -> None:
    """Write time and all signals. Pulses, statistics and provenance are not kept."""
    separator = " " if Path(path).suffix.lower() == ".dat" else ","
    write_bytes(path, table_text(result, separator).encode("utf-8"))


def read_csv(path: str | os.PathLike[str]) -> Result:
    """Read a table of JoSIM or of `write_csv`: `.csv`, `.csv.gz`, or `.dat` with blanks between.

    Units follow from the columns' names; slips are found in the columns `P(B…)`. Raises
    `ResultFileError` when the file is missing or is not such a table.
    """
    source = Path(path)
    try:
        data = source.read_bytes()
        text = (gzip.decompress(data) if source.suffix == ".gz" else data).decode("utf-8")
        blanks = source.suffix.lower() == ".dat"
        lines = [" ".join(line.split()) for line in text.splitlines()] if blanks else text.splitlines()
        rows = [row for row in csv.reader(lines, delimiter=" " if blanks else ",") if row]
    except FileNotFoundError:
        raise ResultFileError(f"{source}: no such file") from None
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise ResultFileError(f"{source}: cannot be read as a table ({one_line(error)})") from error
    if not rows or rows[0][0].strip().lower() != "time":
        raise ResultFileError(f"{source}: not a table of signals; its first column must be 'time'")
    names = [name.strip() for name in rows[0]]
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(names):
            raise ResultFileError(f"{source}: row {number} has {len(row)} columns, the header {len(names)}")
    try:
        table = np.array(rows[1:], dtype=np.float64).reshape(-1, len(names))
    except ValueError as error:
        raise ResultFileError(f"{source}: {one_line(error)}") from error
    signals: dict[str, np.ndarray] = {}
    for column, name in enumerate(names[1:], start=1):
        # JoSIM writes what is printed twice twice.
        if not np.array_equal(signals.setdefault(name, table[:, column]), table[:, column], equal_nan=True):
            raise ResultFileError(f"{source}: column {name} occurs twice, with other values")
    return Result(time=table[:, 0], signals=signals, pulses=pulses_of_signals(table[:, 0], signals))
