"""Shards and merged files keep what cases gave, whatever that was; large plans stay small in memory."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shared_data import REPOSITORY

from cosim.results import check_file, read_file, write_file
from cosim.sweeps import Grid, Outcome, RunSettings, Specification, columns_of, make_plan, merge, status
from cosim.sweeps.shards import read_shard, shard_path, write_shard
from cosim.sweeps.works.function import FunctionWork

numbers = st.floats(allow_nan=True, allow_infinity=True, width=64)
#: Name → a strategy for its values: scalars, arrays, texts; a name has one kind in a sweep.
KINDS = {
    "number": numbers,
    "vector": st.lists(numbers, max_size=3).map(np.array),
    "matrix": st.tuples(st.integers(1, 2), st.integers(1, 3)).map(np.ones),
    "text": st.text(max_size=5).filter(lambda text: "\0" not in text),
    "flag": st.booleans(),
}  # fmt: skip


@st.composite
def outcomes(draw) -> Outcome:
    if draw(st.integers(0, 4)) == 0:
        return Outcome.failure(draw(st.text("abc é\n", max_size=20)), words="last words", tries=2)
    names = draw(st.lists(st.sampled_from(sorted(KINDS)), unique=True))
    return Outcome(values={name: draw(KINDS[name]) for name in names}, wall_time=draw(st.floats(0, 10)))


def fits(found, given) -> bool:
    """True where `found` is `given`, filled up with NaN to the length of its neighbours."""
    if isinstance(given, str):
        return str(found) == given
    table = np.full_like(found, np.nan)
    table[tuple(slice(0, n) for n in np.shape(given))] = given
    return np.array_equal(found, table, equal_nan=True)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given=st.lists(outcomes(), min_size=6, max_size=6))
def test_any_outcomes_come_back_from_shards_and_from_the_merged_file(plan_of, tmp_path, given):
    plan = plan_of(a=3, b=2, bundle=4)
    for bundle in range(plan.bundles):
        write_shard(plan, bundle, {index: given[index] for index in plan.cases_of(bundle)})
        assert check_file(shard_path(plan, bundle)) == []
        for index, outcome in read_shard(plan, bundle).outcomes.items():
            wanted = given[index]
            for field in ("status", "cause", "words", "tries", "wall_time"):
                assert getattr(outcome, field) == getattr(wanted, field)
            assert all(fits(outcome.values[name], value) for name, value in wanted.values.items())
    assert status(plan).failed == sum(not outcome.ok for outcome in given)
    path = tmp_path / "merged.h5"
    write_file(path, merge(plan))
    assert check_file(path) == []
    tree = read_file(path)
    for index, outcome in enumerate(given):
        place = np.unravel_index(index, (3, 2))
        assert tree.arrays["status"].values[place] == outcome.status  # type: ignore[index]
        for name, value in outcome.values.items():
            assert fits(np.asarray(tree.arrays[name].values)[place], value)
    columns = columns_of(tree)
    assert {len(column) for column in columns.values()} == {6}
    assert columns["a"].tolist() == [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]


MEMORY = """
import sys
sys.path.insert(0, sys.argv[3])
from peak_memory import peak_memory
from cosim.sweeps import load_plan, run, status
plan = load_plan(sys.argv[1])
assert len(plan.space) == 100_000
run(plan, jobs=2, part=(1, int(sys.argv[2])))
found = status(plan)
assert found.completed > 0 and found.completed + found.missing == 100_000, found
print(peak_memory() / 2**20)
"""


def master_memory(folder, parts: int) -> float:
    made = Specification(
        work=FunctionWork(function="colorsys:rgb_to_yiq", arguments={"b": 0.5}),
        axes=(Grid.between("r", 0, 1, 1000), Grid.between("g", 0, 1, 100)),
        run=RunSettings(bundle=500),
    )
    plan = make_plan(made, folder / "large")
    answer = subprocess.run(
        [sys.executable, "-c", MEMORY, str(plan.folder), str(parts), str(REPOSITORY / "scripts" / "bench")],
        capture_output=True, text=True, check=True, timeout=280,
    )  # fmt: skip
    return float(answer.stdout)


def test_a_hundred_thousand_planned_cases_need_little_memory(tmp_path):
    assert master_memory(tmp_path, 100) < 500.0


@pytest.mark.slow
def test_a_hundred_thousand_cases_run_in_little_memory(tmp_path):
    assert master_memory(tmp_path, 1) < 500.0
