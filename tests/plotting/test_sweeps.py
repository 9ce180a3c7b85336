"""Figures of sweeps: which picture, what is in it, what it says where there is nothing."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import QuadMesh

from cosim.errors import CosimError, ResultFileError
from cosim.plotting import (
    curve,
    engineering,
    figure_of_file,
    figures_of_sweep,
    histogram,
    pictures_of,
    shmoo,
    style,
    sweep_figure,
)
from cosim.results import Array, Group, read_file, write_file

BIAS, CURRENT = np.linspace(0.5, 1.5, 6), np.linspace(0.8, 1.2, 5)
WORKS = (np.abs(BIAS[:, None] - CURRENT) < 0.3).astype(float)


def sweep(dimensions: tuple[str, ...], coordinates: dict[str, object], **measured: np.ndarray) -> Group:
    shape = np.shape(next(iter(measured.values())))
    arrays = {name: Array(values=values, dimensions=(name,)) for name, values in coordinates.items()}  # type: ignore[arg-type]
    for name, fill in (("status", "completed"), ("cause", "")):
        arrays[name] = Array(values=np.full(shape, fill, dtype=object), dimensions=dimensions)
    for name, values in measured.items():
        unit = "s" if name == "delay" else ""
        arrays[name] = Array(values=values, dimensions=dimensions, units=unit)
    return Group(arrays=arrays, attributes={"content": "sweep", "measured": ", ".join(measured), "name": "n"})


def two_axes() -> Group:
    delay = 2e-11 / BIAS[:, None] * CURRENT
    return sweep(("BIAS", "IC"), {"BIAS": BIAS, "IC": CURRENT}, delay=delay, works=WORKS)


def test_a_shmoo_has_a_cell_for_each_pair_and_says_how_many_pass():
    axes = shmoo(WORKS.T, BIAS, CURRENT, x_label="bias", y_label="Ic", nominal=(1.0, 1.0))
    (mesh,) = [c for c in axes.collections if isinstance(c, QuadMesh)]
    assert np.array_equal(np.ma.getdata(mesh.get_array()), WORKS.T)
    assert axes.get_xlim() == pytest.approx((0.4, 1.6)) and axes.get_ylim() == pytest.approx((0.75, 1.25))
    legend = axes.get_legend()
    assert legend is not None
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts == [f"passes ({int(WORKS.sum())})", f"fails ({int(30 - WORKS.sum())})"]
    passing, failing = mesh.cmap(1.0), mesh.cmap(0.0)
    assert passing[2] > passing[0] and failing[0] > failing[2], "blue passes, vermilion fails"


def test_cells_without_a_number_are_crossed_out_and_counted():
    values = WORKS.T.copy()
    values[0, 0] = values[1, 2] = np.nan
    axes = shmoo(values, BIAS, CURRENT)
    assert len(axes.patches) == 2
    legend = axes.get_legend()
    assert legend is not None and legend.get_texts()[-1].get_text() == "no result (2)"


def test_texts_on_an_axis_are_its_labels():
    axes = shmoo([[0.0, 1.0], [1.0, 1.0]], ["slow", "fast"], [1.0, 2.0])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["slow", "fast"]


def test_equal_ratios_get_a_logarithmic_axis_and_equal_cells():
    axes = shmoo(np.eye(3), [1.0, 10.0, 100.0], [1.0, 2.0, 3.0])
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "linear")
    assert axes.get_xlim() == pytest.approx((10**-0.5, 10**2.5))
    assert curve([1.0, 10.0, 100.0], [1.0, 2.0, 3.0]).get_xscale() == "log"
    assert curve([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]).get_xscale() == "linear"


def test_a_shmoo_of_other_shapes_is_refused():
    with pytest.raises(CosimError, match="5 rows and 6 columns, but values"):
        shmoo(WORKS, BIAS, CURRENT)


def test_a_histogram_leaves_out_what_is_no_number():
    axes = histogram([1.0, 2.0, 2.0, np.nan, 3.0], label="x")
    assert sum(patch.get_height() for patch in axes.containers[0]) == 4  # type: ignore[union-attr]
    assert axes.get_title(loc="left") == "4 cases, 1 without a result"
    with pytest.raises(CosimError, match="no case gave a number"):
        histogram([np.nan], label="x")


def test_a_histogram_of_equal_values_is_one_bar():
    assert len(histogram([0.1 + 0.2, 0.3, 0.3]).containers[0]) == 1


def test_a_curve_shows_the_median_and_leaves_gaps():
    values = np.array([[1.0, 2.0, 9.0], [np.nan] * 3, [4.0, np.nan, 6.0]])
    axes = curve([1.0, 2.0, 3.0], values)
    drawn = np.asarray(axes.lines[0].get_ydata(), dtype=float)
    assert np.array_equal(drawn, [2.0, np.nan, 5.0], equal_nan=True)


@pytest.mark.parametrize(
    ("values", "unit", "factor", "name"),
    [
        ([2e-11, 3e-11], "s", 1e12, "ps"),
        ([1e-3], "V", 1e3, "mV"),
        ([1.0], "A", 1.0, "A"),
        ([4e3], "Ω", 1e-3, "kΩ"),
        ([3.0], "rad", 1.0, "rad"),
        ([3.0], "", 1.0, ""),
        ([0.0, np.nan], "s", 1.0, "s"),
    ],
)
def test_units_that_are_read_best(values, unit, factor, name):
    found, shown = engineering(values, unit)
    assert (found, shown) == (pytest.approx(factor), name)


def test_the_picture_follows_the_axes_of_the_sweep(tmp_path):
    chance = WORKS[:, :, None] * np.ones(4)
    cases = {
        "shmoo": two_axes(),
        "curve": sweep(("BIAS",), {"BIAS": BIAS}, delay=BIAS),
        "yield": sweep(("sample",), {"sample": np.arange(6)}, works=np.array([1.0, 1, 0, 1, 1, 1])),
        "histogram": sweep(("sample",), {"sample": np.arange(6)}, delay=BIAS),
    }
    for picture, group in cases.items():
        write_file(tmp_path / "sweep.h5", group)
        assert pictures_of(read_file(tmp_path / "sweep.h5"))[0] == picture
        assert figure_of_file(tmp_path / "sweep.h5").axes
    over_samples = sweep(
        ("BIAS", "IC", "sample"), {"BIAS": BIAS, "IC": CURRENT, "sample": np.arange(4)}, works=chance
    )
    assert figures_of_sweep(over_samples) == [("shmoo", "works"), ("yield", "works")]


def test_a_curve_goes_over_numbers_rather_than_names():
    group = sweep(
        ("condition", "BIAS"), {"condition": ["cold", "warm"], "BIAS": BIAS}, delay=np.stack([BIAS, 2 * BIAS])
    )
    axes = sweep_figure(group, "curve").axes[0]
    assert axes.get_xlabel() == "BIAS"
    assert np.allclose(np.asarray(axes.lines[0].get_ydata(), dtype=float), 1.5 * BIAS)


def test_samples_become_the_share_that_passes():
    passes = np.zeros((6, 5, 4))
    passes[2, 3] = [1.0, 1.0, 0.0, np.nan]
    group = sweep(
        ("BIAS", "IC", "sample"), {"BIAS": BIAS, "IC": CURRENT, "sample": np.arange(4)}, works=passes
    )
    axes = sweep_figure(group, "shmoo").axes[0]
    (mesh,) = [c for c in axes.collections if isinstance(c, QuadMesh)]
    assert np.ma.getdata(mesh.get_array())[3, 2] == pytest.approx(2.0 / 3.0), "of those with a result"


def test_pass_or_fail_comes_first_and_units_are_scaled():
    group = two_axes()
    assert sweep_figure(group, "shmoo").axes[0].get_title(loc="left") == "n"
    delay = sweep_figure(group, "shmoo", ["delay"])
    assert delay.axes[1].get_ylabel() == "delay (ps)"
    assert len(sweep_figure(group, "shmoo", ["works", "delay"]).axes) == 3, "two panels and a scale"
    with pytest.raises(ResultFileError, match="no number 'dealy' a case; did you mean 'delay'"):
        sweep_figure(group, "shmoo", ["dealy"])


def test_the_caller_s_axes_are_used():
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    assert shmoo(WORKS.T, BIAS, CURRENT, axes) is axes
    with style():
        assert histogram([1.0, 2.0], Figure().subplots()).get_ylabel() == "cases"
