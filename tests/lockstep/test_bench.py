"""The benchmark runs and its figures have the shape that they are promised to have."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from cosim.spice import find_library

pytestmark = pytest.mark.skipif(find_library() is None, reason="libngspice is not installed")
SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "bench" / "lockstep.py"


def load():
    spec = importlib.util.spec_from_file_location("lockstep_bench", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_models_cost_what_ngspice_s_own_sources_cost():
    bench = load()
    rows = {row["peer"]: row for row in bench.sources([100], 3, 40_000, "no-such-python")}
    assert "PySpice" not in rows
    assert rows["models"]["accuracy"] < 1e-12
    # Wide, for a machine that does other things too: 0.8 and 11 when it does not.
    assert rows["ngspice's own"]["ratio_cpu"] > 0.4
    assert rows["Python callbacks"]["ratio_cpu"] > 4.0
