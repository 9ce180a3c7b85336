"""Spike tables and callables, judged on batches that are made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.analysis import PulseCriterion, SpikeTable, as_criterion
from cosim.errors import CosimError, SimulationError
from cosim.josephson import BatchResult
from cosim.results import Pulses

EDGES = np.array([0.0, 10.0, 20.0]) * 1e-12


def batch(*variants: list[tuple[float, int, int]], failed: tuple[int, ...] = ()) -> BatchResult:
    """Each variant is a list of (time in ps, junction, sign)."""
    rows = [(v, *slip) for v, slips in enumerate(variants) for slip in sorted(slips)]
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    return BatchResult(
        variants=len(variants),
        names=("B1", "B2|X1", "B3"),
        time=np.array(columns[1], dtype=float) * 1e-12,
        variant=np.array(columns[0], dtype=np.int64),
        junction=np.array(columns[2], dtype=np.int64),
        sign=np.array(columns[3], dtype=np.int8),
        failed=np.isin(np.arange(len(variants)), failed),
    )


TABLE = SpikeTable(junctions=("B1", "b2.x1"), edges=EDGES, expected=np.array([[1, 0], [1, 1]]))
RIGHT = [(2.0, 0, 1), (4.0, 1, 1), (15.0, 1, 1)]


def test_right_counts_pass_and_the_earliest_disagreement_is_named() -> None:
    late = [(2.0, 0, 1), (4.0, 1, 1)]
    both = [(12.0, 0, 1), (13.0, 1, 1)]
    verdicts = TABLE.evaluate(batch(RIGHT, late, both))
    assert verdicts.passed.tolist() == [True, False, False]
    first = verdicts.first
    assert first[0] is None
    assert first[1] is not None and first[2] is not None
    assert (first[1].junction, first[1].window, first[1].got, first[1].expected) == ("B2|X1", 1, 0, 1)
    # Both junctions are wrong in window 0: the one named first is the cause.
    assert (first[2].junction, first[2].window, first[2].got, first[2].expected) == ("B1", 0, 0, 1)
    assert "B1: 0 for 1 in window 0 (0–10 ps)" in str(first[2])


def test_slips_back_cancel_slips_forth_and_other_junctions_do_not_count() -> None:
    there_and_back = [*RIGHT, (5.0, 0, 1), (6.0, 0, -1), (7.0, 2, 1)]
    outside = [*RIGHT, (25.0, 0, 1), (-1.0, 0, 1)]
    assert TABLE.evaluate(batch(there_and_back, outside)).passed.tolist() == [True, True]


def test_a_run_that_diverged_fails_even_with_right_counts() -> None:
    verdicts = TABLE.evaluate(batch(RIGHT, RIGHT, failed=(1,)))
    assert verdicts.passed.tolist() == [True, False]
    assert "grew without bound" in str(verdicts.first[1])


def test_counts_are_those_of_the_batch() -> None:
    many = batch(RIGHT, [(2.0, 1, -1), (10.0, 0, 1), (20.0, 0, 1)], [])
    counts = TABLE.counts(many)
    assert counts.shape == (3, 2, 2)
    for row, name in enumerate(TABLE.junctions):
        assert np.array_equal(counts[:, row], many.counts(name, EDGES))
    assert counts[1, 0].tolist() == [0, 1]  # 10 ps belongs to the second window, 20 ps to none


def test_a_table_from_a_reference_run_repeats_it_in_the_order_of_first_slips() -> None:
    reference = batch([(4.0, 0, 1), (2.0, 1, 1), (15.0, 1, 1)]).pulses(0)
    table = SpikeTable.of(reference, EDGES, labels=("01", "10"))
    assert table.junctions == ("B2|X1", "B1", "B3")
    assert table.expected.tolist() == [[1, 1], [1, 0], [0, 0]]
    verdict = table.evaluate(batch([]))
    assert "window 0 01" in str(verdict.first[0])
    assert SpikeTable.of(reference, EDGES, ["b1"]).expected.tolist() == [[1, 0]]


def test_a_callable_is_a_criterion_and_may_give_its_reason() -> None:
    variants = batch(RIGHT, [(2.0, 0, 1)], [], failed=(2,))

    def many(pulses: Pulses) -> bool:
        return len(pulses) > 2

    def explained(pulses: Pulses) -> str:
        return "" if len(pulses) > 2 else f"only {len(pulses)} slips"

    assert as_criterion(many).evaluate(variants).passed.tolist() == [True, False, False]
    verdicts = PulseCriterion(function=explained).evaluate(variants)
    assert verdicts.passed.tolist() == [True, False, False]
    assert str(verdicts.first[1]) == "only 1 slips"
    described = PulseCriterion(function=many, description="more than two slips")
    assert str(described.evaluate(variants).first[1]) == "more than two slips"
    assert as_criterion(TABLE) is TABLE


@pytest.mark.parametrize(
    ("junctions", "edges", "expected"),
    [
        ((), EDGES, np.zeros((0, 2))),
        (("B1",), EDGES, np.zeros((1, 3))),
        (("B1",), EDGES[::-1], np.zeros((1, 2))),
        (("B1",), EDGES[:1], np.zeros((1, 0))),
    ],
)
def test_tables_that_make_no_sense_are_refused(junctions, edges, expected) -> None:
    with pytest.raises(CosimError):
        SpikeTable(junctions=junctions, edges=edges, expected=expected)


def test_an_unknown_junction_is_an_error_with_a_suggestion() -> None:
    table = SpikeTable(junctions=("B2|X",), edges=EDGES, expected=np.zeros((1, 2)))
    with pytest.raises(SimulationError, match=r"B2\|X1"):
        table.evaluate(batch(RIGHT))
