"""The evaluation of a mapped network as the work of a sweep.

    [work]
    kind = "network"
    network = "xor_221.nir"
    options = { ngspice = false, yield_samples = 0 }     # those of cosim.evaluation.Options

Parameters are options of the evaluation (`period`, `spread`, `cooling_factor` …); the case's seed
is the evaluation's, unless `seed` is swept or set.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from cosim.errors import CosimError, SweepError, did_you_mean
from cosim.sweeps.outcome import Outcome
from cosim.sweeps.works.base import Case, Request

#: What is kept, unless `measure` picks some of it.
MEASURES = (
    "right", "accuracy", "accuracy_twin", "accuracy_ngspice", "spikes", "junctions", "bias_current",
    "energy", "energy_cooled", "latency", "critical_margin", "critical_margin_parasitic", "yield",
    "smallest_period",
)  # fmt: skip

_UNITS = {"energy": "J", "energy_cooled": "J", "latency": "s", "smallest_period": "s", "bias_current": "A"}


@dataclass(frozen=True, kw_only=True)
class NetworkWork:
    """Margins, yield and the cross-check are left out unless `options` ask for them."""

    kind: ClassVar[str] = "network"

    network: str
    options: Mapping[str, Any] = field(default_factory=dict)
    time_step: float | None = None
    reset: str | None = None

    def bundle(self) -> int:
        return 1

    def inputs(self, folder: Path, request: Request) -> dict[str, bytes]:
        try:
            return {"network.nir": (folder / self.network).read_bytes()}
        except OSError as error:
            raise SweepError(f"{folder / self.network}: {error.strerror}") from error

    def unit(self, text: str) -> str:
        return _UNITS.get(text, "")

    def versions(self) -> dict[str, str]:
        if not self.options.get("ngspice", False):
            return {}
        from cosim.spice import require_executable

        return {"ngspice": require_executable()[1]}

    def performer(self, folder: Path, request: Request, time_limit: float) -> NetworkPerformer:
        return NetworkPerformer(self, folder, request)


class NetworkPerformer:
    """One evaluation a case."""

    def __init__(self, work: NetworkWork, folder: Path, request: Request) -> None:
        from cosim.evaluation import Options
        from cosim.network import read_nir

        self.work, self.request = work, request
        known = [f.name for f in dataclasses.fields(Options) if f.name not in ("parasitics", "threads")]
        for name in [*work.options, *request.parameters]:
            if name not in [*known, "parasitics"]:
                raise SweepError(
                    f"an evaluation has no option {name!r}{did_you_mean(name, known)}; "
                    f"there are {', '.join(known)}"
                )
        for text in request.measure.values():
            if text not in MEASURES:
                raise SweepError(
                    f"an evaluation gives no {text!r}{did_you_mean(text, MEASURES)}; "
                    f"there are {', '.join(MEASURES)}"
                )
        if request.waveforms:
            raise SweepError("waveforms of an evaluation are not kept in a sweep; run cosim evaluate")
        self.network = read_nir(
            folder / "network.nir",
            time_step=work.time_step,
            reset=work.reset,  # type: ignore[arg-type]
        )

    def check(self, case: Case) -> None:
        self._options(case)

    def prepare(self) -> None:
        """One evaluation without extras, which compiles the kernels."""
        from cosim.evaluation import Options, evaluate

        plain = Options(ngspice=False, margins=False, parasitics=None, yield_samples=0, throughput=False)
        with contextlib.suppress(CosimError):
            evaluate(self.network, options=plain)

    def groups(self, cases: Sequence[Case]) -> list[list[Case]]:
        return [[case] for case in cases]

    def perform(self, cases: Sequence[Case]) -> list[Outcome]:
        return [self._one(case) for case in cases]

    def _options(self, case: Case) -> Any:
        from cosim.circuits import Parasitics
        from cosim.evaluation import Options

        plain = {
            "ngspice": False,
            "margins": False,
            "yield_samples": 0,
            "throughput": False,
            "seed": case.seed,
        }
        chosen = {**plain, **self.work.options, **case.parameters}
        defaults = Options()
        for name, value in chosen.items():
            kind = type(getattr(defaults, name))
            if kind in (bool, int) and isinstance(value, float):
                chosen[name] = kind(value)
        parasitics = chosen.pop("parasitics", False)
        return Options(**chosen, parasitics=Parasitics() if parasitics else None, threads=1)

    def _one(self, case: Case) -> Outcome:
        from cosim.evaluation import evaluate

        began = time.perf_counter()
        try:
            found = _figures(evaluate(self.network, options=self._options(case)))
        except CosimError as error:
            return Outcome.failure(error, wall_time=time.perf_counter() - began)
        wanted = self.request.measure or {name: name for name in found}
        missing = [text for text in wanted.values() if text not in found]
        if missing:
            return Outcome.failure(
                f"the evaluation gives no {missing[0]!r} with these options",
                wall_time=time.perf_counter() - began,
            )
        return Outcome(
            values={name: found[text] for name, text in wanted.items()},
            wall_time=time.perf_counter() - began,
        )


def _figures(evaluation: Any) -> dict[str, float]:
    """The numbers of an evaluation, as far as its stages were run."""
    import numpy as np

    scores = {name: float(np.mean(score.correct)) for name, score in evaluation.scores.items()}
    found = {
        "right": float(evaluation.right),
        "accuracy": scores["josephson"],
        "spikes": float(np.sum(evaluation.levels["josephson"].counts)),
        "junctions": float(evaluation.inventory.junctions),
        "bias_current": float(evaluation.inventory.bias_current),
        "energy": float(evaluation.energy.per_inference),
        "energy_cooled": float(evaluation.energy.per_inference_cooled),
        "latency": float(evaluation.latency.worst),
    }
    found |= {f"accuracy_{name}": scores[name] for name in ("twin", "ngspice") if name in scores}
    for name, table in (
        ("critical_margin", evaluation.margins),
        ("critical_margin_parasitic", evaluation.margins_parasitic),
    ):
        if table is not None:
            columns = table.arrays()
            ends = [abs(columns["margin_low"]), abs(columns["margin_high"])]
            found[name] = float(np.min(ends))
    if evaluation.yield_estimate is not None:
        found["yield"] = float(evaluation.yield_estimate.value)
    if evaluation.smallest_period is not None:
        found["smallest_period"] = float(evaluation.smallest_period.value)
    return found
