"""What the tests of sweeps share: a small function that says when it ran, and plans of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from command_decks import Call

from cosim.cli import main
from cosim.sweeps import Grid, Plan, Repetitions, RunSettings, Specification, make_plan
from cosim.sweeps.hand import kill_all
from cosim.sweeps.works.function import FunctionWork

FUNCTION = """
import os
import time

import numpy as np


def short(a, b, log, seed, pause=0.0):
    time.sleep(pause)
    draws = np.random.default_rng(seed).standard_normal(3)
    if log:
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, f"{a:g} {b:g}\\n".encode())
        os.close(descriptor)
    return {"product": a * b, "draws": draws, "name": f"{a:g}/{b:g}"}


def awkward(a, mode, place=""):
    if a != 3:
        return a
    if mode == "raise":
        raise ValueError("three is not wanted")
    if mode == "exit":
        os._exit(7)
    if mode == "segment":
        import ctypes
        ctypes.string_at(0)
    if mode == "hang":
        import subprocess
        child = subprocess.Popen(["sleep", "600"])
        open(place, "w").write(str(child.pid))
        time.sleep(600)
    if mode == "once" and not os.path.exists(place):
        open(place, "w").close()
        os._exit(1)
    if mode == "wrong":
        return object()
    return a
"""


@pytest.fixture(autouse=True)
def no_process_is_left():
    yield
    kill_all()


@pytest.fixture
def functions(tmp_path: Path) -> Path:
    (tmp_path / "functions.py").write_text(FUNCTION)
    return tmp_path


PlanOf = Callable[..., Plan]


@pytest.fixture
def plan_of(functions: Path) -> PlanOf:
    """A plan of `short` over a × b, its runs logged in `log`."""

    def make(
        name: str = "sweep", a: int = 10, b: int = 10, *, seed: int = 1, log: bool = True, pause: float = 0.0,
        **settings: float,
    ) -> Plan:  # fmt: skip
        arguments = {"log": str(functions / "log") if log else "", "pause": pause}
        specification = Specification(
            work=FunctionWork(function="functions.py:short", arguments=arguments),
            axes=(Grid.between("a", 1, a, a), Grid.between("b", 1, b, b)),
            seed=seed,
            run=RunSettings(**settings),  # type: ignore[arg-type]
        )
        return make_plan(specification, functions / name, base=functions, command="test")

    return make


@pytest.fixture
def awkward(functions: Path) -> PlanOf:
    """A plan of six cases of which the fourth misbehaves."""

    def make(mode: str, **settings: float) -> Plan:
        specification = Specification(
            work=FunctionWork(
                function="functions.py:awkward", arguments={"mode": mode, "place": str(functions / "place")}
            ),
            axes=(Grid(name="a", values=(0, 1, 2, 3, 4, 5)), Repetitions(count=1)),
            run=RunSettings(**settings),  # type: ignore[arg-type]
        )
        return make_plan(specification, functions / "awkward", base=functions)

    return make


@pytest.fixture
def call() -> Call:
    """Run `cosim` in this process."""

    def run(*arguments: object) -> Result:
        answer = CliRunner().invoke(main, [str(a) for a in arguments], prog_name="cosim")
        if answer.exception is not None and not isinstance(answer.exception, SystemExit):
            raise answer.exception
        return answer

    return run
