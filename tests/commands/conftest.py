"""What the tests of the verbs share: an empty folder, a small deck, a call from inside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from command_decks import PULSED, Call
from shared_data import REPOSITORY

from cosim.cli import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def deck(folder: Path) -> Path:
    path = folder / "pulsed.cir"
    path.write_text(PULSED, encoding="utf-8")
    return Path(path.name)


@pytest.fixture
def call() -> Call:
    """Run `cosim` in this process."""

    def run(*arguments: object) -> Result:
        answer = CliRunner().invoke(main, [str(a) for a in arguments], prog_name="cosim")
        if answer.exception is not None and not isinstance(answer.exception, SystemExit):
            raise answer.exception
        return answer

    return run


@pytest.fixture
def xor() -> Path:
    return REPOSITORY / "netlists" / "networks" / "xor_221.nir"


@pytest.fixture
def misfit() -> Path:
    return REPOSITORY / "netlists" / "networks" / "misfit.nir"
