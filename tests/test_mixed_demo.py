"""The mixed demonstration: lock-step against the same circuit wholly in ngspice."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from cosim.spice import available
from cosim.spice.library import find_library

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(
    available() is None or find_library() is None, reason="ngspice or its library is not installed"
)

#: Of the reference, `run_reference(patterns(20, 1))`: spikes of the analog neuron, and pulses at the
#: converters behind OR and AND [ps].
SPIKES = [1272.68, 1756.18, 3186.18, 3880.28, 4376.73, 4839.28, 5332.78, 6427.98, 6874.89, 7309.68, 8033.88]
OR = [129.89, 529.43, 927.02, 1329.49, 1727.02, 2129.49, 2529.87, 2926.55, 3327.02, 3726.59]
OR += [4129.87, 4529.39, 5327.02, 5729.49, 6127.02, 7326.53, 7727.03]
AND = [929.12, 1728.73, 2929.11, 3328.68, 3729.11, 5328.78, 6129.12, 7328.64, 7729.12]


@pytest.fixture(scope="module")
def demo():
    spec = importlib.util.spec_from_file_location("mixed_demo", ROOT / "scripts" / "mixed_demo.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # The dataclasses of a module look it up by its name.
    with pytest.MonkeyPatch.context() as patch:
        import sys

        patch.setitem(sys.modules, "mixed_demo", module)
        spec.loader.exec_module(module)
        yield module


def test_lock_step_gives_the_spikes_of_the_circuit(demo):
    run = demo.run_lockstep(demo.patterns(20, 1))
    assert run.points < 10_000, "ngspice should take the steps that nanoseconds need"
    for found, expected in zip(run.inner, (OR, AND), strict=True):
        assert found == pytest.approx(1e-12 * np.asarray(expected), abs=1e-12)
    assert run.spikes == pytest.approx(1e-12 * np.asarray(SPIKES), abs=demo.TOLERANCE)


def test_circuits_of_the_josephson_engine_give_them_too(demo):
    run = demo.run_josephson(demo.patterns(20, 1)[:10])
    end = demo.START + 10 * demo.PERIOD
    for found, whole in zip(run.inner, (OR, AND), strict=True):
        kept = 1e-12 * np.asarray(whole)
        assert found == pytest.approx(kept[kept < end], abs=0.2e-12)
    spikes = 1e-12 * np.asarray(SPIKES)
    assert run.spikes == pytest.approx(spikes[spikes < end - 1.5 * demo.EXCHANGE], abs=demo.TOLERANCE)


@pytest.mark.slow
def test_the_reference_is_what_it_was_and_the_figure_shows_both(demo, tmp_path, monkeypatch, capsys):
    path = tmp_path / "mixed.png"
    runs = []

    def remembered(slots):
        runs.append(simulated(slots))
        return runs[0]

    simulated = demo.run_reference
    monkeypatch.setattr(demo, "run_reference", remembered)
    monkeypatch.setattr("sys.argv", ["mixed_demo.py", "-o", str(path), "--slots", "8"])
    demo.main()
    told = capsys.readouterr().out
    assert "all in ngspice" in told and "lock-step, behavioural" in told and path.stat().st_size > 20_000
    end = demo.START + 8 * demo.PERIOD
    for found, whole, tolerance in [
        (runs[0].spikes, SPIKES, 0.5e-12), (runs[0].inner[0], OR, 0.1e-12), (runs[0].inner[1], AND, 0.1e-12)
    ]:  # fmt: skip
        kept = 1e-12 * np.asarray(whole)
        assert found == pytest.approx(kept[kept < end], abs=tolerance)
