"""Files that are either whole or absent.

What lives here: the one way in which this package writes a file. The bytes go to a `.tmp`
beside the target, which is flushed to the disk and only then renamed; a process that dies
on the way leaves the old file, or none, under the final name.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cosim.errors import ResultFileError


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on a clean exit it becomes `path`.

    The body must create and close the file. On any exception, an interrupt included, the
    temporary file is removed and nothing changes under `path`.

    Raises `ResultFileError` when the folder is missing or cannot be written, or when
    `path` is a folder.
    """
    target = Path(path)
    folder = target.parent
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise ResultFileError(f"cannot write {target}: folder {folder} {what}; create it first")
    if target.is_dir():
        raise ResultFileError(f"cannot write {target}: it is a folder; give a file name inside it")
    temporary = folder / f"{target.name[:200]}.{os.getpid()}-{secrets.token_hex(4)}.tmp"
    try:
        yield temporary
        _flush(temporary)
        os.replace(temporary, target)
        _flush(folder)
    except OSError as error:
        raise ResultFileError(f"cannot write {target}: {one_line(error)}") from error
    finally:
        temporary.unlink(missing_ok=True)


def make_folder(path: str | os.PathLike[str]) -> None:
    """Make a folder and those above it; each is on the disk when this returns.

    Raises `ResultFileError` where that cannot be.
    """
    folder = Path(path)
    if folder.is_dir():
        return
    if folder.parent != folder:
        make_folder(folder.parent)
    try:
        folder.mkdir(exist_ok=True)
        _flush(folder.parent)
    except OSError as error:
        raise ResultFileError(f"cannot make the folder {folder}: {one_line(error)}") from error


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a whole file at once, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def one_line(error: BaseException) -> str:
    """Return the message of an exception without line breaks, never empty."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or type(error).__name__


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
