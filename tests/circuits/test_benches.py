"""Every cell does what its bench says, in our engine and in ngspice, within the documented margins."""

from __future__ import annotations

import itertools
import json
from functools import cache
from importlib.resources import files

import numpy as np
import pytest

from cosim.circuits import Parasitics, Signature, TunedParameters, available, design
from cosim.circuits.bench import (
    PERIOD,
    START,
    Bench,
    gated_bench,
    line_bench,
    merger_bench,
    neuron_bench,
    source_bench,
    splitter_bench,
    strength_deck,
    transitions,
    tuned_bench,
)
from cosim.josephson import simulate, simulate_batch
from cosim.netlist import flatten, parse_file
from cosim.spice import available as ngspice_available

CELLS = {
    "source": source_bench,
    "jtl": line_bench,
    "stage": lambda parasitics=None: line_bench(parasitics, single=True),
    "splitter": splitter_bench,
    "merger": merger_bench,
    "gated_on": gated_bench,
    "gated_off": lambda parasitics=None: gated_bench(parasitics=parasitics, on=False),
    "tuned_strong": tuned_bench,
    "tuned_weak": lambda parasitics=None: tuned_bench(parasitics=parasitics, strong=False),
}
SIGNATURES = available()
#: Step [s] with which margins are documented, and what a documented end may be short of itself.
STEP = 0.25e-12
SLACK = 0.004


@cache
def bench_of(name: str) -> Bench:
    if name in CELLS:
        return CELLS[name]()
    return neuron_bench(design(Signature(*(int(n) for n in name.split("_")))))


def documented(name: str) -> dict[str, tuple[float, float]]:
    if name in CELLS:
        text = files("cosim.circuits").joinpath("designs", "cells.json").read_text(encoding="utf-8")
        return {key: tuple(ends) for key, ends in json.loads(text)[name].items()}
    return dict(design(Signature(*(int(n) for n in name.split("_")))).margins)


NAMES = (*CELLS, *(signature.label for signature in SIGNATURES))


def wrong(bench: Bench, counts) -> list[str]:
    """What disagrees; `counts(junction)` gives slips (windows,)."""
    return [
        f"{junction}: {list(counts(junction))} for {list(expected)}"
        for junction, expected in bench.expected.items()
        if tuple(counts(junction)) != tuple(expected)
    ]


@pytest.mark.parametrize("states", [2, 4, 6, 9])
def test_transitions_hold_every_ordered_pair_once(states: int) -> None:
    sequence = transitions(states)
    pairs = list(itertools.pairwise(sequence))
    assert len(pairs) == len(set(pairs)) == states**2


@pytest.mark.parametrize("name", NAMES)
def test_bench_passes(name: str) -> None:
    bench = bench_of(name)
    batch = simulate_batch([flatten(bench.deck)], threads=1)
    edges = np.array(bench.edges)
    assert wrong(bench, lambda junction: batch.counts(junction, edges)[0]) == []


@pytest.mark.parametrize("name", NAMES)
def test_documented_margins_hold(name: str) -> None:
    """Each documented end, and half the way to it, for every parameter, in one batch."""
    bench = bench_of(name)
    nominal = {p.name.lower(): p.expression for p in bench.deck.parameters}
    cases = []
    for parameter, ends in documented(name).items():
        for end in ends:
            reach = np.sign(end) * max(abs(end) - SLACK, 0.0)
            value = nominal[parameter].value  # type: ignore[union-attr]
            cases += [{parameter: value * (1.0 + part * reach)} for part in (0.5, 1.0)]
    batch = simulate_batch([flatten(bench.deck, case) for case in cases], step=STEP, threads=1)
    edges = np.array(bench.edges)
    failures = {}
    for junction, expected in bench.expected.items():
        counts = batch.counts(junction, edges)
        for k in np.flatnonzero((counts != np.array(expected)).any(axis=1)):
            failures.setdefault(str(cases[k]), f"{junction}: {counts[k].tolist()} for {list(expected)}")
    assert failures == {}


@pytest.mark.parametrize("signature", SIGNATURES, ids=lambda s: s.label)
def test_no_neuron_of_the_library_has_a_critical_margin_below_12_percent(signature: Signature) -> None:
    assert design(signature).critical_margin >= 0.12


@pytest.mark.parametrize("name", NAMES)
def test_committed_deck_is_what_the_generators_write(name: str) -> None:
    bench = bench_of(name)
    if name in ("gated_off", "tuned_weak"):
        pytest.skip("one deck stands for both strengths")
    path = files("cosim.netlists").joinpath("cells", f"{bench.name}.cir")
    assert flatten(parse_file(str(path))).elements == flatten(bench.deck).elements, (
        "run `python scripts/design_cells.py decks`"
    )


def one_deck_each():
    """Names with a deck of their own; neurons of three inputs and more take ngspice a while."""
    for name in NAMES:
        if name not in ("gated_off", "tuned_weak"):
            many = name not in CELLS and sum(int(n) for n in name.split("_")[:2]) > 2
            yield pytest.param(name, marks=[pytest.mark.slow] if many else [])


@pytest.mark.skipif(ngspice_available() is None, reason="ngspice is not installed")
@pytest.mark.parametrize("name", list(one_deck_each()))
def test_ngspice_gives_the_same_pulses(name: str) -> None:
    """Counts equal, arrivals within 0.5 ps, at every watched junction."""
    from cosim.spice import simulate as simulate_ngspice

    bench = bench_of(name)
    ours = simulate(flatten(bench.deck))
    theirs = simulate_ngspice(bench.deck, maximum_step=0.1e-12, phases=tuple(bench.expected))
    for junction in bench.expected:
        mine, other = (result.pulse_times(junction, sign=+1) for result in (ours, theirs))
        assert len(mine) == len(other), junction
        assert np.abs(mine - other).max(initial=0.0) < 0.5e-12, junction


@pytest.mark.parametrize("name", ["source", "jtl", "stage", "splitter", "merger"])
def test_cells_of_lines_work_with_parasitics(name: str) -> None:
    bench = CELLS[name](parasitics=Parasitics())
    cases = [{}, *({factor: scale} for factor in ("sib", "sic") for scale in (0.85, 1.15))]
    batch = simulate_batch([flatten(bench.deck, case) for case in cases], step=STEP, threads=1)
    for junction, expected in bench.expected.items():
        assert (batch.counts(junction, np.array(bench.edges)) == np.array(expected)).all(), junction


@pytest.mark.parametrize("signature", SIGNATURES, ids=lambda s: s.label)
def test_documented_latency(signature: Signature) -> None:
    """The spike comes when the library says, give or take what the slots before it leave behind."""
    found = design(signature)
    bench = neuron_bench(found)
    result = simulate(flatten(bench.deck))
    fires = np.flatnonzero(bench.expected["BT|XN"])
    first = int(fires[0]) - 1
    window = (START + first * PERIOD, START + (first + 1) * PERIOD)

    def at(junction: str) -> list[float]:
        times = result.pulse_times(junction, sign=+1)
        return [float(t) for t in times if window[0] <= t < window[1]]

    drivers = [at(f"BD|XS{k}|XN") for k in range(1, signature.excitatory + 1)]
    arrival = max(times[0] for times in drivers if times)
    pulses = sum(bool(times) for times in drivers)
    wanted = found.timing.latency if pulses == signature.threshold else found.timing.latency_all
    assert at("BO2|XN")[0] - arrival == pytest.approx(wanted, abs=0.6e-12)


def test_strength_of_the_tuned_synapse_grows_with_its_current() -> None:
    text = files("cosim.circuits").joinpath("designs", "tuned.json").read_text(encoding="utf-8")
    curve = json.loads(text)
    strength = np.array(curve["strength"])
    assert np.all(np.diff(strength) > -0.005)
    assert strength[0] < 0.05
    assert strength[-1] > 0.95


def test_the_documented_strength_is_that_of_the_circuit() -> None:
    """The soma fires 2 µA above the documented threshold current and does not 2 µA below."""
    text = files("cosim.circuits").joinpath("designs", "tuned.json").read_text(encoding="utf-8")
    curve = json.loads(text)
    deck = strength_deck(TunedParameters())
    points = list(zip(curve["control_current"], curve["threshold_current"], strict=True))[::4]
    cases = [{"iw": w, "ith": ith + off} for w, ith in points for off in (-2e-6, 2e-6)]
    batch = simulate_batch([flatten(deck, case) for case in cases], step=STEP, threads=1)
    fired = batch.counts("BT|XN", np.array([0.0, START + PERIOD]))[:, 0] > 0
    assert fired.tolist() == [False, True] * len(points)
