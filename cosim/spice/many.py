"""Many runs: decks side by side in several workers, and one deck with altered values.

Results come in the order of what was asked for, each as soon as it and those before it are there;
a bounded number of runs is under way, so a long list costs no memory.
"""

from __future__ import annotations

import queue
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from cosim.errors import NetlistError, SimulationError, did_you_mean
from cosim.results import Result
from cosim.spice.cards import Line, join_cards
from cosim.spice.edit import leaves_traces, parameter_names, set_parameters, set_transient, with_end
from cosim.spice.pool import Job, WorkerProcess, acquire, end_runs_of, release
from cosim.spice.process import Limits
from cosim.spice.simulate import judge, lines_of, result_of, simulate, source_of

_Item = TypeVar("_Item")
_AHEAD = 2
_REFUSED = re.compile(r"no such (parameter|device)[^\n]*")
_PLAIN = re.compile(r"[A-Za-z_][\w.]*")


def simulate_many(decks: Iterable[Any], *, workers: int = 2, **options: Any) -> Iterator[Result]:
    """Run decks in `workers` processes; `options` are those of `simulate`, the same for all.

    A run that fails raises when its turn comes, or is a result of status "failed" with `check=False`.
    """
    yield from _in_order(lambda deck: simulate(deck, **options), decks, workers)


def sweep(
    deck: Any,
    points: Iterable[Mapping[str, float]],
    *,
    workers: int = 1,
    stop: float | None = None,
    maximum_step: float | None = None,
    time_limit: float = 600.0,
    limits: Limits | None = None,
    include_folders: Iterable[str | Path] = (),
    check: bool = True,
) -> Iterator[Result]:
    """Run one deck at many points, each a mapping of names to values.

    Names: a top-level `.param`; an element, `r1` or `x1.r1`, for its main value; one of its parameters,
    `m1.w`; a parameter of a model, `dmod.is`. Elements and models are altered in the circuit that a worker
    holds, which is not read again; a `.param` makes it read the deck anew. All points name the same
    things, so that no value is left over from the point before.

    Other arguments are those of `simulate`. Raises `NetlistError` for a name that is not in the deck and
    `SimulationError` for points that differ in names or what ngspice does not let alter.
    """
    allowed = limits or Limits(wall_time=time_limit)
    source = source_of(deck, None, "all")
    lines = lines_of(source, include_folders, False)
    lines, window = set_transient(lines, stop=stop, maximum_step=maximum_step)
    lanes: queue.SimpleQueue[_Lane] = queue.SimpleQueue()
    made = [_Lane(lines, allowed) for _ in range(max(1, workers))]
    for lane in made:
        lanes.put(lane)
    first: list[frozenset[str]] = []

    def at(point: Mapping[str, float]) -> Result:
        lane = lanes.get()
        try:
            finished, text = lane.run(point)
        finally:
            lanes.put(lane)
        plot, problem = judge(finished, window)
        refused = _REFUSED.search(finished.log)
        if refused:
            problem = f"ngspice does not let this be altered: {refused[0].strip()}"
        if problem and check:
            raise SimulationError(f"{_named(point)}: {problem}")
        return result_of(plot, problem, finished, text, source)

    def checked() -> Iterator[Mapping[str, float]]:
        for point in points:
            names = frozenset(name.lower() for name in point)
            if not first:
                first.append(names)
            if names != first[0]:
                other = ", ".join(sorted(names ^ first[0]))
                raise SimulationError(f"the points of a sweep name the same things; {other} is not in all")
            yield point

    try:
        yield from _in_order(at, checked(), workers)
    finally:
        for lane in made:
            lane.close()


class _Lane:
    """A worker that holds the circuit."""

    def __init__(self, lines: list[Line], limits: Limits) -> None:
        self._lines, self._limits = lines, limits
        self._parameters = {name.lower() for name in parameter_names(lines)}
        self._fresh = leaves_traces(lines)
        self._worker: WorkerProcess | None = None
        self._held = ""

    def run(self, point: Mapping[str, float]) -> tuple[Any, str]:
        """How the run at a point ended, and its deck."""
        by_reading = {name: value for name, value in point.items() if name.lower() in self._parameters}
        altered = {name: value for name, value in point.items() if name not in by_reading}
        lines = set_parameters(self._lines, by_reading) if by_reading else self._lines
        commands = [_command(name, float(value), lines) for name, value in altered.items()]
        text = "\n".join(line.text for line in with_end(lines)) + "\n"
        if self._worker is None or not self._worker.alive:
            self._worker, self._held = acquire(), ""
        job = Job(deck=None if self._held == text else text, commands=commands, keep=True)
        finished = self._worker.work(job, self._limits).finished
        self._held = text
        note = "".join(f"* altered: {command}\n" for command in commands)
        return finished, text.replace("\n", f"\n{note}", 1)

    def close(self) -> None:
        """Give the worker back."""
        if self._worker is not None:
            self._worker.kill() if self._fresh else release(self._worker)


def _command(name: str, value: float, lines: list[Line]) -> str:
    """The command that alters an element or a model of a deck."""
    elements: dict[str, str] = {}
    models: set[str] = set()
    for card in join_cards(lines):
        if card.lines[0] == 0:
            continue
        if card.keyword == ".model":
            models.add(card.text.split()[1].lower())
        elif not card.keyword.startswith("."):
            elements[card.keyword] = card.text
    key = name.lower()
    if not _PLAIN.fullmatch(key):
        raise NetlistError(f"{name!r} names nothing that can be altered")
    head, _, parameter = key.rpartition(".")
    if head in models:
        return f"altermod {head} {parameter} = {value:.17g}"
    if key in elements:
        return f"alter {key} = {value:.17g}"
    if head in elements and not head.startswith("x"):
        return f"alter {head} {parameter} = {value:.17g}"
    parts = key.split(".")
    if len(parts) > 1 and parts[0] in elements and parts[0].startswith("x"):
        # Inside out in ngspice: r1 of x1 is r.x1.r1.
        return f"alter {parts[-1][0]}.{key} = {value:.17g}"
    known = [*elements, *models, *parameter_names(lines)]
    raise NetlistError(f"the deck has no parameter, element or model {name!r}{did_you_mean(key, known)}")


def _named(point: Mapping[str, float]) -> str:
    return ", ".join(f"{name}={value:g}" for name, value in point.items())


def _in_order(do: Callable[[_Item], Result], items: Iterable[_Item], workers: int) -> Iterator[Result]:
    """`do` of every item, `workers` at once; results in order."""
    if workers < 1:
        raise SimulationError(f"workers must be 1 or more, got {workers}")
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="cosim-ngspice") as threads:
        try:
            for item in items:
                waiting.append(threads.submit(do, item))
                if len(waiting) >= workers + _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException:
            # An error, an interrupt, or a caller who has seen enough: nobody waits for what still runs.
            for future in waiting:
                future.cancel()
            end_runs_of(thread.ident for thread in threads._threads if thread.ident is not None)
            raise
