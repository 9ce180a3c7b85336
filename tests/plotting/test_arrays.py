"""Maps of arrays, curves with intervals, and files of solved arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from cosim.cli import main
from cosim.crossbar import passive, solve, write_solution
from cosim.errors import CosimError
from cosim.plotting import cell_map, figure_of_file, interval_curves, interval_dots


def test_a_map_shows_every_cell() -> None:
    values = np.arange(12.0).reshape(3, 4)
    axes = cell_map(values, label="G (µS)", title="cells")
    np.testing.assert_array_equal(axes.images[0].get_array(), values)
    assert axes.get_title(loc="left") == "cells"
    with pytest.raises(CosimError, match=r"shape \(3,\)"):
        cell_map([1.0, 2.0, 3.0], label="")


def test_curves_and_dots_have_their_intervals() -> None:
    axes = interval_curves([0, 1, 2], {"a": ([3, 2, 1], [0.1, 0.2, 0.3]), "b": ([1, 1, 1], [0, 0, 0])},
                           xlabel="x", ylabel="y", level=3.0)  # fmt: skip
    assert len(axes.collections) == 2
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b"]
    dots = interval_dots(["one", "two"], [90.0, 80.0], [1.0, 2.0], xlabel="accuracy (%)")
    assert [label.get_text() for label in dots.get_yticklabels()] == ["one", "two"]
    with pytest.raises(CosimError, match="do not fit"):
        interval_dots(["one"], [90.0, 80.0], [1.0, 2.0], xlabel="")


def test_files_of_solved_arrays(tmp_path: Path) -> None:
    cells = np.random.default_rng(0).uniform(1e-6, 1e-4, (8, 6))
    solution = solve(passive(cells, word_line_resistance=50.0), np.full(8, 0.2), nodes=True)
    path = tmp_path / "array.h5"
    write_solution(path, solution)
    picture = figure_of_file(path)
    shown = np.asarray(picture.axes[0].images[0].get_array())
    inside = solution.nodes
    assert inside is not None
    np.testing.assert_allclose(shown, 100 * (inside.word_voltage[0] - inside.bit_voltage[0]) / 0.2)
    np.testing.assert_allclose(
        np.asarray(figure_of_file(path, "conductance").axes[0].images[0].get_array()), 1e6 * cells
    )
    bare = tmp_path / "bare.h5"
    write_solution(bare, solve(passive(cells), np.full(8, 0.2)))
    answer = CliRunner().invoke(main, ["plot", str(bare), "-o", str(tmp_path / "cells.png")])
    assert answer.exit_code == 0, answer.output
    assert (tmp_path / "cells.png").stat().st_size > 5000
    refused = CliRunner().invoke(main, ["plot", str(bare), "--as", "drop"])
    assert refused.exit_code == 1
    assert "it can be drawn as conductance" in refused.output


def test_files_open_in_xarray(tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    path = tmp_path / "array.h5"
    write_solution(path, solve(passive(np.full((4, 3), 1e-5)), np.full((2, 4), 0.2), nodes=True))
    with xarray.open_dataset(path, engine="h5netcdf", phony_dims="sort") as data:
        assert data["conductance"].dims == ("word_line", "bit_line")
        assert data["word_voltage"].shape == (2, 4, 3)
        assert data["output"].attrs["units"] == "A"
