"""A resistive array as the work of a sweep: how far line resistance and spread take a product off.

    [work]
    kind = "crossbar"
    rows = 64
    columns = 64
    low = "1u"                   # S, conductances between low and high, drawn by the case's seed …
    high = "100u"
    # weights = "weights.npy"    # … or taken from a file: (rows, columns) S
    segment = 1.0                # Ω a line segment
    spread = 0.0                 # relative normal spread of every cell
    voltage = 0.2                # V on word lines, random between 0 and this

Any of the numbers may be swept. Kept: `error` (largest current error of a bit line relative to the
largest ideal current), `error_rms`, `current` (sum of bit-line currents, A), `power` (W).
"""

from __future__ import annotations

import dataclasses
import io
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from cosim.errors import CosimError, SweepError, did_you_mean
from cosim.sweeps.fields import number
from cosim.sweeps.outcome import Outcome
from cosim.sweeps.works.base import Case, Request

MEASURES = ("error", "error_rms", "current", "power")


@dataclass(frozen=True, kw_only=True)
class CrossbarWork:
    """Conductances in S, resistances in Ω, voltages in V."""

    kind: ClassVar[str] = "crossbar"

    rows: float = 64
    columns: float = 64
    low: float = 1e-6
    high: float = 1e-4
    weights: str = ""
    segment: float = 1.0
    near: float = 0.0
    """Resistance of the drivers."""
    sense: float = 0.0
    """Resistance of the sense amplifiers."""
    spread: float = 0.0
    voltage: float = 0.2
    inputs_a_case: float = 8

    def __post_init__(self) -> None:
        for name in _numbers():
            value = number(getattr(self, name), name)
            if value < 0.0:
                raise SweepError(f"{name}: expected a number from 0 on, got {value}")
            object.__setattr__(self, name, value)

    def bundle(self) -> int:
        return 16

    def inputs(self, folder: Path, request: Request) -> dict[str, bytes]:
        if not self.weights:
            return {}
        try:
            return {"weights.npy": (folder / self.weights).read_bytes()}
        except OSError as error:
            raise SweepError(f"{folder / self.weights}: {error.strerror}") from error

    def unit(self, text: str) -> str:
        return {"current": "A", "power": "W"}.get(text, "")

    def versions(self) -> dict[str, str]:
        return {}

    def performer(self, folder: Path, request: Request, time_limit: float) -> CrossbarPerformer:
        return CrossbarPerformer(self, folder, request)


def _numbers() -> list[str]:
    return [f.name for f in dataclasses.fields(CrossbarWork) if f.name != "weights"]


class CrossbarPerformer:
    """Solves one array a case, exactly."""

    def __init__(self, work: CrossbarWork, folder: Path, request: Request) -> None:
        import numpy as np

        self.work, self.request = work, request
        for name in request.parameters:
            if name not in _numbers():
                raise SweepError(
                    f"a crossbar has no setting {name!r}{did_you_mean(name, _numbers())}; "
                    f"there are {', '.join(_numbers())}"
                )
        for text in request.measure.values():
            if text not in MEASURES:
                raise SweepError(
                    f"a crossbar gives no {text!r}{did_you_mean(text, MEASURES)}; "
                    f"there are {', '.join(MEASURES)}"
                )
        if request.waveforms:
            raise SweepError("a crossbar has no waveforms")
        self.weights: Any = None
        if work.weights:
            try:
                data = (folder / "weights.npy").read_bytes()
                self.weights = np.load(io.BytesIO(data), allow_pickle=False)
            except (OSError, ValueError) as error:
                raise SweepError(f"{work.weights}: not an array of NumPy ({error})") from error

    def check(self, case: Case) -> None:
        self._settings(case)

    def prepare(self) -> None:
        """One small array, which compiles the kernels."""
        import numpy as np

        from cosim.crossbar import passive, solve

        solve(passive(np.ones((4, 4))), np.ones(4))

    def groups(self, cases: Sequence[Case]) -> list[list[Case]]:
        return [[case] for case in cases]

    def perform(self, cases: Sequence[Case]) -> list[Outcome]:
        return [self._one(case) for case in cases]

    def _settings(self, case: Case) -> CrossbarWork:
        return dataclasses.replace(self.work, **case.parameters)  # type: ignore[arg-type]

    def _one(self, case: Case) -> Outcome:
        import numpy as np

        from cosim.crossbar import passive, solve

        began = time.perf_counter()
        try:
            chosen = self._settings(case)
            generator = np.random.default_rng(case.seed)
            shape = int(chosen.rows), int(chosen.columns)
            cells = self.weights
            if cells is None:
                cells = chosen.low + (chosen.high - chosen.low) * generator.random(shape)
            cells = cells * np.maximum(0.0, 1.0 + chosen.spread * generator.standard_normal(np.shape(cells)))
            voltages = chosen.voltage * generator.random((int(chosen.inputs_a_case), cells.shape[0]))
            array = passive(
                cells,
                word_line_resistance=chosen.segment,
                bit_line_resistance=chosen.segment,
                driver_resistance=chosen.near,
                sense_resistance=chosen.sense,
            )
            found = solve(array, voltages)
            ideal = voltages @ cells
            error = (found.outputs - ideal) / np.max(np.abs(ideal))
            values = {
                "error": float(np.max(np.abs(error))),
                "error_rms": float(np.sqrt(np.mean(error**2))),
                "current": float(np.mean(np.sum(found.outputs, axis=1))),
                "power": float(np.mean(found.power)),
            }
        except CosimError as error:
            return Outcome.failure(error, wall_time=time.perf_counter() - began)
        wanted = self.request.measure or {name: name for name in values}
        return Outcome(
            values={name: values[text] for name, text in wanted.items()},
            wall_time=time.perf_counter() - began,
        )
