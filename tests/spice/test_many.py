"""Many runs: in several workers, and one deck with values altered in place."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from cosim.errors import NetlistError, SimulationError
from cosim.spice import find_library, pool, shutdown_workers, simulate, simulate_many, sweep
from cosim.spice.process import Limits

pytestmark = pytest.mark.skipif(find_library() is None, reason="libngspice is not installed")

DECK = """a divider and a diode
.param load=1k
.subckt half a b
R1 a b 1k
.ends
V1 in 0 1
R1 in mid 1k
X1 mid out half
RL out 0 {load}
D1 in d dmod
RD d 0 1k
.model dmod d(is=1e-14)
.tran 1n 20n
"""


def settled(result, name="V(OUT)"):
    return float(result[name][-1])


def test_decks_side_by_side_come_in_order():
    decks = [DECK.replace("load=1k", f"load={k}k") for k in range(1, 9)]
    found = [settled(result) for result in simulate_many(decks, workers=2)]
    assert found == pytest.approx([k / (k + 2) for k in range(1, 9)], rel=1e-6)


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("load", [1e3, 2e3, 8e3], [1 / 3, 1 / 2, 0.8]),
        ("R1", [1e3, 2e3], [1 / 3, 1 / 4]),
        ("x1.r1", [1e3, 3e3], [1 / 3, 1 / 5]),
        ("V1", [1.0, 3.0], [1 / 3, 1.0]),
    ],
)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_sweep_alters_what_is_named(name, values, expected, workers):
    results = sweep(DECK, [{name: value} for value in values], workers=workers)
    assert [settled(result) for result in results] == pytest.approx(expected, rel=1e-6)


def test_models_are_altered_and_the_deck_says_so():
    results = list(sweep(DECK, [{"dmod.is": current, "load": 1e3} for current in (1e-14, 1e-12, 1e-14)]))
    by_reading = [
        simulate(DECK.replace("is=1e-14", f"is={current}")) for current in ("1e-14", "1e-12", "1e-14")
    ]
    for ours, theirs in zip(results, by_reading, strict=True):
        assert settled(ours, "V(D)") == pytest.approx(settled(theirs, "V(D)"), rel=1e-9)
    assert "altermod dmod is = " in str(results[1].provenance["netlist"])


def test_a_circuit_that_is_held_is_not_read_again(monkeypatch):
    decks = []
    work = pool.WorkerProcess.work

    def spy(self, job, limits):
        decks.append(job.deck)
        return work(self, job, limits)

    monkeypatch.setattr(pool.WorkerProcess, "work", spy)
    list(sweep(DECK, [{"r1": value} for value in (1e3, 2e3, 3e3)]))
    assert decks[0] is not None and decks[1:] == [None, None]


def test_what_cannot_be_altered_is_named():
    with pytest.raises(NetlistError, match="did you mean 'load'"):
        list(sweep(DECK, [{"lod": 1.0}]))
    with pytest.raises(SimulationError, match="r1 is not in all"):
        list(sweep(DECK, [{"load": 1.0}, {"load": 1.0, "r1": 2.0}]))
    with pytest.raises(NetlistError, match="nothing that can be altered"):
        list(sweep(DECK, [{"r1 = 1; shell id": 1.0}]))
    with pytest.raises(SimulationError, match=r"r1.nonsense=1.*no such parameter"):
        list(sweep(DECK, [{"r1.nonsense": 1.0}]))


def test_a_caller_who_has_seen_enough_does_not_wait():
    endless = DECK.replace("20n", "1").replace("V1 in 0 1", "V1 in 0 sin(0 1 1g)")
    results = simulate_many([DECK, DECK, endless, endless, endless], workers=2, time_limit=50.0)
    started = time.monotonic()
    assert next(results).ok
    results.close()
    assert time.monotonic() - started < 20.0


def resident(process: int) -> int:
    """Memory [B] that a process holds (Linux)."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_thousand_runs_in_one_worker_grow_by_less_than_five_megabytes():
    shutdown_workers()
    worker = pool.acquire()
    job, limits = pool.Job(deck=DECK.replace("{load}", "1k") + ".end\n"), Limits(wall_time=10.0)
    for _ in range(100):
        worker.work(job, limits)
    before = resident(worker._process.pid)
    for _ in range(1000):
        answer = worker.work(job, limits)
    grown = resident(worker._process.pid) - before
    worker.kill()
    assert np.isfinite(answer.finished.plots[0]["v(out)"]).all()
    assert grown < 5e6
