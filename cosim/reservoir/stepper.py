"""A reservoir that is taken through time in pieces: what a co-simulation needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cosim.encoding import Events
from cosim.errors import NetworkError
from cosim.reservoir import kernel
from cosim.reservoir.simulate import Reservoir, compiled, fresh


class Stepper:
    """One reservoir and its state. Pieces give the spikes of one run over their whole length."""

    def __init__(self, reservoir: Reservoir, *, step: float, seed: int = 0) -> None:
        """Start from rest; `step` [s], `seed` of the read noise."""
        self.reservoir = reservoir
        self.step = step
        self._network, self._constants = compiled(reservoir, step)
        neurons = reservoir.neurons
        self._state = fresh(self._network, neurons, np.full(neurons, float(reservoir.neuron.rest)))
        self._seed = int(np.random.SeedSequence([seed, 0]).generate_state(1, np.uint64)[0] >> 1)

    @property
    def time(self) -> float:
        """How far it has come [s]."""
        return float(self._state.marks[0]) * self.step

    @property
    def voltages(self) -> np.ndarray:
        """(neurons,) present voltages [V]."""
        return self._state.v.copy()

    def advance(self, steps: int, channels: Sequence[int] = (), at: Sequence[float] = ()) -> Events:
        """Take `steps` steps; input spikes on `channels` at absolute times `at` [s] within them.

        Returns the spikes, at times from the start of the piece on.

        Raises:
            NetworkError: times before or behind the piece, channels that do not exist.
        """
        where = np.asarray(channels, dtype=np.int32)
        when = np.floor(np.asarray(at, dtype=np.float64) / self.step + 1e-9).astype(np.int64)
        first = int(self._state.marks[0])
        if where.shape != when.shape or where.ndim != 1:
            raise NetworkError(f"reservoir: {where.size} channels for {when.size} times")
        if when.size and (when.min() < first or when.max() >= first + steps):
            raise NetworkError(
                f"reservoir: input spikes from {min(at):g} to {max(at):g} s; "
                f"this piece goes from {self.time:g} to {self.time + steps * self.step:g} s"
            )
        if where.size and (where.min() < 0 or where.max() >= self.reservoir.channels):
            raise NetworkError(
                f"reservoir: channels from {where.min()} to {where.max()}; "
                f"there are {self.reservoir.channels}"
            )
        neurons = self.reservoir.neurons
        order = np.lexsort((where, when))
        rows, who, _ = kernel.run_sample(
            steps,
            neurons,
            self._constants,
            self._network,
            when[order],
            where[order],
            np.zeros((0, neurons)),
            self._state,
            np.full(steps, -1, np.int32),
            np.zeros((1, neurons), np.int32),
            np.empty(0, np.int64),
            np.zeros((steps, 0)),
            True,
            float(self.reservoir.read_noise),
            self._seed,
        )
        length = steps * self.step * (1 + 1e-12)
        time = np.minimum((rows - first + 1) * self.step, length)
        return Events(time=time, channel=who, channels=neurons, duration=length)
