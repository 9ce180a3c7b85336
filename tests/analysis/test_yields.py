"""Monte Carlo: the draw, its independence of batches, and the intervals."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from analysis.decks import line_criterion, line_deck, veto_deck
from scipy.stats import beta, norm

from cosim.analysis import (
    ElementGroup,
    Spread,
    Subject,
    binomial_interval,
    draw,
    estimate_yield,
    independent_spreads,
)
from cosim.errors import CosimError
from cosim.josephson import simulate
from cosim.netlist import flatten
from cosim.netlist.circuit import CurrentSource, Inductor, Junction, Resistor
from cosim.netlist.waveforms import PiecewiseLinear


@pytest.fixture(scope="module")
def estimate():
    circuit = flatten(line_deck())
    return estimate_yield(circuit, line_criterion(), independent_spreads(circuit, 0.2), samples=60, seed=3)


def test_the_estimate_is_neither_all_nor_nothing(estimate) -> None:
    assert 0 < estimate.passed < estimate.samples == 60
    assert len(estimate.failures) == estimate.samples - estimate.passed
    low, high = estimate.interval
    assert 0.0 <= low < estimate.value < high <= 1.0
    assert estimate.text().startswith(f"yield {100 * estimate.value:.1f} %")


@pytest.mark.parametrize(("batch", "threads"), [(7, 1), (16, 2), (60, 1)])
def test_the_result_depends_on_neither_batch_nor_threads(estimate, batch: int, threads: int) -> None:
    circuit = flatten(line_deck())
    spreads = independent_spreads(circuit, 0.2)
    again = estimate_yield(
        circuit, line_criterion(), spreads, samples=60, seed=3, batch=batch, threads=threads
    )
    assert again.failures == estimate.failures and again.passed == estimate.passed


def test_parts_make_the_whole(estimate) -> None:
    circuit = flatten(line_deck())
    spreads = independent_spreads(circuit, 0.2)
    parts = [
        estimate_yield(circuit, line_criterion(), spreads, samples=n, first_sample=first, seed=3)
        for first, n in ((0, 23), (23, 37))
    ]
    assert parts[0].failures + parts[1].failures == estimate.failures


def test_samples_fail_or_pass_when_run_one_by_one(estimate) -> None:
    """The sample is rebuilt here as a circuit of its own and run at default accuracy."""
    subject = Subject.of(flatten(line_deck()))
    spreads = independent_spreads(subject, 0.2)
    failing = {sample for sample, _ in estimate.failures}
    chosen = sorted(failing)[:6] + [k for k in range(60) if k not in failing][:6]
    values, sources = draw(subject, spreads, chosen, 3)
    disagree = 0
    for row, sample in enumerate(chosen):
        circuit = rebuilt(subject, values, sources, row)
        run = simulate(circuit)
        criterion = line_criterion()
        right = all(
            np.array_equal(np.histogram(run.pulse_times(j, None), criterion.edges)[0], expected)
            for j, expected in zip(criterion.junctions, criterion.expected, strict=True)
        )
        disagree += right == (sample in failing)
    assert disagree == 0


def rebuilt(subject: Subject, values, sources, row: int):
    """A flat circuit with the numbers of one sample."""
    topology = subject.topology
    resistance = dict(zip(topology.resistors.names, values.resistance[row], strict=True))
    inductance = dict(zip(topology.inductors.names, values.inductance[row], strict=True))
    critical = dict(zip(topology.junctions.names, values.critical_current[row], strict=True))
    level = dict(zip(topology.current_sources.names, sources[row], strict=True))
    elements = []
    for e in subject.circuit.elements:
        if isinstance(e, Resistor):
            e = replace(e, resistance=resistance[e.name])
        elif isinstance(e, Inductor):
            e = replace(e, inductance=inductance[e.name])
        elif isinstance(e, Junction):
            e = replace(e, area=critical[e.name] / e.model.critical_current)
        elif isinstance(e, CurrentSource):
            waveform = e.waveform
            assert isinstance(waveform, PiecewiseLinear)
            scaled = tuple(v * level[e.name] for v in waveform.values)
            e = replace(e, waveform=PiecewiseLinear(waveform.times, scaled))
        elements.append(e)
    return replace(subject.circuit, elements=tuple(elements))


def test_local_and_common_spreads_have_their_deviation() -> None:
    subject = Subject.of(flatten(line_deck()))
    group = ElementGroup(label="inductance", kind="inductance")
    nominal = subject.values.inductance[0]
    local, _ = draw(subject, [Spread(group=group, local=0.05)], range(2000), 1)
    factor = local.inductance / nominal
    assert factor.std() == pytest.approx(0.05, rel=0.03) and factor.mean() == pytest.approx(1.0, abs=0.002)
    between = np.corrcoef(factor.T)[~np.eye(len(nominal), dtype=bool)]
    assert np.max(np.abs(between)) < 0.1
    common, _ = draw(subject, [Spread(group=group, common=0.05)], range(2000), 1)
    factor = common.inductance / nominal
    assert np.ptp(factor, axis=1).max() < 1e-12  # one factor a chip
    assert factor[:, 0].std() == pytest.approx(0.05, rel=0.05)
    assert np.array_equal(common.resistance, np.repeat(subject.values.resistance, 2000, axis=0))


def test_the_area_of_a_junction_takes_all_that_grows_with_it_and_bias_leaves_inputs_alone() -> None:
    subject = Subject.of(flatten(line_deck()))
    values, sources = draw(subject, independent_spreads(subject, 0.1), range(5), 0)
    nominal = subject.values
    ratio = values.critical_current / nominal.critical_current
    for name in ("junction_capacitance", "subgap_conductance", "normal_conductance", "gap_conductance"):
        assert np.allclose(getattr(values, name) / getattr(nominal, name), ratio, rtol=1e-12)
    names = subject.topology.current_sources.names
    assert np.all(sources[:, names.index("IIN")] == 1.0)
    assert np.all(sources[:, [n != "IIN" for n in names]] != 1.0)


def test_couplings_stay_physical() -> None:
    subject = Subject.of(flatten(veto_deck()))
    group = ElementGroup(label="coupling", kind="coupling")
    values, _ = draw(subject, [Spread(group=group, local=0.9)], range(200), 0)
    assert np.all(np.abs(values.coupling) < 1.0) and np.ptp(values.coupling) > 0.5


@pytest.mark.parametrize(("passed", "samples"), [(0, 20), (13, 20), (200, 200), (151, 200)])
def test_intervals_are_those_of_the_textbook(passed: int, samples: int) -> None:
    low, high = binomial_interval(passed, samples, 0.95, "wilson")
    z, p, n = norm.ppf(0.975), passed / samples, samples
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert low == pytest.approx(max(0.0, centre - half), abs=1e-9)
    assert high == pytest.approx(min(1.0, centre + half), abs=1e-9)
    low, high = binomial_interval(passed, samples, 0.9, "exact")
    assert low == pytest.approx(0.0 if passed == 0 else beta.ppf(0.05, passed, samples - passed + 1))
    assert high == pytest.approx(1.0 if passed == samples else beta.ppf(0.95, passed + 1, samples - passed))


def test_errors_say_what_is_wrong() -> None:
    circuit = flatten(line_deck())
    spreads = independent_spreads(circuit, 0.1)
    with pytest.raises(CosimError, match="at least one sample"):
        estimate_yield(circuit, line_criterion(), spreads, samples=0)
    with pytest.raises(CosimError, match="at least one spread"):
        estimate_yield(circuit, line_criterion(), (), samples=1)
    with pytest.raises(CosimError, match="fractions of nominal"):
        Spread(group=spreads[0].group, local=5.0)
    with pytest.raises(CosimError, match="wilson"):
        binomial_interval(1, 2, 0.95, "wald")


def test_intervals_cover_the_yield_of_a_larger_run() -> None:
    """60 estimates of 50 samples against all 3000: 95 % intervals hold it in 90 % of them or more.

    The estimates scatter as binomial ones do, which they would not if samples depended on each other.
    """
    subject = Subject.of(flatten(line_deck("1")))
    whole = estimate_yield(
        subject, line_criterion("1"), independent_spreads(subject, 0.2), samples=3000, seed=5
    )
    works = np.ones(3000)
    works[[sample for sample, _ in whole.failures]] = 0.0
    passed = works.reshape(60, 50).sum(axis=1).astype(int)
    intervals = [binomial_interval(int(count), 50, 0.95, "wilson") for count in passed]
    assert sum(low <= whole.value <= high for low, high in intervals) >= 54
    scatter = passed.std() / math.sqrt(50 * whole.value * (1.0 - whole.value))
    assert 0.75 < scatter < 1.25
