"""A `Result` as a group of a file, and back; a file that holds one result.

Root (or the group given): `time`, a variable a signal, `status`, `message` and the
provenance as attributes. Group `pulses`: flat `time`, `element`, `sign`, and the junctions'
`name`. Group `stats`: attributes.
"""

from __future__ import annotations

import os

import numpy as np

from cosim.errors import CosimError, ResultFileError
from cosim.results.hdf5 import Array, Group, read_file, write_file
from cosim.results.result import Pulses, Result

KIND = "result"


def result_group(result: Result) -> Group:
    """Return the group that holds a result, to stand alone or inside a larger file."""
    for name in ("kind", "status", "message"):
        if name in result.provenance:
            raise ResultFileError(f"provenance entry {name!r} is reserved; choose another name")
    arrays = {"time": Array(values=result.time, dimensions=("time",), units="s")}
    for name, values in result.signals.items():
        if name == "time":
            raise ResultFileError("a signal cannot be called 'time'")
        arrays[name] = Array(values=values, dimensions=("time",), units=result.units[name])
    return Group(
        arrays=arrays,
        attributes={"kind": KIND, "status": result.status, "message": result.message, **result.provenance},
        groups={"pulses": _pulses_group(result.pulses), "stats": Group(attributes=result.stats)},
    )


def result_from_group(group: Group) -> Result:
    """Return the result that `result_group` packed; `ResultFileError` when it is none."""
    attributes = dict(group.attributes)
    if attributes.pop("kind", None) != KIND or "time" not in group.arrays:
        raise ResultFileError("holds no simulation result")
    arrays = dict(group.arrays)
    time = arrays.pop("time")
    stats = group.groups["stats"].attributes if "stats" in group.groups else {}
    pulses = group.groups.get("pulses")
    try:
        return Result(
            time=np.asarray(time.values, dtype=np.float64),
            signals={name: np.asarray(array.values, dtype=np.float64) for name, array in arrays.items()},
            units={name: array.units for name, array in arrays.items()},
            pulses=Pulses.none() if pulses is None else _pulses_from_group(pulses),
            stats=dict(stats),
            status=str(attributes.pop("status", "completed")),
            message=str(attributes.pop("message", "")),
            provenance=attributes,
        )
    except (KeyError, ValueError, TypeError, CosimError) as error:
        raise ResultFileError(f"holds a damaged result: {error}") from error


def write_result(path: str | os.PathLike[str], result: Result) -> None:
    """Write one result as HDF5; the file appears whole or not at all."""
    write_file(path, result_group(result))


def read_result(path: str | os.PathLike[str]) -> Result:
    """Read what `write_result` wrote. Raises `ResultFileError` in one line."""
    group = read_file(path)
    try:
        return result_from_group(group)
    except ResultFileError as error:
        raise ResultFileError(f"{path}: {error}") from error


def _pulses_group(pulses: Pulses) -> Group:
    return Group(
        arrays={
            "time": Array(values=pulses.time, dimensions=("pulse",), units="s"),
            "element": Array(values=pulses.element, dimensions=("pulse",)),
            "sign": Array(values=pulses.sign, dimensions=("pulse",)),
            "name": Array(values=np.array(pulses.names, dtype=object), dimensions=("junction",)),
        }
    )


def _pulses_from_group(group: Group) -> Pulses:
    arrays = {name: np.asarray(array.values) for name, array in group.arrays.items()}
    return Pulses(
        time=arrays["time"],
        element=arrays["element"],
        sign=arrays["sign"],
        names=tuple(str(name) for name in arrays["name"]),
    )
