"""Resistive arrays side by side: this library, badcrossbar, CrossSim, SciPy's sparse solver, ngspice.

    python scripts/bench/crossbar.py [--quick] [--json FILE] [--sizes 32,128] [--limit SECONDS] [--repeats N]
        [--badcrossbar-python PYTHON] [--crosssim-python PYTHON]

Same arrays for all (conductances uniform 1–100 µS, 1 Ω a segment, inputs 0–0.2 V), one thread, each
case in a process of its own after a small warm-up, so that CPU seconds and peak memory are its own;
compile time is not in them and is printed apart. Contenders take turns, figures are medians. The last
columns are the largest relative deviation of the output currents from this library's own way, and CPU
and wall seconds over its own. A peer may live in another environment: its interpreter is an option.
What is not installed is named and left out. CrossSim stops at its own tolerance of 1e-3.

Two more tables: what a gradient costs in solves, and Newton's steps for nonlinear cells.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402

SIZES = (32, 64, 128, 256, 512, 1024, 2048)
QUICK = (32, 64, 128)
#: Largest size that a contender is asked for, with 1 and with 100 inputs.
LARGEST = {
    "cosim": (1 << 20, 1024),
    "cosim iterative": (0, 256),
    "cosim transfer": (1024, 0),
    "scipy sparse": (512, 256),
    "badcrossbar": (1024, 512),
    "CrossSim": (256, 128),
    "ngspice": (32, 0),
}
QUICK_LARGEST = {
    "cosim iterative": (0, 0),
    "cosim transfer": (0, 0),
    "scipy sparse": (128, 64),
    "CrossSim": (128, 64),
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
    import warnings

    warnings.simplefilter("ignore")
    import badcrossbar  # pyright: ignore[reportMissingImports]

    logging.disable(logging.CRITICAL)
    solution = badcrossbar.compute(inputs.T, 1 / conductance, r_i_word_line=1.0, r_i_bit_line=1.0)
    return np.asarray(solution.currents.output)


def by_crosssim(conductance: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Outputs (P, N) [A] by CrossSim's circuit solver for current taken from the input lines, input by input.

    It keeps what it learns about relaxation from one input to the next.
    """
    from simulator import CrossSimParameters  # pyright: ignore[reportMissingImports]
    from simulator.backend import ComputeBackend  # pyright: ignore[reportMissingImports]

    ComputeBackend(use_gpu=False)
    # Its arrays take the backend when they are imported.
    from simulator.circuits.array.NonInterleaved_InputSource import (  # pyright: ignore[reportMissingImports]
        NoninterleavedInputSourceArray,
    )

    top, volts = conductance.max(), np.abs(inputs).max()
    settings = CrossSimParameters()
    settings.simulation.hide_convergence_msg = True
    array = NoninterleavedInputSourceArray(settings)
    array.Rp_row_norm = array.Rp_col_norm = 1.0 * top
    array.Rp_row_terminal_norm = array.Rp_col_terminal_norm = 0.0
    matrix = np.ascontiguousarray(conductance.T / top)
    return np.array([array.iterative_solve(matrix, one / volts) for one in inputs]) * top * volts


def by_ngspice(conductance: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Outputs (1, N) [A] by ngspice, its start included."""
    from cosim.circuits.crossbar import crossbar_deck
    from cosim.crossbar import passive
    from cosim.spice import shutdown_workers, simulate

    array = passive(conductance)
    deck = crossbar_deck(conductance, array.word_segments(), array.bit_segments(), {"left": inputs[0]})
    result = simulate(deck)
    shutdown_workers()  # a worker's CPU time is known once it has ended
    return np.array([[-result[f"I(BOTTOM{j})"][-1] for j in range(conductance.shape[1])]])


CONTENDERS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "cosim": lambda g, v: by_cosim("auto", g, v),
    "cosim iterative": lambda g, v: by_cosim("iterative", g, v),
    "cosim transfer": lambda g, v: by_cosim("transfer", g, v),
    "scipy sparse": lambda g, v: by_cosim("direct", g, v),
    "badcrossbar": by_badcrossbar,
    "CrossSim": by_crosssim,
    "ngspice": by_ngspice,
}


def missing(pythons: dict[str, str]) -> dict[str, str]:
    """Contenders that cannot run here, and why."""
    from cosim.spice import available

    absent = {}
    for name, module, install in (
        ("badcrossbar", "badcrossbar", "pip install badcrossbar pathvalidate"),
        ("CrossSim", "simulator", "pip install git+https://github.com/sandialabs/cross-sim"),
    ):
        call = [pythons.get(name, sys.executable), "-W", "ignore", "-c", f"import {module}"]
        if subprocess.run(call, capture_output=True).returncode:
            absent[name] = f"not installed in {call[0]} ({install})"
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
    times: list[tuple[float, float]] = []
    # What is over quickly is done several times, and the median counts.
    while len(times) < 5 and sum(cpu for cpu, _ in times) < 2.0:
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


def run(python: str, name: str, size: int, inputs: int, limit: float, output: Path) -> dict[str, float | str]:
    """Run one case in a process of its own."""
    call = [python, "-W", "ignore", __file__, "--worker", name, str(size), str(inputs), str(output)]
    try:
        done = subprocess.run(call, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return {"failed": f"more than {limit:g} s"}
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["?"])[-1][:100]}
    return json.loads(done.stdout.splitlines()[-1])


def compare(
    size: int,
    inputs: int,
    column: int,
    options: argparse.Namespace,
    pythons: dict[str, str],
    folder: Path,
    absent: dict[str, str],
) -> list[dict]:
    """Figures of all contenders on one array, medians over rounds in which they take turns."""
    bounds = {**LARGEST, **(QUICK_LARGEST if options.quick else {})}
    names = [name for name in CONTENDERS if name not in absent and size <= bounds[name][column]]
    found: dict[str, list[dict]] = {name: [] for name in names}
    currents: dict[str, np.ndarray] = {}
    for _ in range(options.repeats if size <= 512 else 1):
        for name in names:
            if found[name] and "failed" in found[name][-1]:
                continue
            output = folder / "currents.npy"
            python = pythons.get(name, sys.executable)
            found[name].append(run(python, name, size, inputs, options.limit, output))
            if "failed" not in found[name][-1]:
                currents[name] = np.load(output)
    rows, base = [], None
    for name in names:
        row: dict = {"case": f"{size} × {size}, {inputs} input(s)", "peer": name}
        if "failed" in found[name][-1]:
            rows.append({**row, **found[name][-1]})
            continue
        for figure in ("cpu", "wall", "peak_mb", "added_mb", "warm_up"):
            row[figure] = statistics.median(one[figure] for one in found[name])
        base = base or row
        row["accuracy"] = float(np.abs(currents[name] / currents[names[0]] - 1).max())
        row["ratio_cpu"], row["ratio_wall"] = row["cpu"] / base["cpu"], row["wall"] / base["wall"]
        rows.append(row)
    return rows


def line(row: dict) -> str:
    """One line of the table."""
    start = f"{row['case']:24} {row['peer']:16}"
    if "failed" in row:
        return f"{start} {row['failed']}"
    return (
        f"{start} {row['cpu']:9.4f} {row['wall']:9.4f} {row['added_mb']:9.1f} {row['accuracy']:10.1e} "
        f"{row['ratio_cpu']:9.1f} {row['ratio_wall']:9.1f}"
    )


def timed(work: Callable[[], object], repeats: int = 5) -> float:
    """Median CPU seconds."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


def gradient_costs(size: int) -> list[dict]:
    """CPU seconds of a solve, and of the gradient by all parameters after it, linear and nonlinear."""
    from cosim.crossbar import Sinh, gradient, nonlinear_gradient, passive, solve, solve_nonlinear

    law, slope, rows = Sinh(voltage_scale=0.1), np.ones((1, size)), []
    conductance, inputs = problem(size, 1)
    array = passive(conductance)
    linear = solve(array, inputs, nodes=True)
    bent = solve_nonlinear(array, law, inputs, nodes=True)
    for name, solving, deriving in (
        ("linear", lambda: solve(array, inputs, nodes=True), lambda: gradient(linear, slope)),
        (
            "sinh",
            lambda: solve_nonlinear(array, law, inputs, nodes=True),
            lambda: nonlinear_gradient(bent, law, slope),
        ),
    ):
        one, more = timed(solving), timed(deriving)
        rows.append({"case": f"gradient, {name} cells, {size}", "solve": one, "solves": more / one})
        print(f"{rows[-1]['case']:32} {one:8.4f} s a solve, gradient {more / one:5.2f} solves")
    return rows


def newton(size: int) -> list[dict]:
    """Steps from cold with sinh cells of tenfold nonlinearity at the read voltage."""
    from cosim.crossbar import Sinh, passive, solve_nonlinear

    rows, conductance = [], problem(size, 1)[0]
    for resistance in (1.0, 10.0):
        array = passive(conductance, word_line_resistance=resistance, bit_line_resistance=resistance)
        start = time.process_time()
        found = solve_nonlinear(array, Sinh(voltage_scale=0.2 / 4.4998), np.full(size, 0.2))
        row = {
            "case": f"Newton, sinh cells, {size}, {resistance:g} Ω",
            "steps": found.iterations[0],
            "cpu": time.process_time() - start,
            "converged": found.converged,
        }
        print(f"{row['case']:32} {row['cpu']:8.4f} s, {row['steps']} steps from cold")
        rows.append(row)
    return rows


def main() -> None:
    """Measure and print; see the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"sizes {QUICK}, one round, 20 s a case")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--sizes", help="comma-separated numbers of lines")
    parser.add_argument("--limit", type=float, default=600.0, help="seconds a case may take")
    parser.add_argument("--repeats", type=int, default=3, help="rounds up to 512 lines")
    parser.add_argument("--badcrossbar-python", help="interpreter of an environment with badcrossbar")
    parser.add_argument("--crosssim-python", help="interpreter of an environment with CrossSim")
    parser.add_argument("--worker", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        name, size, inputs, output = options.worker
        work(name, int(size), int(inputs), output)
        return
    if options.quick:
        options.limit, options.repeats = 20.0, 1
    sizes = QUICK if options.quick else SIZES
    if options.sizes:
        sizes = tuple(int(part) for part in options.sizes.split(","))
    given = {"badcrossbar": options.badcrossbar_python, "CrossSim": options.crosssim_python}
    pythons = {name: path for name, path in given.items() if path}
    absent = missing(pythons)
    for name, reason in absent.items():
        print(f"left out: {name}: {reason}")
    print(f"{'case':24} {'way':16} {'CPU s':>9} {'wall s':>9}", end=" ")
    print(f"{'added MB':>9} {'deviation':>10} {'CPU ratio':>9} {'wall':>9}")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            for column, inputs in enumerate((1, 100)):
                for row in compare(size, inputs, column, options, pythons, Path(folder), absent):
                    rows.append(row)
                    print(line(row), flush=True)
    warm = {row["peer"]: row["warm_up"] for row in rows if "warm_up" in row}
    print("first call on a tiny array (loading, or compiling on a fresh install) [s]:", end=" ")
    print(", ".join(f"{name} {seconds:.2f}" for name, seconds in warm.items()))
    for size in sizes:
        rows += gradient_costs(size) if size <= 512 else []
    rows += newton(64 if options.quick else 256)
    if options.json:
        options.json.write_text(json.dumps({"left_out": absent, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
