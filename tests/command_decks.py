"""Decks that the tests of the verbs run, and the type of their caller."""

from __future__ import annotations

from collections.abc import Callable

from click.testing import Result

#: One junction, pulsed twice: runs in milliseconds, prints a phase and a voltage.
PULSED = """* one junction, two pulses
.param SIC=1
.model jj1 jj(rtype=1, vg=2.8m, cap=0.07p, r0=160, rn=16, icrit=0.1m*SIC)
B1 1 0 jj1 area=2.5
R1 1 0 2.744
L1 1 2 2p
R2 2 0 4
IB1 0 1 pwl(0 0 5p 175u)
IIN 0 1 pulse(0 300u 20p 2p 2p 2p 50p)
.tran 0.05p 100p 0 0.1p
.print phase B1
.print devv B1
.end
"""

NGSPICE = """low-pass of an ngspice user
V1 in 0 pulse(0 1 0 1n 1n 50n 100n)
R1 in out 1k
C1 out 0 1p
.tran 0.1n 100n
.end
"""

Call = Callable[..., Result]
