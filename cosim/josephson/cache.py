"""Keeps compiled kernels and their sources together.

Numba notices a change of the file that a kernel stands in, but not of the files of the kernels
that it calls. So all compiled kernels of this folder go when any source is newer than they are.
"""

from __future__ import annotations

from pathlib import Path

#: What a file of this folder says whose functions, or whose numbers, kernels are made of.
_MARKS = (b"numba", b"compiled", b"NamedTuple")


def discard_stale(folder: Path, *callees: Path, kernels_only: bool = False) -> None:
    """Delete Numba's index files in `folder`/__pycache__ that are older than a source.

    `callees` are other folders whose functions the kernels of this one call. With `kernels_only`
    only sources count that say that kernels are made of them.
    """
    try:
        sources = [source for each in (folder, *callees) for source in each.glob("*.py")]
        if kernels_only:
            sources = [source for source in sources if _has_kernels(source)]
        newest = max(source.stat().st_mtime for source in sources)
        for index in folder.glob("__pycache__/*.nbi"):
            if index.stat().st_mtime < newest:
                index.unlink(missing_ok=True)
    except (OSError, ValueError):
        return


def _has_kernels(source: Path) -> bool:
    text = source.read_bytes()
    return any(mark in text for mark in _MARKS)
