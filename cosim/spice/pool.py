"""Workers from the owner's side: started, kept warm, stopped, replaced.

A worker is a process group with a scratch folder, an empty HOME, a clean environment and
limits. One that ended a run well is kept for the next; one whose run failed in any way is
killed, its folder removed, and the next run gets a new one.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cosim.errors import DependencyError
from cosim.results import RawPlot
from cosim.spice.library import LIBRARY_VARIABLE, find_library
from cosim.spice.messages import ConnectionLost, DeadlinePassed, receive, send
from cosim.spice.process import Finished, Limits, environment, tail

_START = "import sys; sys.path[:] = {path!r}; from cosim.spice.worker import main; main({arguments})"
_PATIENCE_TO_START = 60.0
_PATIENCE_TO_COMPILE = 600.0
#: After the time limit a worker has this long [s] to hand over the points that there are.
_GRACE = 2.0
_MOST_IDLE = 8


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run: a deck (None: the one that the worker kept), commands before it, and what goes along."""

    deck: str | None
    commands: Sequence[str] = ()
    attachment: bytes = b""
    keep: bool = False
    """Leave the circuit loaded for a job without a deck."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How a job ended, and what the provider collected."""

    finished: Finished
    collected: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)


class WorkerProcess:
    """One worker. Raises `DependencyError` when it cannot start."""

    def __init__(self, library: str, provider: str = "") -> None:
        self.key = (library, provider)
        self._scratch = tempfile.TemporaryDirectory(prefix="cosim-ngspice-", ignore_cleanup_errors=True)
        self.folder = Path(self._scratch.name)
        (self.folder / "home").mkdir()
        # The library reads a start-up file of the account's home unless one lies here.
        (self.folder / ".spiceinit").touch()
        self._log = self.folder / "log.txt"
        to_worker, self._outgoing = os.pipe()
        self._incoming, from_worker = os.pipe()
        arguments = f"{library!r}, {provider!r}, {to_worker}, {from_worker}"
        path = [entry or os.getcwd() for entry in sys.path]
        try:
            with open(self._log, "ab") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", _START.format(path=path, arguments=arguments)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.folder,
                    env=environment(self.folder) | _numba_cache(),
                    start_new_session=True,
                    pass_fds=(to_worker, from_worker),
                )
        finally:
            os.close(to_worker)
            os.close(from_worker)
        self.version = "?"
        self.features: dict[str, bool] = {}
        try:
            receive(self._incoming, time.monotonic() + _PATIENCE_TO_START)
            said = tail(self._log)
            found = re.search(r"ngspice-(\S+)", said)
            self.version = found[1].rstrip(":") if found else "?"
            self.features = {"KLU": "KLU" in said, "XSPICE": "XSPICE" in said}
        except (ConnectionLost, DeadlinePassed):
            said = [line for line in tail(self._log).splitlines() if line.strip()]
            self.kill()
            raise DependencyError(
                f"the worker for {library} did not start: {said[-1] if said else 'no reason given'}"
            ) from None
        except BaseException:
            self.kill()
            raise

    @property
    def alive(self) -> bool:
        """True while the process runs."""
        return self._process.poll() is None

    def work(self, job: Job, limits: Limits) -> Answer:
        """Do one job. A worker whose run did not end well is dead afterwards."""
        _busy[threading.get_ident()] = self
        try:
            return self._work(job, limits)
        finally:
            _busy.pop(threading.get_ident(), None)

    def _work(self, job: Job, limits: Limits) -> Answer:
        started = time.perf_counter()
        header = {
            "load": job.deck is not None,
            "commands": list(job.commands),
            "keep": job.keep,
            "wall_time": limits.wall_time,
            "memory": limits.memory,
            "file_size": limits.file_size,
        }
        deck = (job.deck or "").encode("utf-8", "replace")
        reply: dict[str, Any] = {"status": "prepared"}
        blocks: list[NDArray[np.uint8]] = []
        try:
            send(self._outgoing, header, [deck, job.attachment])
            if self.key[1]:
                reply, _ = receive(self._incoming, time.monotonic() + _PATIENCE_TO_COMPILE)
            deadline = time.monotonic() + limits.wall_time + _GRACE
            if reply["status"] == "prepared":
                reply, blocks = receive(self._incoming, deadline)
        except DeadlinePassed:
            reply = {"status": "stopped"}
        except ConnectionLost:
            reply = {"status": "died"}
        except BaseException:
            self.kill()
            raise
        status = reply["status"]
        log = tail(self._log)
        returncode = 0
        plots, arrays = _unpacked(reply, blocks)
        # After an error ngspice may hold on to a part of the circuit: no other run gets this worker.
        if status != "done" or not plots or _ALARM.search(log):
            self.kill()
        if status != "done":
            code = self._process.returncode
            returncode = code if status == "died" else int(reply.get("code", 1)) or 1
        finished = Finished(
            returncode=returncode,
            timed_out=status == "stopped",
            log=log,
            wall_time=time.perf_counter() - started,
            plots=plots,
            version=self.version,
            cpu_time=reply.get("cpu_time"),
            message=_REASONS.get(status, str(reply.get("message", ""))),
        )
        return Answer(finished=finished, collected=reply.get("provider", {}), arrays=arrays)

    def kill(self) -> None:
        """End the process group and remove the folder."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for descriptor in (self._outgoing, self._incoming):
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self._outgoing = self._incoming = -1
        self._scratch.cleanup()


_ALARM = re.compile(r"^\s*(fatal )?error|aborted|too small|singular", re.IGNORECASE | re.MULTILINE)
_REASONS = {
    "quit": "it was told to quit",
    "gave up": "it gave up",
    "out of memory": "it ran out of memory",
    "done": "",
    "stopped": "",
    "died": "",
}


def _unpacked(
    reply: dict[str, Any], blocks: list[NDArray[np.uint8]]
) -> tuple[list[RawPlot], dict[str, NDArray[Any]]]:
    listing = reply.get("vectors", [])
    vectors: dict[str, NDArray[Any]] = {}
    kinds: dict[str, str] = {}
    for (name, kind, letter), block in zip(listing, blocks, strict=False):
        vectors[name] = block.view(np.complex128 if letter == "c" else np.float64)
        kinds[name] = kind
    arrays: dict[str, NDArray[Any]] = {}
    for (name, kind, shape), block in zip(reply.get("arrays", []), blocks[len(listing) :], strict=True):
        arrays[name] = block.view(np.dtype(kind)).reshape(shape)
    if not listing:
        return [], arrays
    plot = RawPlot(title="", name="Transient Analysis", vectors=vectors, kinds=kinds, complete=True)
    return [plot], arrays


def _numba_cache() -> dict[str, str]:
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen is None and not os.access(Path(__file__).parent, os.W_OK):
        chosen = str(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cosim" / "numba")
    return {"NUMBA_CACHE_DIR": os.path.abspath(chosen)} if chosen else {}


_idle: list[WorkerProcess] = []
#: Workers in the middle of a job, by the thread that waits for them.
_busy: dict[int, WorkerProcess] = {}
_lock = threading.Lock()


def acquire(provider: str = "") -> WorkerProcess:
    """Return an idle worker, or a new one; give it back with `release`.

    Raises `DependencyError` where there is no libngspice.
    """
    library = find_library()
    if library is None:
        raise DependencyError(
            "libngspice is not installed: install it (Debian, Ubuntu: apt install libngspice0; Fedora: "
            f"dnf install libngspice; macOS: brew install libngspice) or point {LIBRARY_VARIABLE} at it"
        )
    while True:
        with _lock:
            mine = [worker for worker in _idle if worker.key == (library, provider)]
            if not mine:
                break
            _idle.remove(mine[-1])
        if mine[-1].alive:
            return mine[-1]
        mine[-1].kill()
    return WorkerProcess(library, provider)


def release(worker: WorkerProcess) -> None:
    """Keep a worker for the next run, if it lives and few are idle."""
    with _lock:
        if worker.alive and len(_idle) < _MOST_IDLE:
            _idle.append(worker)
            return
    worker.kill()


def end_runs_of(threads: Iterable[int]) -> None:
    """End the runs that threads, by their identity, wait for: to them their workers have died."""
    for thread in threads:
        worker = _busy.get(thread)
        if worker is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(worker._process.pid, signal.SIGKILL)


def library_features() -> dict[str, str | bool] | None:
    """Version and parts of libngspice, found by asking it: "version", "KLU", "XSPICE"; None without one."""
    try:
        worker = acquire()
    except DependencyError:
        return None
    release(worker)
    return {"version": worker.version, **worker.features}


def shutdown_workers() -> None:
    """End all idle workers and remove their folders. It happens by itself at exit."""
    with _lock:
        workers, _idle[:] = list(_idle), []
    for worker in workers:
        worker.kill()


def _forget() -> None:
    """In a forked child: the workers are the parent's."""
    global _lock
    _lock = threading.Lock()
    for worker in _idle:
        worker._scratch._finalizer.detach()  # type: ignore[attr-defined]
    _idle.clear()


def run_job(job: Job, limits: Limits, *, provider: str = "", fresh: bool = False) -> Answer:
    """Run one job in a worker; `fresh`: in a new one that ends with it."""
    worker = acquire(provider) if not fresh else WorkerProcess(find_library() or "", provider)
    try:
        return worker.work(job, limits)
    finally:
        worker.kill() if fresh else release(worker)


atexit.register(shutdown_workers)
os.register_at_fork(after_in_child=_forget)
