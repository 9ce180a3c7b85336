"""Cost of models in lock-step with ngspice, beside ngspice's own sources and PySpice's external ones.

    python scripts/bench/lockstep.py [--quick] [--json FILE] [--pyspice PYTHON]

Sources: n sine sources, each into an RC circuit, at equal steps; the CPU time of ngspice's run per accepted
step, medians of interleaved runs. Workers: 200 short decks through one worker and through two, wall
time. PySpice 1.5 runs in the Python that `--pyspice` names (default: this one, if it has PySpice).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import numpy as np

from cosim.lockstep import CurrentOutput, PythonModel, Session, SineVoltage, VoltageOutput
from cosim.spice import find_library, simulate, simulate_many

STEP = 1e-9

_PYSPICE = """
import ctypes.util, math, sys, time
from PySpice.Spice.NgSpice.Shared import NgSpiceShared
class Sources(NgSpiceShared):
    def get_vsrc_data(self, voltage, t, node, identity):
        k = int(node[1:])
        voltage[0] = math.sin(2 * math.pi * (1e6 + 1e3 * k) * t)
        return 0
NgSpiceShared.LIBRARY_PATH = sys.argv[1]
spice = Sources.new_instance(send_data=False)
spice.load_circuit(sys.stdin.read())
cpu, wall = time.process_time(), time.perf_counter()
spice.run()
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
print("RESULT", cpu, wall, float(spice.exec_command("print length(time)").split("=")[1]))
"""


def deck(count: int, stop: float, source: str) -> str:
    """Sources into RC circuits; `source` is a card with the number {k} and the frequency {f}."""
    cards = ["sources"]
    for k in range(count):
        frequency = 1e6 + 1e3 * k
        cards += [source.format(k=k, f=frequency), f"R{k} a{k} b{k} 1k", f"C{k} b{k} 0 1n"]
    return "\n".join([*cards, f".tran {STEP} {stop} 0 {STEP}", ".end"]) + "\n"


class PythonSine(PythonModel):
    """The same source as a Python function behind a C callback of ours."""

    def __init__(self, frequency: float) -> None:
        self.frequency = frequency

    spiking = False
    feedthrough = False

    @property
    def ports(self) -> tuple[VoltageOutput | CurrentOutput, ...]:
        """`out`."""
        return (VoltageOutput("out"),)

    def output(self, time: float, state: Any, reading: Any, parameters: Any, out: Any) -> None:
        """A sine."""
        out[0] = float(np.sin(2 * np.pi * self.frequency * time))


def ours(count: int, stop: float, *, python: bool = False) -> tuple[float, float, Any]:
    """CPU and wall time [s] a step, and the result."""
    session = Session(deck(count, stop, "X{k} a{k} sine"))
    for k in range(count):
        frequency = 1e6 + 1e3 * k
        model = PythonSine(frequency) if python else SineVoltage(amplitude=1.0, frequency=frequency)
        session.bind(f"X{k}", model)
    result = session.run()
    return *_per_step(result), result


def own(count: int, stop: float) -> tuple[float, float, Any]:
    """ngspice's own sine sources."""
    result = simulate(deck(count, stop, "V{k} a{k} 0 sin(0 1 {f})"), method="library")
    return *_per_step(result), result


def _per_step(result: Any) -> tuple[float, float]:
    points = result.time.size
    return float(result.stats["cpu_time"]) / points, float(result.stats["wall_time"]) / points


def pyspice(python: str, count: int, stop: float) -> tuple[float, float] | None:
    """PySpice's external sources, or None where it does not run."""
    import ctypes.util

    library = find_library() or ctypes.util.find_library("ngspice") or ""
    text = deck(count, stop, "V{k} a{k} 0 external")
    command = [python, "-c", _PYSPICE, library]
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=300, check=False)
    except OSError:
        return None
    found = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("RESULT")]
    if not found:
        return None
    cpu, wall, points = map(float, found[0])
    return cpu / points, wall / points


def sources(counts: list[int], repeats: int, points: int, python: str) -> list[dict[str, Any]]:
    """Rows for each number of sources."""
    rows: list[dict[str, Any]] = []
    for count in counts:
        # Long enough for clocks that tick in hundredths of a second.
        stop = STEP * max(500, points // (10 + count) * 10)
        short = max(200 * STEP, stop / 8)
        ours(count, stop)
        taken: dict[str, list[tuple[float, float]]] = {}
        difference = 0.0
        for _ in range(repeats):
            cpu, wall, mine = ours(count, stop)
            taken.setdefault("models", []).append((cpu, wall))
            cpu, wall, other = own(count, stop)
            taken.setdefault("ngspice's own", []).append((cpu, wall))
            name = f"V(B{count - 1})"
            difference = max(difference, float(np.abs(mine[name] - other[name]).max()))
            taken.setdefault("Python callbacks", []).append(ours(count, short, python=True)[:2])
            theirs = pyspice(python, count, short)
            if theirs is not None:
                taken.setdefault("PySpice", []).append(theirs)
        median = {
            name: tuple(statistics.median(run[k] for run in runs) for k in (0, 1))
            for name, runs in taken.items()
        }
        for name, (cpu, wall) in median.items():
            rows.append(
                {
                    "case": f"{count} sources",
                    "peer": name,
                    "microseconds_per_step": cpu * 1e6,
                    "ratio_cpu": cpu / median["models"][0],
                    "ratio_wall": wall / median["models"][1],
                    "accuracy": difference,
                }
            )
    return rows


def throughput(decks: int, repeats: int) -> list[dict[str, Any]]:
    """200 short decks through one worker and two: `ratio_wall` is one's time over two's."""
    text = deck(20, STEP * 400, "V{k} a{k} 0 sin(0 1 {f})")
    list(simulate_many([text] * 4, workers=2))
    taken: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(repeats):
        for workers, times in taken.items():
            began = time.perf_counter()
            for _result in simulate_many([text] * decks, workers=workers, method="library"):
                pass
            times.append(time.perf_counter() - began)
    one, two = (statistics.median(times) for times in taken.values())
    row = {"case": f"{decks} decks", "peer": "one worker over two", "ratio_cpu": 1.0, "accuracy": 0.0}
    return [row | {"ratio_wall": one / two, "microseconds_per_step": one / decks * 1e6}]


@click.command()
@click.option("--quick", is_flag=True, help="Less than a minute.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write all figures to this file.")
@click.option("--pyspice", "python", default=sys.executable, help="A Python that has PySpice.")
def main(quick: bool, target: Path | None, python: str) -> None:
    """Print the figures."""
    if find_library() is None:
        raise click.ClickException("libngspice is not installed; there is nothing to measure")
    counts, repeats = ([1, 100], 3) if quick else ([1, 10, 100, 1000], 5)
    rows = sources(counts, repeats, 40_000 if quick else 100_000, python)
    rows += throughput(200, 1 if quick else 3)
    click.echo(f"{'case':14} {'peer':22} {'µs':>9} {'cpu':>7} {'wall':>7} {'difference':>11}")
    for row in rows:
        click.echo(
            f"{row['case']:14} {row['peer']:22} {row['microseconds_per_step']:9.2f} "
            f"{row['ratio_cpu']:7.2f} {row['ratio_wall']:7.2f} {row['accuracy']:11.1e}"
        )
    if not any(row["peer"] == "PySpice" for row in rows):
        click.echo(f"PySpice does not run in {python}: not measured")
    if target is not None:
        target.write_text(json.dumps({"rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
