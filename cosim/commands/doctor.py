"""`cosim doctor`: what is installed, what is missing, and how to get it.

Versions are read from the packages' metadata: nothing heavy is imported.
"""

from __future__ import annotations

import ctypes.util
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata

import click

from cosim import __version__

#: Distributions that `cosim` cannot run without.
REQUIRED = ("numpy", "scipy", "numba", "h5py", "click", "tqdm", "matplotlib", "nir")

#: Optional distribution → (extra that brings it, what it is for).
OPTIONAL = {
    "xarray": ("xarray", "opens result files with named dimensions"),
    "h5netcdf": ("xarray", "reads HDF5 for xarray"),
    "PySpice": ("pyspice", "its circuits as decks, cells as its sub-circuits"),
    "pyarrow": ("parquet", "writes sweeps as Parquet tables"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One line of the report. `version` is None when the thing is missing."""

    name: str
    version: str | None
    purpose: str
    remedy: str
    required: bool = False


def findings() -> list[Finding]:
    """Look at this installation and return what was found, required parts first."""
    found = [
        Finding(
            name=name,
            version=_distribution_version(name),
            purpose="required",
            remedy="pip install --upgrade cosim-cryo",
            required=True,
        )
        for name in REQUIRED
    ]
    found += [
        Finding(
            name=name,
            version=_distribution_version(name),
            purpose=purpose,
            remedy=f"pip install 'cosim-cryo[{extra}]'",
        )
        for name, (extra, purpose) in OPTIONAL.items()
    ]
    found.append(
        Finding(
            name="ngspice",
            version=_program_version("ngspice", "--version"),
            purpose="second engine: cross-checks every device-level result",
            remedy=system_package("ngspice", "ngspice"),
        )
    )
    found.append(
        Finding(
            name="libngspice",
            version=ctypes.util.find_library("ngspice"),
            purpose="ngspice as a library: co-simulation in lock-step",
            remedy=system_package("libngspice0", "libngspice"),
        )
    )
    found.append(
        Finding(
            name="josim-cli",
            version=_program_version("josim-cli", "--version"),
            purpose="peer for the benchmarks only",
            remedy="build JoSIM and put josim-cli on the PATH",
        )
    )
    return found


def system_package(debian: str, homebrew: str) -> str:
    """Return the command that installs a system package here, or names of it where unknown."""
    if shutil.which("apt-get"):
        return f"sudo apt-get install {debian}"
    if shutil.which("brew"):
        return f"brew install {homebrew}"
    return f"install {debian} with your system's package manager"


def _distribution_version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _program_version(program: str, option: str) -> str | None:
    """Return the first number-bearing line that the program prints, or None without it."""
    path = shutil.which(program)
    if path is None:
        return None
    try:
        answer = subprocess.run(
            [path, option], capture_output=True, text=True, timeout=10, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return f"{path} (does not answer {option})"
    for line in (answer.stdout + answer.stderr).splitlines():
        text = line.strip(" *\t")
        if any(character.isdigit() for character in text):
            return text.split(" : ")[0]
    return path


@click.command()
def doctor() -> None:
    """Show versions, what is missing, and how to get it.

    Exits with 1 when something is missing that cosim cannot run without.
    """
    click.echo(f"cosim {__version__}, Python {platform.python_version()} at {sys.executable}")
    click.echo(f"{platform.platform()}\n")
    report = findings()
    width = max(len(finding.name) for finding in report)
    for finding in report:
        if finding.version is not None:
            click.echo(f"  ok       {finding.name:<{width}}  {finding.version}")
        else:
            state = "MISSING " if finding.required else "not here"
            click.echo(f"  {state} {finding.name:<{width}}  {finding.purpose}: {finding.remedy}")
    missing = [finding.name for finding in report if finding.required and finding.version is None]
    if missing:
        click.echo(f"\ncosim cannot run without {', '.join(missing)}.")
        click.get_current_context().exit(1)
    click.echo("\nEverything that cosim needs is here.")
