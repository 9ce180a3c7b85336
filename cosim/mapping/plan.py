"""When pulses arrive: splitter trees, delay stages, and inhibition ahead of excitation.

A neuron decides right when its excitatory pulses arrive together and its inhibitory ones a
stated lead before them. Delays come in whole Josephson stages, so a residue of half a stage is
left; it is kept with every branch and checked against what the neuron tolerates.

Not here: which neurons there are (`mapper.py`), the netlist (`netlist.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cosim.circuits import Timing
from cosim.errors import MappingError

#: Where in the window of permitted leads inhibition is put.
_LEAD_SHARE = 0.35


@dataclass(frozen=True, kw_only=True)
class Delays:
    """Delays [s] of the cells that carry pulses, at nominal bias."""

    stage: float
    splitter: float
    """Between stages."""
    splitter_to_neuron: float = 0.0
    """A splitter that drives neurons, against a line that does."""
    after_neuron: float = 0.0
    """What the first stage or splitter behind a neuron takes more than behind a line."""
    neuron_to_neuron: float = 0.0
    """A neuron that drives a neuron, against a line that does."""


@dataclass(frozen=True, kw_only=True)
class Branch:
    """One synapse: from a signal (an input or a neuron) to input `slot` of a neuron."""

    signal: str
    neuron: str
    slot: int
    sign: int
    depth: int = 0
    """Splitters between the signal and this branch."""
    stages: int = 0
    """Delay stages put in."""
    arrival: float = 0.0
    """Planned time [s] after the inputs of the slot."""
    skew: float = 0.0
    """Arrival minus what was wanted [s]."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """A neuron as the planner sees it: `branches` in the order of its synapses."""

    name: str
    timing: Timing
    branches: tuple[Branch, ...]
    output: float = 0.0
    """Planned time [s] of its output pulse."""


def lead(timing: Timing) -> float:
    """Time [s] by which inhibition is planned to come before excitation."""
    low, high = timing.inhibition_lead
    return low + _LEAD_SHARE * (high - low)


def tree_depths(leaves: int) -> list[int]:
    """Splitters passed to reach each leaf of a balanced tree; short ways first."""
    if leaves <= 1:
        return [0] * leaves
    half = leaves // 2
    return sorted([1 + d for d in tree_depths(half)] + [1 + d for d in tree_depths(leaves - half)])


def balance(nodes: Sequence[Node], inputs: Mapping[str, float], delays: Delays) -> tuple[Node, ...]:
    """Plan arrivals of neurons given in order of layers; returns them with stages and times set.

    `inputs` are the times at which input signals leave. A branch that wants its pulse early
    gets a short way through the splitter tree.

    Raises MappingError when half a stage of residue is more than a neuron tolerates.
    """
    depth = _depths(nodes)
    ready = dict(inputs)
    early = dict.fromkeys(inputs, 0.0)
    planned: list[Node] = []
    for node in nodes:
        base = {b.slot: ready[b.signal] + through(depth[b.neuron, b.slot], delays) for b in node.branches}
        timing = node.timing
        ahead = _ahead(node, early)
        excitatory = [base[b.slot] for b in node.branches if b.sign > 0]
        inhibitory = [base[b.slot] + ahead for b in node.branches if b.sign < 0]
        together = max(excitatory + inhibitory, default=0.0)
        branches = tuple(
            _delayed(b, base[b.slot], depth[b.neuron, b.slot], together, ahead, delays) for b in node.branches
        )
        _check(node.name, branches, timing, delays)
        output = together + timing.latency
        ready[node.name] = output
        early[node.name] = max(timing.latency - timing.latency_all, 0.0)
        planned.append(replace(node, branches=branches, output=output))
    return tuple(planned)


def _ahead(node: Node, early: Mapping[str, float]) -> float:
    """Time [s] by which inhibition is planned ahead of the planned excitation: the lead, and what a
    neuron in front saves when all its inputs are on, for then its pulse comes before its time."""
    saved = max((early[b.signal] for b in node.branches if b.sign > 0), default=0.0)
    return min(lead(node.timing) + saved, max(node.timing.inhibition_lead[1], lead(node.timing)))


def through(depth: int, delays: Delays) -> float:
    """Delay of `depth` splitters with a stage between neighbours."""
    return depth * delays.splitter + max(depth - 1, 0) * delays.stage


def _depths(nodes: Sequence[Node]) -> dict[tuple[str, int], int]:
    users: dict[str, list[Branch]] = {}
    for node in nodes:
        for branch in node.branches:
            users.setdefault(branch.signal, []).append(branch)
    depth = {}
    for branches in users.values():
        early_first = sorted(branches, key=lambda b: b.sign > 0)
        for branch, level in zip(early_first, tree_depths(len(branches)), strict=True):
            depth[branch.neuron, branch.slot] = level
    return depth


def _delayed(
    branch: Branch, base: float, depth: int, together: float, ahead: float, delays: Delays
) -> Branch:
    wanted = together - (ahead if branch.sign < 0 else 0.0)
    stages = max(0, round((wanted - base) / delays.stage))
    arrival = base + stages * delays.stage
    return replace(branch, depth=depth, stages=stages, arrival=arrival, skew=arrival - wanted)


def _check(name: str, branches: tuple[Branch, ...], timing: Timing, delays: Delays) -> None:
    early = [b.arrival for b in branches if b.sign > 0]
    late = [b.arrival for b in branches if b.sign < 0]
    spread = max(early) - min(early) if early else 0.0
    leads = [e - i for e in early for i in late]
    low, high = timing.inhibition_lead
    if spread > timing.coincidence or any(not low <= lead <= high for lead in leads):
        raise MappingError(
            f"neuron {name}: whole delay stages of {delays.stage * 1e12:.1f} ps leave its inputs "
            f"{spread * 1e12:.1f} ps apart (it takes {timing.coincidence * 1e12:.1f} ps) with inhibition "
            f"{min(leads, default=math.nan) * 1e12:.1f} … {max(leads, default=math.nan) * 1e12:.1f} ps ahead "
            f"(it takes {low * 1e12:.1f} … {high * 1e12:.1f} ps); a finer delay cell is needed"
        )
