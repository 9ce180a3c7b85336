"""What a sweep can run. A new kind of work is one file in this folder and one line in `WORKS`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from cosim.errors import SweepError, did_you_mean
from cosim.sweeps.fields import build
from cosim.sweeps.works.base import Case, Performer, Request, Work

#: `kind` in `[work]` → "module:class" of its dataclass.
WORKS: dict[str, str] = {
    "deck": "cosim.sweeps.works.deck:DeckWork",
    "network": "cosim.sweeps.works.network:NetworkWork",
    "crossbar": "cosim.sweeps.works.crossbar:CrossbarWork",
    "reservoir": "cosim.sweeps.works.reservoir:ReservoirWork",
    "function": "cosim.sweeps.works.function:FunctionWork",
}

__all__ = ["WORKS", "Case", "Performer", "Request", "Work", "work_of"]


def work_of(table: Any) -> Work:
    """The work that a table `{kind = …, …}` describes."""
    if not isinstance(table, Mapping):
        raise SweepError(f"[work]: expected a table, got {table!r}")
    rest = dict(table)
    kind = rest.pop("kind", None)
    if kind not in WORKS:
        raise SweepError(
            f"[work]: no kind {kind!r}{did_you_mean(str(kind), WORKS)}; there are {', '.join(WORKS)}"
        )
    module, _, name = WORKS[kind].partition(":")
    return build(getattr(importlib.import_module(module), name), rest, "[work]")
