"""Sparse connections in the order in which spikes travel: all targets of one source side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import NetworkError


@dataclass(frozen=True, kw_only=True)
class Synapses:
    """Connections from `sources` to `targets` neurons, compressed by source (CSR).

    The synapses of source j are entries `offsets[j]` to `offsets[j + 1]` of `target`, `weight`, `delay`.
    """

    sources: int
    targets: int
    offsets: NDArray[np.int64]
    """(sources + 1,)"""
    target: NDArray[np.int32]
    """(synapses,) index of the neuron that each one ends on"""
    weight: NDArray[np.float64]
    """(synapses,) [A], or what the neuron takes; its sign chooses the excitatory or inhibitory current"""
    delay: NDArray[np.float64]
    """(synapses,) [s], 0 or more; rounded to steps in a run"""

    def __post_init__(self) -> None:
        count = self.target.size
        if self.offsets.shape != (self.sources + 1,) or self.offsets[0] != 0 or self.offsets[-1] != count:
            raise NetworkError(
                f"synapses: offsets {self.offsets.shape} do not fit {self.sources} sources and "
                f"{count} synapses"
            )
        if np.any(np.diff(self.offsets) < 0):
            raise NetworkError("synapses: offsets decrease")
        if count and not (self.target.min() >= 0 and self.target.max() < self.targets):
            raise NetworkError(
                f"synapses: targets from {self.target.min()} to {self.target.max()}; "
                f"expected 0 to {self.targets - 1}"
            )
        for name in ("weight", "delay"):
            values = getattr(self, name)
            if values.shape != (count,) or not np.all(np.isfinite(values)):
                raise NetworkError(
                    f"synapses: {name} must hold {count} finite numbers, got shape {values.shape}"
                )
        if count and self.delay.min() < 0:
            raise NetworkError(f"synapses: a delay of {self.delay.min()} s; expected 0 or more")

    @property
    def count(self) -> int:
        """Number of synapses."""
        return self.target.size

    def source(self) -> NDArray[np.int32]:
        """Return (synapses,) the source of each synapse."""
        return np.repeat(np.arange(self.sources, dtype=np.int32), np.diff(self.offsets))

    def dense(self) -> NDArray[np.float64]:
        """Return (targets, sources) weights; parallel synapses add."""
        matrix = np.zeros((self.targets, self.sources))
        np.add.at(matrix, (self.target, self.source()), self.weight)
        return matrix

    def with_weights(self, weight: ArrayLike) -> Synapses:
        """Return the same connections with other weights, (synapses,) or a scalar."""
        values = np.broadcast_to(np.asarray(weight, dtype=np.float64), (self.count,))
        return Synapses(
            sources=self.sources,
            targets=self.targets,
            offsets=self.offsets,
            target=self.target,
            weight=np.ascontiguousarray(values),
            delay=self.delay,
        )


def from_edges(
    sources: int,
    targets: int,
    source: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike = 1.0,
    delay: ArrayLike = 0.0,
) -> Synapses:
    """Build synapses from an edge list; `weight` [A] and `delay` [s] are scalars or one a synapse.

    Raises:
        NetworkError: indices out of range, shapes that do not fit, numbers that are not finite.
    """
    source = np.asarray(source, dtype=np.int64)
    target = np.asarray(target, dtype=np.int64)
    if source.ndim != 1 or source.shape != target.shape:
        raise NetworkError(
            f"synapses: source {source.shape} and target {target.shape} must be equally long lists"
        )
    if source.size and not (source.min() >= 0 and source.max() < sources):
        raise NetworkError(
            f"synapses: sources from {source.min()} to {source.max()}; expected 0 to {sources - 1}"
        )
    order = np.lexsort((target, source))
    offsets = np.zeros(sources + 1, dtype=np.int64)
    np.cumsum(np.bincount(source, minlength=sources), out=offsets[1:])

    def arranged(values: ArrayLike, name: str) -> NDArray[np.float64]:
        array = np.asarray(values, dtype=np.float64)
        if array.ndim not in (0, 1) or (array.ndim == 1 and array.size != source.size):
            raise NetworkError(
                f"synapses: {name} has shape {array.shape}; expected one value or {source.size}"
            )
        return np.ascontiguousarray(np.broadcast_to(array, source.shape)[order])

    return Synapses(
        sources=sources,
        targets=targets,
        offsets=offsets,
        target=target[order].astype(np.int32),
        weight=arranged(weight, "weight"),
        delay=arranged(delay, "delay"),
    )


def from_matrix(weights: ArrayLike, delay: ArrayLike = 0.0) -> Synapses:
    """Build synapses from (targets, sources) weights [A]; zeros are no synapses.

    `delay` [s] is a scalar or a matrix of the same shape.
    """
    matrix = np.asarray(weights, dtype=np.float64)
    if matrix.ndim != 2:
        raise NetworkError(f"synapses: weights of shape {matrix.shape}; expected (targets, sources)")
    target, source = np.nonzero(matrix)
    delays = np.broadcast_to(np.asarray(delay, dtype=np.float64), matrix.shape)
    return from_edges(
        matrix.shape[1], matrix.shape[0], source, target, matrix[target, source], delays[target, source]
    )


def joined(parts: Sequence[Synapses]) -> Synapses:
    """Return synapses whose sources are those of `parts`, one after the other, onto the same targets."""
    if not parts:
        raise NetworkError("synapses: nothing to join")
    targets = {part.targets for part in parts}
    if len(targets) > 1:
        raise NetworkError(f"synapses: parts end on {sorted(targets)} neurons; expected equal numbers")
    starts = np.concatenate([[0], np.cumsum([part.count for part in parts])])
    return Synapses(
        sources=sum(part.sources for part in parts),
        targets=parts[0].targets,
        offsets=np.concatenate(
            [part.offsets[:-1] + start for part, start in zip(parts, starts[:-1], strict=True)]
            + [starts[-1:]]
        ).astype(np.int64),
        target=np.concatenate([part.target for part in parts]),
        weight=np.concatenate([part.weight for part in parts]),
        delay=np.concatenate([part.delay for part in parts]),
    )
