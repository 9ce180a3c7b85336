"""One run of the ngspice program in a process of its own, fenced in.

The process gets a scratch folder, an empty HOME, a clean environment, limits on time,
memory and file size, and its own process group, which is killed when the time is up or
the caller is interrupted. Nothing is left behind.

Not here: the library in a worker process (`pool.py`), which is the usual way.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from cosim.errors import ResultFileError
from cosim.results import RawPlot, read_raw
from cosim.spice.executable import require_executable

# The shell sets the limits and then becomes ngspice, so the process group's leader is it.
_LAUNCH = """
ulimit -c 0
ulimit -t "$1" && ulimit -f "$3" || exit 120
ulimit -v "$2" 2>/dev/null
shift 3
exec "$@"
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one run may use."""

    wall_time: float = 600.0
    """[s]; the CPU time is limited to the same, plus five seconds."""
    memory: int = 8 * 2**30
    """Address space [B]."""
    file_size: int = 4 * 2**30
    """Largest file [B] that may be written; the waveforms are one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """How a run ended. `plots` is empty when there are no waveforms; `message` may say why it ended."""

    returncode: int
    timed_out: bool
    log: str
    wall_time: float
    plots: list[RawPlot]
    version: str
    cpu_time: float | None = None
    """Of the library's `run` [s]; None where it is not known."""
    message: str = ""


def run_program(deck: str, limits: Limits) -> Finished:
    """Run a deck in batch mode, `ngspice -b`.

    Raises `DependencyError` when ngspice is missing. How the run went is for the caller to
    judge: ngspice returns 0 for many failures.
    """
    executable, version = require_executable()
    with tempfile.TemporaryDirectory(prefix="cosim-ngspice-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        (folder / "home").mkdir()
        (folder / "deck.cir").write_bytes(deck.encode("utf-8", "replace"))
        seconds = max(1, int(limits.wall_time + 5.0))
        command = ["/bin/sh", "-c", _LAUNCH, "sh", str(seconds), str(limits.memory // 1024)]
        command += [str(limits.file_size // 512), executable, "-n", "-b", "-r", "out.raw", "deck.cir"]
        started = time.perf_counter()
        with open(folder / "log.txt", "wb") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                env=environment(folder),
                start_new_session=True,
            )
            timed_out = False
            try:
                process.wait(timeout=limits.wall_time)
            except subprocess.TimeoutExpired:
                timed_out = True
            finally:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        try:
            plots = read_raw(folder / "out.raw")
        except ResultFileError:
            plots = []
        return Finished(
            returncode=process.returncode,
            timed_out=timed_out,
            log=tail(folder / "log.txt"),
            wall_time=time.perf_counter() - started,
            plots=plots,
            version=version,
        )


def environment(folder: Path) -> dict[str, str]:
    """What a process of ours finds in its environment."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}
    return kept | {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder),
        "LC_ALL": "C",
        "OMP_NUM_THREADS": "1",
    }


def tail(path: Path, size: int = 65536) -> str:
    """The last `size` bytes of a log."""
    with open(path, "rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - size))
        return file.read().decode("utf-8", "replace")
