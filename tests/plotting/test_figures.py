"""Figures: what is drawn, in which units, and that the caller's settings and axes are respected."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cosim.constants import FLUX_QUANTUM
from cosim.errors import CosimError, ResultFileError
from cosim.plotting import (
    current_voltage,
    energy_bars,
    figure_of,
    figure_of_file,
    margin_bars,
    raster,
    save,
    style,
    waveforms,
    yield_histogram,
)
from cosim.plotting.channels import voltage_of_phase
from cosim.plotting.reasons import short_reason
from cosim.results import (
    Array,
    Group,
    Result,
    Slots,
    UnknownNameError,
    find_pulses,
    slotted_group,
    write_csv,
    write_file,
    write_result,
)

EDGES = np.array([10e-12, 110e-12, 210e-12])
MARGINS = {
    "parameter": np.array(["bias", "inductance"]),
    "margin_low": np.array([-0.2, -0.9]),
    "margin_high": np.array([0.25, 0.5]),
    "limited_by_low": np.array(["criterion", "range"]),
    "limited_by_high": np.array(["criterion", "criterion"]),
    "reason_low": np.array(["BO2|XN1: 0 for 1 in window 3 00→01 (100–200 ps)", ""]),
    "reason_high": np.array(["BO2|XN1: 1 for 0 in window 0 (0–100 ps)", "B1: 2 for 1 in window 0 (0–1 ps)"]),
}


def step_of_phase(time: np.ndarray, at: float) -> np.ndarray:
    """A slip at `at`: the phase rises by 2π within about 4 ps."""
    return np.pi * (1.0 + np.tanh((time - at) / 1e-12))


@pytest.fixture
def result() -> Result:
    time = np.linspace(0.0, 220e-12, 2201)
    phases = {"B1|XA": step_of_phase(time, 50e-12), "B2|XB": step_of_phase(time, 150e-12)}
    return Result(
        time=time,
        signals={**{f"P({n})": p for n, p in phases.items()}, "I(L1)": 1e-6 * np.sin(time * 1e11)},
        pulses=find_pulses(time, phases),
    )


@pytest.fixture
def slots() -> Slots:
    return Slots(
        edges=EDGES,
        labels=("10", "01"),
        junctions=("B1|XA", "B2|XB"),
        captions=("input", "answer"),
        roles=("input", "output"),
    )


def texts(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def is_png(path: Path) -> bool:
    return path.stat().st_size > 2000 and path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_a_pulse_of_voltage_has_the_area_of_one_flux_quantum(result: Result) -> None:
    voltage = voltage_of_phase(result.time, result["P(B1|XA)"])
    assert np.trapezoid(voltage, result.time) == pytest.approx(FLUX_QUANTUM, rel=1e-6)
    # V = (Φ0/2π)·dφ/dt with φ = π·tanh(t/τ) has its peak Φ0/(2τ).
    assert voltage.max() == pytest.approx(FLUX_QUANTUM / 2e-12, rel=0.01)


def test_voltage_of_a_grid_with_points_of_equal_time() -> None:
    time = np.array([0.0, 1.0, 1.0, 2.0, 3.0, 4.0]) * 1e-12
    voltage = voltage_of_phase(time, 2.0 * np.pi * time / 1e-12)
    assert np.all(np.isfinite(voltage))
    assert voltage == pytest.approx(np.full(6, FLUX_QUANTUM / 1e-12))


def test_waveforms_draw_phases_as_millivolts(result: Result) -> None:
    panels = waveforms(result)
    assert len(panels) == 3
    drawn = panels[0].lines[0].get_ydata()
    assert np.max(drawn) == pytest.approx(1e3 * FLUX_QUANTUM / 2e-12, rel=0.01)
    assert panels[0].get_ylabel() == "V(B1\n|XA)"
    assert panels[-1].get_xlabel() == "time (ps)"
    assert panels[-1].get_xlim() == pytest.approx((0.0, 220.0))


def test_phases_are_drawn_in_turns_when_asked_for(result: Result) -> None:
    (panel,) = waveforms(result, ["p(b1.xa)"])
    assert np.max(panel.lines[0].get_ydata()) == pytest.approx(1.0, abs=1e-3)
    assert texts(panel) == ["φ/2π"]


def test_slots_bring_labels_captions_and_arrival_times(result: Result, slots: Slots) -> None:
    panels = waveforms(result, slots=slots)
    assert [panel.get_ylabel() for panel in panels] == ["input", "answer"]
    assert {"10", "01", "+40.0 ps"} <= set(texts(panels[0]))
    assert "+40.0 ps" in texts(panels[1])
    assert panels[-1].get_xlim() == pytest.approx((5.0, 210.0))


def test_many_slots_leave_arrival_times_out(result: Result) -> None:
    edges = np.linspace(10e-12, 210e-12, 11)
    panels = waveforms(result, ["V(B1|XA)"], slots=edges, labels=[str(k) for k in range(10)])
    assert not [text for text in texts(panels[0]) if text.startswith("+")]


def test_given_axes_are_used_and_returned(result: Result) -> None:
    from matplotlib.figure import Figure

    mine = Figure().subplots(2, 1)
    assert waveforms(result, ["B1|XA", "I(L1)"], axes=list(mine)) == tuple(mine)
    with pytest.raises(CosimError, match="3 signals need as many axes, got 2"):
        waveforms(result, axes=list(mine))


def test_unknown_signals_name_the_nearest(result: Result) -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean .*B1\|XA"):
        waveforms(result, ["V(B1|XC)"])


def test_a_run_without_signals_is_an_error() -> None:
    with pytest.raises(CosimError, match=r"\.print"):
        waveforms(Result(time=np.linspace(0, 1, 5)))


def test_margin_bars_reach_from_end_to_end() -> None:
    axes = margin_bars(MARGINS)
    low, high = axes.patches[-2:]
    bars = sorted((bar for bar in axes.patches if bar.get_height() == 0.5), key=lambda bar: bar.get_y())
    assert [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars] == [
        pytest.approx((-20.0, 25.0)),
        pytest.approx((-90.0, 50.0)),
    ]
    assert low is not high
    assert "critical margin ±20.0 % (bias)" in axes.get_title(loc="left")


def test_open_ends_are_marked_and_reasons_written() -> None:
    written = texts(margin_bars(MARGINS))
    assert "<−90.0" in written
    assert "+50.0" in written
    assert "− BO2|XN1: 0 for 1 in 00→01" in written
    assert "+ BO2|XN1: 1 for 0 in window 0" in written
    assert "− works to the end of the search" in written


def test_margin_bars_take_axes_and_refuse_nonsense() -> None:
    from matplotlib.figure import Figure

    mine = Figure().subplots()
    assert margin_bars(MARGINS, mine) is mine
    with pytest.raises(CosimError, match="margin_high"):
        margin_bars({"parameter": ["a"], "margin_low": [0.1]})
    with pytest.raises(CosimError, match="no rows"):
        margin_bars({"parameter": [], "margin_low": [], "margin_high": []})


@pytest.mark.parametrize(
    ("reason", "short"),
    [
        ("B1: 0 for 1 in window 3 00→01 (100–200 ps)", "B1: 0 for 1 in 00→01"),
        ("B1: 0 for 1 in window 3 (100–200 ps)", "B1: 0 for 1 in window 3"),
        ("x" * 60, "x" * 45 + "…"),
    ],
)
def test_short_reasons(reason: str, short: str) -> None:
    assert short_reason(reason) == short


def test_raster_has_a_tick_for_each_slip(result: Result, slots: Slots) -> None:
    axes = raster(result, slots=slots)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["input", "answer"]
    ticks = [segment[0][0] for lines in axes.collections for segment in lines.get_segments()
             if segment[0][0] == segment[1][0]]  # fmt: skip
    assert sorted(ticks) == pytest.approx([50.0, 150.0], abs=1e-6)
    with pytest.raises(UnknownNameError, match="did you mean"):
        raster(result, ["B1|XAA"])


def test_yield_histogram_adds_up() -> None:
    axes = yield_histogram(["a"] * 3 + ["b"] * 1, 10, interval=(0.3, 0.83))
    assert [bar.get_width() for bar in axes.patches if bar.get_height() == 0.62] == pytest.approx(
        [60, 30, 10]
    )
    with pytest.raises(CosimError, match="number of samples"):
        yield_histogram(["a"])


def test_energy_bars_show_both_parts_on_one_scale() -> None:
    axes = energy_bars([1e-17, 0.0], [3.6e-15, 3.6e-15], labels=["10", "01"])
    assert axes.get_yscale() == "log"
    assert axes.get_ylabel() == "energy at 4 K (aJ)"
    assert sorted(bar.get_height() for bar in axes.patches) == pytest.approx([0.0, 10.0, 3600.0, 3600.0])
    assert energy_bars([1e-17, 2e-17]).get_yscale() == "linear"
    with pytest.raises(CosimError, match="one length"):
        energy_bars([1e-17], [1e-17, 1e-17])


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_save_is_whole_and_repeatable(result: Result, tmp_path: Path, ending: str) -> None:
    first, second = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    for path in (first, second):
        save(waveforms(result)[0], path)
    assert first.stat().st_size > 2000
    if ending != "svg":  # identifiers in SVG are drawn at random
        assert first.read_bytes() == second.read_bytes()
    assert sorted(tmp_path.iterdir()) == [first, second]


def test_save_refuses_other_endings_and_missing_folders(result: Result, tmp_path: Path) -> None:
    panels = waveforms(result)
    with pytest.raises(ResultFileError, match=r"\.png, \.pdf, \.svg"):
        save(panels[0], tmp_path / "figure.gif")
    with pytest.raises(ResultFileError, match="does not exist"):
        save(panels[0], tmp_path / "nowhere" / "figure.png")
    assert not list(tmp_path.iterdir())


def test_settings_of_the_caller_stay(result: Result) -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    with style():
        assert matplotlib.rcParams["axes.spines.top"] is False
    waveforms(result)
    assert dict(matplotlib.rcParams) == before


def test_no_window_and_no_pyplot() -> None:
    code = (
        "import sys, cosim.plotting\n"
        "heavy = {'matplotlib', 'h5py', 'numba'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "cosim.plotting.energy_bars([1e-18])\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_a_file_is_drawn_by_its_content(result: Result, slots: Slots, tmp_path: Path) -> None:
    write_file(tmp_path / "run.h5", slotted_group(result, slots))
    write_csv(tmp_path / "run.csv", result)
    table = Group(
        arrays={name: Array(values=column, dimensions=("parameter",)) for name, column in MARGINS.items()}
    )
    write_file(tmp_path / "margins.h5", table)
    whole = Group(
        groups={
            "waveforms": slotted_group(result, slots),
            "margins": table,
            "energy": Group(
                arrays={"dynamic": Array(values=[1e-18, 2e-18], dimensions=("slot",), units="J")}
            ),
            "patterns": Group(
                arrays={"pattern": Array(values=[[0, 1], [1, 1]], dimensions=("slot", "input"))}
            ),
            "yield": Group(attributes={"samples": 20, "interval_low": 0.8, "interval_high": 1.0}),
        }
    )
    write_file(tmp_path / "all.h5", whole)
    cases = {
        ("run.h5", None): 2,
        ("run.csv", None): 3,
        ("run.h5", "raster"): 1,
        ("margins.h5", None): 1,
        ("all.h5", None): 1,
        ("all.h5", "waveforms"): 2,
        ("all.h5", "yield"): 1,
        ("all.h5", "energy"): 1,
    }
    for number, ((name, picture), panels) in enumerate(cases.items()):
        figure = figure_of_file(tmp_path / name, picture)
        assert len(figure.axes) == panels, (name, picture)
        save(figure, tmp_path / f"{number}.png")
        assert is_png(tmp_path / f"{number}.png")
    energy = figure_of_file(tmp_path / "all.h5", "energy").axes[0]
    assert [label.get_text() for label in energy.get_xticklabels()] == ["01", "11"]


def test_a_file_without_the_picture_says_what_it_has(result: Result, tmp_path: Path) -> None:
    write_result(tmp_path / "run.h5", result)
    with pytest.raises(ResultFileError, match="it can be drawn as waveforms, raster"):
        figure_of_file(tmp_path / "run.h5", "margins")
    with pytest.raises(ResultFileError, match="no group 'pulse'; did you mean 'pulses'"):
        figure_of_file(tmp_path / "run.h5", part="pulse")
    write_file(tmp_path / "empty.h5", Group(attributes={"content": "other"}))
    with pytest.raises(ResultFileError, match="nothing that can be drawn"):
        figure_of_file(tmp_path / "empty.h5")


def test_figure_of_axes(result: Result) -> None:
    panels = waveforms(result)
    assert figure_of(panels[0]) is figure_of(panels[1])


def test_figures_of_an_evaluation(result: Result, tmp_path: Path) -> None:
    """Waveforms with the answers of the trained network, and both tables of margins."""
    from types import SimpleNamespace

    from cosim.mapping import Bench
    from cosim.netlist.deck import Deck
    from cosim.plotting import evaluation_figures

    spikes = SimpleNamespace(output=np.array([[[0]], [[1]]]))
    neuron = SimpleNamespace(name="N0_0")
    network = SimpleNamespace(name="or", shape=(1, 1), run=lambda _: spikes)
    evaluation = SimpleNamespace(
        design=SimpleNamespace(network=network, neurons=(neuron,), outputs=(neuron,)),
        shown=Bench(
            deck=Deck(),
            patterns=np.array([[0], [1]], dtype=np.uint8),
            edges=EDGES,
            input_junctions=("B1|XA",),
            neuron_junctions=("B2|XB",),
            output_junctions=(),
        ),
        waveforms=result,
        margins=None,
        margins_parasitic=SimpleNamespace(rows=(1, 2), arrays=lambda: MARGINS),
    )
    written = evaluation_figures(evaluation, tmp_path)  # type: ignore[arg-type]
    assert [path.name for path in written] == ["waveforms.png", "margins.png"]
    assert all(is_png(path) for path in written)


def test_a_curve_of_a_junction_is_drawn_in_readable_units(tmp_path: Path) -> None:
    current = np.concatenate([np.linspace(0.0, 2e-4, 11), np.linspace(2e-4, 0.0, 11)])
    voltage = np.where(np.arange(22) < 6, 0.0, 16.0 * current)
    points = {"current": ("A", current), "voltage": ("V", voltage)}
    arrays = {n: Array(values=v, dimensions=("point",), units=u) for n, (u, v) in points.items()}
    write_file(tmp_path / "curve.h5", Group(arrays=arrays, attributes={"content": "curve"}))
    (axes,) = figure_of_file(tmp_path / "curve.h5").axes
    assert axes.get_xlabel() == "mean voltage (mV)" and axes.get_ylabel() == "current (µA)"
    line = axes.get_lines()[2]
    assert np.allclose(line.get_xdata(), 1e3 * voltage) and np.allclose(line.get_ydata(), 1e6 * current)
    with pytest.raises(CosimError, match="one length"):
        current_voltage([0.0, 1.0], [0.0])
