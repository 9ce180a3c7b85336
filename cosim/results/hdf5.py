"""HDF5 files that xarray opens with named dimensions, and that are never half written.

What lives here: `Array` and `Group` (what a file holds), `write_file`/`read_file` for any
such tree. How a `Result` becomes a group is in `resultfile.py`. The layout is described in
docs/results.md: a dataset a variable, a dimension scale a dimension, `units` in SI symbols.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import ResultFileError, did_you_mean
from cosim.results.atomic import atomic_path, one_line

SCHEMA = "cosim"
SCHEMA_VERSION = 1

#: Version → what turns a tree of that version into one of the next. A file of each version stays in
#: the tests, so that what was written once can be read for ever.
UPGRADES: dict[int, Callable[[Group], Group]] = {}

#: Words that make xarray turn a number into a time span of whole nanoseconds.
_TIME_WORDS = ("second", "minute", "hour", "day", "week", "since")
_UNNAMED_SCALE = "This is a netCDF dimension but not a netCDF variable."
_SLASH = "\u2215"
_DEEPEST = 32
_LARGE = 8192

Scalar = str | int | float


@dataclass(frozen=True, kw_only=True, eq=False)
class Array:
    """One variable: `values` with a name for each axis, a unit and further attributes.

    Numbers, booleans and texts are kept; complex numbers and Python objects are refused.
    """

    values: ArrayLike
    dimensions: tuple[str, ...] = ()
    units: str = ""
    attributes: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Group:
    """A folder of variables inside a file. A dimension has one length within its group;
    a one-dimensional array with the name of its dimension is that dimension's coordinate.
    """

    arrays: Mapping[str, Array] = field(default_factory=dict)
    attributes: Mapping[str, Scalar] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)


def find_group(group: Group, place: str) -> Group:
    """The group at a place such as `waveforms/0000012`; `ResultFileError` names what there is instead."""
    inner = group
    for name in filter(None, place.split("/")):
        if name not in inner.groups:
            few = list(inner.groups)[:12]
            raise ResultFileError(
                f"no group {place!r}{did_you_mean(name, inner.groups)}; it has "
                f"{', '.join(few) or 'none'}{' …' if len(inner.groups) > len(few) else ''}"
            )
        inner = inner.groups[name]
    return inner


def write_file(path: str | os.PathLike[str], group: Group) -> None:
    """Write a tree of named arrays; the file appears whole or not at all.

    It is put together in memory and written at once: HDF5 cannot close a file on a full disk.

    Raises `ResultFileError` when the folder cannot be written or an array does not fit
    its dimensions, has a wrong unit or a type that the file cannot hold.
    """
    import h5py

    with atomic_path(path) as temporary:
        try:
            with h5py.File(temporary, "w", driver="core", backing_store=False, track_order=True) as file:
                file.attrs["schema"] = SCHEMA
                file.attrs["schema_version"] = SCHEMA_VERSION
                _write_group(file, group, "/")
                file.flush()
                image = file.id.get_file_image()
            temporary.write_bytes(image)
        except ResultFileError as error:
            raise ResultFileError(f"cannot write {path}: {error}") from None
        except (OSError, ValueError, TypeError, OverflowError, RuntimeError) as error:
            raise ResultFileError(f"cannot write {path}: {one_line(error)}") from error


def read_file(path: str | os.PathLike[str]) -> Group:
    """Read a file that `write_file` wrote, now or in an older version.

    Raises `ResultFileError`, in one line, for a file that is missing, truncated or not of
    this schema.
    """
    import h5py

    source = Path(path)
    if not source.exists():
        raise ResultFileError(f"{source}: no such file")
    if not source.is_file():
        raise ResultFileError(f"{source}: is not a file")
    try:
        with h5py.File(source, "r") as file:
            if _plain(file.attrs.get("schema", "")) != SCHEMA:
                raise ResultFileError(f"{source}: an HDF5 file, but not one of ours (no schema {SCHEMA!r})")
            version = _plain(file.attrs.get("schema_version", 0))
            if not isinstance(version, int) or not 1 <= version <= SCHEMA_VERSION:
                raise ResultFileError(
                    f"{source}: schema version {version}, but only {SCHEMA_VERSION} is known here; update"
                )
            group = _read_group(file, 0)
        for older in range(version, SCHEMA_VERSION):
            group = UPGRADES[older](group)
        return group
    except ResultFileError:
        raise
    except Exception as error:  # h5py raises half a dozen kinds for a damaged file
        raise ResultFileError(f"{source}: truncated, damaged or not HDF5 ({one_line(error)})") from error


def _write_group(target: Any, group: Group, where: str) -> None:
    _write_attributes(target, group.attributes, where)
    lengths = _dimension_lengths(group, where)
    written = {name: _write_array(target, name, array, where) for name, array in group.arrays.items()}
    scales = {}
    for dimension, length in lengths.items():
        if dimension in written:
            scales[dimension] = written[dimension]
            written[dimension].make_scale(dimension)
        else:
            # The marker and its ten digits are the convention by which netCDF readers
            # tell a bare dimension from a variable.
            scales[dimension] = target.create_dataset(_safe(dimension), shape=(length,), dtype="f4")
            scales[dimension].make_scale(f"{_UNNAMED_SCALE}{length:10d}")
    for name, array in group.arrays.items():
        for axis, dimension in enumerate(array.dimensions):
            if name != dimension:
                written[name].dims[axis].attach_scale(scales[dimension])
    for name, child in group.groups.items():
        if _safe(name) in target:
            raise ResultFileError(f"{where}{name}: a group and an array of one name")
        _write_group(target.create_group(_safe(name), track_order=True), child, f"{where}{name}/")


def _dimension_lengths(group: Group, where: str) -> dict[str, int]:
    lengths: dict[str, int] = {}
    for name, array in group.arrays.items():
        shape = np.shape(array.values)
        if len(shape) != len(array.dimensions) or len(set(array.dimensions)) != len(shape):
            raise ResultFileError(f"{where}{name}: shape {shape}, but its dimensions are {array.dimensions}")
        for dimension, length in zip(array.dimensions, shape, strict=True):
            if lengths.setdefault(dimension, length) != length:
                raise ResultFileError(
                    f"{where}{name}: dimension {dimension!r} has length {length} here, "
                    f"{lengths[dimension]} elsewhere"
                )
    for dimension in lengths:
        if dimension in group.arrays and group.arrays[dimension].dimensions != (dimension,):
            raise ResultFileError(f"{where}{dimension}: names a dimension, and an array over others")
    return lengths


def _write_array(target: Any, name: str, array: Array, where: str) -> Any:
    import h5py

    values = np.asarray(array.values)
    if values.dtype.kind == "U" and not isinstance(array.values, np.ndarray):
        values = np.asarray(array.values, dtype=object)  # NumPy's own texts lose a NUL at the end
    lowered = array.units.lower()
    if any(word in lowered for word in _TIME_WORDS):
        raise ResultFileError(f'{where}{name}: units {array.units!r}; write the SI symbol, e.g. "s"')
    if values.dtype.kind not in "biufUO" or (
        values.dtype.kind == "O" and not all(isinstance(item, str) for item in values.flat)
    ):
        raise ResultFileError(f"{where}{name}: values of type {values.dtype} are neither numbers nor texts")
    options: dict[str, Any] = {}
    if values.dtype.kind in "UO":
        values, options = values.astype(object), {"dtype": h5py.string_dtype()}
    attributes: dict[str, Scalar] = dict(array.attributes)
    if values.dtype.kind == "b":
        values, attributes["dtype"] = values.astype(np.int8), "bool"
    if values.nbytes > _LARGE:
        options |= {"chunks": True, "compression": "gzip", "compression_opts": 1, "shuffle": True}
    try:
        dataset = target.create_dataset(_safe(name), data=values, **options)
    except (ValueError, TypeError, UnicodeError) as error:
        raise ResultFileError(f"{where}{name}: {one_line(error)}") from error
    if array.units:
        attributes["units"] = array.units
    if _safe(name) != name:
        attributes["label"] = name
    _write_attributes(dataset, attributes, f"{where}{name}")
    return dataset


def _write_attributes(target: Any, attributes: Mapping[str, Scalar], where: str) -> None:
    for name, value in attributes.items():
        if name in target.attrs:
            raise ResultFileError(f"{where}: attribute {name!r} is reserved; choose another name")
        if isinstance(value, (bool, np.bool_)):
            value = int(value)
        elif isinstance(value, int):
            value = np.int64(value)
        elif not isinstance(value, (str, float, np.integer, np.floating)):
            raise ResultFileError(f"{where}: attribute {name!r} is neither a text nor a number")
        target.attrs[name] = value


def _read_group(source: Any, depth: int) -> Group:
    import h5py

    if depth > _DEEPEST:
        raise ResultFileError(f"groups nested deeper than {_DEEPEST}")
    arrays: dict[str, Array] = {}
    groups: dict[str, Group] = {}
    for name in source:
        # Links and storage outside this file could name any file of the reader's machine.
        if not isinstance(source.get(name, getlink=True), h5py.HardLink):
            continue
        item = source[name]
        if isinstance(item, h5py.Group):
            groups[name.replace(_SLASH, "/")] = _read_group(item, depth + 1)
            continue
        if not isinstance(item, h5py.Dataset) or item.is_virtual or item.external or _is_bare_scale(item):
            continue
        array = _read_array(item, name)
        arrays[str(array.attributes.get("label", name))] = array
    attributes = {name: _plain(value) for name, value in source.attrs.items()}
    for name in ("schema", "schema_version"):
        attributes.pop(name, None)
    return Group(arrays=arrays, attributes=attributes, groups=groups)


def _read_array(dataset: Any, name: str) -> Array:
    import h5py

    dimensions = tuple(
        axis[0].name.rsplit("/", 1)[-1].replace(_SLASH, "/") if len(axis) else name for axis in dataset.dims
    )
    hidden = ("CLASS", "NAME", "REFERENCE_LIST", "DIMENSION_LIST", "units")
    attributes = {key: _plain(value) for key, value in dataset.attrs.items() if key not in hidden}
    values: NDArray[Any] = dataset.asstr()[()] if h5py.check_string_dtype(dataset.dtype) else dataset[()]
    if attributes.pop("dtype", "") == "bool":
        values = np.asarray(values, dtype=bool)
    return Array(
        values=values,
        dimensions=dimensions,
        units=str(_plain(dataset.attrs.get("units", ""))),
        attributes=attributes,
    )


def _is_bare_scale(dataset: Any) -> bool:
    marker = dataset.attrs.get("NAME", b"")
    return isinstance(marker, bytes) and marker.startswith(_UNNAMED_SCALE.encode())


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    return value


def _safe(name: str) -> str:
    if not name or name in (".", "..") or "\0" in name:
        raise ResultFileError(f"{name!r} cannot name an array, a dimension or a group")
    return name.replace("/", _SLASH)
