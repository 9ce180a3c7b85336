"""The data-driven device: its curves come back, files are read, and what is wrong in them is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosim.devices import MeasuredDevice, PulseCurve, apply_pulse, conductance, read_curves, write_curves
from cosim.devices.measured import monotone
from cosim.errors import SimulationError

COUNT = 32


def exponential(least: float, most: float, bend: float) -> np.ndarray:
    """(COUNT + 1,) [S]: the usual form of a potentiation curve, G = B (1 − e^(−n / A)) + G_min."""
    n = np.arange(COUNT + 1)
    return (most - least) * (1 - np.exp(-n / bend)) / (1 - np.exp(-COUNT / bend)) + least


UP = exponential(2e-6, 5e-5, 12.0)
DOWN = 5.2e-5 - exponential(2e-6, 5e-5, 8.0)


def device(**settings) -> MeasuredDevice:
    return MeasuredDevice(
        curves=(
            PulseCurve(voltage=1.0, width=1e-7, conductance=UP),
            PulseCurve(voltage=-1.2, width=2e-7, conductance=DOWN),
        ),
        **settings,
    )


def test_pulses_lead_along_the_measured_curves() -> None:
    pair = device()
    for voltage, width, curve in ((1.0, 1e-7, UP), (-1.2, 2e-7, DOWN)):
        state = np.array(curve[0])
        for expected in curve[1:]:
            state = apply_pulse(pair, state, voltage, width)
            assert float(state) == pytest.approx(expected, rel=1e-12)
        assert apply_pulse(pair, state, voltage, 100 * width) == state, "it stays at the end of its curve"
    at_once = apply_pulse(pair, UP[0], 1.0, [1e-7, 5e-7, 32e-7, 1e-3])
    np.testing.assert_allclose(at_once, [UP[1], UP[5], UP[32], UP[32]], rtol=1e-12)


def test_half_pulses_go_half_way_and_curves_are_linear_between_points() -> None:
    middle = apply_pulse(device(), UP[3], 1.0, 0.5e-7)
    assert float(middle) == pytest.approx(0.5 * (UP[3] + UP[4]), rel=1e-12)
    np.testing.assert_allclose(conductance(device(), UP), UP)
    assert float(device(voltage_scale=0.2).current(np.array(1e-5), np.array(0.4))) == pytest.approx(
        1e-5 * 0.2 * np.sinh(2)
    )


def test_voltages_between_curves_are_interpolated_and_below_the_threshold_nothing_moves() -> None:
    strong = PulseCurve(voltage=1.5, width=1e-7, conductance=np.array([2e-6, 4e-5, 5e-5]))
    weak = PulseCurve(voltage=1.0, width=1e-7, conductance=np.array([2e-6, 6e-6, 5e-5]))
    both = MeasuredDevice(curves=(strong, weak))
    speeds = both.rate(np.full(6, 3e-6), np.array([0.5, 0.75, 1.0, 1.25, 1.5, -0.5]))
    np.testing.assert_allclose(speeds, [0, 20.0, 40.0, 210.0, 380.0, 0], rtol=1e-9)
    assert both.rate(np.array(3e-6), np.array(0.6)) > 0
    assert MeasuredDevice(curves=(strong, weak), threshold=0.8).rate(np.array(3e-6), np.array(0.75)) == 0


def test_unmeasured_voltages_are_refused() -> None:
    with pytest.raises(SimulationError, match=r"device \(1,\) is 1.3 V; measured device was measured from"):
        apply_pulse(device(), [1e-5, 1e-5], [1.0, 1.3], 1e-7)
    one_way = MeasuredDevice(curves=(PulseCurve(voltage=1.0, width=1e-7, conductance=UP),))
    with pytest.raises(SimulationError, match="from 0 to 1 V"):
        apply_pulse(one_way, 1e-5, -0.6, 1e-7)
    assert float(apply_pulse(one_way, 1e-5, -0.4, 1e-7)) == 1e-5


def test_pulses_scatter_as_measured() -> None:
    spread = np.full(COUNT + 1, 3e-7)
    curve = PulseCurve(voltage=1.0, width=1e-7, conductance=UP, spread=spread)
    cells = apply_pulse(
        MeasuredDevice(curves=(curve,)), np.full(20_000, UP[4]), 1.0, 1e-7, random=np.random.default_rng(1)
    )
    assert cells.mean() == pytest.approx(UP[5], rel=1e-3)
    assert cells.std() == pytest.approx(3e-7, rel=0.03)
    still = apply_pulse(MeasuredDevice(curves=(curve,)), UP[4], 0.2, 1e-7, random=np.random.default_rng(1))
    assert float(still) == UP[4], "no pulse, no scatter"


def test_noisy_curves_are_made_monotone_and_their_residue_is_the_scatter() -> None:
    noise = np.random.default_rng(3).normal(0, 4e-7, COUNT + 1)
    curve = PulseCurve(voltage=1.0, width=1e-7, conductance=UP + noise)
    assert (np.diff(curve.knots) > 0).all()
    assert (curve.steps > 0).all()
    assert 5e-8 < curve.residue < 8e-7
    smooth = MeasuredDevice(curves=(curve,))
    low, high = smooth.bounds
    end = apply_pulse(smooth, low, 1.0, COUNT * 1e-7)
    assert float(end) == pytest.approx(high, rel=1e-9)


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=12), st.booleans())
def test_monotone_is_the_least_squares_fit(values: list[float], rising: bool) -> None:
    series = np.array(values)
    fit = monotone(series, rising)
    assert (np.diff(fit) >= -1e-12).all() if rising else (np.diff(fit) <= 1e-12).all()
    assert fit.sum() == pytest.approx(series.sum(), abs=1e-9)
    # Kuhn-Tucker: what is left over is orthogonal to the fit, and no partial sum could be improved.
    sign = 1.0 if rising else -1.0
    assert float((series - fit) @ fit) == pytest.approx(0, abs=1e-8)
    assert (np.cumsum(sign * (series - fit)) >= -1e-9).all()


def test_files_are_read_and_written(tmp_path: Path) -> None:
    path = tmp_path / "curves.csv"
    path.write_text(
        "# taken on a probe station\npulse,conductance,voltage,width,spread\n"
        + "".join(f"{n},{value!r},1.0,1e-7,{2e-7 if n else ''}\n" for n, value in enumerate(UP.tolist()))
        + "\n".join(f"{n},{value!r},-1.2,2e-7,  # down" for n, value in enumerate(DOWN.tolist()))
        + "\n",
        encoding="utf-8",
    )
    read = read_curves(path)
    assert [curve.voltage for curve in read.curves] == [1.0, -1.2]
    np.testing.assert_array_equal(read.curves[0].conductance, UP)
    np.testing.assert_array_equal(read.curves[0].spread, np.full(COUNT + 1, 2e-7))
    assert read.curves[1].spread is None
    write_curves(tmp_path / "again.csv", read)
    again = read_curves(tmp_path / "again.csv")
    for one, other in zip(read.curves, again.curves, strict=True):
        np.testing.assert_array_equal(one.conductance, other.conductance)


HEAD = "voltage,width,pulse,conductance\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no measurements"),
        ("voltage,widht,pulse,conductance\n", r":1: column 'widht' is not known; did you mean 'width'"),
        ("voltage,pulse,conductance\n", r":1: column 'width' is missing"),
        (HEAD + "1,1e-7,0\n", r":2: 3 values; expected 4: voltage,width,pulse,conductance"),
        (HEAD + "1,1e-7,0,1e-6\n1,1e-7,1,1 uS\n", r":3: conductance is '1 uS'; expected a number"),
        (HEAD + "1,1e-7,0,-1e-6\n", r":2: conductance is -1e-06 S; expected a number from 0 up"),
        (HEAD + "1,1e-7,0,nan\n", r":2: conductance is nan"),
        (HEAD + "0,1e-7,0,1e-6\n", r":2: voltage is 0"),
        (HEAD + "1,0,0,1e-6\n", r":2: width is 0 s"),
        (HEAD + "1,1e-7,0,1e-6\n1,1e-7,2,2e-6\n", r":3: pulse is 2; expected 1"),
        (HEAD + "1,1e-7,0,1e-6\n", r":2: conductances of the curve at 1 V have shape \(1,\)"),
        (HEAD + "1,1e-7,0,1e-6\n1,1e-7,1,1e-6\n", r":2: the curve at 1 V ends where it begins"),
    ],
)
def test_bad_files_are_named_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SimulationError, match=message) as caught:
        read_curves(path)
    assert "bad.csv" in str(caught.value)


def test_bad_devices_are_named(tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match=r"nowhere\.csv: cannot be read"):
        read_curves(tmp_path / "nowhere.csv")
    with pytest.raises(SimulationError, match="two curves at 1 V"):
        MeasuredDevice(curves=(device().curves[0],) * 2)
    with pytest.raises(SimulationError, match=r"threshold of measured device is 1\.0 V"):
        device(threshold=1.0)
    with pytest.raises(SimulationError, match=r"-1e-06 S at pulse 1"):
        PulseCurve(voltage=1.0, width=1e-7, conductance=np.array([1e-6, -1e-6]))
