"""An SFQ neuron between ordinary signals: DC/SFQ at its synapses, SFQ/DC at its output.

    in0 o--[DC/SFQ]--+--------------------+
    in1 o--[DC/SFQ]--| behavioural neuron |--[SFQ/DC]--o out
       trains -------+--------------------+

Inside is the calibrated twin of `cosim.spiking`, picoseconds and event-driven; outside are the volts and
nanoseconds of a deck. A pulse arrives when the voltage of an input rises through the converter's level
(it must fall below half of it before the next), or at a given time. Each output pulse toggles the
level at `out`, as an SFQ/DC converter does, or makes a pulse of a given width.

After every pulse the neuron's answer to all pulses since its last rest is computed anew; the output
times found stand until another pulse comes before them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba import njit

from cosim.errors import SimulationError
from cosim.lockstep.addresses import address_of
from cosim.lockstep.crossings import between, upward
from cosim.lockstep.model import Array, Functions, Model, emit
from cosim.lockstep.models.sfq_tables import packed, unpacked
from cosim.lockstep.ports import CurrentOutput, Port, VoltageOutput
from cosim.spiking.calibration import NeuronTwin
from cosim.spiking.kernel import neuron_trains
from cosim.spiking.library import twin
from cosim.spiking.sfq_neuron import SfqNeuron as Cell
from cosim.spiking.soma import tables

#: Pulses that a neuron remembers; older ones have leaked away, or are dropped.
_MEMORY = 48
_NEVER = -1e30

# Parameters before the trains and the tables.
_INPUTS, _LEVEL, _DELAY, _HIGH, _EDGE, _WIDTH, _REST, _RISE, _FALL, _TRAIN, _TABLES, _HEAD = range(12)
# State.
_TOGGLED, _IS_HIGH, _BEGAN, _STORED, _FIRST, _FOUND, _DONE, _NEXT = range(8)
_ARMED = 8
_MOST_INPUTS = 16
_TIMES = _ARMED + _MOST_INPUTS
_SYNAPSES = _TIMES + _MEMORY
_ANSWERS = _SYNAPSES + _MEMORY
_STATE = _ANSWERS + 2 * _MEMORY


@njit(cache=True, error_model="numpy")
def _answer(state, table_address, now):
    """Output times of the neuron for the pulses that it remembers, those up to `now` left out."""
    table = unpacked(table_address)
    count = int(state[_STORED])
    time, synapse = np.empty(count), np.empty(count, np.int64)
    for k in range(count):
        time[k] = (state[_TIMES + k] - state[_FIRST]) / 1e-12 + 10.0
        synapse[k] = int(state[_SYNAPSES + k])
    offset = np.array([0, count])
    out, slip = np.empty(2 * _MEMORY), np.empty(2 * _MEMORY)
    out_offset, slips = np.zeros(2, np.int64), np.zeros((1, 4), np.int64)
    stop = time[count - 1] + 2000.0
    code = neuron_trains(table, offset, time, synapse, np.zeros(1), stop, out, slip, out_offset, slips)
    if code != 0:
        return False
    state[_FOUND] = 0.0
    for k in range(out_offset[1]):
        answer = (out[k] - 10.0) * 1e-12 + state[_FIRST]
        # The earlier ones have left already.
        if answer > now:
            state[_ANSWERS + int(state[_FOUND])] = answer
            state[_FOUND] += 1.0
    state[_DONE] = 0.0
    return True


@njit(cache=True, error_model="numpy")
def _arrive(state, rest, table_address, time, synapse):
    """A pulse reaches a synapse."""
    count = int(state[_STORED])
    if count > 0 and time - state[_TIMES + count - 1] > rest:
        count = 0
    if count == _MEMORY:
        for k in range(count - 1):
            state[_TIMES + k] = state[_TIMES + k + 1]
            state[_SYNAPSES + k] = state[_SYNAPSES + k + 1]
        count -= 1
    state[_TIMES + count], state[_SYNAPSES + count] = time, synapse
    state[_STORED] = count + 1.0
    state[_FIRST] = state[_TIMES]
    return _answer(state, table_address, time)


@njit(cache=True, error_model="numpy")
def _leave(state, until, at, parameters, events):
    """Pulses that leave up to `until`; the converter reacts at `at`."""
    moved = False
    while state[_DONE] < state[_FOUND] and state[_ANSWERS + int(state[_DONE])] <= until:
        emit(events, state[_ANSWERS + int(state[_DONE])])
        state[_DONE] += 1.0
        state[_TOGGLED] = at
        state[_IS_HIGH] = 1.0 if parameters[_WIDTH] > 0.0 else 1.0 - state[_IS_HIGH]
        moved = True
    return moved


@njit(cache=True, error_model="numpy")
def _corner(time, state, parameters):
    """Next corner of the output after `time`."""
    begin, edge, width = state[_TOGGLED], parameters[_EDGE], parameters[_WIDTH]
    first = parameters[_RISE] if width > 0.0 or state[_IS_HIGH] != 0.0 else parameters[_FALL]
    last = width + parameters[_FALL] if width > 0.0 else first
    for after in (first, first + edge, last, last + edge):
        if time < begin + after:
            return begin + after
    return math.inf


def _output(time, state, reading, parameters, out):
    inputs = int(parameters[_INPUTS])
    for k in range(inputs):
        out[k] = 0.0
    since, edge = time - state[_TOGGLED], parameters[_EDGE]
    rise = min(max((since - parameters[_RISE]) / edge, 0.0), 1.0)
    if parameters[_WIDTH] > 0.0:
        rise -= min(max((since - parameters[_WIDTH] - parameters[_FALL]) / edge, 0.0), 1.0)
    elif state[_IS_HIGH] == 0.0:
        rise = 1.0 - min(max((since - parameters[_FALL]) / edge, 0.0), 1.0)
    out[inputs] = parameters[_HIGH] * rise


def _advance(start, end, before, after, state, parameters, events):
    inputs, level = int(parameters[_INPUTS]), parameters[_LEVEL]
    table = address_of(parameters) + 8 * int(parameters[_TABLES])
    bent = _corner(start, state, parameters) <= end
    while True:
        # The earliest pulse that arrives in this step.
        earliest, synapse, from_train = math.inf, -1, False
        for k in range(inputs):
            if state[_ARMED + k] == 0.0 and after[k] < 0.5 * level:
                state[_ARMED + k] = 1.0
            if state[_ARMED + k] != 0.0 and after[k] >= level * (1.0 - 1e-9):
                time = between(start, end, before[k], after[k], level) if before[k] < level else end
                if time < earliest:
                    earliest, synapse = min(time, end), k
        place = int(state[_NEXT])
        train = parameters[_HEAD + 2 * place] if place < int(parameters[_TRAIN]) else math.inf
        if train <= end and train <= earliest:
            earliest, synapse, from_train = train, int(parameters[_HEAD + 2 * place + 1]), True
        if synapse < 0:
            break
        if from_train:
            state[_NEXT] += 1.0
        else:
            state[_ARMED + synapse] = 0.0
            earliest += parameters[_DELAY]
        bent = _leave(state, earliest, end, parameters, events) or bent
        if not _arrive(state, parameters[_REST], table, earliest, float(synapse)):
            events[0] = 1e9
            return 1
    bent = _leave(state, end, end, parameters, events) or bent
    return 1 if bent else 0


def _next_event(time, state, reading, slope, bend, parameters):
    event = _corner(time, state, parameters)
    if state[_DONE] < state[_FOUND]:
        event = min(event, state[_ANSWERS + int(state[_DONE])])
    place = int(state[_NEXT])
    if place < int(parameters[_TRAIN]):
        event = min(event, parameters[_HEAD + 2 * place])
    for k in range(int(parameters[_INPUTS])):
        if state[_ARMED + k] != 0.0:
            event = min(event, upward(time, reading[k], slope[k], bend[k], parameters[_LEVEL]))
    return event


@dataclass(frozen=True, kw_only=True)
class SfqNeuron(Model):
    """The behavioural twin of an SFQ neuron with its interfaces.

    Ports: `in0`, `in1`, … for the first `inputs` synapses, then `out`. Spikes, at the time of the output
    junction's slip, are in the result's `pulses`.
    """

    cell: NeuronTwin | Cell
    """The neuron: `cosim.spiking.twin((2, 0, 1))`, or its parameters."""
    inputs: int | None = None
    """Synapses with a DC/SFQ converter; None: all."""
    trains: Mapping[int, Sequence[float]] = field(default_factory=dict)
    """Times [s] of pulses that reach a synapse from elsewhere, by synapse."""
    input_level: float = 0.5e-3
    """Voltage [V] at which a converter sends a pulse when it rises."""
    input_resistance: float = 50.0
    """Of a converter's input [Ω]."""
    input_delay: float = 0.0
    """From the crossing to the pulse [s]."""
    output_level: float = 0.5e-3
    """High level of the SFQ/DC converter [V]."""
    output_resistance: float = 50.0
    """[Ω]."""
    edge: float = 10e-12
    """Time that the output takes to change its level [s]."""
    rise_delay: float = 0.0
    """From a spike until the output begins to rise [s]: of the line and the converter behind the neuron."""
    fall_delay: float = 0.0
    """The same until it begins to fall. Spikes closer than these and the edge run into each other."""
    width: float = 0.0
    """0: every pulse toggles the level. Else the level is high for this long [s]."""
    rest: float = 2e-9
    """A pulse so long [s] after another one finds the neuron at rest."""

    feedthrough = False
    functions = Functions(output=_output, advance=_advance, next_event=_next_event)

    def __post_init__(self) -> None:
        for name in ("input_level", "input_resistance", "edge", "rest"):
            if not getattr(self, name) > 0.0:
                raise SimulationError(f"SfqNeuron.{name} must be above 0, got {getattr(self, name)!r}")
        if min(self.rise_delay, self.fall_delay) < 0.0:
            raise SimulationError("SfqNeuron.rise_delay and fall_delay must be 0 or more")
        if self.width and self.width < self.edge:
            raise SimulationError(f"SfqNeuron.width must be 0 or at least the edge, got {self.width!r}")
        if not 0 <= self.converters <= min(self._synapses, _MOST_INPUTS):
            raise SimulationError(
                f"SfqNeuron.inputs is {self.inputs!r}; the cell has {self._synapses} synapses"
            )
        strange = [synapse for synapse in self.trains if not 0 <= synapse < self._synapses]
        if strange:
            raise SimulationError(f"a train for synapse {strange[0]}; the cell has {self._synapses} (from 0)")

    @classmethod
    def value_from_text(cls, name: str, text: str) -> Any:
        """`cell=2,0,1` is the library's neuron; `trains=0:1n,2n;1:3n` the times of pulses by synapse."""
        if name == "cell":
            return twin(tuple(int(word) for word in text.split(",")))  # type: ignore[arg-type]
        if name == "trains":
            trains = [part.partition(":") for part in text.split(";")]
            return {
                int(synapse): [super(SfqNeuron, cls).value_from_text(name, time) for time in times.split(",")]
                for synapse, _, times in trains
            }
        number = super().value_from_text(name, text)
        return int(number) if name == "inputs" else number

    @property
    def converters(self) -> int:
        """Synapses that a port of the deck drives."""
        return self._synapses if self.inputs is None else self.inputs

    @property
    def _parameters_of_cell(self) -> Cell:
        return self.cell if isinstance(self.cell, Cell) else self.cell.model

    @property
    def _synapses(self) -> int:
        return self._parameters_of_cell.inputs

    @property
    def ports(self) -> tuple[Port, ...]:
        """`in0` …, `out`."""
        inputs = [CurrentOutput(f"in{k}", 1.0 / self.input_resistance) for k in range(self.converters)]
        return (*inputs, VoltageOutput("out", self.output_resistance))

    def parameters(self) -> Array:
        """Numbers, pulses of the trains (time, synapse), tables of the neuron."""
        pulses = sorted((float(time), synapse) for synapse, times in self.trains.items() for time in times)
        flat = np.array(pulses, dtype=np.float64).ravel()
        head = np.zeros(_HEAD)
        head[_INPUTS] = self.converters
        head[_LEVEL], head[_DELAY], head[_REST] = self.input_level, self.input_delay, self.rest
        head[_HIGH], head[_EDGE], head[_WIDTH] = self.output_level, self.edge, self.width
        head[_RISE], head[_FALL] = self.rise_delay, self.fall_delay
        head[_TRAIN], head[_TABLES] = len(pulses), _HEAD + flat.size
        return np.concatenate([head, flat, packed(tables(self._parameters_of_cell))])

    def initial_state(self) -> Array:
        """At rest, output low, converters ready."""
        state = np.zeros(_STATE)
        state[_TOGGLED] = _NEVER
        state[_ARMED : _ARMED + _MOST_INPUTS] = 1.0
        return state
