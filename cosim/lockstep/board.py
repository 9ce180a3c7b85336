"""The memory that the compiled callbacks share: tables of integers and of floats.

Symbols: m models, s sources (an output each), r readings of all models together.

    board     (SLOTS,) int64      what the callbacks are handed: addresses of all that follows
    models    (m, MODEL) int64    addresses of functions and arrays of each model
    sources   (s, 2) int64        model and address of the output of a source
    order     (s, 2) int64        in which ngspice asks: address of a source's name, its place in `sources`
    readings  (r, 2) int64        index of the plus and the minus vector in ngspice's list, or -1
    signs     (r,)                factor of a reading
    clock     (CLOCK,)            times, see the constants
    history   (3, r)              readings at the last points, latest first; then slope and bend
    computed  (m,)                time for which a model's outputs were computed last
    events    (MOST_EVENTS + 1,)  what one advance function reported: count, times
    log       (2, capacity)       all events: model, time
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cosim.lockstep.model import MOST_EVENTS, Array, Compiled, Model

Integers = NDArray[np.int64]

# Slots of the board.
(
    ACTIVE,
    MODELS,
    MODEL_COUNT,
    SOURCES,
    SOURCE_COUNT,
    ORDER,
    NEXT_SOURCE,
    READINGS,
    SIGNS,
    READING_COUNT,
    CLOCKS,
    HISTORY,
    SLOPES,
    BENDS,
    PREDICTED,
    COMPUTED,
    EVENTS,
    LOG,
    LOG_CAPACITY,
    LOG_COUNT,
    TIME_INDEX,
    POINTS,
    EXTRAPOLATION,
    FAULT,
    ACCEPTED,
    CALLS,
    WITHOUT_ADVANCE,
    SLOTS,
) = range(28)

# Columns of `models`.
OUTPUT, ADVANCE, NEXT_EVENT, STATE, PARAMETERS, OUT, FIRST_READING, MODEL_READINGS, OUTPUTS, MODEL = range(10)

# Places of the clock.
NOW, BEFORE, LONG_BEFORE, EVENT, RESOLUTION, FIRST_STEP, CLOCK = range(7)

# What ACTIVE says: the plot that ngspice fills is no concern of models, their run, or an operating point.
IDLE, RUNNING, SETTLING = range(3)

# What FAULT says beside the number of a model, counted from 1.
BAD_OUTPUT, BAD_EVENT, TOO_MANY_EVENTS, FAILED, STUCK = (kind << 32 for kind in range(1, 6))
#: So many events one after another that are nearer than the resolution mean that a model is stuck.
MOST_WITHOUT_ADVANCE = 10_000

_LOG_CAPACITY = 1 << 22


def _together(parts: Sequence[Array]) -> list[Array]:
    """The same arrays as parts of one."""
    flat = [np.asarray(part, dtype=np.float64).ravel() for part in parts]
    whole = np.concatenate([*flat, np.zeros(1)])
    ends = np.cumsum([0, *(part.size for part in flat)])
    return [whole[begin:end] for begin, end in pairwise(ends)]


class Board:
    """The tables of one run. `compiled` holds the functions of each model."""

    def __init__(self, models: Sequence[Model], compiled: Sequence[Compiled]) -> None:
        self.models = tuple(models)
        # Side by side in memory: a step walks through all of them.
        self.state = _together([model.initial_state() for model in models])
        self.parameters = _together([model.parameters() for model in models])
        self.out = _together([np.zeros(sum(port.outputs for port in model.ports)) for model in models])
        table = np.zeros((max(1, len(models)), MODEL), np.int64)
        sources: list[tuple[int, int]] = []
        readings = 0
        for row, (model, functions) in enumerate(zip(models, compiled, strict=True)):
            out = self.out[row]
            sources += [(row, out.ctypes.data + 8 * k) for k in range(out.size)]
            table[row] = (
                functions.output,
                functions.advance,
                functions.next_event,
                self.state[row].ctypes.data,
                self.parameters[row].ctypes.data,
                out.ctypes.data,
                readings,
                len(model.ports),
                out.size,
            )
            readings += len(model.ports)
        self.table = table
        self.sources = np.array(sources, dtype=np.int64).reshape(-1, 2)
        self.order = np.zeros((max(1, len(sources)), 2), np.int64)
        self.readings = np.full((max(1, readings), 2), -1, np.int64)
        self.signs = np.ones(max(1, readings))
        self.clock = np.zeros(CLOCK)
        self.history = np.zeros((3, max(1, readings)))
        self.slopes = np.zeros(max(1, readings))
        self.bends = np.zeros(max(1, readings))
        self.predicted = np.zeros(max(1, readings))
        self.computed = np.full(max(1, len(models)), -1.0)
        self.events = np.zeros(MOST_EVENTS + 2)
        # Untouched pages cost nothing.
        self.log = np.empty((2, _LOG_CAPACITY))
        self.reading_count = readings

    def write(self, board: Integers, *, extrapolation: int, resolution: float, first_step: float) -> None:
        """Fill in the slots that the callbacks read, for a run from t = 0."""
        self.clock[:] = 0.0
        self.clock[EVENT] = np.inf
        self.clock[RESOLUTION] = resolution
        self.clock[FIRST_STEP] = first_step
        for slot, array in (
            (MODELS, self.table),
            (SOURCES, self.sources),
            (ORDER, self.order),
            (READINGS, self.readings),
            (SIGNS, self.signs),
            (CLOCKS, self.clock),
            (HISTORY, self.history),
            (SLOPES, self.slopes),
            (BENDS, self.bends),
            (PREDICTED, self.predicted),
            (COMPUTED, self.computed),
            (EVENTS, self.events),
            (LOG, self.log),
        ):
            board[slot] = array.ctypes.data
        board[MODEL_COUNT] = len(self.models)
        board[SOURCE_COUNT] = len(self.sources)
        board[READING_COUNT] = self.reading_count
        board[LOG_CAPACITY] = _LOG_CAPACITY
        board[EXTRAPOLATION] = extrapolation
        board[[ACTIVE, LOG_COUNT, POINTS, FAULT, ACCEPTED, CALLS, WITHOUT_ADVANCE, NEXT_SOURCE]] = 0
        board[TIME_INDEX] = -1
