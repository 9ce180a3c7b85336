"""Specifications: what a file may say, what it expands to, and what it says when it is wrong."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosim.errors import SweepError
from cosim.sweeps import (
    Distribution,
    Grid,
    LowDiscrepancy,
    Points,
    Random,
    Repetitions,
    RunSettings,
    Specification,
    Zip,
    corners,
    from_table,
    read_specification,
)
from cosim.sweeps.space import Space
from cosim.sweeps.works.function import FunctionWork

WORK = '[work]\nkind = "function"\nfunction = "math:hypot"\n'


def read(tmp_path, text: str, work: str = WORK) -> Specification:
    path = tmp_path / "sweep.toml"
    path.write_text(text + "\n" + work)
    return read_specification(path)


def space_of(specification: Specification) -> Space:
    return Space(axes=specification.axes, seed=specification.seed, identity="x")


def parameters(specification: Specification) -> list[dict]:
    space = space_of(specification)
    return [dict(space.case(index).parameters) for index in range(len(space))]


EVERYTHING = """
schema = 1
name = "all kinds"
seed = 5
repetitions = 2
measure = ["a", "b"]
waveforms = "V(1)"

[conditions.cold]
T = "4.2"
[conditions.warm]
T = 77

[corners]
SIC = [0.9, 1.1]
SL = [0.95, 1.05]

[[list]]
method = "fast"
[[list]]
method = "exact"

[zip]
A = [1, 2, 3]
B = ["1u", "2u", "3u"]

[grid]
IB = { from = "100u", to = "200u", points = 3 }
R = { from = 1, to = 100, points = 3, spacing = "log" }

[random]
samples = 4
x = { distribution = "norm", loc = 1.0, scale = 0.1 }
y = { distribution = "uniform", least = 0.25 }

[run]
bundle = 7
time_limit = "2"
tries = 2
"""


def test_every_kind_of_axis_in_one_file(tmp_path):
    made = read(tmp_path, EVERYTHING)
    space = space_of(made)
    lengths = dict(zip((axis.dimension for axis in made.axes), space.shape, strict=True))
    assert lengths == {
        "condition": 2, "corner": 4, "point": 2, "pair": 3, "IB": 3, "R": 3, "sample": 4, "repetition": 2,
    }  # fmt: skip
    assert len(space) == 2 * 4 * 2 * 3 * 3 * 3 * 4 * 2
    first, last = space.case(0), space.case(len(space) - 1)
    chosen = {n: v for n, v in first.parameters.items() if n not in ("x", "y")}
    assert chosen == {
        "T": 4.2, "SIC": 0.9, "SL": 0.95, "method": "fast", "A": 1.0, "B": 1e-6, "IB": 1e-4, "R": 1.0,
    }  # fmt: skip
    chosen = {n: v for n, v in last.parameters.items() if n not in ("x", "y")}
    assert chosen == {
        "T": 77.0, "SIC": 1.1, "SL": 1.05, "method": "exact", "A": 3.0, "B": 3e-6, "IB": 2e-4, "R": 100.0,
    }  # fmt: skip
    assert (made.run, made.waveforms, made.measure) == (
        RunSettings(bundle=7, time_limit=2.0, tries=2), ("V(1)",), {"a": "a", "b": "b"},
    )  # fmt: skip


def test_the_plain_form_reads_back_as_the_same(tmp_path):
    made = read(tmp_path, EVERYTHING)
    again = from_table(json.loads(json.dumps(made.table())))
    assert again.table() == made.table()
    assert parameters(again) == parameters(made)


def test_python_objects_give_the_same_as_a_file(tmp_path):
    from_file = read(
        tmp_path,
        "seed = 3\nrepetitions = 2\n[grid]\na = [1, 2]\n[qmc]\nsamples = 4\n"
        'b = { distribution = "norm", loc = 0, scale = 1 }',
    )
    objects = Specification(
        work=FunctionWork(function="math:hypot"),
        axes=(
            Grid(name="a", values=(1, 2)),
            LowDiscrepancy(
                samples=4,
                distributions={"b": Distribution(name="norm", arguments={"loc": 0.0, "scale": 1.0})},
            ),
            Repetitions(count=2),
        ),
        seed=3,
    )
    assert from_file.table() == objects.table()
    assert parameters(from_file) == parameters(objects)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("grids = 1", "no setting 'grids'; did you mean 'grid'?"),
        ("[run]\nbundel = 4", r"\[run\]: no setting 'bundel'; did you mean 'bundle'?"),
        ("[grid]\na = { from = 1, to = 2, point = 3 }", "grid a: no setting 'point'; did you mean 'points'?"),
        ("[grid]\na = { from = 1, to = 2 }", "grid a: 'points' is missing"),
        ("[grid]\na = 5", "grid a: expected a list of values, got 5"),
        ("[grid]\na = []", "grid a: there are no values"),
        ("[grid]\na = [1, 1]", "grid a: a value occurs twice"),
        ("[grid]\na = [1, 'exact']", "grid a: numbers and texts are mixed"),
        ("[grid]\na = [nan]", "grid a: expected a finite number, got nan"),
        ("[grid]\na = [true]", "expected a number such as 1e-4 or '100u', got True"),
        ("[zip]\na = [1, 2]\nb = [1]", "zip: lists of one length are needed"),
        ("[[list]]\na = 1\n[[list]]\nb = 1", "point 1 sets b, the first sets a"),
        ("[random]\nsamples = 3\na = { distribution = 'normal' }", "no distribution 'normal'"),
        ("[random]\nsamples = 3\na = { distribution = 'norm', sigma = 3 }", "norm has no setting 'sigma'"),
        ("[random]\nsamples = 3", "random: name at least one parameter"),
        ("[random]\na = { distribution = 'norm' }", r"\[random\]: 'samples' is missing"),
        ("[qmc]\nsamples = 3\nsampler = 'sobel'\na = { distribution = 'norm' }", "did you mean 'sobol'?"),
        ("repetitions = 0", "repetitions: expected a whole number from 1 on, got 0"),
        ("[grid]\na = [1]\n[zip]\na = [2]", "'a' is set by two axes"),
        ("[grid]\nstatus = [1]", "parameter 'status': the name is reserved"),
        ("[grid]\na = [1]\n[measure]\na = 'slips(B1)'", "measurement 'a': the name is taken"),
        ("seed = -1", "seed: expected a whole number from 0 on, got -1"),
        ("schema = 2", "schema 2, but only 1 is known here; update cosim"),
        ("[run]\ntime_limit = 0", "time_limit: expected seconds above 0"),
        ("[[axes]]\nkind = 'gird'", "axes: no kind 'gird'; did you mean 'grid'?"),
        ("a = ", "Invalid value"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, said):
    with pytest.raises(SweepError, match=said.replace("?", r"\?").replace("(", r"\(")) as error:
        read(tmp_path, text)
    assert "sweep.toml" in str(error.value)


@pytest.mark.parametrize(
    ("work", "said"),
    [
        ("", r"\[work\] is missing; its kind is one of deck, network, crossbar"),
        ('[work]\nkind = "dekc"', "no kind 'dekc'; did you mean 'deck'"),
        ('[work]\nkind = "deck"', "'deck' is missing"),
        ('[work]\nkind = "deck"\ndeck = "a.cir"\nengin = "x"', "no setting 'engin'; did you mean 'engine'"),
        ('[work]\nkind = "deck"\ndeck = "a.cir"\nengine = "spice"', "engine: there is no 'spice'"),
        ('[work]\nkind = "function"\nfunction = "hypot"', "expected 'package.module:name'"),
    ],
)
def test_what_is_wrong_with_the_work_is_said(tmp_path, work, said):
    with pytest.raises(SweepError, match=said):
        read(tmp_path, "", work)


def test_corners_are_all_combinations_and_carry_their_names():
    made = corners({"a": (1.0, 2.0), "b": (3.0, 4.0)}, nominal={"a": 1.5, "b": 3.5})
    assert len(made) == 5
    assert made.labels is not None and made.labels[0] == "nominal"
    assert [dict(made.point(i, 0)) for i in (1, 4)] == [{"a": 1.0, "b": 3.0}, {"a": 2.0, "b": 4.0}]
    assert made.labels[4] == "a=2.0,b=4.0"


def test_more_samples_leave_the_first_ones_alone():
    law = {"x": Distribution(name="norm", arguments={"loc": 2.0, "scale": 0.5})}
    few, many = Random(samples=3, distributions=law), Random(samples=300, distributions=law)
    assert [few.point(i, 9) for i in range(3)] == [many.point(i, 9) for i in range(3)]
    drawn = np.array([many.point(i, 9)["x"] for i in range(300)])
    # Standard errors of mean and deviation at 300 draws: 0.029 and 0.020.
    assert abs(drawn.mean() - 2.0) < 0.1 and abs(drawn.std() - 0.5) < 0.07
    assert many.point(0, 9) != many.point(0, 10)


@pytest.mark.parametrize("sampler", ["sobol", "halton", "latin"])
def test_low_discrepancy_fills_evenly(sampler):
    law = {name: Distribution(name="uniform", arguments={}) for name in "ab"}
    made = LowDiscrepancy(samples=64, distributions=law, sampler=sampler)
    points = np.array([list(made.point(i, 4).values()) for i in range(64)])
    for column in points.T:
        occupied = np.unique(np.floor(column * 16)).size
        assert occupied == 16, "each sixteenth of the range holds points"
    assert [made.point(i, 4) for i in range(3)] == [made.point(i, 4) for i in range(3)]


def test_a_distribution_is_cut_off_where_asked():
    law = Distribution.of({"distribution": "norm", "least": -0.5, "most": 0.5}, "x")
    made = Random(samples=50, distributions={"x": law})
    drawn = [made.point(i, 0)["x"] for i in range(50)]
    assert min(drawn) == -0.5 and max(drawn) == 0.5


@given(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.integers(0, 2**32), st.data())
def test_a_case_depends_on_what_it_is_and_not_on_where_it_stands(shape, seed, data):
    axes = tuple(Grid(name=f"p{k}", values=tuple(range(n))) for k, n in enumerate(shape))
    space = Space(axes=axes, seed=seed, identity="work")
    index = data.draw(st.integers(0, len(space) - 1))
    case = space.case(index)
    turned = Space(axes=axes[::-1], seed=seed, identity="work")
    same = next(
        other for other in (turned.case(i) for i in range(len(turned))) if other.parameters == case.parameters
    )
    assert (same.id, same.seed) == (case.id, case.seed)
    assert space.case(index) == case
    others = [space.case(i) for i in range(len(space)) if i != index]
    assert all(other.id != case.id and other.seed != case.seed for other in others)
    assert Space(axes=axes, seed=seed, identity="other work").case(index).id != case.id


def test_points_need_the_same_parameters_and_different_names():
    with pytest.raises(SweepError, match="2 points need as many different names"):
        Points(points=({"a": 1.0}, {"a": 2.0}), labels=("x", "x"))
    with pytest.raises(SweepError, match="lists of one length"):
        Zip(values={"a": (1.0,), "b": ()})


def test_repetitions_differ_in_their_seed_alone():
    space = Space(axes=(Grid(name="a", values=(1,)), Repetitions(count=3)), seed=0, identity="w")
    cases = [space.case(i) for i in range(3)]
    assert len({case.seed for case in cases}) == len({case.id for case in cases}) == 3
    assert len({tuple(case.parameters.items()) for case in cases}) == 1


@pytest.mark.parametrize("text", ["50q", "3zebra"])
def test_a_suffix_that_does_not_exist_is_no_number(text: str) -> None:
    from cosim.sweeps.fields import number

    with pytest.raises(SweepError, match="neither a suffix of SPICE nor a unit"):
        number(text, "window")


@pytest.mark.parametrize(
    ("text", "value"), [("50p", 50e-12), ("50ps", 50e-12), ("1meg", 1e6), ("2s", 2.0), ("-3n", -3e-9)]
)
def test_suffixes_and_units_are_numbers(text: str, value: float) -> None:
    from cosim.sweeps.fields import number

    assert number(text, "window") == pytest.approx(value)
