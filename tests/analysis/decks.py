"""Small decks of the analysis tests: a transmission line, and a leaky coincidence cell."""

from __future__ import annotations

import numpy as np

from cosim.analysis import SpikeTable
from cosim.netlist import Deck, parse

#: Two-junction stages; every value has a global factor.
LINE = """* Josephson transmission line of four junctions
.param sib=1
.param sic=1
.param sl=1
.param sr=1
.model jj jj(rtype=1, vg=2.6m, cap=0.07p, r0=160, rn=16, icrit=0.1m*sic)
.subckt stage a q
L1 a 1 2.07p*sl
B1 1 0 jj area=2.5
R1 1 0 6.86/2.5*sr
Ib 0 1 pwl(0 0 10p 175u*sib)
L2 1 q 2.07p*sl
.ends
Iin 0 n0 pwl(0 0 {stimulus})
X1 stage n0 n1
X2 stage n1 n2
X3 stage n2 n3
X4 stage n3 n4
Rt n4 0 2
.tran 0.05p {stop:g}p
.end
"""

#: One junction that two inputs reach through transformers of opposite sign: it answers to the
#: positive one, and the negative one vetoes.
VETO = """* Excitation by current, inhibition through a transformer
.param sk=1
.param sib=1
.model jj jj(rtype=1, vg=2.6m, cap=0.07p, r0=160, rn=16, icrit=0.1m)
Iexc 0 t pwl(0 0 {excite})
Iinh 0 p pwl(0 0 {inhibit})
Lp p s 4p
Rp s 0 0.5
Ls t u 8p
Rs u 0 0.5
Kps Lp Ls -0.6*sk
Bt t 0 jj area=2.0
Rt t 0 3.4
Ib 0 t pwl(0 0 10p 130u*sib)
.tran 0.05p {stop:g}p
.end
"""

PERIOD = 100e-12
START = 40e-12


def triangles(times: list[float], height: float, half: float) -> str:
    """Points of a `pwl` with a triangle of `height` [A] from each time [s] on."""
    points = []
    for time in times:
        for offset, level in ((0.0, 0.0), (half, height), (2.0 * half, 0.0)):
            points.append(f"{(time + offset) * 1e12:.6g}p {level * 1e6:g}u")
    return " ".join(points) if points else "1p 0"


def line_deck(slots: str = "101", period: float = PERIOD) -> Deck:
    """A pulse into the line in each slot that is 1."""
    times = [START + k * period for k, bit in enumerate(slots) if bit == "1"]
    stop = START + len(slots) * period
    return parse(LINE.format(stimulus=triangles(times, 350e-6, 3e-12), stop=stop * 1e12))


def line_edges(slots: str = "101", period: float = PERIOD) -> np.ndarray:
    return START + period * np.arange(len(slots) + 1)


def line_criterion(slots: str = "101", period: float = PERIOD) -> SpikeTable:
    """Every junction slips once where a pulse goes in."""
    junctions = tuple(f"B1|X{k}" for k in range(1, 5))
    expected = np.tile([int(bit) for bit in slots], (4, 1))
    return SpikeTable(junctions=junctions, edges=line_edges(slots, period), expected=expected)


def veto_deck() -> Deck:
    """Slot 0 excites, slot 1 excites and inhibits, slot 2 inhibits."""
    excite = [START, START + PERIOD]
    inhibit = [START + PERIOD - 1e-12, START + 2.0 * PERIOD]
    return parse(
        VETO.format(
            excite=triangles(excite, 250e-6, 4e-12),
            inhibit=triangles(inhibit, 400e-6, 6e-12),
            stop=(START + 3.0 * PERIOD) * 1e12,
        )
    )
