"""Widen the margins of a neuron by sequential linear programming.

For every end of every margin that is narrow, its change with every element value is measured by
moving that value and dividing the bracket anew: finite differences without noise. A linear
programme then finds the step, within a trust region, that widens the narrowest end most. Steps
are relative. Ends are compared with `TARGETS`, so that no margin is bought with another.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from cell_design.verdict import has_coupling, passes
from cosim.circuits import NeuronDesign, NeuronParameters
from cosim.circuits.bench import Bench, neuron_bench

Array = NDArray[np.float64]

#: What the low and the high end of each margin are measured against.
TARGETS = {
    "sib": (0.28, 0.28),
    "sic": (0.26, 0.30),
    "sl": (0.48, 0.48),
    "sr": (0.48, 0.48),
    "sk": (0.46, 0.46),
    "ith": (0.32, 0.32),
}

_SYNAPSE = ("critical_current", "bias")
_EXCITATORY = (*_SYNAPSE, "coupling_inductance", "leak_resistance")
_INHIBITORY = (
    *_SYNAPSE,
    "primary_inductance",
    "primary_resistance",
    "secondary_inductance",
    "secondary_resistance",
)
_SOMA = (
    "critical_current",
    "output_inductance",
    "output_resistance",
    "first_critical_current",
    "first_bias",
    "stage_inductance",
    "second_critical_current",
    "second_bias",
)

#: Values [SI] that a layout allows; what is not named is free.
BOUNDS = {
    ("excitatory", "critical_current"): (200e-6, 500e-6),
    ("excitatory", "coupling_inductance"): (2e-12, 12e-12),
    ("excitatory", "leak_resistance"): (0.1, 1.2),
    ("inhibitory", "critical_current"): (200e-6, 500e-6),
    ("inhibitory", "primary_inductance"): (2e-12, 12e-12),
    ("inhibitory", "primary_resistance"): (0.04, 0.6),
    ("inhibitory", "secondary_inductance"): (3e-12, 20e-12),
    ("inhibitory", "secondary_resistance"): (0.04, 0.6),
    ("soma", "critical_current"): (90e-6, 300e-6),
    ("soma", "output_inductance"): (3e-12, 12e-12),
    ("soma", "output_resistance"): (0.04, 0.4),
    ("soma", "stage_inductance"): (2e-12, 9e-12),
    ("soma", "first_critical_current"): (70e-6, 180e-6),
    ("soma", "second_critical_current"): (100e-6, 280e-6),
}


@dataclass(frozen=True, kw_only=True)
class End:
    """One end of one margin on one bench."""

    bench: int
    name: str
    sign: int

    @property
    def target(self) -> float:
        return TARGETS[self.name][(self.sign + 1) // 2]


def variables(design: NeuronDesign) -> list[tuple[str, str]]:
    """(part, field) of everything that may move; synapses of one sign move together."""
    found = [("excitatory", name) for name in _EXCITATORY]
    if design.signature.inhibitory:
        found += [("inhibitory", name) for name in _INHIBITORY]
    return [*found, *(("soma", name) for name in _SOMA), ("", "threshold_current")]


def moved(design: NeuronDesign, names: Sequence[tuple[str, str]], step: Array) -> NeuronDesign:
    """The design with its values multiplied by exp(step), kept within `BOUNDS`."""
    parts = {"soma": design.parameters.soma}
    for synapse in design.parameters.synapses:
        parts["excitatory" if synapse.weight > 0 else "inhibitory"] = synapse  # type: ignore[assignment]
    threshold = design.threshold_current
    for (part, name), change in zip(names, step, strict=True):
        if not part:
            threshold *= math.exp(change)
            continue
        value = getattr(parts[part], name) * math.exp(change)
        low, high = BOUNDS.get((part, name), (-math.inf, math.inf))
        parts[part] = replace(parts[part], **{name: min(max(value, low), high)})
    synapses = (parts["excitatory"],) * design.signature.excitatory
    if design.signature.inhibitory:
        synapses += (parts["inhibitory"],) * design.signature.inhibitory
    whole = NeuronParameters(soma=parts["soma"], synapses=synapses)  # type: ignore[arg-type]
    return replace(design, parameters=whole, threshold_current=threshold)


def optimise(
    design: NeuronDesign,
    *,
    iterations: int = 8,
    leads: Sequence[float] = (5e-12, 11e-12),
    trust: float = 0.1,
    difference: float = 0.04,
    report: Callable[[str], None] = print,
) -> NeuronDesign:
    """The design after at most `iterations` steps. Inhibition is tried at all `leads` [s].

    Raises SystemExit if the design does not work to begin with.
    """
    names = variables(design)

    def benches(candidate: NeuronDesign) -> list[Bench]:
        return [
            neuron_bench(candidate, lead=lead)
            for lead in (leads if candidate.signature.inhibitory else leads[:1])
        ]

    ends = _ends(benches(design))
    reach = _boundaries(benches(design), ends)
    if reach is None:
        raise SystemExit(f"{design.signature} does not work at nominal; start from other values")
    for iteration in range(iterations):
        target = np.array([end.target for end in ends])
        relative = reach / target
        worst = int(np.argmin(relative))
        report(
            f"{iteration}: worst {ends[worst].name} {ends[worst].sign * reach[worst]:+.3f}, trust {trust:.3f}"
        )
        limit = max(1.35 * relative.min(), relative.min() + 0.25)
        active = [k for k in range(len(ends)) if relative[k] < limit and reach[k] < 0.75]
        slope = _slopes(design, names, benches, [ends[k] for k in active], reach[active], difference)
        for _ in range(3):
            step = _step(slope / target[active, None], relative[active], trust)
            candidate = moved(design, names, step)
            found = _boundaries(benches(candidate), ends)
            if found is not None and _score(found / target) > _score(relative) + 1e-3:
                design, reach, trust = candidate, found, min(1.3 * trust, 0.15)
                break
            trust *= 0.5
        if trust < 0.008:
            break
    return design


def _ends(benches: Sequence[Bench]) -> list[End]:
    names = [name for name in TARGETS if name != "sk" or has_coupling(benches[0])]
    return [
        End(bench=k, name=name, sign=sign) for k in range(len(benches)) for name in names for sign in (-1, 1)
    ]


def _score(relative: Array) -> float:
    return float(relative.min() + 0.15 * np.mean(np.minimum(relative, 1.3)))


def _case(bench: Bench, end: End, amount: float) -> dict[str, float]:
    """Deck parameters with one of them off by `amount` towards `end`."""
    factor = max(1.0 + end.sign * amount, 0.03)
    if end.name != "ith":
        return {end.name: factor}
    nominal = {p.name: p.expression for p in bench.deck.parameters}["ITH"]
    return {"ith": float(nominal.value) * factor}  # type: ignore[union-attr]


def _works(benches: Sequence[Bench], ends: Sequence[End], amounts: Array) -> NDArray[np.bool_]:
    """(ends,): does each bench pass with its parameter off by that much?"""
    result = np.zeros(len(ends), dtype=bool)
    for k, bench in enumerate(benches):
        mine = [i for i, end in enumerate(ends) if end.bench == k]
        if mine:
            result[mine] = passes(bench, [_case(bench, ends[i], amounts[i]) for i in mine])
    return result


def _divide(benches: Sequence[Bench], ends: Sequence[End], low: Array, high: Array, levels: int) -> Array:
    for _ in range(levels):
        middle = 0.5 * (low + high)
        good = _works(benches, ends, middle)
        low, high = np.where(good, middle, low), np.where(good, high, middle)
    return 0.5 * (low + high)


def _boundaries(benches: Sequence[Bench], ends: Sequence[End]) -> Array | None:
    """How far (ends,) each margin reaches, up to 0.8; None if a bench fails at nominal."""
    if not all(passes(bench)[0] for bench in benches):
        return None
    low, high = np.zeros(len(ends)), np.full(len(ends), np.nan)
    for amount in (0.12, 0.2, 0.3, 0.42, 0.6, 0.8):
        good = _works(benches, ends, np.full(len(ends), amount))
        still = np.isnan(high)
        low = np.where(still & good, amount, low)
        high = np.where(still & ~good, amount, high)
    return _divide(benches, ends, low, np.where(np.isnan(high), low, high), 5)


def _slopes(
    design: NeuronDesign,
    names: Sequence[tuple[str, str]],
    benches: Callable[[NeuronDesign], list[Bench]],
    ends: Sequence[End],
    reach: Array,
    difference: float,
) -> Array:
    """(ends, names) change of each margin with the logarithm of each value."""

    def edge(candidate: NeuronDesign) -> Array:
        return _divide(benches(candidate), ends, 0.7 * reach, 1.3 * reach, 4)

    base = edge(design)
    columns = []
    for k in range(len(names)):
        step = np.zeros(len(names))
        step[k] = math.log1p(difference)
        columns.append((edge(moved(design, names, step)) - base) / step[k])
    return np.array(columns).T


def _step(slope: Array, relative: Array, trust: float) -> Array:
    """Step (names,) that maximises the worst of relative + slope·step, and a little their mean."""
    ends, names = slope.shape
    cost = np.concatenate([np.full(2 * names, 0.06 / names), [-1.0], np.full(ends, -0.15 / ends)])
    rows = []
    for kind in (0, 1):
        for i in range(ends):
            row = np.zeros(len(cost))
            row[:names], row[names : 2 * names] = -slope[i], slope[i]
            row[2 * names + (0 if kind == 0 else 1 + i)] = 1.0
            rows.append(row)
    bounds = [(0.0, trust)] * (2 * names) + [(None, None)] + [(None, 1.3)] * ends
    solution = linprog(cost, A_ub=np.array(rows), b_ub=np.tile(relative, 2), bounds=bounds)
    return solution.x[:names] - solution.x[names : 2 * names]
