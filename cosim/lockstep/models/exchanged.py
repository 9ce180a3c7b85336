r"""Models that exchange at fixed intervals: other simulators, reservoirs, code that is not compiled.

    readings  --+-------+-------+-------+--    means over an interval go in
                 \       \       \
    outputs   ----+=======+=======+=======+    what comes out is reached in a straight line
                                               at the end of the next interval

ngspice's points fall on the ends of intervals; in between it takes its own steps. The coupling is of
order one in the interval: an output is late by one and a half of it. What goes in and what comes out
are means, so charge and flux are handed over without loss, however short the pulses inside are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np

from cosim.errors import SimulationError
from cosim.lockstep.model import MOST_EVENTS, Array, Compiled, Functions, Model, PythonModel
from cosim.lockstep.ports import Port, Probe, VoltageOutput

_BEGAN, _COUNT, _VALUES = range(3)
_INTERVAL, _OUTPUTS = range(2)


def _output(time, state, reading, parameters, out):
    count = int(parameters[_OUTPUTS])
    share = min(max((time - state[_BEGAN]) / parameters[_INTERVAL], 0.0), 1.0)
    for k in range(count):
        old, new = state[_VALUES + k], state[_VALUES + count + k]
        out[k] = old + share * (new - old)


def _next_event(time, state, reading, slope, bend, parameters):
    return (state[_COUNT] + 1.0) * parameters[_INTERVAL]


class Exchanged(PythonModel):
    """Base of models that exchange at intervals: derive, give `ports`, `interval` and `exchange`.

    An object is used for one run at a time; what it keeps between calls it makes in `begin`.
    """

    feedthrough = False
    functions: ClassVar[Functions] = Functions(output=_output, next_event=_next_event)

    @property
    def interval(self) -> float:
        """Between two exchanges [s]."""
        raise NotImplementedError

    def begin(self) -> Sequence[float]:
        """Get ready for a run; returns the outputs at t = 0."""
        return [0.0] * self._outputs

    def exchange(
        self, start: float, end: float, mean: Array, emit: Callable[[float], None]
    ) -> Sequence[float]:
        """Advance from `start` to `end` [s] under readings whose `mean` over that time is given, one a
        port; report spikes by `emit(time)`; return the outputs, in the order of the ports."""
        raise NotImplementedError

    @property
    def _outputs(self) -> int:
        return sum(port.outputs for port in self.ports)

    def parameters(self) -> Array:
        """Interval, number of outputs."""
        interval = self.interval
        if not (interval > 0.0 and math.isfinite(interval)):
            raise SimulationError(f"{type(self).__name__}: the interval must be positive, got {interval!r} s")
        return np.array([interval, float(self._outputs)])

    def initial_state(self) -> Array:
        """Begin of the interval, its number, outputs at its begin and end."""
        return np.zeros(_VALUES + 2 * self._outputs)

    def compiled(self) -> Compiled:
        """Only `advance` is Python."""
        self._sums = np.zeros(len(self.ports))
        self._first: Sequence[float] | None = None
        python = PythonModel.compiled(self)
        own = Model.compiled(self)
        return Compiled(own.output, python.advance, own.next_event, (*own.kept, *python.kept))

    def advance(
        self, start: float, end: float, before: Any, after: Any, state: Any, parameters: Any, events: Any
    ) -> int:
        """Add up the readings; exchange at the end of an interval."""
        count = self._outputs
        if self._first is None:
            self._first = self.begin()
            for k, value in enumerate(self._first):
                state[_VALUES + k] = state[_VALUES + count + k] = value
        for k in range(self._sums.size):
            self._sums[k] += 0.5 * (end - start) * (before[k] + after[k])
        due = (state[_COUNT] + 1.0) * parameters[_INTERVAL]
        if end < due * (1.0 - 1e-12):
            return 0

        def emit(time: float) -> None:
            events[0] += 1.0
            if events[0] <= MOST_EVENTS:
                events[int(events[0])] = time

        length = end - state[_BEGAN]
        outputs = self.exchange(state[_BEGAN], end, self._sums / length, emit)
        if len(outputs) != count:
            raise SimulationError(f"exchange returned {len(outputs)} outputs; the ports have {count}")
        for k, value in enumerate(outputs):
            state[_VALUES + k] = state[_VALUES + count + k]
            state[_VALUES + count + k] = float(value)
        self._sums[:] = 0.0
        state[_BEGAN] = end
        state[_COUNT] += 1.0
        return 1


@dataclass(kw_only=True)
class Sampled(Exchanged):
    """A function of sampled voltages, e.g. a reservoir: `step(time, voltages) -> voltages`.

    Called at the end of every interval with the mean voltages at the inputs. It may be any callable
    that can be pickled, objects with a state too.
    """

    step: Callable[[float, Array], Sequence[float]]
    sampling: float
    """Interval [s]."""
    inputs: int = 1
    """Probes, ports `in0` …."""
    outputs: int = 1
    """Voltages, ports `out0` … after them."""
    output_resistance: float = 50.0
    """[Ω]."""

    spiking = False

    @property
    def interval(self) -> float:
        """The sampling interval [s]."""
        return self.sampling

    @property
    def ports(self) -> tuple[Port, ...]:
        """`in0` …, `out0` …."""
        probes = [Probe(f"in{k}") for k in range(self.inputs)]
        outputs = [VoltageOutput(f"out{k}", self.output_resistance) for k in range(self.outputs)]
        return (*probes, *outputs)

    def exchange(
        self, start: float, end: float, mean: Array, emit: Callable[[float], None]
    ) -> Sequence[float]:
        """Ask the function."""
        return cast(Sequence[float], self.step(end, mean[: self.inputs]))
