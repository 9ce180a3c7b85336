"""How long the cells that carry pulses take, read off the circuit itself."""

from __future__ import annotations

from functools import lru_cache

from cosim.circuits import (
    Cell,
    Parasitics,
    assemble,
    design,
    drive,
    jtl,
    neuron,
    ramped_current,
    sink,
    source,
    splitter,
    stage,
)
from cosim.errors import MappingError
from cosim.josephson import simulate
from cosim.mapping.plan import Delays
from cosim.netlist import flatten
from cosim.netlist.deck import Statement
from cosim.results import Result

_EDGE, _STOP = 60e-12, 220e-12
_STAGES = 7


def measure_delays(parasitics: Parasitics | None = None) -> Delays:
    """Delays of stages and splitters, between lines and next to neurons, at nominal bias.

    Simulates four short lines in one deck (tens of milliseconds, once a process), with the
    neuron of one input as the load. Raises MappingError if a pulse does not come through.
    """
    return _measure(parasitics)[0]


def input_delay(parasitics: Parasitics | None = None) -> float:
    """Time [s] from the current edge of a slot to the last junction of the input's line."""
    return _measure(parasitics)[1]


@lru_cache(maxsize=8)
def _measure(parasitics: Parasitics | None) -> tuple[Delays, float]:
    lines = _Lines(parasitics)
    # A: stages and a splitter between stages. B: a splitter in front of neurons.
    # C: stages between neurons. D: a neuron right behind a neuron.
    a = lines.chain(lines.input("A"), "STAGE", "A", _STAGES)
    q, r = lines.split("A", a)
    lines.end("A", lines.chain(q, "STAGE", "AE", 1))
    lines.end("A2", lines.chain(r, "STAGE", "AF", 1))
    q, r = lines.split("B", lines.input("B"))
    lines.end("B", lines.chain(q, "NEURON", "B", 1))
    lines.end("B2", lines.chain(r, "NEURON", "B2", 1))
    c = lines.chain(lines.input("C"), "NEURON", "C", 1)
    lines.end("C", lines.chain(lines.chain(c, "STAGE", "C", _STAGES), "NEURON", "CE", 1))
    d = lines.chain(lines.input("D"), "NEURON", "D", 1)
    lines.end("D", lines.chain(d, "NEURON", "DE", 1))
    deck = assemble(lines.cells.values(), lines.statements, stop=_STOP, settings={"ITH": lines.threshold})
    result = simulate(flatten(deck))
    last = _STAGES - 1

    def between(first: str, second: str) -> float:
        return _arrival(result, second) - _arrival(result, first)

    # The ends of a line show their neighbours in their time: the middle counts.
    one = between("B1|XSTAGEA1", f"B1|XSTAGEA{last - 1}") / (last - 2)
    response = between("B2|XINC", "BO2|XNEURONC0")
    delays = Delays(
        stage=one,
        splitter=between(f"B1|XSTAGEA{last}", "B1|XSTAGEAE0") - one,
        splitter_to_neuron=between("B2|XINB", "BO2|XNEURONB0") - response,
        after_neuron=between("BO2|XNEURONC0", "BO2|XNEURONCE0") - response - _STAGES * one,
        neuron_to_neuron=between("BO2|XNEUROND0", "BO2|XNEURONDE0") - response,
    )
    return delays, _arrival(result, "B2|XINA") - _EDGE


def _arrival(result: Result, junction: str) -> float:
    times = result.pulse_times(junction)
    if len(times) != 1:
        raise MappingError(
            f"delay cells: {junction} gave {len(times)} pulses for one; are their sizes right?"
        )
    return float(times[0])


class _Lines:
    """Short lines side by side; every method returns the node where the next cell goes."""

    def __init__(self, parasitics: Parasitics | None) -> None:
        follower = design((1, 0, 1))
        self.threshold = follower.threshold_current
        self.cells: dict[str, Cell] = {
            "SOURCE": source(),
            "JTL": jtl(parasitics=parasitics),
            "STAGE": stage(parasitics=parasitics),
            "SPLITTER": splitter(parasitics=parasitics),
            "NEURON": neuron(follower.parameters, parasitics=parasitics),
            "SINK": sink(),
        }
        self.statements: list[Statement] = []

    def _put(self, kind: str, name: str, *nodes: str) -> None:
        self.statements.append(self.cells[kind].instance(f"X{name}", *nodes))

    def input(self, name: str) -> str:
        self.statements.append(drive(f"I{name}", f"e{name}", (_EDGE,)))
        self._put("SOURCE", f"SRC{name}", f"e{name}", f"s{name}")
        self._put("JTL", f"IN{name}", f"s{name}", f"o{name}")
        return f"o{name}"

    def chain(self, node: str, kind: str, name: str, count: int) -> str:
        for k in range(count):
            following = f"{kind}{name}{k}"
            if kind == "NEURON":
                self._put(kind, following, node, following, f"t{following}")
                self.statements.append(ramped_current(f"I{following}", f"t{following}", "ITH*SIB"))
            else:
                self._put(kind, following, node, following)
            node = following
        return node

    def split(self, name: str, node: str) -> tuple[str, str]:
        self._put("SPLITTER", f"SPL{name}", node, f"q{name}", f"r{name}")
        return f"q{name}", f"r{name}"

    def end(self, name: str, node: str) -> None:
        self._put("JTL", f"OUT{name}", node, f"z{name}")
        self._put("SINK", f"Z{name}", f"z{name}")
