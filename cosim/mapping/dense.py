"""A dense network on arrays: which cells, which lines, which converters, and what it then computes.

    hardware = Hardware(wiring=Wiring(word_line=2, bit_line=2), programmed=(ProgrammingError(fit=…),))
    network = on_arrays(DenseNetwork(layers=…), hardware, calibration=inputs[:100], seed=1)
    network.forward(inputs), network.cost(inputs)

Biases and rectifiers are digital. Order of things, as in a laboratory: targets, compensation, cells as
programmed, ranges of the converters set with calibration inputs, then time passes (`aged`), then, if
asked for, one number a layer makes up for what all cells lost together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.crossbar import (
    AnalogMatrix,
    DifferentialPair,
    MvmCost,
    ReadOut,
    Scheme,
    Wiring,
    analog_matrix,
    compensated,
    tile_matrix,
)
from cosim.devices import Transformation, populate
from cosim.errors import MappingError

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class DenseLayer:
    """y = x · weights + bias."""

    weights: Array
    """(K, N)."""
    bias: Array
    """(N,)."""


@dataclass(frozen=True, kw_only=True)
class DenseNetwork:
    """Layers with rectifiers between them; the last one's values are scores."""

    layers: tuple[DenseLayer, ...]

    def __post_init__(self) -> None:
        width = None
        for number, layer in enumerate(self.layers):
            rows, columns = np.shape(layer.weights)
            if (width is not None and rows != width) or np.shape(layer.bias) != (columns,):
                inputs = width if width is not None else "inputs"
                raise MappingError(
                    f"layer {number} has weights {np.shape(layer.weights)} and biases "
                    f"{np.shape(layer.bias)}; expected ({inputs}, outputs) and (outputs,)"
                )
            width = columns

    def forward(self, inputs: ArrayLike) -> Array:
        """(P, outputs) scores of inputs (P, K), in floating point."""
        return self.activations(inputs)[-1]

    def activations(self, inputs: ArrayLike) -> list[Array]:
        """What goes into each layer, and the scores last."""
        values = [np.asarray(inputs, dtype=np.float64)]
        for number, layer in enumerate(self.layers):
            out = values[-1] @ layer.weights + layer.bias
            values.append(np.maximum(out, 0.0) if number < len(self.layers) - 1 else out)
        return values


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """Everything between numbers and cells."""

    scheme: Scheme = field(default_factory=DifferentialPair)
    rows: int = 128
    columns: int = 128
    scale: str = "tile"
    clip: float = 1.0
    wiring: Wiring = field(default_factory=Wiring)
    readout: ReadOut = field(default_factory=ReadOut)
    """Its input_scale is set layer by layer from the calibration inputs."""
    programmed: tuple[Transformation, ...] = ()
    """From targets to cells."""
    aged: tuple[Transformation, ...] = ()
    """After the converters were set."""
    compensate: tuple[float, float] | None = None
    """Range of conductances [S] within which targets make up for the lines; None: they do not."""
    rescale: bool = False
    """One digital factor a layer for what all its cells lost together, found with the calibration inputs."""
    input_quantile: float = 0.999
    """Of a layer's calibration inputs: the largest number that its DAC takes."""


@dataclass(frozen=True, kw_only=True)
class ArrayNetwork:
    """A dense network on arrays; made by `on_arrays`."""

    network: DenseNetwork
    matrices: tuple[AnalogMatrix, ...]
    gains: tuple[float, ...]
    """What each layer's products are divided by."""

    def forward(self, inputs: ArrayLike, *, random: np.random.Generator | None = None) -> Array:
        """(P, outputs) scores of inputs (P, K)."""
        return self._values(inputs, random)[-1]

    def accuracy(
        self, inputs: ArrayLike, labels: ArrayLike, *, random: np.random.Generator | None = None
    ) -> float:
        """Share of inputs whose largest score is that of their label."""
        return float((self.forward(inputs, random=random).argmax(axis=1) == np.asarray(labels)).mean())

    def cost(self, inputs: ArrayLike) -> tuple[MvmCost, ...]:
        """Of each layer, the mean over `inputs`."""
        values = self._values(inputs, np.random.default_rng(0))
        return tuple(matrix.cost(value) for matrix, value in zip(self.matrices, values, strict=False))

    def _values(self, inputs: ArrayLike, random: np.random.Generator | None) -> list[Array]:
        values = [np.asarray(inputs, dtype=np.float64)]
        for number, layer in enumerate(self.network.layers):
            product = self.matrices[number].multiply(values[-1], random=random)
            out = product / self.gains[number] + layer.bias
            values.append(np.maximum(out, 0.0) if number < len(self.network.layers) - 1 else out)
        return values


def on_arrays(
    network: DenseNetwork, hardware: Hardware, *, calibration: ArrayLike, seed: int, threads: int = 1
) -> ArrayNetwork:
    """Put `network` on arrays; equal seeds give equal cells and converters.

    `calibration` (P, K) are inputs that set the ranges of DACs and ADCs; a few dozen do.
    Raises `SimulationError` for what tiles, arrays and populations refuse.
    """
    seeds = np.random.SeedSequence(seed).spawn(len(network.layers))
    matrices, gains = [], []
    for layer, value, child in zip(network.layers, network.activations(calibration), seeds, strict=False):
        tiled = tile_matrix(
            layer.weights,
            hardware.scheme,
            rows=hardware.rows,
            columns=hardware.columns,
            scale=hardware.scale,
            clip=hardware.clip,
        )
        if hardware.compensate is not None:
            low, high = hardware.compensate
            tiled = compensated(
                tiled, hardware.wiring, low=low, high=high, tolerance=1e-4, threads=threads
            ).tiled
        numbers = child.generate_state(2 * len(tiled.tiles) + 1)
        cells = _drawn(tiled.targets, hardware.programmed, numbers[1::2])
        scale = float(np.quantile(np.abs(value), hardware.input_quantile)) or 1.0
        readout = replace(hardware.readout, input_scale=scale)
        made = analog_matrix(
            tiled, cells, wiring=hardware.wiring, readout=readout, seed=int(numbers[0]), threads=threads
        )
        if readout.adc is not None:
            made = made.calibrated(value)
        fresh = made
        if hardware.aged:
            made = analog_matrix(
                tiled,
                _drawn(cells, hardware.aged, numbers[2::2]),
                wiring=hardware.wiring,
                readout=readout,
                seed=int(numbers[0]),
                threads=threads,
            )
            made = replace(made, ranges=fresh.ranges, adcs=fresh.adcs)
        matrices.append(made)
        gains.append(_gain(fresh, made, value) if hardware.rescale else 1.0)
    return ArrayNetwork(network=network, matrices=tuple(matrices), gains=tuple(gains))


def _drawn(
    targets: Sequence[Array], transformations: Sequence[Transformation], seeds: NDArray
) -> list[Array]:
    if not transformations:
        return list(targets)
    return [
        populate(target, transformations, seed=int(number))
        for target, number in zip(targets, seeds, strict=True)
    ]


def _gain(fresh: AnalogMatrix, now: AnalogMatrix, inputs: Array) -> float:
    """Share of the fresh products that is left: least squares."""
    random = np.random.default_rng(0)
    before, after = fresh.multiply(inputs, random=random), now.multiply(inputs, random=random)
    norm = float((before**2).sum())
    return float((before * after).sum()) / norm if norm else 1.0
