"""Margins of small circuits: their ends hold when single circuits are run one by one."""

from __future__ import annotations

import numpy as np
import pytest
from analysis.decks import line_criterion, line_deck, veto_deck

from cosim.analysis import (
    DeckParameter,
    ElementGroup,
    SpikeTable,
    Subject,
    element_parameters,
    margins,
    standard_parameters,
)
from cosim.errors import CosimError
from cosim.josephson import simulate
from cosim.netlist import flatten
from cosim.results import Pulses

GROUPS = {
    "SIB": ElementGroup(label="bias", kind="bias"),
    "SIC": ElementGroup(label="critical current", kind="critical_current"),
    "SL": ElementGroup(label="inductance", kind="inductance"),
    "SR": ElementGroup(label="resistance", kind="resistance", exclude=("RT",)),
}


@pytest.fixture(scope="module")
def table():
    return margins(line_deck(), line_criterion(), [DeckParameter(name=name) for name in GROUPS])


def works_alone(name: str, factor: float) -> bool:
    """One circuit, at the engine's default accuracy, counted slip by slip in its own code."""
    run = simulate(flatten(line_deck(), {name: factor}))
    criterion = line_criterion()
    for junction, expected in zip(criterion.junctions, criterion.expected, strict=True):
        times, signs = run.pulses.of(junction)
        got = np.histogram(times, criterion.edges, weights=signs.astype(float))[0]
        if not np.array_equal(got, expected):
            return False
    return True


@pytest.mark.parametrize("name", list(GROUPS))
def test_ends_hold_when_run_one_by_one(table, name: str) -> None:
    row = table[name]
    for end in (row.low, row.high):
        assert works_alone(name, end.factor)
        if end.failing is None:
            assert end.limited_by == "range" and end.factor in (0.1, 1.9)
        else:
            assert not works_alone(name, end.failing)
            assert abs(end.failing - end.factor) <= 0.005 * 1.0000001
            assert end.reason is not None and end.reason.got != end.reason.expected


def test_the_line_has_margins_of_a_usual_size(table) -> None:
    """Bias −37/+42 %, critical current −30/+34 %: both ends shift if physics or search do."""
    low, high = table["sib"].margins
    assert low == pytest.approx(-0.374, abs=0.006) and high == pytest.approx(0.422, abs=0.006)
    low, high = table["SIC"].margins
    assert low == pytest.approx(-0.300, abs=0.006) and high == pytest.approx(0.341, abs=0.006)
    assert table.critical == pytest.approx(0.30, abs=0.006)
    assert table.critical_row.label == "SIC"
    assert table.critical_end is table.critical_row.low


def test_groups_of_elements_give_what_parameters_of_the_deck_give(table) -> None:
    groups = margins(flatten(line_deck()), line_criterion(), list(GROUPS.values()))
    for name, group in GROUPS.items():
        ours, theirs = groups[group.label], table[name]
        assert ours.margins == pytest.approx(theirs.margins, abs=1e-12)
        assert ours.low.failing == theirs.low.failing and ours.high.failing == theirs.high.failing


def test_threads_and_the_step_do_not_move_the_ends() -> None:
    parameters = [GROUPS["SIB"], GROUPS["SIC"]]
    usual = margins(line_deck(), line_criterion(), parameters, resolution=0.01, threads=2)
    single = margins(line_deck(), line_criterion(), parameters, resolution=0.01, threads=1)
    fine = margins(line_deck(), line_criterion(), parameters, resolution=0.01, step=0.05e-12)
    for a, b, c in zip(usual.rows, single.rows, fine.rows, strict=True):
        # Other numbers of lanes divide brackets elsewhere: the ends agree to the resolution.
        assert a.margins == pytest.approx(b.margins, abs=0.0101)
        assert a.margins == pytest.approx(c.margins, abs=0.0101)


def test_a_circuit_that_fails_at_nominal_has_no_margin_and_the_table_says_why() -> None:
    wrong = line_criterion("111")
    table = margins(line_deck("101"), wrong, [DeckParameter(name="SIB")])
    assert table.nominal_failure is not None and table.nominal_failure.window == 1
    assert table.critical == 0.0 and table["SIB"].margins == (0.0, 0.0)
    assert "fails at nominal: B1|X1: 0 for 1 in window 1" in table.text()


def test_a_function_is_a_criterion(table) -> None:
    def eight(pulses: Pulses) -> bool:
        return len(pulses) == 8

    other = margins(line_deck(), eight, [DeckParameter(name="SIB")])
    assert other["SIB"].margins == pytest.approx(table["SIB"].margins, abs=0.006)


def test_coupling_ends_at_the_physical_limit() -> None:
    deck = veto_deck()
    subject = Subject.of(deck)
    edges = np.array([40.0, 140.0, 240.0, 340.0]) * 1e-12
    criterion = SpikeTable(junctions=("BT",), edges=edges, expected=np.array([[1, 0, 0]]))
    group = ElementGroup(label="coupling", kind="coupling")
    assert subject.limits(group, 0.1, 1.9)[1] == pytest.approx(1.0 / 0.6, rel=2e-3)
    deck_end = subject.limits(DeckParameter(name="SK"), 0.1, 1.9)[1]
    assert deck_end == pytest.approx(1.0 / 0.6, rel=2e-3) and deck_end < 1.0 / 0.6
    table = margins(deck, criterion, [group, DeckParameter(name="SK")])
    assert table.nominal_failure is None
    for row in table.rows:
        assert row.low.limited_by == "criterion" and row.low.reason is not None
        assert row.low.reason.window == 1  # too weak a coupling no longer vetoes
        assert row.high.limited_by == "physics" and row.high.failing is None
        assert row.high.factor * 0.6 < 1.0
    assert "physical limit" in table.text()


def test_text_and_arrays_hold_the_same_numbers(table) -> None:
    columns = table.arrays()
    assert columns["parameter"].tolist() == list(GROUPS)
    assert columns["margin_low"].tolist() == [row.margins[0] for row in table.rows]
    assert np.isnan(columns["failing_high"][2])  # inductance is open above
    assert columns["limited_by_high"].tolist()[2] == "range"
    lines = table.text().splitlines()
    assert len(lines) == 6 and ">+90.0 %" in lines[3]
    assert lines[-1] == "critical margin 30.0 %: SIC, low end"


def test_standard_and_single_element_parameters() -> None:
    circuit = flatten(veto_deck())
    assert [p.label for p in standard_parameters(circuit)] == [
        "bias",
        "critical current",
        "inductance",
        "resistance",
        "coupling",
    ]
    thresholds = standard_parameters(circuit, threshold=("IB",))
    assert thresholds[0].label == "threshold bias"  # no other bias is left
    singles = element_parameters(circuit, ("inductance", "bias"), exclude=("LP",))
    assert [p.label for p in singles] == ["LS", "IB"]


def test_errors_say_what_is_wrong() -> None:
    deck, criterion = line_deck(), line_criterion()
    with pytest.raises(CosimError, match="SIB"):
        margins(deck, criterion, [DeckParameter(name="SIBB")])
    with pytest.raises(CosimError, match="did you mean 'inductance'"):
        ElementGroup(label="l", kind="inductence")
    with pytest.raises(CosimError, match="no element of kind capacitance"):
        margins(deck, criterion, [ElementGroup(label="c", kind="capacitance")])
    with pytest.raises(CosimError, match="only a flat circuit"):
        margins(flatten(deck), criterion, [DeckParameter(name="SIB")])
    with pytest.raises(CosimError, match="low < 1 < high"):
        margins(deck, criterion, [DeckParameter(name="SIB")], low=1.1)
