"""Where the fit of a neuron starts: its elements, and what is known of drivers and lines."""

from __future__ import annotations

import dataclasses
import math

from cosim.circuits import ExcitatoryParameters, InhibitoryParameters, NeuronDesign, Technology
from cosim.constants import PHASE_PER_FLUX
from cosim.errors import CosimError
from cosim.spiking.sfq_neuron import (
    CellJunctions,
    ExcitatoryPath,
    InhibitoryPath,
    OutputPath,
    SfqNeuron,
    Soma,
)


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
