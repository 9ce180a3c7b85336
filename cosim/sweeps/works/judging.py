"""Measurements on a deck that look at what the plan keeps: the nominal run, and files of rules."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cosim.analysis import SpikeTable
from cosim.analysis.rules import Rule
from cosim.analysis.specfile import read_specification
from cosim.results import Pulses, Result
from cosim.sweeps.measurements import Measurement, parse_measurements
from cosim.sweeps.works.base import Request
from cosim.sweeps.works.deck import REFERENCE, kept_rule_file, nominal_window, rule_file, window_key


class NominalTable:
    """`as_nominal`: 1 where the junctions slip in every window as often as the nominal deck's."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.junctions = tuple(table["junctions"])
        self.edges = np.array(table["edges"])
        self.expected = np.array(table["expected"])

    def __call__(self, run: Result | Pulses) -> float:
        pulses = run.pulses if isinstance(run, Result) else run
        found = SpikeTable.of(pulses, self.edges, self.junctions).expected
        return float(np.array_equal(found, self.expected))


class RulesKept:
    """`meets`: 1 where a run keeps all rules of a specification (docs/specifications.md)."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)

    def __call__(self, run: Result | Pulses) -> float:
        return float(all(rule.judge(run).passed for rule in self.rules))


def deck_measurements(request: Request, folder: Path) -> dict[str, Measurement]:
    """Measurements of a request on a deck; `as_nominal` and `meets` look at what the plan keeps."""
    ordinary, found = {}, {}
    for name, text in request.measure.items():
        is_nominal, window = nominal_window(text)
        if rule_file(text):
            rules = read_specification(folder / kept_rule_file(rule_file(text))).rules
            of_slips = not any(rule.needs_waveforms or rule.probes() for rule in rules)
            call = RulesKept(rules)
            found[name] = Measurement(text=text, call=call, of_slips=of_slips, targets=())
        elif is_nominal:
            tables = json.loads((folder / REFERENCE).read_text())
            call = NominalTable(tables[window_key(window)])
            found[name] = Measurement(text=text, call=call, of_slips=True, targets=call.junctions)
        else:
            ordinary[name] = text
    parsed = {**found, **parse_measurements(ordinary)}
    return {name: parsed[name] for name in request.measure}
