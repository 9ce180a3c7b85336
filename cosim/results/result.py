"""`Result`: what every engine returns, and the flux slips (`Pulses`) it carries.

Here: the two containers, their checks and the look-up of signals by name. How slips are
found is in `slips.py`; files are in `hdf5.py`, `csvfile.py` and `rawfile.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import CosimError, did_you_mean

STATUSES = ("completed", "inaccurate", "failed")


class UnknownNameError(CosimError, KeyError):
    """A signal or a junction that a result does not hold."""

    def __str__(self) -> str:
        return str(self.args[0])


def canonical_name(name: str) -> str:
    """Return a name as results compare them: upper case, no blanks, `|` between levels."""
    return "".join(name.split()).upper().replace(".", "|")


@dataclass(frozen=True, kw_only=True, eq=False)
class Pulses:
    """2π slips of junctions, one entry a slip, ascending in time.

    `time` (k,) [s] is where the phase crosses an odd multiple of π, interpolated;
    `element` (k,) indexes into `names`; `sign` (k,) is +1 where the phase rises, else -1.
    """

    time: NDArray[np.float64]
    element: NDArray[np.int64]
    sign: NDArray[np.int8]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        time = np.atleast_1d(np.asarray(self.time, dtype=np.float64))
        element = np.atleast_1d(np.asarray(self.element, dtype=np.int64))
        sign = np.atleast_1d(np.asarray(self.sign, dtype=np.int8))
        if not (time.ndim == 1 and time.shape == element.shape == sign.shape):
            raise CosimError(
                f"pulses need arrays of one length, got shapes {time.shape}, {element.shape}, {sign.shape}"
            )
        if element.size and (element.min() < 0 or element.max() >= len(self.names)):
            raise CosimError(
                f"pulses name elements {element.min()}..{element.max()}, but there are only {len(self.names)}"
            )
        if sign.size and not np.all(np.abs(sign) == 1):
            raise CosimError("the sign of a pulse is +1 or -1")
        if time.size > 1 and np.any(np.diff(time) < 0):
            order = np.argsort(time, kind="stable")
            time, element, sign = time[order], element[order], sign[order]
        object.__setattr__(self, "time", time)
        object.__setattr__(self, "element", element)
        object.__setattr__(self, "sign", sign)
        object.__setattr__(self, "names", tuple(self.names))

    @classmethod
    def none(cls, names: Iterable[str] = ()) -> Pulses:
        """Return pulses of `names` without a single slip."""
        index, sign = np.empty(0, np.int64), np.empty(0, np.int8)
        return cls(time=np.empty(0), element=index, sign=sign, names=tuple(names))

    @classmethod
    def gather(cls, slips: Mapping[str, tuple[ArrayLike, ArrayLike]]) -> Pulses:
        """Merge `{name: (times, signs)}`, as `find_slips` returns them, into one train."""
        times = [np.asarray(time, dtype=np.float64) for time, _ in slips.values()]
        signs = [np.asarray(sign, dtype=np.int8) for _, sign in slips.values()]
        if not times:
            return cls.none()
        element = np.repeat(np.arange(len(times)), [len(time) for time in times])
        return cls(
            time=np.concatenate(times), element=element, sign=np.concatenate(signs), names=tuple(slips)
        )

    def __len__(self) -> int:
        return int(self.time.size)

    def index(self, name: str) -> int:
        """Return the index of a junction; case does not matter, `.` equals `|`."""
        try:
            return self.names.index(name)
        except ValueError:
            pass
        wanted = canonical_name(name)
        for position, known in enumerate(self.names):
            if canonical_name(known) == wanted:
                return position
        raise UnknownNameError(
            f"no junction {name!r} among the {len(self.names)} whose slips were kept"
            f"{did_you_mean(wanted, self.names)}"
        )

    def of(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
        """Return times (m,) [s] and signs (m,) of one junction's slips."""
        mask = self.element == self.index(name)
        return self.time[mask], self.sign[mask]


@dataclass(frozen=True, kw_only=True, eq=False)
class Result:
    """One simulated run.

    `time` (n,) [s]; `signals` maps JoSIM's column names, e.g. `P(B1|X1)`, `V(5)`, `I(L1)`,
    to (n,) arrays whose unit is in `units`. `status` is "completed", "inaccurate" or
    "failed"; `message` says what happened and what to try.
    """

    time: NDArray[np.float64]
    signals: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    pulses: Pulses = field(default_factory=Pulses.none)
    stats: Mapping[str, float | int | str] = field(default_factory=dict)
    status: str = "completed"
    message: str = ""
    provenance: Mapping[str, str | int | float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        time = np.atleast_1d(np.asarray(self.time, dtype=np.float64))
        if time.ndim != 1:
            raise CosimError(f"the time of a result has one axis, got shape {time.shape}")
        signals = {name: np.asarray(values, dtype=np.float64) for name, values in self.signals.items()}
        for name, values in signals.items():
            if values.shape != time.shape:
                raise CosimError(f"signal {name}: shape {values.shape}, but time has {time.shape}")
        if self.status not in STATUSES:
            raise CosimError(f"status {self.status!r} is none of {', '.join(STATUSES)}")
        units = {name: self.units.get(name) or unit_of(name) for name in signals}
        object.__setattr__(self, "time", time)
        object.__setattr__(self, "signals", signals)
        object.__setattr__(self, "units", units)

    @property
    def ok(self) -> bool:
        """True unless the run failed."""
        return self.status != "failed"

    def find(self, name: str) -> str:
        """Return the full name of a signal; case does not matter, `.` equals `|`."""
        if name in self.signals:
            return name
        wanted = canonical_name(name)
        for known in self.signals:
            if canonical_name(known) == wanted:
                return known
        raise UnknownNameError(
            f"no signal {name!r} among the {len(self.signals)} of this result"
            f"{did_you_mean(wanted, self.signals)}"
        )

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        if name.lower() == "time":
            return self.time
        return self.signals[self.find(name)]

    def __contains__(self, name: str) -> bool:
        try:
            self[name]
        except UnknownNameError:
            return False
        return True

    def only(self, names: Iterable[str]) -> Result:
        """Return the result with these signals alone, in their order."""
        chosen = [self.find(name) for name in names]
        signals = {name: self.signals[name] for name in chosen}
        return replace(self, signals=signals, units={name: self.units[name] for name in chosen})

    def pulse_times(self, name: str, sign: int | None = 1) -> NDArray[np.float64]:
        """Return the times (m,) [s] of a junction's slips of one sign; None: of both."""
        times, signs = self.pulses.of(name)
        return times if sign is None else times[signs == sign]


def unit_of(label: str) -> str:
    """Return the SI unit that a column name implies: P rad, V V, I A; else empty."""
    return {"P(": "rad", "V(": "V", "I(": "A"}.get(label.upper()[:2], "")
