"""Input patterns, and the shortest sequence that holds every transition between them.

Hardware remembers: what a circuit does with a pattern depends on the one before. Margins therefore
count only over a sequence in which every ordered pair of patterns, repeats included, occurs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cosim.errors import NetworkError

_MOST_INPUTS = 16


def all_patterns(inputs: int) -> np.ndarray:
    """Return every binary pattern, (2**inputs, inputs) uint8, in counting order: 00, 01, 10, 11.

    Raises `NetworkError` above 16 inputs; `sample_patterns` is for those.
    """
    if not 1 <= inputs <= _MOST_INPUTS:
        raise NetworkError(
            f"all patterns of {inputs} inputs: expected 1..{_MOST_INPUTS}; use sample_patterns for more"
        )
    numbers = np.arange(2**inputs)[:, None]
    return ((numbers >> np.arange(inputs)[::-1]) & 1).astype(np.uint8)


def sample_patterns(inputs: int, *, limit: int = 16, seed: int = 0) -> np.ndarray:
    """Return all patterns when there are at most `limit`, else `limit` distinct ones of them.

    The sample always holds the pattern of no spikes and that of all, the rest is drawn by `seed`;
    rows are in counting order. Shape (patterns, inputs), uint8. Raises `NetworkError`.
    """
    if inputs < 1 or limit < 2:
        raise NetworkError(f"{limit} patterns of {inputs} inputs: expected at least 2 patterns and 1 input")
    if inputs <= _MOST_INPUTS and 2**inputs <= limit:
        return all_patterns(inputs)
    generator = np.random.default_rng(np.random.SeedSequence(seed))
    chosen = {(0,) * inputs, (1,) * inputs}
    while len(chosen) < limit:
        chosen.add(tuple(int(bit) for bit in generator.integers(0, 2, size=inputs)))
    return np.array(sorted(chosen), dtype=np.uint8)


def transition_indices(count: int) -> np.ndarray:
    """Return a walk over 0..count−1 that takes each of the count² ordered steps i → j once, i = j too.

    Shape (count² + 1,), int64; starts and ends at 0. It is the order-2 de Bruijn sequence, opened: a
    Eulerian circuit of the complete directed graph with loops, so no shorter walk exists.
    """
    if count < 1:
        raise NetworkError(f"transitions between {count} patterns: expected at least 1")
    following = [0] * count  # Hierholzer's algorithm: the next step out of each pattern not yet taken
    stack, circuit = [0], []
    while stack:
        pattern = stack[-1]
        if following[pattern] < count:
            stack.append(following[pattern])
            following[pattern] += 1
        else:
            circuit.append(stack.pop())
    return np.array(circuit[::-1], dtype=np.int64)


def transition_sequence(patterns: ArrayLike) -> np.ndarray:
    """Return the shortest sequence of patterns that holds every ordered transition once.

    (k, inputs) patterns give (k² + 1, inputs): 17 slots for the 4 patterns of two inputs.
    Raises `NetworkError` for another shape or for equal rows.
    """
    array = np.asarray(patterns)
    if array.ndim != 2 or array.shape[0] == 0:
        raise NetworkError(f"patterns have shape {array.shape}, expected (patterns, inputs)")
    if len(np.unique(array, axis=0)) != len(array):
        raise NetworkError(f"{len(array)} patterns hold equal rows; transitions need distinct ones")
    return array[transition_indices(len(array))]
