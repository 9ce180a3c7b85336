"""Every calibrated neuron against its own netlist, on trains that the fit never saw."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spiking.twin_trains import START, STOP, compare, scattered, scattered_comparison, volley_comparison

from cosim.circuits import Parasitics, Signature, available, design
from cosim.josephson import simulate
from cosim.netlist import flatten
from cosim.netlist.circuit import CurrentSource, Probe
from cosim.netlist.waveforms import Constant, PiecewiseLinear
from cosim.spiking import netlist_hash, respond, twin
from cosim.spiking.characteristics import latency_of, threshold_of
from cosim.spiking.twin_bench import Stimulus, bench_deck
from cosim.spiking.twin_bench import respond as simulate_cell

#: Synapses up to two, which every network uses; the others share their code.
FIRST = [s for s in available() if s.excitatory + s.inhibitory <= 2]


@pytest.mark.parametrize("parasitics", [None, Parasitics()], ids=["ideal", "parasitics"])
@pytest.mark.parametrize("signature", available(), ids=lambda s: s.label)
def test_kept_twin_is_of_the_cell_as_it_is(signature, parasitics):
    kept = twin(signature, parasitics)
    assert kept.netlist_hash == netlist_hash(design(signature), parasitics)
    assert kept.model.threshold_current == pytest.approx(design(signature).threshold_current)
    assert kept.errors.threshold_rms < 0.05


@pytest.mark.parametrize("signature", available(), ids=lambda s: s.label)
def test_volleys_as_in_a_network(signature):
    """Pulses together in every period: all counts right, all times within 1.5 ps, hardly a doubt."""
    found = volley_comparison(signature)
    assert found.twin.time.size > 5
    assert found.wrong() == []
    assert np.max(np.abs(found.errors())) < 1.5e-12
    assert found.doubtful <= 0.03 * found.decisions


@pytest.mark.parametrize("signature", available(), ids=lambda s: s.label)
def test_sure_decisions_are_right_on_scattered_pulses(signature):
    """Pulses at any time: where the twin does not say that it is in doubt, it is right."""
    found = scattered_comparison(signature)
    assert [k for k in found.wrong() if found.sure[k]] == []
    assert np.max(np.abs(found.errors()), initial=0.0) < 3e-12


@pytest.mark.parametrize("signature", FIRST, ids=lambda s: s.label)
def test_few_decisions_are_doubtful(signature):
    found = scattered_comparison(signature)
    assert found.doubtful < 0.2 * found.decisions
    assert found.sure.mean() > 0.3


@pytest.mark.parametrize("signature", FIRST, ids=lambda s: s.label)
def test_times_of_sure_samples(signature):
    errors = scattered_comparison(signature).errors()
    assert errors.size > 20
    assert np.sqrt(np.mean(errors**2)) < 0.5e-12


@settings(max_examples=3)
@given(seed=st.integers(1000, 2**31), which=st.sampled_from(FIRST))
def test_any_seed(seed, which):
    found = compare(which, [scattered(which, seed + k) for k in range(16)])
    assert [k for k in found.wrong() if found.sure[k]] == []
    assert np.max(np.abs(found.errors()), initial=0.0) < 3e-12


def _together(signature: Signature, pulses: int, current: float) -> Stimulus:
    return Stimulus(times=(START,) * pulses, synapses=tuple(range(pulses)), threshold_current=current)


@pytest.mark.parametrize("signature", FIRST, ids=lambda s: s.label)
def test_threshold_against_bias(signature):
    """Just below the twin's threshold current the circuit stays silent, just above it fires."""
    model = twin(signature).model
    step = twin(signature).guard * model.soma.critical_current
    for pulses in range(1, signature.excitatory + 1):
        threshold = threshold_of(model, pulses)
        currents = [threshold - step, threshold + step]
        if threshold - step < -0.6 * model.soma.critical_current:
            continue
        found = simulate_cell(design(signature), [_together(signature, pulses, c) for c in currents], STOP)
        assert [len(r.spikes) for r in found] == [0, 1], f"{pulses} pulses at {threshold} A"


@pytest.mark.parametrize("signature", FIRST, ids=lambda s: s.label)
def test_latency_against_bias(signature):
    """From 10 % of the critical current above the threshold on, latency falls as in the circuit."""
    model = twin(signature).model
    critical = model.soma.critical_current
    pulses = signature.threshold
    low = max(
        threshold_of(model, pulses) + 0.1 * critical, design(signature).threshold_current - 0.2 * critical
    )
    currents = np.linspace(low, design(signature).threshold_current + 0.1 * critical, 4)
    found = simulate_cell(design(signature), [_together(signature, pulses, c) for c in currents], STOP)
    measured = np.array([r.spikes[0] - r.arrivals[0] for r in found])
    modelled = np.array([latency_of(model.with_threshold(c), pulses) for c in currents])
    assert np.max(np.abs(measured - modelled)) < 1e-12
    assert np.all(np.diff(modelled) < 0.0)


@pytest.mark.parametrize("signature", FIRST, ids=lambda s: s.label)
def test_refractory_time(signature):
    """Volleys 15 % further apart than the refractory time both fire, and 15 % closer only one does; at
    no less than 18 ps, which is as fast as a source can."""
    spacing = twin(signature).characteristics.refractory
    cell = design(signature)
    factors = [factor for factor in (0.85, 1.15) if factor * spacing > 18e-12 or factor > 1.0]
    stimuli = []
    for factor in factors:
        later = START + round(max(factor * spacing, 18e-12) * 1e12) * 1e-12
        times = (START,) * signature.threshold + (later,) * signature.threshold
        synapses = tuple(range(signature.threshold)) * 2
        stimuli.append(Stimulus(times=times, synapses=synapses, threshold_current=cell.threshold_current))
    counts = [len(r.spikes) for r in simulate_cell(cell, stimuli, STOP)]
    assert counts == [1 if factor < 1.0 else 2 for factor in factors]


@pytest.mark.parametrize("signature", FIRST, ids=lambda s: s.label)
def test_leak(signature):
    """The current of one pulse into the soma, all loops together, decays to 1/e in the time that the
    twin says, the soma at rest; and two pulses at one synapse add up for as long as in the circuit."""
    cell, model = design(signature), twin(signature).model
    flat = flatten(bench_deck(cell))
    loops = [f"LP|XS{k}|XN" for k in range(1, signature.excitatory + 1)]
    probes = tuple(Probe(kind="I", label=f"I({name})", element=name) for name in loops)
    quiet = {"ITH": PiecewiseLinear(times=(0.0, 10e-12), values=(0.0, threshold_of(model, 1) - 60e-6))}
    quiet |= {f"IIN{k + 1}": Constant(0.0) for k in range(1, model.inputs)}
    elements = tuple(
        dataclasses.replace(e, waveform=quiet.get(e.name, e.waveform)) if isinstance(e, CurrentSource) else e
        for e in flat.elements
    )
    result = simulate(dataclasses.replace(flat, elements=elements, probes=probes), print_step=0.2e-12)
    assert len(result.pulse_times("BT|XN")) == 0
    current = np.sum([result[f"I({name})"] for name in loops], axis=0)
    peak = int(np.argmax(current))
    leak = result.time[peak + int(np.argmax(current[peak:] < current[peak] / np.e))] - result.time[peak]
    assert twin(signature).characteristics.leak == pytest.approx(leak, rel=0.25)

    low = threshold_of(model, 1) - 0.2 * model.soma.critical_current
    stimuli = [
        Stimulus(times=(START, START + d * 1e-12), synapses=(0, 0), threshold_current=low)
        for d in range(16, 120, 4)
    ]
    circuit = simulate_cell(cell, stimuli, STOP)
    twins = [respond(model.with_threshold(low), [0, 2], r.arrivals, r.synapses, stop=STOP) for r in circuit]
    assert sum(len(r.spikes) != t.counts[0] for r, t in zip(circuit, twins, strict=True)) <= 1
