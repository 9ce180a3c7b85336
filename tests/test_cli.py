"""The `cosim` command itself: verbs found by name, exit codes, messages of one line."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner, Result

from cosim import __version__
from cosim.cli import main
from cosim.commands import VERBS, console, doctor
from cosim.errors import CosimError


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), prog_name="cosim")


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch):
    """Register a verb `try` whose body the test gives."""

    def register(body) -> None:
        command = click.command(name="try")(body)
        monkeypatch.setattr(doctor, "tried", command, raising=False)
        monkeypatch.setitem(VERBS, "try", "cosim.commands.doctor:tried")

    return register


def raising(error: BaseException):
    def body() -> None:
        raise error

    return body


def test_version() -> None:
    assert call("--version").output == f"cosim, version {__version__}\n"


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_help_that_the_list_shows(name: str) -> None:
    answer = call(name, "--help")
    assert answer.exit_code == 0, answer.output
    assert f"Usage: cosim {name}" in answer.output
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.get_short_help_str(200)


def test_errors_of_ours_are_one_line_and_code_1(verb) -> None:
    verb(raising(CosimError("deck.cir:3: no node 'A'\n  did you mean 'B'?")))
    answer = call("try")
    assert answer.exit_code == 1
    assert answer.stderr == "cosim: error: deck.cir:3: no node 'A' did you mean 'B'?\n"
    assert answer.stdout == ""


def test_errors_of_the_system_name_the_file(verb) -> None:
    verb(raising(PermissionError(13, "Permission denied", "out.h5")))
    answer = call("try")
    assert answer.exit_code == 1
    assert answer.stderr == "cosim: error: out.h5: Permission denied\n"


def test_bugs_keep_their_traceback(verb) -> None:
    verb(raising(ZeroDivisionError("ours")))
    assert isinstance(call("try").exception, ZeroDivisionError)


def test_interrupt_is_130(verb) -> None:
    verb(raising(KeyboardInterrupt()))
    answer = call("try")
    assert answer.exit_code == 130
    assert answer.stderr.strip() == "cosim: error: interrupted"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["docter"], "did you mean 'doctor'?"),
        (["--nonsense"], "--nonsense"),
        (["doctor", "surplus"], "surplus"),
        (["-q", "-v", "doctor"], "exclude each other"),
    ],
)
def test_wrong_calls_are_2(arguments: list[str], words: str) -> None:
    answer = call(*arguments)
    assert answer.exit_code == 2
    assert words in answer.stderr


def test_exit_code_of_a_verb_is_kept(verb) -> None:
    def body() -> None:
        click.get_current_context().exit(3)

    verb(body)
    assert call("try").exit_code == 3


def test_what_a_verb_returns_is_no_exit_code(verb) -> None:
    verb(lambda: "text")
    assert call("try").exit_code == 0


@pytest.mark.parametrize(
    ("options", "printed"),
    [([], "note\n"), (["-q"], ""), (["-v"], "note\ndetail\n")],
)
def test_quiet_and_verbose(verb, options: list[str], printed: str) -> None:
    def body() -> None:
        console.note("note")
        console.detail("detail")

    verb(body)
    assert call(*options, "try").stderr == printed


def test_closed_pipe_is_silent() -> None:
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from cosim.cli import main; import click\n"
            "from cosim.commands import VERBS, doctor\n"
            "doctor.tried = click.command()(lambda: [click.echo('x' * 1000) for _ in range(1000)] and None)\n"
            "VERBS['try'] = 'cosim.commands.doctor:tried'\nmain(['try'])",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=60) == 1


def test_doctor_names_what_is_missing_and_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    known = doctor._distribution_version
    monkeypatch.setattr(
        doctor, "_distribution_version", lambda name: None if name in ("h5py", "xarray") else known(name)
    )
    answer = call("doctor")
    assert answer.exit_code == 1
    assert "MISSING  h5py" in answer.stdout
    assert "pip install 'cosim-cryo[xarray]'" in answer.stdout


def test_doctor_here() -> None:
    answer = call("doctor")
    assert answer.exit_code == 0
    assert f"cosim {__version__}" in answer.stdout
