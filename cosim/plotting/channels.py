"""What a panel of a waveform figure shows: a signal of a result, or one derived from a phase.

`V(B1|X1)` is taken from the phase of the junction where the result holds that alone:
V = (Φ0/2π)·dφ/dt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.constants import FLUX_QUANTUM
from cosim.results import Result, UnknownNameError, canonical_name, unit_of

_UNITS = {"V": (1e3, "mV"), "A": (1e6, "µA"), "rad": (0.5 / np.pi, "φ/2π")}


@dataclass(frozen=True, kw_only=True, eq=False)
class Channel:
    """`values` (n,) in `unit` at `time` (n,) [s]; `junction` is empty for what is none."""

    signal: str
    junction: str
    time: NDArray[np.float64]
    values: NDArray[np.float64]
    unit: str


def default_signals(result: Result, most: int = 12) -> list[str]:
    """All signals, phases of junctions as voltages; at most `most`."""
    chosen: list[str] = []
    for name in result.signals:
        wanted = f"V{name[1:]}" if _is_junction_phase(name) else name
        if wanted not in chosen:
            chosen.append(wanted)
    return chosen[:most]


def channels(result: Result, signals: Sequence[str]) -> list[Channel]:
    """Find or derive each signal. Raises `UnknownNameError` with the nearest names."""
    return [_channel(result, name) for name in signals]


def voltage_of_phase(time: NDArray[np.float64], phase: NDArray[np.float64]) -> NDArray[np.float64]:
    """(Φ0/2π)·dφ/dt [V] (n,) by second-order differences; points of equal time share the first value."""
    distinct = np.concatenate([[True], np.diff(time) > 0.0])
    if np.count_nonzero(distinct) < 3:
        return np.zeros_like(phase)
    rate = np.gradient(phase[distinct], time[distinct])
    return (FLUX_QUANTUM / (2.0 * np.pi)) * rate[np.cumsum(distinct) - 1]


def _channel(result: Result, name: str) -> Channel:
    wanted = canonical_name(name)
    if "(" not in wanted:  # a bare junction
        wanted = f"V({wanted})"
    junction = wanted[2:-1] if wanted[2:3] == "B" else ""
    if wanted in result:
        found = result.find(wanted)
        values, unit = result[found], result.units[found] or unit_of(found)
    elif wanted.startswith("V(") and f"P{wanted[1:]}" in result:
        values, unit = voltage_of_phase(result.time, result[f"P{wanted[1:]}"]), "V"
    else:
        known = {*result.signals, *default_signals(result, len(result.signals))}
        raise UnknownNameError(_unknown(name, known))
    factor, shown = _UNITS.get(unit, (1.0, unit))
    return Channel(signal=wanted, junction=junction, time=result.time, values=factor * values, unit=shown)


def _unknown(name: str, known: set[str]) -> str:
    from cosim.errors import did_you_mean

    listed = ", ".join(sorted(known)[:6]) + (", …" if len(known) > 6 else "")
    hint = did_you_mean(name, known) or f"; it holds {listed or 'none'}"
    return f"no signal {name!r} among the {len(known)} that can be drawn{hint}"


def _is_junction_phase(name: str) -> bool:
    return canonical_name(name).startswith("P(B")
