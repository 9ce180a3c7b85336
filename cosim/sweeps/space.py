"""The cases of a sweep: the product of its axes, one case made from its number when it is needed.

Nothing here grows with the number of cases.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cosim.errors import SweepError
from cosim.sweeps.axes import Axis
from cosim.sweeps.fields import Value
from cosim.sweeps.works.base import Case


@dataclass(frozen=True, kw_only=True)
class Space:
    """`identity` is the digest of everything but the parameters: work, inputs, versions, measurements."""

    axes: tuple[Axis, ...]
    seed: int
    identity: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Points of each axis; the last one runs fastest."""
        return tuple(len(axis) for axis in self.axes)

    def __len__(self) -> int:
        return math.prod(self.shape)

    def case(self, index: int) -> Case:
        """Case number `index`. Raises `SweepError` outside 0 … len - 1."""
        if not 0 <= index < len(self):
            raise SweepError(f"there is no case {index}; they are numbered 0 to {len(self) - 1}")
        parameters: dict[str, Value] = {}
        repetition = 0
        for axis, place in zip(self.axes, self.places(index), strict=True):
            parameters.update(axis.point(place, self.seed))
            if axis.dimension == "repetition":
                repetition = place
        return case_of(index, parameters, repetition, self.seed, self.identity)

    def places(self, index: int) -> tuple[int, ...]:
        """Index along each axis."""
        return tuple(int(i) for i in np.unravel_index(index, self.shape)) if self.axes else ()

    def cases(self, indices: Sequence[int]) -> list[Case]:
        return [self.case(index) for index in indices]


def case_of(index: int, parameters: dict[str, Value], repetition: int, seed: int, identity: str) -> Case:
    """Id and seed follow from the content: parameters, repetition, the sweep's seed, and `identity`."""
    content = json.dumps([parameters, repetition, seed], sort_keys=True, separators=(",", ":"))
    drawn = hashlib.sha256(b"seed" + content.encode()).digest()
    named = hashlib.sha256(f"{identity}\n{content}".encode()).hexdigest()
    return Case(index=index, parameters=parameters, seed=int.from_bytes(drawn[:8], "big") >> 1, id=named[:32])
