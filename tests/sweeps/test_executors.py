"""Executors: any `concurrent.futures.Executor`, pools that break, Dask with a worker killed half-way."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest

from cosim.errors import SweepError
from cosim.results import write_file
from cosim.sweeps import merge, run, status


def bits(plan, path) -> bytes:
    write_file(path, merge(plan))
    return path.read_bytes()


def pool(workers: int = 2) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def test_an_executor_of_the_user_s(plan_of, tmp_path):
    import shutil

    plan = plan_of(bundle=10)
    shutil.copytree(plan.folder, tmp_path / "copy")
    with ThreadPoolExecutor(2) as threads:
        reports = run(plan, executor=threads)
    assert {report.state for report in reports} == {"done"}
    from cosim.sweeps import load_plan

    copy = load_plan(tmp_path / "copy")
    with pool() as processes:
        run(copy, executor=processes)
    assert bits(copy, tmp_path / "a.h5") == bits(plan, tmp_path / "b.h5")


def kill_a_worker_when(count: int, plan, workers) -> threading.Thread:
    """Kill one of the processes that `workers()` lists once there are `count` shards."""

    def watch() -> None:
        while len(list(plan.folder.rglob("bundle*.h5"))) < count:
            time.sleep(0.005)
        os.kill(next(iter(workers())), signal.SIGKILL)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


@pytest.mark.slow
def test_a_pool_that_breaks_is_made_anew(plan_of):
    plan = plan_of(a=20, b=10, bundle=5, pause=0.01)
    pools: list[ProcessPoolExecutor] = []

    def make() -> ProcessPoolExecutor:
        pools.append(pool())
        return pools[-1]

    watch = kill_a_worker_when(5, plan, lambda: list(pools[0]._processes))
    run(plan, executor=make)
    watch.join(1.0)
    assert len(pools) == 2
    assert status(plan).completed == 200


@pytest.mark.slow
def test_a_pool_that_breaks_and_cannot_be_made_anew_says_how_to_go_on(plan_of):
    plan = plan_of(a=20, b=10, bundle=5, pause=0.01)
    processes = pool()
    watch = kill_a_worker_when(5, plan, lambda: list(processes._processes))
    with pytest.raises(SweepError, match="what is done stays, run the sweep again"):
        run(plan, executor=processes)
    watch.join(1.0)
    processes.shutdown()
    assert 0 < status(plan).completed < 200
    run(plan, jobs=2)
    assert status(plan).completed == 200


@pytest.mark.slow
def test_dask_with_a_worker_killed_half_way(plan_of, tmp_path):
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    plan = plan_of(a=20, b=10, bundle=5, pause=0.01)
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "silence_logs": 50}
    with (
        distributed.LocalCluster(**settings, local_directory=str(tmp_path / "dask")) as cluster,
        distributed.Client(cluster) as client,
    ):
        watch = kill_a_worker_when(5, plan, lambda: list(client.run(os.getpid).values()))
        run(plan, executor=client.get_executor())
        watch.join(1.0)
    found = status(plan)
    assert (found.completed, found.missing) == (200, 0)
    runs = Counter((tmp_path / "log").read_text().splitlines())
    assert len(runs) == 200
