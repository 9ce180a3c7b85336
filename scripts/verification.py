#!/usr/bin/env python3
"""Measure what docs/verification.md states, and write the page.

    .venv/bin/python scripts/verification.py            # a minute or two
    .venv/bin/python scripts/verification.py --check    # measure, print, write nothing

The tests assert bounds on the same quantities; this page shows the figures themselves.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

import numpy as np

from cosim import __version__, spice
from cosim.circuits import available
from cosim.constants import FLUX_QUANTUM, PHASE_PER_FLUX
from cosim.evaluation import compare, josephson_level, ngspice_level, twin_level
from cosim.josephson import simulate
from cosim.mapping import bench, map_to_sfq
from cosim.netlist import flatten, parse, parse_file
from cosim.network import all_patterns, read_nir, transition_sequence
from cosim.spiking import twin

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "josephson" / "data"
NETWORKS = ROOT / "netlists" / "networks"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def rsj() -> float:
    """Largest relative error of V(I) = R·√(I² − Ic²) of an overdamped junction between 1.1 and 3 Ic."""
    worst = 0.0
    for ratio in (1.1, 1.3, 1.6, 2.0, 3.0):
        deck = f"""* overdamped junction
.model j jj(rtype=0, rn=1, cap=1f, icrit=0.1m)
B1 1 0 j
I1 0 1 pwl(0 0 50p {ratio * 1e-4})
.tran 1p 3000p
.end
"""
        result = simulate(flatten(parse(deck)))
        times = result.pulse_times("B1")
        times = times[times > 300e-12]
        voltage = FLUX_QUANTUM * (len(times) - 1) / (times[-1] - times[0])
        worst = max(worst, abs(voltage / (1e-4 * math.sqrt(ratio**2 - 1.0)) - 1.0))
    return worst


def plasma() -> float:
    """Relative error of the frequency of small oscillations, √(2π Ic/Φ0 C)/2π."""
    deck = """* unshunted junction after a small kick
.model j jj(rtype=1, r0=1meg, cap=0.07p, icrit=0.1m)
B1 1 0 j
I1 0 1 pulse(0 0.02u 1p 0.1p 0.1p 0.5p)
.tran 0.01p 60p
.print p(B1)
.end
"""
    result = simulate(flatten(parse(deck)), tolerance=1e-7)
    phase, time = result["P(B1)"], result.time
    late = time > 3e-12
    phase, time = phase[late], time[late]
    up = np.flatnonzero((phase[:-1] < 0.0) & (phase[1:] >= 0.0))
    at = time[up] - phase[up] * (time[up + 1] - time[up]) / (phase[up + 1] - phase[up])
    measured = (len(at) - 1) / (at[-1] - at[0])
    return abs(measured / (math.sqrt(PHASE_PER_FLUX * 1e-4 / 0.07e-12) / (2 * math.pi)) - 1.0)


def quantum() -> float:
    """Relative error of ∫V dt over one pulse of a shunted junction against Φ0."""
    circuit = flatten(parse_file(DATA / "jtl10_simple.cir"))
    result = simulate(circuit, stop=50e-12, print_step=0.01e-12)
    voltage, time = result["V(5)"], result.time
    late = time > 18e-12
    area = np.trapezoid(voltage[late], time[late])
    phase = result["P(B5)"][late]
    return abs(area * PHASE_PER_FLUX / (phase[-1] - phase[0]) - 1.0)


def order(method: str) -> float:
    """Observed order from arrivals at the end of ten junctions at steps of 0.1 and 0.05 ps."""
    circuit = flatten(parse_file(DATA / "jtl10_simple.cir"))

    def arrival(step: float) -> float:
        return float(simulate(circuit, stop=60e-12, step=step, method=method).pulse_times("B10")[0])

    exact = arrival(0.00625e-12)
    return math.log2(abs(arrival(0.1e-12) - exact) / abs(arrival(0.05e-12) - exact))


def peers() -> list[list[str]]:
    """Our decks against JoSIM 2.7, extrapolated from its two finest steps; and against ngspice."""
    crossings = json.loads((DATA / "crossings.json").read_text(encoding="utf-8"))
    rows = []
    for name, steps in crossings.items():
        deck = parse_file(DATA / f"{name}.cir")
        result = simulate(flatten(deck))
        fine_step, coarse_step = sorted(steps, key=float)[:2]
        ratio = float(coarse_step) / float(fine_step)
        worst, counts = 0.0, []
        for junction, fine in steps[fine_step].items():
            coarse = steps[coarse_step][junction]
            times = np.array(fine["ps"])
            if fine["count"] == coarse["count"]:
                times = times + (times - np.array(coarse["ps"])) / (ratio**2 - 1.0)
            mine = 1e12 * result.pulse_times(junction)
            counts.append(f"{len(mine)}/{fine['count']}")
            if len(mine) == fine["count"] and len(times):
                worst = max(worst, float(np.max(np.abs(mine[:: fine["every"]] - times))))
        shown = f"{worst:.4f}" if name != "single_jj_hyst" else "-"
        rows.append([f"`{name}`", ", ".join(counts), shown, f"{result.stats['steps']}", result.status])
    return rows


def networks() -> list[list[str]]:
    """Shipped networks in the twin, our engine and ngspice."""
    rows = []
    for name in ("xor_221", "majority_321", "two_four_two"):
        network = read_nir(NETWORKS / f"{name}.nir")
        design = map_to_sfq(network)
        patterns = all_patterns(network.inputs)
        desk = bench(design, transition_sequence(patterns) if len(patterns) <= 4 else patterns)
        names = [n.name for n in design.neurons]
        ours, twin = josephson_level(desk), twin_level(design, desk)
        other = ngspice_level(desk)
        cells = []
        for level in (twin, other):
            if level is None:
                cells.append("not installed")
                continue
            agreement = compare(ours, level, names)
            equal = "equal" if agreement.equal else "different"
            cells.append(f"{equal}, {agreement.largest * 1e12:.3f} ps")
        rows.append([f"`{name}`", str(len(desk.patterns)), str(int(ours.counts.sum())), *cells])
    return rows


def twins() -> list[list[str]]:
    """What the calibration of each twin left."""
    rows = []
    for signature in available():
        errors = twin(signature).errors
        rows.append(
            [
                f"{signature.excitatory}, {signature.inhibitory}, {signature.threshold}",
                f"{100 * errors.threshold_rms:.2f} %",
                f"{100 * errors.threshold_largest:.2f} %",
                f"{errors.time_rms * 1e12:.2f}",
                f"{errors.wrong_counts} of {errors.runs}",
            ]
        )
    return rows


def page() -> str:
    """The whole page."""
    theory = table(
        ["quantity", "against", "relative error"],
        [
            ["V(I) of an overdamped junction, 1.1 … 3 Ic", "R·√(I² − Ic²)", f"{rsj():.1e}"],
            ["frequency of small oscillations", "√(2π Ic/Φ0 C)/2π", f"{plasma():.1e}"],
            ["∫V dt of a pulse over its phase", "Φ0 a turn", f"{quantum():.1e}"],
        ],
    )
    orders = table(
        ["method", "stated", "observed"],
        [[m, s, f"{order(m):.2f}"] for m, s in (("ark3", "3"), ("ark4", "4"))],
    )
    head = ["deck", "pulses, ours/JoSIM", "largest difference (ps)", "steps", "status"]
    cells = ["neuron (E, I, k)", "threshold, rms", "largest", "arrival, rms (ps)", "other spike counts"]
    engines = ["network", "slots", "spikes", "twin against circuit", "ngspice against circuit"]
    version = spice.available() or "not installed"
    return f"""# Verification

Written by `scripts/verification.py` (cosim {__version__}, ngspice {version}); the tests hold bounds on the
same figures. Order of trust: closed forms, observed order, conservation, a second engine, peers.

## Theory

{theory}

## Order of the integrator

Arrival after ten junctions, steps of 0.1 and 0.05 ps against 6.25 fs.

{orders}

## JoSIM

Our decks at default settings against JoSIM 2.7, whose arrival times at its two finest steps (2.5 and 25 fs)
are extrapolated to zero step: JoSIM is of second order, and that is how far it had converged.
`single_jj_hyst` retraps at another turn in every discretisation: counts only. Whole waveforms stay below 1
in the RMS metric at a relative tolerance of 1e-3 (`tests/josephson/test_reference_decks.py`).

{table(head, peers())}

## Engine against engine, and the twin

The shipped networks over all ordered transitions of their patterns (all patterns once for three inputs):
largest difference of arrival over all spikes of all neurons.

{table(engines, networks())}

## Twins of single neurons

Errors of the calibrated twins against their circuits on pulse trains that threshold, latency, leak and
refractory time were fitted to, and on random ones. Thresholds are relative to the soma's critical current.

{table(cells, twins())}

## Steps of margins and yields

Batches run at equal steps of 0.25 ps (`ark3`). [Analysis](analysis.md) has what that changes in a margin:
nothing at a resolution of 0.05 % against 0.05 ps.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure and write docs/verification.md.")
    parser.add_argument("--check", action="store_true", help="print the page, write nothing")
    text = page()
    if parser.parse_args().check:
        sys.stdout.write(text)
    else:
        (ROOT / "docs" / "verification.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
