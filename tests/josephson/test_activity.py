"""Quiet parts of a circuit sleep, and nothing of it shows; memory stays in bounds."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from josephson.decks import circuit, transmission_line
from shared_data import REPOSITORY

from cosim.constants import FLUX_QUANTUM
from cosim.errors import SimulationError
from cosim.josephson import simulate


def test_a_pulse_runs_through_sleeping_parts() -> None:
    """A long line with one pulse: the same slips at the same times, with a part of the work."""
    line = circuit(transmission_line(600, stop="300p"))
    sleeping = simulate(line)
    awake = simulate(line, quiet=0.0)
    assert float(sleeping.stats["awake"]) < 0.5 < float(awake.stats["awake"])
    a, b = sleeping.pulses, awake.pulses
    order, other = (np.lexsort((p.time, p.element)) for p in (a, b))
    assert np.array_equal(a.element[order], b.element[other])
    assert np.array_equal(a.sign[order], b.sign[other])
    assert len(np.unique(a.element)) > 60
    assert np.max(np.abs(a.time[order] - b.time[other])) < 1e-18


@pytest.mark.parametrize("settings", [{"quiet": 1e-6}, {"quiet": 1e-6, "step": 0.15e-12, "method": "ark3"}])
def test_sources_wake_what_sleeps(settings: dict[str, object]) -> None:
    """A second pulse, from the other end, long after all has come to rest."""
    deck = transmission_line(250, stop="400p").replace(
        ".tran", "I2 0 250 pwl(0 0 200p 0 202p 400u 204p 400u 206p 0)\n.tran"
    )
    line = circuit(deck)
    found = simulate(line, **settings).pulse_times("B250", sign=None)  # type: ignore[arg-type]
    expected = simulate(line, **{**settings, "quiet": 0.0}).pulse_times("B250", sign=None)  # type: ignore[arg-type]
    assert len(expected) == 1
    assert np.max(np.abs(found - expected)) < 1e-17


def test_flux_is_quantised_in_a_loop_that_slept() -> None:
    """One quantum in the storage loop at the end of a line, to rounding, after a long rest."""
    deck = transmission_line(220, stop="1n") + " i(LS)"
    deck = deck.replace(".tran", "LS 220 s 30p\nBS s 0 jj1 area=3\nRS s 0 2.3\n.tran").replace(
        "i(LS)", "i(LS) p(BS) p(220)"
    )
    result = simulate(circuit(deck), stop=1.5e-9)
    assert float(result.stats["awake"]) < 0.9
    drop = result["P(220)"] - result["P(BS)"]
    assert (
        np.max(np.abs(30e-12 * result["I(LS)"] - FLUX_QUANTUM * drop / (2.0 * np.pi))) < 1e-12 * FLUX_QUANTUM
    )


def test_quiet_must_be_a_movement() -> None:
    with pytest.raises(SimulationError, match="quiet must be zero or positive"):
        simulate(circuit(transmission_line(2)), quiet=-1.0)


@pytest.mark.slow
def test_ten_thousand_junctions_in_a_gigabyte() -> None:
    """Peak memory of a process that reads and runs a line of 10,000 junctions with parasitics."""
    program = (
        f"import sys; sys.path.insert(0, {str(REPOSITORY / 'scripts' / 'bench')!r})\n"
        "from peak_memory import peak_memory\n"
        # That folder holds a `josephson` of its own.
        f"sys.path[0] = {str(REPOSITORY / 'tests')!r}\n"
        "from josephson.decks import circuit, transmission_line\n"
        "from cosim.josephson import simulate\n"
        "deck = transmission_line(10000, stop='40p').rsplit('.print', 1)[0]\n"
        "result = simulate(circuit(deck))\n"
        "assert result.stats['junctions'] == 10000 and result.status == 'completed'\n"
        "print(peak_memory())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 1e9
