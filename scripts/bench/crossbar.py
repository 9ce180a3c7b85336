"""Resistive arrays side by side: this library, badcrossbar, SciPy's sparse solver, ngspice.

    python scripts/bench/crossbar.py [--quick] [--json FILE] [--sizes 32,128] [--limit SECONDS]

Same arrays for all (conductances uniform 1–100 µS, 1 Ω a segment, inputs 0–0.2 V), one thread, each
case in a process of its own after a small warm-up, so that CPU seconds and peak memory are its own;
compile time is not in them and is printed apart. The last columns are the largest relative deviation
of the output currents from the way that this library takes by itself, and CPU seconds over its own.
What is not installed is named and left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402

SIZES = (32, 64, 128, 256, 512, 1024)
QUICK = (32, 64)
#: Largest size that a contender is asked for, with 1 and with 100 inputs.
LARGEST = {
    "cosim": (1 << 20, 1 << 20),
    "cosim iterative": (1 << 20, 512),
    "cosim transfer": (1024, 1024),
    "scipy sparse": (512, 256),
    "badcrossbar": (1024, 512),
    "ngspice": (32, 0),
}


def problem(size: int, inputs: int) -> tuple[np.ndarray, np.ndarray]:
    """Conductances (size, size) [S] and inputs (inputs, size) [V]."""
    random = np.random.default_rng(size)
    return random.uniform(1e-6, 1e-4, (size, size)), random.uniform(0, 0.2, (inputs, size))


def by_cosim(method: str, conductance: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Outputs (P, N) [A] by one way of this library."""
    from cosim.crossbar import passive, solve

    solution = solve(passive(conductance), inputs, method=method)
    if not solution.converged:
        raise RuntimeError(solution.message)
    return solution.outputs


def by_badcrossbar(conductance: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Outputs (P, N) [A] by badcrossbar, node voltages included: it has no other mode."""
    import logging

    import badcrossbar  # pyright: ignore[reportMissingImports]

    logging.disable(logging.CRITICAL)
    solution = badcrossbar.compute(inputs.T, 1 / conductance, r_i_word_line=1.0, r_i_bit_line=1.0)
    return np.asarray(solution.currents.output)


def by_ngspice(conductance: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Outputs (1, N) [A] by ngspice."""
    from cosim.circuits.crossbar import crossbar_deck
    from cosim.crossbar import passive
    from cosim.spice import simulate

    array = passive(conductance)
    deck = crossbar_deck(conductance, array.word_segments(), array.bit_segments(), {"left": inputs[0]})
    result = simulate(deck)
    return np.array([[-result[f"I(BOTTOM{j})"][-1] for j in range(conductance.shape[1])]])


CONTENDERS = {
    "cosim": lambda g, v: by_cosim("auto", g, v),
    "cosim iterative": lambda g, v: by_cosim("iterative", g, v),
    "cosim transfer": lambda g, v: by_cosim("transfer", g, v),
    "scipy sparse": lambda g, v: by_cosim("direct", g, v),
    "badcrossbar": by_badcrossbar,
    "ngspice": by_ngspice,
}


def missing() -> dict[str, str]:
    """Contenders that cannot run here, and why."""
    from cosim.spice import available

    absent = {"CrossSim": "no adapter: its solver is approximate (see docs/crossbar.md)"}
    if importlib.util.find_spec("badcrossbar") is None or importlib.util.find_spec("pathvalidate") is None:
        absent["badcrossbar"] = "not installed (pip install badcrossbar)"
    if available() is None:
        absent["ngspice"] = "not installed"
    return absent


def cpu_seconds() -> float:
    """Of this process and the children that it waited for."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def work(name: str, size: int, inputs: int, output: str) -> None:
    """Run one case in this process; print its figures as JSON, write its outputs to `output`."""
    warm = time.perf_counter()
    CONTENDERS[name](*problem(8, 2 if inputs > 1 else 1))
    warm = time.perf_counter() - warm
    conductance, voltages = problem(size, inputs)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rounds = 5 if size <= 128 else 1
    times = []
    for _ in range(rounds):
        cpu, wall = cpu_seconds(), time.perf_counter()
        currents = CONTENDERS[name](conductance, voltages)
        times.append((cpu_seconds() - cpu, time.perf_counter() - wall))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    np.save(output, currents)
    cpu, wall = sorted(times)[len(times) // 2]
    figures = {
        "cpu": cpu,
        "wall": wall,
        "peak_mb": peak / 1024,
        "added_mb": (peak - before) / 1024,
        "warm_up": warm,
    }
    print(json.dumps(figures))


def run(name: str, size: int, inputs: int, limit: float, output: Path) -> dict[str, float | str]:
    """Run one case in a process of its own."""
    call = [sys.executable, __file__, "--worker", name, str(size), str(inputs), str(output)]
    try:
        done = subprocess.run(call, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return {"failed": f"more than {limit:g} s"}
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["?"])[-1][:100]}
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure and print; see the module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"sizes {QUICK} and a limit of 20 s a case")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--sizes", help="comma-separated numbers of lines")
    parser.add_argument("--limit", type=float, default=600.0, help="seconds a case may take")
    parser.add_argument("--worker", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        name, size, inputs, output = options.worker
        work(name, int(size), int(inputs), output)
        return
    sizes = (
        [int(part) for part in options.sizes.split(",")]
        if options.sizes
        else QUICK
        if options.quick
        else SIZES
    )
    limit = 20.0 if options.quick else options.limit
    absent = missing()
    for name, reason in absent.items():
        print(f"left out: {name}: {reason}")
    print(f"{'way':16} {'N':>5} {'inputs':>6} {'CPU s':>9} {'wall s':>9}", end=" ")
    print(f"{'added MB':>9} {'deviation':>10} {'CPU ratio':>9}")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            for column, inputs in enumerate((1, 100)):
                for row in compare(size, inputs, column, limit, Path(folder), absent):
                    rows.append(row)
                    print(line(row), flush=True)
    warm = {row["way"]: row["warm_up"] for row in rows if "warm_up" in row}
    print("first call on a tiny array (loading, or compiling on a fresh install) [s]:", end=" ")
    print(", ".join(f"{name} {seconds:.2f}" for name, seconds in warm.items()))
    if options.json:
        options.json.write_text(json.dumps({"left_out": absent, "rows": rows}, indent=1) + "\n")


def compare(
    size: int, inputs: int, column: int, limit: float, folder: Path, absent: dict[str, str]
) -> list[dict]:
    """Figures of all contenders on one array."""
    rows, reference, base = [], None, 0.0
    for name in CONTENDERS:
        if name in absent or size > LARGEST[name][column]:
            continue
        output = folder / "currents.npy"
        row = {"way": name, "size": size, "inputs": inputs, **run(name, size, inputs, limit, output)}
        if "failed" not in row:
            currents = np.load(output)
            reference = currents if reference is None else reference
            base = base or float(row["cpu"])
            row["deviation"] = float(np.abs(currents / reference - 1).max())
            row["ratio"] = float(row["cpu"]) / base
        rows.append(row)
    return rows


def line(row: dict) -> str:
    """One line of the table."""
    start = f"{row['way']:16} {row['size']:>5} {row['inputs']:>6}"
    if "failed" in row:
        return f"{start} {row['failed']}"
    return (
        f"{start} {row['cpu']:9.4f} {row['wall']:9.4f} {row['added_mb']:9.1f} {row['deviation']:10.1e} "
        f"{row['ratio']:9.1f}"
    )


if __name__ == "__main__":
    main()
