"""Reading NIR: what the reference networks do, what a file leaves out, and every kind of bad file."""

from __future__ import annotations

import builtins
import itertools
from pathlib import Path

import h5py
import nir
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared_data import shared_file

from cosim.errors import DependencyError, NetworkError
from cosim.network import read_nir, score

DATA = Path(__file__).parent / "data"
XOR = DATA / "xor_221.nir"


def lif(outputs: int = 2, **changes: object) -> nir.NIRNode:
    values = {"tau": 5e-4, "r": 5.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0} | changes
    return nir.LIF(**{key: np.full(outputs, value) for key, value in values.items()})


def write(path: Path, nodes: dict[str, nir.NIRNode], edges: list[tuple[str, str]] | None = None) -> Path:
    names = list(nodes)
    edges = list(itertools.pairwise(names)) if edges is None else edges
    nir.write(path, nir.NIRGraph(nodes=nodes, edges=edges, type_check=False))
    return path


def chain(**middle: nir.NIRNode) -> dict[str, nir.NIRNode]:
    return {"input": nir.Input(np.array([2])), **middle, "output": nir.Output(np.array([2]))}


def refusal(path: Path, **arguments: object) -> str:
    with pytest.raises(NetworkError) as caught:
        read_nir(path, **({"time_step": 1e-4} | arguments))
    message = str(caught.value)
    assert "\n" not in message and path.name in message and len(message) < 500
    return message


def test_xor_reproduces_snntorch() -> None:
    network = read_nir(XOR, time_step=1e-4)
    reference = np.load(DATA / "xor_221_test.npz")
    run = network.run(reference["spikes"])
    np.testing.assert_array_equal(run.counts[:, 0], reference["snntorch_counts"])
    assert score(run.counts, reference["labels"]).accuracy == 1.0
    assert network.shape == (2, 2, 1) and network.precision == "single" and network.reset_rule == "zero"
    assert network.layers[0].weight_name == "0" and network.layers[0].name == "1"
    np.testing.assert_allclose(network.layers[0].membrane_decay, 0.8, atol=1e-6)
    np.testing.assert_array_equal(network.layers[0].membrane_gain, 1.0)


@pytest.mark.parametrize("precision", ["single", "double"])
def test_digits_reproduce_every_spike_of_snntorch(precision: str) -> None:
    network = read_nir(shared_file("reference", "networks", "digits_lif.nir"), time_step=1e-4)
    reference = np.load(shared_file("reference", "networks", "digits_lif_test.npz"))
    run = network.run(reference["spikes"], precision=precision)
    np.testing.assert_array_equal(run.layer_spikes[0], reference["snntorch_hidden_spikes"])
    np.testing.assert_array_equal(run.output, reference["snntorch_out_spikes"])
    assert score(run.counts, reference["labels"]).accuracy == pytest.approx(float(reference["snntorch_acc"]))


def test_biases_of_norse_are_read() -> None:
    network = read_nir(shared_file("reference", "networks", "norse_242.nir"), time_step=1e-6)
    assert network.shape == (2, 4, 2)
    assert network.layers[0].bias[1] == pytest.approx(0.18710934)
    np.testing.assert_allclose(network.layers[0].membrane_gain, 0.1, rtol=1e-6)


def test_missing_time_step_names_the_node_and_the_way_out() -> None:
    message = refusal(XOR, time_step=None)
    assert "node '1' (LIF)" in message and "--time-step 1e-4" in message


@pytest.mark.parametrize("time_step", [0.0, -1e-4, float("nan"), float("inf")])
def test_senseless_time_step(time_step: float) -> None:
    assert "time step" in refusal(XOR, time_step=time_step)


def test_time_step_longer_than_tau() -> None:
    message = refusal(XOR, time_step=1e-3)
    assert "node '1' (LIF): tau[0]" in message and "at most 0.0005" in message


def test_assumed_reset_is_reported_and_can_be_set() -> None:
    assert any("reset" in note for note in read_nir(XOR, time_step=1e-4).notes)
    network = read_nir(XOR, time_step=1e-4, reset="subtract")
    assert network.reset_rule == "subtract" and not network.notes
    assert "did you mean 'subtract'" in refusal(XOR, reset="substract")


@given(seed=st.integers(0, 2**32 - 1))
def test_edge_order_does_not_matter(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    path = tmp_path_factory.mktemp("order") / "net.nir"
    nodes = chain(w=nir.Linear(np.eye(2)), n=lif(), w2=nir.Linear(2 * np.eye(2)), n2=lif())
    names = list(nodes)
    edges = list(itertools.pairwise(names))
    order = np.random.default_rng(seed).permutation(len(edges))
    write(path, dict(reversed(nodes.items())), [edges[i] for i in order])
    assert [layer.name for layer in read_nir(path, time_step=1e-4).layers] == ["n", "n2"]


def test_shapes_that_the_file_leaves_out(tmp_path: Path) -> None:
    path = write(tmp_path / "net.nir", chain(w=nir.Linear(np.eye(2)), n=lif()))
    with h5py.File(path, "a") as file:
        del file["node/nodes/input/shape"]
        del file["node/nodes/output/shape"]
    assert read_nir(path, time_step=1e-4).shape == (2, 2)


def test_scalar_and_batched_neuron_parameters(tmp_path: Path) -> None:
    scalar = {"tau": 5e-4, "r": 5.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0}
    for shape in ((1,), (1, 2)):
        node = nir.LIF(**{key: np.full(shape, value) for key, value in scalar.items()})
        path = write(tmp_path / f"net{len(shape)}.nir", chain(w=nir.Linear(np.eye(2)), n=node))
        assert read_nir(path, time_step=1e-4).layers[0].threshold.shape == (2,)


def test_graph_without_input_and_output_nodes(tmp_path: Path) -> None:
    path = write(tmp_path / "net.nir", {"w": nir.Linear(np.ones((2, 3))), "n": lif()})
    assert read_nir(path, time_step=1e-4).shape == (3, 2)


def test_if_needs_no_time_step(tmp_path: Path) -> None:
    node = nir.IF(r=np.full(2, 0.5), v_threshold=np.ones(2), v_reset=np.zeros(2))
    network = read_nir(write(tmp_path / "net.nir", chain(w=nir.Linear(np.eye(2)), n=node)))
    assert network.time_step is None and network.precision == "double"
    counts = network.run(np.ones((1, 9, 2))).counts  # 0.5 a step, fires above 1: every third
    np.testing.assert_array_equal(counts, [[3, 3]])


def test_neurons_without_weights_are_one_to_one(tmp_path: Path) -> None:
    network = read_nir(write(tmp_path / "net.nir", chain(n=lif())), time_step=1e-4)
    np.testing.assert_array_equal(network.layers[0].weight, np.eye(2))
    assert network.layers[0].weight_name == ""


def test_infinite_time_constant_of_a_decay_of_one(tmp_path: Path) -> None:
    path = write(tmp_path / "net.nir", chain(w=nir.Linear(np.eye(2)), n=lif(tau=np.inf, r=np.inf)))
    network = read_nir(path, time_step=1e-4)
    np.testing.assert_array_equal(network.layers[0].membrane_decay, 1.0)
    np.testing.assert_array_equal(network.layers[0].membrane_gain, 1.0)
    assert any("infinite" in note for note in network.notes)


def cuba(**changes: float) -> nir.CubaLIF:
    values = {
        "tau_mem": 5e-4,
        "tau_syn": 2e-4,
        "r": 5.0,
        "v_leak": 0.0,
        "v_threshold": 1.0,
        "v_reset": 0.0,
        "w_in": 2.0,
    }
    return nir.CubaLIF(**{key: np.full(2, value) for key, value in (values | changes).items()})


def test_cubalif_constants(tmp_path: Path) -> None:
    path = write(tmp_path / "net.nir", chain(w=nir.Linear(np.eye(2)), n=cuba(w_in=4.0, v_leak=0.25)))
    layer = read_nir(path, time_step=1e-4).layers[0]
    assert layer.model == "CubaLIF" and layer.synaptic_decay is not None and layer.synaptic_gain is not None
    np.testing.assert_allclose(layer.membrane_decay, 0.8)
    np.testing.assert_allclose(layer.synaptic_decay, 0.5)
    np.testing.assert_allclose(layer.synaptic_gain, 2.0)
    np.testing.assert_allclose(layer.membrane_gain, 1.0)
    np.testing.assert_allclose(layer.leak_value, 0.25)


# --- what is refused -------------------------------------------------------------------------------

W = nir.Linear(np.eye(2))
UNSUPPORTED = {
    "LI": nir.LI(tau=np.ones(2), r=np.ones(2), v_leak=np.zeros(2)),
    "Threshold": nir.Threshold(np.ones(2)),
    "Scale": nir.Scale(np.ones(2)),
    "Delay": nir.Delay(np.ones(2)),
    "Flatten": nir.Flatten(input_type={"input": np.array([2])}, start_dim=0),
    "NIRGraph": nir.NIRGraph.from_list(nir.Linear(np.eye(2)), lif()),
    "Conv1d": nir.Conv1d(2, np.ones((1, 1, 1)), 1, 0, 1, 1, np.ones(1)),
}


@pytest.mark.parametrize("kind", UNSUPPORTED)
def test_unsupported_node(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / "net.nir", chain(w=W, odd=UNSUPPORTED[kind], n=lif()))
    message = refusal(path)
    assert f"node 'odd' ({kind}) is not supported" in message


def test_type_that_nobody_knows(tmp_path: Path) -> None:
    path = write(tmp_path / "net.nir", chain(w=W, n=lif()))
    with h5py.File(path, "a") as file:
        del file["node/nodes/n/type"]
        file["node/nodes/n/type"] = "Izhikevich"
    assert "node 'n' (Izhikevich) is not supported" in refusal(path)


WRONG_GRAPHS = {
    "cycle": ([("input", "w"), ("w", "n"), ("n", "w"), ("n", "output")], "form a cycle"),
    "self-loop": ([("input", "w"), ("w", "n"), ("n", "n"), ("n", "output")], "form a cycle"),
    "branch": ([("input", "w"), ("w", "n"), ("w", "output"), ("n", "output")], "'w' feeds 'n', 'output'"),
    "loose": ([("input", "w"), ("w", "n")], "'output' are not connected"),
    "twice": ([("input", "w"), ("w", "n"), ("w", "n"), ("n", "output")], "listed 2 times"),
    "no edges": ([], "not connected"),
}


@pytest.mark.parametrize("case", WRONG_GRAPHS)
def test_graph_that_is_no_chain(tmp_path: Path, case: str) -> None:
    edges, expected = WRONG_GRAPHS[case]
    path = tmp_path / "net.nir"
    write(path, chain(w=W, n=lif()))
    with h5py.File(path, "a") as file:
        del file["node/edges"]
        file.create_dataset(
            "node/edges", data=np.array(edges, dtype=object).reshape(-1, 2), dtype=h5py.string_dtype()
        )
    assert expected in refusal(path)


def test_edge_to_nowhere(tmp_path: Path) -> None:
    path = write(tmp_path / "net.nir", chain(w=W, n=lif()))
    with h5py.File(path, "a") as file:
        file["node/edges"][0] = ("input", "ww")
    assert "names a node that is not there; did you mean 'w'" in refusal(path)


WRONG_NODES = {
    "weight against neurons": (chain(w=nir.Linear(np.ones((3, 2))), n=lif(2)), "node 'n' (LIF)"),
    "weight against input": (
        chain(w=nir.Linear(np.ones((2, 3))), n=lif(2)),
        "takes 3 inputs, but node 'input'",
    ),
    "layer against layer": (
        chain(w=W, n=lif(), w2=nir.Linear(np.ones((2, 4))), n2=lif()),
        "node 'w2' (Linear): weight of shape (2, 4) takes 4 inputs, but node 'n' (LIF) gives 2",
    ),
    "output": (
        {"input": nir.Input(np.array([2])), "w": W, "n": lif(), "output": nir.Output(np.array([5]))},
        "node 'output' (Output) declares 5",
    ),
    "bias": (chain(w=nir.Affine(np.eye(2), np.ones(3)), n=lif()), "node 'w' (Affine): bias"),
    "3-d weight": (chain(w=nir.Linear(np.ones((1, 2, 2))), n=lif()), "expected (outputs, inputs)"),
    "image input": (
        {"input": nir.Input(np.array([2, 2])), "w": nir.Linear(np.ones((2, 4))), "n": lif()},
        "export flat signals",
    ),
    "two weights": (chain(w=W, w2=nir.Linear(np.eye(2)), n=lif()), "no neurons between"),
    "readout": (chain(w=W, n=lif(), w2=nir.Linear(np.eye(2))), "node 'w2' (Linear) has no neurons behind it"),
    "nothing": (chain(), "no neurons"),
    "NaN weight": (chain(w=nir.Linear(np.array([[1.0, np.nan], [0, 1]])), n=lif()), "weight[0, 1] is nan"),
    "infinite bias": (chain(w=nir.Affine(np.eye(2), np.array([0.0, np.inf])), n=lif()), "bias[1] is inf"),
    "NaN threshold": (chain(w=W, n=lif(v_threshold=np.nan)), "'n': threshold[0] is nan"),
    "NaN tau": (chain(w=W, n=lif(tau=np.nan)), "node 'n' (LIF): tau[0]"),
    "negative tau": (chain(w=W, n=lif(tau=-1.0)), "expected a positive time constant"),
    "threshold at reset": (chain(w=W, n=lif(v_threshold=0.0)), "fire for ever"),
    "fast synapse": (chain(w=W, n=cuba(tau_syn=1e-5)), "node 'n' (CubaLIF): tau_syn[0]"),
    "input last": ({"w": W, "n": lif(), "input": nir.Input(np.array([2]))}, "expected it first"),
    "output first": ({"output": nir.Output(np.array([2])), "w": W, "n": lif()}, "expected it last"),
}


@pytest.mark.parametrize("case", WRONG_NODES)
def test_nodes_that_do_not_fit(tmp_path: Path, case: str) -> None:
    nodes, expected = WRONG_NODES[case]
    assert expected in refusal(write(tmp_path / "net.nir", nodes))


@pytest.mark.parametrize(
    ("field", "expected"), [("weight", "has no 'weight'"), ("type", "has no type")], ids=["weight", "type"]
)
def test_field_that_is_missing(tmp_path: Path, field: str, expected: str) -> None:
    path = write(tmp_path / "net.nir", chain(w=W, n=lif()))
    with h5py.File(path, "a") as file:
        del file[f"node/nodes/w/{field}"]
    message = refusal(path)
    assert "node 'w'" in message and expected in message


def test_field_that_the_standard_does_not_know(tmp_path: Path) -> None:
    path = write(tmp_path / "net.nir", chain(w=W, n=lif()))
    with h5py.File(path, "a") as file:
        file["node/nodes/n/adaptation"] = np.ones(2)
    assert "adaptation" in refusal(path)


@pytest.mark.parametrize("value", ["text", "compound"])
def test_field_of_a_wrong_kind(tmp_path: Path, value: str) -> None:
    path = write(tmp_path / "net.nir", chain(w=W, n=lif()))
    with h5py.File(path, "a") as file:
        del file["node/nodes/w/weight"]
        file["node/nodes/w/weight"] = (
            "heavy" if value == "text" else np.zeros(2, dtype=[("a", "f4"), ("b", "i4")])
        )
    assert "expected numbers" in refusal(path)


def test_array_that_claims_to_be_huge(tmp_path: Path) -> None:
    path = write(tmp_path / "net.nir", chain(w=W, n=lif()))
    with h5py.File(path, "a") as file:
        del file["node/nodes/w/weight"]
        file.create_dataset("node/nodes/w/weight", shape=(2**20, 2**20), dtype="f8", chunks=(64, 64))
    assert "claims" in refusal(path)


def test_files_of_another_kind(tmp_path: Path) -> None:
    assert "cannot read" in refusal(tmp_path / "absent.nir")
    assert "cannot read" in refusal(tmp_path)
    for name, content in (
        ("empty.nir", b""),
        ("text.nir", b"R1 1 0 50\n"),
        ("noise.nir", bytes(range(256)) * 9),
    ):
        (tmp_path / name).write_bytes(content)
        assert "not a NIR file" in refusal(tmp_path / name)
    with h5py.File(tmp_path / "foreign.nir", "w") as file:
        file["spikes"] = np.zeros(3)
    assert "expected a group 'node', found spikes" in refusal(tmp_path / "foreign.nir")
    nir.write(tmp_path / "single.nir", nir.Linear(np.eye(2)))
    assert "'Linear', expected a NIRGraph" in refusal(tmp_path / "single.nir")


@given(length=st.integers(0, XOR.stat().st_size - 1))
def test_cut_files_end_in_one_line(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    path = tmp_path_factory.mktemp("cut") / "net.nir"
    path.write_bytes(XOR.read_bytes()[:length])
    refusal(path)


def test_without_the_nir_package(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without_nir(name: str, *arguments: object, **keywords: object) -> object:
        if name == "nir":
            raise ImportError(name)
        return original(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", without_nir)
    with pytest.raises(DependencyError, match=r"pip install nir"):
        read_nir(XOR, time_step=1e-4)


def test_reset_value_and_input_weight_that_the_file_leaves_out(tmp_path: Path) -> None:
    path = write(tmp_path / "net.nir", chain(w=W, n=cuba(v_reset=0.5)))
    with h5py.File(path, "a") as file:
        del file["node/nodes/n/v_reset"]
        del file["node/nodes/n/w_in"]
    layer = read_nir(path, time_step=1e-4).layers[0]
    np.testing.assert_array_equal(layer.reset_value, 0.0)
    np.testing.assert_allclose(layer.synaptic_gain, 0.5)  # type: ignore[arg-type]


def test_damage_that_hdf5_would_never_come_back_from(tmp_path: Path) -> None:
    content = bytearray(XOR.read_bytes())
    heap = content.index(b"GCOL")
    content[heap + 24 : heap + 32] = bytes(8)  # the first text takes no room, and is no text:
    content[heap + 16 : heap + 18] = bytes(2)
    (tmp_path / "heap.nir").write_bytes(content)
    assert "damaged" in refusal(tmp_path / "heap.nir")


def test_text_that_claims_gigabytes(tmp_path: Path) -> None:
    content = bytearray(XOR.read_bytes())
    with h5py.File(XOR, "r") as file:
        offset = file["node/edges"].id.get_offset()
    content[offset : offset + 4] = b"\xff" * 4
    (tmp_path / "long.nir").write_bytes(content)
    assert "node/edges claims a text of 4294967295 bytes" in refusal(tmp_path / "long.nir")
