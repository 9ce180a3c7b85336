"""Variants side by side give what single runs give."""

from __future__ import annotations

import numpy as np
import pytest
from josephson.decks import circuit, transmission_line

from cosim.errors import SimulationError
from cosim.josephson import Topology, Values, default_step, simulate, simulate_batch
from cosim.netlist import flatten, parse
from cosim.netlist.circuit import Circuit

DECK = ".param ic=1\n" + transmission_line(6, stop="60p").replace("area=2.5", "area={2.5*ic}")
MODEL = ".model jj1 jj(rtype=1, vg=2.8m, cap=0.07p, r0=160, rn=16, icrit=0.1m)\n"


def variants(factors: np.ndarray) -> list[Circuit]:
    deck = parse(MODEL + DECK)
    return [flatten(deck, {"IC": float(f)}) for f in factors]


FACTORS = np.linspace(0.8, 1.3, 21)


@pytest.mark.parametrize("method", ["ark3", "ark4"])
def test_batch_equals_single_runs(method: str) -> None:
    circuits = variants(FACTORS)
    step = 0.15e-12
    batch = simulate_batch(circuits, step=step, method=method, threads=1)
    assert not batch.failed.any()
    for k in (0, 7, 15, 16, 20):
        single = simulate(circuits[k], step=step, method=method).pulses
        mine = batch.pulses(k)
        assert np.array_equal(mine.element, single.element) and np.array_equal(mine.sign, single.sign)
        assert np.max(np.abs(mine.time - single.time)) < 1e-12 * 60e-12


def test_neighbours_and_threads_do_not_matter() -> None:
    circuits = variants(FACTORS)
    whole = simulate_batch(circuits, step=0.15e-12, threads=2)
    backwards = simulate_batch(circuits[::-1], step=0.15e-12, threads=1)
    for k in range(len(circuits)):
        assert np.array_equal(whole.pulses(k).time, backwards.pulses(len(circuits) - 1 - k).time)


def test_values_in_place_of_circuits() -> None:
    base = circuit(transmission_line(6, stop="60p"))
    topology = Topology.of(base)
    values = Values.of([base], [topology]).repeated(3)
    values.inductance[1] *= 1.2
    values.resistance[2, topology.resistors.names.index("R3")] *= 0.7
    batch = simulate_batch(base, values=values, step=0.15e-12, threads=1)
    nominal = simulate(base, step=0.15e-12, method="ark3").pulses
    assert np.max(np.abs(batch.pulses(0).time - nominal.time)) < 1e-22
    text = transmission_line(6, stop="60p").replace("R3 3 r3 2.744", f"R3 3 r3 {2.744 * 0.7!r}")
    changed = simulate(circuit(text), step=0.15e-12, method="ark3").pulses
    assert np.max(np.abs(batch.pulses(2).time - changed.time)) < 1e-22
    assert np.max(np.abs(batch.pulses(1).time - nominal.time)) > 1e-14


def test_scaled_sources() -> None:
    base = circuit(transmission_line(6, stop="60p"))
    scale = np.ones((2, 7))
    scale[1, 1:] = 0.9
    batch = simulate_batch(
        base, values=Values.of([base], [Topology.of(base)]).repeated(2), source_scale=scale, step=0.15e-12
    )
    weaker = circuit(transmission_line(6, stop="60p").replace("175u", f"{175e-6 * 0.9!r}"))
    expected = simulate(weaker, step=0.15e-12, method="ark3").pulses.time
    assert np.max(np.abs(batch.pulses(1).time - expected)) < 1e-22


def test_counts_in_windows() -> None:
    base = circuit(transmission_line(6, stop="60p"))
    batch = simulate_batch(base, threads=1)
    table = batch.counts("b6", np.array([0.0, 20e-12, 40e-12, 60e-12]))
    assert table.tolist() == [[0, 1, 0]]
    with pytest.raises(SimulationError, match="did you mean 'B6'"):
        batch.index("B66")


def test_a_lane_that_fails_leaves_the_others_alone() -> None:
    circuits = variants(FACTORS)
    topologies = [Topology.of(c) for c in circuits]
    values = Values.of(circuits, topologies)
    good = simulate_batch(circuits, values=values, step=0.15e-12, threads=1)
    values.critical_current[3] = np.nan
    bad = simulate_batch(circuits, values=values, step=0.15e-12, threads=1)
    assert np.flatnonzero(bad.failed).tolist() == [3]
    for k in range(len(circuits)):
        if k != 3:
            assert np.array_equal(good.pulses(k).time, bad.pulses(k).time)


def test_a_lane_that_fails_does_not_set_the_default_step() -> None:
    base = circuit(transmission_line(3, stop="40p"))
    values = Values.of([base], [Topology.of(base)]).repeated(2)
    values.critical_current[1] = np.nan
    assert default_step(values) == default_step(values.rows(slice(0, 1)))


def test_variants_of_another_topology_are_refused() -> None:
    circuits = [*variants(FACTORS[:2]), circuit(transmission_line(5, stop="60p"))]
    with pytest.raises(SimulationError, match="variant 2 of the batch has another topology"):
        simulate_batch(circuits)


def test_default_step_resolves_the_fastest_junction() -> None:
    base = circuit("B1 1 0 jj1\nR1 1 0 5\nI1 0 1 pwl(0 0 1p 1u)\n.tran 1p 10p\n")
    plasma = np.sqrt(2 * np.pi * 1e-4 / (2.067833848e-15 * 0.07e-12))
    assert default_step(Values.of([base], [Topology.of(base)])) == pytest.approx(0.35 / plasma, rel=1e-6)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interrupt_is_heard(threads: int) -> None:
    base = circuit(transmission_line(6, stop="60p"))

    def stop_now(done: int) -> None:
        raise KeyboardInterrupt

    values = Values.of([base], [Topology.of(base)]).repeated(48)
    with pytest.raises(KeyboardInterrupt):
        simulate_batch(base, values=values, threads=threads, progress=stop_now)


def test_progress_counts_variants() -> None:
    base = circuit(transmission_line(3, stop="40p"))
    done: list[int] = []
    simulate_batch(base, values=Values.of([base], [Topology.of(base)]).repeated(20), progress=done.append)
    assert sum(done) == 20


def test_steps_too_long_are_said_so_of_single_runs_and_of_variants() -> None:
    circuits = variants(FACTORS[:3])
    assert simulate(circuits[0], step=0.15e-12, method="ark3").status == "completed"
    coarse = simulate(circuits[0], step=1e-12, method="ark3")
    assert coarse.status == "inaccurate" and "equal steps are too long" in coarse.message
    assert simulate_batch(circuits, step=1e-12, threads=1).inaccurate.all()
    assert not simulate_batch(circuits, threads=1).inaccurate.any()
    values = Values.of(circuits, [Topology.of(c) for c in circuits])
    # A lane ten times faster than the others: it alone is not followed.
    values.critical_current[1] *= 10.0
    marked = simulate_batch(circuits, values=values, step=0.2e-12, threads=1).inaccurate
    assert marked.tolist() == [False, True, False]
