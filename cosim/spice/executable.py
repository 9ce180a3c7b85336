"""The ngspice program of this machine: where it is, its version, how to get it."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess

from cosim.errors import DependencyError

#: Environment variable that names another ngspice than the one on the path.
VARIABLE = "COSIM_NGSPICE"


def find_executable() -> str | None:
    """Return the path of ngspice: `$COSIM_NGSPICE` when set, else from the path; or None."""
    chosen = os.environ.get(VARIABLE)
    return shutil.which(chosen) if chosen else shutil.which("ngspice")


def available() -> str | None:
    """Return the version of ngspice, e.g. "39", or None when there is no working one.

    Where only the library is installed, its version.
    """
    path = find_executable()
    if path is None and VARIABLE not in os.environ:
        from cosim.spice.pool import library_features

        found = library_features()
        return None if found is None else str(found["version"])
    return None if path is None else _version(path)


def how_to_install() -> str:
    """Return one line on how to get ngspice."""
    return (
        "install ngspice (Debian, Ubuntu: apt install ngspice; Fedora: dnf install ngspice; "
        f"macOS: brew install ngspice) or point {VARIABLE} at the program"
    )


def require_executable() -> tuple[str, str]:
    """Return path and version of ngspice; `DependencyError` when it is missing or broken."""
    path = find_executable()
    version = None if path is None else _version(path)
    if path is None or version is None:
        what = "is not installed" if path is None else f"at {path} does not tell its version"
        raise DependencyError(f"ngspice {what}: {how_to_install()}")
    return path, version


@functools.lru_cache(maxsize=8)
def _version(path: str) -> str | None:
    try:
        shown = subprocess.run(
            [path, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=20.0,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"ngspice-(\S+)", shown.stdout + shown.stderr)
    return found[1] if found else None
