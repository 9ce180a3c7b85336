"""Specifications: files of both kinds, rules that are kept and broken, criteria of margins."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from josephson.decks import MODEL, transmission_line
from shared_data import REPOSITORY

from cosim.analysis import (
    CountRule,
    Specification,
    Subject,
    TurnsRule,
    margins,
    read_specification,
    standard_parameters,
)
from cosim.errors import CosimError
from cosim.josephson import Samples, simulate, simulate_batch
from cosim.netlist import flatten, parse, parse_file
from cosim.results import Pulses, Result

LINE = MODEL + ".param ib=175u\n" + transmission_line(3, stop="100p").replace("175u", "{ib}")
TRAIN = Pulses.gather({"B1": ([10e-12, 30e-12], [1, 1]), "B2": ([14e-12, 35e-12], [1, 1])})
RUN = Result(time=np.linspace(0.0, 100e-12, 1001), pulses=TRAIN)
TABLE = "time  B1 P(B2)\n5E-12  0  0\n20e-12 1 1\n\n9e-11  2  2\n"


def spec(folder: Path, text: str, name: str = "rules.toml") -> Specification:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_specification(path)


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ('[[count]]\njunction = "b1"\nto = "1n"\nexpect = 2', ""),
        ('[[count]]\njunction = "B1"\nfrom = "20p"\nto = "1n"\nexpect = 2', "B1: 1 slips for 2 in window 0"),
        ('[[count]]\njunction = "B1"\nto = 1e-9\nleast = 3', "2 slips for at least 3"),
        ('[[slots]]\nstart = "0p"\nperiod = "20p"\nexpect = { B1 = [1, 1], B2 = [1, 1] }', ""),
        ('[[slots]]\nedges = ["0p", "12p", "1n"]\nexpect = { B2 = [1, 1] }', "B2: 0 slips for 1 in window 0"),
        ('[[arrival]]\njunction = "B2"\nat = "14.2p"\nwithin = "0.5p"', ""),
        ('[[arrival]]\njunction = "B2"\npulse = -1\nlatest = "34p"', "last pulse at 35.0000 ps, asked"),
        ('[[arrival]]\njunction = "B2"\npulse = 3\nlatest = "34p"', "no pulse 3, only 2 pulses"),
        ('[[delay]]\nfrom = "B1"\nto = "B2"\nleast = "4p"\nmost = "5p"', ""),
        ('[[delay]]\nfrom = "B1"\nto = "B2"\nmost = "4.5p"', "the pulse at 30 ps took 5.0000 ps"),
        ('[[delay]]\nfrom = "B2"\nto = "B1"', "the pulse at 35 ps has no answer"),
        ('[[delay]]\nfrom = "B2"\nto = "B1"\nafter = "40p"', "no pulse at B2"),
        ('[[turns]]\njunctions = ["B1"]\ntimes = ["5p", "20p"]\nturns = [[0], [1]]', ""),
        (
            '[[turns]]\njunctions = ["B1"]\ntimes = ["5p", "20p"]\nturns = [[0], [2]]',
            "1 turns for 2 at 20 ps",
        ),
        ('[[turns]]\njunctions = ["B1"]\ntimes = ["5p", "1n"]\nturns = [[0], [2]]', "ends at 100 ps"),
    ],
)
def test_rules(tmp_path: Path, rule: str, complaint: str) -> None:
    report = spec(tmp_path, rule).check(RUN)
    assert report.passed == (not complaint)
    assert complaint in " ".join(report.complaints)


@pytest.mark.parametrize(
    ("rule", "passes"),
    [
        ('measure = "most"\nlow = "0.9m"\nhigh = "1.1m"', True),
        ('measure = "least"\nlow = "-0.5m"', False),
        ('measure = "mean"\nlow = "-1u"\nhigh = "1u"', True),
        ('at = "10p"\nlow = "0.99m"', True),
        ('measure = "most"\nfrom = "15p"\nto = "25p"\nhigh = "0.8m"', True),
        ('measure = "most"\nfrom = "1n"\nto = "2n"\nhigh = "0.8m"', False),
    ],
)
def test_bounds_of_a_signal(tmp_path: Path, rule: str, passes: bool) -> None:
    time = np.linspace(0.0, 40e-12, 4001)
    run = Result(time=time, signals={"V(1)": 1e-3 * np.sin(2 * np.pi * time / 40e-12)})
    assert spec(tmp_path, f'[[signal]]\nsignal = "v(1)"\n{rule}').check(run).passed is passes


def test_a_table_of_josim_tools(tmp_path: Path) -> None:
    found = spec(tmp_path, TABLE, "cell.sp")
    (rule,) = found.rules
    assert rule == TurnsRule(
        junctions=("B1", "B2"), times=(5e-12, 20e-12, 90e-12), turns=((0, 0), (1, 1), (2, 2))
    )
    assert found.check(RUN).passed
    loose = spec(tmp_path, '[[turns]]\nfile = "cell.sp"\nthreshold = 0.3')
    assert loose.rules == (TurnsRule(**{**vars(rule), "threshold": 0.3}),)
    configuration = 'mode = "margin"\n[parameters]\nL1 = {nominal = 1}\n[margin]\nscan_steps = 2\n'
    verify = '[verify]\nmethod = "spec_file"\ncircuit = "cell.cir"\nfile = "cell.sp"\nthreshold = 0.3\n'
    assert spec(tmp_path, configuration + verify).rules == loose.rules


def test_a_phase_that_has_not_settled_breaks_a_table(tmp_path: Path) -> None:
    """Slips alone cannot tell; the phase can, as JoSIM-tools does it."""
    phase = 2.0 * np.pi * np.interp(RUN.time, [8e-12, 24e-12, 26e-12, 32e-12], [0.0, 1.0, 1.0, 2.0])
    moving = Result(time=RUN.time, signals={"P(B1)": phase, "P(B2)": phase}, pulses=TRAIN)
    report = spec(tmp_path, TABLE, "cell.sp").check(moving)
    assert "B1: 0.75 turns for 1 at 20 ps" in report.complaints[0]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.toml", "", "no rules"),
        ("a.toml", "[[count]", "a.toml:"),
        ("a.toml", '[[cuont]]\njunction = "B1"', "did you mean 'count'"),
        ("a.toml", '[[count]]\njunction = "B1"\nto = "1n"', "count 1: say how many"),
        ("a.toml", '[[count]]\njunction = "B1"\nto = "1n"\nexpect = 1\nform = 2', "no key 'form'.*'from'"),
        ("a.toml", '[[count]]\njunction = "B1"\nto = "soon"\nexpect = 1', "to is a number.*'soon'"),
        ("a.toml", '[[count]]\njunction = "B1"\nfrom = 2\nto = 1\nexpect = 1', "count 1: windows need"),
        ("a.toml", '[[count]]\nexpect = 1\nto = "1n"', "'junction' is missing"),
        ("a.toml", '[[arrival]]\njunction = "B1"\npulse = 0', "pulses count from 1"),
        ("a.toml", '[[slots]]\nperiod = "1n"\nexpect = { B1 = [1], B2 = [1, 2] }', "as many counts"),
        ("a.toml", '[[turns]]\nfile = "none.sp"', "none.sp: no such file"),
        ("a.toml", '[[signal]]\nsignal = "V(1)"\nmeasure = "median"', "measured by least, most"),
        ("a.toml", '[verify]\nmethod = "magic"\nfile = "cell.sp"', "method is 'spec', got 'magic'"),
        ("a.toml", 'mode = "margin"\n[margin]\nscan_steps = 2', "no rule 'mode'"),
        ("a.sp", "tim B1\n0 0\n", "a.sp:1: expected a head"),
        ("a.sp", "time B1\n1e-12 0\n2e-12\n", "a.sp:3: 1 fields, the head has 2"),
        ("a.sp", "time B1\n1e-12 0\n2e-12 0.5\n", "a.sp:3: expected a time and whole numbers"),
        ("a.sp", "time B1\n1e-12 0\n", "at least two"),
    ],
)
def test_broken_files_say_where(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(CosimError, match=message):
        spec(tmp_path, text, name)


LINES = st.sampled_from(
    [
        "[[count]]",
        "[[slots]]",
        "[[arrival]]",
        "[[delay]]",
        "[[turns]]",
        "[[signal]]",
        "time B1",
        "1p 0",
        "2p 1",
    ]
)
KEYS = "junction from to expect least most at within pulse period start edges times turns junctions measure"
ASSIGNMENT = st.tuples(
    st.sampled_from(KEYS.split()),
    st.sampled_from(
        ['"B1"', "1", "-1", '"5p"', "[0, 1]", '["0p", "9p"]', "{ B1 = [1] }", "nan", "1e400", "true"]
    ),
).map(" = ".join)
TEXTS = st.one_of(st.text(max_size=60), st.lists(st.one_of(LINES, ASSIGNMENT), max_size=8).map("\n".join))


@given(text=TEXTS, suffix=st.sampled_from([".toml", ".sp"]))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_specification_or_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, text: str, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    try:
        found = read_specification(path)
    except CosimError as error:
        assert str(path) in str(error)
        return
    with suppress(CosimError):
        found.check(RUN)


def test_unknown_junctions_are_errors_not_failures(tmp_path: Path) -> None:
    with pytest.raises(CosimError, match="did you mean 'B2'"):
        spec(tmp_path, '[[count]]\njunction = "B22"\nto = "1n"\nexpect = 1').check(RUN)


def test_a_failed_run_keeps_no_rule(tmp_path: Path) -> None:
    broken = Result(time=RUN.time, pulses=TRAIN, status="failed", message="it grew")
    report = spec(tmp_path, '[[count]]\njunction = "B1"\nto = "1n"\nexpect = 2').check(broken)
    assert not report.passed and "it grew" in report.complaints[0]


def line_rules(folder: Path) -> Specification:
    return spec(
        folder,
        '[[count]]\njunction = "B3"\nto = "100p"\nexpect = 1\n[[delay]]\nfrom = "B1"\nto = "B3"\nmost = "6p"',
    )


def test_a_run_is_probed_for_what_the_rules_look_at(tmp_path: Path) -> None:
    rules = spec(tmp_path, '[[turns]]\njunctions = ["B3"]\ntimes = ["10p", "90p"]\nturns = [[0], [1]]')
    deck = parse(LINE)
    assert rules.check(simulate(flatten(rules.probed(deck)))).passed
    wrong = spec(tmp_path, '[[signal]]\nsignal = "V(77)"\nmeasure = "most"\nhigh = 1')
    with pytest.raises(CosimError, match="77"):
        flatten(wrong.probed(deck))


def test_one_specification_judges_runs_and_batches_alike(tmp_path: Path) -> None:
    rules = line_rules(tmp_path)
    circuits = [flatten(parse(LINE), {"IB": ib}) for ib in (100e-6, 175e-6, 300e-6)]
    single = [rules.check(simulate(c, method="ark3", step=0.15e-12)) for c in circuits]
    batch = rules.evaluate(simulate_batch(circuits, step=0.15e-12))
    assert batch.passed.tolist() == [report.passed for report in single]
    assert not all(batch.passed) and batch.passed[1]
    for report, first in zip(single, batch.first, strict=True):
        assert (str(first) if first else "") == (report.complaints or ("",))[0]


def test_batches_keep_the_phases_that_rules_look_at(tmp_path: Path) -> None:
    """A loop that holds a quantum leaves its junction short of a turn: slips cannot tell, phases can."""
    text = (
        MODEL + ".param l=200p\nB1 1 0 jj1 area=1.6\nR1 1 0 2\nL1 1 0 {l}\n"
        "IIN 0 1 pwl(0 0 20p 0 22p 450u 24p 0)\n.tran 0.1p 120p\n.print p(B1)\n"
    )
    spec(tmp_path, "time B1\n10p 0\n100p 1\n", "cell.sp")
    loose = spec(tmp_path, '[[turns]]\nfile = "cell.sp"\nthreshold = 0.2')
    strict = spec(tmp_path, '[[turns]]\nfile = "cell.sp"\nthreshold = 0.03')
    circuits = [flatten(parse(text), {"L": value}) for value in (200e-12, 40e-12, 20e-12)]
    single = [loose.check(simulate(c, method="ark3", step=0.1e-12)) for c in circuits]
    batch = simulate_batch(circuits, step=0.1e-12, samples=loose.samples)
    assert batch.phases is not None and batch.phases.shape == (3, 1, 2)
    for k, flat in enumerate(circuits):
        phase = simulate(flat, method="ark3", step=0.1e-12)["P(B1)"][[100, 1000]]
        assert batch.phases[k, 0] == pytest.approx(phase, abs=1e-9)
    assert [len(batch.pulses(k)) for k in range(2)] == [1, 1]
    assert loose.evaluate(batch).passed.tolist() == [report.passed for report in single]
    assert loose.evaluate(batch).passed.tolist() == [True, True, False]
    assert strict.evaluate(batch).passed.tolist() == [True, False, False]
    assert "0.95 turns for 1 at 100 ps" in str(strict.evaluate(batch).first[1])


def test_phases_are_sampled_of_free_junctions_alone() -> None:
    circuits = [flatten(parse(LINE))] * 2
    with pytest.raises(CosimError, match="did you mean 'B3'"):
        simulate_batch(circuits, samples=Samples.of(["B33"], [1e-12]))
    with pytest.raises(CosimError, match="ascending times"):
        Samples.of(["B3"], [2e-12, 1e-12])
    tied = flatten(parse(MODEL + "V1 1 0 pwl(0 0 5p 1m)\nB1 1 0 jj1\n.tran 0.1p 20p\n"))
    with pytest.raises(CosimError, match="set by a source"):
        simulate_batch([tied], samples=Samples.of(["B1"], [1e-12]))


def test_margins_take_a_specification(tmp_path: Path) -> None:
    subject = Subject.of(parse(LINE))
    table = margins(subject, line_rules(tmp_path), standard_parameters(subject.circuit)[:1], resolution=0.02)
    (row,) = table.rows
    assert table.nominal_failure is None
    assert 0.3 < row.low.factor < 1.0 and "B1 to B3" in str(row.low.reason)


def test_margins_refuse_rules_that_need_waveforms(tmp_path: Path) -> None:
    rules = spec(tmp_path, '[[signal]]\nsignal = "V(1)"\nmeasure = "most"\nhigh = 1')
    subject = Subject.of(parse(LINE))
    with pytest.raises(CosimError, match="needs waveforms; margins and yields keep slips alone"):
        margins(subject, rules, standard_parameters(subject.circuit)[:1])


def test_rules_are_checked_when_they_are_made() -> None:
    with pytest.raises(CosimError, match="2 counts for 1 windows"):
        CountRule(junction="B1", edges=(0.0, 1.0), least=(1, 2), most=(1, 2))
    with pytest.raises(CosimError, match="threshold"):
        TurnsRule(junctions=("B1",), times=(0.0, 1.0), turns=((0,), (1,)), threshold=0.0)


def test_the_page_shows_files_that_hold(tmp_path: Path) -> None:
    """The TOML and the table of docs/specifications.md, on the flip-flop that they are about."""
    page = (REPOSITORY / "docs" / "specifications.md").read_text(encoding="utf-8")
    rules = re.search(r"```toml\n(.*?)```", page, re.DOTALL)
    table = re.search(r"```\n(time .*?)```", page, re.DOTALL)
    assert rules is not None and table is not None
    deck = parse_file(REPOSITORY / "netlists" / "dff.cir")
    for text, name in ((rules.group(1), "a.toml"), (table.group(1), "a.sp")):
        found = spec(tmp_path, text, name)
        report = found.check(simulate(flatten(found.probed(deck))))
        assert report.passed, report.complaints
