"""Event data of the neuromorphic intermediate representation (package `nir` from 1.0.8 on)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from cosim.encoding.events import Events, events, from_dense
from cosim.errors import DependencyError, NetworkError, ResultFileError, did_you_mean


def from_nir(data: Any) -> list[Events]:
    """Turn `nir.data_ir.EventData` or `TimeGriddedData` into samples.

    Raises:
        NetworkError: gridded data that are not spikes, or numbers that do not fit.
    """
    if hasattr(data, "idx"):
        samples = []
        for index, time in zip(np.asarray(data.idx), np.asarray(data.time), strict=True):
            there = (index >= 0) & np.isfinite(time)
            samples.append(events(time[there], index[there], int(data.n_neurons), float(data.t_max)))
        return samples
    if hasattr(data, "dt"):
        return [from_dense(grid.astype(np.int64), float(data.dt)) for grid in _spikes(data.data)]
    raise NetworkError(f"NIR data of type {type(data).__name__}; expected EventData or TimeGriddedData")


def read_nir_events(path: str | Path, node: str, observable: str = "spikes") -> list[Events]:
    """Read the samples of one observable of one node from a NIR data file.

    Raises:
        ResultFileError: a file that cannot be read, a node or observable that is not in it.
        DependencyError: a version of `nir` without data files.
    """
    import nir

    if not hasattr(nir, "read_data"):
        raise DependencyError("NIR data files need nir 1.0.8 or later: pip install --upgrade nir")
    try:
        graph = nir.read_data(str(path))
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ResultFileError(f"{path}: not a NIR data file that can be read: {error}") from error
    nodes = getattr(graph, "nodes", {})
    if node not in nodes:
        raise ResultFileError(
            f"{path}: no node {node!r}{did_you_mean(node, nodes)}; there are {', '.join(nodes)}"
        )
    kinds = nodes[node].observables
    if observable not in kinds:
        raise ResultFileError(
            f"{path}: node {node!r} has no observable {observable!r}{did_you_mean(observable, kinds)}; "
            f"it has {', '.join(kinds)}"
        )
    return from_nir(kinds[observable])


def _spikes(data: Any) -> np.ndarray:
    array = np.asarray(data)
    if array.dtype != bool and not np.all(array == np.floor(array)):
        raise NetworkError(
            "NIR data on a time grid hold a signal, not spikes: encode it with `delta` or `poisson`"
        )
    return array
