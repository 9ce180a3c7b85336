"""Cases of a deck in ngspice, each in a fenced process of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from cosim import spice
from cosim.errors import CosimError, SweepError
from cosim.netlist.deck import Deck
from cosim.sweeps.measurements import kept_waveforms
from cosim.sweeps.outcome import Outcome
from cosim.sweeps.works.base import Case, Request
from cosim.sweeps.works.deck import DECK, DeckWork, _models_junctions
from cosim.sweeps.works.judging import deck_measurements


class NgspicePerformer:
    """Decks with Josephson junctions are rendered; any other runs as it is."""

    def __init__(self, work: DeckWork, folder: Path, request: Request, time_limit: float) -> None:
        self.work, self.request, self.time_limit = work, request, time_limit
        spice.require_executable()
        self.source: Deck | Path = folder / DECK
        if _models_junctions(folder / DECK):
            from cosim.netlist import parse_file

            self.source = parse_file(folder / DECK)
        self.measurements = deck_measurements(request, folder)
        if not self.measurements and not request.waveforms:
            raise SweepError("measure: name what to keep of each run, such as final(V(out)), or waveforms")

    def check(self, case: Case) -> None:
        chosen = self._chosen(case)
        if isinstance(self.source, Path):
            from cosim.spice.edit import set_parameters
            from cosim.spice.safety import checked_lines, decode

            lines = checked_lines(decode(self.source.read_bytes()), file=str(self.source), folders=[])
            set_parameters(lines, chosen)
        elif isinstance(self.source, Deck):
            from cosim.netlist import flatten

            flatten(self.source, chosen)

    def prepare(self) -> None:
        """Nothing: ngspice compiles nothing."""

    def groups(self, cases: Sequence[Case]) -> list[list[Case]]:
        return [[case] for case in cases]

    def perform(self, cases: Sequence[Case]) -> list[Outcome]:
        return [self._one(case) for case in cases]

    def _chosen(self, case: Case) -> dict[str, float]:
        for name, value in case.parameters.items():
            if not isinstance(value, float):
                raise SweepError(f"parameter {name} of a deck is a number, got {value!r}")
        return {**self.work.parameters, **{n.upper(): float(v) for n, v in case.parameters.items()}}

    def _one(self, case: Case) -> Outcome:
        began = time.perf_counter()
        try:
            run = spice.simulate(
                self.source,
                parameters=self._chosen(case) or None,
                stop=self.work.stop,
                maximum_step=self.work.step,
                # The process ends before its worker is killed, so that ngspice's words are kept.
                time_limit=max(0.1, 0.95 * self.time_limit),
                check=False,
            )
            took = time.perf_counter() - began
            if not run.ok:
                cause, _, words = run.message.partition("; it said: ")
                return Outcome.failure(cause, words=words, wall_time=took)
            return Outcome(
                values={name: m(run) for name, m in self.measurements.items()},
                waveforms=kept_waveforms(run, self.request.waveforms),
                wall_time=took,
            )
        except CosimError as error:
            return Outcome.failure(error, wall_time=time.perf_counter() - began)
