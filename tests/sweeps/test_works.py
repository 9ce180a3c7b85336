"""What a sweep can run: decks in both engines, networks, arrays, functions."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from command_decks import NGSPICE, PULSED
from shared_data import REPOSITORY

from cosim import spice
from cosim.cli import main
from cosim.errors import CosimError, SweepError
from cosim.josephson import simulate
from cosim.netlist import flatten, parse
from cosim.results import read_file, result_from_group, write_file
from cosim.sweeps import (
    Distribution,
    Grid,
    Plan,
    Random,
    Repetitions,
    RunSettings,
    Specification,
    make_plan,
    merge,
    run,
    status,
)
from cosim.sweeps.bundle import run_bundle
from cosim.sweeps.shards import read_shard
from cosim.sweeps.works.crossbar import CrossbarWork
from cosim.sweeps.works.deck import DeckWork
from cosim.sweeps.works.function import FunctionWork
from cosim.sweeps.works.network import NetworkWork

needs_ngspice = pytest.mark.skipif(not spice.available(), reason="ngspice is not installed")
#: Cannot be flattened for a negative SIC.
ROOTED = PULSED.replace("0.1m*SIC", "0.1m*sqrt(SIC)")
MEASURE = {"slips": "slips(B1)", "first": "first_slip(B1)", "works": "as_nominal(50p)"}


def deck_plan(folder: Path, axes, text: str = PULSED, measure=MEASURE, name: str = "sweep", **more) -> Plan:
    (folder / "deck.cir").write_text(text)
    keep = {key: more.pop(key) for key in ("waveforms", "run", "seed") if key in more}
    made = Specification(work=DeckWork(deck="deck.cir", **more), axes=tuple(axes), measure=measure, **keep)
    return make_plan(made, folder / name, base=folder)


def column(plan: Plan, name: str) -> np.ndarray:
    return np.asarray(merge(plan).arrays[name].values)


def test_a_deck_gives_what_single_runs_give(tmp_path):
    values = (0.7, 0.9, 1.0, 1.1, 2.5)
    plan = deck_plan(tmp_path, [Grid(name="SIC", values=values)])
    run(plan, jobs=0)
    singles = [simulate(flatten(parse(PULSED), {"SIC": value})) for value in values]
    expected = [len(single.pulse_times("B1")) for single in singles]
    assert expected[2] == 2 and expected[-1] == 0, "the deck does different things"
    assert column(plan, "slips").tolist() == expected
    assert column(plan, "works").tolist() == [float(count == 2) for count in expected]
    firsts = [
        single.pulse_times("B1")[0] if n else np.nan for single, n in zip(singles, expected, strict=True)
    ]
    # Equal steps for slip counts against controlled ones: arrival times agree to a fraction of a step.
    assert np.allclose(column(plan, "first"), firsts, rtol=0.0, atol=0.05e-12, equal_nan=True)
    assert merge(plan).arrays["first"].units == "s"


def test_neighbours_in_the_batch_do_not_matter(tmp_path):
    axes = [Grid.between("SIC", 0.8, 1.2, 5), Grid.between("bias", 0.9, 1.1, 5)]
    together = deck_plan(tmp_path, axes, name="together", run=RunSettings(bundle=25))
    apart = deck_plan(tmp_path, axes, name="apart", run=RunSettings(bundle=1))
    for plan in (together, apart):
        run(plan, jobs=0)
    for name in MEASURE:
        assert np.array_equal(column(together, name), column(apart, name), equal_nan=True), name


def test_factors_on_elements_of_a_deck_without_parameters(tmp_path):
    plan = deck_plan(tmp_path, [Grid(name="critical_current(B1)", values=(1.0, 2.5))])
    run(plan, jobs=0)
    assert column(plan, "slips").tolist() == [2.0, 0.0]


RULES = """
[[count]]
junction = "B1"
from = "0p"
to = "100p"
expect = 2
[[arrival]]
junction = "B1"
pulse = 1
earliest = "20p"
latest = "{latest}"
"""


def test_rules_of_a_specification(tmp_path):
    (tmp_path / "rules.toml").write_text(RULES.format(latest="30p"))
    (tmp_path / "strict.toml").write_text(RULES.format(latest="21p"))
    measure = {"kept": "meets(rules.toml)", "strict": "meets(strict.toml)"}
    plan = deck_plan(tmp_path, [Grid(name="SIC", values=(1.0, 2.5))], measure=measure)
    (tmp_path / "rules.toml").unlink()
    run(plan, jobs=0)
    assert column(plan, "kept").tolist() == [1.0, 0.0]
    assert column(plan, "strict").tolist() == [0.0, 0.0]
    with pytest.raises(CosimError, match=r"nowhere\.toml: No such file"):
        deck_plan(tmp_path, [], measure={"x": "meets(nowhere.toml)"}, name="other")


def test_waveforms_are_kept_where_asked_and_only_those(tmp_path):
    plan = deck_plan(
        tmp_path, [Grid(name="SIC", values=(1.0, 1.1))], waveforms=("V(B1)",),
        measure={"peak": "maximum(V(B1))", "late": "maximum(V(B1), 60p, 100p)"},
    )  # fmt: skip
    run(plan, jobs=0)
    write_file(tmp_path / "merged.h5", merge(plan))
    kept = read_file(tmp_path / "merged.h5").groups["waveforms"].groups
    wave = result_from_group(kept["0000001"])
    assert list(wave.signals) == ["V(B1)"]
    assert wave["V(B1)"].max() == column(plan, "peak")[1]
    assert merge(plan).arrays["peak"].units == "V"
    merged, part = str(tmp_path / "merged.h5"), "waveforms/0000001"
    for arguments in (["plot", merged], ["convert", merged, str(tmp_path / "one.csv")]):
        answer = CliRunner().invoke(main, [*arguments, "--part", part])
        assert answer.exit_code == 0, answer.output
    lost = CliRunner().invoke(main, ["plot", merged, "--part", "waveforms/0000007"])
    assert lost.exit_code == 1 and "it has 0000000, 0000001" in lost.output


def test_a_deck_with_noise_depends_on_the_seed_of_the_case(tmp_path):
    noisy = PULSED.replace("R1 1 0 2.744", "R1 1 0 2.744 temp=300 neb=1e12")
    axes = [Repetitions(count=3)]
    measure = {"first": "first_slip(B1)"}
    first = deck_plan(tmp_path, axes, noisy, measure, "one", seed=1)
    again = deck_plan(tmp_path, axes, noisy, measure, "again", seed=1, run=RunSettings(bundle=1))
    other = deck_plan(tmp_path, axes, noisy, measure, "other", seed=2)
    for plan in (first, again, other):
        run(plan, jobs=0)
    times = column(first, "first")
    assert len(set(times.tolist())) == 3
    assert np.array_equal(times, column(again, "first"))
    assert not np.any(times == column(other, "first"))


def test_the_plan_keeps_the_deck_with_its_includes(tmp_path):
    (tmp_path / "model.inc").write_text(
        ".model jj1 jj(rtype=1, vg=2.8m, cap=0.07p, r0=160, rn=16, icrit=0.1m*SIC)\n"
    )
    lines = [line for line in PULSED.splitlines() if not line.startswith(".model")]
    text = "\n".join([*lines[:2], ".include model.inc", *lines[2:]]) + "\n"
    plan = deck_plan(tmp_path, [Grid(name="SIC", values=(1.0, 2.5))], text)
    (tmp_path / "model.inc").unlink()
    (tmp_path / "deck.cir").unlink()
    run(plan, jobs=0)
    assert column(plan, "slips").tolist() == [2.0, 0.0]


def test_ids_follow_the_deck_its_includes_and_what_is_asked_for(tmp_path):
    axes = [Grid(name="SIC", values=(1.0, 1.1))]

    def identities(model: str, name: str, **more) -> list[str]:
        (tmp_path / "model.inc").write_text(model)
        lines = [line for line in PULSED.splitlines() if not line.startswith(".model")]
        text = "\n".join([*lines[:2], ".include model.inc", *lines[2:]]) + "\n"
        space = deck_plan(tmp_path, axes, text, name=name, **more).space
        return [space.case(index).id for index in range(len(space))]

    (model,) = [line + "\n" for line in PULSED.splitlines() if line.startswith(".model")]
    first = identities(model, "one")
    assert len(set(first)) == 2
    assert identities(model, "same") == first
    changed = [
        identities(model.replace("cap=0.07p", "cap=0.08p"), "include"),
        identities(model, "seed", seed=1),
        identities(model, "stop", stop="90p"),
        identities(model, "engine", step="0.1p"),
    ]
    everything = [*first, *(name for names in changed for name in names)]
    assert len(set(everything)) == len(everything)


@pytest.mark.parametrize(
    ("axes", "measure", "said"),
    [
        ([Grid(name="SCI", values=(1.0,))], MEASURE, r"no \.param SCI; did you mean 'SIC'"),
        ([Grid(name="inductance(LX)", values=(1.0,))], MEASURE, "the deck has no such element"),
        ([], {"x": "slips(B2)"}, "the deck has no junction B2"),
        ([], {"x": "slip(B1)"}, "no measurement 'slip'; did you mean 'slips'"),
        ([], {"x": "slips()"}, "1 to 3 arguments are needed, got 0"),
        ([], {"x": "maximum(V(7))"}, r"V\(7\): the deck does not print it"),
        ([], {"x": "slips B1"}, "expected a call such as slips"),
        ([], {}, "name what to keep of each run"),
        ([Grid(name="SIC", values=("exact",))], MEASURE, "parameter SIC of a deck is a number, got 'exact'"),
        ([Grid(name="SIC", values=(-2.0,))], MEASURE, r"case 0 \(SIC=-2\)"),
    ],
)
def test_mistakes_show_when_the_sweep_is_planned(tmp_path, axes, measure, said):
    with pytest.raises(CosimError, match=said):
        deck_plan(tmp_path, axes, ROOTED, measure)
    assert not (tmp_path / "sweep" / "plan.json").exists()


def test_a_case_that_cannot_be_set_up_fails_alone(tmp_path):
    plan = deck_plan(tmp_path, [Grid(name="SIC", values=(1.0, -1.0, 1.1))], ROOTED, run=RunSettings(bundle=3))
    run(plan, jobs=0)
    found = status(plan)
    assert (found.completed, found.failed) == (2, 1)
    assert found.failures[0].case == 1
    assert column(plan, "slips")[[0, 2]].tolist() == [2.0, 2.0]


@needs_ngspice
def test_a_deck_of_an_ngspice_user(tmp_path):
    text = NGSPICE.replace("C1 out 0 1p", ".param C=1p\nC1 out 0 {C}")
    plan = deck_plan(
        tmp_path, [Grid(name="C", values=(1e-12, 10e-12))], text, {"end": "at(V(out), 11n)"}, engine="ngspice"
    )
    run(plan, jobs=0)
    # An RC low-pass 10.5 ns after the middle of the rise of 1 ns, which is short against RC.
    expected = 1.0 - np.exp(-10.5e-9 / (1e3 * np.array([1e-12, 10e-12])))
    assert np.allclose(column(plan, "end"), expected, atol=1e-3)
    assert "ngspice" in plan.versions


@needs_ngspice
def test_josephson_junctions_in_ngspice_agree(tmp_path):
    axes = [Grid(name="SIC", values=(1.0, 2.5))]
    ours, theirs = (
        deck_plan(tmp_path, axes, name="ours"),
        deck_plan(tmp_path, axes, engine="ngspice", name="theirs"),
    )
    for plan in (ours, theirs):
        run(plan, jobs=0)
    assert column(ours, "slips").tolist() == column(theirs, "slips").tolist() == [2.0, 0.0]
    assert np.allclose(column(ours, "first"), column(theirs, "first"), atol=0.05e-12, equal_nan=True)


@needs_ngspice
def test_ngspice_s_last_words_are_kept(tmp_path):
    text = "title\n.param C=1\nV1 in 0 1\nR1 in out 1k\nD1 out 0 nomodel\n.tran 1n 10n\n.end\n"
    axes, measure = [Grid(name="C", values=(1.0,))], {"x": "final(V(out))"}
    plan = deck_plan(tmp_path, axes, text, measure, engine="ngspice")
    run(plan, jobs=0)
    (failure,) = status(plan).failures
    assert failure.cause.startswith("ngspice failed")
    assert "nomodel" in failure.words


def test_an_evaluation_of_a_mapped_network(tmp_path):
    shutil.copy(REPOSITORY / "netlists" / "networks" / "xor_221.nir", tmp_path)
    made = Specification(
        work=NetworkWork(network="xor_221.nir"),
        axes=(Grid(name="period", values=(300e-12, 40e-12)),),
        measure={"right": "right", "latency": "latency", "junctions": "junctions"},
    )
    plan = make_plan(made, tmp_path / "sweep", base=tmp_path)
    run(plan, jobs=0)
    assert column(plan, "right")[0] == 1.0
    assert column(plan, "junctions")[0] == 30.0
    assert 20e-12 < column(plan, "latency")[0] < 100e-12
    with pytest.raises(SweepError, match="no option 'perod'; did you mean 'period'"):
        make_plan(
            Specification(work=NetworkWork(network="xor_221.nir"), axes=(Grid(name="perod", values=(1.0,)),)),
            tmp_path / "wrong", base=tmp_path,
        )  # fmt: skip


def test_an_array_errs_more_with_more_line_resistance(tmp_path):
    made = Specification(
        work=CrossbarWork(rows=16, columns=8), axes=(Grid(name="segment", values=(0.0, 1.0, 10.0)),)
    )
    plan = make_plan(made, tmp_path / "sweep")
    run(plan, jobs=0)
    error = column(plan, "error")
    assert error[0] < 1e-9 < error[1] < error[2]
    assert column(plan, "power").min() > 0.0


def test_a_function_of_a_module_and_random_parameters(tmp_path):
    laws = {
        "x": Distribution(name="norm", arguments={"loc": 3.0}),
        "y": Distribution(name="uniform", arguments={"loc": 1.0}),
    }
    made = Specification(
        work=FunctionWork(function="math:atan2"), axes=(Random(samples=5, distributions=laws),)
    )
    with pytest.raises(SweepError, match="cannot be called with this sweep's parameters"):
        make_plan(made, tmp_path / "refused")
    made = Specification(work=FunctionWork(function="colorsys:rgb_to_hsv", arguments={"b": 0.5}),
                         axes=(Grid(name="r", values=(0.1, 0.9)), Grid(name="g", values=(0.2,))))  # fmt: skip
    plan = make_plan(made, tmp_path / "sweep")
    run(plan, jobs=0)
    assert merge(plan).arrays["value"].dimensions == ("r", "g", "value_0")


def test_a_parameter_that_the_function_does_not_take(functions):
    made = Specification(
        work=FunctionWork(function="functions.py:short", arguments={"log": "", "b": 1}),
        axes=(Grid(name="aa", values=(1.0,)),),
    )
    with pytest.raises(SweepError, match="missing a required argument: 'a'"):
        make_plan(made, functions / "sweep", base=functions)


def test_arrays_of_different_lengths_are_filled_up(functions):
    (functions / "ragged.py").write_text(
        "def f(n):\n    return {'v': list(range(int(n))), 't': str(n), 'ok': n > 2}\n"
    )
    made = Specification(
        work=FunctionWork(function="ragged.py:f"),
        axes=(Grid(name="n", values=(1, 3)),),
        run=RunSettings(bundle=1),
    )
    plan = make_plan(made, functions / "sweep", base=functions)
    run(plan, jobs=0)
    arrays = merge(plan).arrays
    assert np.array_equal(arrays["v"].values, [[0, np.nan, np.nan], [0, 1, 2]], equal_nan=True)
    assert arrays["t"].values.tolist() == ["1.0", "3.0"]  # type: ignore[union-attr]
    assert arrays["ok"].values.tolist() == [0.0, 1.0]  # type: ignore[union-attr]


def test_threads_of_workers_are_pinned_to_one(functions):
    (functions / "pinned.py").write_text(
        "import os\ndef f(a):\n    import numba\n    names = ('OMP', 'OPENBLAS', 'MKL', 'NUMBA')\n"
        "    return {'set': ' '.join(os.environ[n + '_NUM_THREADS'] for n in names),\n"
        "            'numba': numba.get_num_threads()}\n"
    )
    plan = make_plan(
        Specification(work=FunctionWork(function="pinned.py:f"), axes=(Grid(name="a", values=(1.0,)),)),
        functions / "sweep", base=functions,
    )  # fmt: skip
    run(plan, jobs=1)
    arrays = merge(plan).arrays
    assert arrays["set"].values.tolist() == ["1 1 1 1"]  # type: ignore[union-attr]
    assert arrays["numba"].values.tolist() == [1.0]  # type: ignore[union-attr]


def test_a_bundle_is_what_an_executor_runs(plan_of):
    plan = plan_of(bundle=10)
    report = run_bundle(str(plan.folder), 2, isolated=False)
    assert (report.state, report.completed, report.failed) == ("done", 10, 0)
    assert sorted(read_shard(plan, 2).outcomes) == list(range(20, 30))
    assert run_bundle(str(plan.folder), 2, isolated=False).state == "there"


def test_transparencies_need_different_harmonics_and_do_not_share_a_batch(tmp_path):
    text = PULSED.replace(".param SIC=1", ".param D=0.3").replace(
        "icrit=0.1m*SIC", "icrit=0.1m, t=4.2, tc=9, d=D"
    )
    plan = deck_plan(tmp_path, [Grid(name="D", values=(0.1, 0.3, 0.9))], text)
    run(plan, jobs=0)
    assert status(plan).completed == 3, status(plan).failures
    singles = [simulate(flatten(parse(text), {"D": value})).pulse_times("B1")[0] for value in (0.1, 0.3, 0.9)]
    assert np.allclose(column(plan, "first"), singles, atol=0.05e-12)
