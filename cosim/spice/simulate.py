"""`simulate`: a deck in, a `Result` out, by ngspice in a process of its own.

Here is only the order of the steps; each lives in its file: check (`safety.py`), edit
(`edit.py`), run (`process.py`), name (`vectors.py`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from cosim.errors import NetlistError, SimulationError
from cosim.results import RawPlot, Result, provenance, pulses_of_signals
from cosim.spice.cards import Line
from cosim.spice.edit import Window, leaves_traces, set_parameters, set_transient, with_end
from cosim.spice.executable import VARIABLE
from cosim.spice.library import find_library
from cosim.spice.pool import Job, run_job
from cosim.spice.process import Finished, Limits, run_program
from cosim.spice.safety import checked_lines, decode
from cosim.spice.vectors import signals_of

if TYPE_CHECKING:
    from PySpice.Spice.Netlist import Circuit as PySpiceCircuit

    from cosim.netlist import Deck

_TELLING = re.compile(
    r"error|fatal|too (small|many|few)|not found|no callback|abort|can't|cannot|fail"
    r"|unknown|undefined|singular",
    re.IGNORECASE,
)
_CHATTER = re.compile(
    r"Trying gmin|Supplies reduced|Note:|Warning:.*gmin|No\. of|Total |Doing analysis|Circuit:|\*|binary raw",
    re.IGNORECASE,
)

#: Largest step [s] of a deck that is rendered here: arrival times are then within a few fs
#: of the converged ones.
JOSEPHSON_STEP = 5e-14


@runtime_checkable
class Rendered(Protocol):
    """A deck rendered for ngspice: its text, and the vector and unit behind each label."""

    @property
    def text(self) -> str: ...

    @property
    def probes(self) -> Mapping[str, str]: ...

    @property
    def units(self) -> Mapping[str, str]: ...


def simulate(
    deck: Deck | Rendered | str | Path | PySpiceCircuit,
    *,
    parameters: Mapping[str, float] | None = None,
    stop: float | None = None,
    maximum_step: float | None = None,
    time_limit: float = 600.0,
    limits: Limits | None = None,
    phases: Iterable[str] | str = "all",
    include_folders: Iterable[str | Path] = (),
    allow_control: bool = False,
    check: bool = True,
    method: str = "auto",
) -> Result:
    """Run the transient of a deck in ngspice.

    `deck` is a deck of `cosim.netlist` (rendered for ngspice, junctions as subcircuits),
    one that is rendered already, ngspice text, the path of a file with it, or a PySpice circuit
    (a deck without `.tran` needs `stop`). `parameters`
    override top-level `.param` values; `stop` [s] and `maximum_step` [s] those of `.tran`
    (0.05 ps is the largest step of a deck that is rendered here). Of such a deck the result
    holds the signals that it prints and the slips of the junctions `phases`, by default all.
    The run may take `time_limit` seconds; `limits` sets all limits at once. Includes may lie
    in the deck's own folder and in `include_folders`. Commands in a deck are refused unless
    `allow_control` is true: then they run with the rights of this process, in a scratch
    folder that is removed afterwards.

    A run counts only if its waveforms exist, hold points and reach the end; otherwise it
    raises `SimulationError` with ngspice's last words, or, when `check` is false, returns a
    result of status "failed" with the points that there are. Raises `NetlistError` for a
    deck that is refused or cannot be prepared, `DependencyError` when ngspice is missing.

    `method`: "library" is libngspice in a warm worker process, "program" is `ngspice -b`; "auto"
    takes the library where there is one, unless `COSIM_NGSPICE` names a program.
    """
    source = source_of(deck, parameters, phases)
    lines = lines_of(source, include_folders, allow_control)
    if parameters and source.probes is None:
        lines = set_parameters(lines, parameters)
    lines, window = set_transient(lines, stop=stop, maximum_step=maximum_step)
    final = "\n".join(line.text for line in with_end(lines)) + "\n"
    finished = _run(
        final, limits or Limits(wall_time=time_limit), method, allow_control or leaves_traces(lines)
    )
    plot, problem = judge(finished, window)
    if problem and check:
        raise SimulationError(problem)
    return result_of(plot, problem, finished, final, source)


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A deck as text. `probes` is None for text of the user's, of which all vectors are
    kept; `shown` names the probes that become signals, all of them when it is None.
    """

    text: str
    file: str = "<deck>"
    probes: Mapping[str, str] | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    shown: frozenset[str] | None = None


def source_of(deck: Any, parameters: Mapping[str, float] | None, phases: Iterable[str] | str) -> Source:
    """The text of whatever a deck is given as, with what its vectors are to be called."""
    if isinstance(deck, Rendered):
        if parameters:
            raise SimulationError("a rendered deck has its parameters; render it again with the new ones")
        return Source(text=deck.text, probes=deck.probes, units=deck.units)
    if isinstance(deck, Path):
        try:
            return Source(text=decode(deck.read_bytes()), file=str(deck))
        except OSError as error:
            raise NetlistError(error.strerror or "cannot be read", file=str(deck)) from error
    if isinstance(deck, str):
        return Source(text=deck)
    from cosim.netlist import Deck, flatten, is_pyspice, render_ngspice, spice_text

    if is_pyspice(deck):
        return Source(text=spice_text(deck))
    if not isinstance(deck, Deck):
        raise SimulationError(
            f"cannot simulate a {type(deck).__name__}; give a deck, ngspice text, a path or a PySpice circuit"
        )
    made = render_ngspice(deck, parameters, phases=phases, maximum_step=JOSEPHSON_STEP)
    shown = frozenset(probe.label for probe in flatten(deck, parameters).probes)
    return Source(text=made.text, probes=made.probes, units=made.units, shown=shown)


def lines_of(source: Source, include_folders: Iterable[str | Path], allow_control: bool) -> list[Line]:
    """The checked lines of a deck; includes may lie in its own folder and in `include_folders`."""
    folders = [Path(source.file).parent] if source.file != "<deck>" else []
    folders += [Path(folder) for folder in include_folders]
    return checked_lines(source.text, file=source.file, folders=folders, allow_control=allow_control)


METHODS = ("auto", "library", "program")


def _run(deck: str, limits: Limits, method: str, fresh: bool) -> Finished:
    if method not in METHODS:
        raise SimulationError(f"method {method!r} is none of {', '.join(METHODS)}")
    program = method == "program" or (
        method == "auto" and (os.environ.get(VARIABLE) is not None or find_library() is None)
    )
    if program:
        return run_program(deck, limits)
    return run_job(Job(deck=deck), limits, fresh=fresh).finished


def judge(finished: Finished, window: Window) -> tuple[RawPlot | None, str]:
    """Return the transient plot, if there is one with points, and what is wrong, if anything."""
    plots = [plot for plot in finished.plots if "time" in plot.vectors and plot["time"].size]
    plot = plots[-1] if plots else None
    trouble = "it wrote no waveforms" if not finished.plots else "its waveforms hold no points"
    if plot is not None:
        trouble = ""
    reached = float(plot["time"][-1]) if plot is not None else 0.0
    at = f" at t = {reached:.6g} s" if plot is not None else ""
    if finished.timed_out:
        trouble = f"it was stopped after {finished.wall_time:.3g} s{at}; raise time_limit or shorten the run"
    elif finished.message:
        trouble = f"{finished.message}{at}"
    elif finished.returncode < 0 or finished.returncode > 128:
        number = -finished.returncode if finished.returncode < 0 else finished.returncode - 128
        trouble = f"it died of signal {number}{at}"
    elif plot is not None and window.stop is not None and reached < window.stop * (1.0 - 1e-9):
        trouble = f"it ended{at}, short of {window.stop:.6g} s"
    elif plot is not None and not all(np.all(np.isfinite(values)) for values in plot.vectors.values()):
        trouble = "its waveforms hold values that are not numbers"
    elif plot is not None and window.stop is None and finished.returncode != 0:
        trouble = f"it ended with code {finished.returncode}{at}"
    return plot, f"ngspice failed: {trouble}{_last_words(finished.log)}" if trouble else ""


def _last_words(log: str) -> str:
    """Return what the log says about the failure as `; it said: …`, or nothing.

    An error takes along the two lines after it, which often hold the cause.
    """
    lines = [" ".join(line.split()) for line in log.splitlines() if line.strip()]
    chosen: list[str] = []
    for index, line in enumerate(lines):
        if _TELLING.search(line) and not _CHATTER.match(line):
            following = [text for text in lines[index + 1 : index + 3] if not _CHATTER.match(text)]
            chosen += [line, *following]
    chosen = [line[:160] for line in dict.fromkeys(chosen)]
    if len(chosen) > 6:
        chosen = [*chosen[:3], "…", *chosen[-3:]]
    return "; it said: " + " / ".join(chosen) if chosen else ""


def result_of(plot: RawPlot | None, problem: str, finished: Finished, deck: str, source: Source) -> Result:
    """The result of a run; with a `problem` it is one that failed."""
    origin = provenance(netlist=deck, simulators={"ngspice": finished.version}, extra={"engine": "ngspice"})
    stats: dict[str, float | int | str] = {"wall_time": finished.wall_time, "returncode": finished.returncode}
    if finished.cpu_time is not None:
        stats["cpu_time"] = finished.cpu_time
    if plot is None:
        return Result(time=np.empty(0), status="failed", message=problem, stats=stats, provenance=origin)
    time = np.asarray(np.real(plot["time"]), dtype=np.float64)
    signals, units = signals_of(plot, source.probes, source.units)
    finite = all(np.all(np.isfinite(values)) for values in signals.values())
    pulses = pulses_of_signals(time, signals if finite else {})
    if source.shown is not None:
        signals = {label: values for label, values in signals.items() if label in source.shown}
    return Result(
        time=time,
        signals=signals,
        units=units,
        pulses=pulses,
        stats=stats | {"points": int(time.size)},
        status="failed" if problem else "completed",
        message=problem,
        provenance=origin,
    )
