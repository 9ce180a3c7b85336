"""The container of a NIR file: HDF5 in, plain nodes and edges out, nothing interpreted.

A file may come from anywhere, so each array's type and size is looked at before it is read, and
whatever HDF5 says about a damaged file becomes one `NetworkError` line. What the nodes mean is in
`nir_reader`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cosim.errors import NetworkError

_LARGEST_ARRAY = 2**31  # bytes; a compressed file can claim any size


@dataclass(frozen=True, kw_only=True)
class NirNode:
    """A node as stored: its type's name and its arrays (or strings) by name."""

    name: str
    type: str
    fields: dict[str, Any]

    def __str__(self) -> str:
        return f"node {self.name!r} ({self.type})"


@dataclass(frozen=True, kw_only=True)
class NirFile:
    """The top graph of a file. Edge order is the file's, which means nothing."""

    nodes: dict[str, NirNode]
    edges: tuple[tuple[str, str], ...]
    metadata: dict[str, Any]
    sha256: str


def read_nir_file(path: str | Path) -> NirFile:
    """Read the top graph of a NIR file.

    Raises `NetworkError`, in one line, for a file that is missing, damaged, or of another kind.
    """
    import h5py

    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NetworkError(f"{path}: cannot read the file: {error.strerror or one_line(error)}") from error
    if not h5py.is_hdf5(path):
        raise NetworkError(f"{path}: not a NIR file: it is not HDF5 at all; was it downloaded completely?")
    if _has_endless_heap(content):
        raise NetworkError(f"{path}: the file is damaged (its text cannot be read); copy or export it again")
    try:
        with h5py.File(path, "r") as file:
            return _read_graph(file, path, hashlib.sha256(content).hexdigest())
    except NetworkError:
        raise
    except Exception as error:  # h5py raises whatever the damage leads to: OSError, KeyError, RuntimeError, …
        raise NetworkError(
            f"{path}: the file is damaged or cut short ({one_line(error)}); copy or export it again"
        ) from error


def _has_endless_heap(content: bytes) -> bool:
    """Tell whether HDF5 would walk a damaged heap of strings for ever, in C, where nothing can stop it.

    A global heap collection is "GCOL", version 1, 3 zero bytes and its size; then objects: index (2
    bytes), references (2), zeros (4), size (8), data padded to 8. The size of the free space (index 0)
    counts its own header. An object that takes no room at all is where the walk stands still.
    """
    start = -1
    while (start := content.find(b"GCOL\x01\0\0\0", start + 1)) >= 0:
        place = start + 16
        end = start + int.from_bytes(content[start + 8 : place], "little")
        while place + 16 <= min(end, len(content)):
            index = int.from_bytes(content[place : place + 2], "little")
            size = int.from_bytes(content[place + 8 : place + 16], "little")
            room = size if index == 0 else 16 + (size + 7) // 8 * 8
            if room % 2**64 == 0:
                return True
            place += room
    return False


def one_line(error: Exception) -> str:
    """Return an exception's text on one line, shortened."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else text[:157] + "..."


def _read_graph(file: Any, path: Path, sha256: str) -> NirFile:
    import h5py

    root = file.get("node")
    if not isinstance(root, h5py.Group):
        found = ", ".join(sorted(map(str, file.keys()))[:6]) or "nothing"
        raise NetworkError(f"{path}: HDF5, but not a NIR file: expected a group 'node', found {found}")
    kind = _read_value(root["type"], path, "node/type") if "type" in root else "(none)"
    members = root.get("nodes")
    if kind != "NIRGraph" or not isinstance(members, h5py.Group) or "edges" not in root:
        raise NetworkError(
            f"{path}: the file holds {kind!r}, expected a NIRGraph with nodes and edges; "
            "wrap a single node with nir.NIRGraph.from_list(...)"
        )
    nodes = {str(name): _read_node(str(name), group, path) for name, group in members.items()}
    edges = np.asarray(_read_value(root["edges"], path, "node/edges"), dtype=object)
    if edges.size and (edges.ndim != 2 or edges.shape[1] != 2):
        raise NetworkError(f"{path}: the edges have shape {edges.shape}, expected (edges, 2)")
    pairs = tuple((str(a), str(b)) for a, b in edges) if edges.size else ()
    metadata = root.get("metadata")
    return NirFile(
        nodes=nodes,
        edges=pairs,
        metadata=_read_fields(metadata, path, "node/metadata") if isinstance(metadata, h5py.Group) else {},
        sha256=sha256,
    )


def _read_node(name: str, group: Any, path: Path) -> NirNode:
    import h5py

    if not isinstance(group, h5py.Group) or "type" not in group:
        raise NetworkError(f"{path}: node {name!r} has no type; the file is damaged or not a NIR file")
    kind = str(_read_value(group["type"], path, f"{name}/type"))
    if kind == "NIRGraph":  # nested; its inside is of no use to a reader that refuses it
        return NirNode(name=name, type=kind, fields={})
    fields = _read_fields(group, path, name)
    fields.pop("type", None)
    return NirNode(name=name, type=kind, fields=fields)


def _read_fields(group: Any, path: Path, where: str) -> dict[str, Any]:
    import h5py

    return {
        str(key): _read_value(item, path, f"{where}/{key}")
        for key, item in group.items()
        if isinstance(item, h5py.Dataset)
    }


def _read_value(item: Any, path: Path, where: str) -> Any:
    """Return a dataset as an array, or as str where it is a scalar string."""
    import h5py

    if not isinstance(item, h5py.Dataset):
        raise NetworkError(f"{path}: {where} is a group, expected an array")
    size = int(item.size or 0) * item.dtype.itemsize
    if size > _LARGEST_ARRAY:
        raise NetworkError(f"{path}: {where} claims {size} bytes, more than the {_LARGEST_ARRAY} accepted")
    if h5py.check_string_dtype(item.dtype) is not None:
        _check_text_lengths(item, path, where)
        return item.asstr()[()]
    if item.dtype.kind not in "biuf":
        raise NetworkError(f"{path}: {where} holds values of type {item.dtype}, expected numbers or text")
    if item.shape is None:
        raise NetworkError(f"{path}: {where} is empty, expected numbers or text")
    return np.asarray(item[()])


def _check_text_lengths(item: Any, path: Path, where: str) -> None:
    """Refuse texts that claim to be longer than the file, before HDF5 reserves up to 4 GiB for each.

    A text of variable length is stored as its length (4 bytes) and where in the file it lies (12).
    """
    offset = item.id.get_offset()
    if offset is None or item.id.get_storage_size() != 16 * item.size:
        return
    with path.open("rb") as stream:
        stream.seek(offset)
        stored = stream.read(16 * item.size)
    lengths = np.frombuffer(stored[: len(stored) // 16 * 16], dtype="<u4")[::4]
    if lengths.size and lengths.max() > path.stat().st_size:
        raise NetworkError(f"{path}: {where} claims a text of {lengths.max()} bytes; the file is damaged")
