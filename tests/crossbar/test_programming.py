"""Programming: states, pulses, verification, and what half-selected cells suffer."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from cosim.crossbar import Crossbar, Lines, solve
from cosim.crossbar.programming import (
    HALF,
    ISOLATED,
    SCHEMES,
    THIRD,
    PulseList,
    VerifyPlan,
    WritePath,
    calibrated_voltages,
    disturb,
    ideal,
    read_pulses,
    replay,
    scheme,
    single_pulse,
    write_pulses,
    write_verify,
)
from cosim.devices import (
    BENGEL_2020,
    BENGEL_2020_SPREADS,
    JIANG_2016,
    KVATINSKY_2015,
    STRUKOV_2008,
    LinearDrift,
    MeasuredDevice,
    NormalSpread,
    PulseCurve,
    Vteam,
    apply_pulse,
    conductance,
    state_for,
    vary,
)
from cosim.errors import SimulationError

TARGETS = np.random.default_rng(0).uniform(2e-5, 1e-4, (12, 10))
PLAN = VerifyPlan(
    set_voltages=(0.9, 2.0), reset_voltages=(0.9, 2.5), step=0.02, width=1e-8, tolerance=1e-6, budget=120
)
#: Moves under every voltage: what is disturbed at V/2 moves half as fast.
DRIFT = LinearDrift(on_resistance=1e4, off_resistance=1e5, thickness=10e-9, mobility=1e-14)
BARE = WritePath(device=DRIFT)
PLAN_OF_DRIFT = VerifyPlan(
    set_voltages=(0.5, 3.0), reset_voltages=(0.5, 3.0), step=0.2, width=1e-3, tolerance=2e-6, narrowing=0.5
)


def lines(segment: float) -> dict[str, Lines]:
    return {
        "word_lines": Lines(segment=segment),
        "bit_lines": Lines(segment=segment, near=np.inf, far=0.0),
    }


def test_ideal_states_have_their_conductances() -> None:
    np.testing.assert_allclose(conductance(JIANG_2016, ideal(JIANG_2016, TARGETS)), TARGETS, rtol=1e-9)
    with pytest.raises(SimulationError, match=r"target of device \(0, 1\) is 1 S; StanfordPku reaches 4.5"):
        ideal(JIANG_2016, [[1e-5, 1.0]])


def test_calibrated_pulses_hit_on_nominal_devices_and_miss_on_varied_ones() -> None:
    volts = calibrated_voltages(JIANG_2016, TARGETS, 1.7e-9, 1e-8, largest=2.5)
    assert (volts > 0).all()
    after = single_pulse(WritePath(device=JIANG_2016), TARGETS, 1.7e-9, volts, 1e-8)
    np.testing.assert_allclose(conductance(JIANG_2016, after), TARGETS, rtol=1e-4)
    volts = calibrated_voltages(DRIFT, TARGETS, 0.1, 1e-2, largest=9.0)
    many = vary(DRIFT, {"mobility": NormalSpread(relative=0.05)}, TARGETS.shape, seed=1)
    missed = conductance(many, single_pulse(WritePath(device=many), TARGETS, 0.1, volts, 1e-2))
    assert 0.05 < np.std(np.log(missed / TARGETS)) < 0.6
    with pytest.raises(SimulationError, match=r"cell \[0, 0\] is 5e-05 S; one pulse of 0.5 V and"):
        calibrated_voltages(JIANG_2016, [[5e-5]], 1.7e-9, 1e-8, largest=0.5)


def test_write_verify_converges_within_its_tolerance_and_budget() -> None:
    many = vary(JIANG_2016, {"enhancement": NormalSpread(relative=0.02)}, TARGETS.shape, seed=1)
    done = write_verify(WritePath(device=many), TARGETS, 1.7e-9, PLAN)
    assert done.verified.all()
    assert np.abs(done.error).max() <= PLAN.tolerance
    assert done.message == ""
    assert done.progress[-1] < 0.1 * done.progress[0], "the error falls"
    assert done.pulses.max() <= PLAN.budget
    assert len(done.pulse_list) == done.pulses.sum()
    again = write_verify(WritePath(device=many), TARGETS, 1.7e-9, PLAN)
    np.testing.assert_array_equal(done.state, again.state)


def test_abrupt_devices_converge_when_pulses_come_back_near_where_they_were() -> None:
    """JART sets within a pulse and resets gradually; otherwise each return climbs from the weakest."""
    many = vary(BENGEL_2020, BENGEL_2020_SPREADS, (2, 2), seed=1)
    targets = np.random.default_rng(1).uniform(2e-4, 5.5e-4, (2, 2))
    plan = {
        "set_voltages": (0.5, 1.2),
        "reset_voltages": (0.6, 2.0),
        "step": 0.02,
        "width": 1e-7,
        "tolerance": 5e-6,
        "budget": 150,
        "narrowing": 0.8,
    }
    back = write_verify(WritePath(device=many), targets, 20e25, VerifyPlan(**plan, retreat=0.1))
    anew = write_verify(WritePath(device=many), targets, 20e25, VerifyPlan(**plan))
    assert back.verified.all()
    assert back.pulses.sum() < anew.pulses.sum()


def test_what_the_budget_does_not_reach_is_a_result_with_a_message() -> None:
    short = VerifyPlan(
        set_voltages=(0.9, 2.0), reset_voltages=(0.9, 2.5), step=0.02, width=1e-8, tolerance=1e-6, budget=5
    )
    done = write_verify(WritePath(device=JIANG_2016), TARGETS, 1.7e-9, short)
    assert not done.verified.any()
    assert (done.pulses == 5).all()
    assert done.message.startswith("120 of 120 cells are not within the tolerance, first cell (0, 0) after 5")


def test_read_noise_limits_what_verification_reaches() -> None:
    noisy = VerifyPlan(
        set_voltages=(0.9, 2.0),
        reset_voltages=(0.9, 2.5),
        step=0.02,
        width=1e-8,
        tolerance=1e-6,
        budget=300,
        read_noise=0.03,
    )
    clean = write_verify(WritePath(device=JIANG_2016), TARGETS, 1.7e-9, PLAN)
    done = write_verify(WritePath(device=JIANG_2016), TARGETS, 1.7e-9, noisy, seed=1)
    assert done.verified.mean() > 0.95
    assert np.std(done.error) > 2 * np.std(clean.error)
    other = write_verify(WritePath(device=JIANG_2016), TARGETS, 1.7e-9, noisy, seed=2)
    assert not np.array_equal(done.state, other.state)


@pytest.mark.parametrize(("chosen", "share"), [(HALF, (0.5, 0.5, 0.0)), (THIRD, (1 / 3, 1 / 3, -1 / 3))])
def test_schemes_share_the_voltage_as_they_say(chosen, share: tuple[float, float, float]) -> None:
    path = WritePath(device=STRUKOV_2008, scheme=chosen)
    volts = path.cell_voltages(np.full((4, 5), 0.5), 1, 2, 1.2)
    assert volts[1, 2] == pytest.approx(1.2)
    assert volts[1, 0] == pytest.approx(share[0] * 1.2)
    assert volts[3, 2] == pytest.approx(share[1] * 1.2)
    assert volts[3, 0] == pytest.approx(share[2] * 1.2)


@pytest.mark.parametrize("name", SCHEMES)
def test_negligible_lines_are_no_lines(name: str) -> None:
    start = np.linspace(0.2, 0.8, 20).reshape(4, 5)
    bare = WritePath(device=DRIFT, scheme=scheme(name))
    wired = WritePath(device=DRIFT, scheme=scheme(name), **lines(1e-6))
    np.testing.assert_allclose(
        bare.pulse(start, 1, 2, 1.5, 5e-2), wired.pulse(start, 1, 2, 1.5, 5e-2), atol=1e-6
    )
    assert wired.read(start, 1, 2) == pytest.approx(bare.read(start, 1, 2), rel=1e-6)


def test_disturb_under_line_resistance_agrees_with_one_big_integration() -> None:
    """All states at once by SciPy, the network solved as resistors in every evaluation."""
    start = np.random.default_rng(2).uniform(0.2, 0.6, (4, 5))
    wired = lines(200.0)
    drive = HALF.drive((4, 5), 2, 3, 1.5)

    def slope(_: float, x: np.ndarray) -> np.ndarray:
        state = x.reshape(4, 5)
        array = Crossbar(conductance=conductance(DRIFT, np.clip(state, 0, 1)), **wired)
        inside = solve(array, drive, nodes=True, method="direct").nodes
        assert inside is not None
        return np.asarray(DRIFT.rate(state, inside.word_voltage[0] - inside.bit_voltage[0])).ravel()

    exact = solve_ivp(slope, (0, 0.01), start.ravel(), rtol=1e-6, atol=1e-8).y[:, -1].reshape(4, 5)
    path = WritePath(device=DRIFT, scheme=HALF, voltage_tolerance=0.002, **wired)
    found = path.pulse(start, 2, 3, 1.5, 0.01)
    assert np.abs(exact - start).max() > 0.05
    np.testing.assert_allclose(found, exact, atol=2e-5)
    rough = WritePath(device=DRIFT, scheme=HALF, voltage_tolerance=0.01, **wired)
    np.testing.assert_allclose(rough.pulse(start, 2, 3, 1.5, 0.01), exact, atol=5e-4)


def test_a_third_disturbs_more_cells_less() -> None:
    start = np.full((8, 8), 0.5)
    maps = {
        name: disturb(
            WritePath(device=DRIFT, scheme=scheme(name), **lines(5.0)), start, 3, 4, 1.5, 1e-3, count=2
        )
        for name in ("half", "third", "isolated")
    }
    assert maps["isolated"].worst == 0
    assert 0 < maps["third"].worst < 0.75 * maps["half"].worst
    touched = {name: (np.abs(found.relative) > 0.2 * found.worst).sum() for name, found in maps.items()}
    assert touched["half"] == 14
    assert touched["third"] == 63
    assert np.isnan(maps["half"].relative[3, 4])
    assert maps["half"].voltage[3, 4] < 1.5, "lines take their part"


def test_cells_far_from_their_drivers_are_written_less() -> None:
    device = Vteam(
        on_threshold=-0.5,
        off_threshold=0.5,
        on_speed=-1e-2,
        off_speed=1e-2,
        on_exponent=2.0,
        off_exponent=2.0,
        on_resistance=1e4,
        off_resistance=2e5,
    )
    path = WritePath(device=device, scheme=HALF, **lines(20.0))
    start = np.full((16, 16), 1.5e-9)
    near = path.pulse(start, 15, 0, -0.95, 2e-8)[15, 0]
    far = path.pulse(start, 0, 15, -0.95, 2e-8)[0, 15]
    assert start[0, 0] - far < 0.95 * (start[0, 0] - near)
    found = disturb(path, start, 0, 15, -0.95, 2e-8)
    assert found.worst == 0, "half of the voltage is below the threshold"
    assert disturb(path, start, 0, 15, -1.3, 2e-8).worst > 0


def test_sweeps_mend_what_disturb_has_moved() -> None:
    targets = np.random.default_rng(3).uniform(2e-5, 6e-5, (3, 3))
    path = WritePath(device=DRIFT, scheme=HALF, **lines(2.0))
    plan = {
        "set_voltages": (0.5, 3.0),
        "reset_voltages": (0.5, 3.0),
        "step": 0.2,
        "width": 1e-3,
        "tolerance": 1e-6,
        "budget": 400,
        "narrowing": 0.5,
    }
    once = write_verify(path, targets, 0.5, VerifyPlan(**plan))
    thrice = write_verify(path, targets, 0.5, VerifyPlan(**plan, sweeps=4))
    assert once.verified.all()
    assert np.abs(once.error).max() > 2 * plan["tolerance"], "verified, then disturbed by later cells"
    assert np.abs(thrice.error).max() < 0.7 * np.abs(once.error).max()
    assert len(once.progress) == 9
    assert len(thrice.progress) == 36


def test_pulse_lists_go_to_the_lab_and_come_back(tmp_path: Path) -> None:
    targets = np.random.default_rng(4).uniform(2e-5, 6e-5, (2, 3))
    path = WritePath(device=DRIFT, scheme=THIRD, **lines(2.0))
    plan = VerifyPlan(
        set_voltages=(0.5, 3.0),
        reset_voltages=(0.5, 3.0),
        step=0.2,
        width=1e-3,
        tolerance=2e-6,
        narrowing=0.5,
        period=1e-2,
    )
    done = write_verify(path, targets, 0.5, plan)
    file = tmp_path / "pulses.csv"
    write_pulses(file, done.pulse_list)
    text = file.read_text(encoding="utf-8").splitlines()
    assert text[0] == "# cosim pulse list 1; scheme third; read voltage 0.1 V"
    assert text[1] == "time,row,column,voltage,width,read_target"
    read = read_pulses(file)
    assert read.scheme is THIRD
    for name in ("time", "row", "column", "voltage", "width", "read_target"):
        np.testing.assert_array_equal(getattr(read, name), getattr(done.pulse_list, name))
    assert np.diff(read.time) == pytest.approx(1e-2)
    state, shown = replay(path, read, np.full((2, 3), 0.5))
    np.testing.assert_array_equal(state, done.state)
    last = {(int(r), int(c)): i for i, (r, c) in enumerate(zip(read.row, read.column, strict=True))}
    for place, index in last.items():
        assert abs(shown[index] - targets[place]) <= 2e-6
    with pytest.raises(SimulationError, match="for the scheme 'third'; the array is written by 'isolated'"):
        replay(WritePath(device=DRIFT), read, np.full((2, 3), 0.5))


@given(
    st.lists(
        st.tuples(
            st.floats(0, 1e3),
            st.integers(0, 500),
            st.integers(0, 500),
            st.floats(-10, 10),
            st.floats(0, 1),
            st.one_of(st.just(float("nan")), st.floats(0, 1e-2)),
        ),
        max_size=8,
    ),
    st.sampled_from(sorted(SCHEMES)),
    st.floats(1e-3, 1.0),
)
def test_any_pulse_list_comes_back_exactly(rows: list, name: str, read_voltage: float) -> None:
    table = np.array(sorted(rows), dtype=np.float64).reshape(-1, 6)
    table = table[np.argsort(table[:, 0], kind="stable")]
    given_list = PulseList(
        time=table[:, 0],
        row=table[:, 1].astype(int),
        column=table[:, 2].astype(int),
        voltage=table[:, 3],
        width=table[:, 4],
        read_target=table[:, 5],
        scheme=scheme(name),
        read_voltage=read_voltage,
    )
    with tempfile.TemporaryDirectory() as folder:
        write_pulses(Path(folder) / "pulses.csv", given_list)
        read = read_pulses(Path(folder) / "pulses.csv")
    assert (read.scheme, read.read_voltage) == (given_list.scheme, read_voltage)
    for field in ("time", "row", "column", "voltage", "width", "read_target"):
        np.testing.assert_array_equal(getattr(read, field), getattr(given_list, field))


HEAD = "# cosim pulse list 1; scheme half; read voltage 0.1 V\ntime,row,column,voltage,width,read_target\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time,row\n", r":1: not a pulse list"),
        ("# cosim pulse list 1; scheme halve; read voltage 0.1 V\n", r":1: write scheme 'halve' .* 'half'"),
        ("# cosim pulse list 1\n", r":1: heading names nothing"),
        (HEAD.replace("column", "colunm"), r":2: columns are time,row,colunm"),
        (HEAD + "0,0,0,1,1e-7\n", r":3: 5 values; expected 6"),
        (HEAD + "0,0,0,one,1e-7,\n", r":3: voltage is 'one'; expected a number"),
        (HEAD + "0,0.5,0,1,1e-7,\n", r":3: row is 0.5; expected a whole number"),
        (HEAD + "0,0,-1,1,1e-7,\n", r":3: column is -1; expected a finite number from 0 up"),
        (HEAD + "1,0,0,1,1e-7,\n0.5,0,0,1,1e-7,\n", r":4: time is 0.5 s, before the last pulse's 1 s"),
    ],
)
def test_bad_pulse_lists_are_named_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "pulses.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SimulationError, match=message):
        read_pulses(file)


def test_measured_devices_are_programmed_with_their_scatter() -> None:
    rise = 2e-6 + 4.8e-5 * (1 - np.exp(-np.arange(65) / 20)) / (1 - np.exp(-64 / 20))
    device = MeasuredDevice(
        curves=(
            PulseCurve(voltage=1.0, width=1e-7, conductance=rise, spread=np.full(65, 2e-7)),
            PulseCurve(voltage=-1.0, width=1e-7, conductance=rise[::-1], spread=np.full(65, 2e-7)),
        )
    )
    goal = np.random.default_rng(5).uniform(5e-6, 4.5e-5, (20, 20))
    plan = VerifyPlan(
        set_voltages=(1.0, 1.0), reset_voltages=(1.0, 1.0), step=0.0, width=2e-8, tolerance=5e-7, budget=500
    )
    done = write_verify(WritePath(device=device), goal, 2e-6, plan, seed=3)
    assert done.verified.mean() > 0.99
    assert np.abs(done.error[done.verified]).max() <= 5e-7
    half = disturb(WritePath(device=device, scheme=HALF), done.state, 3, 3, 1.0, 1e-7)
    assert half.worst == 0, "half of the only measured voltage is taken as too little"


def weak_plan() -> VerifyPlan:
    return VerifyPlan(
        set_voltages=(2.0, 1.0), reset_voltages=(1.0, 2.0), step=0.1, width=1e-7, tolerance=1e-6
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: write_verify(BARE, [[1e-5, np.nan]], 0.5, PLAN), r"nan S at cell \(0, 1\)"),
        (lambda: write_verify(BARE, [1e-5], 0.5, PLAN), r"targets have shape \(1,\)"),
        (lambda: write_verify(BARE, [[1e-5]], 1.5, PLAN), r"state of device \(0, 0\) is 1.5"),
        (lambda: BARE.pulse(np.full((2, 2), 0.5), 2, 0, 1.0, 1e-3), r"cell \(2, 0\) is not in"),
        (lambda: WritePath(device=DRIFT, word_lines=Lines()), "one direction only"),
        (lambda: scheme("thrid"), r"'thrid' is not known; .* did you mean 'third'"),
        (lambda: disturb(BARE, np.full((2, 2), 0.5), 0, 0, 1.0, 1e-3, count=0), "0 pulses"),
        (weak_plan, r"set voltages are 2\.0 to 1\.0 V"),
    ],
)
def test_bad_programming_is_named(call, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        call()


def test_pulses_that_outrun_the_array_are_refused() -> None:
    path = WritePath(device=KVATINSKY_2015, scheme=ISOLATED, voltage_tolerance=1e-14, **lines(100.0))
    with pytest.raises(SimulationError, match=r"cell \(0, 0\) changes the array within"):
        path.pulse(np.full((2, 2), 3e-9), 0, 0, -2.0, 1e-6)


def test_pulses_take_the_energy_of_their_power() -> None:
    """A pulse too short to move anything, on equal ohmic cells: V² / R of every path, lines included."""
    state, width = np.full((3, 3), 0.5), 1e-9
    one = 1.2**2 / 55e3
    assert BARE.pulse_energy(state, 1, 1, 1.2, width)[1] == pytest.approx(one * width, rel=1e-6)
    half = WritePath(device=DRIFT, scheme=HALF).pulse_energy(state, 1, 1, 1.2, width)[1]
    assert half == pytest.approx(one * width * (1 + 4 / 4), rel=1e-6)
    wired = WritePath(device=DRIFT, scheme=ISOLATED, **lines(1000.0)).pulse_energy(state, 1, 1, 1.2, width)[1]
    assert wired == pytest.approx(1.2**2 / (55e3 + 4e3) * width, rel=1e-6)
    done = write_verify(BARE, np.full((2, 2), 3e-5), 0.5, PLAN_OF_DRIFT)
    powers = np.array([1.2**2 * 3e-5 * 1e-3])
    assert done.energy.shape == (2, 2)
    assert 0.01 * powers < done.energy.mean() < 20 * powers


def test_an_abrupt_device_switches_in_an_array_with_lines() -> None:
    """JART sets within a fraction of a nanosecond of a 100 ns pulse; its lines then carry the current."""
    path = WritePath(device=BENGEL_2020, scheme=HALF, **lines(5.0))
    start = np.full((6, 6), 8e23)
    after = path.pulse(start, 2, 3, -1.1, 1e-7)
    assert after[2, 3] > 1.9e27
    volts = path.cell_voltages(after, 2, 3, -1.1)
    assert -1.08 < volts[2, 3] < -0.9
    others = np.delete(after.ravel(), 15)
    assert np.abs(others / 8e23 - 1).max() < 0.01


def test_states_of_targets_survive_the_round_trip_through_pulses() -> None:
    states = state_for(DRIFT, [[3e-5, 6e-5]])
    moved = apply_pulse(DRIFT, states, 0.0, 1.0)
    np.testing.assert_array_equal(states, moved)
