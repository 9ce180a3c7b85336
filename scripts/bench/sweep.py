"""What a sweep costs above the work of its cases, beside joblib doing the same bare calls.

    python scripts/bench/sweep.py [--quick] [--json FILE]

The same function runs as a plain loop, in joblib (one worker process, no files) and as a sweep of one
worker that writes every case to disk, in turn, several times over; medians count, start-up included.
Overhead is what a case takes longer than in the plain loop. A second part plans and runs 100,000
cases in a process of its own and reads the most memory that the master took.
"""

from __future__ import annotations

import json
import math
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click

from cosim.sweeps import Grid, RunSettings, Specification, make_plan, merge, run
from cosim.sweeps.works.function import FunctionWork

#: What the overhead may be, s a case, and the memory of a master with 100,000 cases, MB.
OVERHEAD_LIMIT, MEMORY_LIMIT = 2e-3, 500.0

FUNCTION = '''
import math


def short(a, b):
    """About a tenth of a millisecond."""
    total = 0.0
    for k in range(1, 1001):
        total += math.sin(a * k) / (b + k)
    return total
'''

MEMORY = """
import sys
sys.path.insert(0, sys.argv[3])
from peak_memory import peak_memory
from cosim.sweeps import Grid, RunSettings, Specification, make_plan, merge, run, status
from cosim.sweeps.works.function import FunctionWork

cases = int(sys.argv[1])
made = Specification(
    work=FunctionWork(function="colorsys:rgb_to_yiq", arguments={"b": 0.5}),
    axes=(Grid.between("r", 0, 1, cases // 100), Grid.between("g", 0, 1, 100)),
    run=RunSettings(bundle=500),
)
plan = make_plan(made, sys.argv[2])
run(plan, jobs=2)
found = status(plan)
assert found.completed == len(plan.space) == cases, found
print(peak_memory() / 2**20)
merge(plan)
print(peak_memory() / 2**20)
"""


def used() -> float:
    """CPU seconds of this process and of its children that ended."""
    mine, theirs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime


def timed(call: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall seconds."""
    cpu, wall = used(), time.perf_counter()
    call()
    return used() - cpu, time.perf_counter() - wall


def overhead(folder: Path, cases: int, bundle: int, rounds: int) -> list[dict]:
    """Loop, joblib and sweep in turn; seconds a case above the loop's."""
    sys.path.insert(0, str(folder))
    (folder / "bench_function.py").write_text(FUNCTION)
    from bench_function import short  # type: ignore[import-not-found]

    side = math.isqrt(cases)
    axes = (Grid.between("a", 1, 2, side), Grid.between("b", 1, 2, side))
    points = [(a, b) for a in axes[0].values for b in axes[1].values]
    made = Specification(
        work=FunctionWork(function="bench_function.py:short"), axes=axes, run=RunSettings(bundle=bundle)
    )
    results: dict[str, list[float]] = {}

    def loop() -> None:
        results["loop"] = [short(a, b) for a, b in points]

    def sweep() -> None:
        shutil.rmtree(folder / "sweep", ignore_errors=True)
        plan = make_plan(made, folder / "sweep", base=folder)
        run(plan, jobs=1)
        results["sweep"] = merge(plan).arrays["value"].values.ravel().tolist()  # type: ignore[union-attr]

    ways: dict[str, Callable[[], None]] = {"loop": loop, "sweep": sweep}
    try:
        import joblib
    except ImportError:
        click.echo("joblib is not installed: its column is left out (pip install joblib)")
    else:

        def with_joblib() -> None:
            from joblib.externals.loky import get_reusable_executor

            calls = (joblib.delayed(short)(a, b) for a, b in points)
            # One worker in a process of its own, as the sweep has it; joblib runs n_jobs=1 in the caller.
            with joblib.parallel_config(backend="loky", n_jobs=2):
                results["joblib"] = joblib.Parallel(batch_size=bundle, pre_dispatch="all")(calls)  # type: ignore[assignment]
            get_reusable_executor().shutdown(wait=True)

        ways["joblib"] = with_joblib
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            times[name].append(timed(way))
    cpu = {name: statistics.median(t[0] for t in times[name]) for name in ways}
    wall = {name: statistics.median(t[1] for t in times[name]) for name in ways}
    rows = []
    each = 1e3 * cpu["loop"] / len(points)
    for name in ("loop", "joblib"):
        if name not in ways:
            continue
        rows.append(
            {
                "case": f"{len(points)} cases of {each:.2f} ms in bundles of {bundle}",
                "peer": name,
                "ratio_cpu": cpu[name] / cpu["sweep"],
                "ratio_wall": wall[name] / wall["sweep"],
                "accuracy": float(results[name] == results["sweep"]),
                "overhead_cpu_ms": 1e3 * (cpu["sweep"] - cpu["loop"]) / len(points),
                "overhead_wall_ms": 1e3 * (wall["sweep"] - wall["loop"]) / len(points),
                "peer_overhead_cpu_ms": 1e3 * (cpu[name] - cpu["loop"]) / len(points),
            }
        )
    return rows


def memory(folder: Path, cases: int) -> dict:
    """Most memory of a master [MB] while it plans, runs and counts `cases`, and when it merges them."""
    shutil.rmtree(folder / "large", ignore_errors=True)
    answer = subprocess.run(
        [sys.executable, "-c", MEMORY, str(cases), str(folder / "large"), str(Path(__file__).parent)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    running, merging = (float(line) for line in answer.stdout.split())
    return {"case": f"{cases} cases planned and run", "master_mb": running, "merge_mb": merging}


@click.command()
@click.option("--quick", is_flag=True, help="Fewer cases and rounds: under a minute.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write the rows to this file.")
def main(quick: bool, target: Path | None) -> None:
    """Overhead and memory of sweeps. Exits with 1 when a limit is broken."""
    rows: list[dict] = []
    with tempfile.TemporaryDirectory(prefix="cosim-bench-") as place:
        folder = Path(place)
        for bundle in (64,) if quick else (16, 64, 256):
            rows += overhead(folder, 900 if quick else 2025, bundle, 3 if quick else 5)
        rows.append(memory(folder, 10_000 if quick else 100_000))
    good = True
    for row in rows:
        if "peer" in row:
            click.echo(
                f"{row['case']}: {row['overhead_cpu_ms']:.2f} ms CPU and {row['overhead_wall_ms']:.2f} ms "
                f"wall a case above a plain loop; {row['peer']} {row['peer_overhead_cpu_ms']:.2f} ms CPU; "
                f"{'equal results' if row['accuracy'] == 1.0 else 'RESULTS DIFFER'}"
            )
            good &= row["accuracy"] == 1.0 and row["overhead_cpu_ms"] < 1e3 * OVERHEAD_LIMIT
        else:
            click.echo(
                f"{row['case']}: {row['master_mb']:.0f} MB in the master, "
                f"{row['merge_mb']:.0f} MB with merging"
            )
            good &= row["master_mb"] < MEMORY_LIMIT
    if target is not None:
        target.write_text(json.dumps(rows, indent=1) + "\n")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
