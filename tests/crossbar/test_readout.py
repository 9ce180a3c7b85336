"""Weights on tiles, and products read out of them."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.crossbar import (
    IDEAL_WIRING,
    CellRange,
    Dac,
    DifferentialPair,
    OffsetColumn,
    ReadOut,
    SarAdc,
    Sinh,
    SlicedPair,
    UniformAdc,
    Wiring,
    ZeroShift,
    analog_matrix,
    passive,
    solve,
    solve_nonlinear,
    tile_matrix,
)
from cosim.errors import SimulationError

SCHEMES = [
    DifferentialPair(),
    DifferentialPair(subtract=False),
    OffsetColumn(),
    ZeroShift(),
    SlicedPair(bits=12, slice_bits=3),
]
EXACT = ReadOut(dac=Dac(bits=24), adc=None)


def problem(rows: int = 50, columns: int = 23, inputs: int = 6) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(rows)
    return rng.normal(size=(rows, columns)), rng.uniform(-1, 1, (inputs, rows))


@pytest.mark.parametrize("scheme", SCHEMES, ids=repr)
@pytest.mark.parametrize("scale", ["matrix", "tile", "column"])
def test_products_without_losses(scheme, scale: str) -> None:
    weights, inputs = problem()
    tiled = tile_matrix(weights, scheme, rows=16, columns=20, scale=scale)
    matrix = analog_matrix(tiled, wiring=IDEAL_WIRING, readout=EXACT)
    atol = 5e-3 if isinstance(scheme, SlicedPair) else 2e-5
    np.testing.assert_allclose(matrix.multiply(inputs), inputs @ weights, atol=atol)
    assert tiled.error().relative < (1e-3 if isinstance(scheme, SlicedPair) else 1e-12)
    assert all(np.shape(target)[0] <= 16 and np.shape(target)[1] <= 20 for target in tiled.targets)


def test_slices_of_weights_are_their_binary_digits() -> None:
    weights = np.array([[13.0, -6.0], [15.0, 0.0]])
    tiled = tile_matrix(weights, SlicedPair(bits=4, slice_bits=2, low=0.0, high=3e-6), rows=2, columns=8)
    expected = [[1, 0, 3, 0, 0, 2, 0, 1], [3, 0, 3, 0, 0, 0, 0, 0]]
    np.testing.assert_allclose(tiled.targets[0] / 1e-6, expected, atol=1e-12)
    assert tiled.error().largest < 1e-12


@pytest.mark.parametrize("levels", [2, 5, 16])
def test_levels_cost_what_they_must(levels: int) -> None:
    """Weights spread evenly lose Δ²/12, Δ of 2 L − 1 levels of a pair from −1 to 1."""
    weights = np.random.default_rng(1).uniform(-1, 1, (200, 300))
    weights[0, 0] = 1.0
    cells = CellRange(low=2e-6, high=9e-5, levels=levels)
    tiled = tile_matrix(weights, DifferentialPair(cells=cells), rows=200, columns=600)
    step = 1 / (levels - 1)
    assert tiled.error().relative == pytest.approx(np.sqrt(step**2 / 12 / np.mean(weights**2)), rel=0.02)
    assert tiled.error().largest <= step / 2 * (1 + 1e-9)


def test_clipping() -> None:
    weights = np.append(np.linspace(-1, 1, 99), 10.0).reshape(10, 10)
    tiled = tile_matrix(weights, rows=10, columns=20, clip=0.98)
    assert tiled.clipped == pytest.approx(0.02, abs=0.011)
    assert tiled.error().largest == pytest.approx(9.0, rel=0.01)
    assert tile_matrix(weights, rows=10, columns=20).clipped == 0


@pytest.mark.parametrize("scheme", [DifferentialPair(), OffsetColumn(), ZeroShift()], ids=repr)
def test_line_resistance_is_that_of_the_solver(scheme) -> None:
    weights, inputs = problem(12, 5, 3)
    wiring = Wiring(word_line=3.0, bit_line=2.0, driver=40.0, sense=7.0)
    tiled = tile_matrix(weights, scheme, rows=12, columns=12)
    matrix = analog_matrix(tiled, wiring=wiring, readout=EXACT)
    block = tiled.tiles[0].block
    volts = 0.2 * inputs
    currents = solve(
        passive(block.targets, word_line_resistance=3.0, bit_line_resistance=2.0, driver_resistance=40.0,
                sense_resistance=7.0), volts, method="direct",
    )  # fmt: skip
    expected = currents.outputs / 0.2 @ block.analog @ block.digital
    expected -= inputs.sum(axis=1, keepdims=True) * block.shift
    np.testing.assert_allclose(matrix.multiply(inputs), expected, atol=1e-5)
    np.testing.assert_allclose(inputs @ matrix.effective_weights(), expected, atol=1e-5)
    cost = matrix.cost(inputs)
    assert cost.arrays == pytest.approx(currents.power.mean() * 10e-9, rel=1e-6)


def test_lines_read_from_both_ends() -> None:
    weights, inputs = problem(9, 4, 2)
    tiled = tile_matrix(weights, rows=9, columns=8)
    matrix = analog_matrix(
        tiled, wiring=Wiring(word_line=5, bit_line=5, driver=10, sense=3, both_ends=True), readout=EXACT
    )
    array = passive(tiled.targets[0], word_line_resistance=5, bit_line_resistance=5, driver_resistance=10,
                    sense_resistance=3, both_ends=True)  # fmt: skip
    solution = solve(array, 0.2 * inputs)
    block = tiled.tiles[0].block
    np.testing.assert_allclose(
        matrix.multiply(inputs), solution.outputs / 0.2 @ block.analog @ block.digital, atol=1e-5
    )
    assert matrix.cost(inputs).arrays == pytest.approx(solution.power.mean() * 10e-9, rel=1e-6)


@pytest.mark.parametrize("slices", [2, 4])
def test_slices_of_inputs_add_up(slices: int) -> None:
    weights, inputs = problem()
    tiled = tile_matrix(weights, rows=32, columns=32)
    whole = ReadOut(dac=Dac(bits=8 // slices), adc=None, input_slices=slices)
    matrix = analog_matrix(tiled, wiring=IDEAL_WIRING, readout=whole)
    rounded = np.sign(inputs) * np.rint(np.abs(inputs) * 255) / 255
    np.testing.assert_allclose(matrix.multiply(inputs), rounded @ weights, atol=1e-9)
    assert matrix.cost(inputs).reads == slices
    one = analog_matrix(tiled, wiring=IDEAL_WIRING, readout=ReadOut(dac=Dac(bits=8), adc=None))
    assert matrix.cost(inputs).latency == pytest.approx(slices * one.cost(inputs).latency)


def test_the_error_of_converters_falls_by_half_a_bit() -> None:
    weights, inputs = problem(64, 20, 400)
    tiled = tile_matrix(weights, rows=64, columns=40)
    errors = []
    for bits in (6, 7, 8):
        readout = ReadOut(dac=Dac(bits=24), adc=UniformAdc(bits=bits))
        matrix = analog_matrix(tiled, wiring=IDEAL_WIRING, readout=readout).calibrated(inputs)
        errors.append(float((matrix.multiply(inputs) - inputs @ weights).std()))
        low, high = matrix.ranges[0]
        size = (high - low) / (2**bits - 2)
        expected = size / np.sqrt(12) / 0.2 * tiled.tiles[0].block.digital[0, 0]
        assert errors[-1] == pytest.approx(expected, rel=0.03)
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.07)


def test_partial_sums() -> None:
    weights, inputs = problem(60, 6, 5)
    tiled = tile_matrix(weights, rows=20, columns=12, scale="matrix")
    assert len(tiled.tiles) == 3
    adc = UniformAdc(bits=8)
    digital = analog_matrix(tiled, readout=ReadOut(adc=adc))
    analog = analog_matrix(tiled, readout=ReadOut(adc=adc, partial_sums="analog"))
    assert len(digital.groups) == 3
    assert len(analog.groups) == 1
    assert analog.cost(inputs).conversions * 3 == digital.cost(inputs).conversions
    fine = ReadOut(dac=Dac(bits=24), adc=None, partial_sums="analog")
    np.testing.assert_allclose(
        analog_matrix(tiled, readout=fine, wiring=IDEAL_WIRING).multiply(inputs), inputs @ weights, atol=1e-5
    )
    with pytest.raises(SimulationError, match="different scales"):
        analog_matrix(tile_matrix(weights, rows=20, columns=12), readout=fine)


def test_default_ranges_hold_every_input() -> None:
    weights, _ = problem(20, 6)
    extreme = np.sign(np.random.default_rng(0).normal(size=(200, 20)))
    for scheme in SCHEMES:
        tiled = tile_matrix(weights, scheme, rows=20, columns=48)
        matrix = analog_matrix(tiled, readout=ReadOut(dac=Dac(bits=24), adc=SarAdc(bits=16)))
        exact = analog_matrix(tiled, readout=EXACT)
        np.testing.assert_allclose(matrix.multiply(extreme), exact.multiply(extreme), atol=0.05)


def test_nonlinear_cells() -> None:
    weights, inputs = problem(8, 3, 2)
    tiled = tile_matrix(weights, rows=8, columns=6)
    law = Sinh(voltage_scale=0.1)
    matrix = analog_matrix(tiled, law=law, readout=EXACT)
    block = tiled.tiles[0].block
    expected = solve_nonlinear(passive(block.targets), law, 0.2 * inputs).outputs / 0.2
    np.testing.assert_allclose(matrix.multiply(inputs), expected @ block.analog @ block.digital, atol=1e-5)


def test_costs_are_sums_of_their_parts() -> None:
    weights, inputs = problem(40, 10, 3)
    tiled = tile_matrix(weights, rows=20, columns=20)
    readout = ReadOut(dac=Dac(bits=4), adc=SarAdc(bits=6), input_slices=2, channels_per_adc=4)
    cost = analog_matrix(tiled, readout=readout, wiring=Wiring(capacitance=1e-15)).cost(inputs)
    digits = [np.abs(volts) for _, _, volts in readout.reads(inputs, None)]
    assert cost.charging == pytest.approx(1e-15 * 20 * sum((d**2).sum(axis=1).mean() for d in digits))
    assert cost.conversions == 2 * 2 * 10
    assert cost.adc == pytest.approx(40 * SarAdc(bits=6).cost.energy)
    assert cost.dac == pytest.approx(2 * 40 * Dac(bits=4).cost.energy)
    assert cost.digital == pytest.approx(readout.addition * (40 - 10))
    assert cost.latency == pytest.approx(2 * (100e-9 + 10e-9 + 4 * 6 / 8e9))
    assert cost.total == pytest.approx(cost.arrays + cost.charging + cost.dac + cost.adc + cost.digital)


def test_threads_change_nothing() -> None:
    weights, inputs = problem(60, 20)
    tiled = tile_matrix(weights, rows=20, columns=20)
    one, three = (analog_matrix(tiled, threads=threads).multiply(inputs) for threads in (1, 3))
    np.testing.assert_array_equal(one, three)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tile_matrix([1.0, 2.0]), r"shape \(2,\)"),
        (lambda: tile_matrix([[1.0, np.nan]]), r"weight \(0, 1\) is nan"),
        (lambda: tile_matrix([[1.0]], scale="tiles"), "did you mean 'tile'"),
        (lambda: tile_matrix([[1.0]], columns=1), "holds no weight"),
        (lambda: tile_matrix([[1.0]], clip=0.0), "quantile 0"),
        (lambda: CellRange(low=1e-4, high=1e-5), "low < high"),
        (lambda: SlicedPair(bits=4, slice_bits=6), "in slices of 6"),
        (lambda: ReadOut(partial_sums="analogue"), "did you mean 'analog'"),
        (lambda: ReadOut(read_time=0.0), "read_time is 0"),
        (lambda: analog_matrix(tile_matrix([[1.0]])).multiply([[1.0, 2.0]]), r"expected \(P, 1\)"),
        (lambda: analog_matrix(tile_matrix([[1.0]]), [np.ones((2, 2))]), r"its tile needs \(1, 2\)"),
        (lambda: analog_matrix(tile_matrix([[1.0]]), []), "0 arrays given; the matrix is on 1"),
    ],
)
def test_bad_calls_are_refused(call, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        call()
