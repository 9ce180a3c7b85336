"""From output spikes to answers, and answers to scores.

Labels come in two forms: one class a sample, (samples,), or one bit an output, (samples, outputs).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from cosim.errors import NetworkError, did_you_mean

ClassificationRule = Literal["any", "argmax"]
"""`any`: an output says 1 when it spikes at all. `argmax`: the class is the output with most spikes,
the lowest index among equals (also when nothing spikes)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Score:
    """Answers against labels. A sample is right when every one of its bits is."""

    predictions: np.ndarray
    """(samples,) classes or (samples, outputs) bits, as the labels are."""
    labels: np.ndarray
    correct: np.ndarray
    """(samples,) bool"""
    rule: ClassificationRule

    @property
    def accuracy(self) -> float:
        """Fraction of samples that are right, 0..1."""
        return float(np.mean(self.correct))

    def __str__(self) -> str:
        return f"{int(self.correct.sum())} of {self.correct.size} right"


def default_rule(outputs: int, labels: ArrayLike | None = None) -> ClassificationRule:
    """`any` for a single output or for labels with one bit an output, else `argmax`."""
    bits = labels is not None and np.asarray(labels).ndim == 2
    return "any" if outputs == 1 or bits else "argmax"


def classify(counts: ArrayLike, rule: ClassificationRule | None = None) -> np.ndarray:
    """Return the answers for output spike counts (samples, outputs).

    `any` gives (samples,) for one output and (samples, outputs) bits for several; `argmax` gives
    (samples,). Without a rule, `default_rule` of the output count. Raises `NetworkError`.
    """
    counts = np.asarray(counts)
    if counts.ndim != 2:
        raise NetworkError(f"output spike counts have shape {counts.shape}, expected (samples, outputs)")
    rule = rule or default_rule(counts.shape[1])
    if rule == "argmax":
        return np.argmax(counts, axis=1)
    if rule == "any":
        bits = (counts > 0).astype(np.int64)
        return bits[:, 0] if counts.shape[1] == 1 else bits
    allowed = get_args(ClassificationRule)
    raise NetworkError(
        f"classification rule {rule!r} is not one of {', '.join(allowed)}{did_you_mean(rule, allowed)}"
    )


def score(counts: ArrayLike, labels: ArrayLike, rule: ClassificationRule | None = None) -> Score:
    """Compare the answers for output spike counts (samples, outputs) with the labels.

    Raises `NetworkError` when the labels' shape does not go with the counts and the rule.
    """
    counts, labels = np.asarray(counts), np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    rule = rule or default_rule(counts.shape[-1], labels)
    predictions = classify(counts, rule)
    if labels.shape != predictions.shape:
        raise NetworkError(
            f"labels have shape {labels.shape}, but rule {rule!r} on {counts.shape[0]} samples and "
            f"{counts.shape[1]} outputs answers in shape {predictions.shape}"
        )
    correct = predictions == labels
    if correct.ndim == 2:
        correct = correct.all(axis=1)
    return Score(predictions=predictions, labels=labels, correct=correct, rule=rule)
