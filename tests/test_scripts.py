"""`scripts/setup.sh`: what a fresh machine meets, played with stand-ins for its programs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from shared_data import REPOSITORY

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")

SETUP = "scripts/setup.sh"
NO_NGSPICE = "cosim_has_ngspice() { false; }\ncosim_has_libngspice() { false; }\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A stand-in for a clone, in a folder whose name holds a space."""
    root = tmp_path / "my clone"
    (root / "scripts").mkdir(parents=True)
    shutil.copy(REPOSITORY / SETUP, root / SETUP)
    shutil.copy(REPOSITORY / "pyproject.toml", root)
    return root


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder that comes first on the PATH, and says which of its programs were called."""
    folder = tmp_path / "programs"
    folder.mkdir()
    return folder


def program(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f'#!/bin/sh\necho "{name} $*" >> "{folder}/calls"\n{body}\n')
    path.chmod(0o755)


def calls(folder: Path) -> list[str]:
    log = folder / "calls"
    return log.read_text().splitlines() if log.exists() else []


def bash(checkout: Path, programs: Path, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f'set -euo pipefail\nsource "{checkout / SETUP}"\n{script}'],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd="/",
        stdin=subprocess.DEVNULL,
        env={"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": str(programs), **environment},
    )


def environment_stub(checkout: Path, programs: Path, pip: str = "exit 0") -> None:
    """Put a python3 on the PATH that makes environments out of a recording stand-in."""
    program(
        programs,
        "python3",
        f"""
case "$*" in
  "-m venv "*) mkdir -p "$3/bin"; cp "{programs}/inner" "$3/bin/python" ;;
  "-c import sys; print"*) echo 3.11 ;;
esac
exit 0""",
    )
    program(programs, "inner", f'case "$*" in *"-m pip"*) {pip} ;; esac')


def test_second_call_installs_nothing(checkout: Path, programs: Path) -> None:
    environment_stub(checkout, programs)
    first = bash(checkout, programs, "cosim_environment nir,xarray")
    assert first.returncode == 0, first.stderr
    assert [line for line in calls(programs) if "--editable .[nir,xarray]" in line]
    (programs / "calls").unlink()
    second = bash(checkout, programs, "cosim_environment nir,xarray")
    assert second.returncode == 0
    assert second.stderr == ""
    assert calls(programs) == []


def test_changed_metadata_and_new_extras_install_again_in_the_same_environment(
    checkout: Path, programs: Path
) -> None:
    environment_stub(checkout, programs)
    bash(checkout, programs, "cosim_environment nir")
    (programs / "calls").unlink()
    bash(checkout, programs, "cosim_environment test")
    with (checkout / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    bash(checkout, programs, "cosim_environment nir")
    assert sum("-m pip install" in line for line in calls(programs)) == 2
    assert not [line for line in calls(programs) if line.startswith("python3")]


def test_a_failed_installation_is_tried_again(checkout: Path, programs: Path) -> None:
    environment_stub(checkout, programs, pip="exit 1")
    failed = bash(checkout, programs, "cosim_environment nir\necho went on")
    assert failed.returncode == 1
    assert "the installation failed" in failed.stderr
    assert failed.stdout == ""
    environment_stub(checkout, programs)
    shutil.copy(programs / "inner", checkout / ".venv" / "bin" / "python")
    assert bash(checkout, programs, "cosim_environment nir\necho went on").stdout == "went on\n"


def test_python_too_old_is_said(checkout: Path, programs: Path) -> None:
    program(programs, "old-python", "exit 1")
    answer = bash(checkout, programs, "cosim_environment nir", COSIM_PYTHON="old-python")
    assert answer.returncode == 1
    assert "COSIM_PYTHON=old-python is not a Python 3.11 or newer" in answer.stderr


def test_venv_module_missing_names_the_package(checkout: Path, programs: Path) -> None:
    program(
        programs,
        "python3",
        """
case "$*" in
  *ensurepip*) exit 1 ;;
  "-c import sys; print"*) echo 3.12 ;;
esac
exit 0""",
    )
    program(programs, "apt-get", "exit 1")
    program(programs, "sudo", "exit 1")
    answer = bash(checkout, programs, "cosim_environment nir")
    assert answer.returncode == 1
    assert "install python3.12-venv" in answer.stderr


def test_ngspice_is_installed_in_one_go(checkout: Path, programs: Path) -> None:
    (checkout / ".venv").mkdir()
    program(programs, "apt-get", "exit 0")
    program(programs, "sudo", 'shift; exec "$@"')
    answer = bash(checkout, programs, NO_NGSPICE + "cosim_ngspice")
    assert answer.returncode == 0, answer.stderr
    apt = [line for line in calls(programs) if line.startswith("apt-get")]
    assert apt[0].startswith("apt-get update")
    assert apt[1].endswith("ngspice libngspice0")


def test_no_right_to_install_is_a_note_and_asked_once(checkout: Path, programs: Path) -> None:
    (checkout / ".venv").mkdir()
    program(programs, "apt-get", "exit 100")
    program(programs, "sudo", "exit 1")
    for _ in range(2):
        answer = bash(checkout, programs, NO_NGSPICE + "cosim_ngspice\necho went on")
        assert answer.stdout == "went on\n"
        assert "sudo apt-get install ngspice libngspice0" in answer.stderr
    asked = [line for line in calls(programs) if line.startswith(("sudo", "apt-get update"))]
    assert len(asked) == 1


@pytest.mark.parametrize("name", ["scripts/demo", "scripts/test", ".ci/run", "scripts/setup.sh"])
def test_scripts_are_valid_bash(name: str) -> None:
    subprocess.run(["bash", "-n", str(REPOSITORY / name)], check=True, timeout=20)
    if name != "scripts/setup.sh":
        assert os.access(REPOSITORY / name, os.X_OK), "not executable"
