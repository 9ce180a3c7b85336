"""`run`: all bundles of a plan that have no shard yet, on an executor.

The master holds no state: what is done stands in the shards. Any number of masters, on any number
of machines, may run one folder.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from cosim.errors import CosimError, SweepError
from cosim.sweeps.bundle import DONE, ELSEWHERE, Report, run_bundle
from cosim.sweeps.hand import kill_all
from cosim.sweeps.plan import Plan, load_plan

Progress = Callable[[Report], None]

#: How often a bundle is handed out again whose executor lost it.
_LOST_TRIES = 5


def run(
    folder: str | os.PathLike[str] | Plan,
    *,
    jobs: int | None = None,
    executor: Executor | Callable[[], Executor] | None = None,
    part: tuple[int, int] | None = None,
    retry: bool = False,
    any_version: bool = False,
    progress: Progress | None = None,
) -> tuple[Report, ...]:
    """Run what is missing of a sweep; return the report of each bundle that was looked at.

    `jobs` processes work side by side, by default one a core; 0 runs everything in this process,
    without time limits. `executor` takes over from `jobs`: any `concurrent.futures.Executor`, or a
    function that makes one (it is called again when the pool breaks). `part` (i, n), from 1, is
    the i-th of n parts of the bundles. `retry` runs failed cases once more.

    Raises `SweepError` for a folder without a plan, other versions than planned, a folder that
    cannot be written, and work that cannot be made ready. Shards that are written stay.
    """
    plan = folder if isinstance(folder, Plan) else load_plan(folder)
    if not any_version:
        plan.require_versions()
    bundles = range(plan.bundles)
    if part is not None:
        which, parts = part
        if not 1 <= which <= parts:
            raise SweepError(f"part {which}/{parts}: the parts are 1/{parts} to {parts}/{parts}")
        bundles = range(which - 1, plan.bundles, parts)
    tell = progress or (lambda report: None)
    place = str(Path(plan.folder).resolve())
    if jobs == 0 and executor is None:
        reports = []
        for bundle in bundles:
            reports.append(run_bundle(place, bundle, retry=retry, isolated=False))
            tell(reports[-1])
        return tuple(reports)
    if executor is not None:
        return _on_executor(executor, place, bundles, retry, tell)
    return _local(place, bundles, jobs or os.cpu_count() or 1, retry, tell)


def _local(place: str, bundles: Sequence[int], jobs: int, retry: bool, tell: Progress) -> tuple[Report, ...]:
    """Threads that watch one process each."""
    stopped = threading.Event()

    def work(bundle: int) -> Report:
        return run_bundle(place, bundle, retry=retry, cancelled=stopped.is_set)

    pool = ThreadPoolExecutor(jobs, thread_name_prefix="cosim-sweep")
    try:
        reports = _collect(lambda bundle: pool.submit(work, bundle), bundles, 2 * jobs, tell)
    except BaseException:
        stopped.set()
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        kill_all()
    return reports


def _on_executor(
    executor: Executor | Callable[[], Executor],
    place: str,
    bundles: Sequence[int],
    retry: bool,
    tell: Progress,
) -> tuple[Report, ...]:
    """Hand bundles to an executor of the user's. A pool that breaks is made anew where we can."""
    make = executor if not isinstance(executor, Executor) and not hasattr(executor, "submit") else None
    held: list[Any] = [make() if callable(make) else executor]

    def submit(bundle: int) -> Future[Report]:
        try:
            return held[0].submit(run_bundle, place, bundle, retry=retry)
        except BrokenExecutor:
            if make is None:
                raise
            held[0].shutdown(wait=False)
            held[0] = make()
            return held[0].submit(run_bundle, place, bundle, retry=retry)

    try:
        window = 4 * (os.cpu_count() or 1) + 64
        return _collect(submit, bundles, window, tell, again=make is not None)
    finally:
        if make is not None:
            held[0].shutdown(wait=False, cancel_futures=True)


def _collect(
    submit: Callable[[int], Future[Report]],
    bundles: Sequence[int],
    window: int,
    tell: Progress,
    *,
    again: bool = False,
) -> tuple[Report, ...]:
    """Keep `window` bundles on the way until none is left. What lies elsewhere is looked at once more."""
    reports: dict[int, Report] = {}
    lost: dict[int, int] = {}
    waiting = deque(bundles)
    looked_again: set[int] = set()
    running: dict[Future[Report], int] = {}
    try:
        while waiting or running:
            while waiting and len(running) < window:
                bundle = waiting.popleft()
                running[submit(bundle)] = bundle
            finished, _ = wait(list(running), return_when=FIRST_COMPLETED)
            for future in finished:
                bundle = running.pop(future)
                try:
                    report = future.result()
                except CosimError:
                    raise
                except Exception as error:
                    # The executor lost it with a worker; the bundle itself raises `CosimError` alone.
                    lost[bundle] = lost.get(bundle, 0) + 1
                    if lost[bundle] > _LOST_TRIES or (isinstance(error, BrokenExecutor) and not again):
                        raise SweepError(
                            f"the executor lost bundle {bundle} ({type(error).__name__}: {error}); "
                            "what is done stays, run the sweep again"
                        ) from error
                    waiting.append(bundle)
                    continue
                if report.state == ELSEWHERE and bundle not in looked_again:
                    looked_again.add(bundle)
                    waiting.append(bundle)
                    continue
                reports[bundle] = report
                tell(report)
    except BaseException:
        for future in running:
            future.cancel()
        raise
    return tuple(reports[bundle] for bundle in sorted(reports))


def done(reports: Sequence[Report]) -> int:
    """Bundles that these reports say were run now."""
    return sum(report.state == DONE for report in reports)
