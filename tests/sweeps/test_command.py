"""`cosim sweep`: what it prints, its exit codes, tables, and the help."""

from __future__ import annotations

import csv
import os
import re
import shlex
import subprocess
import sys

import click
import numpy as np
import pytest
from click.testing import CliRunner

from cosim.cli import main
from cosim.results import read_file
from cosim.sweeps import load_plan, run

SPECIFICATION = """
[work]
kind = "function"
function = "functions.py:short"
arguments = { log = "" }
[grid]
a = [1, 2, 3]
b = [10, 20]
[run]
bundle = 2
"""


@pytest.fixture
def specification(functions, monkeypatch):
    monkeypatch.chdir(functions)
    (functions / "sweep.toml").write_text(SPECIFICATION)
    return "sweep.toml"


def test_from_a_file_to_a_table(call, specification, functions):
    planned = call("sweep", "plan", specification)
    assert planned.exit_code == 0, planned.output
    assert "6 cases (a 3 × b 2), 3 files" in planned.output
    undone = call("sweep", "status", "sweep")
    assert undone.exit_code == 1
    assert "0 of 6 cases completed, 0 failed, 6 to do" in undone.output
    part = call("sweep", "run", "sweep", "--jobs", "0", "--part", "1/3")
    assert part.exit_code == 0 and "2 of 6 cases completed" in part.output
    early = call("sweep", "merge", "sweep")
    assert early.exit_code == 1 and "4 of 6 cases are not done" in early.output
    assert call("sweep", "run", "sweep", "--jobs", "1").exit_code == 0
    assert call("sweep", "status", "sweep").exit_code == 0
    for target in ("sweep.h5", "sweep.csv"):
        merged = call("sweep", "merge", "sweep", "-o", target)
        assert merged.exit_code == 0, merged.output
    rows = list(csv.DictReader((functions / "sweep.csv").read_text(encoding="utf-8").splitlines()))
    assert [(float(r["a"]), float(r["b"]), float(r["product"])) for r in rows] == [
        (a, b, a * b) for a in (1.0, 2.0, 3.0) for b in (10.0, 20.0)
    ]
    tree = read_file("sweep.h5")
    draws = np.asarray(tree.arrays["draws"].values)
    assert [float(rows[3][f"draws[{k}]"]) for k in range(3)] == draws[1, 1].tolist(), "17 digits"
    assert call("convert", "sweep.h5", "--check").exit_code == 0
    assert call("convert", "sweep.h5", "again.csv", "--check").exit_code == 0
    assert (functions / "again.csv").read_bytes() == (functions / "sweep.csv").read_bytes()
    assert call("convert", "sweep.h5", "sweep.raw").exit_code == 1
    assert call("plot", "sweep.h5", "--as", "shmoo").exit_code == 0


def test_parquet(call, specification):
    parquet = pytest.importorskip("pyarrow.parquet")
    call("sweep", "plan", specification)
    run(load_plan("sweep"), jobs=0)
    assert call("sweep", "merge", "sweep", "-o", "sweep.parquet").exit_code == 0
    table = parquet.read_table("sweep.parquet")
    assert table.column("product").to_pylist() == [10.0, 20.0, 20.0, 40.0, 30.0, 60.0]
    assert b"cosim_specification" in table.schema.metadata


def test_failures_are_listed_and_exit_with_one(call, awkward):
    plan = awkward("raise", bundle=2)
    answer = call("sweep", "run", plan.folder, "--jobs", "0")
    assert answer.exit_code == 1
    assert "5 of 6 cases completed, 1 failed" in answer.output
    assert "case 3, a=3: ValueError: three is not wanted" in answer.output
    assert f"cosim sweep retry {plan.folder}" in answer.output
    shown = call("sweep", "status", plan.folder, "--words")
    assert shown.exit_code == 1 and "| " in shown.output and "in awkward" in shown.output
    merged = call("sweep", "merge", plan.folder, "-o", f"{plan.folder}.h5")
    assert merged.exit_code == 0, "failures are results"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("run", "nothing"), 1, "holds no plan; make one with cosim sweep plan"),
        (("run", "x", "--part", "3"), 2, "is not of the form i/n"),
        (("run", "x", "--part", "4/3"), 2, "is not of the form i/n"),
        (("run",), 2, "Missing argument"),
        (("rnu", "x"), 2, "No such command"),
        (("plan", "nothing.toml"), 1, "no such file"),
        (("merge", "x", "-o", "x.xlsx"), 1, "ends in .h5, .csv or .parquet"),
    ],
)
def test_wrong_calls(call, arguments, code, said):
    answer = call("sweep", *arguments)
    assert answer.exit_code == code
    assert said in answer.output
    assert "Traceback" not in answer.output


def test_slurm_prints_a_script_that_bash_reads(call, specification, tmp_path):
    call("sweep", "plan", specification)
    answer = call("sweep", "slurm", "sweep", "--parts", "20", "--cpus", "8")
    assert answer.exit_code == 0
    assert "#SBATCH --array=1-3\n" in answer.output, "no more tasks than bundles"
    assert '--part "$SLURM_ARRAY_TASK_ID/3"' in answer.output
    script = tmp_path / "array.sh"
    script.write_text(answer.output)
    subprocess.run(["bash", "-n", str(script)], check=True)
    # The script's `exec cosim …`, with a function in the place of the program.
    call_it = f'cosim() {{ "{sys.executable}" -m cosim "$@"; }}; exec() {{ "$@"; }}; . {script}'
    for task in (1, 2, 3):
        variables = {"SLURM_ARRAY_TASK_ID": str(task), "SLURM_CPUS_PER_TASK": "1"}
        subprocess.run(["bash", "-c", call_it], check=True, timeout=120, env={**os.environ, **variables})
    assert call("sweep", "status", "sweep").exit_code == 0


def test_a_bar_with_the_remaining_time_on_a_terminal(call, specification):
    pty = pytest.importorskip("pty", reason="pseudo-terminals are a matter of Unix")
    termios = pytest.importorskip("termios")
    call("sweep", "plan", specification)
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    command = [sys.executable, "-m", "cosim", "sweep", "run", "sweep", "--jobs", "0"]
    with subprocess.Popen(command, stderr=theirs, stdout=subprocess.PIPE) as process:
        os.close(theirs)
        printed = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # what Linux says when the other end is closed
                break
            if not part:
                break
            printed += part
        said, _ = process.communicate()
    os.close(ours)
    assert process.returncode == 0
    assert b"6/6 [" in printed and b"case/s" in printed
    assert said.decode() == "sweep: 6 of 6 cases completed, 0 failed\n"


def test_plain_lines_elsewhere(call, specification):
    call("sweep", "plan", specification)
    answer = call("sweep", "run", "sweep", "--jobs", "0")
    assert re.findall(r"^run: \d of 6 cases$", answer.stderr, flags=re.MULTILINE) == [
        f"run: {done} of 6 cases" for done in (2, 4, 6)
    ]


def test_verbose_says_what_became_of_each_bundle(call, specification):
    call("sweep", "plan", specification)
    answer = CliRunner().invoke(main, ["-v", "sweep", "run", "sweep", "--jobs", "0"])
    assert "bundle 2: done, 2 completed, 0 failed" in answer.output


def test_the_shell_completes_verbs_and_options():
    def completed(words: str, count: int) -> list[str]:
        environment = {"COMP_WORDS": words, "COMP_CWORD": str(count), "_COSIM_COMPLETE": "bash_complete"}
        code = "from cosim.cli import main; main(prog_name='cosim')"
        answer = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        return [line.partition(",")[2] for line in answer.stdout.splitlines()]

    assert completed("cosim sw", 1) == ["sweep"]
    assert completed("cosim sweep ", 2) == ["merge", "plan", "retry", "run", "slurm", "status"]
    assert completed("cosim sweep run --j", 3) == ["--jobs"]


def test_quiet_says_the_result_alone(call, specification):
    call("sweep", "plan", specification)
    answer = call("sweep", "run", "sweep", "--jobs", "0", "-q")
    assert answer.output == "sweep: 6 of 6 cases completed, 0 failed\n"


def commands() -> list[tuple[str, click.Command]]:
    group = main.get_command(click.Context(main), "sweep")
    assert isinstance(group, click.Group)
    return [("sweep", group), *group.commands.items()]


@pytest.mark.parametrize(
    ("name", "command"), commands(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_examples_of_the_help_are_calls_that_parse(name, command):
    lines = [line.strip() for line in (command.epilog or "").splitlines() if "cosim" in line]
    assert lines
    for line in lines:
        for text in re.split(r" && | > ", re.split(r"\s{3,}", line)[0]):
            words = shlex.split(text)
            if words[:2] == ["cosim", "sweep"]:
                group = commands()[0][1]
                assert isinstance(group, click.Group)
                group.commands[words[2]].make_context(words[2], words[3:])
