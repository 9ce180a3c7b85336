"""Where two levels part: the first neuron and slot that differ, and how far arrivals are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cosim.errors import SimulationError
from cosim.evaluation.levels import Level

#: Largest difference [s] of arrival between the two device-level engines.
ENGINE_TOLERANCE = 0.5e-12


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """`largest` [s] is the largest difference of arrival over spikes that both levels have (NaN where
    one knows no times), at neuron `neuron` in slot `slot`. `first` says where counts first differ,
    empty where they never do."""

    levels: tuple[str, str]
    equal: bool
    largest: float
    neuron: str
    slot: int
    spikes: int
    first: str


def compare(a: Level, b: Level, neurons: Sequence[str]) -> Agreement:
    """Compare two levels slot by slot."""
    differ = a.counts != b.counts
    first = ""
    if np.any(differ):
        slot = int(np.argmax(np.any(differ, axis=1)))
        neuron = int(np.argmax(differ[slot]))
        first = (
            f"{neurons[neuron]} in slot {slot}: {a.counts[slot, neuron]} spikes in {a.name}, "
            f"{b.counts[slot, neuron]} in {b.name}"
        )
    apart = np.abs(a.arrival - b.arrival)
    known = np.isfinite(apart)
    largest, slot, neuron = float("nan"), -1, -1
    if np.any(known):
        slot, neuron = np.unravel_index(int(np.nanargmax(apart)), apart.shape)
        largest = float(apart[slot, neuron])
    return Agreement(
        levels=(a.name, b.name),
        equal=not np.any(differ),
        largest=largest,
        neuron=neurons[int(neuron)] if neuron >= 0 else "",
        slot=int(slot),
        spikes=int(np.count_nonzero(known)),
        first=first,
    )


def require_engines_agree(agreement: Agreement, tolerance: float = ENGINE_TOLERANCE) -> None:
    """Raise SimulationError, naming neuron and slot, where two engines disagree on one circuit."""
    a, b = agreement.levels
    if not agreement.equal:
        raise SimulationError(f"{a} and {b} disagree on the same circuit: {agreement.first}")
    if agreement.largest > tolerance:
        raise SimulationError(
            f"{a} and {b} disagree on the same circuit: {agreement.neuron} in slot {agreement.slot} arrives "
            f"{agreement.largest * 1e12:.2f} ps apart, more than {tolerance * 1e12:.2f} ps; "
            "try a smaller step"
        )
