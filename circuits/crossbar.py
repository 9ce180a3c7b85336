"""A resistive array as a deck for ngspice: every cell, every segment, every terminal.

    VLEFT0 ─ RWL0_0 ─ W0_0 ─ RWL0_1 ─ W0_1 …       word line 0; cells RC… or BC… down to
                       │                            B0_0, the node of bit line 0, whose
                      RC0_0                         segments are RBL0_0, RBL0_1 … down to
                       │                            VBOTTOM0
                      B0_0

Nodes that no resistance separates are one node. Arrays of numbers in, text out: what they mean is
in `cosim.crossbar`, whose `word_segments()` and `bit_segments()` fit here. No simulation here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import NetlistError

SIDES = ("left", "right", "top", "bottom")

#: Tight enough for currents to 1e-7 in arrays of 32 × 32.
OPTIONS = ".options reltol=1e-9 abstol=1e-18 vntol=1e-13 gmin=1e-20 itl1=500"


@dataclass(frozen=True, kw_only=True)
class ArrayDeck:
    """ngspice text, and the vector and unit behind each quantity that it saves."""

    text: str
    probes: Mapping[str, str]
    """`I(LEFT0)`: current into the array from a terminal; `V(W0_1)`, `V(B0_1)`: nodes of a cell."""
    units: Mapping[str, str]


class _Nodes:
    """Names of nodes, those without resistance between them joined."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def join(self, first: str, second: str) -> None:
        first, second = self.name(first), self.name(second)
        if first != second:
            self._parent[second] = first

    def name(self, node: str) -> str:
        while node in self._parent:
            node = self._parent[node]
        return node


def _chain(kind: str, line: int, count: int) -> list[str]:
    """Nodes of a line from terminal to terminal."""
    if kind == "w":
        return [f"left{line}", *(f"w{line}_{k}" for k in range(count)), f"right{line}"]
    return [f"top{line}", *(f"b{k}_{line}" for k in range(count)), f"bottom{line}"]


def crossbar_deck(
    conductance: ArrayLike,
    word_segments: ArrayLike,
    bit_segments: ArrayLike,
    voltages: Mapping[str, ArrayLike],
    *,
    law: str = "",
    capacitance: float = 0.0,
    rise: float = 1e-12,
    stop: float = 1e-9,
    nodes: bool = False,
    title: str = "resistive array",
) -> ArrayDeck:
    """Return the deck of an array of M × N cells.

    `conductance` (M, N) [S], 0 open, infinite a short; `word_segments` (M, N + 1) and `bit_segments`
    (N, M + 1) [Ω] from terminal to terminal, infinite ones open; `voltages` [V] of the sides left,
    right (M,), top, bottom (N,), those left out at 0. `law` is a cell's current as an ngspice
    expression of `{g}` and `{v}`, e.g. "{g}*0.05*sinh({v}/0.05)"; empty is linear. With
    `capacitance` [F] from each node to ground, voltages rise in `rise` [s] from zero and the
    transient until `stop` [s] shows how the array settles; without it, it holds the operating point.
    `nodes` saves the nodes of all cells. Raises `NetlistError` for shapes that do not fit.
    """
    cells = np.asarray(conductance, dtype=np.float64)
    word, bit = np.asarray(word_segments, dtype=np.float64), np.asarray(bit_segments, dtype=np.float64)
    rows, columns = cells.shape if cells.ndim == 2 else (0, 0)
    if word.shape != (rows, columns + 1) or bit.shape != (columns, rows + 1) or not cells.size:
        raise NetlistError(
            f"an array of conductances {cells.shape} needs word segments ({rows}, {columns + 1}) and bit "
            f"segments ({columns}, {rows + 1}), got {word.shape} and {bit.shape}"
        )
    names = _joined(cells, word, bit)
    lines = [*_cells(cells, law, names), *_segments("w", word, names), *_segments("b", bit, names)]
    sources, probes = _terminals(rows, columns, word, bit, voltages, rise if capacitance else 0.0, names)
    if capacitance:
        # Nodes that no resistance separates bring their capacitances together.
        inner = Counter(names.name(f"{k}{i}_{j}") for k in "wb" for i in range(rows) for j in range(columns))
        lines += [f"C{node} {node} 0 {count * capacitance!r}" for node, count in sorted(inner.items())]
    if nodes:
        for kind in "wb":
            for i in range(rows):
                for j in range(columns):
                    probes[f"V({kind.upper()}{i}_{j})"] = f"v({names.name(f'{kind}{i}_{j}')})"
    saved = dict.fromkeys(probes.values())
    text = "\n".join(
        [
            title,
            f"* {rows} word lines, {columns} bit lines",
            *sources,
            *lines,
            OPTIONS,
            f".save {' '.join(saved)}",
            f".tran {stop / 100!r} {stop!r}",
            ".end",
        ]
    )
    units = {label: "A" if label.startswith("I") else "V" for label in probes}
    return ArrayDeck(text=text + "\n", probes=probes, units=units)


def _joined(cells: NDArray, word: NDArray, bit: NDArray) -> _Nodes:
    names = _Nodes()
    rows, columns = cells.shape
    for kind, segments, count in (("w", word, columns), ("b", bit, rows)):
        for line, place in np.argwhere(segments == 0):
            chain = _chain(kind, int(line), count)
            names.join(chain[place], chain[place + 1])
    for i, j in np.argwhere(np.isinf(cells)):
        names.join(f"w{i}_{j}", f"b{i}_{j}")
    return names


def _cells(cells: NDArray, law: str, names: _Nodes) -> list[str]:
    lines = []
    for (i, j), g in np.ndenumerate(cells):
        if g == 0 or np.isinf(g):
            continue
        first, second = names.name(f"w{i}_{j}"), names.name(f"b{i}_{j}")
        if law:
            drop = f"(v({first})-v({second}))"
            lines.append(f"BC{i}_{j} {first} {second} i={law.format(g=repr(float(g)), v=drop)}")
        else:
            lines.append(f"RC{i}_{j} {first} {second} {1 / float(g)!r}")
    return lines


def _segments(kind: str, segments: NDArray, names: _Nodes) -> list[str]:
    lines = []
    for line, row in enumerate(segments):
        chain = _chain(kind, line, len(row) - 1)
        for place, resistance in enumerate(row):
            if 0 < resistance < np.inf:
                first, second = names.name(chain[place]), names.name(chain[place + 1])
                lines.append(f"R{kind.upper()}L{line}_{place} {first} {second} {float(resistance)!r}")
    return lines


def _terminals(
    rows: int,
    columns: int,
    word: NDArray,
    bit: NDArray,
    voltages: Mapping[str, ArrayLike],
    rise: float,
    names: _Nodes,
) -> tuple[list[str], dict[str, str]]:
    """Sources of the attached terminals, and their currents into the array: ngspice counts the
    current that enters a source, so each source stands with its plus at ground."""
    unknown = set(voltages) - set(SIDES)
    if unknown:
        raise NetlistError(f"unknown side {sorted(unknown)[0]!r}; there are {', '.join(SIDES)}")
    lines, probes = [], {}
    ends = (word[:, 0], word[:, -1], bit[:, 0], bit[:, -1])
    for side, end in zip(SIDES, ends, strict=True):
        levels = np.broadcast_to(
            np.asarray(voltages.get(side, 0.0), dtype=np.float64), (rows if side in SIDES[:2] else columns,)
        )
        for line, level in enumerate(levels):
            if np.isinf(end[line]):
                continue
            value = -float(level)
            wave = f"pwl(0 0 {rise!r} {value!r})" if rise else f"dc {value!r}"
            lines.append(f"V{side.upper()}{line} 0 {names.name(f'{side}{line}')} {wave}")
            probes[f"I({side.upper()}{line})"] = f"i(v{side}{line})"
    return lines, probes
