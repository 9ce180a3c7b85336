"""Which patterns are played, in which order, and what should come out.

Hardware remembers, so margins count only over a sequence that holds every ordered transition
between the patterns; where that would be too long, a seeded walk that visits every pattern.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import CosimError
from cosim.network import Network, check_spikes, sample_patterns, score, transition_indices

#: Longest sequence [slots] that is played for all transitions.
LONGEST = 65


@dataclass(frozen=True, kw_only=True)
class Stimulus:
    """Patterns to classify, and the sequence in which the hardware sees them.

    `patterns` (p, inputs) are distinct, `labels` (p,) classes or (p, outputs) bits. `order`
    (slots,) indexes into them. `all_transitions` says whether every ordered pair occurs.
    """

    patterns: NDArray[np.uint8]
    labels: NDArray[np.int64]
    order: NDArray[np.int64]
    all_transitions: bool
    labels_from: str
    """Where the labels come from: "data" or "ideal network"."""

    @property
    def slots(self) -> NDArray[np.uint8]:
        """(slots, inputs)."""
        return self.patterns[self.order]

    @property
    def names(self) -> tuple[str, ...]:
        """A short name for each pattern: its bits, or p0, p1, … where there are many inputs."""
        if self.patterns.shape[1] <= 8:
            return tuple("".join(str(bit) for bit in row) for row in self.patterns)
        return tuple(f"p{i}" for i in range(len(self.patterns)))


def stimulus(
    network: Network, spikes: ArrayLike | None = None, labels: ArrayLike | None = None, *, seed: int = 0
) -> Stimulus:
    """Patterns of one step: all of the network's (a sample above 4 inputs), or those of the data.

    `spikes` (samples, 1, inputs) with `labels`, (samples,) or (samples, outputs); without them
    the labels are what the ideal network answers. Data with several steps a sample are played
    whole (`evaluate`), not here.
    """
    if spikes is None:
        patterns = sample_patterns(network.inputs, limit=16, seed=seed)
        given = None
    else:
        bits = check_spikes(spikes, network.inputs)
        if bits.shape[1] != 1:
            raise CosimError(
                f"the data have {bits.shape[1]} steps a sample; SFQ cells decide every step from rest, so "
                "give data of one step a sample (the steps of the samples, say, each with its own label)"
            )
        patterns, first = np.unique(bits[:, 0], axis=0, return_index=True)
        given = None if labels is None else np.asarray(labels)[first]
        if labels is not None and len(np.asarray(labels)) != len(bits):
            raise CosimError(
                f"{len(np.asarray(labels))} labels for {len(bits)} samples; give one label a sample"
            )
        _check_consistent(bits[:, 0], labels)
    source = "ideal network" if given is None else "data"
    if given is None:
        from cosim.network import classify

        given = classify(network.run(patterns[:, None, :]).counts)
    else:
        score(np.zeros((len(patterns), network.outputs), dtype=np.int64), given)  # checks the shape
    count = len(patterns)
    if count**2 + 1 <= LONGEST:
        order, complete = transition_indices(count), True
    else:
        order, complete = _walk(count, seed), False
    return Stimulus(
        patterns=patterns.astype(np.uint8),
        labels=np.asarray(given).astype(np.int64),
        order=order,
        all_transitions=complete,
        labels_from=source,
    )


def _check_consistent(rows: NDArray[np.uint8], labels: ArrayLike | None) -> None:
    if labels is None:
        return
    seen: dict[bytes, list] = {}
    for row, label in zip(rows, np.asarray(labels), strict=True):
        before = seen.setdefault(row.tobytes(), label)
        if not np.array_equal(before, label):
            bits = "".join(str(b) for b in row)
            raise CosimError(f"pattern {bits} stands in the data with two labels, {before} and {label}")


def _walk(count: int, seed: int) -> NDArray[np.int64]:
    """Every pattern at least once, then random ones, up to the longest sequence."""
    generator = np.random.default_rng(np.random.SeedSequence(seed))
    order = generator.permutation(count)
    extra = generator.integers(0, count, size=max(LONGEST - count, 0))
    return np.concatenate([order, extra]).astype(np.int64)
