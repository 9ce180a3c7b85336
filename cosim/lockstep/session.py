"""`Session`: a deck and the models in it, advancing together."""

from __future__ import annotations

import functools
import math
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import numpy as np

from cosim.errors import NetlistError, SimulationError
from cosim.lockstep.annotations import models_of
from cosim.lockstep.binding import bind
from cosim.lockstep.model import Model
from cosim.lockstep.models import MODELS
from cosim.lockstep.plan import Bound, Plan
from cosim.results import Pulses, Result
from cosim.spice import Limits
from cosim.spice.cards import Line, join_cards, spice_number
from cosim.spice.edit import Window, leaves_traces, set_parameters, set_transient, with_end
from cosim.spice.pool import Answer, Job, run_job
from cosim.spice.simulate import judge, lines_of, result_of, source_of

PROVIDER = "cosim.lockstep.provider"
EXTRAPOLATIONS = {"hold": 0, "linear": 1, "quadratic": 2}
#: Events nearer to a point than this part of the largest step are at it.
_RESOLUTION = 1e-8
#: And the first step from a corner on, if readings act on outputs at once.
_FIRST_STEP = 1e-3
_HELPER = re.compile(r"^[VI]\(([VIBRN]?COSIM_?\d+)\)$")


class Session:
    """A deck with models bound to instances in it.

        result = Session(deck).bind("Xneuron", LeakyIntegrateAndFire(...)).run(stop=1e-6)

    `deck` is ngspice text, the path of a file with it, or anything else that `cosim.spice.simulate` takes as
    a deck for ngspice. Includes may lie in the deck's folder and in `include_folders`. Annotations in the
    deck (`*cosim: bind Xneuron LeakyIntegrateAndFire threshold=0.6 …`) bind models too; `bind` goes before.
    """

    def __init__(self, deck: Any, *, include_folders: Iterable[str | Path] = ()) -> None:
        self._deck = deck
        self._folders = tuple(include_folders)
        self._models: dict[str, Model] = {}

    def bind(self, instance: str, model: Model) -> Self:
        """Put `model` in the place of the deck's X card `instance`; returns the session.

        Raises `SimulationError` for an object that is no model or an instance that has one.
        """
        name = instance.lower()
        if name in self._models:
            raise SimulationError(f"instance {instance!r} is bound already")
        self._models[name] = Model.check(model)
        return self

    @property
    def models(self) -> Mapping[str, Model]:
        """The models by instance, names in lower case."""
        return dict(self._models)

    def run(
        self,
        *,
        stop: float | None = None,
        maximum_step: float | None = None,
        parameters: Mapping[str, float] | None = None,
        extrapolation: str = "linear",
        time_limit: float = 600.0,
        limits: Limits | None = None,
        check: bool = True,
    ) -> Result:
        """Simulate the deck with its models.

        `stop`, `maximum_step`, `parameters`, `time_limit`, `limits` and `check` are those of
        `cosim.spice.simulate`. `extrapolation` says how readings go on from accepted points while ngspice
        solves for the next: "hold", "linear" (the coupling is then of order two) or "quadratic".

        The result holds all vectors; the sources of models are named after instance and port, e.g.
        `I(XNEURON.OUT)`. Spikes are in `pulses`, instances as names.

        Raises `NetlistError` for a deck or a binding that is not sound, `SimulationError` for a run that
        fails or a model that gives no number, `DependencyError` without libngspice.
        """
        if extrapolation not in EXTRAPOLATIONS:
            raise SimulationError(f"extrapolation {extrapolation!r} is none of {', '.join(EXTRAPOLATIONS)}")
        source = source_of(self._deck, None, "all")
        lines = lines_of(source, self._folders, False)
        if parameters:
            lines = set_parameters(lines, parameters)
        lines, window = set_transient(lines, stop=stop, maximum_step=maximum_step)
        _require_start_at_zero(lines)
        folders = [*([Path(source.file).parent] if source.file != "<deck>" else []), *self._folders]
        lines, bound = bind(lines, {**models_of(lines, MODELS, folders), **self._models})
        text = "\n".join(line.text for line in with_end(lines)) + "\n"
        step = _largest_step(window)
        direct = any(one.model.feedthrough and any(p.outputs for p in one.model.ports) for one in bound)
        plan = Plan(
            bound,
            extrapolation=EXTRAPOLATIONS[extrapolation],
            resolution=_RESOLUTION * step,
            first_step=_FIRST_STEP * step if direct else math.inf,
            settle=direct and not _begins_as_told(lines),
        )
        job = Job(deck=text, attachment=_packed(plan))
        allowed = limits or Limits(wall_time=time_limit)
        answer = run_job(job, allowed, provider=PROVIDER, fresh=leaves_traces(lines))
        plot, problem = judge(answer.finished, window)
        said = str(answer.collected.get("problem", ""))
        problem = f"lock-step: {said}" if said else problem
        if problem and check:
            raise SimulationError(problem)
        result = result_of(plot, problem, answer.finished, text, source)
        return _with_models(result, answer, bound)


def _packed(plan: Plan) -> bytes:
    """The plan for the worker. What does not come with this package goes along by value, since a worker
    may have started before the user's module was there."""
    from numba import cloudpickle

    foreign = _foreign_modules(len(sys.modules))
    for module in foreign:
        cloudpickle.register_pickle_by_value(module)
    try:
        return cloudpickle.dumps(plan)
    finally:
        for module in foreign:
            cloudpickle.unregister_pickle_by_value(module)


def _require_start_at_zero(lines: list[Line]) -> None:
    """ngspice hides the points before the start of .tran, and models advance on points."""
    for card in join_cards(lines):
        words = [word for word in card.text.split() if word.lower() != "uic"]
        if card.keyword == ".tran" and len(words) > 3 and spice_number(words[3]) != 0.0:
            where = lines[card.lines[0]]
            raise NetlistError(
                f".tran starts to save at {words[3]}; with models it must be 0",
                file=where.file,
                line=where.number,
            )


@functools.lru_cache(maxsize=1)
def _foreign_modules(count: int) -> list[ModuleType]:
    """Modules that are neither installed nor ours; `count` is that of all, so that new ones are seen."""
    installed = (sys.prefix, sys.base_prefix, str(Path(__file__).parents[1]))
    return [
        module
        for name, module in list(sys.modules.items())
        if name != "__main__" and not (getattr(module, "__file__", None) or sys.prefix).startswith(installed)
    ]


def _begins_as_told(lines: list[Line]) -> bool:
    """True with `uic`: ngspice then computes no operating point."""
    transients = [card.text.lower().split() for card in join_cards(lines) if card.keyword == ".tran"]
    return "uic" in transients[0]


def _largest_step(window: Window) -> float:
    """The largest step [s] that ngspice takes: of the card, else a fiftieth of the run at most."""
    if window.maximum_step:
        return window.maximum_step
    if window.stop is None:
        raise SimulationError("the end of .tran must be a number here, or give stop=")
    return window.stop / 50.0


def _with_models(result: Result, answer: Answer, bound: tuple[Bound, ...]) -> Result:
    names: dict[str, str] = {}
    for one in bound:
        for port, wiring in zip(one.model.ports, one.wiring, strict=True):
            branch = wiring.plus.removesuffix("#branch").upper()
            if wiring.plus.endswith("#branch"):
                names[f"I({branch})"] = f"I({one.name}.{port.name.upper()})"
    signals = {
        names.get(label, label): values
        for label, values in result.signals.items()
        if label in names or not _HELPER.match(label)
    }
    units = {names.get(label, label): unit for label, unit in result.units.items()}
    model = answer.arrays.get("event_model", np.empty(0, np.int64))
    time = answer.arrays.get("event_time", np.empty(0))
    known = result.pulses
    places = len(known.names) + np.cumsum([one.model.spiking for one in bound], dtype=np.int64) - 1
    pulses = Pulses(
        time=np.concatenate([known.time, time]),
        element=np.concatenate([known.element, places[model]]),
        sign=np.concatenate([known.sign, np.ones(time.size, np.int8)]),
        names=(*known.names, *(one.name for one in bound if one.model.spiking)),
    )
    accepted = int(answer.collected.get("accepted", 0))
    stats = {**result.stats, "models": len(bound), "accepted_points": accepted}
    stats["source_calls"] = int(answer.collected.get("calls", 0))
    for row, one in enumerate(bound):
        state = answer.arrays.get(f"state {row}")
        if state is not None:
            stats |= {f"{one.name}.{name}": float(state[place]) for name, place in one.model.final.items()}
    origin = {**result.provenance, "engine": "lockstep"}
    return replace(result, signals=signals, units=units, pulses=pulses, stats=stats, provenance=origin)
