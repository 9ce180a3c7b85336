"""Netlist twins of the device models: the same pulses in ngspice, alone and in an array with lines."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.circuits.devices import device_array_deck, device_subcircuit
from cosim.crossbar import Lines
from cosim.crossbar.programming import HALF, THIRD, WritePath
from cosim.devices import (
    BENGEL_2020,
    JIANG_2016,
    KVATINSKY_2015,
    STRUKOV_2008,
    YAKOPCIC_2013,
    LinearDrift,
    MeasuredDevice,
    PulseCurve,
    trace,
)
from cosim.errors import NetlistError
from cosim.spice import available, simulate

needs_ngspice = pytest.mark.skipif(available() is None, reason="ngspice is not installed")

#: Model, state, voltage, width.
CASES = {
    "strukov": (STRUKOV_2008, 0.1, 1.0, 4e-2),
    "kvatinsky": (KVATINSKY_2015, 2e-9, -0.5, 2e-11),
    "yakopcic up": (YAKOPCIC_2013, 0.3, 0.3, 3e-4),
    "yakopcic down": (YAKOPCIC_2013, 0.7, -0.3, 3e-4),
    "jiang set": (JIANG_2016, 0.8e-9, 1.4, 2e-9),
    "jiang reset": (JIANG_2016, 0.4e-9, -1.3, 2e-9),
    "bengel set": (BENGEL_2020, 4e25, -0.8, 2e-7),
    "bengel reset": (BENGEL_2020, 1.9e27, 1.4, 3e-6),
}


@needs_ngspice
@pytest.mark.parametrize("name", CASES)
def test_a_pulse_moves_the_twin_as_the_model(name: str) -> None:
    device, state, volts, width = CASES[name]
    low, high = device.bounds
    time = np.concatenate([np.linspace(0, width / 1000, 6), [width]])
    model = trace(device, state, time, np.concatenate([np.linspace(0, volts, 6), [volts]]))
    deck = (
        f"* one device\n{device_subcircuit(device, state, time_scale=width)}"
        f"V1 p 0 PWL(0 0 {width / 1000} {volts})\nX1 p 0 DEVICE\n.options reltol=1e-6 method=gear\n"
        f".tran {width / 500} {width} 0 {width / 500} uic\n.save i(v1) v(x1.y)\n.end\n"
    )
    result = simulate(deck)
    moved = (model.state[-1] - state) / (high - low)
    assert abs(moved) > 0.02
    assert result["V(Y|X1)"][-1] == pytest.approx(
        (model.state[-1] - low) / (high - low), abs=2e-3 * abs(moved)
    )
    assert -result["I(V1)"][-1] == pytest.approx(model.current[-1], rel=2e-3)


@needs_ngspice
def test_disturb_in_an_array_with_lines_agrees_with_ngspice() -> None:
    device = LinearDrift(on_resistance=1e4, off_resistance=1e5, thickness=10e-9, mobility=1e-14)
    start = np.random.default_rng(1).uniform(0.2, 0.6, (3, 4))
    lines = {
        "word_lines": Lines(segment=200.0),
        "bit_lines": Lines(segment=300.0, near=np.inf, far=50.0),
    }
    path = WritePath(device=device, scheme=HALF, voltage_tolerance=0.002, **lines)
    found = path.pulse(start, 1, 2, 1.5, 0.01)
    drive = HALF.drive((3, 4), 1, 2, 1.5)
    sides = {"left": drive.left, "bottom": drive.bottom}
    words = lines["word_lines"].filled(3, 4, "word line")
    bits = lines["bit_lines"].filled(4, 3, "bit line")
    deck = device_array_deck(device, start, words, bits, sides, width=0.01)
    result = simulate(deck)
    spice = np.array([[result[f"V(Y|XC{i}_{j})"][-1] for j in range(4)] for i in range(3)])
    assert np.abs(found - start).max() > 0.1
    np.testing.assert_allclose(found, spice, atol=1e-3)


@needs_ngspice
@pytest.mark.parametrize(
    ("device", "volts", "width", "start"),
    [
        (BENGEL_2020, -0.9, 2e-7, [[2e25, 8e25], [5e26, 1e25]]),
        (BENGEL_2020, 1.4, 1e-6, [[1.5e27, 8e25], [5e26, 1.9e27]]),
        (JIANG_2016, 1.5, 5e-9, [[0.9e-9, 0.5e-9], [1.2e-9, 0.4e-9]]),
        (YAKOPCIC_2013, 0.5, 1e-4, [[0.3, 0.5], [0.2, 0.7]]),
    ],
    ids=["jart set", "jart reset", "stanford-pku", "yakopcic"],
)
def test_nonlinear_devices_in_an_array_agree_with_ngspice(device, volts: float, width: float, start) -> None:
    """V/3, lines of 20 and 30 Ω: current, heat and motion of four devices that share their lines."""
    word, bit = Lines(segment=20.0), Lines(segment=30.0, near=np.inf, far=10.0)
    path = WritePath(device=device, scheme=THIRD, word_lines=word, bit_lines=bit, voltage_tolerance=0.004)
    state = np.array(start)
    low, high = device.bounds
    share = (path.pulse(state, 0, 0, volts, width) - low) / (high - low)
    drive = THIRD.drive((2, 2), 0, 0, volts)
    segments = word.filled(2, 2, "word line"), bit.filled(2, 2, "bit line")
    sides = {"left": drive.left, "bottom": drive.bottom}
    result = simulate(device_array_deck(device, state, *segments, sides, width=width))
    spice = np.array([[result[f"V(Y|XC{i}_{j})"][-1] for j in range(2)] for i in range(2)])
    assert abs(share[0, 0] - (state[0, 0] - low) / (high - low)) > 0.01
    np.testing.assert_allclose(share, spice, atol=2e-4)


def test_what_has_no_twin_is_named() -> None:
    curve = PulseCurve(voltage=1.0, width=1e-7, conductance=np.array([1e-6, 2e-6]))
    with pytest.raises(NetlistError, match="MeasuredDevice has no netlist twin; known: LinearDrift, Vteam"):
        device_subcircuit(MeasuredDevice(curves=(curve,)), 1e-6)
    with pytest.raises(NetlistError, match="state is 2; LinearDrift has states from 0 to 1"):
        device_subcircuit(STRUKOV_2008, 2.0)
    with pytest.raises(NetlistError, match="no resistance"):
        device_array_deck(STRUKOV_2008, [[0.5]], [[0.0, np.inf]], [[np.inf, 1.0]], {"left": 1.0}, width=1e-3)
