"""Models that are wrong: the run ends with a line that names the instance, and the next run is well."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cosim.errors import NetlistError, SimulationError
from cosim.lockstep import CurrentOutput, Functions, LeakyIntegrateAndFire, Model, Session, SineVoltage
from cosim.spice import find_library

DECK = """a model and a resistor
V1 in 0 1
R1 in a 1k
Xb a model
.tran 1n 1u
"""
needs_library = pytest.mark.skipif(find_library() is None, reason="libngspice is not installed")


def _unknown_name(time, state, reading, parameters, out):
    out[0] = there_is_no_such_name + time  # noqa: F821  # pyright: ignore[reportUndefinedVariable]


def _no_number(time, state, reading, parameters, out):
    out[0] = math.nan if time > 0.5e-6 else 0.0


def _zero(time, state, reading, parameters, out):
    out[0] = 0.0


def _at_once(time, state, reading, slope, bend, parameters):
    return time


def _never_a_number(time, state, reading, slope, bend, parameters):
    return math.nan


class Wrong(Model):
    """A current that is wrong in some way."""

    @property
    def ports(self):
        return (CurrentOutput("a"),)


class NoOutput(Wrong):
    functions = Functions()


class NotCompiled(Wrong):
    functions = Functions(output=_unknown_name)


class NoNumber(Wrong):
    functions = Functions(output=_no_number)


class Stuck(Wrong):
    functions = Functions(output=_zero, next_event=_at_once)


class NoTime(Wrong):
    functions = Functions(output=_zero, next_event=_never_a_number)


@needs_library
@pytest.mark.parametrize(
    ("model", "says"),
    [
        (NotCompiled(), r"NotCompiled cannot be compiled.*there_is_no_such_name"),
        (NoNumber(), r"its output is not a number"),
        (Stuck(), r"events without end"),
        (NoTime(), r"next event is not a number"),
    ],
)
def test_a_wrong_model_ends_its_run_and_no_other(model, says):
    with pytest.raises(SimulationError, match=f"lock-step: XB: .*{says}") as caught:
        Session(DECK).bind("Xb", model).run(time_limit=20.0)
    assert "\n" not in str(caught.value)
    assert Session(DECK).bind("Xb", SineVoltage(amplitude=1.0, frequency=1e6)).run().ok


def test_what_cannot_be_bound_is_said_before_anything_runs():
    session = Session(DECK)
    with pytest.raises(SimulationError, match="no output function"):
        session.bind("Xb", NoOutput())
    with pytest.raises(SimulationError, match="cannot bind a str"):
        session.bind("Xb", "a model")  # type: ignore[arg-type]
    session.bind("Xb", NoNumber())
    with pytest.raises(SimulationError, match="bound already"):
        session.bind("XB", NoNumber())
    neuron = LeakyIntegrateAndFire(capacitance=1e-12, resistance=1e6, threshold=1.0)
    with pytest.raises(NetlistError, match=r"1 nodes.*2 ports \(in, out\)"):
        Session(DECK).bind("Xb", neuron).run()
    with pytest.raises(NetlistError, match="external source"):
        Session(DECK.replace("V1 in 0 1", "V1 in 0 external")).bind("Xb", NoNumber()).run()
    with pytest.raises(SimulationError, match="hold, linear, quadratic"):
        session.run(extrapolation="cubic")


@needs_library
def test_a_run_that_takes_too_long_gives_its_points():
    model = SineVoltage(amplitude=1.0, frequency=1e6)
    result = Session(DECK).bind("Xb", model).run(stop=10.0, maximum_step=1e-9, time_limit=1.0, check=False)
    assert result.status == "failed" and "stopped after" in result.message
    assert result.time.size > 1000
    assert result["V(A)"] == pytest.approx(np.sin(2e6 * np.pi * result.time), abs=1e-9)


@needs_library
def test_many_instances_of_several_models_share_a_deck():
    """Neurons in a row, each driven by the pulses of the one before, beside sources."""
    cards, session_models = ["a chain", "Xs n0 source"], {}
    for k in range(12):
        cards += [f"R{k} n{k} s{k} 100k", f"Xn{k} s{k} n{k + 1} 0 neuron"]
        session_models[f"Xn{k}"] = LeakyIntegrateAndFire(
            capacitance=1e-12, resistance=1e6, threshold=0.2, width=60e-9, edge=1e-9, output_resistance=50.0
        )
    cards += ["RL n12 0 1k", ".tran 5n 4u", ".save v(n12)"]
    session = Session("\n".join(cards) + "\n")
    session.bind("Xs", SineVoltage(amplitude=0.5, frequency=1e6, offset=0.5))
    for name, model in session_models.items():
        session.bind(name, model)
    result = session.run()
    counts = [result.pulse_times(f"xn{k}").size for k in range(12)]
    assert counts[0] > 5 and min(counts) > 2
    firsts = [result.pulse_times(f"xn{k}")[0] for k in range(12)]
    assert np.all(np.diff(firsts) > 15e-9)
    assert "V(N12)" in result
