"""What a kind of work has to offer, and what it gets: a `Case` in, an `Outcome` out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol

from cosim.sweeps.fields import Value
from cosim.sweeps.outcome import Outcome


@dataclass(frozen=True, kw_only=True)
class Case:
    """One point of a sweep. `seed` follows from the sweep's seed and from what the case is, and from
    nothing else: not from its place in the sweep, its worker or the order."""

    index: int
    parameters: Mapping[str, Value]
    seed: int
    id: str


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is wanted of each case."""

    parameters: tuple[str, ...] = ()
    measure: Mapping[str, str] = field(default_factory=dict)
    waveforms: tuple[str, ...] = ()


class Performer(Protocol):
    """Work made ready in a worker: inputs read, things compiled."""

    def check(self, case: Case) -> None:
        """Raise `CosimError` when a case cannot be set up; called when a sweep is planned."""
        ...

    def prepare(self) -> None:
        """Compile and load what the first case would wait for: it does not count for time limits."""
        ...

    def groups(self, cases: Sequence[Case]) -> list[list[Case]]:
        """Cases that run together. How they are grouped must not change what they give."""
        ...

    def perform(self, cases: Sequence[Case]) -> list[Outcome]:
        """One outcome for each case of a group, in their order.

        A `CosimError` or any other exception fails all of them: catch what belongs to one.
        """
        ...


class Work(Protocol):
    """A frozen dataclass whose fields are the keys of `[work]`."""

    kind: ClassVar[str]

    def bundle(self) -> int:
        """Cases a shard where the specification does not say."""
        ...

    def inputs(self, folder: Path, request: Request) -> dict[str, bytes]:
        """Contents of the files that the plan keeps; paths in the work start at `folder`."""
        ...

    def unit(self, text: str) -> str:
        """SI symbol of what an expression of `measure` gives, empty where there is none."""
        ...

    def versions(self) -> dict[str, str]:
        """Versions of what computes, besides those of cosim and NumPy; they are part of a case's id."""
        ...

    def performer(self, folder: Path, request: Request, time_limit: float) -> Performer:
        """Make ready to run cases from what the plan keeps: `folder` holds the files of `inputs`."""
        ...
