"""Every error that `cosim` raises on purpose.

A message says what is wrong, where, what was found against what was expected, and
what to try. The command line prints it as one line and exits with a code that is not 0;
anything that is not a `CosimError` is a bug of ours and keeps its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CosimError(Exception):
    """Base of all errors that a user can cause and mend."""


class NetlistError(CosimError):
    """A deck that cannot be read, expanded or rendered.

    `file` and `line` point into the deck; both are None for circuits built in Python.
    """

    def __init__(self, message: str, *, file: str | None = None, line: int | None = None) -> None:
        self.file = file
        self.line = line
        where = "" if file is None else f"{file}:{line}: " if line is not None else f"{file}: "
        super().__init__(where + message)


class SimulationError(CosimError):
    """A circuit that an engine cannot simulate, or a run that it cannot finish."""


class NetworkError(CosimError):
    """A trained network that cannot be read or has a part that is not supported."""


class MappingError(CosimError):
    """A network that does not fit the hardware."""


class ResultFileError(CosimError):
    """A result file that is missing, truncated, foreign, or cannot be written."""


class SweepError(CosimError):
    """A sweep that cannot be read, planned, run or merged."""


class DependencyError(CosimError):
    """A program or an optional package that is needed and not installed."""


def did_you_mean(name: str, known: Iterable[str], limit: int = 3) -> str:
    """Return `"; did you mean 'a' or 'b'?"`, or an empty string when nothing is close."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=limit, cutoff=0.6)
    if not close:
        return ""
    return "; did you mean " + " or ".join(repr(by_lower[key]) for key in close) + "?"
