"""The networks under netlists/networks: right, of the kind they claim to be, and made by their script."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import cosim
from cosim.network import Network, all_patterns, read_nir, score

FOLDER = Path(cosim.__file__).parent / "netlists" / "networks"
SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "train_networks.py"
SHAPES = {
    "xor_221": (2, 2, 1),
    "majority_321": (3, 2, 1),
    "two_four_two": (2, 4, 2),
    "misfit": (4, 2, 1),
}
FITTING = [name for name in SHAPES if name != "misfit"]


def load(name: str) -> tuple[Network, np.ndarray, np.ndarray]:
    data = np.load(FOLDER / f"{name}.npz")
    return read_nir(FOLDER / f"{name}.nir"), data["spikes"], data["labels"]


def truth(name: str, patterns: np.ndarray) -> np.ndarray:
    bits = patterns.astype(int)
    if name == "xor_221":
        return (bits.sum(axis=1) == 1).astype(int)
    if name == "majority_321":
        return (bits.sum(axis=1) > 1).astype(int)
    if name == "two_four_two":  # sum and carry
        total = bits.sum(axis=1)
        return np.stack([total % 2, total // 2], axis=1)
    return (bits @ [4, 3, 2, 1] > 5).astype(int)


@pytest.mark.parametrize("name", SHAPES)
def test_labels_are_the_function_and_the_network_computes_it(name: str) -> None:
    network, spikes, labels = load(name)
    assert network.shape == SHAPES[name] and network.name == name and not network.notes
    np.testing.assert_array_equal(spikes[:, 0], all_patterns(network.inputs))
    np.testing.assert_array_equal(spikes, np.broadcast_to(spikes[:, :1], spikes.shape))
    np.testing.assert_array_equal(labels, truth(name, spikes[:, 0]))
    assert score(network.run(spikes).counts, labels).correct.all()


@pytest.mark.parametrize("name", FITTING)
def test_what_single_flux_quantum_hardware_asks_for(name: str) -> None:
    network, spikes, _ = load(name)
    assert network.is_memoryless
    result = network.run(spikes)
    signals = [result.inputs, *result.layer_spikes]
    for index, layer in enumerate(network.layers):
        assert set(np.unique(layer.weight)) <= {-1.0, 0.0, 1.0}
        assert set(layer.threshold) <= {0.5, 1.5} and not layer.bias.any()
        fired = signals[index + 1]
        assert fired.any(axis=(0, 1)).all(), "a neuron that never fires"
        inhibited = signals[index] @ (layer.weight < 0).T.astype(int) > 0
        assert not (inhibited & (fired > 0)).any(), "inhibition is a veto"


def test_misfit_does_not_fit() -> None:
    network, _, _ = load("misfit")
    assert not network.is_memoryless and any(layer.bias.any() for layer in network.layers)
    sizes = np.abs(network.layers[0].weight)  # no common step: no row is a multiple of small integers
    for row in sizes:
        ratios = row / row.max()
        assert np.abs(ratios * 3 - np.round(ratios * 3)).max() > 0.05


@pytest.mark.slow
def test_training_gives_the_shipped_networks(tmp_path: Path) -> None:
    specification = importlib.util.spec_from_file_location("train_networks", SCRIPT)
    if specification is None or specification.loader is None or not SCRIPT.exists():
        pytest.skip("the training script is not part of an installed package")
    script = importlib.util.module_from_spec(specification)
    import sys

    sys.modules["train_networks"] = script  # dataclasses look their module up
    specification.loader.exec_module(script)
    for task in script.TASKS:
        script.make(task, tmp_path)
        made, shipped = read_nir(tmp_path / f"{task.name}.nir"), read_nir(FOLDER / f"{task.name}.nir")
        for a, b in zip(made.layers, shipped.layers, strict=True):
            np.testing.assert_allclose(a.weight, b.weight, rtol=1e-3)
