"""The whole path on small networks, without the long stages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from mapping_networks import network, xor

from cosim import spice
from cosim.circuits import design
from cosim.cli import main
from cosim.errors import MappingError, ResultFileError
from cosim.evaluation import (
    Evaluation,
    Options,
    evaluate,
    margin_parameters,
    spike_table,
    summary,
    write_evaluation,
)
from cosim.network import read_nir
from cosim.results import read_file

NETWORKS = Path(__file__).resolve().parents[2] / "netlists" / "networks"
QUICK = Options(margins=False, yield_samples=0, throughput=False)


@pytest.fixture(scope="module")
def evaluated() -> Evaluation:
    return evaluate(xor(), options=QUICK)


def test_every_level_classifies_every_pattern(evaluated: Evaluation) -> None:
    levels = {"ideal", "twin", "josephson"} | ({"ngspice"} if spice.available() else set())
    assert set(evaluated.levels) == levels
    assert evaluated.right
    for name, score in evaluated.scores.items():
        assert score.accuracy == 1.0, name
        assert len(score.correct) == 17
    for level in evaluated.levels.values():
        assert np.array_equal(level.counts, evaluated.levels["ideal"].counts)


def test_levels_agree_in_time(evaluated: Evaluation) -> None:
    by_pair = {a.levels: a for a in evaluated.agreements}
    assert by_pair["twin", "josephson"].largest < 1.5e-12
    if ("josephson", "ngspice") in by_pair:
        assert by_pair["josephson", "ngspice"].largest < 0.05e-12


def test_energy_and_latency_by_hand(evaluated: Evaluation) -> None:
    energy = evaluated.energy
    # Slots without a pulse cost bias alone; every other slip is counted at its critical current.
    silent = ~evaluated.bench.patterns.any(axis=1)
    assert np.all(energy.dynamic_per_window[silent] == 0.0)
    assert np.all(energy.dynamic_per_window[~silent] > 1e-18)
    assert energy.static_power == pytest.approx(2.6e-3 * evaluated.inventory.bias_current)
    # From the input's line to the output's sink: more than the neurons alone, less than a slot.
    slowest = sum(design(n.design.signature).timing.latency for n in evaluated.design.neurons[1:] if n.design)
    assert slowest < evaluated.latency.worst < 100e-12


def test_the_file_opens_in_xarray_with_named_dimensions(evaluated: Evaluation, tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    path = tmp_path / "xor.h5"
    write_evaluation(path, evaluated, command="test")
    patterns = xarray.open_dataset(path, group="patterns", engine="h5netcdf")
    assert patterns["spikes_josephson"].dims == ("slot", "neuron")
    assert patterns["arrival_josephson"].attrs["units"] == "s"
    assert patterns["pattern"].shape == (17, 2)
    root = read_file(path)
    assert root.attributes["right"] == 1
    assert "NEURON_1_1_1" in str(root.attributes["netlist"])


def test_a_folder_that_is_not_there_leaves_nothing(evaluated: Evaluation, tmp_path: Path) -> None:
    with pytest.raises(ResultFileError):
        write_evaluation(tmp_path / "nowhere" / "xor.h5", evaluated)
    assert list(tmp_path.iterdir()) == []


def test_the_summary_says_what_a_person_asks_for(evaluated: Evaluation) -> None:
    text = summary(evaluated)
    for words in (
        "4 of 4 patterns right",
        "all 16 ordered transitions",
        "11→0",
        "latency",
        "W/W",
        "margins were left out",
    ):
        assert words in text


def test_without_ngspice_the_job_runs_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spice, "available", lambda: None)
    alone = evaluate(xor(), options=QUICK)
    assert "ngspice" not in alone.levels
    assert alone.right
    assert any("no cross-check in ngspice" in text for text in alone.missing)


@pytest.mark.parametrize("name", ["majority_321", "two_four_two"])
def test_other_networks_run_without_a_change(name: str) -> None:
    with np.load(NETWORKS / f"{name}.npz") as data:
        spikes, labels = data["spikes"], data["labels"]
    options = Options(margins=False, yield_samples=0, throughput=False, ngspice=False)
    result = evaluate(read_nir(NETWORKS / f"{name}.nir"), spikes=spikes, labels=labels, options=options)
    assert result.right
    assert result.stimulus.labels_from == "data"
    for agreement in result.agreements:
        assert agreement.equal, agreement


def test_weights_that_do_not_fit_stop_with_a_clear_report() -> None:
    with pytest.raises(MappingError, match=r"misfit: .* decide as trained in N0_1"):
        evaluate(read_nir(NETWORKS / "misfit.nir"), options=QUICK)


def test_tuned_neurons_are_evaluated_without_a_twin() -> None:
    votes = evaluate(network(([[2.0, 1.0]], [1.5]), name="votes"), options=QUICK)
    assert votes.right
    tuned = evaluate(network(([[2.0, 1.0, 1.0]], [1.5]), name="votes"), options=QUICK)
    assert tuned.right
    assert "twin" not in tuned.levels
    assert any("no behavioural twin" in text for text in tuned.missing)


def test_margins_watch_every_built_neuron_and_its_threshold(evaluated: Evaluation) -> None:
    watched = spike_table(evaluated.design, evaluated.bench, evaluated.stimulus)
    assert watched.expected.shape == (2 + 3 + 1, 17)
    assert watched.labels[1] == "00→00"
    labels = [group.label for group in margin_parameters(evaluated.design)]
    assert labels[:6] == [
        "bias",
        "critical current",
        "inductance",
        "resistance",
        "coupling",
        "threshold bias",
    ]
    assert labels[6:] == [f"threshold {n.name}" for n in evaluated.design.neurons]


@pytest.mark.slow
def test_the_margins_of_the_shipped_network_do_not_shrink() -> None:
    """The figures that the first release promises, over all ordered transitions."""
    result = evaluate(read_nir(NETWORKS / "xor_221.nir"), options=Options(throughput=False, ngspice=False))
    assert result.margins is not None
    promised = {
        "bias": (-0.228, 0.234),
        "critical current": (-0.203, 0.262),
        "inductance": (-0.40, 0.40),
        "resistance": (-0.40, 0.40),
        "coupling": (-0.40, 0.40),
    }
    for label, (low, high) in promised.items():
        got_low, got_high = result.margins[label].margins
        assert got_low <= low, label
        assert got_high >= high, label
    assert result.yield_estimate is not None
    assert result.yield_estimate.passed >= 190


def test_the_command_shows_what_does_not_fit_before_it_refuses(tmp_path: Path) -> None:
    answer = CliRunner().invoke(
        main, ["evaluate", str(NETWORKS / "misfit.nir"), "-o", str(tmp_path / "x.h5")]
    )
    assert answer.exit_code == 1
    assert "weights are not represented exactly" in answer.stdout
    assert "decide as trained in N0_1" in answer.stderr
    assert list(tmp_path.iterdir()) == []
