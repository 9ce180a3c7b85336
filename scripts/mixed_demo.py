"""From flux quanta to an analog neuron, simulated three times: in lock-step, twice, and wholly in ngspice.

    python scripts/mixed_demo.py -o mixed.png [--slots 20] [--seed 1]

    x1, x2 ─ SFQ neuron OR  ─ SFQ/DC ─ amplifier ─ word line 1 ─ cell ┐
    x1, x2 ─ SFQ neuron AND ─ SFQ/DC ─ amplifier ─ word line 2 ─ cell ┴─ bit line ─ LIF neuron

In lock-step ngspice has the analog part and takes the steps that nanoseconds need; the two SFQ neurons
with their converters are models inside its deck:

- behavioural, `SfqNeuron` with the library's twins. It gets two numbers from the circuit beforehand, by one
  pulse through each chain in the Josephson engine: the delays of the lines before and behind the neuron;
- circuits, `JosephsonCircuit`: our engine at its picoseconds, exchanging voltages every 5 ps. What crosses
  arrives one and a half exchanges late, which is taken off the spikes that are compared.

The reference is one ngspice deck of everything, Josephson junctions included, at 0.1 ps. The figure shows
both; the last lines that are printed say how far the spikes of the analog neuron are apart.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cosim.circuits import assemble, design, drive, jtl, neuron, ramped_current, sfq_dc, source
from cosim.circuits.analog import (
    AmplifierParameters,
    AnalogCell,
    LifParameters,
    amplifier,
    analog_deck,
    beside,
    lif,
    memristor,
)
from cosim.circuits.sfq_dc import FALL_DELAY, HIGH_50_OHM, HIGH_OPEN, RISE_DELAY
from cosim.devices import JIANG_2016
from cosim.josephson import simulate as simulate_josephson
from cosim.lockstep import JosephsonCircuit, Session, SfqNeuron
from cosim.netlist import flatten
from cosim.netlist.deck import Deck, Statement
from cosim.results import Result
from cosim.spice import simulate as simulate_ngspice
from cosim.spiking import twin

#: Spikes of the analog neuron agree within this [s], 2 % of a slot; measured 1.7 … 5 ps, seeds 1 … 3.
TOLERANCE = 8e-12
PERIOD, START = 400e-12, 100e-12
SIGNATURES = ((2, 0, 1), (2, 0, 2))
#: Shares of the gap's range, that is, weights of the two channels.
STATES = (0.75, 0.6)
REFERENCE_STEP, LOCKSTEP_STEP = 0.1e-12, 1e-12
NEURON = LifParameters(capacitance=50e-15, leak_resistance=40e3, threshold=20e-3, refractory=0.3e-9)
#: Between two exchanges of a Josephson circuit with the deck [s].
EXCHANGE = 5e-12
#: [s] that the model's output takes to change.
EDGE = 2e-12
LEVEL = 0.5
"""Of the neuron's output [V], at which a spike counts."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A simulation, the spikes that it gave, and what it cost."""

    result: Result
    spikes: NDArray[np.float64]
    """Of the analog neuron [s]."""
    inner: tuple[NDArray[np.float64], ...]
    """Of the SFQ neurons [s], at the converters' inputs."""
    seconds: float
    points: int = field(default=0)


def patterns(slots: int, seed: int) -> NDArray[np.bool_]:
    """(slots, 2): which of the two inputs has a pulse."""
    return np.random.default_rng(seed).random((slots, 2)) < 0.6


def pulse_times(slots: NDArray[np.bool_], channel_input: int) -> list[float]:
    """Times [s] at which the source of an input is driven."""
    return [START + PERIOD * slot for slot in np.flatnonzero(slots[:, channel_input])]


def superconducting(slots: NDArray[np.bool_], channels: tuple[int, ...] = (0, 1)) -> Deck:
    """Sources, lines, neurons and converters; outputs at the nodes q0 and q1."""
    feed, line, converter = source(), jtl(), sfq_dc()
    cells, statements, settings = [feed, line, converter], [], {}
    probes: list[str] = []
    for c in channels:
        found = design(SIGNATURES[c])
        soma = neuron(found.parameters, name=f"NEURON{c}")
        cells.append(soma)
        rows: list[Statement] = []
        for k in (0, 1):
            rows += [
                drive(f"Iin{c}{k}", f"i{c}{k}", pulse_times(slots, k)),
                feed.instance(f"Xs{c}{k}", f"i{c}{k}", f"w{c}{k}"),
                line.instance(f"Xj{c}{k}", f"w{c}{k}", f"a{c}{k}"),
            ]
        settings[f"ith{c}"] = found.threshold_current
        rows += [
            soma.instance(f"Xn{c}", f"a{c}0", f"a{c}1", f"y{c}", f"th{c}"),
            ramped_current(f"Ith{c}", f"th{c}", f"ith{c}*sib"),
            line.instance(f"Xq{c}", f"y{c}", f"z{c}"),
            converter.instance(f"Xc{c}", f"z{c}", f"q{c}"),
        ]
        statements += rows
        probes += [f"B2.XJ{c}0", f"BO2.XN{c}", f"BI.XC{c}"]
    stop = START + PERIOD * len(slots)
    return assemble(cells, statements, stop=stop, settings=settings, probes=probes)


def delays(channel: int) -> tuple[float, float]:
    """From the drive of a source to the pulse before the neuron, and from the neuron's spike to the
    converter's input [s]; by one pulse of both inputs in the Josephson engine."""
    result = simulate_josephson(flatten(superconducting(np.ones((1, 2), dtype=bool), (channel,))))
    first = [result.pulse_times(f"{name}{channel}")[0] for name in ("BO2|XN", "BI|XC")]
    return float(result.pulse_times(f"B2|XJ{channel}0")[0] - START), float(first[1] - first[0])


def analog(first: AmplifierParameters | None = None) -> tuple[list[AnalogCell], list[str]]:
    """Cells and cards from the converters' nodes q0, q1 to the neuron, whose nodes are m and out; `first`
    is the first stage of amplification."""
    one = amplifier(first, name="FIRST")
    two = amplifier(AmplifierParameters(input_resistance=10e3), name="SECOND")
    cell, fire = memristor(JIANG_2016, name="CELL"), lif(NEURON)
    cards = []
    for c in (0, 1):
        cards += [
            one.instance(f"f{c}", f"q{c}", f"g{c}"),
            two.instance(f"g{c}", f"g{c}", f"h{c}"),
            f"Rw{c} h{c} w{c} 10",
            cell.instance(f"m{c}", f"w{c}", f"b{c}", f"x{c}", parameters={"initial": STATES[c]}),
            f"Cb{c} b{c} 0 1f",
        ]
    cards += ["Rb0 b0 b1 10", "Rb1 b1 m 10", fire.instance("lif", "m", "out")]
    return [one, two, cell, fire], cards


def run_reference(slots: NDArray[np.bool_]) -> Run:
    """Everything in ngspice."""
    cells, cards = analog()
    labels = {f"V({node.upper()})": f"v({node})" for node in ("h0", "h1", "m", "out")}
    junctions = [f"BI|XC{c}" for c in (0, 1)]
    deck = beside(superconducting(slots), cells, cards, labels, maximum_step=REFERENCE_STEP, phases=junctions)
    started = time.perf_counter()
    result = simulate_ngspice(deck)
    inner = tuple(result.pulse_times(name) for name in junctions)
    return Run(
        result=result,
        spikes=rising(result, "V(OUT)"),
        inner=inner,
        seconds=time.perf_counter() - started,
        points=result.time.size,
    )


def session_of(slots: NDArray[np.bool_], first: AmplifierParameters | None = None) -> Session:
    """The analog part with a place for a model at each converter's node."""
    cells, cards = analog(first)
    places = [f"Xsfq{c} q{c} sfq_neuron" for c in (0, 1)]
    stop = START + PERIOD * len(slots)
    return Session(analog_deck("mixed", cells, [*places, *cards], stop=stop, step=LOCKSTEP_STEP))


def run_josephson(slots: NDArray[np.bool_]) -> Run:
    """SFQ neurons and converters as circuits in the Josephson engine, the rest in ngspice.

    Half of the amplifier's input resistance stands at the circuit's port, and its gain is doubled: the
    converter sees the same 50 Ω, the second stage the same voltage.
    """
    usual = AmplifierParameters()
    half = usual.input_resistance / 2
    session = session_of(slots, AmplifierParameters(gain=2 * usual.gain, input_resistance=half))
    for c in (0, 1):
        deck = superconducting(slots, (c,))
        session.bind(
            f"Xsfq{c}",
            JosephsonCircuit(
                circuit=flatten(deck),
                nodes={f"Q{c}": half},
                sampling=EXCHANGE,
                stop=START + PERIOD * len(slots),
                watch=f"BI|XC{c}",
            ),
        )
    started = time.perf_counter()
    result = session.run()
    return Run(
        result=result,
        spikes=rising(result, "V(OUT)") - 1.5 * EXCHANGE,
        inner=tuple(result.pulse_times(f"XSFQ{c}") for c in (0, 1)),
        seconds=time.perf_counter() - started,
        points=result.time.size,
    )


def run_lockstep(slots: NDArray[np.bool_]) -> Run:
    """SFQ neurons and converters as behavioural models, the rest in ngspice."""
    session = session_of(slots)
    resistance = 50.0 * (HIGH_OPEN / HIGH_50_OHM - 1.0)
    behind = []
    for c in (0, 1):
        before, after = delays(c)
        behind.append(after)
        session.bind(
            f"Xsfq{c}",
            SfqNeuron(
                cell=twin(SIGNATURES[c]),
                inputs=0,
                trains={k: [t + before for t in pulse_times(slots, k)] for k in (0, 1)},
                output_level=HIGH_OPEN,
                output_resistance=resistance,
                edge=EDGE,
                rise_delay=after + RISE_DELAY - EDGE / 2,
                fall_delay=after + FALL_DELAY - EDGE / 2,
            ),
        )
    started = time.perf_counter()
    result = session.run()
    return Run(
        result=result,
        spikes=rising(result, "V(OUT)"),
        inner=tuple(result.pulse_times(f"XSFQ{c}") + behind[c] for c in (0, 1)),
        seconds=time.perf_counter() - started,
        points=result.time.size,
    )


def rising(result: Result, signal: str) -> NDArray[np.float64]:
    """Instants [s] at which a signal rises through `LEVEL`."""
    value, at = result[signal], result.time
    k = np.flatnonzero((value[:-1] < LEVEL) & (value[1:] >= LEVEL))
    return at[k] + (LEVEL - value[k]) / (value[k + 1] - value[k]) * (at[k + 1] - at[k])


def largest_difference(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Between spikes in their order [s]; infinite where their numbers differ."""
    if first.size != second.size:
        return float("inf")
    return float(np.abs(first - second).max(initial=0.0))


def draw(reference: Run, lockstep: Run, engine: Run, slots: NDArray[np.bool_], path: Path) -> None:
    """The figure: pulses, amplified levels, membrane, spikes and their differences."""
    from cosim.plotting import save, style
    from cosim.plotting.style import BLUE, GREEN, GREY, INK, PAGE, VERMILION

    with style():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(PAGE, 5.6), layout="constrained")
        axes = figure.subplots(5, 1, sharex=True, height_ratios=[1.0, 1.2, 1.2, 2.2, 1.2])
        for k in (0, 1):
            at = np.asarray(pulse_times(slots, k)) / 1e-9
            axes[0].vlines(at, 3.1 - k, 3.8 - k, color=INK)
        for c in (0, 1):
            for one, colour, low in ((reference, BLUE, 1.4), (lockstep, VERMILION, 1.1)):
                axes[0].vlines(one.inner[c] / 1e-9, low - c, low - c + 0.3, color=colour)
        axes[0].set_yticks([3.45, 2.45, 1.4, 0.4], ["x1", "x2", "OR", "AND"])
        axes[0].set_ylim(0, 4)
        for c, name in enumerate(("OR", "AND")):
            _both(axes[1 + c], reference, lockstep, f"V(H{c})", 1e3)
            axes[1 + c].set_ylabel(f"{name}\namplified [mV]")
        _both(axes[3], reference, lockstep, "V(M)", 1e3)
        axes[3].axhline(NEURON.threshold * 1e3, color=GREY, linewidth=0.5)
        axes[3].set_ylabel("membrane [mV]")
        axes[3].set_ylim(-1, 25)
        axes[3].legend(loc="upper right", ncols=2)
        for one, colour, name in ((lockstep, VERMILION, "behavioural"), (engine, GREEN, "Josephson engine")):
            count = min(reference.spikes.size, one.spikes.size)
            apart = (one.spikes[:count] - reference.spikes[:count]) / 1e-12
            axes[4].plot(reference.spikes[:count] / 1e-9, apart, "o", markersize=3, color=colour, label=name)
        axes[4].legend(loc="upper left", ncols=2)
        axes[4].margins(y=0.4)
        axes[4].axhline(0, color=GREY, linewidth=0.5)
        axes[4].set_ylabel("spikes apart\n[ps]")
        axes[4].set_xlabel("time [ns]")
        axes[4].set_xlim(0, reference.result.time[-1] / 1e-9)
        figure.align_ylabels()
        save(figure, path)


def _both(axes, reference: Run, lockstep: Run, signal: str, scale: float) -> None:
    from cosim.plotting.style import BLUE, VERMILION

    points = np.linspace(0, reference.result.time[-1], 4000)
    ngspice = np.interp(points, reference.result.time, reference.result[signal])
    mixed = np.interp(points, lockstep.result.time, lockstep.result[signal])
    axes.plot(points / 1e-9, scale * ngspice, color=BLUE, linewidth=1.6, label="all in ngspice")
    axes.plot(points / 1e-9, scale * mixed, color=VERMILION, linewidth=0.7, label="in lock-step")


def main() -> None:
    """Both runs, the figure, the difference; exits with 1 when it is above the tolerance."""
    parser = argparse.ArgumentParser(description="SFQ neurons, a crossbar column, an analog neuron")
    parser.add_argument("-o", "--output", type=Path, default=Path("mixed.png"), help="figure to write")
    parser.add_argument("--slots", type=int, default=20, help="input patterns, 400 ps each")
    parser.add_argument("--seed", type=int, default=1, help="of the patterns")
    chosen = parser.parse_args()
    slots = patterns(chosen.slots, chosen.seed)
    runs = {
        "lock-step, behavioural": run_lockstep(slots),
        "lock-step, Josephson engine": run_josephson(slots),
        "all in ngspice": run_reference(slots),
    }
    for name, run in runs.items():
        print(f"{name:28} {run.points:7d} points {run.seconds:7.2f} s {run.spikes.size:3d} spikes")
    behavioural, engine, reference = runs.values()
    draw(reference, behavioural, engine, slots, chosen.output)
    print(f"figure: {chosen.output}; apart from all in ngspice, at most:")
    worst = 0.0
    for name, run in (("behavioural", behavioural), ("Josephson engine", engine)):
        inner = max(largest_difference(*pair) for pair in zip(reference.inner, run.inner, strict=True))
        apart = largest_difference(reference.spikes, run.spikes)
        worst = max(worst, apart)
        print(f"{name:17} SFQ neurons {inner * 1e12:5.2f} ps, analog neuron {apart * 1e12:5.2f} ps")
    if not worst <= TOLERANCE:
        raise SystemExit(f"the spikes should agree within {TOLERANCE * 1e12:.0f} ps")


if __name__ == "__main__":
    main()
