#!/usr/bin/env python
"""Josephson engine against JoSIM: CPU and wall time at equal accuracy, side by side in one run.

    scripts/bench/josephson.py [--quick] [--json FILE] [--rounds N]

A run is accurate enough when every slip of the junction farthest from the input lies within
0.05 ps of the converged solution (fourth order, 0.02 ps steps). JoSIM gets the largest step
0.2 ps / 2^k that meets this; our engine is measured at its default settings and at the loosest
of a few that still meets it. Both read the same deck; JoSIM's time is that of its process, ours
from the deck's text to the slips, with kernels compiled before, and once more that of `cosim run`
as a process of its own. Rounds alternate between them; the medians of the rounds' ratios are
given. Where `josim-cli` is not on the PATH only our own times are printed.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cosim.errors import CosimError
from cosim.josephson import Topology, Values, default_step, simulate, simulate_batch
from cosim.netlist import flatten, parse
from cosim.netlist.circuit import Circuit
from cosim.results import find_slips

WITHIN = 0.05e-12
COMMAND_LINE = "cosim run"
MODEL = ".model jj1 jj(rtype=1, vg=2.8m, cap=0.07p, r0=160, rn=16, icrit=0.1m)"
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """`deck` has no .tran and no .print; `junction` is the one whose slips are compared."""

    name: str
    deck: str
    junction: str
    stop: float
    variants: int = 1


@dataclass(frozen=True)
class Cost:
    cpu: float
    wall: float


def stage(k: int) -> list[str]:
    """A biased, shunted junction at node k with parasitic inductances."""
    return [
        f"B{k} {k} p{k} jj1 area=2.5",
        f"LP{k} p{k} 0 0.3p",
        f"R{k} {k} r{k} 2.744",
        f"LR{k} r{k} 0 2.05p",
        f"IB{k} 0 {k} pwl(0 0 5p 175u)",
    ]


def line(junctions: int, stop: float, variants: int = 1) -> Case:
    cards = [MODEL, "IIN 0 1 pulse(0 400u 20p 2p 2p 2p 50p)"]
    for k in range(1, junctions + 1):
        cards += stage(k)
        if k < junctions:
            cards.append(f"L{k} {k} {k + 1} 4.13567p")
    name = f"line of {junctions}" + (f", {variants} variants" if variants > 1 else "")
    return Case(name, "\n".join(cards), f"B{junctions}", stop, variants)


def ring(junctions: int, stop: float) -> Case:
    """A closed line with one flux quantum coupled in: it circulates for ever."""
    cards = [MODEL, "IC 0 c pwl(0 0 30p 0 40p 0.556m)", "LC c 0 4.13567p", f"KC LC L{junctions} 0.9"]
    for k in range(1, junctions + 1):
        cards += [*stage(k), f"L{k} {k} {k % junctions + 1} 4.13567p"]
    return Case(f"ring oscillator of {junctions}", "\n".join(cards), "B1", stop)


def comparator(stop: float) -> Case:
    """A balanced comparator, clocked through a short line, deciding on a rising current."""
    cards = [MODEL, "IIN 0 1 pulse(0 400u 20p 2p 2p 2p 40p)"]
    for k in range(1, 5):
        cards += [*stage(k), *([f"L{k} {k} {k + 1} 4.13567p"] if k < 4 else [])]
    cards += [
        "L4 4 5 4.13567p", "BT 5 6 jj1 area=2.0", "RT 5 6 3.43", "BB 6 0 jj1 area=2.0", "RBB 6 0 3.43",
        "ISIG 0 6 pwl(0 0 10p -60u 790p 100u 800p 100u)",
    ]  # fmt: skip
    return Case("clocked comparator", "\n".join(cards), "BB", stop)


def flat(case: Case) -> Circuit:
    return flatten(parse(f"{case.deck}\n.tran 0.1p {case.stop!r}\n.end"))


def timed(work: Callable[[], Array]) -> tuple[Cost, Array]:
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall), result


def ours(case: Case, **settings: object) -> tuple[Cost, Array]:
    """One run, or the whole batch on one thread; slips (of the first variant) [s]."""
    if case.variants == 1:
        return timed(lambda: simulate(flat(case), **settings).pulse_times(case.junction, sign=None))  # type: ignore[arg-type]
    base = flat(case)
    values = spread_values(case, base)

    def work() -> Array:
        result = simulate_batch(base, values=values, threads=1, **settings)  # type: ignore[arg-type]
        return result.pulses(0).of(case.junction)[0]

    return timed(work)


def spread_values(case: Case, base: Circuit) -> Values:
    """5 % on every element; the first variant stays nominal, so that it can be checked."""
    values = Values.of([base], [Topology.of(base)]).repeated(case.variants)
    generator = np.random.default_rng(1)
    for name in ("resistance", "inductance", "critical_current"):
        array = getattr(values, name)
        array[1:] *= generator.normal(1.0, 0.05, array[1:].shape).clip(0.8, 1.2)
    return values


def peer(program: str, case: Case, step: float, folder: Path) -> tuple[Cost, Array]:
    """One JoSIM process on the nominal circuit, printing one phase every 0.1 ps or coarser."""
    deck, table = folder / "deck.cir", folder / "out.csv"
    print_step = max(step, 0.1e-12)
    times = f"{step * 1e12!r}p {case.stop * 1e12!r}p 0 {print_step * 1e12!r}p"
    deck.write_text(f"{case.deck}\n.tran {times}\n.print p({case.junction})\n.end\n", encoding="utf-8")
    table.unlink(missing_ok=True)
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [program, "-m", "-o", str(table), str(deck)], capture_output=True, text=True, check=False
    )
    wall = time.perf_counter() - wall
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode or not table.exists():
        sys.exit(f"josim-cli failed on {case.name}: {(done.stderr or done.stdout)[-300:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    samples = np.loadtxt(table, delimiter=",", skiprows=1)
    return Cost(cpu, wall), find_slips(samples[:, 0], samples[:, 1])[0]


def command_line(case: Case, folder: Path) -> Cost:
    """`cosim run` on the deck as a process, from its start to the table: imports and cached kernels count."""
    deck, table = folder / "deck.cir", folder / "ours.csv"
    text = f"{case.deck}\n.tran 0.1p {case.stop * 1e12!r}p 0 0.1p\n.print p({case.junction})\n.end\n"
    deck.write_text(text, encoding="utf-8")
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "cosim", "run", str(deck), "-o", str(table)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    wall = time.perf_counter() - wall
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode or not table.exists():
        sys.exit(f"cosim run failed on {case.name}: {done.stderr[-300:]}")
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)


def distance(found: Array, exact: Array, stop: float) -> float:
    """Largest difference [s]; infinite when the counts differ, the last picosecond apart."""
    found, exact = found[found < stop - 1e-12], exact[exact < stop - 1e-12]
    return float(np.max(np.abs(found - exact), initial=0.0)) if len(found) == len(exact) else float("inf")


def peer_step(program: str, case: Case, exact: Array, folder: Path) -> tuple[float, float]:
    """Step [s] that the peer needs, and its error there [s]."""
    for k in range(8):
        step = 0.2e-12 / 2**k
        error = distance(peer(program, case, step, folder)[1], exact, case.stop)
        if error < WITHIN:
            return step, error
    sys.exit(f"{case.name}: JoSIM does not come within 0.05 ps at any step tried")


def candidates(case: Case) -> list[dict[str, object]]:
    """Our settings from cheap to dear, equal steps in parts of the default one; {} is the default."""
    base = flat(case)
    step = default_step(Values.of([base], [Topology.of(base)]))
    # With one circuit, parts that do not move by 1e-7 rad in a step sleep, as by default with error control.
    sleeping: dict[str, object] = {"quiet": 1e-7} if case.variants == 1 else {}
    tried: list[dict[str, object]] = [
        {"step": factor * step, "method": method, **sleeping}
        for factor, method in ((2.0, "ark3"), (2.0, "ark4"), (1.5, "ark3"), (1.5, "ark4"), (1.0, "ark3"))
    ]
    return [*tried, {}]


def own_settings(case: Case, exact: Array) -> tuple[dict[str, object], float]:
    for settings in candidates(case):
        try:
            error = distance(ours(case, **settings)[1], exact, case.stop)
        except CosimError:
            continue
        if error < WITHIN:
            return settings, error
    sys.exit(f"{case.name}: our engine is not within 0.05 ps at its default settings")


def cases(quick: bool) -> list[Case]:
    part = 0.5 if quick else 1.0
    chosen = [
        line(10, part * 2e-9), line(100, part * 1e-9), ring(12, part * 2e-9), comparator(part * 800e-12),
        line(1000, part * 400e-12), line(100, part * 600e-12, variants=256),
    ]  # fmt: skip
    return chosen if quick else [*chosen, line(10_000, 150e-12)]


def exact_slips(case: Case) -> Array:
    return simulate(flat(case), method="ark4", step=0.02e-12).pulse_times(case.junction, sign=None)


def far_junction(case: Case, quick: bool) -> Case:
    """On a long line the pulse has not come to the end by the stop: compare where it has."""
    reached = simulate(flat(case)).pulses
    names = [n for n in (f"B{k}" for k in range(int(case.junction[1:]), 0, -1)) if len(reached.of(n)[0])]
    return Case(case.name, case.deck, names[3 if len(names) > 3 else 0], case.stop, case.variants)


def measure(case: Case, program: str | None, rounds: int, folder: Path) -> list[dict[str, object]]:
    if case.name.startswith("line"):
        case = far_junction(case, quick=False)
    exact = exact_slips(case)
    loose, loose_error = own_settings(case, exact)
    default_error = distance(ours(case)[1], exact, case.stop)
    step, step_error = peer_step(program, case, exact, folder) if program else (0.0, 0.0)
    kinds: list[tuple[str, dict[str, object], float]] = [
        ("default settings", {}, default_error),
        ("equal accuracy", loose, loose_error),
    ]
    if case.variants == 1:
        kinds.append((COMMAND_LINE, {}, default_error))
    costs: dict[str, list[Cost]] = {kind: [] for kind, _, _ in kinds}
    others: list[Cost] = []
    for _ in range(rounds):
        for kind, settings, _ in kinds:
            run = command_line(case, folder) if kind == COMMAND_LINE else ours(case, **settings)[0]
            costs[kind].append(run)
        if program:
            others.append(peer(program, case, step, folder)[0])
    rows = []
    for kind, settings, error in kinds:
        mine = costs[kind]
        row: dict[str, object] = {
            "case": case.name, "settings": kind, "chosen": settings,
            "peer": "JoSIM" if program else None, "cpu": statistics.median(c.cpu for c in mine),
            "wall": statistics.median(c.wall for c in mine), "accuracy": error,
        }  # fmt: skip
        if program:
            pairs = list(zip(others, mine, strict=True))
            row |= {
                "peer_step": step,
                "peer_accuracy": step_error,
                "peer_cpu": case.variants * statistics.median(o.cpu for o in others),
                "ratio_cpu": case.variants * statistics.median(o.cpu / m.cpu for o, m in pairs),
                "ratio_wall": case.variants * statistics.median(o.wall / m.wall for o, m in pairs),
            }
        rows.append(row)
    return rows


def show(row: dict[str, object]) -> None:
    head = f"{row['case']:<28} {row['settings']:<17} {row['cpu']:8.3f} s cpu {1e12 * row['accuracy']:8.4f} ps"  # type: ignore[operator]
    if row["peer"]:
        head += (
            f" | JoSIM {row['peer_cpu']:8.2f} s at {1e12 * row['peer_step']:.4g} ps,"  # type: ignore[operator]
            f" {1e12 * row['peer_accuracy']:.4f} ps"  # type: ignore[operator]
            f" | ratio cpu {row['ratio_cpu']:6.1f}, wall {row['ratio_wall']:6.1f}"
        )
    print(head, flush=True)


def compile_kernels() -> float:
    """Seconds until both kernels are ready: compiled on a fresh install, else loaded from the cache."""
    began = time.perf_counter()
    small = flat(Case("", f"{MODEL}\n" + "\n".join(stage(1)), "B1", 1e-12))
    simulate(small)
    simulate_batch(small, values=Values.of([small], [Topology.of(small)]).repeated(2), threads=1)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="shorter, in under a minute; not the line of 10,000"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there")
    parser.add_argument(
        "--rounds", type=int, default=0, help="rounds to take medians of (default 3, quick 1)"
    )
    chosen = parser.parse_args()
    rounds = chosen.rounds or (1 if chosen.quick else 3)
    program = shutil.which("josim-cli")
    if program is None:
        print("josim-cli is not on the PATH: only our own times are measured")
    print(f"kernels ready after {compile_kernels():.2f} s")
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(chosen.quick):
            for row in measure(case, program, rounds, Path(folder)):
                show(row)
                rows.append(row)
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
