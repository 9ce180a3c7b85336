"""Large arrays within their memory, and the benchmark's own pieces."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from shared_data import REPOSITORY

LARGE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from peak_memory import peak_memory
import numpy as np
from cosim.crossbar import passive, solve
size = 2048
cells = np.random.default_rng(0).uniform(1e-6, 1e-4, (size, size))
solution = solve(passive(cells), np.full(size, 0.2))
into, out = solution.currents.left.sum(), solution.outputs.sum()
print(json.dumps({
    "peak": peak_memory(),
    "residual": float(solution.residual[0]), "converged": solution.converged, "lost": abs(into / out - 1),
}))
"""


@pytest.mark.slow
def test_2048_lines_are_solved_in_less_than_a_gigabyte() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LARGE, str(REPOSITORY / "scripts" / "bench")],
        capture_output=True,
        text=True,
        check=True,
        timeout=250,
    )
    found = json.loads(done.stdout)
    assert found["converged"]
    assert found["residual"] <= 1e-10
    assert found["lost"] < 1e-9
    assert found["peak"] < 1e9


def test_pieces_of_the_benchmark(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = REPOSITORY / "scripts" / "bench" / "crossbar.py"
    spec = importlib.util.spec_from_file_location("bench_crossbar", path)
    assert spec is not None
    assert spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    conductance, inputs = bench.problem(9, 3)
    ours = bench.CONTENDERS["cosim"](conductance, inputs)
    np.testing.assert_allclose(bench.CONTENDERS["scipy sparse"](conductance, inputs), ours, rtol=1e-9)
    bench.work("cosim", 9, 3, str(tmp_path / "out.npy"))
    figures = json.loads(capsys.readouterr().out)
    assert figures["cpu"] > 0
    assert figures["peak_mb"] > 10
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), ours)
    assert all(0 < row["solves"] < 100 for row in bench.gradient_costs(16))
    assert all(row["converged"] and row["steps"] <= 10 for row in bench.newton(16))
