"""A resistive-memory cell in a deck, against an integrator of differential equations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from cosim.devices.presets import JIANG_2016, KVATINSKY_2015, STRUKOV_2008, YAKOPCIC_2013
from cosim.errors import SimulationError
from cosim.lockstep import ResistiveCell, Session
from cosim.lockstep.models.cell_laws import kind_of, law, numbers_of
from cosim.spice import find_library

needs_library = pytest.mark.skipif(find_library() is None, reason="libngspice is not installed")
DEVICES = {
    "strukov": STRUKOV_2008,
    "kvatinsky": KVATINSKY_2015,
    "yakopcic": YAKOPCIC_2013,
    "jiang": JIANG_2016,
}


@pytest.mark.parametrize("name", DEVICES)
def test_compiled_laws_are_those_of_the_devices(name):
    device = DEVICES[name]
    low, high = device.bounds
    random = np.random.default_rng(1)
    states = low + (high - low) * np.concatenate([[0.0, 1.0], random.random(50)])
    volts = np.concatenate([[0.5, -0.5], random.uniform(-1.2, 1.2, 50)])
    kind, numbers = kind_of(device), numbers_of(device)
    assert kind is not None
    found = np.array([law(kind, numbers, x, v) for x, v in zip(states, volts, strict=True)])
    assert found[:, 0] == pytest.approx(device.current(states, volts), rel=1e-12)
    assert found[:, 1] == pytest.approx(device.rate(states, volts), rel=1e-9)


DECK = """a cell behind a resistor
V1 in 0 sin(0 {amplitude} {frequency})
R1 in top {resistance}
Xcell top 0 memory
.tran {step} {stop} 0 {step}
"""


def reference(device, state, amplitude, frequency, resistance, times):
    """Voltage at the cell (n,) by an integrator with the divider solved at every instant."""
    low, high = device.bounds

    def drop(x: float, source: float) -> float:
        def surplus(v: float) -> float:
            return float(device.current(np.array(x), np.array(v))) - (source - v) / resistance

        return brentq(surplus, min(0.0, source) - 1e-9, max(0.0, source) + 1e-9, xtol=1e-14)

    def slope(t: float, y: np.ndarray) -> list[float]:
        x = min(max(y[0], low), high)
        v = drop(x, amplitude * np.sin(2 * np.pi * frequency * t))
        rate = float(device.rate(np.array(x), np.array(v)))
        return [0.0 if (y[0] >= high and rate > 0) or (y[0] <= low and rate < 0) else rate]

    span = high - low
    solved = solve_ivp(
        slope, (0, times[-1]), [state], t_eval=times, rtol=1e-8, atol=1e-9 * span, max_step=2e-3 / frequency
    )
    states = np.clip(solved.y[0], low, high)
    sources = amplitude * np.sin(2 * np.pi * frequency * times)
    return np.array([drop(x, source) for x, source in zip(states, sources, strict=True)]), states[-1]


@needs_library
def test_a_cell_switches_as_its_equations_say():
    frequency, resistance = 1e6, 100.0
    cell = ResistiveCell(device=KVATINSKY_2015, state=1.5e-9)
    errors = []
    for step in (2e-9, 1e-9, 0.5e-9):
        deck = DECK.format(amplitude=0.24, frequency=frequency, resistance=resistance, step=step, stop=1e-6)
        result = Session(deck).bind("Xcell", cell).run()
        volts, final = reference(KVATINSKY_2015, 1.5e-9, 0.24, frequency, resistance, result.time)
        errors.append(np.abs(result["V(TOP)"] - volts).max())
        assert result.stats["XCELL.state"] == pytest.approx(final, rel=2e-3)
    assert final != pytest.approx(1.5e-9, rel=0.05)
    assert errors[-1] < 2e-4
    assert errors[0] / errors[-1] > 8.0


@needs_library
def test_a_strong_cell_stays_stable_and_within_its_bounds():
    """SET and RESET far beyond the thresholds: the state reaches both bounds; no ringing anywhere."""
    cell = ResistiveCell(device=YAKOPCIC_2013, state=0.1)
    deck = DECK.format(amplitude=1.0, frequency=100.0, resistance=1.0, step=20e-6, stop=20e-3)
    result = Session(deck).bind("Xcell", cell).run()
    source = np.sin(2 * np.pi * 100.0 * result.time)
    assert np.abs(result["V(TOP)"] - source).max() < 1.0
    assert 0.0 <= result.stats["XCELL.state"] <= 1.0


@needs_library
def test_a_device_without_a_compiled_law_runs_in_python():
    class Other(type(STRUKOV_2008)):
        pass

    fields = {name: getattr(STRUKOV_2008, name) for name in STRUKOV_2008.__dataclass_fields__}
    other = Other(**fields)
    assert kind_of(other) is None
    deck = DECK.format(amplitude=1.0, frequency=1.0, resistance=10.0, step=5e-3, stop=0.2)
    own = Session(deck).bind("Xcell", ResistiveCell(device=STRUKOV_2008, state=0.3)).run()
    python = Session(deck).bind("Xcell", ResistiveCell(device=other, state=0.3)).run()
    assert python.stats["XCELL.state"] == pytest.approx(own.stats["XCELL.state"], rel=1e-3)


def test_a_state_out_of_bounds_is_refused():
    with pytest.raises(SimulationError, match="state"):
        ResistiveCell(device=YAKOPCIC_2013, state=1.5)
