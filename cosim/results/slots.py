"""Slots of a run: when each pattern was played, what it is called, and which signals to look at.

Stored beside a result as the group `slots`, so that a file alone is enough for a picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cosim.errors import CosimError, ResultFileError
from cosim.results.hdf5 import Array, Group
from cosim.results.result import Result
from cosim.results.resultfile import result_group

ROLES = ("input", "neuron", "output", "other")


@dataclass(frozen=True, kw_only=True, eq=False)
class Slots:
    """Slot s lasts from `edges[s]` to `edges[s + 1]` [s] and is called `labels[s]`.

    `junctions` are those to look at, in the order of a pulse's way, `captions` what to call
    them, `roles` "input", "neuron", "output" or "other". Raises `CosimError` for lengths that
    do not fit or edges that do not ascend.
    """

    edges: NDArray[np.float64]
    labels: tuple[str, ...]
    junctions: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        edges = np.asarray(self.edges, dtype=np.float64)
        if edges.ndim != 1 or len(edges) < 2 or not np.all(np.diff(edges) > 0.0):
            raise CosimError(f"slots need ascending edges, at least two, got shape {edges.shape}")
        if len(self.labels) != len(edges) - 1:
            raise CosimError(f"{len(self.labels)} labels for {len(edges) - 1} slots")
        count = len(self.junctions)
        captions, roles = self.captions or self.junctions, self.roles or ("other",) * count
        if not len(captions) == len(roles) == count:
            raise CosimError(f"{count} junctions, but {len(captions)} captions and {len(roles)} roles")
        object.__setattr__(self, "edges", edges)
        object.__setattr__(self, "labels", tuple(self.labels))
        object.__setattr__(self, "junctions", tuple(self.junctions))
        object.__setattr__(self, "captions", tuple(captions))
        object.__setattr__(self, "roles", tuple(roles))

    def group(self) -> Group:
        """The group of a file that `from_group` reads."""
        arrays = {
            "edge": Array(values=self.edges, dimensions=("edge",), units="s"),
            "label": Array(values=list(self.labels), dimensions=("slot",)),
        }
        if self.junctions:
            for name in ("junction", "caption", "role"):
                arrays[name] = Array(values=list(getattr(self, f"{name}s")), dimensions=("channel",))
        return Group(arrays=arrays)

    @classmethod
    def from_group(cls, group: Group) -> Slots:
        """Raise `ResultFileError` for a group of another kind."""

        def texts(name: str) -> tuple[str, ...]:
            return (
                tuple(str(text) for text in np.asarray(group.arrays[name].values))
                if name in group.arrays
                else ()
            )

        try:
            return cls(
                edges=np.asarray(group.arrays["edge"].values),
                labels=texts("label"),
                junctions=texts("junction"),
                captions=texts("caption"),
                roles=texts("role"),
            )
        except (KeyError, ValueError, TypeError, CosimError) as error:
            raise ResultFileError(f"holds a damaged group of slots: {error}") from error


def slotted_group(result: Result, slots: Slots, extra: Mapping[str, Group] | None = None) -> Group:
    """The group of a result with its slots beside it; `extra` groups go along."""
    packed = result_group(result)
    return replace(packed, groups={**packed.groups, "slots": slots.group(), **(extra or {})})
