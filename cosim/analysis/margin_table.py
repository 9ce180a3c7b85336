"""The table of margins: what each parameter tolerates, and what gives way first.

Not here: how the ends are found (`margins.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.analysis.criterion import Disagreement
from cosim.analysis.parameters import Parameter


@dataclass(frozen=True, kw_only=True)
class MarginEnd:
    """One end of a margin. `factor` passes; `failing`, the next factor tried outside, does not."""

    factor: float
    failing: float | None
    limited_by: str
    """"criterion": it fails beyond; "range": it still passes at the end of the range searched;
    "physics": at the end of what can exist, as a coupling of 1."""
    reason: Disagreement | None
    """What goes wrong first at `failing`."""
    islands: tuple[float, ...] = ()
    """Factors beyond `failing` that pass again; they do not count."""

    @property
    def open(self) -> bool:
        return self.failing is None


@dataclass(frozen=True, kw_only=True)
class MarginRow:
    """One parameter with both ends."""

    parameter: Parameter
    low: MarginEnd
    high: MarginEnd

    @property
    def label(self) -> str:
        return self.parameter.label

    @property
    def margins(self) -> tuple[float, float]:
        """Relative margins, the lower one negative or zero: (-0.23, 0.24)."""
        return self.low.factor - 1.0, self.high.factor - 1.0

    @property
    def critical(self) -> float:
        """The smaller of both, as a positive number."""
        low, high = self.margins
        return min(-low, high)


@dataclass(frozen=True, kw_only=True)
class MarginTable:
    """Margins of several parameters; see `margins` for what the numbers mean."""

    rows: tuple[MarginRow, ...]
    nominal_failure: Disagreement | None
    """What goes wrong at nominal; all margins are then zero."""
    resolution: float
    low: float
    high: float
    runs: int
    """Circuits simulated."""
    rounds: int
    step: float
    """Step of the engine [s]."""
    wall_time: float

    def __getitem__(self, label: str) -> MarginRow:
        for row in self.rows:
            if row.label.lower() == label.lower():
                return row
        raise KeyError(f"no margin of {label!r}; there are {', '.join(row.label for row in self.rows)}")

    @property
    def critical(self) -> float:
        """The smallest margin of all, as a positive number; what limits is `critical_row`."""
        return min((row.critical for row in self.rows), default=0.0)

    @property
    def critical_row(self) -> MarginRow:
        return min(self.rows, key=lambda row: row.critical)

    @property
    def critical_end(self) -> MarginEnd:
        row = self.critical_row
        return row.low if -row.margins[0] <= row.margins[1] else row.high

    def arrays(self) -> dict[str, NDArray]:
        """Columns of one entry a parameter, ready for a file."""
        low, high = [row.low for row in self.rows], [row.high for row in self.rows]

        def texts(values: list[str]) -> NDArray:
            return np.array(values, dtype=object if not values else str)

        return {
            "parameter": texts([row.label for row in self.rows]),
            "margin_low": np.array([row.margins[0] for row in self.rows]),
            "margin_high": np.array([row.margins[1] for row in self.rows]),
            "failing_low": np.array([np.nan if e.failing is None else e.failing - 1.0 for e in low]),
            "failing_high": np.array([np.nan if e.failing is None else e.failing - 1.0 for e in high]),
            "limited_by_low": texts([e.limited_by for e in low]),
            "limited_by_high": texts([e.limited_by for e in high]),
            "reason_low": texts([str(e.reason or "") for e in low]),
            "reason_high": texts([str(e.reason or "") for e in high]),
        }

    def text(self) -> str:
        """Aligned lines, one a parameter, and the critical margin."""
        cells = [("parameter", "low", "high", "fails low", "fails high")]
        for row in self.rows:
            low, high = row.margins
            cells.append(
                (
                    row.label,
                    _percent(low, row.low),
                    _percent(high, row.high),
                    _reason(row.low),
                    _reason(row.high),
                )
            )
        widths = [max(len(line[column]) for line in cells) for column in range(5)]
        lines = []
        for name, low, high, fails_low, fails_high in cells:
            line = f"{name:<{widths[0]}}  {low:>{widths[1]}}  {high:>{widths[2]}}  {fails_low:<{widths[3]}}"
            lines.append(f"{line}  {fails_high}".rstrip())
        if self.nominal_failure is not None:
            lines.append(f"fails at nominal: {self.nominal_failure}")
        elif self.rows:
            row = self.critical_row
            side = "low" if self.critical_end is row.low else "high"
            lines.append(f"critical margin {100.0 * self.critical:.1f} %: {row.label}, {side} end")
        return "\n".join(lines)


def _percent(margin: float, end: MarginEnd) -> str:
    """Signed percentage; beyond an end that is open the margin is larger than what is said."""
    sign = "" if not end.open else "<" if margin < 0.0 else ">"
    return f"{sign}{100.0 * margin:+.1f} %"


def _reason(end: MarginEnd) -> str:
    if end.limited_by == "range":
        return "–"
    if end.limited_by == "physics":
        return "physical limit"
    again = f"; passes again at {', '.join(f'{x:.3g}' for x in end.islands)}" if end.islands else ""
    return f"{end.reason}{again}"
