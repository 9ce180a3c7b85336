"""Current-voltage curves of a junction model, as `.iv` asks for them.

Each current is a variant of one small circuit, a junction fed by a current source, so the whole
curve is one batch. Mean voltages come from whole slips: V = Φ0 (n - 1)/(t_n - t_1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.constants import FLUX_QUANTUM
from cosim.errors import SimulationError
from cosim.josephson.batch import BatchResult, simulate_batch
from cosim.josephson.settings import default_step
from cosim.josephson.topology import Topology
from cosim.josephson.values import Values
from cosim.netlist.circuit import GROUND, Circuit, CurrentSource, Junction, JunctionModel
from cosim.netlist.waveforms import PiecewiseLinear

Array = NDArray[np.float64]

#: Window in which slips are counted, in units of the default step, and in relaxation times.
_WINDOW_STEPS, _WINDOW_RELAXATIONS = 6000, 40.0


@dataclass(frozen=True, kw_only=True)
class Curve:
    """`current` (k,) [A] and mean voltages (k,) [V] reached from zero and from the largest current."""

    current: Array
    rising: Array
    falling: Array


def current_voltage_curve(model: JunctionModel, maximum_current: float, *, points: int = 101) -> Curve:
    """Mean voltage of a junction of area 1 at `points` currents from 0 to `maximum_current` [A].

    A hysteretic junction has two branches between its retrapping and its critical current.
    Raises SimulationError for a maximum that is not positive or fewer than two points.
    """
    if not (math.isfinite(maximum_current) and maximum_current > 0.0) or points < 2:
        raise SimulationError(
            "a curve needs a positive largest current and two points or more, "
            f"got {maximum_current!r} A and {points}"
        )
    current = np.linspace(0.0, maximum_current, points)
    branches = [_branch(model, current, maximum_current, start) for start in (0.0, maximum_current)]
    return Curve(current=current, rising=branches[0], falling=branches[1])


def _branch(model: JunctionModel, current: Array, most: float, start: float) -> Array:
    """Mean voltages after a ramp to `start`, then slowly to each current."""
    junction = Junction(name="B1", nodes=("1", GROUND), model=model)
    step, relaxation = _times(junction)
    ramp = 20.0 * relaxation + 200.0 * step
    settle = 2.0 * ramp
    window = max(_WINDOW_STEPS * step, _WINDOW_RELAXATIONS * relaxation)
    times = np.cumsum([0.0, 0.5 * ramp, 0.5 * ramp, ramp])
    feeds = [
        PiecewiseLinear(tuple(float(t) for t in times), (0.0, start, start, float(level)))
        for level in current
    ]
    circuits = [
        Circuit(elements=(junction, CurrentSource(name="I1", nodes=(GROUND, "1"), waveform=feed)))
        for feed in feeds
    ]
    begin = float(times[-1]) + settle
    batch = simulate_batch(circuits, stop=begin + window, method="ark4")
    return np.array([_mean_voltage(batch, k, begin) for k in range(len(current))])


def _times(junction: Junction) -> tuple[float, float]:
    """Default step and relaxation time [s] of a junction alone."""
    alone = Circuit(elements=(junction,))
    values = Values.of([alone], [Topology.of(alone)])
    relaxation = float(values.junction_capacitance[0, 0] / values.subgap_conductance[0, 0])
    return default_step(values), relaxation


def _mean_voltage(batch: BatchResult, variant: int, begin: float) -> float:
    times, signs = batch.pulses(variant).of("B1")
    inside = times > begin
    net = int(np.sum(signs[inside]))
    if abs(net) < 3:
        return 0.0
    chosen = times[inside]
    return FLUX_QUANTUM * (net - math.copysign(1.0, net)) / float(chosen[-1] - chosen[0])
