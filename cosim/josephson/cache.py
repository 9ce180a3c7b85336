"""Keeps compiled kernels and their sources together.

Numba notices a change of the file that a kernel stands in, but not of the files of the kernels
that it calls. So all compiled kernels of this folder go when any source is newer than they are.
"""

from __future__ import annotations

from pathlib import Path


def discard_stale(folder: Path, *callees: Path) -> None:
    """Delete Numba's index files in `folder`/__pycache__ that are older than a source.

    `callees` are other folders whose functions the kernels of this one call.
    """
    try:
        sources = [source for each in (folder, *callees) for source in each.glob("*.py")]
        newest = max(source.stat().st_mtime for source in sources)
        for index in folder.glob("__pycache__/*.nbi"):
            if index.stat().st_mtime < newest:
                index.unlink(missing_ok=True)
    except (OSError, ValueError):
        return
