"""One sequence of patterns at four levels: ideal, behavioural twin, our engine, ngspice.

Every level ends in the same form: how often each neuron fired in each slot, and when first.
Not here: what is compared with what (`agreement.py`).
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.errors import CosimError
from cosim.josephson import simulate as simulate_josephson
from cosim.mapping import Bench, SfqDesign, event_network, input_delay
from cosim.netlist import flatten
from cosim.results import Result
from cosim.spiking import Pulses as EventPulses
from cosim.spiking import run as run_events

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Level:
    """What one level did. `counts` (slots, neurons) net spikes; `arrival` (slots, neurons) [s] of
    the first one after the slot began, NaN where there is none or the level knows no time."""

    name: str
    counts: NDArray[np.int64]
    arrival: Array
    wall_time: float
    result: Result | None = None


def ideal_level(design: SfqDesign, bench: Bench) -> Level:
    """The trained network itself, every slot a step from rest."""
    began = clock.perf_counter()
    run = design.network.run(bench.patterns[:, None, :])
    counts = np.concatenate([spikes[:, 0, :] for spikes in run.layer_spikes], axis=1).astype(np.int64)
    return Level(
        name="ideal",
        counts=counts,
        arrival=np.full(counts.shape, np.nan),
        wall_time=clock.perf_counter() - began,
    )


def twin_level(design: SfqDesign, bench: Bench) -> Level:
    """The event-driven behavioural twin. Its clock starts with the slots; what the sources and the
    input lines take is added, as the plan has it."""
    began = clock.perf_counter()
    network = event_network(design)
    pulses = EventPulses.slots(bench.patterns[None], design.period)
    run = run_events(network, pulses, guard=0.0)
    slots, neurons = len(bench.patterns), len(design.neurons)
    counts = np.zeros((slots, neurons), dtype=np.int64)
    arrival = np.full((slots, neurons), np.nan)
    column = {n.name: i for i, n in enumerate(design.neurons)}
    built = np.array([column[name] for name in run.names])
    slot = np.floor_divide(run.spikes.time, design.period).astype(np.int64)
    inside = slot < slots
    where = built[run.spikes.channel[inside]]
    np.add.at(counts, (slot[inside], where), 1)
    since = run.spikes.time[inside] - slot[inside] * design.period + input_delay(design.parasitics)
    for s, n, t in zip(slot[inside][::-1], where[::-1], since[::-1], strict=True):
        arrival[s, n] = t
    return Level(name="twin", counts=counts, arrival=arrival, wall_time=clock.perf_counter() - began)


def josephson_level(bench: Bench, *, progress: Callable[[float], None] | None = None) -> Level:
    """The netlist, junction by junction, in our engine."""
    return level_of("josephson", bench, simulate_josephson(flatten(bench.deck), progress=progress))


def ngspice_level(bench: Bench) -> Level | None:
    """The same netlist in ngspice, or None where ngspice is not installed."""
    from cosim import spice

    if spice.available() is None:
        return None
    return level_of("ngspice", bench, spice.simulate(bench.deck))


def level_of(name: str, bench: Bench, result: Result) -> Level:
    """Sort the slips of a device-level result into slots."""
    if not result.ok:
        raise CosimError(f"{name}: {result.message}")
    columns = [_in_slots(result, junction, bench.edges) for junction in bench.neuron_junctions]
    return Level(
        name=name,
        counts=np.stack([counts for counts, _ in columns], axis=1),
        arrival=np.stack([arrival for _, arrival in columns], axis=1),
        wall_time=float(result.stats.get("wall_time", np.nan)),
        result=result,
    )


def _in_slots(result: Result, junction: str, edges: Array) -> tuple[NDArray[np.int64], Array]:
    counts = np.zeros(len(edges) - 1, dtype=np.int64)
    arrival = np.full(len(edges) - 1, np.nan)
    if not junction:
        return counts, arrival
    times, signs = result.pulses.of(junction)
    slot = np.searchsorted(edges, times, side="right") - 1
    inside = (slot >= 0) & (slot < len(edges) - 1)
    np.add.at(counts, slot[inside], signs[inside])
    first = inside & (signs > 0)
    for s, t in zip(slot[first][::-1], times[first][::-1], strict=True):
        arrival[s] = t - edges[s]
    return counts, arrival


def output_counts(level: Level, design: SfqDesign) -> NDArray[np.int64]:
    """(slots, outputs)."""
    return level.counts[:, -len(design.outputs) :]


def neuron_names(design: SfqDesign) -> Sequence[str]:
    return [neuron.name for neuron in design.neurons]
