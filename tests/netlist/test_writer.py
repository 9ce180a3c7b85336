"""Text → deck → text: the same deck and circuit again; and any text at all is read or refused."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared_data import SHARED

from cosim.errors import NetlistError
from cosim.netlist import flatten, josim_problems, parse, parse_file, render_ngspice, write

HERE = Path(__file__).parent
DECKS = sorted((HERE / "decks").glob("*.cir")) + sorted(SHARED.glob("**/*.cir"))

EVERYTHING = """* everything at once
* second line of the description
.param sl=1
.param lj=2.07p*sl
.model jj1 jj(rtype=1, vg=2.8m, icrit=0.1m*sl, cpr={0.9, 0.1})
.subckt cell a b r=5 k2={2*r}
* what the cell does
*
* and how
.param loc=k2^2
.model own jj(t=4.2, d=0.3)
.subckt inner a
C1 a 0 1p*loc
.ends
L1 a n lj
L2 b 0 lj spread=0.1
K1 L1 L2 -0.5
B1 n 0 own ic=0.2m temp=4.2
R1 n 0 r neb=1g
X1 n inner
.ends cell
I1 0 1 pwl(0 0 10p 100u*sl 20p -(1u+2u))
I2 0 1 pulse(0 1m 1p)
V1 2 0 dc sl
V2 3 0 sin(0 1 5g)
V3 4 0 exp(0 1)
P1 5 0 pws(0 0 1p 1)
V4 6 0 noise(1n 0 1p)
V5 7 0 cus(wave.dat 1p 2)
T1 1 0 2 0 td=1p z0=5
E1 8 0 1 0 2
F1 9 0 V1 2
H1 10 0 1 0 2
G1 11 0 1 0 2
R9 11 0 1
L8 8 0 2p istar=50u*sl spread=0.1
L9 9 0 poly 2p 0 1m
F2 9 0 R9 2
R10 10 0 0
X1 1 2 cell
X2 2 3 cell r=7 L1=3p
.temp 4.2
.neb 1e12
.spread 0.1 L=0.2
.option seed=12345678901234
.tran 0.05p 1n 0 0.2p 0 DST
.print p(B1.X1) v(1,2) i(L1|X2)
.print v(R9,R10) i(L1_X1)
.file b.csv
.print p(3)
.iv jj1 1m iv.csv
.iv own.cell 1m iv2.csv
.end
"""


def same_again(deck):
    text = write(deck)
    again = parse(text)
    assert again == deck
    assert write(again) == text
    return again


@pytest.mark.parametrize("path", DECKS, ids=lambda path: path.name)
def test_real_decks_survive_writing(path):
    deck = parse_file(path)
    assert flatten(same_again(deck)) == flatten(deck)
    assert josim_problems(deck) == []


def test_everything_survives_writing():
    again = same_again(parse(EVERYTHING))
    assert again.title == "everything at once"
    assert again.subcircuit("cell").description == "what the cell does\n\nand how"
    assert len(again.statements) == 20


def test_the_text_stays_readable():
    text = write(parse(EVERYTHING))
    assert "L1 A N LJ\n" in text
    assert ".param LJ=2.07p*SL\n" in text
    assert ".subckt CELL A B R=5 K2=2*R\n* what the cell does\n*\n* and how\n" in text
    assert ".print p(B1.X1) v(1,2) i(L1.X2) v(R9,R10) i(L1_X1)\n" in text
    assert "L9 9 0 2p istar=sqrt(2p/1m)\n" in text


def test_long_cards_are_continued():
    points = " ".join(f"{i}p {i}u" for i in range(200))
    deck = parse(f"I1 0 1 pwl({points})\nR1 1 0 1")
    assert max(len(line) for line in write(deck).split("\n")) <= 110
    same_again(deck)


def test_unknown_dialects_are_refused():
    with pytest.raises(NetlistError, match="did you mean 'josim'"):
        write(parse("R1 1 0 1"), dialect="josm")


def test_what_josim_would_not_take_is_listed():
    found = "\n".join(josim_problems(parse(EVERYTHING)))
    assert "sub-circuit CELL has parameters (R, K2)" in found
    assert "CELL defines INNER inside itself" in found
    assert "L8: JoSIM has no kinetic inductance" in found
    assert "F2: JoSIM's F and H have two control nodes" in found
    assert "v(R9,R10): of two elements JoSIM prints the first alone" in found
    assert "v(1,2)" not in found
    text = ".param g=1\n.subckt c a\nR1 a 0 g*5\nR2 a 0 5*g\nR3 a 0 log10(5)\n.ends\nX1 c c"
    assert sorted(problem.split(":")[0] for problem in josim_problems(parse(text))) == [
        "sub-circuit C, R1",
        "sub-circuit C, R3",
        "the top level, X1",
    ]


def read_or_refused(text):
    try:
        deck = parse(text)
    except NetlistError:
        return
    same_again(deck)
    try:
        circuit = flatten(deck)
    except NetlistError:
        return
    assert flatten(parse(write(deck))) == circuit
    try:
        render_ngspice(deck, phases="all")
    except NetlistError:
        return


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text):
    read_or_refused(text)


WORDS = st.sampled_from(
    [
        *(
            "R1",
            "L1",
            "L2",
            "B1",
            "K1",
            "X1",
            "X2",
            "I1",
            "V1",
            "T1",
            "E1",
            "F1",
            "G1",
            "H1",
            "P1",
            "C1",
            "1",
            "2",
            "0",
            "gnd",
            "a",
            "cell",
            "jj1",
        ),
        *(
            "5",
            "2p",
            "1e999",
            "sl",
            "2*sl",
            "{sl+1}",
            "(",
            ")",
            "{",
            "}",
            "'",
            "=",
            "area=2",
            "istar=1m",
            "poly",
            "-3",
            "0.7'",
            "*SHUNT=3",
            "temp=4",
            "td=1p",
            "z0=2",
        ),
        *(
            "pwl(0 0 1p 1)",
            "pulse(0 1)",
            "sin(0 1)",
            "sin(0 1 1g 0 0 90)",
            "noise(1n 0 1p)",
            "pws(0 0 1p 1)",
            "dc",
            ".subckt",
            ".ends",
            ".param",
            ".model",
            ".tran",
            ".print",
        ),
        *(
            "jj(",
            "jj()",
            "sl=1",
            "v(1)",
            "p(B1.X1)",
            "i(L1)",
            "v(R1,L1)",
            "i(L1_X1)",
            "DEVV",
            ".control",
            ".endc",
            ".temp",
            ".spread",
            ".iv",
            ".file",
        ),
        *(".include", "+", "*", ";", ",", "|", ".", "\n", "\n", "\n", "\n", "\n"),
    ]
)


@given(st.lists(WORDS, max_size=60).map(" ".join))
def test_any_heap_of_words_is_read_or_refused(text):
    read_or_refused(text)


@given(st.integers(0, 2**32))
def test_mutated_decks_are_read_or_refused(seed):
    generator = random.Random(seed)
    text = EVERYTHING
    for _ in range(generator.choice((1, 1, 2, 4, 10))):
        start = generator.randrange(len(text))
        end = min(len(text), start + generator.choice((0, 1, 1, 3, 30)))
        source = generator.randrange(len(EVERYTHING))
        text = text[:start] + EVERYTHING[source : source + generator.randrange(20)] + text[end:]
    read_or_refused(text)
