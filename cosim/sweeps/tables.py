"""A merged sweep as a table, a row a case: CSV, and Parquet where pyarrow is installed."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import Any

import numpy as np

from cosim.errors import DependencyError, SweepError
from cosim.results import Group, atomic_path, write_bytes

#: Endings of a table.
ENDINGS = (".csv", ".parquet")


def columns_of(group: Group) -> dict[str, Any]:
    """Columns of a merged sweep, all of one length: parameters, status, measurements.

    An array of a case becomes columns `name[0]`, `name[1]` … Raises `SweepError` for another file.
    """
    if "status" not in group.arrays or group.attributes.get("content") != "sweep":
        raise SweepError("holds no merged sweep")
    status = group.arrays["status"]
    dimensions, shape = status.dimensions, np.shape(status.values)
    columns: dict[str, Any] = {"case": np.arange(int(np.prod(shape)))}
    for name, array in group.arrays.items():
        values = np.asarray(array.values)
        if len(array.dimensions) == 1 and array.dimensions[0] in dimensions:
            axis = dimensions.index(array.dimensions[0])
            where = [1] * len(shape)
            where[axis] = -1
            columns[name] = np.broadcast_to(values.reshape(where), shape).ravel()
        elif array.dimensions == dimensions:
            columns[name] = values.ravel()
        else:
            flat = values.reshape(columns["case"].size, -1)
            inner = values.shape[len(shape) :]
            for k in range(flat.shape[1]):
                place = ",".join(str(int(i)) for i in np.unravel_index(k, inner))
                columns[f"{name}[{place}]"] = flat[:, k]
    return columns


def write_table(path: str | os.PathLike[str], group: Group) -> None:
    """Write the table of a merged sweep; the ending chooses, numbers keep 17 digits."""
    target = Path(path)
    columns = columns_of(group)
    if target.suffix.lower() == ".parquet":
        _parquet(target, columns, group)
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in zip(*(column.tolist() for column in columns.values()), strict=True):
        writer.writerow([repr(item) if isinstance(item, float) else item for item in row])
    write_bytes(target, text.getvalue().encode("utf-8"))


def _parquet(target: Path, columns: dict[str, Any], group: Group) -> None:
    try:
        import pyarrow
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise DependencyError("Parquet needs pyarrow: pip install 'cosim-cryo[parquet]'") from error
    table = pyarrow.table({name: pyarrow.array(column.tolist()) for name, column in columns.items()})
    kept = {f"cosim_{name}": str(value) for name, value in group.attributes.items()}
    table = table.replace_schema_metadata(kept)
    with atomic_path(target) as temporary:
        parquet.write_table(table, temporary)
