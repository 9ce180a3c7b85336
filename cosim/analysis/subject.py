"""The circuit under analysis and its variants: nominal numbers, factors, one batch.

Not here: the search for margins (`margins.py`) and random samples (`yields.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from cosim.analysis.parameters import KINDS, DeckParameter, ElementGroup, Parameter, source_elements
from cosim.errors import CosimError, NetlistError, SimulationError, did_you_mean
from cosim.josephson import BatchResult, Samples, Topology, Values, default_step, simulate_batch
from cosim.netlist import Circuit, Deck, flatten

Array = NDArray[np.float64]

#: Step of margin and yield runs against the engine's default for accurate waveforms: slip
#: counts need less than arrival times do (docs/analysis.md has the comparison).
_STEP_RATIO = 1.5
#: Nearest that a scaled coupling comes to the physical limit.
_COUPLING_GUARD = 1.0 - 1e-3

Factors = Mapping[Parameter, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """A circuit, and the deck it came from where parameters of the deck are varied."""

    circuit: Circuit
    deck: Deck | None = None
    overrides: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, source: Deck | Circuit | Subject, parameters: Mapping[str, float] | None = None) -> Subject:
        """`parameters` replace `.param` values of a deck for every variant."""
        if isinstance(source, Subject):
            return source
        if isinstance(source, Circuit):
            if parameters:
                raise CosimError("parameters can be set on a deck; a flat circuit has none left")
            return cls(circuit=source)
        fixed = {name.upper(): value for name, value in (parameters or {}).items()}
        return cls(circuit=flatten(source, fixed), deck=source, overrides=fixed)

    @cached_property
    def topology(self) -> Topology:
        return Topology.of(self.circuit)

    @cached_property
    def values(self) -> Values:
        """Nominal numbers, one row."""
        return Values.of([self.circuit], [self.topology])

    @cached_property
    def step(self) -> float:
        """Step [s] for slip counts: one and a half times the engine's default."""
        return _STEP_RATIO * default_step(self.values)

    @property
    def stop(self) -> float:
        """End of a run [s], from the deck's `.tran`."""
        if self.circuit.transient is None:
            raise CosimError("the deck has no .tran card, so there is no time to simulate to; add one")
        return self.circuit.transient.stop

    def indices(self, group: ElementGroup) -> tuple[int, ...]:
        """Columns that a group scales; raises where it picks nothing."""
        found = group.indices(self.circuit, self.topology)
        if not found:
            raise CosimError(
                f"parameter {group.label}: no element of kind {group.kind} matches {', '.join(group.include)}"
                + (f" without {', '.join(group.exclude)}" if group.exclude else "")
            )
        return found

    def limits(self, parameter: Parameter, low: float, high: float) -> tuple[float, float]:
        """The part of the factors `low`..`high` that physics allows: couplings stay below 1."""
        if isinstance(parameter, DeckParameter):
            return tuple(self._deck_limit(parameter, end) for end in (low, high))  # type: ignore[return-value]
        if parameter.kind != "coupling":
            self.indices(parameter)
            return low, high
        largest = _largest_coupling(self.topology, self.values, self.indices(parameter))
        return low, min(high, largest * _COUPLING_GUARD)

    def _deck_limit(self, parameter: DeckParameter, end: float) -> float:
        if self._valid(parameter, end):
            return end
        inside, outside = 1.0, end
        while abs(outside - inside) > 1e-3:
            middle = 0.5 * (inside + outside)
            inside, outside = (middle, outside) if self._valid(parameter, middle) else (inside, middle)
        return inside

    def _valid(self, parameter: DeckParameter, factor: float) -> bool:
        try:
            circuit = self.variant({parameter: factor})
            values = Values.of([circuit], [Topology.of(circuit)])
            everything = tuple(range(values.coupling.shape[1]))
            return not everything or _largest_coupling(self.topology, values, everything) > 1.0
        except (NetlistError, SimulationError):
            if factor == 1.0:
                raise
            return False

    def variant(self, factors: Factors) -> Circuit:
        """The flat circuit with its deck parameters scaled; groups are left alone."""
        changed = dict(self.overrides)
        for parameter, factor in factors.items():
            if not isinstance(parameter, DeckParameter):
                continue
            if self.deck is None:
                raise CosimError(
                    f"{parameter.name} is a parameter of a deck, but only a flat circuit is given"
                )
            changed[parameter.name] = self._nominal(parameter) * factor
        if self.deck is None or changed == dict(self.overrides):
            return self.circuit
        return flatten(self.deck, changed)

    def _nominal(self, parameter: DeckParameter) -> float:
        known = {name.upper(): value for name, value in self.circuit.parameters.items()}
        if parameter.name not in known:
            raise CosimError(
                f"the deck has no parameter {parameter.name}{did_you_mean(parameter.name, known)}"
            )
        if known[parameter.name] == 0.0:
            raise CosimError(f"parameter {parameter.name} is zero, so a factor does not change it")
        return known[parameter.name]

    def simulate(
        self,
        variants: Sequence[Factors],
        *,
        step: float | None = None,
        threads: int | None = None,
        progress: Callable[[int], None] | None = None,
        samples: Samples | None = None,
    ) -> BatchResult:
        """One run for each mapping of parameters to factors, all side by side.

        `samples` asks for phases besides slips; a criterion's `samples_of` says which it needs.
        """
        circuits = [self.variant(factors) for factors in variants]
        if all(circuit is self.circuit for circuit in circuits):
            values = self.values.repeated(len(circuits))
        else:
            values = Values.of(circuits, [Topology.of(circuit) for circuit in circuits])
        sources = np.ones((len(circuits), len(source_elements(self.topology))))
        for row, factors in enumerate(variants):
            for parameter, factor in factors.items():
                if isinstance(parameter, ElementGroup):
                    scale(values, sources, parameter.kind, row, list(self.indices(parameter)), factor)
        return self.run(
            values, sources, circuits=circuits, step=step, threads=threads, progress=progress, samples=samples
        )

    def run(
        self,
        values: Values,
        source_scale: Array,
        *,
        circuits: Sequence[Circuit] | None = None,
        step: float | None = None,
        threads: int | None = None,
        progress: Callable[[int], None] | None = None,
        samples: Samples | None = None,
    ) -> BatchResult:
        """Variants by their numbers: `values` with one row, `source_scale` (variants, sources)."""
        return simulate_batch(
            self.circuit if circuits is None else circuits,
            values=values,
            source_scale=source_scale,
            stop=self.stop,
            step=self.step if step is None else step,
            threads=threads or os.cpu_count() or 1,
            progress=progress,
            samples=samples,
        )


def scale(
    values: Values,
    sources: Array,
    kind: str,
    row: int,
    columns: Sequence[int] | NDArray[np.int64],
    factor: float | Array,
) -> None:
    """Multiply columns of one variant in place, wherever the kind keeps its numbers."""
    if kind in ("bias", "source"):
        sources[row, columns] *= factor
    for name in KINDS[kind]:
        getattr(values, name)[row, columns] *= factor


def _largest_coupling(topology: Topology, values: Values, columns: Sequence[int]) -> float:
    """Factor at which the chosen couplings make a set of coils that cannot exist.

    Coils exist while I + K_rest + f K_chosen is positive definite; the smallest f at which it
    is not is the reciprocal of the largest eigenvalue of -K_chosen against I + K_rest.
    """
    coils = len(topology.inductors)
    chosen, rest = np.zeros((coils, coils)), np.eye(coils)
    for k, (i, j) in enumerate(topology.mutual_pairs):
        target = chosen if k in set(columns) else rest
        target[i, j] += values.coupling[0, k]
        target[j, i] += values.coupling[0, k]
    used = np.unique(topology.mutual_pairs)
    try:
        eigenvalues = linalg.eigh(-chosen[np.ix_(used, used)], rest[np.ix_(used, used)], eigvals_only=True)
    except linalg.LinAlgError as error:
        raise SimulationError("the couplings that are not varied already belong to no real coils") from error
    largest = float(np.max(eigenvalues, initial=0.0))
    return 1.0 / largest if largest > 0.0 else np.inf
