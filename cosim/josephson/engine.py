"""`simulate` one circuit, or `simulate_batch` many variants of one topology."""

from __future__ import annotations

import math
import os
import threading
import time as clock
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cosim.constants import PHASE_PER_FLUX
from cosim.errors import SimulationError, did_you_mean
from cosim.josephson.noise import with_thermal_noise
from cosim.josephson.record import UNITS, Dense, Recorder
from cosim.josephson.run import Stepping, Trace, run
from cosim.josephson.system import build
from cosim.josephson.tableau import TABLEAUS, Tableau
from cosim.josephson.topology import Topology
from cosim.josephson.values import Values
from cosim.netlist.circuit import Circuit, CurrentSource
from cosim.results import Pulses, Result

Array = NDArray[np.float64]

#: Default equal step as a fraction of 1/ω of the fastest junction: 0.17 ps at 10 kA/cm².
_STEPS_PER_RADIAN = 0.35
#: Default error of a phase in one controlled step, as a part of its movement in that step. Lines of
#: a hundred junctions then arrive within 0.005 ps; it is the default equal step that bounds the rest.
DEFAULT_TOLERANCE = 5e-4
#: Controlled steps stay between these multiples of the default equal step. Small oscillations need
#: the upper one: what they move in a step is too little for the tolerance to see.
_LARGEST, _SMALLEST = 1.0, 1e-4
_LANES = 16


def default_step(values: Values) -> float:
    """Step [s] that resolves every junction: 0.35/ω, ω its plasma or, overdamped, its IcR frequency."""
    if values.critical_current.size == 0:
        return math.inf
    orders = 1.0 + np.arange(values.harmonics.shape[2])
    stiffest = values.critical_current * np.sum(orders * np.abs(values.harmonics), axis=2)
    plasma = np.sqrt(PHASE_PER_FLUX * stiffest / values.junction_capacitance)
    overdamped = PHASE_PER_FLUX * stiffest / values.subgap_conductance
    fastest = float(np.max(np.minimum(plasma, overdamped)))
    return _STEPS_PER_RADIAN / fastest if fastest > 0.0 else math.inf


def _tableau(method: str) -> Tableau:
    if method not in TABLEAUS:
        raise SimulationError(f"unknown method {method!r}{did_you_mean(method, TABLEAUS)}")
    return TABLEAUS[method]


def _stop(circuit: Circuit, stop: float | None) -> float:
    if stop is None:
        if circuit.transient is None:
            raise SimulationError("the deck has no .tran card; add one or pass stop=")
        stop = circuit.transient.stop
    if not (math.isfinite(stop) and stop > 0.0):
        raise SimulationError(f"stop time must be positive, got {stop!r} s")
    return stop


def _step(values: Values, step: float | None, stop: float) -> float:
    if step is not None and not (math.isfinite(step) and step > 0.0):
        raise SimulationError(f"step must be positive, got {step!r} s")
    shortest_line = float(np.min(values.line_delay, initial=math.inf))
    return min(default_step(values) if step is None else step, stop / 50.0, shortest_line or math.inf)


def simulate(
    circuit: Circuit,
    *,
    stop: float | None = None,
    step: float | None = None,
    tolerance: float = DEFAULT_TOLERANCE,
    method: str = "ark4",
    print_step: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> Result:
    """Transient of a Josephson circuit.

    `stop` [s] defaults to the deck's `.tran`. The integrator chooses its steps so that the
    error of any phase in one step stays below `tolerance` times its movement (0.01 to 0.2 rad);
    with `step` [s] it takes equal steps of at most that length instead and estimates nothing.
    `method` is "ark3" or "ark4". The signals of `circuit.probes` are given every `print_step`
    [s], by default that of the `.tran` card; they do not depend on the integrator's steps.
    Slips of every junction are in `result.pulses`.

    All phases start at zero. Sources that are not zero at t = 0 are ramped up before it.

    Raises SimulationError for circuits without a solution and for elements not supported.
    """
    began = clock.perf_counter()
    circuit = with_thermal_noise(circuit)
    topology = Topology.of(circuit)
    values = Values.of([circuit], [topology])
    tableau, end = _tableau(method), _stop(circuit, stop)
    system = build(topology, values)
    recorder = Recorder.of(system, circuit, circuit.probes)
    stepping = _stepping(values, step, tolerance, end)
    trace = run(
        system, [circuit], tableau, stop=end, stepping=stepping, nodes=recorder.nodes, progress=progress
    )
    times = _print_times(circuit, end, print_step)
    signals = _signals(recorder, trace, times)
    failed = bool(trace.failed[0])
    return Result(
        time=times,
        signals=signals,
        units={probe.label: UNITS[probe.kind] for probe in circuit.probes},
        pulses=_pulses(trace, topology.junctions.names, 0),
        stats={
            "steps": trace.steps,
            "refactorisations": trace.refactorisations,
            "rejected_steps": trace.rejected,
            "unknowns": topology.size,
            "junctions": len(topology.junctions),
            "wall_time": clock.perf_counter() - began,
        },
        status="failed" if failed else "inaccurate" if trace.inaccurate else "completed",
        message=_message(trace, failed),
        provenance={"engine": "josephson", "method": method, "stop": end, **_settings(stepping)},
    )


def _stepping(values: Values, step: float | None, tolerance: float, stop: float) -> Stepping:
    if step is not None:
        return Stepping(largest=_step(values, step, stop))
    if not (math.isfinite(tolerance) and tolerance > 0.0):
        raise SimulationError(f"tolerance must be positive, got {tolerance!r}")
    usual = _step(values, None, stop)
    return Stepping(
        largest=_LARGEST * usual, tolerance=tolerance, smallest=_SMALLEST * usual, first=0.1 * usual
    )


def _settings(stepping: Stepping) -> dict[str, float]:
    if stepping.tolerance is None:
        return {"step": stepping.largest}
    return {"tolerance": stepping.tolerance}


def _message(trace: Trace, failed: bool) -> str:
    if failed:
        return "the solution grew without bound; try a smaller step"
    if trace.inaccurate:
        return f"{trace.inaccurate} steps missed the tolerance at the smallest step; loosen the tolerance"
    return ""


def _print_times(circuit: Circuit, stop: float, print_step: float | None) -> Array:
    transient = circuit.transient
    if print_step is None:
        print_step = transient.print_step if transient and transient.print_step > 0.0 else stop / 2000.0
    if not (math.isfinite(print_step) and print_step > 0.0):
        raise SimulationError(f"print step must be positive, got {print_step!r} s")
    start = transient.start if transient else 0.0
    points = math.floor((stop - start) / print_step * (1.0 + 1e-12)) + 1
    return start + print_step * np.arange(points, dtype=np.float64)


def _signals(recorder: Recorder, trace: Trace, at: Array) -> dict[str, Array]:
    if not recorder.probes:
        return {}
    width = len(recorder.nodes)
    time = np.concatenate([[trace.start], trace.time]) if width else np.empty(0)
    phase = np.concatenate([np.zeros((1, width)), trace.phase[:, :, 0]])
    rate = np.concatenate([np.zeros((1, width)), trace.rate[:, :, 0]])
    return recorder.signals(Dense(time, phase, rate, trace.corners), at)


def _pulses(trace: Trace, names: tuple[str, ...], lane: int) -> Pulses:
    mine = (trace.event_lane == lane) & (trace.event_time >= 0.0)
    return Pulses(
        time=trace.event_time[mine],
        element=trace.event_junction[mine],
        sign=trace.event_sign[mine],
        names=names,
    )


@dataclass(frozen=True, kw_only=True)
class BatchResult:
    """Slips of all junctions in all variants, one entry a slip, sorted by variant, then time.

    `time` [s], `variant`, `junction` (index into `names`) and `sign` have one length.
    `failed` (variants,) marks variants whose solution grew without bound.
    """

    variants: int
    names: tuple[str, ...]
    time: Array
    variant: NDArray[np.int64]
    junction: NDArray[np.int64]
    sign: NDArray[np.int8]
    failed: NDArray[np.bool_]
    stats: dict[str, float | int] = field(default_factory=dict)

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

    Kernels are compiled for a number of lanes: two numbers, one and all, keep the wait short.
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
) -> BatchResult:
    """Slips of many variants of one topology.

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
    tableau, end = _tableau(method), _stop(base, stop)
    largest = _step(all_values, step, end)
    nothing = np.empty(0, dtype=np.int64)
    broken = threading.Event()
    groups = [slice(i, min(i + _LANES, all_values.variants)) for i in range(0, all_values.variants, _LANES)]

    def work(group: slice) -> Trace:
        rows = _filled(group)
        system = build(topology, all_values.rows(rows))
        trace = run(
            system, [of_variant[i] for i in rows], tableau, stop=end, stepping=Stepping(largest=largest),
            nodes=nothing, source_scale=None if source_scale is None else source_scale[rows],
            cancelled=broken.is_set,
        )  # fmt: skip
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
    return BatchResult(
        variants=all_values.variants,
        names=topology.junctions.names,
        time=time[order],
        variant=variant[order],
        junction=junction[order],
        sign=sign[order],
        failed=np.concatenate([t.failed[: g.stop - g.start] for t, g in zip(traces, groups, strict=True)]),
        stats={"steps": max(t.steps for t in traces), "wall_time": clock.perf_counter() - began},
    )
