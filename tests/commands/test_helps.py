"""Help of the verbs: an example each that can be called, and nothing heavy loaded for it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import click
import pytest

from cosim.cli import main

OWN = ("read", "map", "netlist", "simulate", "margins", "run", "plot", "report", "convert")


def command_of(name: str) -> click.Command:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    return command


@pytest.mark.parametrize("name", OWN)
def test_examples_are_calls_that_parse(name: str) -> None:
    command = command_of(name)
    lines = [
        line.strip() for line in (command.epilog or "").splitlines() if line.strip().startswith("cosim ")
    ]
    assert len(lines) >= 2
    for line in lines:
        for call in re.split(r" && | \| ", re.split(r"\s{3,}", line)[0]):
            words = shlex.split(call)
            if words[:1] != ["cosim"]:
                continue
            verb = command_of(words[1])
            verb.make_context(words[1], words[2:])


@pytest.mark.parametrize("name", OWN)
def test_one_line_for_the_list(name: str) -> None:
    assert len(command_of(name).get_short_help_str(200)) <= 48


@pytest.mark.parametrize("name", OWN)
def test_help_loads_nothing_heavy(name: str) -> None:
    code = (
        f"import sys\nfrom cosim.cli import main\nmain(['{name}', '--help'], standalone_mode=False)\n"
        "heavy = {'numpy', 'scipy', 'numba', 'h5py', 'matplotlib', 'nir'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)


def test_help_takes_less_than_a_third_of_a_second() -> None:
    """CPU time, so that a busy machine does not count; the least of three."""
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run([sys.executable, '-m', 'cosim', '--help'], check=True, capture_output=True)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime)\n"
    )
    times = [
        float(
            subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60).stdout
        )
        for _ in range(3)
    ]
    assert min(times) < 0.3, times
