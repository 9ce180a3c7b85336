"""Circuits of the engine's tests from short decks."""

from __future__ import annotations

from cosim.netlist import flatten, parse
from cosim.netlist.circuit import Circuit

#: Shunted junctions of βc about 1 at `area=2.5` with 2.744 Ω beside them.
MODEL = ".model jj1 jj(rtype=1, vg=2.8m, cap=0.07p, r0=160, rn=16, icrit=0.1m)\n"


def circuit(text: str) -> Circuit:
    """The flat circuit of a deck; junctions may use the model `jj1`."""
    return flatten(parse(MODEL + text))


def transmission_line(junctions: int, *, parasitics: bool = True, stop: str = "200p") -> str:
    """A Josephson transmission line driven by one pulse at 20 ps, as deck text."""
    lines = ["IIN 0 1 pulse(0 400u 20p 2p 2p 2p 1)"]
    for k in range(1, junctions + 1):
        low, shunt = (f"p{k}", f"r{k}") if parasitics else ("0", "0")
        lines += [f"B{k} {k} {low} jj1 area=2.5", f"R{k} {k} {shunt} 2.744"]
        if parasitics:
            lines += [f"LP{k} {low} 0 0.3p", f"LR{k} {shunt} 0 2.05p"]
        lines += [f"IB{k} 0 {k} pwl(0 0 5p 175u)"]
        if k < junctions:
            lines += [f"L{k} {k} {k + 1} 4.13567p"]
    probes = " ".join(f"p(B{k})" for k in sorted({1, junctions}))
    return "\n".join([*lines, f".tran 0.05p {stop} 0 0.05p", f".print {probes}"])
