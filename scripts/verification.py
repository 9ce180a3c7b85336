#!/usr/bin/env python3
"""Measure what docs/verification.md states, and write the page.

    .venv/bin/python scripts/verification.py            # a minute or two
    .venv/bin/python scripts/verification.py --check    # measure, print, write nothing

The tests assert bounds on the same quantities; this page shows the figures themselves.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

from cosim import __version__, spice
from cosim.analysis import setup_and_hold
from cosim.circuits import available
from cosim.evaluation import compare, josephson_level, ngspice_level, twin_level
from cosim.mapping import bench, map_to_sfq
from cosim.netlist import parse_file
from cosim.network import all_patterns, read_nir, transition_sequence
from cosim.spiking import twin

ROOT = Path(__file__).resolve().parent.parent
# The functions that the tests bound.
sys.path.insert(0, str(ROOT / "tests"))
from josephson import figures  # noqa: E402

NETWORKS = ROOT / "netlists" / "networks"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def theory() -> str:
    """The engine against closed forms."""
    curve = max(figures.overdamped_curve_error(ratio) for ratio in (1.02, 1.1, 1.5, 2.0, 4.0))
    plasma = max(figures.plasma_frequency_error(bias) for bias in (0.0, 0.5, 0.8))
    rows = [
        ["V(I) of an overdamped junction, 1.02 … 4 Ic", "R·√(I² − Ic²)", f"{curve:.1e}"],
        ["frequency of small oscillations, bias 0 … 0.8 Ic", "√(2π Ic cos φ₀/Φ0 C)/2π", f"{plasma:.1e}"],
        ["∫V dt of a pulse over its phase", "Φ0 a turn", f"{figures.flux_quantum_error():.1e}"],
        ["flux of a loop that holds 3 quanta", "whole Φ0", f"{figures.quantisation_error():.1e}"],
    ]
    for case, (_, _, _, law) in figures.NOISY.items():
        rows.append(
            [f"{case}, thermal noise", law, f"{abs(figures.noise_ratio(case) - 1.0):.1e} (statistics: 3e-2)"]
        )
    return table(["quantity", "against", "relative error"], rows)


def orders() -> str:
    rows = []
    for deck in figures.ORDER_DECKS:
        slopes = [figures.observed_order(deck, m, c)[0] for m, c in (("ark3", 0.1e-12), ("ark4", 0.05e-12))]
        rows.append([deck, *(f"{slope:.2f}" for slope in slopes)])
    return table(["circuit", "ark3", "ark4"], rows)


def conservation() -> str:
    rows = [[f"`{deck}`", f"{abs(figures.unbalanced(deck)):.1e}"] for deck in figures.CONSERVATION_DECKS]
    return table(["deck", "unbalanced, relative"], rows)


def peers() -> str:
    """Our decks against JoSIM at default settings, and the RMS metric of their waveforms."""
    rows = []
    for deck in figures.CROSSINGS:
        found, result = figures.agreement(deck), figures.run(deck)
        counts = ", ".join(f"{ours}/{josim}" for ours, josim in found.counts.values())
        worst = f"{found.worst * 1e12:.4f}" if math.isfinite(found.worst) else "-"
        distances = figures.distances(deck)
        metric = "-" if deck in figures.DRIFTING else f"{max(distances.values()):.3f}"
        rows.append([f"`{deck}`", counts, worst, metric, f"{result.stats['steps']}", result.status])
    return table(
        ["deck", "pulses, ours/JoSIM", "largest difference (ps)", "RMS metric", "steps", "status"], rows
    )


def curves() -> str:
    rows = [
        [f"`{deck}`", *(f"{100 * part:.3f} %" for part in figures.curve_difference(deck))]
        for deck in figures.DRIFTING
    ]
    return table(["deck", "mean voltage", "mean current"], rows)


def ngspice() -> str:
    """The same decks rendered for ngspice."""
    rows = []
    for deck in figures.CROSSINGS if spice.available() else ():
        pulses, distances = figures.against_ngspice(deck)
        equal = "equal" if pulses.agree else "different"
        apart = f"{pulses.max_difference * 1e12:.4f}"
        rows.append([f"`{deck}`", f"{pulses.pulses}", equal, apart, f"{max(distances.values()):.2f}"])
    return table(["deck", "slips", "counts and signs", "largest difference (ps)", "RMS metric at 1 %"], rows)


def flip_flop() -> str:
    """Setup and hold of the D flip-flop."""
    deck = parse_file(ROOT / "netlists" / "dff.cir")
    found = setup_and_hold(
        deck, parameter="TDATA", early=75e-12, late=125e-12, data="B3|XD", clock="B3|XC", output="B3|XQ"
    )
    return found.text()


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
    cells = ["neuron (E, I, k)", "threshold, rms", "largest", "arrival, rms (ps)", "other spike counts"]
    engines = ["network", "slots", "spikes", "twin against circuit", "ngspice against circuit"]
    version = spice.available() or "not installed"
    return f"""# Verification

Written by `scripts/verification.py` (cosim {__version__}, ngspice {version}); the tests hold bounds on the
same figures. Order of trust: closed forms, observed order, conservation, a second engine, peers. Those of
the Josephson engine come from `tests/josephson/figures.py`, the functions that its tests bound.

## Theory

{theory()}

## Order of the integrator

Slope of the error of the last junction's phase, over steps of 0.1, 0.05 and 0.025 ps (half of that for ark4).

{orders()}

## Conservation of energy

What sources deliver in 150 ps, less what resistances take, less what inductances, capacitances and
supercurrents hold, each by its own law ([Analysis](analysis.md)).

{conservation()}

## JoSIM

Our decks at default settings against JoSIM {figures.JOSIM}, whose arrival times at its two finest steps
(2.5 and 25 fs) are extrapolated to zero step: JoSIM is of second order, and that is how far it had
converged. The RMS metric is Xyce's, (JoSIM − ours) / (1e-3·|JoSIM| + a thousandth of the signal's largest
value), the worst signal of the deck: below 1 agrees. Samples within 0.15 ps of a corner of a source are left
out.

{peers()}

`single_jj_hyst` retraps at another turn in every discretisation, and both junctions below turn freely all
the time: their curves count, over 40 windows, relative to the largest value.

{curves()}

## A clocked cell

The D flip-flop `netlists/dff.cir`, an answer counting up to 1.1 times its usual delay: {flip_flop()}.

## ngspice

The same decks rendered for ngspice (junctions as sub-circuits, trapezoidal rule, steps of 0.05 ps at most),
for their first 60 to 230 ps, `single_jj_iv_rsj` for 6 ns.

{ngspice()}

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
    check = parser.parse_args().check
    text = page()
    if check:
        sys.stdout.write(text)
    else:
        (ROOT / "docs" / "verification.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
