"""A matrix product on arrays: numbers in, DAC, arrays, ADC, numbers out; its energy and its time.

    matrix = analog_matrix(tile_matrix(weights), wiring=Wiring(word_line=2, bit_line=2))
    product = matrix.multiply(inputs)                    # (P, K) → (P, N)
    matrix.cost(inputs).total                            # J a product

Inputs go in at once (`input_slices=1`) or in slices of the DAC's bits, the lowest first, each a read
of its own, added up with powers of two; a slice's sign is the voltage's. Energy: what the drivers
give (V I t: cells, lines and drivers together; `power_breakdown` splits it), and converters and
adders by the figures stated with them. Arrays work at the same time; converters are shared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from cosim.crossbar.array import Array
from cosim.crossbar.batches import over_threads
from cosim.crossbar.cells import CellLaw
from cosim.crossbar.converters import Adc, BuiltAdc, Dac, UniformAdc, converted
from cosim.crossbar.response import NonlinearResponse, Response, Wiring, linear_response
from cosim.crossbar.tiles import Tile, TiledMatrix
from cosim.errors import SimulationError, did_you_mean

PARTIAL_SUMS = ("digital", "analog")
#: An addition of two 32-bit integers in 45 nm [J]: Horowitz, ISSCC 2014, doi:10.1109/ISSCC.2014.6757323.
ADDITION = 0.1e-12


@dataclass(frozen=True, kw_only=True)
class ReadOut:
    """What stands around the arrays."""

    dac: Dac = field(default_factory=lambda: Dac(bits=8))
    adc: Adc | None = field(default_factory=lambda: UniformAdc(bits=8))
    """None: currents are known exactly, and cost nothing."""
    input_scale: float = 1.0
    """The input that is a number 1 of the DAC; those beyond are clipped."""
    input_slices: int = 1
    """Reads of `dac.bits` each; 1: one read with all of the DAC's bits."""
    partial_sums: str = "digital"
    """"digital": each array has converters, their numbers are added; "analog": currents of arrays below
    each other are added before one converter (that takes one scale: `tile_matrix(…, scale="matrix")`)."""
    channels_per_adc: int = 8
    """Channels that share a converter, one after the other."""
    read_time: float = 10e-9
    """How long the word lines are driven a read [s]: settling (see `settling`), then sample and hold."""
    addition: float = ADDITION
    """[J] of adding two numbers."""

    def __post_init__(self) -> None:
        if self.partial_sums not in PARTIAL_SUMS:
            raise SimulationError(
                f"partial sums are {self.partial_sums!r}{did_you_mean(self.partial_sums, PARTIAL_SUMS)}; "
                f"there are {', '.join(PARTIAL_SUMS)}"
            )
        for name in ("input_scale", "read_time"):
            if not getattr(self, name) > 0:
                raise SimulationError(f"{name} is {getattr(self, name)}; expected a number above zero")
        for name in ("input_slices", "channels_per_adc"):
            if getattr(self, name) < 1:
                raise SimulationError(f"{name} is {getattr(self, name)}; expected 1 or more")

    def reads(self, inputs: Array, random: np.random.Generator | None) -> list[tuple[float, Array, Array]]:
        """Weight, numbers (P, K) as they were meant and voltages (P, K) [V] of each read of `inputs`."""
        numbers = inputs / self.input_scale
        if self.input_slices == 1:
            meant = self.dac.numbers(numbers)
            return [(1.0, meant, self.dac.voltages(numbers, random))]
        digits = 2**self.dac.bits
        top = digits**self.input_slices - 1
        whole = np.rint(np.abs(np.clip(numbers, self.dac.low, self.dac.high)) * top).astype(np.int64)
        found = []
        for k in range(self.input_slices):
            meant = np.sign(numbers) * (whole // digits**k % digits) / (digits - 1)
            found.append((digits**k * (digits - 1) / top, meant, self.dac.driven(meant, random)))
        return found


@dataclass(frozen=True, kw_only=True)
class MvmCost:
    """Energy [J] and time [s] of one product, the mean over the inputs given."""

    arrays: float
    """Out of the drivers, into cells, lines and drivers' resistance."""
    charging: float
    """Of word lines, C V² a read: half of it heats the lines at once, half when they are discharged."""
    dac: float
    adc: float
    digital: float
    """Additions of slices and tiles."""
    latency: float
    """[s] of all reads, one after the other."""
    reads: int
    conversions: int
    """Of ADCs, all reads together."""

    @property
    def total(self) -> float:
        """[J]."""
        return self.arrays + self.charging + self.dac + self.adc + self.digital


@dataclass(frozen=True, kw_only=True)
class AnalogMatrix:
    """A programmed matrix, ready to multiply; made by `analog_matrix`."""

    tiled: TiledMatrix
    conductances: tuple[Array, ...]
    """Of the cells as they are, an array a tile [S]."""
    responses: tuple[Response, ...]
    wiring: Wiring
    readout: ReadOut
    ranges: tuple[tuple[float, float], ...]
    """Smallest and largest current [A] of the converters of each group."""
    adcs: tuple[BuiltAdc | None, ...]
    """Of each group."""
    groups: tuple[tuple[int, ...], ...]
    """Tiles whose currents are added before conversion."""
    seed: int

    def multiply(self, inputs: ArrayLike, *, random: np.random.Generator | None = None) -> Array:
        """(P, N) products of inputs (P, K) with the weights; `random` for converters with noise.

        Raises `SimulationError` for a wrong number of inputs, or one that is not finite.
        """
        batch = self._batch(inputs)
        total = np.zeros((len(batch), self.tiled.weights.shape[1]))
        for weight, meant, voltages in self.readout.reads(batch, random):
            for group, adc in zip(self.groups, self.adcs, strict=True):
                first = self.tiled.tiles[group[0]]
                current = self._channels(group, voltages)
                if adc is not None:
                    current = converted(adc, current, random)
                total[:, first.columns] += weight * (current / self.readout.dac.voltage) @ first.block.digital
                for number in group:
                    tile = self.tiled.tiles[number]
                    total[:, tile.columns] -= (
                        weight * meant[:, tile.rows].sum(axis=1, keepdims=True) * tile.block.shift
                    )
        return self.readout.input_scale * total

    def calibrated(self, inputs: ArrayLike, *, quantile: float = 1.0) -> AnalogMatrix:
        """The same with converters' ranges that just take the currents of `inputs` (P, K), or that quantile
        of their magnitudes. Ranges with both signs are symmetric."""
        batch = self._batch(inputs)
        ranges = []
        reads = self.readout.reads(batch, np.random.default_rng(self.seed))
        for group in self.groups:
            seen = np.concatenate([self._channels(group, voltages) for _, _, voltages in reads])
            ranges.append(_range(float(np.quantile(seen, 1 - quantile)), float(np.quantile(seen, quantile))))
        return replace(
            self, ranges=tuple(ranges), adcs=_build(self.readout, self.tiled, self.groups, ranges, self.seed)
        )

    def cost(self, inputs: ArrayLike) -> MvmCost:
        """Energy and time of a product, the mean over `inputs` (P, K)."""
        batch, readout = self._batch(inputs), self.readout
        reads = readout.reads(batch, np.random.default_rng(self.seed))
        heat = square = 0.0
        for _, _, voltages in reads:
            for tile, response in zip(self.tiled.tiles, self.responses, strict=True):
                heat += float(response.answer(voltages[:, tile.rows])[1].mean())
                square += tile.block.targets.shape[1] * float(
                    (voltages[:, tile.rows] ** 2).sum(axis=1).mean()
                )
        channels = sum(self.tiled.tiles[group[0]].block.analog.shape[1] for group in self.groups)
        lines = sum(len(tile.block.targets) for tile in self.tiled.tiles)
        conversions = len(reads) * channels if readout.adc else 0
        adc_cost = readout.adc.cost if readout.adc else None
        turn = readout.dac.cost.time + readout.read_time
        if adc_cost is not None:
            turn += readout.channels_per_adc * adc_cost.time
        outputs = self.tiled.weights.shape[1]
        return MvmCost(
            arrays=heat * readout.read_time,
            charging=self.wiring.capacitance * square,
            dac=len(reads) * lines * readout.dac.cost.energy,
            adc=conversions * adc_cost.energy if adc_cost else 0.0,
            digital=readout.addition * max(len(reads) * channels - outputs, 0),
            latency=len(reads) * turn,
            reads=len(reads),
            conversions=conversions,
        )

    def effective_weights(self) -> Array:
        """(K, N) weights that arrays with line resistance amount to, before any converter: products of unit
        inputs. With nonlinear cells those of the read voltage on one word line at a time."""
        rows = self.tiled.weights.shape[0]
        exact = replace(self, readout=replace(self.readout, adc=None), adcs=(None,) * len(self.groups))
        unit = np.eye(rows) * self.readout.input_scale
        return exact.multiply(unit) / self.readout.input_scale

    def _batch(self, inputs: ArrayLike) -> Array:
        batch = np.atleast_2d(np.asarray(inputs, dtype=np.float64))
        rows = self.tiled.weights.shape[0]
        if batch.ndim != 2 or batch.shape[1] != rows:
            raise SimulationError(f"inputs have shape {np.shape(inputs)}; expected (P, {rows})")
        if not np.isfinite(batch).all():
            raise SimulationError(
                f"input {tuple(np.argwhere(~np.isfinite(batch))[0].tolist())} is not finite"
            )
        return batch

    def _channels(self, group: Sequence[int], voltages: Array) -> Array:
        """Currents (P, H) [A] in front of the converters of a group of tiles."""
        total: Array | float = 0.0
        for number in group:
            tile = self.tiled.tiles[number]
            currents, _ = self.responses[number].answer(voltages[:, tile.rows])
            total = total + currents @ tile.block.analog
        return np.asarray(total)


def analog_matrix(
    tiled: TiledMatrix,
    conductances: Sequence[Array] | None = None,
    *,
    wiring: Wiring | None = None,
    readout: ReadOut | None = None,
    law: CellLaw | None = None,
    seed: int = 0,
    threads: int = 1,
) -> AnalogMatrix:
    """Program `tiled` into arrays: its targets, or the cells that `conductances` says, an array a tile [S].

    `law`: of nonlinear cells. `seed` draws what differs between converters. Ranges of converters hold
    any input, which is wide: `calibrated` narrows them.
    Raises `SimulationError` for arrays that do not fit, and analog sums of tiles with different scales.
    """
    cells = [
        np.asarray(array, dtype=np.float64)
        for array in (tiled.targets if conductances is None else conductances)
    ]
    tiled.check(cells)
    lines, around = wiring or Wiring(), readout or ReadOut()
    responses: list[Response] = (
        list(over_threads(lambda array: linear_response(lines, array), cells, threads))
        if law is None
        else [NonlinearResponse(array=lines.array(array), law=law, threads=threads) for array in cells]
    )
    groups = _groups(tiled, around.partial_sums)
    ranges = [_widest(tiled, responses, group, around.dac) for group in groups]
    return AnalogMatrix(
        tiled=tiled,
        conductances=tuple(cells),
        responses=tuple(responses),
        wiring=lines,
        readout=around,
        ranges=tuple(ranges),
        adcs=_build(around, tiled, groups, ranges, seed),
        groups=groups,
        seed=seed,
    )


def _widest(
    tiled: TiledMatrix, responses: Sequence[Response], group: Sequence[int], dac: Dac
) -> tuple[float, float]:
    """Range [A] of a channel's current, whatever the inputs are."""
    smallest: Array | float = 0.0
    largest: Array | float = 0.0
    for number in group:
        low, high = responses[number].bound(dac.voltage * dac.low, dac.voltage * dac.high)
        analog = tiled.tiles[number].block.analog
        plus, minus = np.maximum(analog, 0.0), np.minimum(analog, 0.0)
        one, other = low @ plus + high @ minus, high @ plus + low @ minus
        smallest = smallest + np.minimum(one, other).sum(axis=0)
        largest = largest + np.maximum(one, other).sum(axis=0)
    return _range(float(np.min(smallest)), float(np.max(largest)))


def _range(low: float, high: float) -> tuple[float, float]:
    """Symmetric where both signs occur; never empty."""
    if low < 0:
        high = max(high, -low)
        low = -high
    return (min(low, 0.0), high) if high > 0 else (low, low + 1e-12)


def _groups(tiled: TiledMatrix, partial_sums: str) -> tuple[tuple[int, ...], ...]:
    if partial_sums == "digital":
        return tuple((number,) for number in range(len(tiled.tiles)))
    below: dict[int, list[int]] = {}
    for number, tile in enumerate(tiled.tiles):
        below.setdefault(tile.columns.start, []).append(number)
    for group in below.values():
        first: Tile = tiled.tiles[group[0]]
        for number in group[1:]:
            if not np.allclose(tiled.tiles[number].block.digital, first.block.digital, rtol=1e-12, atol=0):
                raise SimulationError(
                    f"currents of arrays {group[0]} and {number} cannot be added: their weights have "
                    "different scales; tile with scale='matrix', or use partial_sums='digital'"
                )
    return tuple(tuple(group) for group in below.values())


def _build(
    readout: ReadOut,
    tiled: TiledMatrix,
    groups: Sequence[Sequence[int]],
    ranges: Sequence[tuple[float, float]],
    seed: int,
) -> tuple[BuiltAdc | None, ...]:
    if readout.adc is None:
        return (None,) * len(groups)
    seeds = np.random.SeedSequence(seed).generate_state(len(groups))
    return tuple(
        readout.adc.build(tiled.tiles[group[0]].block.analog.shape[1], low, high, seed=int(one))
        for group, (low, high), one in zip(groups, ranges, seeds, strict=True)
    )
