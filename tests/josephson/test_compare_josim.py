"""`scripts/compare_josim.py` with a stand-in for JoSIM: our own engine behind its command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from shared_data import REPOSITORY

SCRIPT = REPOSITORY / "scripts" / "compare_josim.py"
DECK = """.include model.cir
B1 1 0 jj1 area=2
R1 1 0 3
I1 0 1 pwl(0 0 5p 260u)
.tran 0.25p 40p 0 0.25p
.print v(1) v(1) i(missing)
.end
"""
STAND_IN = """#!{python}
import sys
from cosim.josephson import simulate
from cosim.netlist import flatten, parse_file
from cosim.results import write_csv
deck, table = sys.argv[-1], sys.argv[sys.argv.index("-o") + 1]
result = simulate(flatten(parse_file(deck), {{"SCALE": {scale}}}, on_missing_probe=print))
write_csv(table, result)
"""


def compare(folder: Path, josim: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        str(SCRIPT),
        str(folder),
        "--josim",
        josim,
        "--json",
        str(folder / "rows.json"),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
@pytest.mark.parametrize(("scale", "code"), [(1.0, 0), (0.2, 1)])
def test_a_folder_is_compared(tmp_path: Path, scale: float, code: int) -> None:
    (tmp_path / "model.cir").write_text(
        ".param scale=1\n.model jj1 jj(icrit=0.1m*scale, rn=16, r0=160, cap=70f)\n"
    )
    (tmp_path / "deck.cir").write_text(DECK)
    josim = tmp_path / "josim-cli"
    josim.write_text(STAND_IN.format(python=sys.executable, scale=scale))
    josim.chmod(0o755)
    done = compare(tmp_path, str(josim))
    assert done.returncode == code, done.stdout + done.stderr
    (row,) = json.loads((tmp_path / "rows.json").read_text())
    assert row["deck"].endswith("deck.cir") and row["josim"] == row["cosim"] == "ok"
    assert row["junctions"] == 1 and row["slips_cosim"] > 3
    assert (row["slips_josim"] == row["slips_cosim"]) == (code == 0)
    assert f"1 decks; JoSIM runs 1, of which {1 - code} agree here" in done.stdout


def test_without_josim_it_says_so(tmp_path: Path) -> None:
    done = compare(tmp_path, "no-such-josim")
    assert done.returncode == 2
    assert "no-such-josim is not on the path" in done.stderr
