"""What is done of a sweep, read from its shards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cosim.errors import CosimError
from cosim.sweeps.outcome import COMPLETED
from cosim.sweeps.plan import Plan
from cosim.sweeps.shards import check_shard, shard_path


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A case that failed."""

    case: int
    cause: str
    words: str
    tries: int


@dataclass(frozen=True, kw_only=True)
class Status:
    """Counts of cases; `damaged` and `foreign` count files that will be put aside and made again."""

    cases: int
    completed: int = 0
    failed: int = 0
    missing: int = 0
    damaged: int = 0
    foreign: int = 0
    failures: tuple[Failure, ...] = ()
    """The first ones, as many as were asked for."""
    causes: dict[str, int] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """True when every case has an outcome."""
        return self.missing == 0

    def text(self) -> str:
        """One line."""
        parts = [f"{self.completed} of {self.cases} cases completed", f"{self.failed} failed"]
        if self.missing:
            parts.append(f"{self.missing} to do")
        parts += [
            f"{n} {what} files" for n, what in ((self.damaged, "damaged"), (self.foreign, "foreign")) if n
        ]
        return ", ".join(parts)


def status(plan: Plan, *, failures: int = 20, progress: Callable[[int], None] | None = None) -> Status:
    """Look at every shard; `failures` of them are kept with cause and last words."""
    counts: Counter[str] = Counter()
    causes: Counter[str] = Counter()
    listed: list[Failure] = []
    for bundle in range(plan.bundles):
        size = len(plan.cases_of(bundle))
        found = check_shard(plan, bundle)
        if not found:
            try:
                states, failed = _failures(plan, bundle)
            except (CosimError, OSError, KeyError, RuntimeError):
                found = "damaged"
            else:
                counts["completed"] += states
                counts["failed"] += size - states
                for failure in failed:
                    causes[failure.cause] += 1
                    if len(listed) < failures:
                        listed.append(failure)
        if found:
            counts["missing"] += size
            counts[found] += found != "missing"
        if progress is not None:
            progress(size)
    return Status(
        cases=len(plan.space),
        completed=counts["completed"],
        failed=counts["failed"],
        missing=counts["missing"],
        damaged=counts["damaged"],
        foreign=counts["foreign"],
        failures=tuple(listed),
        causes=dict(causes.most_common()),
    )


def _failures(plan: Plan, bundle: int) -> tuple[int, list[Failure]]:
    """Completed cases of a sound shard, and the others."""
    import h5py

    with h5py.File(shard_path(plan, bundle), "r") as opened:
        file: Any = opened
        states = [str(text) for text in file["status"].asstr()[()]]
        failed = [row for row, state in enumerate(states) if state != COMPLETED]
        if not failed:
            return len(states), []
        causes, words = (file[name].asstr()[()] for name in ("cause", "words"))
        cases, tries = (file[name][()] for name in ("case", "tries"))
    return len(states) - len(failed), [
        Failure(case=int(cases[r]), cause=str(causes[r]), words=str(words[r]), tries=int(tries[r]))
        for r in failed
    ]
