"""Weights that are resistive cells: two arrays, a differential pair a synapse, read by a pulse a spike.

A spike of source j puts `read_voltage` on word line j of both arrays for `pulse_time`; every other line is
at 0 V. Bit line i of the positive array minus that of the negative array is the current into neuron i.
Cells are linear here, so spikes that coincide superpose exactly, line resistance included: the weights are
the arrays' transfer matrices (`cosim.crossbar.transfer_matrix`). Read noise that is drawn at each read is
`Reservoir.read_noise`; everything that is fixed in the cells (spread, stuck cells, drift) is a
transformation of `cosim.devices.populate`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.crossbar import passive, transfer_matrix
from cosim.devices import populate
from cosim.devices.population import Transformation
from cosim.errors import NetworkError
from cosim.reservoir.simulate import Activity
from cosim.reservoir.synapses import Synapses, from_matrix


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """Resistances of both arrays, and how they are read."""

    word_line_resistance: float = 0.0
    """of a segment between two cells [Ω]"""
    bit_line_resistance: float = 0.0
    """of a segment between two cells [Ω]"""
    driver_resistance: float = 0.0
    """[Ω]"""
    sense_resistance: float = 0.0
    """[Ω]"""
    read_voltage: float = 0.2
    """[V]"""
    tile: int = 128
    """lines a side of an array: larger matrices are cut into tiles with drivers of their own, whose
    currents add
    """
    pulse_time: float = 10e-9
    """[s] that a spike's pulse lasts: it enters the energy, not the dynamics"""

    @property
    def ideal(self) -> bool:
        """Whether no resistance drops any voltage."""
        return not (
            self.word_line_resistance
            or self.bit_line_resistance
            or self.driver_resistance
            or self.sense_resistance
        )


@dataclass(frozen=True, kw_only=True)
class DeviceWeights:
    """Synapses made of cells, and what a spike through them costs."""

    synapses: Synapses
    """weights in the unit of the neuron: `gain` times the difference of both currents"""
    positive: NDArray[np.float64]
    """(sources, targets) conductances of the positive array [S]"""
    negative: NDArray[np.float64]
    """(sources, targets) conductances of the negative array [S]"""
    pulse_energy: NDArray[np.float64]
    """(sources,) energy of the pulse of one spike in cells, lines and drivers of both arrays [J]; pulses that
    coincide share lines, which makes them slightly cheaper than the sum"""
    gain: float
    """neuron's weight per ampere"""


def from_conductances(
    positive: ArrayLike,
    negative: ArrayLike,
    *,
    gain: float,
    wiring: Wiring | None = None,
    delay: float = 0.0,
    smallest: float = 0.0,
) -> DeviceWeights:
    """Read two arrays of cells as synapses.

    Args:
        positive, negative: (sources, targets) [S], 0 or more.
        gain: weight that the neuron takes per ampere of difference.
        wiring: resistances and read pulse; ideal lines when not given.
        delay: of all synapses [s].
        smallest: weights of at most this magnitude, relative to the largest one, are no synapses (a
            connection that a designer leaves out anyway); 0 keeps all that are not exactly 0.

    Raises:
        NetworkError: shapes that differ. SimulationError: conductances that no array can have.
    """
    wiring = wiring or Wiring()
    plus, minus = np.asarray(positive, dtype=np.float64), np.asarray(negative, dtype=np.float64)
    if plus.ndim != 2 or plus.shape != minus.shape:
        raise NetworkError(
            f"device weights: arrays of shapes {plus.shape} and {minus.shape}; expected equal ones"
        )
    current_plus, energy_plus = _read(plus, wiring)
    current_minus, energy_minus = _read(minus, wiring)
    weights = gain * (current_plus - current_minus)
    weights[np.abs(weights) <= smallest * np.abs(weights).max(initial=0.0)] = 0.0
    return DeviceWeights(
        synapses=from_matrix(weights, delay),
        positive=plus,
        negative=minus,
        pulse_energy=energy_plus + energy_minus,
        gain=gain,
    )


def programmed(
    synapses: Synapses,
    *,
    lowest: float,
    highest: float,
    transformations: Sequence[Transformation] = (),
    seed: int,
    wiring: Wiring | None = None,
    formed: bool = False,
    smallest: float = 0.0,
) -> DeviceWeights:
    """Program wanted weights as differential pairs and read back what the cells make of them.

    A positive weight w raises its cell of the positive array to lowest + (highest − lowest)·w/max|w|, a
    negative one that of the negative array; the other cell of the pair stays at `lowest`. Where no synapse is
    wanted no cell is formed (0 S), or, with `formed`, both stay at `lowest`. `transformations` then turn
    targets into cells. Synapses that share a delay only: an array has one.

    Args:
        synapses: wanted weights. lowest, highest: conductances of an off and a fully on cell [S], 0 ≤
            lowest < highest.
        seed: of the transformations; the negative array draws apart from the positive one.
    """
    if not 0 <= lowest < highest:
        raise NetworkError(
            f"device weights: lowest = {lowest} S, highest = {highest} S; expected 0 ≤ lowest < highest"
        )
    delays = np.unique(synapses.delay)
    if delays.size > 1:
        raise NetworkError(f"device weights: {delays.size} different delays; one array has one")
    wanted = synapses.dense().T
    scale = np.abs(wanted).max(initial=0.0)
    if not scale > 0:
        raise NetworkError("device weights: all weights are 0")
    wiring = wiring or Wiring()
    arrays = []
    for part, sign in enumerate((1.0, -1.0)):
        target = lowest + (highest - lowest) * np.maximum(sign * wanted, 0.0) / scale
        key = int(np.random.SeedSequence([seed, 8, part]).generate_state(1)[0])
        cells = populate(target, transformations, seed=key)
        arrays.append(cells if formed else np.where(wanted == 0.0, 0.0, cells))
    return from_conductances(
        arrays[0],
        arrays[1],
        gain=scale / ((highest - lowest) * wiring.read_voltage),
        wiring=wiring,
        delay=float(delays[0]) if delays.size else 0.0,
        smallest=smallest,
    )


def as_fabricated(
    sources: int,
    targets: int,
    *,
    conductances: ArrayLike,
    weight: float,
    seed: int,
    wiring: Wiring | None = None,
    delay: float = 0.0,
) -> DeviceWeights:
    """Take cells as they come: each draws one of the measured `conductances` [S], nothing is programmed.

    The gain is such that, with ideal lines, weights have the root mean square `weight`. The scheme of Lin
    et al. (Nature Computational Science 2025, arXiv:2307.00771), whose random projections are cells that
    were formed once.
    """
    sample = np.asarray(conductances, dtype=np.float64).ravel()
    if sample.size == 0 or not np.all(np.isfinite(sample)) or sample.min() < 0:
        raise NetworkError("device weights: conductances must be finite values, 0 S or more, at least one")
    generator = np.random.default_rng(np.random.SeedSequence([seed, 9]))
    plus, minus = generator.choice(sample, (2, sources, targets))
    wiring = wiring or Wiring()
    size = np.sqrt(np.mean((plus - minus) ** 2)) * wiring.read_voltage
    if not size > 0:
        raise NetworkError("device weights: all cells are equal, so all differences are 0")
    return from_conductances(plus, minus, gain=weight / size, wiring=wiring, delay=delay)


def reading_energy(
    activity: Activity, input_counts: ArrayLike, inputs: DeviceWeights, recurrent: DeviceWeights
) -> NDArray[np.float64]:
    """Return (samples,) energy of all read pulses [J]: input spikes by `inputs`, others by `recurrent`.

    `input_counts` (samples, channels). Converters, neurons and control are not in it.
    """
    fed = np.asarray(input_counts, dtype=np.float64)
    return fed @ inputs.pulse_energy + activity.counts.sum(axis=1) @ recurrent.pulse_energy


def _read(cells: NDArray[np.float64], wiring: Wiring) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return currents (targets, sources) [A] for `read_voltage` on one line at a time, and energies
    (sources,).
    """
    voltage = wiring.read_voltage
    if wiring.ideal:
        if not np.all(np.isfinite(cells)) or cells.min(initial=0.0) < 0:
            raise NetworkError("device weights: a conductance is negative or not finite")
        return cells.T * voltage, cells.sum(axis=1) * voltage**2 * wiring.pulse_time
    current, energy = np.zeros(cells.T.shape), np.zeros(cells.shape[0])
    for top in range(0, cells.shape[0], wiring.tile):
        rows = slice(top, top + wiring.tile)
        for left in range(0, cells.shape[1], wiring.tile):
            columns = slice(left, left + wiring.tile)
            matrix = transfer_matrix(
                passive(
                    cells[rows, columns],
                    word_line_resistance=wiring.word_line_resistance,
                    bit_line_resistance=wiring.bit_line_resistance,
                    driver_resistance=wiring.driver_resistance,
                    sense_resistance=wiring.sense_resistance,
                )
            )
            current[columns, rows] = matrix.word_to_bit * voltage
            lines = len(matrix.attached[0])
            energy[rows] += matrix.conductance[:lines].sum(axis=1) * voltage**2 * wiring.pulse_time
    return current, energy
