"""Dense networks on arrays, and a small form of the study of digits."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
from shared_data import REPOSITORY

from cosim.crossbar import IDEAL_WIRING, Dac, ReadOut, UniformAdc, Wiring
from cosim.devices import NormalSpread, PowerLawDrift
from cosim.errors import MappingError
from cosim.mapping.dense import DenseLayer, DenseNetwork, Hardware, on_arrays

EXACT = Hardware(wiring=IDEAL_WIRING, readout=ReadOut(dac=Dac(bits=24), adc=None), rows=16, columns=16)


def network() -> tuple[DenseNetwork, np.ndarray]:
    rng = np.random.default_rng(0)
    layers = tuple(
        DenseLayer(weights=rng.normal(size=shape), bias=rng.normal(size=shape[1]))
        for shape in ((20, 12), (12, 4))
    )
    return DenseNetwork(layers=layers), rng.uniform(0, 1, (30, 20))


def test_without_losses_arrays_compute_the_network() -> None:
    net, inputs = network()
    made = on_arrays(net, replace(EXACT, input_quantile=1.0), calibration=inputs, seed=1)
    np.testing.assert_allclose(made.forward(inputs), net.forward(inputs), atol=1e-4)
    assert made.accuracy(inputs, net.forward(inputs).argmax(axis=1)) == 1.0
    assert len(made.matrices[0].tiled.tiles) == 4


def test_compensation_undoes_lines() -> None:
    net, inputs = network()
    lines = replace(EXACT, wiring=Wiring(word_line=20.0, bit_line=20.0), input_quantile=1.0)
    plain, better = (
        on_arrays(net, hardware, calibration=inputs, seed=1).forward(inputs)
        for hardware in (lines, replace(lines, compensate=(1e-6, 1e-4)))
    )
    exact = net.forward(inputs)
    assert np.abs(better - exact).max() < 0.05 * np.abs(plain - exact).max()


def test_rescaling_undoes_a_common_drift() -> None:
    net, inputs = network()
    hardware = replace(EXACT, aged=(PowerLawDrift(time=1e6, exponent=0.05),), input_quantile=1.0)
    lost = on_arrays(net, hardware, calibration=inputs, seed=1)
    rescaled = on_arrays(net, replace(hardware, rescale=True), calibration=inputs, seed=1)
    assert rescaled.gains == pytest.approx([1e6**-0.05] * 2, rel=1e-6)
    np.testing.assert_allclose(rescaled.forward(inputs), net.forward(inputs), atol=1e-3)
    assert np.abs(lost.forward(inputs) - net.forward(inputs)).max() > 1


def test_seeds_decide_the_cells() -> None:
    net, inputs = network()
    hardware = replace(EXACT, programmed=(NormalSpread(relative=0.1),))
    first, again, other = (
        on_arrays(net, hardware, calibration=inputs, seed=seed).forward(inputs) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01


def test_ranges_of_converters_stay_when_cells_drift() -> None:
    net, inputs = network()
    fresh = replace(EXACT, readout=ReadOut(dac=Dac(bits=8), adc=UniformAdc(bits=8)))
    old = replace(fresh, aged=(PowerLawDrift(time=1e6, exponent=0.05),))
    ranges = [on_arrays(net, h, calibration=inputs, seed=1).matrices[0].ranges for h in (fresh, old)]
    assert ranges[0] == ranges[1]
    total = sum(cost.total for cost in on_arrays(net, fresh, calibration=inputs, seed=1).cost(inputs))
    assert 1e-12 < total < 1e-8


def test_layers_that_do_not_fit_are_refused() -> None:
    with pytest.raises(MappingError, match=r"layer 1 has weights \(3, 2\).*expected \(2, outputs\)"):
        DenseNetwork(
            layers=(
                DenseLayer(weights=np.ones((4, 2)), bias=np.zeros(2)),
                DenseLayer(weights=np.ones((3, 2)), bias=np.zeros(2)),
            )
        )


@pytest.fixture(scope="module")
def study() -> ModuleType:
    path = REPOSITORY / "scripts" / "digits_arrays.py"
    spec = importlib.util.spec_from_file_location("digits_arrays", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["digits_arrays"] = module
    spec.loader.exec_module(module)
    return module


def test_a_small_form_of_the_study(study: ModuleType) -> None:
    """Order of what costs how much, with margins wide enough for two networks of ten epochs."""
    pytest.importorskip("sklearn")
    prepared = study.prepare(study.load("digits", None), 2, test=360, epochs=10)
    ideal = prepared.ideal().mean()
    assert ideal > 93
    found = {name: prepared.accuracy(hardware).mean() for name, hardware in study.CONDITIONS.items()}
    assert found["mapped, nothing lost"] == pytest.approx(ideal, abs=0.2)
    assert found["8-bit converters"] == pytest.approx(ideal, abs=1.0)
    assert found["lines of 2 Ω, compensated"] == pytest.approx(ideal, abs=0.6)
    assert found["programming error"] > ideal - 4
    assert found["1 % stuck cells"] < ideal + 0.3
    assert found["all, fresh"] > 75
    bill = study.costs(prepared)
    assert bill["tiles"] == [2, 1]
    assert 1e-12 < bill["arrays"] < bill["energy"] < 1e-8
    assert 1e-12 < bill["settling"] < 1e-8
    assert sum(bill["shares"].values()) == pytest.approx(1, rel=1e-9)
    assert bill["shares"]["cells"] > 0.8


def test_intervals_are_students(study: ModuleType) -> None:
    mean, half = study.interval(np.array([1.0, 2.0, 3.0]))
    assert mean == 2.0
    assert half == pytest.approx(4.302653 / np.sqrt(3), rel=1e-6)
    assert study.interval(np.array([5.0])) == (5.0, 0.0)


def test_idx_files(study: ModuleType, tmp_path) -> None:
    import gzip

    images = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    head = bytes([0, 0, 8, 3]) + np.array(images.shape, dtype=">i4").tobytes()
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(head + images.tobytes()))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 4]))
    data = study.load("mnist", tmp_path)
    np.testing.assert_allclose(data.images * 255, images.reshape(2, 9))
    np.testing.assert_array_equal(data.labels, [7, 4])
    with pytest.raises(SystemExit, match="no folder"):
        study.load("mnist", tmp_path / "absent")
