"""What decks in use write in `.print`, and what it means in the flat circuit."""

from __future__ import annotations

import pytest

from cosim.errors import NetlistError
from cosim.netlist import flatten, parse, write

CELL = ".subckt cell a\nR1 a n 1\nL6 n 0 1p\n.ends\nX1 5 cell\nX2 6 cell\nI1 0 5 1u\nI2 0 6 1u\n"


def probes_of(card, cell=CELL):
    return flatten(parse(cell + card, "deck.cir")).probes


@pytest.mark.parametrize("spelling", ["L6_X1", "X1_L6", "l6.x1", "L6|X1"])
def test_levels_with_underscores(spelling):
    (probe,) = probes_of(f".print DEVI {spelling}")
    assert probe.element == "L6|X1"


@pytest.mark.parametrize("spelling", ["N_X2", "X2_N", "N|X2"])
def test_nodes_with_underscores(spelling):
    (probe,) = probes_of(f".print NODEV {spelling} 0")
    assert probe.nodes == ("N|X2", "0")


def test_a_name_with_an_underscore_comes_first():
    (probe,) = probes_of(".print i(L6_X1)", CELL + "L6_X1 6 0 2p\n")
    assert probe.element == "L6_X1"


def test_underscores_that_mean_two_things_mean_none():
    cells = ".subckt d a\nR1 a 0 1\n.ends\n.subckt f a\nX2 a d\n.ends\nX3 5 f\nX2_X3 5 d\n"
    with pytest.raises(NetlistError, match="there is no element 'R1_X2_X3'"):
        probes_of(".print i(R1_X2_X3)", cells)


@pytest.mark.parametrize(
    ("word", "kind"),
    [("DIVV", "V"), ("devv", "V"), ("divi", "I"), ("PHASE", "P"), ("devp", "P"), ("dive", "P")],
)
def test_keywords_are_known_by_their_last_letter(word, kind):
    (probe,) = probes_of(f".print {word} R1|X1")
    assert (probe.kind, probe.element) == (kind, "R1|X1")


def test_difference_of_two_devices():
    (probe,) = probes_of(".print v(R1.X1,R1.X2)")
    assert (probe.element, probe.minus, probe.label) == ("R1|X1", "R1|X2", "V(R1|X1,R1|X2)")


def test_missing_probes_are_refused_or_handed_over():
    deck = parse(CELL + ".print i(R9)\n.print v(5) p(nowhere)", "deck.cir")
    with pytest.raises(NetlistError, match="there is no element 'R9'"):
        flatten(deck)
    missing = []
    circuit = flatten(deck, on_missing_probe=missing.append)
    assert [probe.label for probe in circuit.probes] == ["V(5)"]
    assert [error.line for error in missing] == [9, 10]


def test_definitions_that_an_include_repeats_count_once(tmp_path):
    (tmp_path / "models.cir").write_text(
        ".param ic=0.1m\n.model jj1 jj(icrit=ic)\n.subckt cell a\nB1 a 0 jj1\n.ends\n"
    )
    text = ".include models.cir\n.include models.cir\nX1 1 cell\nI1 0 1 1u\n"
    deck = parse(text, str(tmp_path / "deck.cir"))
    assert len(deck.subcircuits) == len(deck.models) == len(deck.parameters) == 1
    assert [element.name for element in flatten(deck).elements] == ["B1|X1", "I1"]


@pytest.mark.parametrize(
    ("card", "value"),
    [("R1 1 0 7.06ohm *SHUNT=16.74", 7.06), ("R1 1 0 7.06 fchec", 7.06), (".param r=0.7'\nR1 1 0 r", 0.7)],
)
def test_what_editors_leave_on_cards(card, value):
    deck = parse(card)
    assert flatten(deck).elements[0].resistance == value
    assert parse(write(deck)) == deck
