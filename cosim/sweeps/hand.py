"""A process that runs cases for this one, watched: time limits, deaths, last words.

One hand a thread. It is started when it is first needed and kept for the next bundle.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

from cosim.errors import SweepError
from cosim.sweeps.outcome import Outcome

#: Libraries that would each start a thread a core: one is what a worker has.
ONE_THREAD = {
    name: "1"
    for name in (
        "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS",
    )
}  # fmt: skip
#: Seconds in which a process has to say where it hangs before it is killed.
_GRACE = 0.3
_POLL = 0.2
_MAIN = "from cosim.sweeps.child import main; main()"


class DiedError(Exception):
    """The process died of itself while it ran the cases `indices`."""

    def __init__(self, indices: Sequence[int], how: str, words: str) -> None:
        super().__init__(how)
        self.indices: list[int] = list(indices)
        self.how, self.words = how, words


class TimedOutError(DiedError):
    """The process was killed because the cases `indices` took too long."""


class Hand:
    """A child process. `run` is a generator of outcomes; after an error the next call starts a new one."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self._life = -1
        self._log: Any = None

    def run(
        self,
        folder: str,
        groups: Sequence[Sequence[int]],
        time_limit: float,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[dict[int, Outcome]]:
        """Yield outcomes as they come. `time_limit` [s] holds for a case; a group has it for each.

        Raises `DiedError` and `TimedOutError` with the cases that were running, `SweepError` when
        the work cannot be made ready, `KeyboardInterrupt` when `cancelled()` turns true.
        """
        pipe = self._started()
        running: list[int] = []
        try:
            pipe.send(("run", folder, [list(group) for group in groups]))
            began = time.monotonic()
            while True:
                while not pipe.poll(_POLL):
                    if cancelled():
                        self.kill()
                        raise KeyboardInterrupt
                    if running and time.monotonic() - began > time_limit * len(running):
                        raise TimedOutError(
                            running, f"stopped after its time limit of {time_limit:g} s", self._hung()
                        )
                message = pipe.recv()
                if message[0] == "begin":
                    running, began = message[1], time.monotonic()
                elif message[0] == "outcomes":
                    running = []
                    yield message[1]
                elif message[0] == "end":
                    return
                else:
                    raise SweepError(message[1])
        except (EOFError, ConnectionError, BrokenPipeError):
            how, words = self._buried()
            raise DiedError(running, how, words) from None

    def kill(self) -> None:
        """Kill the process and its group, wait for it, close everything."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if self._pipe is not None:
            self._pipe.close()
        if self._life >= 0:
            os.close(self._life)
        self._pipe, self._life = None, -1
        if self._log is not None:
            self._log.close()

    def _started(self) -> Connection:
        if self._process is not None and self._process.poll() is not None:
            self.kill()
        if self._process is None:
            ours, theirs = Pipe()
            read_end, self._life = os.pipe()
            self._log = tempfile.TemporaryFile(prefix="cosim-sweep-")  # noqa: SIM115
            command = [sys.executable, "-c", _MAIN, str(theirs.fileno()), str(read_end)]
            # The child finds this package even when it is not installed, and functions that this
            # process can import.
            path = os.pathsep.join(
                dict.fromkeys([str(_package_root()), *(p or os.getcwd() for p in sys.path)])
            )
            try:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=self._log,
                    stderr=self._log,
                    pass_fds=(theirs.fileno(), read_end),
                    env={**os.environ, **ONE_THREAD, "PYTHONPATH": path},
                    start_new_session=True,
                )
            finally:
                theirs.close()
                os.close(read_end)
            self._pipe = ours
        assert self._pipe is not None
        return self._pipe

    def _hung(self) -> str:
        """Ask where the process hangs, kill it, and return its last words."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self._process.pid, signal.SIGUSR1)
            time.sleep(_GRACE)
        words = self._last_words()
        self.kill()
        return words

    def _buried(self) -> tuple[str, str]:
        """How the process died, and its last words."""
        process = self._process
        code = None
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(timeout=5.0)
        words = self._last_words()
        self.kill()
        if code is None:
            return "its process closed its pipe", words
        if code < 0:
            with contextlib.suppress(ValueError):
                return f"its process died of {signal.Signals(-code).name}", words
        return f"its process ended with code {code}", words

    def _last_words(self) -> str:
        if self._log is None or self._log.closed:
            return ""
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - 4000))
        text = self._log.read().decode("utf-8", "replace")
        self._log.seek(0, os.SEEK_END)
        return text.strip()


def _package_root() -> Path:
    import cosim

    return Path(cosim.__file__).resolve().parents[1]


_OF_THREAD = threading.local()
_ALL: list[Hand] = []
_GUARD = threading.Lock()


def hand_of_thread() -> Hand:
    """The hand that works for this thread; a process that was forked off takes none of its parent's."""
    found = getattr(_OF_THREAD, "hand", None)
    if found is None or found not in _ALL or found.owner != os.getpid():
        found = _OF_THREAD.hand = Hand()
        with _GUARD:
            _ALL.append(found)
    return found


def kill_all() -> None:
    """Kill the hands of all threads of this process."""
    with _GUARD:
        hands = [hand for hand in _ALL if hand.owner == os.getpid()]
        _ALL.clear()
    for hand in hands:
        hand.kill()
