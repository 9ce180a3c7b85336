"""The process in which libngspice lives: takes decks, gives vectors, dies when told or orphaned.

It is started by `pool.py` in a scratch folder of its own, with a clean environment, in its own
process group. Between runs `destroy all` and `remcirc` free ngspice's memory.

A provider (a module named at the start, e.g. `cosim.lockstep.provider`) may add compiled
callbacks: `callbacks()` returns them, `attach(library)` is told of the library,
`prepare(block)` gets what the owner sent for a run, `settle()` is called when the deck is loaded, and
`collect()` returns a header and arrays.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import resource
import shutil
import signal
import threading
import time
from dataclasses import replace
from typing import Any

import numpy as np

from cosim.spice.library import (
    EXIT_CALLBACK,
    SYNCHRONISE_CALLBACK,
    TEXT_CALLBACK,
    Callbacks,
    Library,
    raw_name,
)
from cosim.spice.messages import ConnectionLost, receive, send

_ORPHAN_CHECK = 0.5
#: How scratch folders begin.
SCRATCH = "cosim-ngspice-"


class Worker:
    """The library of this process and the talk with its owner."""

    def __init__(self, path: str, provider: str, incoming: int, outgoing: int) -> None:
        self._incoming, self._outgoing = incoming, outgoing
        self._talking = threading.Lock()
        self._deadline: float | None = None
        self._before: set[str] = set()
        self._holding = False
        self._exit = EXIT_CALLBACK(self._leave)
        self._say = TEXT_CALLBACK(_write_to_log)
        self._time_is_up = SYNCHRONISE_CALLBACK(self._stop)
        leave = ctypes.cast(self._exit, ctypes.c_void_p).value or 0
        say = ctypes.cast(self._say, ctypes.c_void_p).value or 0
        self._provider: Any = importlib.import_module(provider).Provider() if provider else None
        callbacks = self._provider.callbacks() if self._provider else Callbacks()
        self.library = Library(path, replace(callbacks, leave=leave, characters=say))
        if self._provider:
            self._provider.attach(self.library)
        self.library.command("version -f")
        threading.Thread(target=self._watch, args=(os.getppid(),), daemon=True).start()
        send(outgoing, {"ready": True})

    def serve(self) -> None:
        """Work until the owner closes the connection."""
        while True:
            try:
                job, blocks = receive(self._incoming)
            except ConnectionLost:
                return
            os.ftruncate(1, 0)
            if self._provider:
                # Models may have to be compiled; that is not the run's time.
                try:
                    self._provider.prepare(blocks[1].tobytes() if len(blocks) > 1 else b"")
                except Exception as error:
                    problem = " ".join(str(error).split())[:600]
                    send(self._outgoing, {"status": "error", "provider": {"problem": problem}})
                    # The owner reads the log, then ends this process; the folder is there until then.
                    continue
                send(self._outgoing, {"status": "prepared"})
            self._limit(job)
            self._before = set(self.library.plots())
            self._deadline = time.monotonic() + float(job["wall_time"])
            try:
                header, arrays = self._run(job, blocks)
            except MemoryError:
                header, arrays = {"status": "out of memory"}, []
            except Exception as error:  # told to the owner, who ends this process
                header, arrays = {"status": "error", "message": f"{type(error).__name__}: {error}"}, []
            with self._talking:
                self._deadline = None
                send(self._outgoing, header, arrays)
            self.library.command("destroy all")
            self._holding = bool(job.get("keep"))
            if not self._holding:
                self.library.command("remcirc")

    def _run(self, job: dict[str, Any], blocks: list[Any]) -> tuple[dict[str, Any], list[Any]]:
        if job["load"]:
            if self._holding:
                self.library.command("remcirc")
            self.library.load(blocks[0].tobytes().decode("utf-8", "replace"))
        for command in job.get("commands", ()):
            self.library.command(command)
        if self._provider:
            self._provider.settle()
        began = time.process_time()
        self.library.command("run")
        spent = time.process_time() - began
        header, arrays = self._vectors()
        header["cpu_time"] = spent
        if self._provider:
            extra, more = self._provider.collect()
            header |= {"provider": extra, "arrays": [[k, str(v.dtype), v.shape] for k, v in more.items()]}
            arrays += [np.ascontiguousarray(values) for values in more.values()]
        return header | {"status": "done"}, arrays

    def _vectors(self) -> tuple[dict[str, Any], list[Any]]:
        """The latest new plot over time: its vectors' names, kinds and values, copied."""
        for plot in self.library.plots():
            if plot in self._before:
                continue
            names = self.library.vector_names(plot)[::-1]
            if "time" not in names:
                continue
            found = [(name, self.library.vector(plot, name)) for name in names]
            held = [(name, *vector) for name, vector in found if vector is not None]
            size = min((values.size for _, _, values in held), default=0)
            listing = [[raw_name(name, kind), kind, values.dtype.kind] for name, kind, values in held]
            return {"vectors": listing, "points": size}, [values[:size].copy() for _, _, values in held]
        return {"vectors": [], "points": 0}, []

    def _limit(self, job: dict[str, Any]) -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(used.ru_utime + used.ru_stime + float(job["wall_time"]) + 6.0)
        for kind, value in (
            (resource.RLIMIT_CPU, seconds),
            (resource.RLIMIT_AS, int(job["memory"])),
            (resource.RLIMIT_FSIZE, int(job["file_size"])),
        ):
            hard = resource.getrlimit(kind)[1]
            soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
            with contextlib.suppress(ValueError, OSError):  # macOS has no limit of the address space
                resource.setrlimit(kind, (soft, hard))

    def _leave(self, code: int, immediate: bool, quitting: bool, identity: int, user: int) -> int:
        """ngspice wants to exit, by `quit` or after an error that it cannot survive."""
        with self._talking:
            send(self._outgoing, {"status": "quit" if quitting else "gave up", "code": code})
        os._exit(3)

    def _watch(self, owner: int) -> None:
        """End this process group when the owner is gone; give what there is when time is up."""
        pause = _ORPHAN_CHECK
        while True:
            time.sleep(pause)
            if os.getppid() != owner:
                _leave_nothing()
            deadline = self._deadline
            left = _ORPHAN_CHECK if deadline is None else deadline - time.monotonic()
            pause = min(_ORPHAN_CHECK, max(left, 0.01))
            if deadline is not None and left <= 0.0:
                # From its next step on the simulation calls `_stop`, between two points.
                self.library.synchronise_with(ctypes.cast(self._time_is_up, ctypes.c_void_p).value or 0)

    def _stop(self, *_: Any) -> int:
        """Hand over the points that there are, and end."""
        with self._talking:
            header, arrays = self._vectors()
            send(self._outgoing, header | {"status": "stopped"}, arrays)
        os._exit(4)


def _leave_nothing() -> None:
    """End this process group and remove its scratch folder, for nobody else will."""
    folder = os.getcwd()
    if os.path.basename(folder).startswith(SCRATCH):
        shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def _write_to_log(text: bytes, identity: int, user: int) -> int:
    # ngspice says "stdout " or "stderr " first.
    os.write(1, text.split(b" ", 1)[-1] + b"\n")
    return 0


def main(path: str, provider: str, incoming: int, outgoing: int) -> None:
    """Serve; the standard streams are the log."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    Worker(path, provider, incoming, outgoing).serve()
    _leave_nothing()
