"""A spiking reservoir as the work of a sweep: where it is silent, where it computes, where it is chaotic.

    [work]
    kind = "reservoir"
    neurons = 216                # 80 % of them excitatory, on a random graph
    density = 0.1                # probability of a recurrent connection
    weight = 0.3                 # V, magnitude of recurrent weights
    input_weight = 2.0           # V
    spread = 0.0                 # relative normal spread of every weight, as of cells
    read_noise = 0.0             # relative, drawn at each use of a weight

Any of the numbers may be swept; the case's seed draws network and inputs. Kept: `rate` (1/s, a neuron),
`branching` (descendants of a spike over its ancestors), `radius` (spectral, of the weights in V),
`exponent` (1/s, of the distance of perturbed twins), `kernel` and `generalisation` (ranks over `samples`
inputs). Only what is kept is computed.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from cosim.errors import CosimError, SweepError, did_you_mean
from cosim.sweeps.fields import number
from cosim.sweeps.outcome import Outcome
from cosim.sweeps.works.base import Case, Request

UNITS = {
    "rate": "1/s",
    "branching": "",
    "radius": "",
    "exponent": "1/s",
    "kernel": "",
    "generalisation": "",
}
STEP = 1e-3


@dataclass(frozen=True, kw_only=True)
class ReservoirWork:
    """Times in s, rates in 1/s, weights in V."""

    kind: ClassVar[str] = "reservoir"

    neurons: float = 216
    channels: float = 10
    density: float = 0.1
    input_density: float = 0.3
    weight: float = 0.3
    input_weight: float = 2.0
    excitatory_share: float = 0.8
    membrane_time: float = 20e-3
    synapse_time: float = 5e-3
    refractory: float = 2e-3
    delay: float = 1e-3
    spread: float = 0.0
    read_noise: float = 0.0
    input_rate: float = 50.0
    duration: float = 0.4
    samples: float = 10

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = number(getattr(self, field.name), field.name)
            if value < 0.0:
                raise SweepError(f"{field.name}: expected a number from 0 on, got {value}")
            object.__setattr__(self, field.name, value)

    def bundle(self) -> int:
        return 8

    def inputs(self, folder: Path, request: Request) -> dict[str, bytes]:
        return {}

    def unit(self, text: str) -> str:
        return UNITS.get(text, "")

    def versions(self) -> dict[str, str]:
        return {}

    def performer(self, folder: Path, request: Request, time_limit: float) -> ReservoirPerformer:
        return ReservoirPerformer(self, request)


class ReservoirPerformer:
    """Draws and runs one reservoir a case."""

    def __init__(self, work: ReservoirWork, request: Request) -> None:
        self.work, self.request = work, request
        known = [field.name for field in dataclasses.fields(ReservoirWork)]
        for name in request.parameters:
            if name not in known:
                raise SweepError(
                    f"a reservoir has no setting {name!r}{did_you_mean(name, known)}; "
                    f"there are {', '.join(known)}"
                )
        for text in request.measure.values():
            if text not in UNITS:
                raise SweepError(
                    f"a reservoir gives no {text!r}{did_you_mean(text, UNITS)}; there are {', '.join(UNITS)}"
                )
        if request.waveforms:
            raise SweepError("a reservoir has no waveforms")

    def check(self, case: Case) -> None:
        self._settings(case)

    def prepare(self) -> None:
        """One small reservoir, which compiles the kernels."""
        small = dataclasses.replace(self.work, neurons=10.0, samples=1.0, duration=5e-3)
        self._values(small, 0, {"rate"})

    def groups(self, cases: Sequence[Case]) -> list[list[Case]]:
        return [[case] for case in cases]

    def perform(self, cases: Sequence[Case]) -> list[Outcome]:
        return [self._one(case) for case in cases]

    def _settings(self, case: Case) -> ReservoirWork:
        return dataclasses.replace(self.work, **case.parameters)  # type: ignore[arg-type]

    def _one(self, case: Case) -> Outcome:
        began = time.perf_counter()
        wanted = self.request.measure or {name: name for name in ("rate", "branching", "radius")}
        try:
            values = self._values(self._settings(case), case.seed, set(wanted.values()))
        except CosimError as error:
            return Outcome.failure(error, wall_time=time.perf_counter() - began)
        return Outcome(
            values={name: values[text] for name, text in wanted.items()},
            wall_time=time.perf_counter() - began,
        )

    def _values(self, chosen: ReservoirWork, seed: int, wanted: set[str]) -> dict[str, float]:
        import numpy as np

        from cosim.encoding import poisson
        from cosim.reservoir import branching_factor, kernel_quality, run, separation, spectral_radius

        reservoir = drawn(chosen, seed)
        channels = np.ones(int(chosen.channels))
        steps = max(1, round(chosen.duration / STEP))
        keys = np.random.SeedSequence([seed, 1]).generate_state(int(chosen.samples))
        samples = [
            poisson(channels, duration=steps * STEP, step=STEP, highest_rate=chosen.input_rate, seed=int(key))
            for key in keys
        ]
        values: dict[str, float] = {}
        if wanted & {"rate", "branching"}:
            answer = run(reservoir, samples, step=STEP, record_spikes=True, seed=seed, threads=1)
            values["rate"] = float(answer.rates().mean())
            if "branching" in wanted:
                factors = [branching_factor(spikes, reservoir.recurrent) for spikes in answer.spikes[:3]]
                known = [factor for factor in factors if np.isfinite(factor)]
                values["branching"] = float(np.mean(known)) if known else float("nan")
        if "radius" in wanted:
            values["radius"] = spectral_radius(reservoir.recurrent)
        if "exponent" in wanted:
            values["exponent"] = separation(
                reservoir, samples[:5], at=chosen.duration / 4, seed=seed
            ).exponent
        if wanted & {"kernel", "generalisation"}:
            quality = kernel_quality(reservoir, samples, seed=seed)
            values["kernel"] = float(quality.kernel)
            values["generalisation"] = float(quality.generalisation)
        return values


def drawn(chosen: ReservoirWork, seed: int) -> Any:
    """Return the reservoir of these settings and this seed."""
    import numpy as np

    from cosim.reservoir import Kinds, Lif, Reservoir, dale, erdos_renyi, random_inputs

    neurons = int(chosen.neurons)
    key = int(np.random.SeedSequence([seed, 2]).generate_state(1)[0])
    inputs = random_inputs(
        int(chosen.channels),
        neurons,
        chosen.input_density,
        weight=chosen.input_weight,
        negative_share=0.2,
        seed=key,
    )
    recurrent = erdos_renyi(
        neurons, neurons, chosen.density, weight=chosen.weight, delay=chosen.delay, seed=key
    )
    recurrent = dale(recurrent, Kinds.drawn(neurons, excitatory_share=chosen.excitatory_share, seed=key))
    generator = np.random.default_rng(np.random.SeedSequence([seed, 3]))
    parts = [
        part.with_weights(part.weight * (1.0 + chosen.spread * generator.standard_normal(part.count)))
        for part in (inputs, recurrent)
    ]
    return Reservoir(
        neuron=Lif(
            membrane_time=chosen.membrane_time,
            excitatory_time=chosen.synapse_time,
            inhibitory_time=chosen.synapse_time,
            refractory=chosen.refractory,
        ),
        inputs=parts[0],
        recurrent=parts[1],
        read_noise=chosen.read_noise,
    )
