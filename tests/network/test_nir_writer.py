"""What is written is what is read, here and by the standard's own reader."""

from __future__ import annotations

from pathlib import Path

import nir
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from network.strategies import networks

from cosim.errors import NetworkError
from cosim.network import Layer, Network, read_nir, to_nir, write_nir

ARRAYS = ("weight", "bias", "membrane_decay", "membrane_gain", "leak_value", "reset_value", "threshold")


def assert_same(one: Network, other: Network, tolerance: float) -> None:
    assert (one.shape, one.time_step, one.name) == (other.shape, other.time_step, other.name)
    assert (one.reset_rule, one.precision) == (other.reset_rule, other.precision)
    for a, b in zip(one.layers, other.layers, strict=True):
        assert (a.name, a.model) == (b.name, b.model)
        for label in ARRAYS:
            np.testing.assert_allclose(getattr(a, label), getattr(b, label), rtol=tolerance, atol=tolerance)
        assert (a.synaptic_decay is None) == (b.synaptic_decay is None)
        if a.synaptic_decay is not None and b.synaptic_decay is not None:
            np.testing.assert_allclose(a.synaptic_decay, b.synaptic_decay, rtol=tolerance, atol=tolerance)
            np.testing.assert_allclose(a.synaptic_gain, b.synaptic_gain, rtol=tolerance, atol=tolerance)


@given(network=networks(), single=st.booleans(), seed=st.integers(0, 2**32 - 1))
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory, network: Network, single: bool, seed: int
) -> None:
    path = tmp_path_factory.mktemp("trip") / "net.nir"
    network = Network(
        layers=network.layers,
        inputs=network.inputs,
        time_step=1e-4,
        reset_rule=network.reset_rule,
        precision="single" if single else "double",
        name="trip",
    )
    write_nir(network, path)
    again = read_nir(path)
    assert not again.notes
    assert_same(network, again, 1e-6 if single else 1e-12)
    if not single:
        spikes = np.random.default_rng(seed).integers(0, 2, (2, 20, network.inputs))
        np.testing.assert_array_equal(network.run(spikes).output, again.run(spikes).output)


def test_the_standard_reads_what_is_written(tmp_path: Path) -> None:
    layer = Layer(
        name="n", weight=np.ones((2, 3)), membrane_decay=np.array([0.0, 0.8]), threshold=np.ones(())
    )
    network = Network(layers=(layer,), inputs=3, time_step=1e-4, name="small")
    write_nir(network, tmp_path / "net.nir")
    graph = nir.read(tmp_path / "net.nir")
    assert set(graph.nodes) == {"input", "n_weight", "n", "output"} and graph.check_types()
    np.testing.assert_allclose(graph.nodes["n"].tau, [1e-4, 5e-4])
    np.testing.assert_allclose(graph.nodes["n"].r, [1.0, 5.0])
    assert float(graph.metadata["time_step"]) == 1e-4
    assert [path.name for path in tmp_path.iterdir()] == ["net.nir"]


def test_a_decay_of_one_and_any_gain(tmp_path: Path) -> None:
    layer = Layer(
        name="n", weight=np.ones((1, 1)), membrane_decay=np.ones(()), membrane_gain=np.array(0.3),
        threshold=np.ones(()),
    )  # fmt: skip
    network = Network(layers=(layer,), inputs=1, time_step=1e-4)
    write_nir(network, tmp_path / "net.nir")
    assert_same(network, read_nir(tmp_path / "net.nir"), 1e-12)


def test_what_cannot_be_written(tmp_path: Path) -> None:
    layer = Layer(name="n", weight=np.ones((1, 1)), membrane_decay=np.zeros(()), threshold=np.ones(()))
    with pytest.raises(NetworkError, match="give the network a time_step"):
        to_nir(Network(layers=(layer,), inputs=1))
    with pytest.raises(NetworkError, match="cannot name a node"):
        to_nir(Network(layers=(layer, layer), inputs=1, time_step=1e-4))
    with pytest.raises(NetworkError, match="cannot write"):
        write_nir(Network(layers=(layer,), inputs=1, time_step=1e-4), tmp_path / "absent" / "net.nir")
    (tmp_path / "folder.nir").mkdir()
    with pytest.raises(NetworkError, match="cannot write"):
        write_nir(Network(layers=(layer,), inputs=1, time_step=1e-4), tmp_path / "folder.nir")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.nir"]
