"""One bundle of cases, from claim to shard: the unit that every executor runs.

`run_bundle` takes a folder and a number and returns a small report, so it can be sent to any
machine that sees the folder.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cosim.errors import ResultFileError, SweepError
from cosim.sweeps.child import folder_key, perform
from cosim.sweeps.claims import claims_of
from cosim.sweeps.hand import DiedError, TimedOutError, hand_of_thread
from cosim.sweeps.outcome import Outcome
from cosim.sweeps.plan import PLAN, Plan, load_plan
from cosim.sweeps.shards import check_shard, put_aside, read_shard, remove_leftovers, write_shard

DONE, THERE, ELSEWHERE = "done", "there", "elsewhere"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What became of a bundle: "done" now, "there" already, or in the hands of another ("elsewhere")."""

    bundle: int
    state: str
    completed: int = 0
    failed: int = 0
    aside: str = ""
    """Where a damaged or foreign file was put."""


def run_bundle(
    folder: str,
    bundle: int,
    *,
    retry: bool = False,
    isolated: bool = True,
    cancelled: Callable[[], bool] = lambda: False,
) -> Report:
    """Run what is missing of a bundle and write its shard; with `retry`, its failed cases once more.

    `isolated` runs cases in a process of their own, with time limits; otherwise they run here.
    Raises `SweepError` when the work cannot be made ready, `ResultFileError` when the shard cannot
    be written.
    """
    plan = _plan(folder)
    claims = claims_of(plan.folder)
    if not claims.take(bundle):
        return Report(bundle=bundle, state=ELSEWHERE)
    try:
        found, aside = check_shard(plan, bundle), ""
        earlier: dict[int, Outcome] = {}
        if not found:
            try:
                shard = read_shard(plan, bundle) if retry else None
            except (ResultFileError, SweepError):
                found = "damaged"
            else:
                earlier = {} if shard is None else dict(shard.outcomes)
                if shard is None or all(o.ok for o in earlier.values()):
                    return _report(plan, bundle, THERE, earlier)
        if found in ("damaged", "foreign"):
            aside = str(put_aside(plan, bundle, found))
        remove_leftovers(plan, bundle)
        wanted = [i for i in plan.cases_of(bundle) if i not in earlier or not earlier[i].ok]
        run_cases = _isolated if isolated else _here
        outcomes = run_cases(plan, wanted, cancelled)
        for index in wanted:
            if index in earlier:
                tries = earlier[index].tries + outcomes[index].tries
                outcomes[index] = replace(outcomes[index], tries=tries)
        everything = {**earlier, **outcomes}
        write_shard(plan, bundle, everything)
        return _report(plan, bundle, DONE, everything, aside)
    finally:
        claims.release(bundle)


def _report(plan: Plan, bundle: int, state: str, outcomes: dict[int, Outcome], aside: str = "") -> Report:
    failed = sum(not outcome.ok for outcome in outcomes.values())
    completed = len(plan.cases_of(bundle)) - failed
    return Report(bundle=bundle, state=state, completed=completed, failed=failed, aside=aside)


def _here(plan: Plan, indices: Sequence[int], cancelled: Callable[[], bool]) -> dict[int, Outcome]:
    performer = _performer(plan.folder, plan.digest)
    outcomes: dict[int, Outcome] = {}
    for group in performer.groups(plan.space.cases(indices)):
        if cancelled():
            raise KeyboardInterrupt
        outcomes |= dict(zip((case.index for case in group), perform(performer, group), strict=True))
    return outcomes


def _isolated(plan: Plan, indices: Sequence[int], cancelled: Callable[[], bool]) -> dict[int, Outcome]:
    """Run cases in the hand of this thread; who dies or hangs in a group is found by running one by one."""
    settings = plan.specification.run
    outcomes: dict[int, Outcome] = {}
    deaths: Counter[int] = Counter()
    alone: set[int] = set()
    stillborn = 0
    while True:
        rest = [index for index in indices if index not in outcomes]
        if not rest:
            return outcomes
        together = [index for index in rest if index not in alone]
        groups = [*([together] if together else []), *([index] for index in rest if index in alone)]
        try:
            hand = hand_of_thread()
            for got in hand.run(folder_key(plan.folder), groups, settings.time_limit, cancelled):
                outcomes |= {i: replace(o, tries=o.tries + deaths[i]) for i, o in got.items()}
        except DiedError as error:
            if not error.indices:
                stillborn += 1
                if stillborn >= settings.tries:
                    said = f"; it said: {error.words}" if error.words else ""
                    raise SweepError(f"a worker does not start: {error.how}{said}") from error
            elif len(error.indices) > 1:
                alone.update(error.indices)
            else:
                index = error.indices[0]
                deaths[index] += 1
                if isinstance(error, TimedOutError) or deaths[index] >= settings.tries:
                    outcomes[index] = Outcome.failure(error.how, words=error.words, tries=deaths[index])


def _plan(folder: str) -> Plan:
    """The plan of a folder, read again only when its file is another one."""
    path = Path(folder)
    try:
        found = (path / PLAN).stat()
    except OSError:
        return load_plan(path)
    return _load(folder, found.st_ino, found.st_mtime_ns, found.st_size)


@functools.lru_cache(maxsize=8)
def _load(folder: str, *_identity: int) -> Plan:
    return load_plan(folder)


@functools.lru_cache(maxsize=4)
def _performer(folder: Path, _digest: str):
    performer = load_plan(folder).performer()
    performer.prepare()
    return performer
