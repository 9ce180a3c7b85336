"""Published spreads against their formulas, and transformations against their statistics."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.devices import (
    MILO_2021,
    WAN_2022,
    Levels,
    LognormalSpread,
    MeasuredSpread,
    NormalSpread,
    PowerLawDrift,
    ProgrammingError,
    ReadNoise,
    StuckCells,
    populate,
)
from cosim.errors import SimulationError

MANY = 40_000


def test_published_fits_at_hand_computed_points() -> None:
    np.testing.assert_allclose(MILO_2021.sigma([50e-6, 225e-6]), [4.3265e-6, 2.73225e-6], rtol=1e-9)
    np.testing.assert_allclose(WAN_2022.sigma([0, 10e-6, 30e-6]), [1.053e-6, 2.4136e-6, 1.8192e-6], rtol=1e-9)


@pytest.mark.parametrize(("fit", "target"), [(MILO_2021, 100e-6), (WAN_2022, 20e-6)])
def test_programming_errors_have_the_published_spread(fit, target: float) -> None:
    cells = populate(np.full(MANY, target), [ProgrammingError(fit=fit)], seed=3)
    assert cells.std() == pytest.approx(float(fit.sigma(target)), rel=0.02)
    assert cells.mean() == pytest.approx(target, rel=0.01)


def test_targets_beyond_a_fit_are_refused() -> None:
    with pytest.raises(SimulationError, match=r"cell \[1, 0\] is 1e-05 S; Milo2021 measured 5e-05 to"):
        MILO_2021.sigma([[1e-4], [1e-5]])
    with pytest.raises(SimulationError, match=r"cell \[1\] is -1.0 S"):
        populate([1e-5, -1.0], [], seed=0)
    with pytest.raises(SimulationError, match=r"stuck low and high is 1\.2"):
        StuckCells(low_share=0.6, high_share=0.6)


@pytest.mark.parametrize(
    ("transformation", "mean", "spread"),
    [
        (NormalSpread(relative=0.1), 1.0, 0.1),
        (ReadNoise(relative=0.02), 1.0, 0.02),
        (LognormalSpread(sigma=0.3), np.exp(0.045), np.exp(0.045) * np.sqrt(np.expm1(0.09))),
        (MeasuredSpread(factors=(0.5, 1.5)), 1.0, 0.5),
        (PowerLawDrift(time=1e4, exponent=0.05), 1e4**-0.05, 0.0),
    ],
    ids=lambda value: type(value).__name__,
)
def test_moments(transformation, mean: float, spread: float) -> None:
    cells = populate(np.full(MANY, 1e-5), [transformation], seed=1) / 1e-5
    assert cells.mean() == pytest.approx(mean, rel=0.01)
    assert cells.std() == pytest.approx(spread, rel=0.03, abs=1e-12)


def test_stuck_cells_come_in_their_shares() -> None:
    cells = populate(np.full(MANY, 1e-5), [StuckCells(low_share=0.1, high_share=0.05, high=2e-4)], seed=2)
    assert (cells == 0).mean() == pytest.approx(0.1, abs=0.006)
    assert (cells == 2e-4).mean() == pytest.approx(0.05, abs=0.005)
    assert ((cells == 1e-5) | (cells == 0) | (cells == 2e-4)).all()


def test_levels_round_to_the_nearest() -> None:
    cells = populate([0.0, 1.4e-5, 1.6e-5, 9e-5], [Levels(levels=(2e-5, 1e-5, 4e-5))], seed=0)
    np.testing.assert_array_equal(cells, [1e-5, 1e-5, 2e-5, 4e-5])


def test_a_seed_is_a_population_and_later_steps_leave_earlier_draws() -> None:
    target = np.full((50, 40), 1e-4)
    first = populate(target, [NormalSpread(relative=0.1)], seed=7)
    np.testing.assert_array_equal(first, populate(target, [NormalSpread(relative=0.1)], seed=7))
    assert not np.array_equal(first, populate(target, [NormalSpread(relative=0.1)], seed=8))
    longer = populate(target, [NormalSpread(relative=0.1), StuckCells(low_share=0.5)], seed=7)
    kept = longer > 0
    np.testing.assert_array_equal(longer[kept], first[kept])


def test_conductances_never_turn_negative() -> None:
    assert populate(np.full(1000, 1e-5), [NormalSpread(relative=2.0)], seed=0).min() == 0
