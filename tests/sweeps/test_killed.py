"""A sweep that is killed again and again ends as one that was left alone, bit by bit."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from cosim.results import check_file, write_file
from cosim.sweeps import Plan, load_plan, merge, run, status

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to find workers")


def start(plan: Plan, jobs: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cosim", "-q", "sweep", "run", str(plan.folder), "--jobs", str(jobs)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def children(pid: int) -> list[int]:
    """Processes whose parent is `pid`."""
    found = []
    for place in Path("/proc").iterdir():
        if not place.name.isdigit():
            continue
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(place.name))
    return found


def alive(pid: int) -> bool:
    """True for a process that runs; one that ended and was not waited for has no command line."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


def shards(plan: Plan) -> list[Path]:
    return sorted((plan.folder / "shards").rglob("*.h5"))


def wait_for(plan: Plan, count: int, master: subprocess.Popen[bytes], limit: float = 60.0) -> None:
    """Wait until there are `count` shards, or the master has ended."""
    end = time.monotonic() + limit
    while len(shards(plan)) < count and master.poll() is None:
        assert time.monotonic() < end, "the sweep does not get on"
        time.sleep(0.002)


def kill_and_resume(plan: Plan, kills: int, most: int, chance: random.Random) -> Counter[str]:
    """Kill the master or a worker `kills` times, each after some more shards; then run to the end."""
    killed: Counter[str] = Counter()
    master = start(plan, 2)
    while killed.total() < kills:
        wait_for(plan, len(shards(plan)) + chance.randint(1, most), master)
        time.sleep(chance.random() * 0.01)
        assert master.poll() is None, (
            f"the sweep ended after {killed}; {master.stderr and master.stderr.read()}"
        )
        workers = children(master.pid)
        if chance.random() < 0.5 and workers:
            os.kill(chance.choice(workers), signal.SIGKILL)
            killed["worker"] += 1
            continue
        master.kill()
        _, said = master.communicate()
        killed["master"] += 1
        master = start(plan, chance.choice((1, 2, 4)))
    _, said = master.communicate(timeout=120)
    assert master.returncode == 0, said
    return killed


def merged(plan: Plan, path: Path) -> bytes:
    write_file(path, merge(plan))
    return path.read_bytes()


def killed_sweep(plan_of, tmp_path: Path, cases: tuple[int, int], kills: int, most: int) -> None:
    plan = plan_of("disturbed", *cases, bundle=10, tries=kills + 1, pause=0.001)
    copies = {jobs: tmp_path / f"left_alone_{jobs}" for jobs in (1, 2, 4)}
    for copy in copies.values():
        shutil.copytree(plan.folder, copy)
    killed = kill_and_resume(plan, kills, most, random.Random(7))
    assert min(killed["master"], killed["worker"]) > 0
    total = cases[0] * cases[1]
    found = status(plan)
    assert (found.cases, found.completed, found.failed, found.missing) == (total, total, 0, 0)
    runs = Counter((tmp_path / "log").read_text().splitlines())
    assert len(runs) == total, "every case ran to its end, once or more"
    assert len(shards(plan)) == plan.bundles
    assert not [problem for path in shards(plan) for problem in check_file(path)]
    assert not list(plan.folder.rglob("*.tmp"))
    bits = merged(plan, tmp_path / "disturbed.h5")
    assert check_file(tmp_path / "disturbed.h5") == []
    for jobs, copy in copies.items():
        quiet = load_plan(copy)
        run(quiet, jobs=jobs)
        assert merged(quiet, tmp_path / f"{jobs}.h5") == bits, f"differs from {jobs} workers left alone"


def test_killed_five_times(plan_of, tmp_path):
    killed_sweep(plan_of, tmp_path, (15, 20), 5, 3)


@pytest.mark.slow
def test_two_thousand_cases_killed_twenty_times(plan_of, tmp_path):
    killed_sweep(plan_of, tmp_path, (40, 50), 20, 8)


def test_two_masters_share_a_folder(plan_of, tmp_path):
    plan = plan_of(a=20, b=20, bundle=10, pause=0.002)
    masters = [start(plan, 1) for _ in range(2)]
    for master in masters:
        _, said = master.communicate(timeout=120)
        assert master.returncode == 0, said
    found = status(plan)
    assert (found.completed, found.missing) == (400, 0)
    runs = Counter((tmp_path / "log").read_text().splitlines())
    assert len(runs) == 400
    assert set(runs.values()) == {1}, "no case was run by both"


def test_workers_end_with_their_master(plan_of):
    plan = plan_of(a=20, b=20, bundle=10, pause=0.01)
    master = start(plan, 2)
    wait_for(plan, 2, master)
    workers = children(master.pid)
    assert workers
    master.kill()
    master.communicate()
    end = time.monotonic() + 10.0
    while any(alive(pid) for pid in workers):
        assert time.monotonic() < end, "a worker outlived its master"
        time.sleep(0.02)


def test_interrupt_stops_cleanly_and_says_how_to_go_on(plan_of):
    plan = plan_of(a=20, b=20, bundle=10, pause=0.01)
    command = [sys.executable, "-m", "cosim", "sweep", "run", str(plan.folder), "--jobs", "2"]
    master = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(plan, 2, master)  # type: ignore[arg-type]
    master.send_signal(signal.SIGINT)
    _, said = master.communicate(timeout=30)
    assert master.returncode == 130
    assert f"To go on: cosim sweep run {plan.folder}" in said
    assert "Traceback" not in said
    assert 0 < status(plan).completed < 400
    run(plan, jobs=2)
    assert status(plan).completed == 400
