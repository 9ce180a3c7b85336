"""How a case ended: what was measured, or why there is nothing to measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cosim.errors import SweepError
from cosim.results import Result

COMPLETED, FAILED = "completed", "failed"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`values`: numbers as float64 arrays of any shape, or texts. `waveforms`: the signals asked for.

    Of a failure `cause` is one line, and `words` are the last ones that the simulator said.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    waveforms: Result | None = None
    status: str = COMPLETED
    cause: str = ""
    words: str = ""
    tries: int = 1
    wall_time: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", {name: measured(name, v) for name, v in self.values.items()})

    @classmethod
    def failure(cls, cause: object, *, words: str = "", tries: int = 1, wall_time: float = 0.0) -> Outcome:
        """A case that gave nothing; `cause` becomes one line, `words` at most 2000 characters."""
        line = " ".join(str(cause).split()) or type(cause).__name__
        return cls(status=FAILED, cause=line[:1000], words=words[-2000:], tries=tries, wall_time=wall_time)

    @property
    def ok(self) -> bool:
        return self.status == COMPLETED


def measured(name: str, value: Any) -> Any:
    """A measurement as it is kept: a text, or a float64 array (booleans are 0 and 1).

    Raises `SweepError` for anything else.
    """
    if isinstance(value, str):
        return value
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise SweepError(f"measurement {name!r} is a {type(value).__name__}, neither numbers nor a text")
    return np.asarray(array, dtype=np.float64)
