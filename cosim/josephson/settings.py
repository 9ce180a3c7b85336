"""What a run is asked for, checked: stop time, method, equal or controlled steps."""

from __future__ import annotations

import math

import numpy as np

from cosim.constants import PHASE_PER_FLUX
from cosim.errors import SimulationError, did_you_mean
from cosim.josephson.run import Stepping
from cosim.josephson.tableau import TABLEAUS, Tableau
from cosim.josephson.values import Values
from cosim.netlist.circuit import Circuit

#: Default equal step as a fraction of 1/ω of the fastest junction: 0.17 ps at 10 kA/cm².
_STEPS_PER_RADIAN = 0.35
#: Default error of a phase in one controlled step, as a part of its movement in that step. Lines of
#: a hundred junctions then arrive within 0.005 ps; it is the default equal step that bounds the rest.
DEFAULT_TOLERANCE = 5e-4
#: Movement of all phases of a part of the circuit [rad] in a step below which it falls asleep. Arrival
#: times change by less than 1e-7 ps at a hundred times this value.
DEFAULT_QUIET = 1e-8
#: Controlled steps stay between these multiples of the default equal step. Small oscillations need
#: the upper one: what they move in a step is too little for the tolerance to see.
_LARGEST, _SMALLEST = 1.0, 1e-4


def default_step(values: Values) -> float:
    """Step [s] that resolves every junction: 0.35/ω, ω its plasma or, overdamped, its IcR frequency."""
    if values.critical_current.size == 0:
        return math.inf
    orders = 1.0 + np.arange(values.harmonics.shape[2])
    stiffest = np.abs(values.critical_current) * np.sum(orders * np.abs(values.harmonics), axis=2)
    plasma = np.sqrt(PHASE_PER_FLUX * stiffest / values.junction_capacitance)
    overdamped = PHASE_PER_FLUX * stiffest / values.subgap_conductance
    # fmax: a variant whose values are no numbers fails by itself and must not set the step.
    fastest = float(np.fmax.reduce(np.minimum(plasma, overdamped), axis=None))
    return _STEPS_PER_RADIAN / fastest if fastest > 0.0 else math.inf


def tableau_of(method: str) -> Tableau:
    if method not in TABLEAUS:
        raise SimulationError(f"unknown method {method!r}{did_you_mean(method, TABLEAUS)}")
    return TABLEAUS[method]


def stop_time(circuit: Circuit, stop: float | None) -> float:
    if stop is None:
        if circuit.transient is None:
            raise SimulationError("the deck has no .tran card; add one or pass stop=")
        stop = circuit.transient.stop
    if not (math.isfinite(stop) and stop > 0.0):
        raise SimulationError(f"stop time must be positive, got {stop!r} s")
    return stop


def equal_step(values: Values, step: float | None, stop: float) -> float:
    if step is not None and not (math.isfinite(step) and step > 0.0):
        raise SimulationError(f"step must be positive, got {step!r} s")
    shortest_line = float(np.min(values.line_delay, initial=math.inf))
    return min(default_step(values) if step is None else step, stop / 50.0, shortest_line or math.inf)


def stepping_of(
    values: Values, step: float | None, tolerance: float, stop: float, quiet: float | None = None
) -> Stepping:
    if quiet is not None and not (math.isfinite(quiet) and quiet >= 0.0):
        raise SimulationError(f"quiet must be zero or positive, got {quiet!r} rad")
    if step is not None:
        return Stepping(largest=equal_step(values, step, stop), doze=quiet or 0.0)
    if not (math.isfinite(tolerance) and tolerance > 0.0):
        raise SimulationError(f"tolerance must be positive, got {tolerance!r}")
    usual = equal_step(values, None, stop)
    return Stepping(
        largest=_LARGEST * usual,
        tolerance=tolerance,
        smallest=_SMALLEST * usual,
        first=0.1 * usual,
        doze=DEFAULT_QUIET if quiet is None else quiet,
    )
