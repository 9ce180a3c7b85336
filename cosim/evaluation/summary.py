"""What a person reads on the terminal after an evaluation."""

from __future__ import annotations

import math

from cosim.evaluation.agreement import Agreement
from cosim.evaluation.verdict import Evaluation

_LEVELS = {
    "ideal": "trained network",
    "twin": "behavioural twin",
    "josephson": "circuit, Josephson engine",
    "ngspice": "circuit, ngspice",
}


def summary(evaluation: Evaluation) -> str:
    """The whole report, some forty lines."""
    parts = [_classification(evaluation), _agreement(evaluation), _figures(evaluation)]
    options = evaluation.options
    if evaluation.margins is not None:
        parts.append("Margins, ideal cells\n" + evaluation.margins.text())
    if evaluation.margins_parasitic is not None and options.parasitics is not None:
        p = options.parasitics
        parts.append(
            f"Margins with parasitics (junctions {p.junction_inductance * 1e12:g} pH, shunts "
            f"{p.shunt_inductance * 1e12:g} pH + {p.shunt_inductance_per_ohm * 1e12:g} pH/Ω)\n"
            + evaluation.margins_parasitic.text()
        )
    if evaluation.yield_estimate is not None:
        parts.append(
            f"At {100 * options.spread:g} % independent spread of every element: "
            + evaluation.yield_estimate.text()
        )
    if evaluation.missing:
        parts.append("\n".join(f"missing: {text}" for text in evaluation.missing))
    return "\n\n".join(parts)


def _classification(evaluation: Evaluation) -> str:
    played = evaluation.stimulus
    count = len(played.patterns)
    slots = len(played.order)
    kind = f"all {count**2} ordered transitions" if played.all_transitions else "a random walk over them"
    lines = [
        f"{evaluation.design.network.name}: {count} patterns, {slots} slots of "
        f"{evaluation.options.period * 1e12:g} ps ({kind}), labels from {played.labels_from}"
    ]
    for name, level in evaluation.levels.items():
        right = _right_patterns(evaluation, name)
        total = int(level.counts.clip(min=0).sum())
        lines.append(
            f"  {_LEVELS[name]:<26} {right:>3} of {count} patterns right, "
            f"{evaluation.scores[name]} in sequence, {total} spikes"
        )
    lines.append("  spikes of the outputs: " + _spikes(evaluation))
    return "\n".join(lines)


def _right_patterns(evaluation: Evaluation, level: str) -> int:
    """Patterns that are right in every slot in which they occur."""
    correct, order = evaluation.scores[level].correct, evaluation.stimulus.order
    return sum(bool(correct[order == p].all()) for p in range(len(evaluation.stimulus.patterns)))


def _spikes(evaluation: Evaluation, most: int = 16) -> str:
    """Output spikes by pattern at device level, `-` where slots of one pattern differ."""
    played, outputs = evaluation.stimulus, len(evaluation.design.outputs)
    counts = evaluation.levels["josephson"].counts[:, -outputs:]
    texts = []
    for p, name in enumerate(played.names[:most]):
        rows = {tuple(int(c) for c in row) for row in counts[played.order == p]}
        answer = "".join(str(c) for c in next(iter(rows))) if len(rows) == 1 else "-"
        texts.append(f"{name}→{answer}")
    return "  ".join(texts) + (" …" if len(played.names) > most else "")


def _agreement(evaluation: Evaluation) -> str:
    return "\n".join(_line(a) for a in evaluation.agreements)


def _line(agreement: Agreement) -> str:
    first, second = (_LEVELS[name] for name in agreement.levels)
    if not agreement.equal:
        return f"{first} and {second} differ: {agreement.first}"
    text = f"{first} and {second}: equal spikes"
    if math.isfinite(agreement.largest):
        text += (
            f", arrivals within {agreement.largest * 1e12:.3f} ps "
            f"({agreement.spikes} spikes; largest at {agreement.neuron}, slot {agreement.slot})"
        )
    return text


def _figures(evaluation: Evaluation) -> str:
    lines = [evaluation.inventory.text(), evaluation.energy.text()]
    worst = evaluation.latency.worst
    lines.append(f"latency {worst * 1e12:.1f} ps from the last input pulse to the output")
    rate = 1.0 / evaluation.options.period
    text = f"throughput {rate * 1e-9:.2f} G inferences/s at the chosen period"
    if evaluation.smallest_period is not None:
        shortest = evaluation.smallest_period.value
        text += f"; works down to {shortest * 1e12:.0f} ps, {1e-9 / shortest:.2f} G inferences/s"
    lines.append(text)
    return "\n".join(lines)
