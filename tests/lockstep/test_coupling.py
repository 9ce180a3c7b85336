"""Models in lock-step with ngspice: accuracy in time against closed forms."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.linalg import expm

from cosim.lockstep import (
    CurrentOutput,
    Functions,
    LeakyIntegrateAndFire,
    Model,
    NortonOutput,
    PythonModel,
    ResettingNeuron,
    Session,
    SineVoltage,
)
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


def test_pulses_that_overlap_do_not_jump():
    """Spikes every 10 ns, pulses of 25 ns: the output rises once and stays."""
    neuron = LeakyIntegrateAndFire(
        capacitance=1e-12, resistance=1e6, threshold=0.00995, width=25e-9, edge=2e-9, output_resistance=1.0
    )
    deck = "constant current\nI1 0 soma 1u\nXn soma axon neuron\nR1 axon 0 1k\n.tran 5n 1u\n"
    result = Session(deck).bind("Xn", neuron).run()
    times = result.pulse_times("Xn")
    assert np.diff(times) == pytest.approx(1e-6 * math.log(1.0 / (1.0 - 0.00995)), rel=1e-6)
    late = result.time > times[0] + 2.1e-9
    assert result["V(AXON)"][late] == pytest.approx(1000 / 1001, rel=1e-6)
    assert np.abs(np.diff(result["V(AXON)"]) / np.diff(result.time)).max() < 1.01 / 2e-9


def _advance_branch(start, end, before, after, state, parameters, events):
    # The trapezoidal rule, as ngspice's. State: the capacitor's voltage, the node's, their time.
    x = 0.5 * (end - start) / parameters[1]
    state[0] = ((1.0 - x) * state[0] + x * (before[0] + after[0])) / (1.0 + x)
    state[1] = after[0]
    state[2] = end
    return 0


def _implicit(time, state, reading, parameters, out):
    # What the rule leaves open, the node's voltage at `time`, is ngspice's to find.
    x = 0.5 * (time - state[2]) / parameters[1]
    out[1] = 1.0 / (parameters[0] * (1.0 + x))
    out[0] = out[1] * ((1.0 - x) * state[0] + x * state[1])


def _explicit(time, state, reading, parameters, out):
    x = 0.5 * (time - state[2]) / parameters[1]
    inner = ((1.0 - x) * state[0] + x * (state[1] + reading[0])) / (1.0 + x)
    out[0] = (inner - reading[0]) / parameters[0]


@dataclass(frozen=True, kw_only=True)
class Implicit(Model):
    """A resistor and a capacitor in series to ground, as a companion that ngspice solves for."""

    resistance: float
    capacitance: float = 1e-9

    spiking = False
    functions = Functions(output=_implicit, advance=_advance_branch)

    @property
    def ports(self):
        return (NortonOutput("a"),)

    def parameters(self):
        return np.array([self.resistance, self.resistance * self.capacitance])

    def initial_state(self):
        return np.zeros(3)


class Explicit(Implicit):
    """The same as a current that follows from the voltage expected."""

    functions = Functions(output=_explicit, advance=_advance_branch)

    @property
    def ports(self):
        return (CurrentOutput("a"),)


LOADED = """a model loads an RC circuit
V1 in 0 pwl(0 0 1u 1 10u 1)
R1 in a 1k
C1 a 0 1n
Xb a branch
.tran 1n 4u
"""


def loaded_error(model: Model, step: float, extrapolation: str = "linear") -> float:
    """Largest error [V] at the node that a ramp drives and a branch of 500 Ω and 1 nF loads."""
    result = Session(LOADED).bind("Xb", model).run(maximum_step=step, extrapolation=extrapolation)
    g1, g2, c = 1e-3, 2e-3, 1e-9
    matrix = np.zeros((4, 4))
    matrix[0] = [-(g1 + g2) / c, g2 / c, g1 / c, 0.0]
    matrix[1] = [g2 / c, -g2 / c, 0.0, 0.0]
    matrix[2, 3] = 1e6
    at_corner = expm(matrix * 1e-6) @ np.array([0.0, 0.0, 0.0, 1.0])
    exact = []
    for t in result.time:
        if t <= 1e-6:
            exact.append((expm(matrix * t) @ np.array([0.0, 0.0, 0.0, 1.0]))[0])
        else:
            exact.append((expm(matrix * (t - 1e-6)) @ np.array([*at_corner[:2], 1.0, 0.0]))[0])
    return float(np.abs(result["V(A)"] - exact).max())


@pytest.mark.parametrize(
    ("model", "extrapolation", "order"),
    [
        (Implicit(resistance=500.0), "linear", 2),
        (Implicit(resistance=500.0), "hold", 2),
        (Explicit(resistance=500.0), "linear", 2),
        (Explicit(resistance=500.0), "hold", 1),
    ],
)
def test_the_coupling_has_its_order_in_the_exchange_interval(model, extrapolation, order):
    """Both ways: the circuit drives the model and the model loads the circuit."""
    errors = np.array([loaded_error(model, step, extrapolation) for step in (32e-9, 16e-9, 8e-9)])
    assert np.log2(errors[:-1] / errors[1:]) == pytest.approx([order, order], abs=0.2)


def test_a_companion_keeps_a_strong_load_stable():
    """A branch with a thousandth of the resistance that drives it: stable at any step as a companion."""
    strong = Session(LOADED).bind("Xb", Implicit(resistance=1.0))
    voltage = strong.run(maximum_step=100e-9)["V(A)"]
    assert np.all(np.diff(voltage) > -1e-6) and 0.8 < voltage.max() < 1.0
    bare = Session(LOADED).bind("Xb", Explicit(resistance=1.0))
    assert bare.run(maximum_step=100e-9, extrapolation="hold")["V(A)"].max() > 1.1


class Broken(PythonModel):
    """Fails in the middle of a run."""

    @property
    def ports(self):
        return (CurrentOutput("a"),)

    def output(self, time, state, reading, parameters, out):
        out[0] = 1e-3 if time < 1e-6 else 1.0 / (time - time)


def test_an_error_in_a_model_ends_the_run_and_is_told():
    from cosim.errors import SimulationError

    with pytest.raises(SimulationError, match=r"XB: .*ZeroDivisionError"):
        Session(LOADED).bind("Xb", Broken()).run()
