"""Where the large reference data lie that are not part of the repository.

Data that several checkouts share stand in a folder `shared` beside the checkout, or wherever
`COSIM_SHARED` points. A test that needs them skips, with the reason, where they are absent.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent

#: The shared folder. It may not exist: go through `shared_file` or mark with `needs_shared`.
SHARED = Path(os.environ.get("COSIM_SHARED") or REPOSITORY.parent / "shared")

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no shared reference data at {SHARED}")


def shared_file(*parts: str) -> Path:
    """Return the path of a shared file or folder, or skip the test that asks for it."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"shared reference data not here: {path}")
    return path
