"""Two senses in one space: linear projections of two frozen reservoirs, trained by contrast.

States of a pair (a sound, an image) of one class are to lie close, those of different classes apart.
Projections are linear and normalised, so what a class that was never seen becomes depends on the reservoirs
alone: zero-shot transfer as of Lin et al. (Nature Computational Science 2025, arXiv:2307.00771). Loss:
cross-entropy over cosine similarities within a batch, both ways (Radford et al., arXiv:2103.00020), with
all samples of the same class as positives (Khosla et al., arXiv:2004.11362). Gradients are written out;
NumPy is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import NetworkError


class Weights(NamedTuple):
    """Projections of both senses: (features, dimensions) each."""

    first: NDArray[np.float64]
    second: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class JointSpace:
    """Trained projections; `first` and `second` embed states of either sense."""

    weights: Weights
    mean: tuple[NDArray[np.float64], NDArray[np.float64]]
    scale: tuple[float, float]
    losses: NDArray[np.float64]
    """(epochs,) mean loss of each epoch"""

    def first(self, states: ArrayLike) -> NDArray[np.float64]:
        """Return (samples, dimensions) unit vectors of the first sense's states."""
        return self._embedded(states, 0)

    def second(self, states: ArrayLike) -> NDArray[np.float64]:
        """Return (samples, dimensions) unit vectors of the second sense's states."""
        return self._embedded(states, 1)

    def _embedded(self, states: ArrayLike, sense: int) -> NDArray[np.float64]:
        scaled = (np.asarray(states, dtype=np.float64) - self.mean[sense]) / self.scale[sense]
        return _unit(scaled @ self.weights[sense])[0]


def contrastive_loss(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    same: NDArray[np.bool_],
    weights: Weights,
    temperature: float,
) -> tuple[float, Weights]:
    """Return the loss of a batch and its gradients.

    Args:
        first, second: (n, features) states of both senses. same: (n, n) whether first i and second j
            share a class.
        weights: projections. temperature: of the similarities, above 0.
    """
    u, back_u = _unit(first @ weights.first)
    v, back_v = _unit(second @ weights.second)
    similarity = u @ v.T / temperature
    loss, slope = 0.0, np.zeros_like(similarity)
    for axis in (1, 0):
        goal = same / same.sum(axis=axis, keepdims=True)
        raised = similarity - similarity.max(axis=axis, keepdims=True)
        log_chance = raised - np.log(np.exp(raised).sum(axis=axis, keepdims=True))
        loss -= 0.5 * float(np.sum(goal * log_chance)) / len(u)
        slope += 0.5 * (np.exp(log_chance) - goal) / len(u)
    slope /= temperature
    return loss, Weights(first.T @ back_u(slope @ v), second.T @ back_v(slope.T @ u))


def train_joint_space(
    first_states: ArrayLike,
    first_labels: ArrayLike,
    second_states: ArrayLike,
    second_labels: ArrayLike,
    *,
    dimensions: int = 64,
    temperature: float = 0.1,
    epochs: int = 60,
    batch: int = 128,
    rate: float = 3e-3,
    penalty: float = 1e-4,
    seed: int = 0,
) -> JointSpace:
    """Train both projections by Adam on random pairs of one class.

    Args:
        first_states, second_states: (samples, features) of each sense; they need not have equally many
            samples.
        first_labels, second_labels: classes. Every class of the first must appear in the second.
        dimensions: of the joint space. rate: of learning. penalty: on squared weights.
        seed: of the start and of the pairs.
    """
    a, b = np.asarray(first_states, dtype=np.float64), np.asarray(second_states, dtype=np.float64)
    la, lb = np.asarray(first_labels), np.asarray(second_labels)
    if len(a) != len(la) or len(b) != len(lb):
        raise NetworkError(f"joint space: {len(a)} and {len(b)} states for {len(la)} and {len(lb)} labels")
    partners = {label: np.flatnonzero(lb == label) for label in np.unique(la)}
    for label, rows in partners.items():
        if rows.size == 0:
            raise NetworkError(f"joint space: class {label} has no sample in the second sense")
    generator = np.random.default_rng(np.random.SeedSequence([seed, 10]))
    mean, scale = (a.mean(axis=0), b.mean(axis=0)), (float(a.std()) or 1.0, float(b.std()) or 1.0)
    a, b = (a - mean[0]) / scale[0], (b - mean[1]) / scale[1]
    values = [generator.normal(0.0, 1.0 / np.sqrt(x.shape[1]), (x.shape[1], dimensions)) for x in (a, b)]
    momentum = [np.zeros_like(w) for w in values]
    square = [np.zeros_like(w) for w in values]
    losses, count = [], 0
    for _ in range(epochs):
        order = generator.permutation(len(a))
        total = []
        for begin in range(0, len(order), batch):
            rows = order[begin : begin + batch]
            other = np.array([generator.choice(partners[label]) for label in la[rows]])
            same = la[rows][:, None] == lb[other]
            loss, slopes = contrastive_loss(a[rows], b[other], same, Weights(*values), temperature)
            total.append(loss)
            count += 1
            for w, m, s, slope in zip(values, momentum, square, slopes, strict=True):
                slope = slope + 2.0 * penalty * w
                m += 0.1 * (slope - m)
                s += 0.001 * (slope**2 - s)
                w -= rate * (m / (1 - 0.9**count)) / (np.sqrt(s / (1 - 0.999**count)) + 1e-8)
        losses.append(np.mean(total))
    return JointSpace(weights=Weights(*values), mean=mean, scale=scale, losses=np.array(losses))


def matching_accuracy(
    queries: ArrayLike,
    query_labels: ArrayLike,
    candidates: ArrayLike,
    candidate_labels: ArrayLike,
    *,
    draws: int = 20,
    seed: int = 0,
) -> float:
    """Return how often the most similar of one random candidate of each class has the query's class.

    `queries`, `candidates` (samples, dimensions) unit vectors; chance is one over the number of candidates'
    classes.
    """
    q, c = np.asarray(queries, dtype=np.float64), np.asarray(candidates, dtype=np.float64)
    wanted, offered = np.asarray(query_labels), np.asarray(candidate_labels)
    classes = np.unique(offered)
    missing = np.setdiff1d(wanted, classes)
    if missing.size:
        raise NetworkError(f"matching: class {missing[0]} has no candidate")
    generator = np.random.default_rng(np.random.SeedSequence([seed, 11]))
    right = 0
    for _ in range(draws):
        rows = np.stack(
            [generator.choice(np.flatnonzero(offered == label), len(q)) for label in classes], axis=1
        )
        similarity = np.einsum("nd,nkd->nk", q, c[rows])
        right += int(np.sum(classes[np.argmax(similarity, axis=1)] == wanted))
    return right / (draws * len(q))


def _unit(vectors: NDArray[np.float64]):
    """Return vectors over their lengths, and what carries a gradient back through that."""
    length = np.sqrt(np.sum(vectors**2, axis=1, keepdims=True) + 1e-24)
    unit = vectors / length

    def back(slope: NDArray[np.float64]) -> NDArray[np.float64]:
        return (slope - unit * np.sum(slope * unit, axis=1, keepdims=True)) / length

    return unit, back
