"""Published spreads against their formulas, and transformations against their statistics."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import skew

from cosim.devices import (
    DAY,
    KVATINSKY_2015,
    MILO_2021,
    MONTH,
    NANDAKUMAR_2019,
    NANDAKUMAR_2019_DRIFT,
    WAN_2022,
    ByConductance,
    CycleToCycle,
    FittedDrift,
    Levels,
    LineOpens,
    LognormalSpread,
    MeasuredSpread,
    NormalSpread,
    PowerLawDrift,
    ProgrammingError,
    ReadNoise,
    Relaxation,
    StuckCells,
    apply_pulse,
    arrhenius_acceleration,
    cells_of,
    conductance,
    populate,
    vary,
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
    ("make", "message"),
    [
        (lambda: NormalSpread(relative=np.nan), "relative spread is nan; expected a number from 0 up"),
        (lambda: LognormalSpread(sigma=-1.0), "σ of ln G is -1.0"),
        (lambda: MeasuredSpread(factors=(1.0, -0.5)), "measured factor 1 is -0.5"),
        (lambda: Levels(levels=()), "no levels"),
        (
            lambda: PowerLawDrift(time=0.5, exponent=0.1),
            "time is 0.5 s; expected the reference time 1 s or more",
        ),
        (lambda: Relaxation(time=10.0, spread=-1e-6), "spread a decade is -1e-06 S"),
        (lambda: LineOpens(segment_share=2.0), "share of open segments is 2.0"),
        (lambda: populate(1e-5, [], seed=0, cycle=-1), "cycle is -1"),
        (lambda: arrhenius_acceleration(1.0, -3.0), "temperature is -3.0 K"),
    ],
)
def test_bad_parameters_are_named(make, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        make()


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


def test_high_and_low_states_spread_in_their_own_ways() -> None:
    spread = ByConductance(border=1e-5, below=LognormalSpread(sigma=0.5), above=NormalSpread(relative=0.05))
    cells = populate(np.repeat([1e-6, 1e-4], MANY).reshape(2, MANY), [spread], seed=3)
    assert np.log(cells[0]).std() == pytest.approx(0.5, rel=0.02)
    assert skew(cells[0]) > 1
    assert cells[1].std() == pytest.approx(5e-6, rel=0.02)
    assert abs(skew(cells[1])) < 0.05
    with pytest.raises(SimulationError, match="border between two kinds of cells is 0 S"):
        ByConductance(border=0, below=spread, above=spread)


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


def test_nandakumar_fits_at_hand_computed_points() -> None:
    sigma = NANDAKUMAR_2019.sigma([0.0, 12.5e-6, 25e-6])
    np.testing.assert_allclose(sigma, [0.26348e-6, 0.952705e-6, 1.05538e-6], rtol=1e-9)
    drift = NANDAKUMAR_2019_DRIFT
    np.testing.assert_allclose(drift.mean([25e-6, 25e-6 * np.exp(-3), 1e-9]), [0.049, 0.0709, 0.1])
    np.testing.assert_allclose(drift.spread([25e-6, 25e-6 * np.exp(-3), 1e-9]), [0.008, 0.0316, 0.045])


@pytest.mark.parametrize("time", [DAY, MONTH])
def test_fitted_drift_follows_its_power_law(time: float) -> None:
    start = np.full(MANY, 10e-6)
    cells = populate(start, [FittedDrift(fit=NANDAKUMAR_2019_DRIFT, time=time)], seed=4)
    exponent = -np.log(cells / start) / np.log(time / 20.0)
    assert exponent.mean() == pytest.approx(0.049, rel=0.01)
    assert exponent.std() == pytest.approx(0.008, rel=0.03)


def test_relaxation_broadens_by_decades() -> None:
    cells = populate(np.full(MANY, 1e-4), [Relaxation(time=1e4, spread=1e-6, mean=-0.5e-6)], seed=5)
    assert cells.mean() == pytest.approx(1e-4 - 2e-6, rel=1e-3)
    assert cells.std() == pytest.approx(4e-6, rel=0.02)


def test_arrhenius_hastens_what_is_hot() -> None:
    assert arrhenius_acceleration(1.1, 298.15) == 1
    assert arrhenius_acceleration(1.0, 398.15) == pytest.approx(
        np.exp(11604.518 * (1 / 298.15 - 1 / 398.15)), rel=1e-6
    )
    assert arrhenius_acceleration(0.5, 77.0) < 1e-20


def test_cycles_redraw_what_is_wrapped_and_nothing_else() -> None:
    target = np.full(2000, 1e-4)
    devices = [NormalSpread(relative=0.1)]
    both = [*devices, CycleToCycle(of=NormalSpread(relative=0.02))]
    first, second = (populate(target, both, seed=9, cycle=cycle) for cycle in (0, 1))
    np.testing.assert_array_equal(first, populate(target, both, seed=9))
    np.testing.assert_array_equal(*(populate(target, devices, seed=9, cycle=cycle) for cycle in (0, 1)))
    ratio = first / second
    assert ratio.std() == pytest.approx(0.02 * np.sqrt(2), rel=0.06)
    assert np.corrcoef(first, second)[0, 1] > 0.9


def test_limited_spread_stays_within_its_limit() -> None:
    cells = populate(np.full(MANY, 1e-4), [NormalSpread(relative=0.1, limit=1.0)], seed=3)
    assert np.abs(cells / 1e-4 - 1).max() <= 0.1
    assert (cells / 1e-4).std() == pytest.approx(0.1 * np.sqrt(1 - 2 * 0.24197 / 0.68269), rel=0.02)


def test_open_segments_come_in_their_share_and_are_solvable() -> None:
    from cosim.crossbar import Crossbar, Lines, solve

    segments = LineOpens(segment_share=0.02).segments((64, 48), 2.0, seed=1)
    assert segments.shape == (64, 49)
    assert np.isinf(segments).mean() == pytest.approx(0.02, abs=0.006)
    assert (segments[np.isfinite(segments)] == 2.0).all()
    array = Crossbar(
        conductance=np.full((64, 48), 1e-5),
        word_lines=Lines(segment=segments),
        bit_lines=Lines(near=np.inf, far=0.0),
    )
    whole = Crossbar(
        conductance=np.full((64, 48), 1e-5),
        word_lines=Lines(segment=2.0),
        bit_lines=Lines(near=np.inf, far=0.0),
    )
    drive = np.full(64, 0.2)
    lost = 1 - solve(array, drive).outputs.sum() / solve(whole, drive).outputs.sum()
    assert 0.1 < lost < 0.6


def test_varied_devices_are_many_devices_in_one() -> None:
    many = vary(
        KVATINSKY_2015,
        {"off_threshold": NormalSpread(relative=0.1), "on_threshold": NormalSpread(relative=0.1)},
        (30, 20),
        seed=2,
    )
    assert np.std(many.off_threshold) == pytest.approx(0.002, rel=0.1)
    assert np.mean(many.on_threshold) == pytest.approx(-0.2, rel=0.02)
    ends = apply_pulse(many, np.full((30, 20), 1.5e-9), -0.4, 1e-11)
    one = cells_of(many, (3, 4))
    assert one.on_threshold == np.asarray(many.on_threshold)[3, 4]
    assert ends[3, 4] == pytest.approx(float(apply_pulse(one, 1.5e-9, -0.4, 1e-11)), rel=1e-12)
    assert ends.std() > 0
    assert conductance(many, ends).shape == (30, 20)
    with pytest.raises(SimulationError, match="no parameter 'off_treshold'; did you mean 'off_threshold'"):
        vary(KVATINSKY_2015, {"off_treshold": NormalSpread(relative=0.1)}, (2,), seed=0)
