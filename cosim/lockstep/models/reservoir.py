r"""A spiking reservoir in a deck: rising voltages are its input spikes, voltage pulses its output.

    in0 ──┐  edges   ┌──────────────┐  spikes of chosen neurons   ┌── out0
    in1 ──┤ ───────> │  reservoir   │ ──────────────────────────> ┤
     …  ──┘          └──────────────┘                             └── out1 …

An input spike is an interval whose mean voltage is above the threshold after one below it. The reservoir
takes whole steps in an interval; what it fires in an interval is a pulse in the next ones. So a spike
travels through it with an interval and a half more delay than in `cosim.reservoir.run`; with what it is
fed, it is that run exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cosim.errors import SimulationError
from cosim.lockstep.model import Array
from cosim.lockstep.models.exchanged import Exchanged
from cosim.lockstep.ports import Port, Probe, VoltageOutput
from cosim.reservoir.simulate import Reservoir
from cosim.reservoir.stepper import Stepper


@dataclass(kw_only=True)
class SpikingReservoir(Exchanged):
    """A reservoir with a voltage at each input channel and a pulse for each spike of chosen neurons."""

    reservoir: Reservoir
    step: float
    """Time step of the reservoir [s]."""
    steps: int = 1
    """Steps an interval of exchange."""
    threshold: float = 0.5
    """Input voltage that counts as a spike when it is passed [V]."""
    neurons: Sequence[int] = (0,)
    """Neurons whose spikes go out, ports `out0` …."""
    amplitude: float = 1.0
    """Of an output pulse [V]."""
    pulse_intervals: int = 1
    """Length of an output pulse, in intervals."""
    output_resistance: float = 50.0
    """[Ω]."""
    seed: int = 0
    """Of the read noise."""

    def __post_init__(self) -> None:
        count = self.reservoir.neurons
        if not self.neurons or min(self.neurons) < 0 or max(self.neurons) >= count:
            raise SimulationError(
                f"SpikingReservoir: neurons = {list(self.neurons)}; expected 0 to {count - 1}"
            )
        if self.steps < 1 or self.pulse_intervals < 1:
            raise SimulationError(
                f"SpikingReservoir: steps = {self.steps}, pulse_intervals = {self.pulse_intervals}; "
                "expected 1 or more"
            )

    @property
    def interval(self) -> float:
        """Between two exchanges [s]."""
        return self.step * self.steps

    @property
    def ports(self) -> tuple[Port, ...]:
        """`in0` …, `out0` …."""
        probes = [Probe(f"in{k}") for k in range(self.reservoir.channels)]
        outputs = [VoltageOutput(f"out{k}", self.output_resistance) for k in range(len(self.neurons))]
        return (*probes, *outputs)

    def begin(self) -> Sequence[float]:
        """Start from rest."""
        self._stepper = Stepper(self.reservoir, step=self.step, seed=self.seed)
        self._high = np.zeros(self.reservoir.channels, dtype=bool)
        self._remaining = np.zeros(len(self.neurons), dtype=np.int64)
        return [0.0] * len(self.neurons)

    def exchange(
        self, start: float, end: float, mean: Array, emit: Callable[[float], None]
    ) -> Sequence[float]:
        """Feed the edges, take the steps of the interval, report all spikes, hold the pulses."""
        high = mean[: self.reservoir.channels] > self.threshold
        fed = np.flatnonzero(high & ~self._high)
        self._high = high
        spikes = self._stepper.advance(self.steps, fed.tolist(), [self._stepper.time] * fed.size)
        fired = np.isin(self.neurons, spikes.channel)
        self._remaining = np.where(fired, self.pulse_intervals, np.maximum(self._remaining - 1, 0))
        for time in spikes.time[np.isin(spikes.channel, self.neurons)]:
            emit(start + float(time))
        return (self.amplitude * (self._remaining > 0)).tolist()
