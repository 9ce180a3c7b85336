"""The event-driven solution itself: exactness, conservation, errors, determinism."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from cosim.circuits import NIOBIUM_10KA, available, design
from cosim.errors import CosimError, SimulationError
from cosim.spiking import respond, save, twin
from cosim.spiking.crossing import first_exit
from cosim.spiking.driver import slip_after
from cosim.spiking.library import from_json
from cosim.spiking.sine_segments import sine_segments
from cosim.spiking.soma import EXCITATORY_STEP, PHASE, SPEED, rate_matrix, tables
from cosim.spiking.start import starting_point

PS = 1e-12


@pytest.fixture(scope="module")
def neuron():
    return starting_point(design((2, 0, 1)), NIOBIUM_10KA)


@pytest.mark.parametrize(("lines", "error"), [(3, 0.0114), (4, 0.0062), (5, 0.0039)])
def test_lines_stay_at_the_sine(lines, error):
    chain = sine_segments(lines)
    phase = np.linspace(chain.low[0], chain.high[-1] - 1e-9, 5001)
    line = np.searchsorted(chain.high, phase, side="right")
    deviation = chain.offset[line] + chain.slope[line] * phase - np.sin(phase)
    assert np.max(np.abs(deviation)) == pytest.approx(error, rel=0.02)
    joints = chain.high[:-1]
    left = chain.offset[:-1] + chain.slope[:-1] * joints
    right = chain.offset[1:] + chain.slope[1:] * joints
    assert np.allclose(left, right, atol=1e-9)


def test_against_an_integrator(neuron):
    """The spike time equals that of the same equations, stepped by Runge-Kutta at 1e-10."""
    table, chain = tables(neuron), sine_segments()
    slopes = {k: rate_matrix(neuron, slope) for k, slope in enumerate(chain.slopes)}

    def rate(_, x):
        phase = (x[PHASE] - chain.low[0]) % (2 * math.pi) + chain.low[0]
        line = min(int(np.searchsorted(chain.high, phase, side="right")), len(chain.low) - 1)
        y = x.copy()
        y[PHASE] = phase
        return slopes[chain.kind[line]] @ (y - table.equilibrium[line])

    rest = table.equilibrium[
        np.flatnonzero((table.equilibrium[:, 0] > table.low) & (table.equilibrium[:, 0] < table.high))[0]
    ]
    start = rest.copy()
    start[EXCITATORY_STEP] += 2 * math.pi

    def half(_, x):
        return x[PHASE] - math.pi

    half.terminal = True
    solution = solve_ivp(rate, (0.0, 60.0), start, events=half, rtol=1e-10, atol=1e-10, max_step=0.05)
    expected = solution.t_events[0][0] + neuron.excitatory.delay / PS
    found = respond(neuron, [0, 1], [0.0], [0], stop=100 * PS)
    assert found.soma[0] / PS == pytest.approx(expected, abs=1e-4)


@given(
    st.lists(st.tuples(st.floats(-3, 3), st.floats(-2.0, 0.1), st.floats(0, 3)), min_size=1, max_size=5),
    st.floats(0.2, 2.0),
)
def test_first_exit_is_the_first(modes, distance):
    a = np.array([m[0] for m in modes])
    real, imaginary = np.array([m[1] for m in modes]), np.array([m[2] for m in modes])
    zero = np.zeros(len(a))

    def value(t):
        return float(np.sum(a * np.exp(real * t) * np.cos(imaginary * t)))

    low, high = value(0.0) - distance, value(0.0) + distance
    time, direction = first_exit(0.0, real, imaginary, a, zero, low, high, 20.0)
    before = np.linspace(0.0, time, 400)[:-1]
    inside = np.array([value(t) for t in before])
    assert np.all(inside <= high + 1e-6) and np.all(inside >= low - 1e-6)
    if direction:
        assert value(time) == pytest.approx(high if direction > 0 else low, abs=1e-5)


@given(st.floats(-2, 3), st.floats(1, 5), st.floats(5, 80), st.floats(0, 1))
def test_driver_slips_when_its_progress_is_complete(filling, delay, leak, bluntness):
    found = slip_after(filling, delay, leak, bluntness)
    times = np.linspace(0.0, found, 20001)
    current = filling * np.exp(-times / leak)
    below = np.maximum(1.0 - current, 0.0)
    progress = np.trapezoid((1.0 - bluntness) * below + bluntness * np.sqrt(below), times) / delay
    assert progress == pytest.approx(1.0, abs=2e-3)


def test_everything_leaks_away(neuron):
    """Long after its pulses a neuron does what it did at first: nothing is trapped."""
    late = 5000 * PS
    pulses = [(0.0, 0), (4 * PS, 1), (60 * PS, 0)]
    times = [t for t, _ in pulses] + [t + late for t, _ in pulses]
    synapses = [s for _, s in pulses] * 2
    once = respond(neuron, [0, 3], times[:3], synapses[:3], stop=2 * late)
    twice = respond(neuron, [0, 6], times, synapses, stop=2 * late)
    assert once.time.size > 0
    assert np.allclose(twice.time, np.concatenate([once.time, once.time + late]), atol=1e-17)


def test_rates_are_those_of_a_passive_circuit():
    for signature in available():
        model = twin(signature).model
        for slope in sine_segments().slopes:
            rates = np.linalg.eigvals(rate_matrix(model, slope)).real
            assert np.sum(rates > 1e-9) == (1 if slope < 0 else 0)


def test_time_shift_and_samples(neuron):
    """A train is answered alike at any time and in any sample, and twice alike to the last bit."""
    rng = np.random.default_rng(3)
    times = np.sort(rng.uniform(0.0, 600.0, 12)) * PS
    synapses = rng.integers(0, 2, 12)
    one = respond(neuron, [0, 12], times, synapses, stop=1e-9)
    many = respond(
        neuron,
        [0, 12, 12, 24],
        np.concatenate([times, times]),
        np.concatenate([synapses, synapses]),
        stop=1e-9,
    )
    assert np.array_equal(many.of(0), one.time) and np.array_equal(many.of(2), one.time)
    assert many.counts[1] == 0
    shifted = respond(neuron, [0, 12], times + 77 * PS, synapses, stop=1.2e-9)
    assert np.allclose(shifted.time, one.time + 77 * PS, atol=1e-16)


def test_more_threshold_current_fires_sooner(neuron):
    currents = np.linspace(-90e-6, 20e-6, 13)
    found = respond(neuron, np.arange(14), np.zeros(13), np.zeros(13, int), stop=200 * PS, shift=currents)
    fired = found.counts > 0
    assert not fired[0] and fired[-1]
    assert np.all(np.diff(fired.astype(int)) >= 0)
    assert np.all(np.diff(found.time) < 0.0)


def test_bad_input_is_refused(neuron):
    with pytest.raises(SimulationError, match="synapses"):
        respond(neuron, [0, 1], [0.0], [2], stop=1e-10)
    with pytest.raises(SimulationError, match="ascend"):
        respond(neuron, [0, 2], [1e-11, 0.0], [0, 0], stop=1e-10)
    with pytest.raises(CosimError, match="resistance"):
        dataclasses.replace(neuron.excitatory, resistance=-1.0)
    with pytest.raises(SimulationError, match="pulses wait"):
        respond(neuron, [0, 100], np.zeros(100), np.zeros(100, int), stop=1e-9)


def test_a_kept_twin_comes_back_as_it_was(tmp_path):
    import json

    kept = twin((2, 0, 1))
    again = from_json(json.loads(save(kept, tmp_path).read_text(encoding="utf-8")))
    assert again.model == kept.model
    assert again.errors == kept.errors
    with pytest.raises(CosimError, match="format"):
        from_json({"format": 0})


def test_a_changed_cell_has_no_twin(monkeypatch):
    import cosim.spiking.library as library

    library.twin.cache_clear()
    monkeypatch.setattr(library, "netlist_hash", lambda cell, parasitics: "another")
    with pytest.raises(SimulationError, match="calibrate_twins"):
        library.twin((2, 0, 1))
    library.twin.cache_clear()


def test_speed_is_finite_at_a_slip(neuron):
    assert SPEED == 1
    found = respond(neuron, [0, 1], [0.0], [0], stop=100 * PS)
    assert found.time[0] > found.soma[0]
