"""Twin against circuit over all runs of a measurement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.errors import CosimError
from cosim.spiking.measurement import Measurement
from cosim.spiking.sfq_neuron import SfqNeuron
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


def residuals(neuron: SfqNeuron, measured: Measurement) -> Residuals:
    """Compare a twin with the circuit's runs."""
    return Scores(measured, neuron).residuals(neuron)


class Scores:
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
