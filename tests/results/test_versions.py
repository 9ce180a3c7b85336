"""Files of every version stay readable, and what we write passes the check that we ship."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cosim.errors import ResultFileError
from cosim.results import (
    Array,
    Group,
    Result,
    check_file,
    hdf5,
    read_file,
    read_result,
    write_file,
    write_result,
)

#: Written when version 1 was current; never to be changed.
FIRST = Path(__file__).parent / "version_1.h5"


def test_a_file_of_version_1_reads_as_it_was_written():
    result = read_result(FIRST)
    assert result.time.tolist() == [0.0, 1e-12, 2e-12, 3e-12]
    assert result["P(B1|X1)"].tolist() == [0.0, 2.0, 4.0, 6.0]
    assert (result.units["P(B1|X1)"], result.units["I(L1/2)"]) == ("rad", "A")
    assert result.pulses.names == ("B1|X1", "B2")
    assert result.pulse_times("B1|X1").tolist() == [1.5707963267948966e-12]
    assert (result.status, result.message) == ("inaccurate", "two steps missed the tolerance")
    assert result.provenance["seed"] == 7 and result.stats["steps"] == 3
    assert check_file(FIRST) == []


def test_an_older_file_is_upgraded_step_by_step(monkeypatch):
    """The machinery for the first change: versions 1 → 2 → 3, each by its own function."""

    def renamed(group: Group) -> Group:
        return replace(group, attributes={**group.attributes, "second": "yes"})

    def again(group: Group) -> Group:
        assert group.attributes["second"] == "yes"
        return replace(group, attributes={**group.attributes, "third": "yes"})

    monkeypatch.setattr(hdf5, "SCHEMA_VERSION", 3)
    monkeypatch.setattr(hdf5, "UPGRADES", {1: renamed, 2: again})
    assert read_file(FIRST).attributes["third"] == "yes"


@pytest.mark.parametrize("version", [0, -1, 2, 99, "one"])
def test_a_version_that_is_not_known_is_refused(tmp_path, version):
    path = tmp_path / "other.h5"
    path.write_bytes(FIRST.read_bytes())
    with h5py.File(path, "r+") as file:
        file.attrs["schema_version"] = version
    with pytest.raises(ResultFileError, match="schema version"):
        read_file(path)


numbers = st.floats(allow_nan=False, allow_infinity=False, width=64)


@st.composite
def trees(draw, depth: int = 2) -> Group:
    """Any tree of arrays: numbers, truth values and texts over shared dimensions."""
    lengths = draw(st.dictionaries(st.sampled_from("xyz"), st.integers(0, 3), max_size=3))
    arrays = {}
    for name in draw(st.lists(st.sampled_from(["a", "b", "c d", "e/f", "é"]), max_size=3, unique=True)):
        dimensions = tuple(draw(st.permutations(sorted(lengths)))[: draw(st.integers(0, len(lengths)))])
        shape = tuple(lengths[dimension] for dimension in dimensions)
        kind = draw(st.sampled_from([np.float64, np.float32, np.int64, np.int8, bool, str]))
        size = int(np.prod(shape))
        if kind is str:
            values = np.empty(shape, dtype=object)
            values.flat[:] = draw(st.lists(st.text("aé ", max_size=4), min_size=size, max_size=size))
        else:
            values = np.array(draw(st.lists(st.integers(-9, 9), min_size=size, max_size=size)), dtype=kind)
            values = values.reshape(shape)
        unit = draw(st.sampled_from(["", "s", "V"])) if kind is np.float64 else ""
        arrays[name] = Array(values=values, dimensions=dimensions, units=unit)
    groups = {}
    if depth:
        for name in draw(st.lists(st.sampled_from("gh"), max_size=2, unique=True)):
            groups[name] = draw(trees(depth - 1))
    attributes = draw(
        st.dictionaries(
            st.sampled_from("pqr"), st.one_of(numbers, st.text("aé", max_size=5), st.integers(-9, 9))
        )
    )
    return Group(arrays=arrays, attributes=attributes, groups=groups)


def assert_same(a: Group, b: Group) -> None:
    assert dict(a.attributes) == dict(b.attributes)
    assert set(a.arrays) == set(b.arrays) and set(a.groups) == set(b.groups)
    for name, array in a.arrays.items():
        other = b.arrays[name]
        assert (array.dimensions, array.units) == (other.dimensions, other.units)
        here, there = np.asarray(array.values), np.asarray(other.values)
        assert here.shape == there.shape and np.array_equal(here, there)
        assert here.dtype.kind in ("O", "U") or here.dtype == there.dtype
    for name, child in a.groups.items():
        assert_same(child, b.groups[name])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=trees())
def test_any_tree_comes_back_and_passes_the_check(tmp_path, tree):
    write_file(tmp_path / "tree.h5", tree)
    assert_same(read_file(tmp_path / "tree.h5"), tree)
    assert check_file(tmp_path / "tree.h5") == []


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(numbers, max_size=5))
def test_any_sound_result_passes_the_check(tmp_path, values):
    result = Result(time=1e-12 * np.arange(len(values)), signals={"V(1)": np.array(values)})
    write_result(tmp_path / "run.h5", result)
    assert check_file(tmp_path / "run.h5") == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": ["completed", "done"]}, "status 'done' of a case is none of"),
        ({"status": ["completed", "failed"]}, "a failed case has no cause"),
        ({"works": None}, "measurement works is announced and not there"),
        ({"a": None}, "axis a has no coordinate"),
    ],
)
def test_a_sweep_that_breaks_its_rules(tmp_path, change, said):
    columns = {"a": [1.0, 2.0], "status": ["completed"] * 2, "cause": ["", ""], "works": [1.0, 0.0], **change}
    arrays = {n: Array(values=v, dimensions=("a",)) for n, v in columns.items() if v is not None}
    path = tmp_path / "sweep.h5"
    write_file(path, Group(arrays=arrays, attributes={"content": "sweep", "measured": "works"}))
    assert any(said in problem for problem in check_file(path))


def test_large_arrays_are_compressed_and_small_ones_are_not(tmp_path):
    wave = np.sin(np.linspace(0.0, 50.0, 20_000))
    write_file(
        tmp_path / "file.h5",
        Group(
            arrays={
                "wave": Array(values=wave, dimensions=("t",)),
                "few": Array(values=wave[:5], dimensions=("u",)),
            }
        ),
    )
    with h5py.File(tmp_path / "file.h5") as file:
        assert (file["wave"].compression, file["wave"].shuffle) == ("gzip", True)  # type: ignore[union-attr]
        assert file["few"].compression is None  # type: ignore[union-attr]
    assert (tmp_path / "file.h5").stat().st_size < 0.95 * wave.nbytes


@pytest.mark.skipif(shutil.which("ncdump") is None, reason="netCDF's own reader is not installed: netcdf-bin")
def test_netcdf_s_own_reader_finds_named_dimensions():
    shown = subprocess.run(["ncdump", "-h", str(FIRST)], capture_output=True, text=True, check=True).stdout
    assert "time = 4 ;" in shown and "junction = 2 ;" in shown
    assert "double P\\(B1\\|X1\\)(time) ;" in shown
    assert 'units = "rad" ;' in shown
