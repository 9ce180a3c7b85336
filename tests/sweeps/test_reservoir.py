"""Reservoirs as cases of a sweep: what a case gives is what its network gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cosim.errors import SweepError
from cosim.reservoir import spectral_radius
from cosim.sweeps import Grid, Specification, make_plan, merge, run
from cosim.sweeps.works.reservoir import ReservoirWork, drawn


def plan_of(folder: Path, measure: dict[str, str], **settings):
    work = ReservoirWork(neurons=60, samples=3, duration=0.15, **settings)
    specification = Specification(
        work=work, axes=(Grid(name="weight", values=(0.0, 1.0, 3.0)),), measure=measure
    )
    return make_plan(specification, folder / "sweep", base=folder)


def test_activity_branching_and_chaos_grow_with_the_weights(tmp_path: Path) -> None:
    measure = {name: name for name in ("rate", "branching", "radius", "exponent", "kernel", "generalisation")}
    plan = plan_of(tmp_path, measure)
    run(plan, jobs=0)
    arrays = {name: np.asarray(merge(plan).arrays[name].values) for name in measure}
    assert arrays["rate"][2] > arrays["rate"][0] > 0
    assert arrays["radius"][0] == 0
    assert arrays["radius"][2] == pytest.approx(3 * arrays["radius"][1], rel=0.5)
    assert arrays["exponent"][2] > arrays["exponent"][0]
    assert np.all((arrays["kernel"] >= 1) & (arrays["kernel"] <= 3))


def test_a_case_is_drawn_by_its_settings_and_seed() -> None:
    work = ReservoirWork(neurons=50, spread=0.2)
    one, same, other = drawn(work, 1), drawn(work, 1), drawn(work, 2)
    np.testing.assert_array_equal(one.recurrent.weight, same.recurrent.weight)
    assert spectral_radius(one.recurrent) != spectral_radius(other.recurrent)
    assert np.std(np.abs(one.inputs.weight)) == pytest.approx(0.2 * 2.0, rel=0.3)


def test_wrong_settings_and_measurements_are_named(tmp_path: Path) -> None:
    with pytest.raises(SweepError, match="neurons: expected a number from 0 on"):
        ReservoirWork(neurons=-1)
    with pytest.raises(SweepError, match="gives no 'rates'; did you mean 'rate'"):
        plan_of(tmp_path, {"r": "rates"})
