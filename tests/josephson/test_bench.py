"""The benchmark's own measurement: a case small enough for every run of the tests."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "bench" / "josephson.py"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_josephson", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_josephson"] = module
    spec.loader.exec_module(module)
    return module


def test_without_the_peer_our_own_times_are_measured(bench: ModuleType, tmp_path: Path) -> None:
    rows = bench.measure(bench.line(3, 100e-12), None, 1, tmp_path)
    assert [row["settings"] for row in rows] == ["default settings", "equal accuracy", "cosim run"]
    for row in rows:
        assert row["peer"] is None and "ratio_cpu" not in row
        assert row["accuracy"] < bench.WITHIN
        assert row["cpu"] > 0.0


@pytest.mark.parametrize("name", ["ring", "comparator", "batch"])
def test_other_cases_are_accurate_at_default_settings(bench: ModuleType, name: str) -> None:
    case = {
        "ring": bench.ring(8, 200e-12),
        "comparator": bench.comparator(450e-12),
        "batch": bench.line(4, 200e-12, variants=3),
    }[name]
    exact = bench.exact_slips(case)
    assert len(exact) >= 2
    _, found = bench.ours(case)
    assert bench.distance(found, exact, case.stop) < 0.02e-12
