"""Benches under stress: does a cell still do what it must, and how far may a parameter go?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cosim.analysis import DeckParameter, SpikeTable, margins
from cosim.circuits import SCALES
from cosim.circuits.bench import Bench
from cosim.josephson import simulate_batch
from cosim.netlist import flatten

#: Step [s] for counting pulses: arrival times are good to 0.01 ps.
STEP = 0.25e-12


def table(bench: Bench) -> SpikeTable:
    """The bench's expectations as a criterion."""
    return SpikeTable(
        junctions=tuple(bench.expected),
        edges=np.array(bench.edges),
        expected=np.array(list(bench.expected.values())),
    )


def passes(
    bench: Bench, cases: Sequence[Mapping[str, float]] = ({},), *, threads: int = 1
) -> NDArray[np.bool_]:
    """(cases,): does the bench pass with these deck parameters?"""
    batch = simulate_batch([flatten(bench.deck, case) for case in cases], step=STEP, threads=threads)
    return table(bench).evaluate(batch).passed


def bench_margins(
    bench: Bench, *, threads: int = 1, resolution: float = 0.005
) -> dict[str, tuple[float, float]]:
    """Relative ends (low, high) of the global factors and, where there is one, of `ith`."""
    names = [name for name in SCALES if name != "sk" or has_coupling(bench)]
    known = {parameter.name for parameter in bench.deck.parameters}
    names += [name for name in ("ith",) if name.upper() in known]
    parameters = [DeckParameter(name=name, label=name) for name in names]
    found = margins(
        bench.deck,
        table(bench),
        parameters,
        low=0.1,
        high=1.9,
        scan=0.08,
        resolution=resolution,
        step=STEP,
        threads=threads,
    )
    if found.nominal_failure is not None:
        raise SystemExit(f"{bench.name} fails at nominal: {found.nominal_failure}")
    return {row.label: (_inward(row.margins[0]), _inward(row.margins[1])) for row in found.rows}


def has_coupling(bench: Bench) -> bool:
    """True where the bench holds a transformer."""
    return any(s.name.startswith("K") for c in bench.deck.subcircuits for s in c.statements)


def _inward(margin: float) -> float:
    """Three digits, rounded towards zero: what is written down was seen to pass."""
    return math.trunc(round(1000.0 * margin, 6)) / 1000.0
