"""Who works on which bundle: advisory locks that vanish with the process that holds them.

Byte b of FOLDER/claims is locked while a process works on bundle b. There is nothing to clean up
after a kill, and no clock in it. On a file system without locks everybody gets every claim: work is
then done twice at times, and still right, since shards are replaced whole by equal ones.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cosim.errors import SweepError

_HELD_ELSEWHERE = (errno.EACCES, errno.EAGAIN)


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Workers of one folder get ready one after the other: the first compiles, the next find it cached."""
    try:
        import fcntl

        descriptor = os.open(folder / "getting-ready", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except (OSError, ImportError):
        yield
        return
    try:
        with suppress(OSError):  # no locks here: all compile at once
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class Claims:
    """Claims of this process on one folder. Threads of a process exclude each other as well."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "claims"
        self._mine: set[int] = set()
        self._guard = threading.Lock()
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise SweepError(f"cannot write into {folder}: {error.strerror}") from error

    def take(self, bundle: int) -> bool:
        """True when nobody else works on the bundle; then it is this process's until `release`."""
        with self._guard:
            if bundle in self._mine:
                return False
            if not self._lock(bundle):
                return False
            self._mine.add(bundle)
            return True

    def release(self, bundle: int) -> None:
        with self._guard:
            self._mine.discard(bundle)
            self._unlock(bundle)

    def _lock(self, bundle: int) -> bool:
        try:
            import fcntl

            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, bundle)
        except OSError as error:
            return error.errno not in _HELD_ELSEWHERE
        except ImportError:
            return True
        return True

    def _unlock(self, bundle: int) -> None:
        try:
            import fcntl

            fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, bundle)
        except (OSError, ImportError):
            pass


_OPEN: dict[tuple[int, str], Claims] = {}
_OPENING = threading.Lock()


def claims_of(folder: Path) -> Claims:
    """The claims of this process on a folder.

    One object for each: closing any descriptor of a file drops all POSIX locks that a process has on
    it. The process is part of the key, because locks do not pass on to forked children.
    """
    key = os.getpid(), str(folder.resolve())
    with _OPENING:
        if key not in _OPEN:
            _OPEN[key] = Claims(folder)
        return _OPEN[key]
