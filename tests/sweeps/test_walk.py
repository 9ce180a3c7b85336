"""The newcomer's walk of docs/sweeps.md, command by command as it stands on the page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from shared_data import REPOSITORY

from cosim.results import check_file

PAGE = REPOSITORY / "docs" / "sweeps.md"
BLOCK = re.compile(r"<!-- walk: ([^>]*?) -->\n```\w+\n(.*?)```", re.DOTALL)


def test_the_walk_runs_as_it_stands(tmp_path: Path) -> None:
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    kinds = [kind.split()[0] for kind, _ in blocks]
    assert kinds == ["not", "file", "file", "commands", "python", "python"]
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "MPLBACKEND": "Agg",
    }

    def call(command: list[str] | str) -> str:
        answer = subprocess.run(
            command, cwd=tmp_path, env=environment, shell=isinstance(command, str),
            capture_output=True, text=True, timeout=250, check=False,
        )  # fmt: skip
        assert answer.returncode == 0, f"{command}\n{answer.stdout}\n{answer.stderr}"
        return answer.stdout

    said = ""
    for kind, text in blocks:
        words = kind.split()
        if words[0] == "file":
            (tmp_path / words[1]).write_text(text, encoding="utf-8")
        elif words[0] == "commands":
            for line in text.splitlines():
                assert line.startswith("$ cosim "), line
                said += call(line[2:])
    script = "\n".join(text for kind, text in blocks if kind == "python")
    said += call([sys.executable, "-c", script])
    assert "247 of 247 cases completed, 0 failed" in said
    assert check_file(tmp_path / "shmoo.h5") == []
    assert (tmp_path / "shmoo.png").stat().st_size > 10_000
    assert "figure-shmoo-works" in (tmp_path / "shmoo.html").read_text(encoding="utf-8")
    assert "144 of 144 cases completed" in said
    yields = [float(number) for number in re.findall(r"\[([^\]]*)\]\s*$", said)[0].split()]
    assert len(yields) == 3 and yields[1] > 0.9


def test_the_example_of_the_scripts_folder_can_be_planned(tmp_path: Path) -> None:
    from cosim.sweeps import make_plan, read_specification

    folder = REPOSITORY / "scripts" / "sweep_example"
    plan = make_plan(read_specification(folder / "bias.toml"), tmp_path / "plan", base=folder)
    assert len(plan.space) == 925
