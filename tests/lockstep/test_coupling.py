"""Models in lock-step with ngspice: accuracy in time against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cosim.lockstep import LeakyIntegrateAndFire, ResettingNeuron, Session, SineVoltage
from cosim.spice import find_library

pytestmark = pytest.mark.skipif(find_library() is None, reason="libngspice is not installed")

TAU = 1e-6
RC = """a model drives an RC circuit
Xs in source
R1 in out 1k
C1 out 0 1n
.tran 10n 5u
"""


def rc_error(step: float, frequency: float = 1e5) -> float:
    """Largest error [V] of the voltage of an RC circuit that a sine of 1 V drives from rest."""
    model = SineVoltage(amplitude=1.0, frequency=frequency)
    result = Session(RC).bind("Xs", model).run(maximum_step=step)
    x, w = 2 * math.pi * frequency * TAU, 2 * math.pi * frequency
    t = result.time
    exact = (np.sin(w * t) - x * np.cos(w * t) + x * np.exp(-t / TAU)) / (1 + x * x)
    return float(np.abs(result["V(OUT)"] - exact).max())


def test_an_rc_circuit_driven_by_a_model_is_of_order_two():
    errors = [rc_error(step) for step in (40e-9, 20e-9, 10e-9)]
    assert errors[-1] < 5e-6
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all(orders > 1.9)


def test_a_neuron_that_resets_an_rc_circuit_fires_on_time():
    """100 spikes at steps of 1 ns: within 5 ps of the closed form, without drift."""
    tau, threshold, width, edge = 5e-6, 0.5, 30e-9, 1e-13
    resistance = 10e3
    capacitance = tau / resistance
    conductance = capacitance / 1e-9
    low = 1.0 / (1.0 + conductance * resistance)
    first = tau * math.log(1.0 / (1.0 - threshold))
    period = width + edge / 2 + tau * math.log((1.0 - low) / (1.0 - threshold))
    deck = f"""a neuron resets an RC circuit
V1 in 0 1
R1 in m {resistance}
C1 m 0 {capacitance} ic=0
Xn m neuron
.tran 1n {first + 99.5 * period} 0 1n uic
"""
    neuron = ResettingNeuron(threshold=threshold, conductance=conductance, width=width, edge=edge)
    times = Session(deck).bind("Xn", neuron).run().pulse_times("Xn")
    assert times.size == 100
    errors = times - (first + period * np.arange(100))
    assert np.abs(errors).max() < 5e-12
    assert abs(np.polyfit(np.arange(100), errors, 1)[0]) < 20e-15


def test_a_leaky_neuron_fires_at_the_times_of_its_closed_form():
    """A constant current: period t_ref + τ ln(RI / (RI - θ)), whatever the circuit's steps."""
    neuron = LeakyIntegrateAndFire(
        capacitance=1e-12, resistance=1e6, threshold=0.6, refractory=50e-9, width=20e-9
    )
    deck = "constant current\nI1 0 soma 1u\nXn soma axon neuron\nR1 axon 0 1k\n.tran 20n 20u\n"
    result = Session(deck).bind("Xn", neuron).run()
    period = 1e-6 * math.log(1.0 / 0.4)
    expected = period + (period + 50e-9) * np.arange(int((20e-6 - period) // (period + 50e-9)) + 1)
    assert result.pulse_times("xn") == pytest.approx(expected, abs=1e-14)
    axon = result["V(AXON)"]
    assert axon.max() == pytest.approx(1000 / 1050, rel=1e-6)
    charge = np.trapezoid(axon, result.time)
    assert charge == pytest.approx(expected.size * 20e-9 * 1000 / 1050, rel=1e-3)
