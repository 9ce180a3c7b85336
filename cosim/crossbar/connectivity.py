"""Refuses networks without a unique answer: a node that floats, terminals joined without resistance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cosim.crossbar.array import Array, Crossbar
from cosim.errors import SimulationError


def require_solvable(array: Crossbar) -> None:
    """Raise `SimulationError` naming the first node that no path of finite resistance ties to a terminal,
    or the first line whose two terminals are joined by zero resistance."""
    word, bit = array.word_segments(), array.bit_segments()
    for name, resistance in (("word", word), ("bit", bit)):
        joined = ~resistance.any(axis=1)
        if joined.any():
            raise SimulationError(
                f"{name} line {int(np.argmax(joined))} joins its two terminals without any resistance, so "
                "the current between them has no value; give the line, or one end, a resistance above zero"
            )
    conducts = array.cells > 0
    if np.isinf(word[:, 1:-1]).any() or np.isinf(bit[:, 1:-1]).any():
        _require_tied_nodes(conducts, word, bit)
    else:
        _require_tied_lines(conducts, word, bit)


def _require_tied_lines(conducts: NDArray[np.bool_], word: Array, bit: Array) -> None:
    """The check when no line is broken: then a line is tied as a whole."""
    words = np.isfinite(word[:, [0, -1]]).any(axis=1)
    bits = np.isfinite(bit[:, [0, -1]]).any(axis=1)
    while not (words.all() and bits.all()):
        reached_bits = bits | conducts[words].any(axis=0)
        reached_words = words | conducts[:, reached_bits].any(axis=1)
        if (reached_bits == bits).all() and (reached_words == words).all():
            name, tied = ("word", words) if not words.all() else ("bit", bits)
            raise SimulationError(
                f"{name} line {int(np.argmin(tied))} floats: no end of it is attached and its cells lead to "
                "no line that is; attach an end, or leave the line out of the array"
            )
        words, bits = reached_words, reached_bits


def _require_tied_nodes(conducts: NDArray[np.bool_], word: Array, bit: Array) -> None:
    """The check node by node, for arrays with broken lines."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows, columns = conducts.shape
    number = np.arange(rows * columns).reshape(rows, columns)
    other, ground = number + rows * columns, 2 * rows * columns
    along_word, along_bit = np.isfinite(word[:, 1:-1]), np.isfinite(bit[:, 1:-1]).T
    held = np.concatenate(
        [
            number[np.isfinite(word[:, 0]), 0],
            number[np.isfinite(word[:, -1]), -1],
            other[0, np.isfinite(bit[:, 0])],
            other[-1, np.isfinite(bit[:, -1])],
        ]
    )
    first = np.concatenate([number[:, :-1][along_word], other[:-1][along_bit], number[conducts], held])
    second = np.concatenate(
        [number[:, 1:][along_word], other[1:][along_bit], other[conducts], np.full(len(held), ground)]
    )
    graph = coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(ground + 1, ground + 1))
    _, label = connected_components(graph, directed=False)
    loose = np.flatnonzero(label[:-1] != label[-1])
    if len(loose):
        place = int(loose[0])
        name = "word" if place < rows * columns else "bit"
        row, column = divmod(place % (rows * columns), columns)
        raise SimulationError(
            f"the {name} line's node at cell ({row}, {column}) floats: open segments and open cells cut it "
            f"from every terminal ({len(loose)} such node(s)); give the cell or a segment a path"
        )
