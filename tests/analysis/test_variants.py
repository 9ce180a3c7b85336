"""Variants by arrays are the variants that re-flattened decks give."""

from __future__ import annotations

import numpy as np
import pytest
from analysis.decks import line_deck, veto_deck

from cosim.analysis import DeckParameter, ElementGroup, Subject
from cosim.analysis.subject import _largest_coupling
from cosim.errors import SimulationError
from cosim.josephson import BatchResult, Topology, Values, simulate_batch
from cosim.netlist import flatten, parse

STEP = 0.2e-12


def same(a: BatchResult, b: BatchResult) -> bool:
    return (
        len(a.time) == len(b.time)
        and np.array_equal(a.variant, b.variant)
        and np.array_equal(a.junction, b.junction)
        and np.allclose(a.time, b.time, atol=1e-17, rtol=0.0)
    )


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("SIB", ElementGroup(label="b", kind="bias")),
        ("SIC", ElementGroup(label="c", kind="critical_current")),
        ("SL", ElementGroup(label="l", kind="inductance")),
        ("SR", ElementGroup(label="r", kind="resistance", exclude=("RT",))),
    ],
)
def test_scaled_arrays_are_re_flattened_decks(name: str, group: ElementGroup) -> None:
    subject = Subject.of(line_deck())
    factors = (0.8, 0.95, 1.1)
    arrays = subject.simulate([{group: f} for f in factors], step=STEP, threads=1)
    decks = subject.simulate([{DeckParameter(name=name): f} for f in factors], step=STEP, threads=1)
    assert len(arrays.time) > 0 and same(arrays, decks)


def test_parameters_of_both_kinds_combine() -> None:
    subject = Subject.of(line_deck())
    bias, deck_bias = ElementGroup(label="b", kind="bias"), DeckParameter(name="SIB")
    both = subject.simulate([{bias: 1.1, deck_bias: 0.9}, {}], step=STEP, threads=1)
    one = subject.simulate([{bias: 0.99}, {}], step=STEP, threads=1)
    assert same(both, one)


def test_overrides_hold_for_all_variants() -> None:
    subject = Subject.of(line_deck(), {"sl": 1.2})
    plain = Subject.of(line_deck())
    scaled = plain.simulate([{DeckParameter(name="SL"): 1.2 * 0.9}], step=STEP, threads=1)
    assert same(subject.simulate([{DeckParameter(name="SL"): 0.9}], step=STEP, threads=1), scaled)


def test_source_scale_of_current_and_voltage_sources() -> None:
    text = """* both kinds of sources
.param a=1
.param v=1
.model jj jj(rtype=1, vg=2.6m, cap=0.07p, r0=160, rn=16, icrit=0.1m)
Vb 1 0 pwl(0 0 10p 0.9m*v 100p 0.9m*v)
Rb 1 2 6
Ia 0 2 pwl(0 0 20p 40u*a)
B1 2 0 jj
Rs 2 0 5
Pq 3 0 pwl(0 0.1*v 50p 0.4*v)
Lq 3 2 200p
.tran 0.05p 100p
.end
"""
    deck = parse(text)
    circuit = flatten(deck)
    topology = Topology.of(circuit)
    values = Values.of([circuit], [topology]).repeated(2)
    # Columns: IA, then VB and PQ in the order of the deck.
    scale = np.array([[1.1, 1.2, 1.2], [1.0, 1.0, 1.0]])
    ours = simulate_batch(circuit, values=values, source_scale=scale, step=STEP, threads=1)
    decks = [flatten(deck, {"A": 1.1, "V": 1.2}), circuit]
    theirs = simulate_batch(decks, step=STEP, threads=1)
    assert np.any(ours.variant == 0) and same(ours, theirs)
    assert not np.array_equal(ours.pulses(0).time, ours.pulses(1).time)


def test_shapes_that_do_not_fit_are_refused() -> None:
    circuit = flatten(line_deck())
    values = Values.of([circuit], [Topology.of(circuit)]).repeated(2)
    with pytest.raises(SimulationError, match="source_scale"):
        simulate_batch(circuit, values=values, source_scale=np.ones((2, 3)))
    with pytest.raises(SimulationError, match="values for 2 variants"):
        simulate_batch([circuit], values=values)


def test_the_largest_coupling_of_three_coils() -> None:
    """k, k and 0 around three coils: I + fK is singular at f k √2 = 1."""
    deck = veto_deck()
    text = """* three coils
L1 1 0 1p
L2 2 0 2p
L3 3 0 3p
R1 1 0 1
R2 2 0 1
R3 3 0 1
K12 L1 L2 0.4
K23 L2 L3 0.4
.tran 1p 10p
.end
"""
    circuit = flatten(parse(text))
    topology = Topology.of(circuit)
    values = Values.of([circuit], [topology])
    assert _largest_coupling(topology, values, (0, 1)) == pytest.approx(1.0 / (0.4 * np.sqrt(2.0)))
    # The first alone, beside a second of 0.4: 1 - f² 0.16 - 0.16 = 0.
    assert _largest_coupling(topology, values, (0,)) == pytest.approx(np.sqrt(0.84) / 0.4)
    one = flatten(deck)
    assert _largest_coupling(Topology.of(one), Values.of([one], [Topology.of(one)]), (0,)) == pytest.approx(
        1 / 0.6
    )
