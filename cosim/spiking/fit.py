"""Fit of the behavioural neuron to measured thresholds and spike times.

The start comes from the cell's element values (`start.py`); the fit moves what the reduced circuit
lumps together (drivers and lines behind the loops, the shape of pulses), each within a factor.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from cosim.spiking.measurement import Measurement
from cosim.spiking.residuals import Scores
from cosim.spiking.sfq_neuron import SfqNeuron

Array = NDArray[np.float64]

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
    scores = Scores(measured, start)

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
    scores = Scores(measured, starts[0])
    costs = [float(np.sum(scores.vector(neuron) ** 2)) for neuron in fitted]
    return fitted[int(np.argmin(costs))]
