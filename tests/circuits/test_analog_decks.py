"""`netlists/analog`: the files are what the script writes, run as they are, and show what they promise."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cosim.circuits.sfq_dc import HIGH_50_OHM
from cosim.lockstep import Session
from cosim.results import Result
from cosim.spice import available, simulate
from cosim.spice.library import find_library

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "netlists" / "analog"


def script():
    spec = importlib.util.spec_from_file_location("analog_decks", ROOT / "scripts" / "analog_decks.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rises(result: Result, signal: str, level: float) -> np.ndarray:
    value = result[signal]
    return result.time[np.flatnonzero((value[:-1] < level) & (value[1:] >= level))]


def pinched(result: Result) -> None:
    """A loop through the origin: no current without voltage, two currents at one voltage."""
    current, voltage = -result["I(V1)"], result["V(A)"]
    assert np.all(current * voltage >= -1e-18)
    wave = (4 * result.time / result.time[-1]).astype(int)
    ratios = []
    for half in (wave == 0, wave == 1):
        height = np.abs(voltage)
        up, down = half & (np.gradient(height) > 0), half & (np.gradient(height) < 0)
        at = height.max() * np.array([0.3, 0.5, 0.7])
        first = np.interp(at, height[up], current[up])
        ratios.append(np.interp(at, height[down][::-1], current[down][::-1]) / first)
    assert np.abs(np.log(ratios)).max() > 0.05
    assert result["V(X)"].min() > -1e-5 and result["V(X)"].max() < 1 + 1e-5


def behavioural(result: Result) -> None:
    spikes = rises(result, "V(OUT)", 0.5)
    counts = [int(((spikes > k * 1e-6) & (spikes <= (k + 1) * 1e-6)).sum()) for k in range(3)]
    assert counts == [0, 8, 21]


def cmos(result: Result) -> None:
    spikes = rises(result, "V(OUT)", 1.65)
    assert 3 <= spikes.size <= 6
    assert np.ptp(np.diff(spikes)) < 0.05 * np.diff(spikes).mean()


def one_cell(result: Result) -> None:
    current = np.interp([37e-9, 77e-9], result.time, -result["I(VB)"])
    state = np.interp([0.5e-9, 37e-9, 77e-9], result.time, result["V(X)"])
    assert state[1] < state[0] - 0.05 and state[2] > state[1] + 0.05
    assert current[0] > 1.1 * current[1] > 0


def array(result: Result) -> None:
    read = [abs(float(result[f"I(VS{i})"][-1])) for i in (1, 2, 3)]
    assert all(1e-6 < current < 1e-3 for current in read) and len(set(np.round(read, 7))) == 3


def converter(result: Result) -> None:
    level = np.interp([80e-12, 890e-12, 1690e-12, 2490e-12], result.time, result["V(O)"])
    high = 20 * HIGH_50_OHM
    assert level == pytest.approx([0, high, 0, high], abs=0.06 * high)


CHECKS: dict[str, Callable[[Result], None]] = {
    "linear_drift": pinched,
    "vteam": pinched,
    "yakopcic": pinched,
    "stanford_pku": pinched,
    "lif": behavioural,
    "axon_hillock": cmos,
    "axon_hillock_4k": cmos,
    "one_transistor_cell": one_cell,
    "one_transistor_array": array,
    "sfq_dc_amplifier": converter,
}


def test_the_files_are_what_the_script_writes():
    decks = script().DECKS
    assert {path.stem for path in FOLDER.glob("*.cir")} == set(decks) == {*CHECKS, "mixed"}
    for name, make in decks.items():
        text = (FOLDER / f"{name}.cir").read_text(encoding="utf-8")
        assert text == make(), f"{name}: run `python scripts/analog_decks.py`"


@pytest.mark.skipif(available() is None, reason="ngspice is not installed")
@pytest.mark.parametrize("name", CHECKS)
def test_a_deck_shows_what_it_promises(name: str):
    result = simulate(FOLDER / f"{name}.cir")
    assert result.status == "completed"
    CHECKS[name](result)


@pytest.mark.skipif(find_library() is None, reason="libngspice is not installed")
def test_the_mixed_deck_names_its_model():
    """Five pulses in, five spikes; with the level high for most of the time, the analog neuron fires."""
    result = Session(FOLDER / "mixed.cir").run()
    assert result.pulse_times("XSFQ").size == 5
    level = np.interp([0.85e-9, 1.65e-9, 2.45e-9], result.time, result["V(H)"])
    assert level == pytest.approx([0.123, 0.0, 0.123], abs=0.01)
    assert 2 <= rises(result, "V(OUT)", 0.5).size <= 10
