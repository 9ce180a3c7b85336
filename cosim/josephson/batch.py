"""`simulate_batch`: many variants of one topology, lanes side by side, groups of lanes on threads."""

from __future__ import annotations

import os
import threading
import time as clock
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from cosim.errors import SimulationError, did_you_mean
from cosim.josephson.noise import with_thermal_noise
from cosim.josephson.run import Stepping, Trace, run
from cosim.josephson.samples import Samples
from cosim.josephson.settings import equal_step, stop_time, tableau_of
from cosim.josephson.system import build
from cosim.josephson.topology import Topology
from cosim.josephson.values import Values
from cosim.netlist.circuit import Circuit, CurrentSource
from cosim.results import Pulses

Array = NDArray[np.float64]

#: Variants in one kernel call.
_LANES = 16


@dataclass(frozen=True, kw_only=True)
class BatchResult:
    """Slips of all junctions in all variants, one entry a slip, sorted by variant, then time.

    `time` [s], `variant`, `junction` (index into `names`) and `sign` have one length.
    `failed` (variants,) marks variants whose solution grew without bound, `inaccurate` (variants,)
    those whose phases the steps were too long to follow.
    """

    variants: int
    names: tuple[str, ...]
    time: Array
    variant: NDArray[np.int64]
    junction: NDArray[np.int64]
    sign: NDArray[np.int8]
    failed: NDArray[np.bool_]
    inaccurate: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    stats: dict[str, float | int] = field(default_factory=dict)
    samples: Samples | None = None
    phases: Array | None = None
    """(variants, junctions, times) [rad] of `samples`, where they were asked for."""

    def index(self, name: str) -> int:
        wanted = name.upper().replace(".", "|")
        if wanted not in self.names:
            raise SimulationError(f"there is no junction {name}{did_you_mean(wanted, self.names)}")
        return self.names.index(wanted)

    def pulses(self, variant: int) -> Pulses:
        """The slips of one variant, as a single run returns them."""
        low, high = np.searchsorted(self.variant, [variant, variant + 1])
        mine = slice(int(low), int(high))
        return Pulses(
            time=self.time[mine], element=self.junction[mine], sign=self.sign[mine], names=self.names
        )

    def counts(self, name: str, edges: Array) -> NDArray[np.int64]:
        """Net slips (variants, windows) of a junction between neighbouring `edges` (windows+1,) [s]."""
        chosen = self.junction == self.index(name)
        window = np.searchsorted(edges, self.time[chosen], side="right") - 1
        inside = (window >= 0) & (window < len(edges) - 1)
        table = np.zeros((self.variants, len(edges) - 1), dtype=np.int64)
        np.add.at(table, (self.variant[chosen][inside], window[inside]), self.sign[chosen][inside])
        return table


def _filled(group: slice) -> NDArray[np.int64]:
    """Variants of a group, the last repeated to the full number of lanes unless it stands alone.

    kernels are made for a number of lanes: two numbers, one and all, keep the wait short.
    """
    count = group.stop - group.start
    lanes = 1 if count == 1 else _LANES
    return np.minimum(np.arange(group.start, group.start + lanes), group.stop - 1)


def simulate_batch(
    circuits: Sequence[Circuit] | Circuit,
    *,
    values: Values | None = None,
    source_scale: Array | None = None,
    stop: float | None = None,
    step: float | None = None,
    method: str = "ark3",
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
    samples: Samples | None = None,
) -> BatchResult:
    """Slips of many variants of one topology, and phases at a few instants (`samples`).

    Either `circuits` is a sequence of flat circuits that differ in numbers only, or it is one
    circuit and `values` holds a row of element values for each variant (sources are then those
    of the circuit). Given both, numbers are those of `values` and waveforms those of `circuits`.
    `source_scale` (variants, sources) multiplies the waveforms: current sources first, then
    voltage and phase sources, each in the order of the deck. Variants run side by side, 16 to
    a kernel call, groups on `threads` threads (default: all cores). Elements with a temperature
    get noise, another in each variant. `progress` is called with the number of variants done.
    Equal steps make a variant's result independent of its neighbours.
    """
    began = clock.perf_counter()
    base = circuits if isinstance(circuits, Circuit) else circuits[0]
    own_sources = sum(isinstance(e, CurrentSource) for e in base.elements)
    noisy = with_thermal_noise(base) is not base
    if isinstance(circuits, Circuit):
        all_values = values or Values.of([base], [Topology.of(base)])
        variants = range(all_values.variants)
        of_variant = [with_thermal_noise(base, run=v) if noisy else base for v in variants]
        topology = Topology.of(of_variant[0])
    else:
        of_variant = [with_thermal_noise(c, run=v) for v, c in enumerate(circuits)] if noisy else circuits
        circuits = of_variant
        topologies = [Topology.of(c) for c in circuits]
        topology = topologies[0]
        signature = topology.signature()
        for k, other in enumerate(topologies[1:], start=1):
            if other.signature() != signature:
                raise SimulationError(
                    f"variant {k} of the batch has another topology than variant 0; run it apart"
                )
        all_values = Values.of(circuits, topologies) if values is None else values
        if all_values.variants != len(circuits):
            raise SimulationError(f"{len(circuits)} circuits, but values for {all_values.variants} variants")
    if source_scale is not None:
        shape = (all_values.variants, own_sources + len(topology.tied_sources))
        if source_scale.shape != shape:
            raise SimulationError(f"source_scale is (variants, sources) = {shape}, got {source_scale.shape}")
        added = np.ones((shape[0], len(topology.current_sources) - own_sources))
        source_scale = np.hstack([source_scale[:, :own_sources], added, source_scale[:, own_sources:]])
    tableau, end = tableau_of(method), stop_time(base, stop)
    largest = equal_step(all_values, step, end)
    nodes = np.empty(0, dtype=np.int64) if samples is None else samples.nodes(topology)
    phases = [np.empty(0)] * all_values.variants
    broken = threading.Event()
    groups = [slice(i, min(i + _LANES, all_values.variants)) for i in range(0, all_values.variants, _LANES)]

    def work(group: slice) -> Trace:
        rows = _filled(group)
        system = build(topology, all_values.rows(rows))
        trace = run(
            system, [of_variant[i] for i in rows], tableau, stop=end, stepping=Stepping(largest=largest),
            nodes=nodes, source_scale=None if source_scale is None else source_scale[rows],
            cancelled=broken.is_set,
        )  # fmt: skip
        if samples is not None:
            phases[group] = samples.read(system, trace)[: group.stop - group.start]
            trace = replace(trace, time=trace.time[:0], phase=trace.phase[:0], rate=trace.rate[:0])
        if progress is not None:
            progress(group.stop - group.start)
        return trace

    count = threads or min(len(groups), os.cpu_count() or 1)
    if count == 1:
        traces = [work(group) for group in groups]
    else:
        with ThreadPoolExecutor(count) as pool:
            try:
                traces = list(pool.map(work, groups))
            except BaseException:
                broken.set()
                pool.shutdown(cancel_futures=True)
                raise
    mine = [t.event_lane < g.stop - g.start for t, g in zip(traces, groups, strict=True)]
    lane = zip(traces, mine, groups, strict=True)
    variant = np.concatenate([t.event_lane[kept] + g.start for t, kept, g in lane])
    time = np.concatenate([t.event_time[kept] for t, kept in zip(traces, mine, strict=True)])
    junction = np.concatenate([t.event_junction[kept] for t, kept in zip(traces, mine, strict=True)])
    sign = np.concatenate([t.event_sign[kept] for t, kept in zip(traces, mine, strict=True)])
    order = np.lexsort((time, variant))
    lanes = list(zip(traces, groups, strict=True))
    return BatchResult(
        variants=all_values.variants,
        names=topology.junctions.names,
        time=time[order],
        variant=variant[order],
        junction=junction[order],
        sign=sign[order],
        failed=np.concatenate([t.failed[: g.stop - g.start] for t, g in lanes]),
        inaccurate=np.concatenate([t.coarse[: g.stop - g.start] for t, g in lanes]),
        stats={"steps": max(t.steps for t in traces), "wall_time": clock.perf_counter() - began},
        samples=samples,
        phases=None if samples is None else np.array(phases),
    )
