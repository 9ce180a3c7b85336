"""The same decks in ngspice: elements and sources that it knows only as we render them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from cosim.josephson import simulate
from cosim.netlist import flatten, parse
from cosim.spice import simulate as simulate_in_ngspice

pytestmark = pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed")

MODEL = ".model jj1 jj(rtype=1, vg=2.8m, cap=0.07p, r0=160, rn=16, icrit=0.1m)\n"

DECKS = {
    "E F G H": (
        "I1 0 1 sin(0 250u 12g)\nB1 1 0 jj1\nR1 1 0 3\nE1 2 0 1 0 1.5\nR2 2 3 4\nB3 3 0 jj1\n"
        "F3 0 3 L4 0.5\nL4 1 4 6p\nR4 4 0 3\nG5 0 5 3 0 0.3\nB5 5 0 jj1\nR5 5 0 4\nH6 6 0 B5 2\nR6 6 5 3\n"
        "F7 7 0 R4 2\nC7 7 0 0.2p\nR7 7 0 5\n.print p(B1) p(B3) p(B5) v(7) i(R6)\n"
    ),
    "kinetic inductance": (
        ".subckt cell a b\nL1 a b 6p istar=80u\nC1 b 0 20f\n.ends\n"
        "I1 0 1 sin(0 300u 12g)\nB1 1 0 jj1\nR1 1 0 3\nX1 1 2 cell\nR2 2 0 2\nB2 2 0 jj1\n"
        ".print p(B1) p(B2) i(L1.X1) p(L1.X1)\n"
    ),
    "shorts": (
        ".param zero=0\nI1 0 1 sin(0 300u 12g)\nL1 1 2 zero\nB2 2 0 jj1\nR2 2 3 zero\n"
        "R3 3 0 3\nL3 3 4 -1p\nL4 4 0 5p\n"
        ".print p(B2) i(L1) v(R3) i(L4)\n"
    ),
    "phase sources": (
        "P1 1 0 sin(1 2 20g 0 0 0 9)\nL1 1 2 4p\nB2 2 0 jj1\nR2 2 0 4\n"
        "P3 3 0 pws(0 0 10p 0 20p 3)\nL3 3 2 9p\n"
        "P4 4 0 pulse(0 2 5p 3p 3p 4p 20p)\nL4 4 2 8p\nP5 5 0 exp(0 1 2p 4p 20p 4p)\nL5 5 2 9p\n"
        ".print p(B2) p(1) p(3) p(4) i(L1)\n"
    ),
    "noise of instances": (
        ".subckt cell a\nI1 0 a noise(30n 2p 0.5p)\nB1 a 0 jj1\nR1 a 0 3\nL1 a 0 9p\n.ends\n"
        "X1 1 cell\nX2 2 cell\nL1 1 2 5p\nI1 0 1 sin(0 100u 10g 5p 0 90)\n.print p(B1.X1) p(B1.X2) v(1,2)\n"
    ),
    "thermal noise": (
        ".subckt cell a\nB1 a 0 jj1\nR1 a 0 3 temp=30\nL1 a 0 9p\n.ends\n.temp 4.2\n"
        "X1 1 cell\nX2 2 cell\nL1 1 2 5p\nI1 0 1 sin(0 100u 10g)\n.print p(B1.X1) p(B1.X2) v(1,2)\n"
    ),
    "differences of devices": (
        "I1 0 1 sin(0 250u 12g)\nB1 1 2 jj1\nR2 2 0 3\nL3 1 3 6p\nR3 3 0 2\n"
        ".print v(B1,R3) p(B1,L3) p(B1,B1) v(R2,R3)\n"
    ),
}


@pytest.mark.parametrize("name", DECKS)
def test_waveforms_agree(name: str, tmp_path: Path) -> None:
    deck = parse(MODEL + DECKS[name] + ".tran 0.05p 60p\n.option seed=5\n", str(tmp_path / "deck.cir"))
    ours, theirs = simulate(flatten(deck)), simulate_in_ngspice(deck, maximum_step=0.02e-12)
    assert set(ours.signals) == set(theirs.signals)
    late = ours.time > 2.5e-12
    for label, signal in ours.signals.items():
        other = np.interp(ours.time, theirs.time, theirs.signals[label])
        scale = max(float(np.ptp(signal)), 1e-6)
        assert np.max(np.abs(signal - other)[late]) < 0.012 * scale, label
