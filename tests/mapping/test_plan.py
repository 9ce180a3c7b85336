"""Arrival times: splitter trees, stages, leads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosim.circuits import Timing
from cosim.errors import MappingError
from cosim.mapping.plan import Branch, Delays, Node, balance, lead, tree_depths

DELAYS = Delays(stage=2.0e-12, splitter=7.0e-12)


def timing(**changes: float | tuple[float, float]) -> Timing:
    values = {
        "latency": 9e-12,
        "latency_all": 7e-12,
        "refractory": 60e-12,
        "leak": 20e-12,
        "coincidence": 15e-12,
        "inhibition_lead": (0.0, 20e-12),
    }
    return Timing(**(values | changes))  # type: ignore[arg-type]


def node(name: str, *inputs: tuple[str, int], **changes: float | tuple[float, float]) -> Node:
    branches = tuple(
        Branch(signal=signal, neuron=name, slot=slot, sign=sign) for slot, (signal, sign) in enumerate(inputs)
    )
    return Node(name=name, timing=timing(**changes), branches=branches)


@given(st.integers(1, 200))
def test_a_tree_has_a_leaf_for_each_user_and_is_as_flat_as_can_be(leaves: int) -> None:
    depths = tree_depths(leaves)
    assert len(depths) == leaves
    assert sum(2.0**-d for d in depths) == pytest.approx(1.0)
    assert max(depths) - min(depths) <= 1


def test_excitation_arrives_together_and_inhibition_ahead() -> None:
    late = node("N0_0", ("IN0", 1), ("IN1", 1))
    early = node("N0_1", ("IN1", 1), latency=3e-12)
    last = node("N1_0", ("N0_0", 1), ("N0_1", -1))
    planned = {n.name: n for n in balance([late, early, last], {"IN0": 0.0, "IN1": 0.0}, DELAYS)}
    excitation, inhibition = planned["N1_0"].branches
    # N0_0 fires 2 ps before its time when both inputs are on; inhibition leads even then.
    wanted = lead(last.timing) + 2e-12
    assert excitation.arrival - inhibition.arrival == pytest.approx(wanted, abs=DELAYS.stage)
    assert abs(excitation.skew) <= 0.5 * DELAYS.stage + 1e-18
    first = planned["N0_0"].branches
    assert first[0].arrival == pytest.approx(first[1].arrival, abs=0.5 * DELAYS.stage)
    assert planned["N0_0"].output > first[0].arrival


def test_a_stage_that_is_too_coarse_is_an_error_that_names_the_neuron() -> None:
    coarse = Delays(stage=8e-12, splitter=7e-12)
    picky = node("N0_1", ("IN0", 1), ("IN1", 1), coincidence=1e-12)
    other = node("N0_0", ("IN0", 1))
    with pytest.raises(MappingError, match=r"N0_1.*finer delay cell"):
        balance([other, picky], {"IN0": 0.0, "IN1": 3e-12}, coarse)
