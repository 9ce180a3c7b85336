"""A specification: rules that say when a circuit works, independent of any deck.

`Specification.check` judges one run, rule by rule; as a criterion it judges every variant of a
batch, so margins and yields take it as it is. Files: `specfile.py`. The rules: `rules.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from cosim.analysis.criterion import Disagreement, Verdicts
from cosim.analysis.rules import Outcome, Rule, TurnsRule, same_places
from cosim.errors import CosimError
from cosim.josephson import BatchResult, Samples
from cosim.netlist import Deck
from cosim.netlist.deck import ProbeStatement
from cosim.results import Pulses, Result

_SIGNAL = re.compile(r"\s*([VPI])\s*\(([^()]+)\)\s*", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a specification found in one run, a line a rule."""

    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> bool:
        return all(outcome.passed for outcome in self.outcomes)

    @property
    def complaints(self) -> tuple[str, ...]:
        return tuple(outcome.complaint for outcome in self.outcomes if not outcome.passed)


@dataclass(frozen=True, kw_only=True)
class Specification:
    """`rules` in the order in which they are judged. Raises `CosimError` without any."""

    rules: tuple[Rule, ...]
    name: str = ""

    def __post_init__(self) -> None:
        if not self.rules:
            raise CosimError(f"{self.name or 'the specification'}: no rules, so everything would pass")

    def check(self, run: Result) -> Report:
        """Judge one run. A failed run breaks every rule; a run that lacks a signal raises."""
        if not run.ok:
            reason = f"the run failed: {run.message}"
            return Report(
                outcomes=(Outcome(rule="run", asked="completes", found="failed", complaint=reason),)
            )
        return Report(outcomes=tuple(rule.judge(run) for rule in self.rules))

    @property
    def samples(self) -> Samples | None:
        """Phases that the rules on turns look at, for a batch to keep."""
        rules = [rule for rule in self.rules if isinstance(rule, TurnsRule)]
        if not rules:
            return None
        names = dict.fromkeys(name for rule in rules for name in rule.junctions)
        return Samples.of(tuple(names), np.unique([time for rule in rules for time in rule.times]))

    def evaluate(self, batch: BatchResult) -> Verdicts:
        """Judge every variant of a batch by its slips, and by phases where the batch kept `samples`;
        the first broken rule is reported.

        Raises `CosimError` where a rule needs waveforms, which batches do not keep.
        """
        for rule in self.rules:
            if rule.needs_waveforms:
                raise CosimError(
                    f"{self.name or 'the specification'}: the rule on {', '.join(rule.probes())} needs "
                    "waveforms; margins and yields keep slips alone, so leave it out there"
                )
        first = tuple(self._first(batch, variant) for variant in range(batch.variants))
        return Verdicts(passed=np.array([reason is None for reason in first], dtype=bool), first=first)

    def _first(self, batch: BatchResult, variant: int) -> Disagreement | None:
        if batch.failed[variant]:
            return Disagreement(text="the solution grew without bound")
        pulses = batch.pulses(variant)
        run: Result | Pulses = pulses
        if batch.samples is not None and batch.phases is not None:
            signals = dict(zip(batch.samples.junctions, batch.phases[variant], strict=True))
            labelled = {f"P({name})": values for name, values in signals.items()}
            run = Result(time=batch.samples.times, signals=labelled, pulses=pulses)
        for rule in self.rules:
            complaint = rule.judge(run).complaint
            if complaint:
                return Disagreement(text=complaint)
        return None

    def probed(self, deck: Deck) -> Deck:
        """The deck with probes of all signals that the rules look at."""
        added = []
        for name in same_places(self.rules):
            match = _SIGNAL.fullmatch(name)
            if match is None:
                raise CosimError(f"{name!r} is no signal; expected for example V(5), V(1,2), I(L1), P(B1)")
            targets = tuple(part.strip().upper().replace(".", "|") for part in match.group(2).split(","))
            added.append(ProbeStatement(kind=match.group(1).upper(), targets=targets))
        return replace(deck, probes=(*deck.probes, *added))
