"""`calibrate`: simulate a neuron's netlist twin and fit the behavioural neuron to it.

The result is kept as JSON in `circuits/twins/`, one file a signature, with the errors of the fit and
the hash of the netlist that was simulated: a cell that has changed since is never mistaken for the
one that was calibrated.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.circuits import NIOBIUM_10KA, NeuronDesign, Parasitics, Signature
from cosim.errors import CosimError
from cosim.netlist import flatten
from cosim.netlist.circuit import CurrentSource, Element, Inductor, Junction, Resistor
from cosim.spiking.characteristics import Characteristics, characterise
from cosim.spiking.driver_fit import DriverMeasurement, driver_errors, fit_driver, measure_driver
from cosim.spiking.fit import best_start, fit
from cosim.spiking.measurement import Measurement, measure
from cosim.spiking.residuals import residuals
from cosim.spiking.sfq_neuron import SfqNeuron
from cosim.spiking.start import starting_point, variations
from cosim.spiking.twin_bench import bench_deck

#: Runs whose threshold current is within this part of the critical current of the cell's own count
#: for the errors: what a mapped network uses, trimmed.
WORKING_RANGE = 0.2
LEAST_GUARD = 0.03


@dataclass(frozen=True, kw_only=True)
class FitErrors:
    """Twin minus circuit. Thresholds are threshold currents relative to the soma's critical current;
    times [s] are of output pulses within the working range, away from thresholds, in runs in which no
    pulse waited long for its driver."""

    threshold_rms: float
    threshold_largest: float
    thresholds: int
    """How many thresholds were compared."""
    time_rms: float
    time_largest: float
    times: int
    wrong_counts: int
    """Runs with another number of spikes than the circuit, out of `runs`."""
    runs: int
    driver_rms: float
    """Of the delay of a driver that has to wait [s]."""


@dataclass(frozen=True, kw_only=True)
class NeuronTwin:
    """A calibrated neuron."""

    signature: Signature
    model: SfqNeuron
    characteristics: Characteristics
    errors: FitErrors
    netlist_hash: str
    parasitics: bool

    @property
    def guard(self) -> float:
        """Part of the critical current within which a decision is doubtful: three times the error of the
        fitted thresholds, and not less than `LEAST_GUARD`."""
        return max(LEAST_GUARD, 3.0 * self.errors.threshold_rms)


def netlist_hash(design: NeuronDesign, parasitics: Parasitics | None = None) -> str:
    """SHA-256 of the bench's circuit: kinds, nodes and numbers to nine digits, not their spelling."""
    circuit = flatten(bench_deck(design, parasitics))
    cards = [_card(element) for element in circuit.elements]
    cards += [f"K {m.inductors[0]} {m.inductors[1]} {m.coupling:.9g}" for m in circuit.mutuals]
    return hashlib.sha256("\n".join(sorted(cards)).encode()).hexdigest()


def _card(element: Element) -> str:
    """An element as one line of text."""
    if isinstance(element, Junction):
        values = (element.area, *dataclasses.astuple(dataclasses.replace(element.model, name="")))
    elif isinstance(element, CurrentSource):
        values = dataclasses.astuple(element.waveform)
    elif isinstance(element, Resistor):
        values = (element.resistance,)
    elif isinstance(element, Inductor):
        values = (element.inductance,)
    else:
        values = (repr(element),)
    return f"{type(element).__name__} {' '.join(element.nodes)} {_digits(values)}"


def _digits(values: object) -> str:
    """Numbers to nine digits, tuples in order."""
    if isinstance(values, tuple):
        return "(" + " ".join(_digits(value) for value in values) + ")"
    return f"{values:.9g}" if isinstance(values, float) else str(values)


def calibrate(
    design: NeuronDesign,
    *,
    parasitics: Parasitics | None = None,
    rounds: int = 15,
    progress: Callable[[str], None] | None = None,
) -> NeuronTwin:
    """Simulate the cell (seconds to a minute) and fit its twin. `progress` takes a line for each stage.

    Raises CosimError for a cell that does not fire for one pulse at any threshold current, or whose
    synapses of one sign differ.
    """
    say = progress or (lambda line: None)
    signature = design.signature
    say("drivers")
    drivers = [measure_driver(design, 0, parasitics=parasitics)]
    if signature.inhibitory:
        drivers.append(measure_driver(design, signature.excitatory, parasitics=parasitics))
    say("thresholds and times")
    measured = measure(design, parasitics=parasitics)
    if not measured.thresholds:
        raise CosimError(
            f"neuron {signature}: no threshold found at any threshold current; is the cell right?"
        )
    say(f"fit to {len(measured.thresholds)} thresholds")
    model = starting_point(design, NIOBIUM_10KA, tuple(d.latency for d in drivers))
    model = best_start(variations(_fit_drivers(model, drivers)), measured)
    for _ in range(2):
        model = _fit_drivers(model, drivers)
        model = fit(model, measured, rounds=rounds)
    model = _fit_drivers(model, drivers)
    errors = _errors(model, measured, drivers)
    say(f"thresholds within {100 * errors.threshold_rms:.2f} % rms, times {errors.time_rms * 1e12:.2f} ps")
    return NeuronTwin(
        signature=signature,
        model=model,
        characteristics=characterise(model, signature.threshold),
        errors=errors,
        netlist_hash=netlist_hash(design, parasitics),
        parasitics=parasitics is not None,
    )


def _fit_drivers(model: SfqNeuron, drivers: list[DriverMeasurement]) -> SfqNeuron:
    for k, measured in enumerate(drivers):
        model = fit_driver(model, measured, inhibitory=k == 1)
    return model


def _errors(model: SfqNeuron, measured: Measurement, drivers: list[DriverMeasurement]) -> FitErrors:
    found = residuals(model, measured)
    used = ~np.isnan(found.spike) & ~found.near & ~found.waited & (found.distance < WORKING_RANGE)
    times = found.spike[used]
    waiting = np.concatenate([driver_errors(model, d, inhibitory=k == 1) for k, d in enumerate(drivers)])
    return FitErrors(
        threshold_rms=_rms(found.threshold),
        threshold_largest=_largest(found.threshold),
        thresholds=len(found.threshold),
        time_rms=_rms(times),
        time_largest=_largest(times),
        times=len(times),
        wrong_counts=int(found.wrong.sum()),
        runs=len(found.wrong),
        driver_rms=_rms(waiting),
    )


def _rms(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(values**2))) if values.size else 0.0


def _largest(values: NDArray[np.float64]) -> float:
    return float(np.max(np.abs(values), initial=0.0))
