"""The same deck in ngspice and in the Josephson engine."""

from __future__ import annotations

import pytest

from cosim.josephson import simulate as simulate_josephson
from cosim.netlist import flatten, parse
from cosim.results import compare_pulses, compare_waveforms
from cosim.spice import available, simulate

pytestmark = pytest.mark.skipif(available() is None, reason="ngspice is not installed")

LINE = """
.model jj jj(rtype=1, vg=2.8m, cap=0.07p, r0=160, rn=16, icrit=0.1m)
.param bias=175u
.subckt stage a q
B1 a p jj area=2.5
LP p 0 0.3p
RS a 0 2.744
IB 0 a pwl(0 0 5p bias)
L1 a q 4.13567p
.ends
IIN 0 1 pulse(0 400u 20p 2p 2p 2p 40p)
X1 stage 1 2
X2 stage 2 3
X3 stage 3 4
RT 4 0 2
.tran 0.05p 150p
.print p(B1.X1) v(2) i(L1.X2)
"""


def test_both_engines_agree_on_a_transmission_line():
    deck = parse(LINE)
    ngspice, josephson = simulate(deck), simulate_josephson(flatten(deck))
    assert list(ngspice.signals) == list(josephson.signals) == ["P(B1|X1)", "V(2)", "I(L1|X2)"]
    assert ngspice.units == josephson.units
    assert set(ngspice.pulses.names) == {"B1|X1", "B1|X2", "B1|X3"}
    comparison = compare_pulses(ngspice, josephson)
    assert comparison.agree and comparison.pulses == 12, str(comparison.first_disagreement)
    assert comparison.max_difference < 0.02e-12
    distances = compare_waveforms(
        ngspice, josephson, relative=1e-2, absolute={"rad": 1e-2, "V": 5e-6, "A": 2e-6}
    )
    assert max(distances.values()) < 1.0, distances


def test_parameters_reach_both_engines():
    deck, values = parse(LINE), {"bias": 100e-6}
    slow = simulate(deck, parameters=values)
    assert compare_pulses(slow, simulate_josephson(flatten(deck, values))).agree
    fast = simulate(deck, phases=["B1|X3"])
    assert fast.pulses.names == ("B1|X1", "B1|X3")
    assert fast.pulse_times("B1|X3")[0] < slow.pulse_times("B1|X3")[0] - 0.5e-12
