"""`simulate` one circuit. Many variants of one topology: `batch.py`."""

from __future__ import annotations

import math
import time as clock
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cosim.errors import SimulationError
from cosim.josephson.dense import Dense
from cosim.josephson.matrices import loose_unknowns
from cosim.josephson.noise import with_thermal_noise
from cosim.josephson.record import UNITS, Recorder
from cosim.josephson.run import Stepping, Trace, run
from cosim.josephson.settings import DEFAULT_TOLERANCE, stepping_of, stop_time, tableau_of
from cosim.josephson.system import build
from cosim.josephson.topology import Topology
from cosim.josephson.values import Values
from cosim.netlist.circuit import Circuit, Transient
from cosim.results import Pulses, Result

Array = NDArray[np.float64]

#: Phases [rad] and rates [rad/s] beyond this mean nothing.
_WILD = 1e50


def simulate(
    circuit: Circuit,
    *,
    stop: float | None = None,
    step: float | None = None,
    tolerance: float = DEFAULT_TOLERANCE,
    method: str = "ark4",
    quiet: float | None = None,
    print_step: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> Result:
    """Transient of a Josephson circuit.

    `stop` [s] defaults to the deck's `.tran`. The integrator chooses its steps so that the
    error of any phase in one step stays below `tolerance` times its movement (0.01 to 0.2 rad);
    with `step` [s] it takes equal steps of at most that length instead, and says so in the status
    where these are too long to follow the phases.
    `method` is "ark3" or "ark4". Parts of a large circuit in which no phase moves by `quiet` [rad] in
    a step are left alone until something stirs beside them: by default 1e-8 with controlled steps,
    nowhere (0) with equal ones. The signals of `circuit.probes` are given every `print_step`
    [s], by default that of the `.tran` card; they do not depend on the integrator's steps.
    Slips of every junction are in `result.pulses`.

    All phases start at zero. Sources that are not zero at t = 0 are ramped up before it.

    Raises SimulationError for circuits without a solution and for elements not supported.
    """
    began = clock.perf_counter()
    circuit = with_thermal_noise(circuit)
    topology = Topology.of(circuit)
    values = Values.of([circuit], [topology])
    tableau, end = tableau_of(method), stop_time(circuit, stop)
    system = build(topology, values)
    recorder = Recorder.of(system, circuit, circuit.probes)
    stepping = stepping_of(values, step, tolerance, end, quiet)
    trace = run(
        system, [circuit], tableau, stop=end, stepping=stepping, nodes=recorder.nodes, progress=progress
    )
    times = _print_times(circuit, end, print_step)
    failed = bool(trace.failed[0])
    if failed:
        trace = _sound_part(trace)
        times = times[times <= (trace.time[-1] if len(trace.time) > 2 else -math.inf)]
    signals = (
        _signals(recorder, trace, times, circuit.transient)
        if len(times)
        else {p.label: times for p in circuit.probes}
    )
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
            "awake": trace.awake,
            "wall_time": clock.perf_counter() - began,
        },
        status="failed" if failed else "inaccurate" if _is_inaccurate(trace) else "completed",
        message=_message(trace, failed),
        provenance={"engine": "josephson", "method": method, "stop": end, **_settings(stepping)},
    )


def _is_inaccurate(trace: Trace) -> bool:
    return trace.inaccurate > 0 or bool(trace.coarse[0])


def _settings(stepping: Stepping) -> dict[str, float]:
    if stepping.tolerance is None:
        return {"step": stepping.largest}
    return {"tolerance": stepping.tolerance}


def _message(trace: Trace, failed: bool) -> str:
    if failed:
        end = f" (after {trace.time[-1]:.4g} s)" if len(trace.time) else ""
        return (
            f"the solution grew faster than steps can follow{end}; is a resistance or a capacitance negative?"
        )
    if trace.coarse[0]:
        return "the equal steps are too long to follow the phases; choose a shorter step=, or none at all"
    if trace.inaccurate:
        return f"{trace.inaccurate} steps missed the tolerance at the smallest step; loosen the tolerance"
    return ""


def _sound_part(trace: Trace) -> Trace:
    """What was recorded before the numbers left all bounds."""
    points = len(trace.time)
    state = np.concatenate([trace.phase.reshape(points, -1), trace.rate.reshape(points, -1)], axis=1)
    # Not-a-number compares as false.
    wild = np.flatnonzero(~np.all(np.abs(state) < _WILD, axis=1))
    count = int(wild[0]) if len(wild) else points
    return replace(trace, time=trace.time[:count], phase=trace.phase[:count], rate=trace.rate[:count])


def _print_times(circuit: Circuit, stop: float, print_step: float | None) -> Array:
    transient = circuit.transient
    if print_step is None:
        print_step = transient.print_step if transient and transient.print_step > 0.0 else stop / 2000.0
    if not (math.isfinite(print_step) and print_step > 0.0):
        raise SimulationError(f"print step must be positive, got {print_step!r} s")
    start = transient.start if transient else 0.0
    points = math.floor((stop - start) / print_step * (1.0 + 1e-12)) + 1
    return start + print_step * np.arange(points, dtype=np.float64)


def _signals(recorder: Recorder, trace: Trace, at: Array, card: Transient | None) -> dict[str, Array]:
    if not recorder.probes:
        return {}
    width = len(recorder.nodes)
    time = np.concatenate([[trace.start], trace.time]) if width else np.empty(0)
    phase = np.concatenate([np.zeros((1, width)), trace.phase[:, :, 0]])
    rate = np.concatenate([np.zeros((1, width)), trace.rate[:, :, 0]])
    loose = loose_unknowns(recorder.system.matrices)[recorder.nodes]
    dense = Dense(time, phase, rate, trace.corners, loose)
    if card is None or card.window <= 0.0:
        return recorder.signals(dense, at)
    return _smoothed(recorder, dense, at, card, trace)


def _smoothed(recorder: Recorder, dense: Dense, at: Array, card: Transient, trace: Trace) -> dict[str, Array]:
    """Signals under a Hann window about each printed instant, as the card's `pwindow` asks.

    As JoSIM: an odd number of samples, the deck's step apart; what lies outside of the run is
    the value at its end.
    """
    step = card.maximum_step or card.print_step
    half = math.floor(0.5 * card.window / step * (1.0 + 1e-12))
    count = 2 * half + 1
    weight = 1.0 - np.cos(2.0 * math.pi * (np.arange(count) + 0.5) / count)
    total = {probe.label: np.zeros(len(at)) for probe in recorder.probes}
    last = trace.time[-1] if len(trace.time) else at[-1]
    for k in range(count):
        part = recorder.signals(dense, np.clip(at + (k - half) * step, 0.0, last))
        for label, values in part.items():
            total[label] += weight[k] / weight.sum() * values
    return total


def _pulses(trace: Trace, names: tuple[str, ...], lane: int) -> Pulses:
    mine = (trace.event_lane == lane) & (trace.event_time >= 0.0)
    return Pulses(
        time=trace.event_time[mine],
        element=trace.event_junction[mine],
        sign=trace.event_sign[mine],
        names=names,
    )
