"""Integrate-and-fire neurons: a behavioural one with a closed form, and one of eight transistors.

    lif                                        axon_hillock (Mead, Analog VLSI and Neural Systems, 1989)

    m ──┬──────┬──────┬── reset                         ┌─────── Cf ────────┐
        Cm     Rm     Breset                              │   ┌──────┐  ┌──────┐  │
       ─┴─    ─┴─    ─┴─                        in ─────┴──┬┤ inv  ├──┤ inv  ├──┴── out
    m > threshold sets a latch; while it is set m is       Cm└──────┘  └──────┘
    emptied; a clock resets it after the refractory time. ─┴─  Mr1 (gate out), Mr2 (gate pw) in series
                                                            from in to ground: they reset the membrane

Both take a current into the membrane, so that synapses are resistors or resistive cells, and start
at rest: an oscillator has no operating point that a simulator could find.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cosim.circuits.analog.cell import AnalogCell, assignments
from cosim.circuits.analog.transistor import SEDRA_SMITH_500NM, Process
from cosim.errors import NetlistError


@dataclass(frozen=True, kw_only=True)
class LifParameters:
    """Leaky integrate-and-fire neuron whose resting and reset voltage are 0."""

    capacitance: float = 1e-12
    """Cm [F]."""
    leak_resistance: float = 100e3
    """Rm [Ω]; with Cm the time constant of the membrane, here 100 ns."""
    threshold: float = 0.1
    """[V]."""
    refractory: float = 20e-9
    """[s] that the membrane is held at 0 after a spike."""
    amplitude: float = 1.0
    """Of the output [V]: high while the neuron is refractory."""

    def period(self, current: float) -> float:
        """Time between spikes [s] under a constant `current` [A]; infinite below the threshold."""
        drive = current * self.leak_resistance
        if drive <= self.threshold:
            return math.inf
        tau = self.leak_resistance * self.capacitance
        return self.refractory + tau * math.log(drive / (drive - self.threshold))


def lif(parameters: LifParameters | None = None, *, name: str = "LIF") -> AnalogCell:
    """Behavioural neuron with ports m (membrane, current in) and out.

    A latch l, set by the membrane at threshold and reset by a clock q that counts the refractory time.
    All of it is currents into capacitors, with ramps in place of switches, so that ngspice's own
    error control sees every change. Spike times follow `LifParameters.period` within a few thousandths
    of the refractory time, given steps of a fortieth of it.
    """
    p = parameters or LifParameters()
    if min(p.capacitance, p.leak_resistance, p.threshold, p.refractory) <= 0:
        raise NetlistError("a neuron's capacitance, leak, threshold and refractory time are above 0")
    latch, empty = p.refractory / 200, p.refractory / 20
    # While it is held the membrane sits at current·empty/capacitance: a head start of `empty`.
    clock = p.refractory + empty
    above = f"min(max((v(m)-{p.threshold!r})/{0.002 * p.threshold!r}+0.5,0),1)"
    done = "min(max((v(q)-1)*500+0.5,0),1)"
    target = f"min(max(20*(v(l)-0.5+{above}-{done})+0.5,0),1)"
    held = "min(max((v(l)-0.7)*10,0),1)"
    counting = "min(max((v(l)-0.2)*10,0),1)"
    return AnalogCell(
        name=name,
        ports=("m", "out"),
        cards=(
            f"Cm m 0 {p.capacitance!r}",
            f"Rm m 0 {p.leak_resistance!r}",
            f"Breset m 0 i=v(m)*{p.capacitance / empty!r}*{held}",
            "Cl l 0 1n",
            f"Bl 0 l i={1e-9 / latch!r}*({target}-v(l))",
            "Cq q 0 1n",
            f"Bq 0 q i={1e-9 / clock!r}*({counting}-(1-{counting})*20*v(q))",
            f"Bout out 0 v={p.amplitude!r}*{held}",
            ".ic v(m)=0 v(l)=0 v(q)=0",
        ),
        description="Leaky integrate-and-fire neuron: membrane m (current in), out high while refractory",
    )


@dataclass(frozen=True, kw_only=True)
class AxonHillockParameters:
    """Sizes of the CMOS neuron."""

    membrane_capacitance: float = 500e-15
    """Cm [F]."""
    feedback_capacitance: float = 500e-15
    """Cf [F]. A spike begins and ends with a step of the membrane by supply·Cf/(Cf + Cm)."""
    n_width: float = 2e-6
    """[m]."""
    p_width: float = 6e-6
    """[m]."""
    length: float = 1e-6
    """[m], drawn."""
    reset_width: float = 2e-6
    """[m], of both reset transistors."""

    def interval(self, current: float, supply: float) -> float:
        """Time [s] from the end of a spike to the next under `current` [A]: Cf·supply / current."""
        return self.feedback_capacitance * supply / current


def axon_hillock(
    parameters: AxonHillockParameters | None = None,
    *,
    process: Process = SEDRA_SMITH_500NM,
    name: str = "AXONHILLOCK",
) -> AnalogCell:
    """CMOS neuron with ports in (membrane, current in), out, vdd and pw, whose voltage sets how long a
    spike lasts: Cf·supply / (current through the reset transistors − current in)."""
    p = parameters or AxonHillockParameters()
    n, q = process.nmos.name, process.pmos.name

    def size(width: float) -> str:
        junction = {"as": 1.5e-6 * width, "ad": 1.5e-6 * width}
        edge = {"ps": 2 * width + 3e-6, "pd": 2 * width + 3e-6}
        return assignments({"w": width, "l": p.length} | junction | edge)

    return AnalogCell(
        name=name,
        ports=("in", "out", "vdd", "pw"),
        cards=(
            f"Mp1 a in vdd vdd {q}{size(p.p_width)}",
            f"Mn1 a in 0 0 {n}{size(p.n_width)}",
            f"Mp2 out a vdd vdd {q}{size(p.p_width)}",
            f"Mn2 out a 0 0 {n}{size(p.n_width)}",
            f"Mr1 in out r 0 {n}{size(p.reset_width)}",
            f"Mr2 r pw 0 0 {n}{size(p.reset_width)}",
            f"Cf in out {p.feedback_capacitance!r}",
            f"Cm in 0 {p.membrane_capacitance!r}",
            ".ic v(in)=0",
        ),
        models=process.models,
        description="Axon hillock: membrane in (current in), out, supply vdd, pw sets the spike's length",
    )
