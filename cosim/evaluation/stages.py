"""From a trained network to a verdict on its hardware: every stage, in order, in one object.

Each stage is a public function of a lower room; here they are put in sequence and their
results into an `Evaluation`. Not here: its text (`summary.py`), its file (`storage.py`).
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from cosim.analysis import (
    Bound,
    MarginTable,
    YieldEstimate,
    energy,
    estimate_yield,
    independent_spreads,
    inventory,
    latency,
    margins,
    smallest_period,
)
from cosim.errors import CosimError, MappingError, SimulationError
from cosim.evaluation.agreement import compare, require_engines_agree
from cosim.evaluation.criteria import BENCH_ELEMENTS, margin_parameters, spike_table
from cosim.evaluation.levels import (
    Level,
    ideal_level,
    josephson_level,
    ngspice_level,
    output_counts,
    twin_level,
)
from cosim.evaluation.sequence import Stimulus, stimulus
from cosim.evaluation.verdict import Evaluation, Options
from cosim.mapping import Bench, SfqDesign, bench, map_to_sfq
from cosim.netlist import Circuit, flatten
from cosim.network import Network, Score, score

#: Equal step [s] of margins and yields; see docs/verification.md for what it costs in accuracy.
MARGIN_STEP = 0.25e-12

Progress = Callable[[str, float], None]


def evaluate(
    network: Network,
    *,
    spikes: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    options: Options | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Map a network to SFQ hardware and find out whether it works, by how much, how fast, at what energy.

    `spikes` (samples, 1, inputs) and `labels`, (samples,) classes or (samples, outputs) bits,
    are what to classify; without them all patterns (16 of them above 4 inputs), labelled by the ideal
    network. `progress` gets the stage and the fraction of it that is done.

    Raises NetworkError, MappingError, and SimulationError where two engines disagree.
    """
    began = clock.perf_counter()
    chosen = options or Options()
    tell = progress or (lambda stage, fraction: None)
    tell("map", 0.0)
    played = stimulus(network, spikes, labels, seed=chosen.seed)
    design = map_to_sfq(network, period=chosen.period, nearest=chosen.nearest)
    desk = bench(design, played.slots)
    circuit = flatten(desk.deck)
    tell("map", 1.0)
    levels, missing = _levels(design, desk, chosen, tell)
    names = [n.name for n in design.neurons]
    agreements = [
        compare(levels[name], levels["josephson"], names) for name in ("ideal", "twin") if name in levels
    ]
    if "ngspice" in levels:
        agreements.append(compare(levels["josephson"], levels["ngspice"], names))
        require_engines_agree(agreements[-1])
    run = levels["josephson"].result
    assert run is not None
    tell("waveforms", 0.0)
    shown = bench(design, played.patterns[: min(len(played.patterns), 8)], waveforms=True)
    from cosim.josephson import simulate

    waveforms = simulate(flatten(shown.deck))
    tell("waveforms", 1.0)
    table, parasitic, remark = _margins(network, design, desk, circuit, played, chosen, tell)
    return Evaluation(
        options=chosen,
        design=design,
        stimulus=played,
        bench=desk,
        circuit=circuit,
        levels=levels,
        scores={name: _score(level, design, played) for name, level in levels.items()},
        agreements=tuple(agreements),
        inventory=inventory(circuit, exclude=BENCH_ELEMENTS),
        energy=energy(
            circuit,
            run,
            desk.edges,
            biasing=chosen.biasing,
            bias_voltage=chosen.bias_voltage,
            cooling_factor=chosen.cooling_factor,
            exclude=BENCH_ELEMENTS,
        ),
        latency=latency(run, desk.input_junctions, desk.output_junctions, desk.edges),
        shown=shown,
        waveforms=waveforms,
        margins=table,
        margins_parasitic=parasitic,
        yield_estimate=_yield(design, desk, circuit, played, chosen, tell),
        smallest_period=_throughput(design, played, chosen, tell),
        missing=(*missing, *remark),
        wall_time=clock.perf_counter() - began,
    )


def _levels(
    design: SfqDesign, desk: Bench, options: Options, tell: Progress
) -> tuple[dict[str, Level], tuple[str, ...]]:
    levels = {"ideal": ideal_level(design, desk)}
    missing = []
    tuned = [n.name for n in design.built if n.control]
    if tuned:
        missing.append(f"no behavioural twin: there is none of tuned synapses ({', '.join(tuned)})")
    else:
        try:
            levels["twin"] = twin_level(design, desk)
        except CosimError as error:
            missing.append(f"no behavioural twin: {error}")
    stop = float(desk.edges[-1])
    tell("josephson", 0.0)
    levels["josephson"] = josephson_level(desk, progress=lambda t: tell("josephson", t / stop))
    if not options.ngspice:
        return levels, (*missing, "the cross-check in ngspice was switched off")
    tell("ngspice", 0.0)
    other = ngspice_level(desk)
    tell("ngspice", 1.0)
    if other is None:
        from cosim import spice

        return levels, (
            *missing,
            f"no cross-check in ngspice: it is not installed ({spice.how_to_install()})",
        )
    levels["ngspice"] = other
    return levels, tuple(missing)


def _score(level: Level, design: SfqDesign, played: Stimulus) -> Score:
    """Each slot is one sample."""
    return score(np.maximum(output_counts(level, design), 0), played.labels[played.order])


def _margins(
    network: Network,
    design: SfqDesign,
    desk: Bench,
    circuit: Circuit,
    played: Stimulus,
    options: Options,
    tell: Progress,
) -> tuple[MarginTable | None, MarginTable | None, tuple[str, ...]]:
    if not options.margins:
        return None, None, ("margins were left out",)

    def table(of: SfqDesign, flat: Circuit, stage: str) -> MarginTable:
        return margins(
            flat,
            spike_table(of, desk, played),
            margin_parameters(of),
            resolution=options.resolution,
            step=MARGIN_STEP,
            threads=options.threads,
            progress=lambda fraction: tell(stage, fraction),
        )

    nominal = table(design, circuit, "margins")
    if options.parasitics is None:
        return nominal, None, ()
    try:
        other = map_to_sfq(
            network, period=options.period, parasitics=options.parasitics, nearest=options.nearest
        )
        flat = flatten(bench(other, played.slots).deck)
        return nominal, table(other, flat, "margins with parasitics"), ()
    except (MappingError, SimulationError) as error:
        return nominal, None, (f"no margins with parasitics: {error}",)


def _yield(
    design: SfqDesign, desk: Bench, circuit: Circuit, played: Stimulus, options: Options, tell: Progress
) -> YieldEstimate | None:
    if options.yield_samples <= 0:
        return None
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        tell("yield", done / options.yield_samples)

    return estimate_yield(
        circuit,
        spike_table(design, desk, played),
        independent_spreads(circuit, options.spread, exclude=BENCH_ELEMENTS),
        samples=options.yield_samples,
        seed=options.seed,
        step=MARGIN_STEP,
        threads=options.threads,
        progress=advance,
    )


def _throughput(design: SfqDesign, played: Stimulus, options: Options, tell: Progress) -> Bound | None:
    if not options.throughput:
        return None
    from dataclasses import replace

    def build(period: float):
        faster = replace(design, period=period)
        desk = bench(faster, played.slots)
        return desk.deck, spike_table(faster, desk, played)

    shortest = max((n.output_time for n in design.built), default=0.0) + 20e-12
    return smallest_period(
        build,
        start=design.period,
        limit=min(shortest, 0.9 * design.period),
        resolution=5e-12,
        step=MARGIN_STEP,
        threads=options.threads,
        progress=lambda fraction: tell("throughput", fraction),
    )
