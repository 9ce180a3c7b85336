"""Fit of the behavioural neuron to measured thresholds and spike times.

The start comes from the cell's element values; the fit moves what the reduced circuit lumps together
(drivers and lines behind the loops, the shape of pulses), each parameter within a factor.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.circuits import ExcitatoryParameters, InhibitoryParameters, NeuronDesign, Technology
from cosim.constants import PHASE_PER_FLUX
from cosim.errors import CosimError
from cosim.spiking.measurement import Measurement
from cosim.spiking.sfq_neuron import (
    CellJunctions,
    ExcitatoryPath,
    InhibitoryPath,
    OutputPath,
    SfqNeuron,
    Soma,
)
from cosim.spiking.soma import Tables, tables
from cosim.spiking.trains import respond

Array = NDArray[np.float64]

#: Errors that weigh 1 in the fit: threshold current relative to the soma's critical current, time [s].
THRESHOLD_SCALE = 0.005
TIME_SCALE = 0.2e-12
#: Runs this close to a threshold, relative to the critical current, have no say in the times.
_NEAR = 0.02
#: Residuals saturate here: one spike gone astray must not rule the fit.
_SATURATION = 8.0
_BISECTIONS = 14
#: Threshold currents this far from the cell's own, relative to the critical current, weigh half.
_RANGE = 0.2


@dataclass(frozen=True, kw_only=True)
class Residuals:
    """Twin against circuit. NaN where there is nothing to compare."""

    threshold: Array
    """(thresholds,) relative to the soma's critical current."""
    soma: Array
    """(spikes,) soma slips [s]."""
    spike: Array
    """(spikes,) output slips [s]."""
    near: NDArray[np.bool_]
    """(spikes,): close to a threshold, where times are steep."""
    distance: Array
    """(spikes,) threshold current from the cell's own [relative to the critical current]."""
    waited: NDArray[np.bool_]
    """(spikes,): of a run in which a pulse had to wait long for its driver."""
    wrong: NDArray[np.bool_]
    """(runs,): another number of spikes than the circuit."""


def starting_point(
    design: NeuronDesign, technology: Technology, latencies: tuple[float, ...] = (3e-12, 2.7e-12)
) -> SfqNeuron:
    """The neuron as its elements suggest it; `latencies` [s] of the drivers (excitatory, inhibitory).

    Raises CosimError for a neuron whose synapses of one sign are not all alike.
    """
    p = design.parameters
    area = p.soma.critical_current / technology.unit_current

    def junction_inductance(critical: float, bias: float) -> float:
        return 1.0 / (PHASE_PER_FLUX * math.sqrt(critical**2 - bias**2))

    exc = [s for s in p.synapses if isinstance(s, ExcitatoryParameters)]
    inh = [s for s in p.synapses if isinstance(s, InhibitoryParameters)]
    if len(set(exc)) != 1 or len(set(inh)) > 1 or len(exc) + len(inh) != len(p.synapses):
        raise CosimError(
            f"neuron {design.signature}: a twin needs equal excitatory synapses and equal inhibitory ones; "
            "calibrate gated and tuned synapses apart"
        )
    e, i = exc[0], inh[0] if inh else None
    # The line behind the driver carries about half of what its junction does.
    driver = 0.7 * junction_inductance(e.critical_current, e.bias)
    inhibitory = None
    if i is not None:
        primary = i.primary_inductance + 0.7 * junction_inductance(i.critical_current, i.bias)
        inhibitory = InhibitoryPath(
            count=len(inh),
            primary_inductance=primary,
            primary_resistance=i.primary_resistance,
            secondary_inductance=i.secondary_inductance,
            secondary_resistance=i.secondary_resistance,
            mutual_inductance=-i.coupling * math.sqrt(i.primary_inductance * i.secondary_inductance),
            delay=max(latencies[1] - 1.2e-12, 0.5e-12),
            latency=latencies[1],
            rise=2e-12,
            filling=1.6,
            leak=i.primary_inductance / i.primary_resistance,
            bluntness=0.1,
        )
    return SfqNeuron(
        threshold_current=design.threshold_current,
        soma=Soma(
            critical_current=p.soma.critical_current,
            conductance=1.0 / technology.shunt_resistance(p.soma.critical_current)
            + area / technology.subgap_resistance,
            capacitance=technology.capacitance * area,
        ),
        excitatory=ExcitatoryPath(
            count=len(exc),
            inductance=e.coupling_inductance + driver,
            resistance=e.leak_resistance,
            delay=max(latencies[0] - 1.2e-12, 0.5e-12),
            latency=latencies[0],
            rise=2e-12,
            filling=1.9,
            leak=20e-12,
            bluntness=0.8,
        ),
        inhibitory=inhibitory,
        output=OutputPath(
            inductance=p.soma.output_inductance
            + 0.8 * junction_inductance(p.soma.first_critical_current, p.soma.first_bias),
            resistance=p.soma.output_resistance,
            reset_delay=1e-12,
            reset_slowness=0.3,
            rise=1.5e-12,
            latency=5e-12,
            latency_slowness=0.5,
            latency_output=-3e-8,
            latency_excitation=-1e-8,
        ),
        junctions=CellJunctions(
            excitatory=e.critical_current,
            inhibitory=i.critical_current if i else 0.0,
            soma=p.soma.critical_current,
            outputs=p.soma.first_critical_current + p.soma.second_critical_current,
        ),
    )


def variations(neuron: SfqNeuron) -> list[SfqNeuron]:
    """Starting points that differ in how the output pulls the soma on, which has several optima."""
    out = neuron.output
    return [
        dataclasses.replace(
            neuron,
            output=dataclasses.replace(
                out, reset_delay=delay, inductance=out.inductance * stretch, rise=rise
            ),
        )
        for delay, stretch, rise in ((1e-12, 1.0, 1.5e-12), (2.5e-12, 1.3, 3e-12), (5e-12, 1.0, 2.5e-12))
    ]


#: Parameters to fit: part, field, largest factor either way; factor 0 for those that may be negative
#: and are then in units of the starting value.
_FREE = (
    ("soma", "critical_current", 1.1),
    ("soma", "conductance", 2.0),
    ("soma", "capacitance", 2.0),
    ("excitatory", "inductance", 1.5),
    ("excitatory", "resistance", 1.5),
    ("excitatory", "delay", 2.0),
    ("excitatory", "rise", 3.0),
    ("output", "inductance", 2.0),
    ("output", "resistance", 5.0),
    ("output", "reset_delay", 3.0),
    ("output", "reset_slowness", 0.0),
    ("output", "rise", 3.0),
    ("output", "latency", 2.0),
    ("output", "latency_slowness", 0.0),
    ("output", "latency_output", 0.0),
    ("output", "latency_excitation", 0.0),
    ("inhibitory", "primary_inductance", 1.5),
    ("inhibitory", "primary_resistance", 2.0),
    ("inhibitory", "secondary_inductance", 1.5),
    ("inhibitory", "secondary_resistance", 2.0),
    ("inhibitory", "mutual_inductance", 0.0),
    ("inhibitory", "delay", 2.0),
    ("inhibitory", "rise", 3.0),
)


def fit(
    start: SfqNeuron,
    measured: Measurement,
    *,
    rounds: int = 12,
    progress: Callable[[float], None] | None = None,
) -> SfqNeuron:
    """Least squares over thresholds and times; `progress` takes the cost after each round."""
    free = [(part, name, factor) for part, name, factor in _FREE if getattr(start, part) is not None]
    scores = _Scores(measured, start)

    def neuron(x: Array) -> SfqNeuron:
        changes: dict[str, dict[str, float]] = {}
        for value, (part, name, factor) in zip(x, free, strict=True):
            first = getattr(getattr(start, part), name)
            scale = math.exp(value) if factor else 1.0 + value
            changes.setdefault(part, {})[name] = float(first * scale)
        parts = {part: dataclasses.replace(getattr(start, part), **new) for part, new in changes.items()}
        return dataclasses.replace(start, **parts)

    def cost_vector(x: Array) -> Array:
        return scores.vector(neuron(x))

    bound = np.array([math.log(factor) if factor else 4.0 for _, _, factor in free])
    x = np.zeros(len(free))
    # Weak springs to the start hold what the data do not decide.
    stiffness = np.array([0.3 / math.log(factor) if factor else 0.1 for _, _, factor in free])
    damping = 1e-2
    r = cost_vector(x)
    cost = float(r @ r + np.sum((stiffness * x) ** 2))
    for _ in range(rounds):
        jacobian = np.empty((len(r), len(x)))
        for k in range(len(x)):
            step = np.zeros(len(x))
            step[k] = 0.01 if x[k] < bound[k] - 0.02 else -0.01
            jacobian[:, k] = (cost_vector(x + step) - r) / step[k]
        # A residual that jumps because a spike came or went says nothing about slopes.
        jacobian[np.abs(jacobian) > 400.0] = 0.0
        hessian = jacobian.T @ jacobian + np.diag(stiffness**2)
        gradient = jacobian.T @ r + stiffness**2 * x
        improved = False
        for _ in range(6):
            move = np.linalg.solve(hessian + damping * np.diag(np.diag(hessian)), -gradient)
            trial = np.clip(x + move, -bound, bound)
            trial_r = cost_vector(trial)
            trial_cost = float(trial_r @ trial_r + np.sum((stiffness * trial) ** 2))
            if trial_cost < cost:
                gain = 1.0 - trial_cost / cost
                x, r, cost, damping, improved = (
                    trial,
                    trial_r,
                    trial_cost,
                    max(damping / 5.0, 1e-6),
                    gain > 1e-4,
                )
                break
            damping *= 5.0
        if progress is not None:
            progress(cost)
        if not improved:
            break
    return neuron(x)


def best_start(starts: Sequence[SfqNeuron], measured: Measurement, rounds: int = 5) -> SfqNeuron:
    """Of several starting points the one that a short fit brings nearest to the circuit, fitted so far."""
    fitted = [fit(start, measured, rounds=rounds) for start in starts]
    scores = _Scores(measured, starts[0])
    costs = [float(np.sum(scores.vector(neuron) ** 2)) for neuron in fitted]
    return fitted[int(np.argmin(costs))]


def residuals(neuron: SfqNeuron, measured: Measurement) -> Residuals:
    """Compare a twin with the circuit's runs."""
    return _Scores(measured, neuron).residuals(neuron)


class _Scores:
    """The measurement as arrays."""

    def __init__(self, measured: Measurement, start: SfqNeuron) -> None:
        self.measured = measured
        self.critical = start.soma.critical_current
        self.base = start.threshold_current
        arrivals = [r.arrivals for r in measured.responses]
        self.offset = np.concatenate([[0], np.cumsum([len(a) for a in arrivals])])
        self.time = np.concatenate(arrivals)
        self.synapse = np.concatenate([r.synapses for r in measured.responses])
        self.shift = measured.current - start.threshold_current
        self.spikes = np.array([len(r.spikes) for r in measured.responses])
        self.soma_spikes = np.array([len(r.soma) for r in measured.responses])
        self.run_distance = np.abs(self.shift) / self.critical
        near = np.zeros(len(self.spikes), bool)
        for threshold in measured.thresholds:
            same = measured.case == threshold.case
            near |= same & (np.abs(measured.current - threshold.current) < _NEAR * self.critical)
        self.run_near = near
        # Arrivals hardly depend on the threshold current: those of the run nearest to the threshold serve.
        nearest = []
        for threshold in measured.thresholds:
            same = np.flatnonzero(measured.case == threshold.case)
            nearest.append(same[np.argmin(np.abs(measured.current[same] - threshold.current))])
        chosen = [measured.responses[k] for k in nearest]
        self.t_offset = np.concatenate([[0], np.cumsum([len(r.arrivals) for r in chosen])]).astype(np.int64)
        self.t_time = np.concatenate([r.arrivals for r in chosen]) if chosen else np.empty(0)
        self.t_synapse = np.concatenate([r.synapses for r in chosen]) if chosen else np.empty(0, np.int64)
        self.t_current = np.array([t.current for t in measured.thresholds])
        self.t_count = np.array([t.count for t in measured.thresholds])

    def thresholds(self, table: Tables) -> Array:
        """(thresholds,) currents [A] at which the twin's counts change, by bisection."""
        low = self.t_current - 0.3 * self.critical
        high = self.t_current + 0.3 * self.critical
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            found = respond(
                table,
                self.t_offset,
                self.t_time,
                self.t_synapse,
                stop=self.measured.stop,
                shift=middle - self.base,
            )
            enough = found.counts >= self.t_count
            high = np.where(enough, middle, high)
            low = np.where(enough, low, middle)
        return 0.5 * (low + high)

    def residuals(self, neuron: SfqNeuron) -> Residuals:
        table = tables(neuron)
        threshold = (self.thresholds(table) - self.t_current) / self.critical
        found = respond(
            table, self.offset, self.time, self.synapse, stop=self.measured.stop, shift=self.shift
        )
        soma, spike, near, distance, waited = [], [], [], [], []
        for k, response in enumerate(self.measured.responses):
            count = self.spikes[k]
            if count == 0:
                continue
            part = slice(found.offset[k], found.offset[k + 1])
            same = found.counts[k] == count
            nothing = np.full(count, np.nan)
            spike.append(found.time[part] - response.spikes if same else nothing)
            same = same and self.soma_spikes[k] == count
            soma.append(found.soma[part] - response.soma if same else nothing)
            near.append(np.full(count, self.run_near[k]))
            distance.append(np.full(count, self.run_distance[k]))
            waited.append(np.full(count, found.waits[k] > 0))
        return Residuals(
            threshold=threshold,
            soma=np.concatenate(soma),
            spike=np.concatenate(spike),
            near=np.concatenate(near),
            distance=np.concatenate(distance),
            waited=np.concatenate(waited),
            wrong=found.counts != self.spikes,
        )

    def vector(self, neuron: SfqNeuron) -> Array:
        """Weighted residuals: less weight far from the cell's own threshold current."""
        try:
            found = self.residuals(neuron)
        except CosimError:
            return np.full(len(self.t_current) + 2 * int(self.spikes.sum()), _SATURATION)
        away = np.abs(self.t_current - self.base) / self.critical
        thresholds = found.threshold / THRESHOLD_SCALE / (1.0 + (away / _RANGE) ** 2)
        weight = np.where(found.near, 0.0, 1.0 / (1.0 + (found.distance / _RANGE) ** 2))
        times = [np.nan_to_num(t / TIME_SCALE) * weight * 0.3 for t in (found.soma, found.spike)]
        found_all = np.concatenate([thresholds, *times])
        return found_all / np.sqrt(1.0 + (found_all / _SATURATION) ** 2)
