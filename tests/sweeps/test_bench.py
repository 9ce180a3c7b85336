"""The benchmark of sweeps, on few cases."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "bench" / "sweep.py"


@pytest.mark.slow
def test_overhead_is_measured_and_results_are_equal(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("bench_sweep", SCRIPT)
    assert spec is not None and spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    sys.modules["bench_sweep"] = bench
    spec.loader.exec_module(bench)
    rows = bench.overhead(tmp_path, 625, 125, 1)
    assert rows[0]["peer"] == "loop"
    for row in rows:
        assert row["accuracy"] == 1.0
        # 625 cases carry the worker's start, half a second; the limit of 2 ms holds for thousands.
        assert row["overhead_cpu_ms"] < 2.0 * 1e3 * bench.OVERHEAD_LIMIT
    large = bench.memory(tmp_path, 5000)
    assert large["master_mb"] < bench.MEMORY_LIMIT
