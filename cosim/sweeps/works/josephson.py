"""Cases of a deck in the Josephson engine: side by side in the batch kernel where slips are enough.

A batch gives a circuit the same numbers whatever its neighbours are, as long as steps are equal
and corners of sources fall together. So circuits share a group when they have one topology, one
length of step (a ladder, so that near ones are equal) and one set of corners; noise and kept
waveforms run alone.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cosim.analysis import KINDS, ElementGroup
from cosim.analysis.parameters import source_elements
from cosim.analysis.subject import scale
from cosim.errors import CosimError, SweepError, did_you_mean
from cosim.josephson import Topology, Values, default_step, simulate, simulate_batch
from cosim.netlist import Circuit, flatten, parse_file
from cosim.sweeps.fields import Value
from cosim.sweeps.measurements import kept_waveforms
from cosim.sweeps.outcome import Outcome
from cosim.sweeps.works.base import Case, Request
from cosim.sweeps.works.deck import DECK, DeckWork
from cosim.sweeps.works.judging import deck_measurements

#: Circuits of one group, at most: those of one call of the batch kernel.
LANES = 16
#: Rungs of the ladder of steps for each factor of two.
_RUNGS = 2
#: Step of slip counts against the engine's default for waveforms (docs/analysis.md).
_STEP_RATIO = 1.5


@dataclass(frozen=True, kw_only=True)
class Variant:
    """The flat circuit of a case with its factors on elements, and what it may share a batch with."""

    circuit: Circuit
    values: Values
    sources: np.ndarray
    """(1, sources): factors on the waveforms."""
    step: float
    key: tuple


class JosephsonPerformer:
    """Flattens, groups and runs the cases of a deck."""

    def __init__(self, work: DeckWork, folder: Path, request: Request) -> None:
        self.work, self.request = work, request
        self.deck = parse_file(folder / DECK)
        self.nominal = flatten(self.deck, dict(work.parameters))
        self.measurements = deck_measurements(request, folder)
        self.names, self.groups_of = self._sorted_names()
        self.of_slips = not request.waveforms and all(m.of_slips for m in self.measurements.values())
        if not self.measurements and not request.waveforms:
            raise SweepError(
                "measure: name what to keep of each run, such as slips(B1) or as_nominal(), or waveforms"
            )
        self._variants: dict[int, Variant] = {}

    def _sorted_names(self) -> tuple[dict[str, str], dict[str, ElementGroup]]:
        """Parameters of the sweep that are `.param` cards, and those that are factors on elements."""
        known = {name.upper() for name in self.nominal.parameters}
        parameters, factors = {}, {}
        topology = Topology.of(self.nominal)
        for name in self.request.parameters:
            if name.upper() in known:
                parameters[name] = name.upper()
                continue
            kind, _, rest = name.partition("(")
            if kind not in KINDS:
                raise SweepError(
                    f"the deck has no .param {name}{did_you_mean(name, [*known, *KINDS])}; it has "
                    f"{', '.join(sorted(known)) or 'none'}; factors on elements are {', '.join(KINDS)}"
                )
            patterns = tuple(p.strip() for p in rest.rstrip(") ").split(",") if p.strip()) or ("*",)
            group = ElementGroup(label=name, kind=kind, include=patterns)
            if not group.indices(self.nominal, topology):
                raise SweepError(f"{name}: the deck has no such element")
            factors[name] = group
        return parameters, factors

    def check(self, case: Case) -> None:
        variant = self._variant(case)
        names = {canonical for canonical in variant_names(variant.circuit)}
        for measurement in self.measurements.values():
            for target in measurement.targets if measurement.of_slips else ():
                if target.upper().replace(".", "|") not in names:
                    raise SweepError(
                        f"measurement {measurement.text!r}: the deck has no junction "
                        f"{target}{did_you_mean(target, names)}"
                    )
        labels = {probe.label.upper() for probe in variant.circuit.probes}
        wanted = [t for m in self.measurements.values() if not m.of_slips for t in m.targets]
        for signal in [*wanted, *(name for name in self.request.waveforms if name != "*")]:
            if "".join(signal.split()).upper().replace(".", "|") not in labels:
                raise SweepError(
                    f"{signal}: the deck does not print it{did_you_mean(signal, labels)}; "
                    f"it prints {', '.join(sorted(labels)) or 'nothing'}"
                )

    def prepare(self) -> None:
        """A few steps of the nominal circuit, which compile the kernels."""
        stop = 1e-3 * self._stop(self.nominal)
        with contextlib.suppress(CosimError):
            if self.of_slips:
                simulate_batch([self.nominal] * 2, stop=stop, threads=1)
            else:
                simulate(self.nominal, stop=stop)

    def groups(self, cases: Sequence[Case]) -> list[list[Case]]:
        if not self.of_slips:
            return [[case] for case in cases]
        found: dict[tuple, list[list[Case]]] = {}
        for case in cases:
            try:
                variant = self._variant(case)
            except CosimError:
                found[("alone", case.index)] = [[case]]  # its failure is reported when it runs
                continue
            self._variants[case.index] = variant
            if _is_noisy(variant.circuit):
                found[("alone", case.index)] = [[case]]
                continue
            parts = found.setdefault(variant.key, [[]])
            if len(parts[-1]) == LANES:
                parts.append([])
            parts[-1].append(case)
        return [part for parts in found.values() for part in parts]

    def perform(self, cases: Sequence[Case]) -> list[Outcome]:
        began = time.perf_counter()
        try:
            variants = [self._variants.pop(case.index, None) or self._variant(case) for case in cases]
            if self.of_slips and not _is_noisy(variants[0].circuit):
                return self._batch(variants, began)
            return [self._alone(variants[0], cases[0])]
        except Exception as error:
            if len(cases) > 1:
                return [outcome for case in cases for outcome in self.perform([case])]
            if not isinstance(error, CosimError):
                raise
            return [Outcome.failure(error, wall_time=time.perf_counter() - began)]

    def _variant(self, case: Case) -> Variant:
        for name, value in case.parameters.items():
            if not isinstance(value, float):
                raise SweepError(f"parameter {name} of a deck is a number, got {value!r}")
        chosen = {self.names[n]: _number(v) for n, v in case.parameters.items() if n in self.names}
        circuit = flatten(self.deck, {**self.work.parameters, **chosen})
        topology = Topology.of(circuit)
        values = Values.of([circuit], [topology])
        sources = np.ones((1, len(source_elements(topology))))
        for name, group in self.groups_of.items():
            columns = list(group.indices(circuit, topology))
            scale(values, sources, group.kind, 0, columns, _number(case.parameters[name]))
        step = self.work.step or _on_ladder(_STEP_RATIO * default_step(values))
        corners = _corners(circuit, self._stop(circuit))
        return Variant(
            circuit=replace(circuit, seed=case.seed & 0x7FFFFFFF),
            values=values,
            sources=sources,
            step=step,
            key=(topology.signature(), _shapes(values), step, corners),
        )

    def _stop(self, circuit: Circuit) -> float:
        if self.work.stop is not None:
            return self.work.stop
        if circuit.transient is None:
            raise SweepError(f"{self.work.deck} has no .tran card; add one, or give stop in [work]")
        return circuit.transient.stop

    def _batch(self, variants: Sequence[Variant], began: float) -> list[Outcome]:
        # One circuit is doubled: the kernel for many lanes and that for one need not agree in the last bit.
        lanes = list(variants) if len(variants) > 1 else [variants[0]] * 2
        values = Values(
            **{
                name: np.concatenate([getattr(v.values, name) for v in lanes])
                for name in vars(lanes[0].values)
            }
        )
        batch = simulate_batch(
            [v.circuit for v in lanes],
            values=values,
            source_scale=np.concatenate([v.sources for v in lanes]),
            stop=self._stop(lanes[0].circuit),
            step=lanes[0].step,
            threads=1,
        )
        took = (time.perf_counter() - began) / len(variants)
        outcomes = []
        for lane in range(len(variants)):
            if batch.failed[lane]:
                outcomes.append(Outcome.failure("the solution grew without bound", wall_time=took))
                continue
            pulses = batch.pulses(lane)
            outcomes.append(
                Outcome(values={n: m(pulses) for n, m in self.measurements.items()}, wall_time=took)
            )
        return outcomes

    def _alone(self, variant: Variant, case: Case) -> Outcome:
        began = time.perf_counter()
        if self.groups_of:
            raise SweepError(
                f"{', '.join(self.groups_of)}: factors on elements go with measurements of slips, without "
                "noise and waveforms; make it a .param of the deck"
            )
        run = simulate(variant.circuit, stop=self.work.stop, step=self.work.step)
        took = time.perf_counter() - began
        if not run.ok:
            return Outcome.failure(run.message, wall_time=took)
        return Outcome(
            values={name: m(run) for name, m in self.measurements.items()},
            waveforms=kept_waveforms(run, self.request.waveforms),
            wall_time=took,
        )


def variant_names(circuit: Circuit) -> tuple[str, ...]:
    """Names of the junctions."""
    return Topology.of(circuit).junctions.names


def _number(value: Value) -> float:
    assert isinstance(value, float)
    return value


def _on_ladder(step: float) -> float:
    """The next rung down: powers of the square root of two."""
    if not math.isfinite(step):
        return step
    return 2.0 ** (math.floor(_RUNGS * math.log2(step)) / _RUNGS)


def _is_noisy(circuit: Circuit) -> bool:
    from cosim.josephson.noise import with_thermal_noise

    return with_thermal_noise(circuit) is not circuit


def _shapes(values: Values) -> tuple:
    """Shapes of all arrays: two transparencies may need different numbers of harmonics."""
    return tuple(array.shape[1:] for array in vars(values).values())


def _corners(circuit: Circuit, stop: float) -> tuple:
    """Times at which any source bends, and whether it is zero at rest."""
    found: list[tuple] = []
    for element in circuit.elements:
        waveform = getattr(element, "waveform", None)
        if waveform is not None:
            at_rest = bool(waveform.value(np.array(0.0)) == 0.0)
            found.append((np.asarray(waveform.corners(stop)).tobytes(), at_rest))
    return tuple(found)
