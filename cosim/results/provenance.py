"""Where a number comes from: what each result file says about its own making."""

from __future__ import annotations

import datetime
import functools
import hashlib
import platform
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import cosim


def provenance(
    *,
    netlist: str | None = None,
    simulators: Mapping[str, str] | None = None,
    seed: int | None = None,
    command: str | None = None,
    extra: Mapping[str, str | int | float] | None = None,
) -> dict[str, str | int | float]:
    """Return the attributes that go with a result.

    `netlist` is the text that was simulated (kept whole, with its SHA-256); `simulators`
    maps a simulator to its version and gives `<simulator>_version` entries; `command`
    defaults to the command line of this process. The git commit appears only when the
    package runs from a checkout.
    """
    import numpy

    origin: dict[str, str | int | float] = {
        "cosim_version": cosim.__version__,
        "python_version": platform.python_version(),
        "numpy_version": numpy.__version__,
        "platform": platform.platform(),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": shlex.join(sys.argv) if command is None else command,
    }
    commit = git_commit()
    if commit:
        origin["git_commit"] = commit
    if netlist is not None:
        origin["netlist"] = netlist
        origin["netlist_sha256"] = text_sha256(netlist)
    for simulator, version in (simulators or {}).items():
        origin[f"{simulator}_version"] = version
    if seed is not None:
        origin["seed"] = int(seed)
    origin.update(extra or {})
    return origin


def text_sha256(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, as hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


@functools.cache
def git_commit() -> str:
    """Return the commit of the checkout that this package runs from, or an empty string.

    A commit with uncommitted changes carries `-dirty`. An installed package has none,
    even when its environment lies inside somebody's repository.
    """
    root = Path(cosim.__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return ""
    try:
        shown = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            capture_output=True,
            text=True,
            timeout=5.0,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return shown.stdout.strip()
