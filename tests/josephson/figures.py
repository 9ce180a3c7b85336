"""Figures of merit of the Josephson engine: the tests bound them, docs/verification.md shows them.

Each function measures one thing and returns numbers; nothing is asserted here.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from josephson.decks import circuit, transmission_line
from numpy.typing import NDArray

from cosim import spice
from cosim.analysis import energy_balance
from cosim.constants import BOLTZMANN, FLUX_QUANTUM, PHASE_PER_FLUX
from cosim.josephson import simulate
from cosim.netlist import flatten, parse_file
from cosim.results import PulseComparison, Result, compare_pulses, compare_waveforms, waveform_distance

Array = NDArray[np.float64]

DATA = Path(__file__).parent / "data"
JOSIM = "2.7"
CROSSINGS = json.loads((DATA / "crossings.json").read_text(encoding="utf-8"))
#: The junction retraps at another turn in every discretisation, JoSIM's two steps included.
CHAOTIC = ("single_jj_hyst",)
#: Free-running for the whole of the run: curves and counts say more than waveforms.
DRIFTING = ("single_jj_hyst", "single_jj_iv_rsj")
#: Left out of the comparison of waveforms on both sides of a corner [s].
BESIDE_CORNERS = 0.15e-12


@cache
def run(deck: str) -> Result:
    """A reference deck at default settings."""
    return simulate(flatten(parse_file(DATA / f"{deck}.cir")))


@cache
def reference(deck: str) -> dict[str, Array]:
    """JoSIM's columns, `time` [s] among them."""
    with np.load(DATA / "waveforms.npz") as file:
        return dict(zip(file[f"{deck}|names"].tolist(), file[deck].astype(np.float64), strict=True))


def converged(deck: str, junction: str) -> tuple[int, int, Array]:
    """JoSIM's count, the stride, and its times [s] extrapolated to zero step (it is of second order)."""
    steps = sorted(CROSSINGS[deck], key=float)
    fine, coarse = (CROSSINGS[deck][s][junction] for s in steps[:2])
    ratio = float(steps[1]) / float(steps[0])
    times = np.array(fine["ps"])
    if fine["count"] == coarse["count"]:
        times = times + (times - np.array(coarse["ps"])) / (ratio**2 - 1.0)
    return fine["count"], fine["every"], 1e-12 * times


@dataclass(frozen=True)
class Agreement:
    """One deck against JoSIM: `counts` (ours, JoSIM's) by junction, the largest difference of an
    arrival [s] and where; NaN for arrivals of a chaotic deck."""

    counts: dict[str, tuple[int, int]]
    worst: float
    at: str


@cache
def agreement(deck: str) -> Agreement:
    counts, worst, at = {}, 0.0, ""
    for junction in next(iter(CROSSINGS[deck].values())):
        count, stride, expected = converged(deck, junction)
        mine = run(deck).pulse_times(junction, sign=1)
        counts[junction] = (len(mine), count)
        if len(mine) == count and count and deck not in CHAOTIC:
            difference = float(np.max(np.abs(mine[::stride] - expected)))
            if difference > worst:
                worst, at = difference, junction
    return Agreement(counts, math.nan if deck in CHAOTIC else worst, at)


def corner_times(deck: str) -> Array:
    """Corners of the sources: a purely inductive node steps its voltage there."""
    flat = flatten(parse_file(DATA / f"{deck}.cir"))
    stop = flat.transient.stop if flat.transient else 0.0
    waves = [e.waveform for e in flat.elements if hasattr(e, "waveform")]  # type: ignore[attr-defined]
    return np.unique(np.concatenate([np.zeros(1), *(w.corners(stop) for w in waves)]))


@cache
def distances(deck: str) -> dict[str, float]:
    """RMS of (JoSIM − ours) / (1e-3 |JoSIM| + a thousandth of its largest), by signal; below 1 agrees.

    Samples beside corners of sources are left out: where a current bends at a node that only
    inductances hold, its voltage steps, and no two time grids agree on the step.
    """
    columns = reference(deck)
    result, time = run(deck), columns["time"]
    away = np.min(np.abs(time[:, None] - corner_times(deck)[None, :]), axis=1) > BESIDE_CORNERS
    found = {}
    for name, good in columns.items():
        if name != "time":
            mine = np.interp(time, result.time, result[name])
            found[name] = waveform_distance(
                time[away], good[away], time[away], mine[away],
                relative=1e-3, absolute=1e-3 * float(np.max(np.abs(good))),
            )  # fmt: skip
    return found


#: How far ngspice goes with a deck [s]; 200 ps where nothing is said.
NGSPICE_STOP = {
    "single_jj_hyst": 230e-12,
    "single_jj_iv_rsj": 6e-9,
    "single_jj_pulse": 60e-12,
    "plasma": 60e-12,
    "storage_loop": 180e-12,
}


@cache
def against_ngspice(deck: str) -> tuple[PulseComparison, dict[str, float]]:
    """The deck rendered for ngspice: pulses, and the RMS metric of waveforms at 1 % by signal."""
    parsed, stop = parse_file(DATA / f"{deck}.cir"), NGSPICE_STOP.get(deck, 200e-12)
    other, ours = spice.simulate(parsed, stop=stop), simulate(flatten(parsed), stop=stop)
    tolerance = {"rad": 1e-2, "V": 5e-6, "A": 2e-6}
    return compare_pulses(other, ours), compare_waveforms(other, ours, relative=1e-2, absolute=tolerance)


def _curve(time: Array, phase: Array, current: Array, bins: Array) -> tuple[Array, Array]:
    """Mean voltage over rad/s and mean current in time windows."""
    turned = np.interp(bins, time, phase)
    charge = np.concatenate([[0.0], np.cumsum(0.5 * np.diff(time) * (current[1:] + current[:-1]))])
    flow = np.interp(bins, time, charge)
    return np.diff(turned) / np.diff(bins), np.diff(flow) / np.diff(bins)


@cache
def curve_difference(deck: str, windows: int = 40) -> tuple[float, float]:
    """Largest difference of mean voltage, and of mean current, in equal windows; relative to the largest."""
    columns, result = reference(deck), run(deck)
    bins = np.linspace(0.0, columns["time"][-1], windows + 1)
    good, drive = _curve(columns["time"], columns["P(B1)"], columns["I(I1)"], bins)
    mine, same = _curve(result.time, result["P(B1)"], result["I(I1)"], bins)
    return (
        float(np.max(np.abs(good - mine)) / np.max(np.abs(good))),
        float(np.max(np.abs(drive - same)) / np.max(np.abs(drive))),
    )


def overdamped_curve_error(ratio: float) -> float:
    """Relative error of V = R·√(I² − Ic²) at `ratio` = I/Ic; βc = 3e-5."""
    result = simulate(
        circuit(
            ".model over jj(rtype=0, cap=0.1f, rn=1, icrit=0.1m)\nB1 1 0 over\n"
            f"I1 0 1 pwl(0 0 1p {ratio * 1e-4})\n.tran 1p 400p\n"
        )
    )
    times = result.pulse_times("B1", sign=1)
    times = times[times > 60e-12]
    voltage = FLUX_QUANTUM * (len(times) - 1) / (times[-1] - times[0])
    return abs(voltage / (1e-4 * math.sqrt(ratio**2 - 1.0)) - 1.0)


def plasma_frequency_error(bias: float) -> float:
    """Relative error of ω = √(2π Ic cos φ0 / Φ0 C), φ0 = asin(I/Ic), at `bias` = I/Ic."""
    result = simulate(
        circuit(
            ".model plain jj(rtype=0, cap=0.07p, rn=1meg, icrit=0.1m)\nB1 1 0 plain\n"
            f"I1 0 1 pwl(0 0 100p {bias * 1e-4})\nIK 0 1 pwl(0 0 120p 0 120.1p 0.1u 120.2p 0)\n"
            "R1 1 0 1k\n.tran 0.02p 140p 121p 0.02p\n.print p(B1)\n"
        ),
        tolerance=1e-8,
    )
    phase = result["P(B1)"] - math.asin(bias)
    up = np.flatnonzero((phase[:-1] < 0) & (phase[1:] >= 0))
    crossing = result.time[up] - phase[up] * (result.time[up + 1] - result.time[up]) / np.diff(phase)[up]
    angular = math.sqrt(PHASE_PER_FLUX * 1e-4 * math.sqrt(1.0 - bias**2) / 0.07e-12)
    return abs(2.0 * math.pi / float(np.mean(np.diff(crossing))) / angular - 1.0)


def flux_quantum_error() -> float:
    """Relative error of ∫V dt over a pulse against Φ0 a turn of its phase."""
    result = simulate(flatten(parse_file(DATA / "jtl10_simple.cir")), stop=50e-12, print_step=0.01e-12)
    late = result.time > 18e-12
    area = np.trapezoid(result["V(5)"][late], result.time[late])
    phase = result["P(B5)"][late]
    return abs(float(area) * PHASE_PER_FLUX / (phase[-1] - phase[0]) - 1.0)


def quantisation_error(pulses: int = 3) -> float:
    """|L·I + Φ0 φ/2π − 0| / Φ0 around a loop of coil and junction that holds so many quanta."""
    train = " ".join(
        f"{20 * k}p 0 {20 * k + 2}p {430 + 20 * k}u {20 * k + 4}p 0" for k in range(1, pulses + 1)
    )
    result = simulate(
        circuit(
            "B1 1 0 jj1 area=1.6\nR1 1 0 2\nL1 1 0 200p\n"
            f"IIN 0 1 pwl(0 0 {train})\n.tran 0.1p 200p 0 0.1p\n.print p(B1) i(L1)\n"
        )
    )
    balance = 200e-12 * result["I(L1)"] / FLUX_QUANTUM - result["P(B1)"] / (2.0 * math.pi)
    return float(np.max(np.abs(balance)))


ORDER_DECKS = {
    "two junctions": (
        "B1 1 0 jj1 area=2.5\nR1 1 0 2.744\nL1 1 2 3p\nB2 2 0 jj1 area=2\nR2 2 0 3.4\n"
        "I1 0 1 pwl(0 0 20p 200u 60p 200u 160p 420u)\nI2 0 2 pwl(0 0 20p 140u)\n.tran 0.1p 160p\n"
        ".print p(B2)\n",
        "B2",
    ),
    "line of ten": (transmission_line(10, parasitics=False, stop="100p"), "B10"),
    "line of ten with parasitics": (transmission_line(10, stop="100p"), "B10"),
}


def observed_order(deck: str, method: str, coarse: float) -> tuple[float, list[float]]:
    """Slope of the error of the last junction's phase over `coarse`, /2 and /4 [s]; the errors [rad]."""
    text, junction = ORDER_DECKS[deck]
    flat = circuit(text)

    def phase(method: str, step: float) -> Array:
        return simulate(flat, print_step=0.8e-12, method=method, step=step)[f"P({junction})"]

    exact = phase("ark4", 0.00625e-12)
    steps = coarse * 0.5 ** np.arange(3)
    errors = [float(np.max(np.abs(phase(method, float(h)) - exact))) for h in steps]
    return float(np.polyfit(np.log(steps), np.log(errors), 1)[0]), errors


CONSERVATION_DECKS = ("jtl10_simple", "jtl10_par", "comparator", "squid_mutual", "storage_loop")


@cache
def unbalanced(deck: str) -> float:
    """Energy of sources less dissipated less stored in 150 ps, relative."""
    return float(energy_balance(flatten(parse_file(DATA / f"{deck}.cir")), stop=150e-12).residual)


NOISY = {
    "⟨V²⟩ of R ∥ C": (
        "R1 1 0 50 temp=4 neb=2e11\nC1 1 0 1p\n.option seed={seed}\n.tran 5p {stop} 0 5p\n.print v(1)\n",
        "V(1)",
        BOLTZMANN * 4.0 / 1e-12,
        "kT/C",
    ),
    "⟨I²⟩ of R + L": (
        "R2 1 0 2 temp=4 neb=2e11\nL1 1 0 100p\n.option seed={seed}\n.tran 5p {stop} 0 5p\n.print i(L1)\n",
        "I(L1)",
        BOLTZMANN * 4.0 / 100e-12,
        "kT/L",
    ),
}


@cache
def noise_ratio(case: str, runs: int = 10, stop: str = "10n") -> float:
    """Mean square of a noisy signal over its thermal value; both time constants are 50 ps."""
    text, name, expected, _ = NOISY[case]
    results = [simulate(circuit(text.format(seed=s, stop=stop))) for s in range(1, runs + 1)]
    return float(np.mean([np.mean(r[name][40:] ** 2) for r in results])) / expected
