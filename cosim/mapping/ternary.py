"""One trained neuron as signed unit synapses and a whole threshold.

SFQ synapses carry +1, 0 or -1 and a neuron fires when enough more excitatory than inhibitory
pulses arrive together. For a neuron that fires when a·x > T (a effective weights, T effective
threshold, x its binary inputs of one step) this file looks for signs t and a threshold k with
[a·x > T] = [t·x >= k] on every input pattern, and says what is lost where none exists.

Not here: what hardware there is for (t, k) (`sfq.py`), strengths other than one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Bits = NDArray[np.uint8]

#: Neurons with at most this many inputs have all sign patterns tried; larger ones have those
#: that come from cutting small weights off.
_EXHAUSTIVE_INPUTS = 7
#: At most this many input patterns are compared; beyond 12 inputs they are drawn by seed.
_MOST_PATTERNS = 4096


@dataclass(frozen=True, kw_only=True)
class TernaryFit:
    """The nearest hardware neuron to a trained one.

    `signs` (inputs,) int8; it fires when signs·x >= `threshold`. `scale` is the weight that a
    unit synapse stands for, by least squares; `error` (inputs,) = weight - scale·sign.
    `mismatches` of `tested` input patterns come out wrong; `wrong` holds up to 8 of them.
    """

    signs: NDArray[np.int8]
    threshold: int
    scale: float
    error: Array
    mismatches: int
    tested: int
    exhaustive: bool
    wrong: tuple[tuple[int, ...], ...]

    @property
    def exact(self) -> bool:
        """True when no tested pattern comes out wrong."""
        return self.mismatches == 0

    @property
    def realised(self) -> Array:
        """(inputs,) what the synapses stand for, in units of the trained weights."""
        return self.scale * self.signs.astype(np.float64)

    @property
    def excitatory(self) -> int:
        return int(np.count_nonzero(self.signs > 0))

    @property
    def inhibitory(self) -> int:
        return int(np.count_nonzero(self.signs < 0))

    @property
    def signature(self) -> tuple[int, int, int]:
        """(excitatory inputs, inhibitory inputs, threshold): what a cell library is asked for."""
        return self.excitatory, self.inhibitory, self.threshold


def input_patterns(inputs: int) -> tuple[Bits, bool]:
    """Patterns (p, inputs) to compare on, and whether they are all there are."""
    if 2**inputs <= _MOST_PATTERNS:
        numbers = np.arange(2**inputs)[:, None]
        return ((numbers >> np.arange(inputs)[::-1]) & 1).astype(np.uint8), True
    generator = np.random.default_rng(np.random.SeedSequence(inputs))
    return generator.integers(0, 2, size=(_MOST_PATTERNS, inputs), dtype=np.uint8), False


def fit_ternary(
    weights: Array,
    threshold: float,
    *,
    available: Callable[[int, int, int], bool] | None = None,
    patterns: Bits | None = None,
) -> TernaryFit:
    """Fit signs and a whole threshold to a neuron that fires when weights·x > threshold.

    `weights` (inputs,). `available(excitatory, inhibitory, threshold)` says which neurons can
    be built; ones that can are preferred among those equally right. `patterns` (p, inputs)
    limits the comparison to those that occur; by default all 2^inputs count, or a sample
    beyond 12 inputs. The best fit has the fewest wrong patterns, then can be built, then has
    the smallest squared weight error.
    """
    bits, exhaustive = input_patterns(len(weights)) if patterns is None else (patterns, False)
    target = bits @ weights > threshold
    best: tuple[tuple[float, ...], NDArray[np.int8], int] | None = None
    for signs in _candidates(weights):
        sums = bits.astype(np.int64) @ signs.astype(np.int64)
        scale = _scale(weights, signs)
        error = float(np.sum((weights - scale * signs) ** 2))
        for k in range(1, max(2, int(np.count_nonzero(signs > 0)) + 1)):
            mismatches = int(np.count_nonzero((sums >= k) != target))
            excitatory, inhibitory = int(np.sum(signs > 0)), int(np.sum(signs < 0))
            buildable = available is None or excitatory == 0 or available(excitatory, inhibitory, k)
            # A whole threshold stands for (k - 1/2)·scale; nearer is better.
            offset = abs((k - 0.5) * scale - threshold) if scale > 0.0 else 0.0
            rank = (mismatches, 0 if buildable else 1, error, offset)
            if best is None or rank < best[0]:
                best = rank, signs, k
    assert best is not None  # the candidate with no synapse is always there
    _, signs, k = best
    scale = _scale(weights, signs)
    wrong = bits[((bits.astype(np.int64) @ signs.astype(np.int64)) >= k) != target]
    return TernaryFit(
        signs=signs,
        threshold=k,
        scale=scale,
        error=weights - scale * signs,
        mismatches=len(wrong),
        tested=len(bits),
        exhaustive=exhaustive,
        wrong=tuple(tuple(int(b) for b in row) for row in wrong[:8]),
    )


def _scale(weights: Array, signs: NDArray[np.int8]) -> float:
    used = np.count_nonzero(signs)
    return float(np.sum(weights * signs) / used) if used else 0.0


def _candidates(weights: Array) -> list[NDArray[np.int8]]:
    """Sign patterns to try; a sign never opposes that of its weight."""
    direction = np.sign(weights).astype(np.int8)
    nonzero = np.flatnonzero(direction)
    if len(nonzero) <= _EXHAUSTIVE_INPUTS:
        keeps = itertools.product((0, 1), repeat=len(nonzero))
    else:
        order = np.argsort(-np.abs(weights[nonzero]), kind="stable")
        ranks = np.empty(len(nonzero), dtype=np.int64)
        ranks[order] = np.arange(len(nonzero))
        keeps = (tuple((ranks < count).astype(int)) for count in range(len(nonzero) + 1))
    result = []
    for keep in keeps:
        signs = np.zeros(len(weights), dtype=np.int8)
        signs[nonzero] = direction[nonzero] * np.asarray(keep, dtype=np.int8)
        result.append(signs)
    return result
