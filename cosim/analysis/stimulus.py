"""Circuits that differ in when their sources act, as one batch.

Lanes of a batch share the corners of their sources. A current source that differs becomes one
source a variant, side by side, of which each variant has its own switched on: all lanes then
bend at the same times, and a zero source changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cosim.errors import CosimError
from cosim.josephson import BatchResult, Topology, Values, simulate_batch
from cosim.netlist.circuit import Circuit, CurrentSource, Element
from cosim.netlist.waveforms import Waveform

Array = NDArray[np.float64]


def simulate_stimuli(
    circuits: Sequence[Circuit], *, step: float | None = None, threads: int | None = None
) -> BatchResult:
    """Slips of circuits that are equal but for the waveforms of their current sources.

    Raises `CosimError` where something else differs.
    """
    combined, currents = side_by_side(circuits)
    topology = Topology.of(combined)
    scale = np.hstack([currents, np.ones((len(circuits), len(topology.tied_sources)))])
    values = Values.of([combined], [topology]).repeated(len(circuits))
    return simulate_batch(
        combined, values=values, source_scale=scale, step=step, threads=threads or os.cpu_count() or 1
    )


def side_by_side(circuits: Sequence[Circuit]) -> tuple[Circuit, Array]:
    """The circuit with all sources, and which act: (variants, current sources), 0 or 1."""
    base = circuits[0]
    if any(len(other.elements) != len(base.elements) for other in circuits):
        raise CosimError("stimuli need circuits with the same elements")
    elements: list[Element] = []
    columns: list[Array] = []
    for position, element in enumerate(base.elements):
        own = [circuit.elements[position] for circuit in circuits]
        if all(other == element for other in own):
            elements.append(element)
            if isinstance(element, CurrentSource):
                columns.append(np.ones(len(circuits)))
            continue
        waveforms = [_waveform(other) for other in own]
        if any(other.nodes != element.nodes or other.name != element.name for other in own):
            raise CosimError(f"{element.name} stands elsewhere in other variants")
        for number, waveform in enumerate(dict.fromkeys(waveforms)):
            name = f"{element.name}|{number}"
            elements.append(CurrentSource(name=name, nodes=element.nodes, waveform=waveform))
            columns.append(np.array([float(mine == waveform) for mine in waveforms]))
    scale = np.array(columns).T.reshape(len(circuits), -1)
    return replace(base, elements=tuple(elements), probes=()), scale


def _waveform(element: Element) -> Waveform:
    if not isinstance(element, CurrentSource):
        raise CosimError(
            f"{element.name} differs between the variants; only the waveforms of current sources may"
        )
    return element.waveform
