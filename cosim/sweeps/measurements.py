"""What is kept of a run, as a text: `slips(B1|X1)`, `delay(B1, B2)`, `maximum(V(5), 100p, 200p)`.

A new measurement is one function and one line in `MEASUREMENTS`. Times are in s, values in the
signal's unit. What needs slips alone lets a sweep run circuits side by side in the batch kernel.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cosim.errors import SweepError, did_you_mean
from cosim.results import Pulses, Result, unit_of
from cosim.sweeps.fields import number

Array = NDArray[np.float64]
_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*\((.*)\)\s*", re.DOTALL)


def slips(pulses: Pulses, junction: str, begin: float = -np.inf, end: float = np.inf) -> float:
    """Net 2π slips of a junction, from `begin` to before `end` [s]."""
    times, signs = pulses.of(junction)
    return float(signs[(times >= begin) & (times < end)].sum())


def first_slip(pulses: Pulses, junction: str, begin: float = -np.inf) -> float:
    """Time [s] of a junction's first slip upward from `begin` on; NaN when there is none."""
    times, signs = pulses.of(junction)
    later = times[(signs > 0) & (times >= begin)]
    return float(later[0]) if later.size else np.nan


def last_slip(pulses: Pulses, junction: str) -> float:
    """Time [s] of a junction's last slip upward; NaN when there is none."""
    times, signs = pulses.of(junction)
    return float(times[signs > 0][-1]) if np.any(signs > 0) else np.nan


def delay(pulses: Pulses, start: str, stop: str) -> float:
    """From the first slip of `start` to the first one of `stop` after it [s]; NaN when one is missing."""
    begin = first_slip(pulses, start)
    return first_slip(pulses, stop, begin) - begin if np.isfinite(begin) else np.nan


def maximum(result: Result, signal: str, begin: float = -np.inf, end: float = np.inf) -> float:
    """Largest value of a signal between two times."""
    return float(_part(result, signal, begin, end)[1].max())


def minimum(result: Result, signal: str, begin: float = -np.inf, end: float = np.inf) -> float:
    """Least value of a signal between two times."""
    return float(_part(result, signal, begin, end)[1].min())


def peak_to_peak(result: Result, signal: str, begin: float = -np.inf, end: float = np.inf) -> float:
    """Largest less least value."""
    return float(np.ptp(_part(result, signal, begin, end)[1]))


def mean(result: Result, signal: str, begin: float = -np.inf, end: float = np.inf) -> float:
    """Mean over time (trapezia between samples), so that unequal steps do not count."""
    time, values = _part(result, signal, begin, end)
    width = time[-1] - time[0]
    return float(np.trapezoid(values, time) / width) if width > 0.0 else float(values[0])


def rms(result: Result, signal: str, begin: float = -np.inf, end: float = np.inf) -> float:
    """Root of the mean square over time."""
    time, values = _part(result, signal, begin, end)
    width = time[-1] - time[0]
    return float(np.sqrt(np.trapezoid(values**2, time) / width)) if width > 0.0 else float(abs(values[0]))


def final(result: Result, signal: str) -> float:
    """Value at the end of the run."""
    return float(_part(result, signal, -np.inf, np.inf)[1][-1])


def at(result: Result, signal: str, time: float) -> float:
    """Value at a time [s], interpolated linearly; NaN outside the run."""
    times, values = _part(result, signal, -np.inf, np.inf)
    return float(np.interp(time, times, values, left=np.nan, right=np.nan))


def crossing(result: Result, signal: str, level: float, begin: float = -np.inf) -> float:
    """First time [s] from `begin` on at which a signal passes `level` upward; NaN when it does not."""
    time, values = _part(result, signal, begin, np.inf)
    where = np.flatnonzero((values[:-1] < level) & (values[1:] >= level))
    if not where.size:
        return np.nan
    i = int(where[0])
    share = (level - values[i]) / (values[i + 1] - values[i])
    return float(time[i] + share * (time[i + 1] - time[i]))


def _part(result: Result, signal: str, begin: float, end: float) -> tuple[Array, Array]:
    values, inside = result[signal], (result.time >= begin) & (result.time <= end)
    if not np.any(inside):
        raise SweepError(f"{signal}: the run has no point between {begin:g} s and {end:g} s")
    return result.time[inside], values[inside]


@dataclass(frozen=True, slots=True)
class Kind:
    """`names` leading arguments are names of junctions or signals, the rest numbers."""

    function: Callable[..., float]
    names: int
    numbers: tuple[int, int]
    """Least and largest count of numbers."""
    of_slips: bool
    unit: str = ""
    """SI symbol, or "signal" for that of the first argument."""


MEASUREMENTS: dict[str, Kind] = {
    "slips": Kind(slips, 1, (0, 2), True),
    "first_slip": Kind(first_slip, 1, (0, 1), True, "s"),
    "last_slip": Kind(last_slip, 1, (0, 0), True, "s"),
    "delay": Kind(delay, 2, (0, 0), True, "s"),
    "maximum": Kind(maximum, 1, (0, 2), False, "signal"),
    "minimum": Kind(minimum, 1, (0, 2), False, "signal"),
    "peak_to_peak": Kind(peak_to_peak, 1, (0, 2), False, "signal"),
    "mean": Kind(mean, 1, (0, 2), False, "signal"),
    "rms": Kind(rms, 1, (0, 2), False, "signal"),
    "final": Kind(final, 1, (0, 0), False, "signal"),
    "at": Kind(at, 1, (1, 1), False, "signal"),
    "crossing": Kind(crossing, 1, (1, 2), False, "s"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    """One measurement, ready to be taken from a run."""

    text: str
    call: Callable[[Any], float]
    of_slips: bool
    targets: tuple[str, ...]
    """Junctions or signals that it looks at."""

    def __call__(self, run: Result | Pulses) -> float:
        if self.of_slips and isinstance(run, Result):
            return self.call(run.pulses)
        return self.call(run)


def split_call(text: str) -> tuple[str, list[str]]:
    """`delay(B1, V(1,2))` → `"delay", ["B1", "V(1,2)"]`. Raises `SweepError` for another form."""
    found = _CALL.fullmatch(text)
    if found is None:
        raise SweepError(f"measurement {text!r}: expected a call such as slips(B1) or maximum(V(5))")
    arguments, level, current = [], 0, ""
    for character in found[2]:
        level += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and level == 0:
            arguments.append(current.strip())
            current = ""
        else:
            current += character
    return found[1], [item for item in [*arguments, current.strip()] if item]


def parse_measurement(text: str) -> Measurement:
    """Raises `SweepError` for an unknown measurement (with the nearest) or wrong arguments."""
    name, arguments = split_call(text)
    kind = MEASUREMENTS.get(name)
    if kind is None:
        raise SweepError(
            f"there is no measurement {name!r}{did_you_mean(name, MEASUREMENTS)}; "
            f"there are {', '.join(MEASUREMENTS)}"
        )
    low, high = (kind.names + count for count in kind.numbers)
    if not low <= len(arguments) <= high:
        expected = str(low) if low == high else f"{low} to {high}"
        raise SweepError(f"measurement {text!r}: {expected} arguments are needed, got {len(arguments)}")
    targets = tuple(arguments[: kind.names])
    numbers = [number(value, f"measurement {text!r}") for value in arguments[kind.names :]]
    return Measurement(
        text=text, call=_bound(kind.function, targets, numbers), of_slips=kind.of_slips, targets=targets
    )


def _bound(
    function: Callable[..., float], targets: tuple[str, ...], numbers: list[float]
) -> Callable[[Any], float]:
    return partial(_call, function, targets, tuple(numbers))


def _call(
    function: Callable[..., float], targets: tuple[str, ...], numbers: tuple[float, ...], run: Any
) -> float:
    return function(run, *targets, *numbers)


def measurement_unit(text: str) -> str:
    """SI symbol of a measurement; empty for what is none, or has none."""
    try:
        name, arguments = split_call(text)
    except SweepError:
        return ""
    kind = MEASUREMENTS.get(name)
    if kind is None or kind.unit != "signal":
        return "" if kind is None else kind.unit
    return unit_of(arguments[0]) if arguments else ""


def parse_measurements(measure: Mapping[str, str]) -> dict[str, Measurement]:
    """All measurements of a request by their names."""
    return {name: parse_measurement(text) for name, text in measure.items()}


def kept_waveforms(result: Result, signals: tuple[str, ...]) -> Result | None:
    """The part of a result that is kept: the signals asked for (`*`: all), with all slips; None for none."""
    from dataclasses import replace

    if not signals:
        return None
    names = list(result.signals) if "*" in signals else [result.find(name) for name in signals]
    return replace(
        result,
        signals={name: result.signals[name] for name in names},
        units={name: result.units[name] for name in names},
        # What differs from run to run has no place in a file that is to come out the same.
        stats={key: value for key, value in result.stats.items() if "time" not in key},
        provenance={},
    )
