"""Full disks, read-only folders, damaged and foreign shards, clocks that jump; cases that misbehave."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cosim.errors import ResultFileError, SweepError
from cosim.results import check_file, write_file
from cosim.sweeps import load_plan, make_plan, merge, run, status
from cosim.sweeps.shards import shard_path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """An in-memory disk of 256 KiB, where this user may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("this user may not mount a file system")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_full_disk_stops_the_sweep_and_loses_nothing(plan_of, functions, small_disk):
    first = plan_of(a=20, b=20, bundle=20, log=False)
    plan = make_plan(first.specification, small_disk / "sweep", base=functions)
    with pytest.raises(ResultFileError, match="No space left on device"):
        run(plan, jobs=2)
    found = status(plan)
    assert 0 < found.completed < 400
    assert found.damaged == 0
    assert not list(plan.folder.rglob("*.tmp"))
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    run(plan, jobs=2)
    assert status(plan).completed == 400


def test_a_file_that_may_not_grow_is_told_and_leaves_nothing(plan_of):
    plan = plan_of(log=False)
    script = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))\n"
        "from cosim.cli import main\n"
        f"main(['-q', 'sweep', 'run', {str(plan.folder)!r}, '--jobs', '0'])\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == 1, answer.stderr
    assert "cannot write" in answer.stderr and "Traceback" not in answer.stderr
    assert not list(plan.folder.rglob("bundle*"))
    run(plan, jobs=0)
    assert status(plan).completed == 100


def test_read_only_folder_is_refused_before_work(plan_of, functions, small_disk, call):
    first = plan_of(a=5, b=4, log=True)
    plan = make_plan(first.specification, small_disk / "sweep", base=functions)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    answer = call("sweep", "run", plan.folder)
    assert answer.exit_code == 1
    assert "cannot write into" in answer.output and "Read-only file system" in answer.output
    assert not (functions / "log").exists(), "no case was run for nothing"
    assert status(load_plan(plan.folder)).missing == 20


@pytest.mark.parametrize("size", [0, 100, 4000])
def test_truncated_shard_is_put_aside_and_made_again(plan_of, size):
    plan = plan_of(bundle=10)
    run(plan, jobs=0)
    whole = write_and_read(plan)
    path = shard_path(plan, 3)
    path.write_bytes(path.read_bytes()[:size])
    found = status(plan)
    assert (found.completed, found.missing, found.damaged) == (90, 10, 1)
    with pytest.raises(SweepError, match="10 of 100 cases are not done"):
        merge(plan)
    reports = run(plan, jobs=0)
    assert reports[3].state == "done" and reports[3].aside.endswith("bundle-0000003.damaged")
    assert Path(reports[3].aside).stat().st_size == size, "nothing is deleted"
    assert write_and_read(plan) == whole


def test_shard_of_another_plan_is_put_aside(plan_of):
    plan, other = plan_of("one", bundle=10), plan_of("other", bundle=10, seed=2)
    run(plan, jobs=0)
    run(other, jobs=0)
    whole = write_and_read(plan)
    foreign = shard_path(other, 3).read_bytes()
    shard_path(plan, 3).write_bytes(foreign)
    shard_path(plan, 4).write_bytes(shard_path(plan, 5).read_bytes())
    assert (status(plan).foreign, status(plan).missing) == (2, 20)
    reports = run(plan, jobs=0)
    assert Path(reports[3].aside).read_bytes() == foreign
    assert write_and_read(plan) == whole


def test_merging_without_some_shards_marks_their_cases(plan_of):
    plan = plan_of(bundle=10)
    run(plan, jobs=0, part=(1, 2))
    tree = merge(plan, partial=True)
    states = tree.arrays["status"].values
    assert (states == "completed").sum() == 50 and (states == "missing").sum() == 50


def test_clock_jumps_change_nothing(plan_of, tmp_path, monkeypatch):
    plan = plan_of("jumps", bundle=5)
    shutil.copytree(plan.folder, tmp_path / "calm")
    real, jumps = time.time, iter(range(10**9))
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: real() + (-1) ** next(jumps) * 1e8)
        run(plan, jobs=1)
        for number, path in enumerate(sorted((plan.folder / "shards").rglob("*.h5"))):
            os.utime(path, (0, 0) if number % 2 else (4e9, 4e9))
        assert {report.state for report in run(plan, jobs=1)} == {"there"}
        jumped = write_and_read(plan)
    calm = load_plan(tmp_path / "calm")
    run(calm, jobs=1)
    assert write_and_read(calm) == jumped


def test_a_file_system_without_locks_does_work_twice_and_right(plan_of, monkeypatch):
    import errno
    import fcntl

    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "lockf", no_locks)
    monkeypatch.setattr(fcntl, "flock", no_locks)
    plan = plan_of(bundle=10)
    run(plan, jobs=0)
    assert status(plan).completed == 100
    whole = write_and_read(plan)
    shard_path(plan, 4).unlink()
    run(plan, jobs=1)
    assert write_and_read(plan) == whole


def test_a_bundle_in_the_hands_of_another_is_left_to_it(plan_of):
    plan = plan_of(bundle=10)
    hold = (
        "import sys, pathlib\nfrom cosim.sweeps.claims import claims_of\n"
        "assert claims_of(pathlib.Path(sys.argv[1])).take(3)\n"
        "print('held', flush=True)\nsys.stdin.read()\n"
    )
    command = [sys.executable, "-c", hold, str(plan.folder)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    reports = run(plan, jobs=1)
    assert [report.bundle for report in reports if report.state == "elsewhere"] == [3]
    assert status(plan).missing == 10
    holder.kill()
    holder.communicate()
    run(plan, jobs=1)
    assert status(plan).completed == 100, "the claim ended with its process"


def test_a_changed_plan_or_input_is_refused(plan_of):
    plan = plan_of()
    source = plan.folder / "inputs" / "function.py"
    source.write_text(source.read_text() + "# changed\n")
    with pytest.raises(SweepError, match=r"function.py: was changed after it was planned"):
        load_plan(plan.folder)
    source.write_text(source.read_text().removesuffix("# changed\n"))
    text = (plan.folder / "plan.json").read_text()
    (plan.folder / "plan.json").write_text(text.replace('"seed": 1', '"seed": 2'))
    with pytest.raises(SweepError, match="was changed after it was made"):
        load_plan(plan.folder)


def test_another_plan_does_not_go_into_the_folder(plan_of):
    assert plan_of(seed=1).digest == plan_of(seed=1).digest, "planning the same again is fine"
    with pytest.raises(SweepError, match="holds another plan"):
        plan_of(seed=2)


def test_other_versions_are_refused_unless_allowed(plan_of, monkeypatch):
    import cosim

    plan = plan_of()
    monkeypatch.setattr(cosim, "__version__", "99.0")
    with pytest.raises(SweepError, match=r"planned with other versions: cosim 99.0"):
        run(plan, jobs=0)
    run(plan, jobs=0, any_version=True)
    assert status(plan).completed == 100


@pytest.mark.parametrize(
    ("mode", "cause", "words", "tries"),
    [
        ("raise", "ValueError: three is not wanted", "in awkward", 1),
        ("exit", "its process ended with code 7", "", 2),
        ("segment", "its process died of SIGSEGV", "Segmentation fault", 2),
        ("wrong", "measurement 'value' is a object, neither numbers nor a text", "", 1),
    ],
)
def test_a_failure_is_kept_with_cause_words_and_tries(awkward, mode, cause, words, tries):
    plan = awkward(mode, tries=2)
    run(plan, jobs=1)
    found = status(plan)
    assert (found.completed, found.failed) == (5, 1)
    (failure,) = found.failures
    assert (failure.case, failure.cause, failure.tries) == (3, cause, tries)
    assert words in failure.words
    tree = merge(plan)
    assert tree.arrays["cause"].values[3, 0] == cause  # type: ignore[index]
    assert tree.arrays["value"].values[2, 0] == 2.0  # type: ignore[index]


def test_a_case_that_hangs_is_killed_with_what_it_started(awkward, functions):
    plan = awkward("hang", time_limit=1.0)
    began = time.monotonic()
    run(plan, jobs=1)
    assert time.monotonic() - began < 20.0
    (failure,) = status(plan).failures
    assert failure.cause == "stopped after its time limit of 1 s"
    assert "in awkward" in failure.words, "where it hung"
    started = int((functions / "place").read_text())
    gone = Path(f"/proc/{started}/cmdline")
    assert not (gone.exists() and b"sleep" in gone.read_bytes())


def test_a_case_whose_process_dies_once_completes_and_is_counted(awkward):
    plan = awkward("once")
    run(plan, jobs=1)
    assert status(plan).completed == 6


def test_retry_runs_what_failed_and_nothing_else(awkward, functions):
    plan = awkward("once", tries=1)
    run(plan, jobs=1)
    assert status(plan).failed == 1
    assert {report.state for report in run(plan, jobs=1)} == {"there"}, "run leaves failures alone"
    run(plan, jobs=1, retry=True)
    assert status(plan).completed == 6


def test_a_worker_that_cannot_start_is_an_error_not_a_failure_of_cases(plan_of, monkeypatch):
    plan = plan_of()
    monkeypatch.setattr("cosim.sweeps.hand._MAIN", "print('no memory left'); raise SystemExit(3)")
    with pytest.raises(SweepError, match=r"a worker does not start.*code 3.*no memory left"):
        run(plan, jobs=1)
    assert status(plan).missing == 100


def write_and_read(plan) -> bytes:
    path = plan.folder.parent / "merged.h5"
    write_file(path, merge(plan))
    assert check_file(path) == []
    return path.read_bytes()
