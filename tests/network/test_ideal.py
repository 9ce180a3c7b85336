"""The ideal run against a neuron written out one number at a time, and the checks of what goes in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from network.strategies import networks

from cosim.errors import NetworkError
from cosim.network import Layer, Network, ResetRule, classify, default_rule, run, score


def single(reset: ResetRule = "zero", **parameters: object) -> Network:
    """One neuron on one input; threshold 1, weight 0.6 and decay 0.5 unless told otherwise."""
    values = {"weight": [[0.6]], "membrane_decay": 0.5, "threshold": 1.0} | parameters
    layer = Layer(name="n", **values)  # type: ignore[arg-type]
    return Network(layers=(layer,), inputs=1, time_step=1e-4, reset_rule=reset)


def membrane(network: Network, spikes: list[int]) -> tuple[list[float], list[int]]:
    result = run(network, np.array(spikes)[None, :, None], record_membrane=True)
    assert result.membranes is not None
    return result.membranes[0][0, :, 0].tolist(), result.output[0, :, 0].tolist()


def test_decay_and_input_of_lif() -> None:
    values, spikes = membrane(single(), [1, 1, 0, 1])
    assert values == pytest.approx([0.6, 0.9, 0.45, 0.825]) and spikes == [0, 0, 0, 0]


def test_a_spike_needs_more_than_the_threshold() -> None:
    assert membrane(single(weight=[[1.0]]), [1])[1] == [0]
    assert membrane(single(weight=[[1.0 + 1e-12]]), [1])[1] == [1]


@pytest.mark.parametrize(
    ("reset", "expected"),
    [
        ("zero", [1.4, 1.4, 0.0]),  # β·0 + 1.4
        ("subtract", [1.4, 1.6, 0.3]),  # β·0.4 + 1.4; β·0.6
        ("subtract_delayed", [1.4, 1.1, -0.45]),  # β·1.4 + 1.4 − 1; β·1.1 − 1
    ],
)
def test_reset_rules(reset: ResetRule, expected: list[float]) -> None:
    values, spikes = membrane(single(reset, weight=[[1.4]]), [1, 1, 0])
    assert values == pytest.approx(expected) and spikes == [1, 1, 0]


def test_reset_value() -> None:
    assert membrane(single(weight=[[1.4]], reset_value=-0.2), [1, 0])[0] == pytest.approx([1.4, -0.1])
    values, _ = membrane(single("subtract", weight=[[1.4]], reset_value=-0.2), [1, 0])
    assert values == pytest.approx([1.4, 0.1])  # 1.4 − (1 + 0.2) = 0.2


def test_leak_gain_and_bias() -> None:
    network = single(leak_value=0.4, membrane_gain=2.0, bias=0.05)
    assert membrane(network, [0, 1])[0] == pytest.approx([0.2 + 0.1, 0.15 + 0.2 + 2 * 0.65])


def test_synaptic_current_of_cubalif() -> None:
    network = single(model="CubaLIF", synaptic_decay=0.25, synaptic_gain=1.0, weight=[[0.8]])
    assert membrane(network, [1, 0, 0])[0] == pytest.approx([0.8, 0.4 + 0.2, 0.3 + 0.05])


def test_layers_see_spikes_of_the_same_step() -> None:
    layers = [Layer(name=n, weight=[[1.0]], membrane_decay=0.0, threshold=0.5) for n in "abc"]  # type: ignore[arg-type]
    network = Network(layers=tuple(layers), inputs=1)
    spikes = np.array([[[0], [1], [0]]])
    np.testing.assert_array_equal(network.run(spikes).output, spikes)
    assert network.is_memoryless and not single().is_memoryless


def one_by_one(network: Network, spikes: np.ndarray) -> list[list[list[int]]]:
    """The equations of `cosim.network.graph`, scalar by scalar: spikes [layer][step][neuron]."""
    signal = [[float(value) for value in step] for step in spikes]
    result = []
    for layer in network.layers:
        v, current, fired = [0.0] * layer.outputs, [0.0] * layer.outputs, [0] * layer.outputs
        steps = []
        for given_spikes in signal:
            for k in range(layer.outputs):
                drive = layer.bias[k] + sum(w * s for w, s in zip(layer.weight[k], given_spikes, strict=True))
                if layer.synaptic_decay is not None and layer.synaptic_gain is not None:
                    current[k] = layer.synaptic_decay[k] * current[k] + layer.synaptic_gain[k] * drive
                    drive = current[k]
                beta, gap = layer.membrane_decay[k], layer.threshold[k] - layer.reset_value[k]
                v[k] = beta * v[k] + (1 - beta) * layer.leak_value[k] + layer.membrane_gain[k] * drive
                if network.reset_rule == "subtract_delayed" and fired[k]:
                    v[k] -= gap
                fired[k] = int(v[k] > layer.threshold[k])
                if fired[k] and network.reset_rule == "zero":
                    v[k] = layer.reset_value[k]
                elif fired[k] and network.reset_rule == "subtract":
                    v[k] -= gap
            steps.append(list(fired))
        result.append(steps)
        signal = [[float(value) for value in step] for step in steps]
    return result


@given(network=networks(), seed=st.integers(0, 2**32 - 1))
def test_batch_equals_neurons_one_by_one(network: Network, seed: int) -> None:
    spikes = np.random.default_rng(seed).integers(0, 2, (3, 12, network.inputs))
    result = network.run(spikes, precision="double")
    for sample in range(3):
        expected = one_by_one(network, spikes[sample])
        for layer, steps in zip(result.layer_spikes, expected, strict=True):
            np.testing.assert_array_equal(layer[sample], steps)


@pytest.mark.parametrize(
    ("spikes", "expected"),
    [
        (np.zeros((2, 1)), "expected (samples, steps, 1); add the missing axes"),
        (np.zeros((2, 3, 4)), "expected (samples, steps, 1)"),
        (np.full((1, 2, 1), 0.5), "hold 0.5 at (sample, step, input) = (0, 0, 0)"),
        (np.full((1, 2, 1), np.nan), "hold nan"),
        (np.array([[["a"]]]), "expected numbers 0 and 1"),
    ],
)
def test_spikes_that_are_none(spikes: np.ndarray, expected: str) -> None:
    with pytest.raises(NetworkError) as caught:
        single().run(spikes)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"threshold": [1.0, 2.0]}, "threshold has shape (2,), expected (1,)"),
        ({"weight": [0.6]}, "weight has shape (1,)"),
        ({"weight": [[np.nan]]}, "weight[0, 0] is nan"),
        ({"membrane_decay": 1.2}, "membrane_decay[0] is 1.2, expected 0..1"),
        ({"model": "LIFF"}, "did you mean 'LIF'"),
        ({"model": "IF"}, "an IF neuron has membrane_decay 1"),
        ({"model": "CubaLIF"}, "needs both"),
        ({"reset_value": 1.0}, "fire for ever"),
    ],
)
def test_layers_that_make_no_sense(parameters: dict[str, object], expected: str) -> None:
    with pytest.raises(NetworkError) as caught:
        single(**parameters)  # type: ignore[arg-type]
    assert expected in str(caught.value) and "layer 'n'" in str(caught.value)


def test_networks_that_make_no_sense() -> None:
    layer = single().layers[0]
    with pytest.raises(NetworkError, match="the input has 3"):
        Network(layers=(layer,), inputs=3)
    with pytest.raises(NetworkError, match="at least one"):
        Network(layers=(), inputs=3)
    with pytest.raises(NetworkError, match="time step"):
        Network(layers=(layer,), inputs=1, time_step=0.0)


def test_arrays_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        single().layers[0].weight[0, 0] = 2.0


def test_classification() -> None:
    assert classify([[0], [3]]).tolist() == [0, 1]
    assert classify([[0, 2], [3, 3], [0, 0]]).tolist() == [1, 0, 0]
    assert classify([[0, 2], [3, 3]], "any").tolist() == [[0, 1], [1, 1]]
    assert default_rule(1) == "any" and default_rule(2) == "argmax" and default_rule(2, [[0, 1]]) == "any"
    with pytest.raises(NetworkError, match="did you mean 'argmax'"):
        classify([[0]], "argmaxx")  # type: ignore[arg-type]


def test_score() -> None:
    assert score([[0], [3]], [0, 0]).correct.tolist() == [True, False]
    assert score([[0], [3]], [[0], [1]]).accuracy == 1.0
    bits = score([[0, 2], [3, 0]], [[0, 1], [1, 1]])
    assert bits.rule == "any" and bits.correct.tolist() == [True, False] and str(bits) == "1 of 2 right"
    with pytest.raises(NetworkError, match="labels have shape"):
        score([[0, 2], [3, 0]], [0, 1, 1])
