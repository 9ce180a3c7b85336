"""One run of ngspice in a process of its own, fenced in.

The process gets a scratch folder, an empty HOME, a clean environment, limits on time,
memory and file size, and its own process group, which is killed when the time is up or
the caller is interrupted. Nothing is left behind.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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
    """How a run ended. `raw` is the waveform file, which may be missing."""

    returncode: int
    timed_out: bool
    log: str
    wall_time: float
    raw: Path
    version: str


@contextmanager
def run_ngspice(deck: str, limits: Limits) -> Iterator[Finished]:
    """Run a deck in batch mode; the scratch folder lives as long as the context.

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
                env=_environment(folder),
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
        yield Finished(
            returncode=process.returncode,
            timed_out=timed_out,
            log=_tail(folder / "log.txt"),
            wall_time=time.perf_counter() - started,
            raw=folder / "out.raw",
            version=version,
        )


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}
    return kept | {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder),
        "LC_ALL": "C",
        "OMP_NUM_THREADS": "1",
    }


def _tail(path: Path, size: int = 65536) -> str:
    with open(path, "rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - size))
        return file.read().decode("utf-8", "replace")
