"""The callbacks that ngspice calls, compiled: no Python between two steps.

A step of ngspice: `synchronise` (before, t and Δt), a source callback at t + Δt for every source in
every Newton iteration, `synchronise` (after), and `accept` if the point is accepted.

- `accept` reads the ports, lets every model commit, and asks each for its next event.
- `synchronise` shortens the step so that it ends on the earliest event.
- A source callback evaluates its model once per time, with readings extrapolated from accepted points.

Readings between points: with t1, t0, t−1 the last points, latest first, Newton's divided differences;
slope and bend are the first and second derivative at t1. After a corner only points from the corner
on count.
"""

from __future__ import annotations

import math

import numpy as np
from numba import cfunc, njit, types
from numba.np.numpy_support import carray

from cosim.lockstep.addresses import call_advance, call_next_event, call_output, floats, identity_of, memory
from cosim.lockstep.board import (
    ACCEPTED,
    ACTIVE,
    ADVANCE,
    BAD_EVENT,
    BAD_OUTPUT,
    BEFORE,
    BENDS,
    CALLS,
    CLOCK,
    CLOCKS,
    COMPUTED,
    EVENT,
    EVENTS,
    EXTRAPOLATION,
    FAILED,
    FAULT,
    FIRST_READING,
    FIRST_STEP,
    HISTORY,
    LOG,
    LOG_CAPACITY,
    LOG_COUNT,
    LONG_BEFORE,
    MODEL,
    MODEL_COUNT,
    MODEL_READINGS,
    MODELS,
    MOST_WITHOUT_ADVANCE,
    NEXT_EVENT,
    NEXT_SOURCE,
    NOW,
    ORDER,
    OUT,
    OUTPUT,
    OUTPUTS,
    PARAMETERS,
    POINTS,
    PREDICTED,
    READING_COUNT,
    READINGS,
    RESOLUTION,
    RUNNING,
    SETTLING,
    SIGNS,
    SLOPES,
    SLOTS,
    SOURCE_COUNT,
    SOURCES,
    STATE,
    STUCK,
    TIME_INDEX,
    TOO_MANY_EVENTS,
    WITHOUT_ADVANCE,
)
from cosim.lockstep.model import MOST_EVENTS

#: Names of external sources are this long prefix (`vcosim_`, `icosim_`) and a number.
PREFIX = 7


@njit(cache=True, error_model="numpy")
def evaluate(board, row, time):
    """Outputs of a model at `time`, into its `out`."""
    models = carray(memory(board[MODELS]), (board[MODEL_COUNT], MODEL), np.int64)
    clock = carray(memory(board[CLOCKS]), (CLOCK,), np.float64)
    count = board[READING_COUNT]
    latest = carray(memory(board[HISTORY]), (3, count), np.float64)
    slopes = carray(memory(board[SLOPES]), (count,), np.float64)
    bends = carray(memory(board[BENDS]), (count,), np.float64)
    predicted = carray(memory(board[PREDICTED]), (count,), np.float64)
    first, readings = models[row, FIRST_READING], models[row, MODEL_READINGS]
    ahead, order = time - clock[NOW], board[EXTRAPOLATION]
    # In a straight line: through the last two points, not along the tangent.
    arc = ahead if order > 1 else clock[BEFORE] - clock[NOW]
    for k in range(first, first + readings):
        predicted[k] = latest[0, k]
        if order > 0:
            predicted[k] += ahead * (slopes[k] + 0.5 * arc * bends[k])
    call_output(
        models[row, OUTPUT],
        time,
        floats(models[row, STATE]),
        floats(board[PREDICTED] + 8 * first),
        floats(models[row, PARAMETERS]),
        floats(models[row, OUT]),
    )
    out = carray(memory(models[row, OUT]), (models[row, OUTPUTS],), np.float64)
    for k in range(models[row, OUTPUTS]):
        if not math.isfinite(out[k]) and board[FAULT] == 0:
            board[FAULT] = BAD_OUTPUT + row + 1


@njit(cache=True, error_model="numpy")
def place_of(name):
    """The number that ends a source's name."""
    letters = carray(name, (64,), np.uint8)
    place, k = np.int64(0), PREFIX
    while k < 64 and letters[k] != 0:
        place = 10 * place + (np.int64(letters[k]) - 48)
        k += 1
    return place


@njit(cache=True, error_model="numpy")
def source_value(board, time, name):
    """Value of a source. ngspice asks all of them in the same order every time, so who asks is known from
    the address of the name alone, and the name itself is not touched."""
    turn = board[NEXT_SOURCE]
    order = carray(memory(board[ORDER]), (max(1, board[SOURCE_COUNT]), 2), np.int64)
    identity = identity_of(name)
    if order[turn, 0] == identity:
        place = order[turn, 1]
    else:
        place = place_of(name)
        order[turn, 0], order[turn, 1] = identity, place
    board[NEXT_SOURCE] = turn + 1 if turn + 1 < board[SOURCE_COUNT] else 0
    if place < 0 or place >= board[SOURCE_COUNT] or board[FAULT] != 0:
        return math.nan
    sources = carray(memory(board[SOURCES]), (board[SOURCE_COUNT], 2), np.int64)
    row = sources[place, 0]
    computed = carray(memory(board[COMPUTED]), (board[MODEL_COUNT],), np.float64)
    if computed[row] != time:
        evaluate(board, row, time)
        computed[row] = time
    board[CALLS] += 1
    return floats(sources[place, 1])[0]


_SOURCE = types.int32(types.CPointer(types.float64), types.float64, types.voidptr, types.int32, types.voidptr)


@cfunc(_SOURCE, cache=True, error_model="numpy")
def source(value, time, name, identity, user):
    """`GetVSRCData` and `GetISRCData`."""
    board = carray(user, (SLOTS,), np.int64)
    value[0] = source_value(board, time, name)
    return 0


@njit(cache=True, error_model="numpy")
def differentiate(board, clock, count):
    """Slope and bend of every reading from the points that count."""
    latest = carray(memory(board[HISTORY]), (3, count), np.float64)
    slopes = carray(memory(board[SLOPES]), (count,), np.float64)
    bends = carray(memory(board[BENDS]), (count,), np.float64)
    points = board[POINTS]
    first = clock[NOW] - clock[BEFORE]
    second = clock[BEFORE] - clock[LONG_BEFORE]
    for k in range(count):
        slope, bend = 0.0, 0.0
        if points > 1:
            slope = (latest[0, k] - latest[1, k]) / first
            if points > 2:
                older = (latest[1, k] - latest[2, k]) / second
                curvature = (slope - older) / (first + second)
                bend = 2.0 * curvature
                slope += curvature * first
        slopes[k] = slope
        bends[k] = bend


@njit(cache=True, error_model="numpy")
def predict(board, clock):
    """Ask every model for its next event; the earliest ends the next step."""
    models = carray(memory(board[MODELS]), (board[MODEL_COUNT], MODEL), np.int64)
    earliest, whose = math.inf, 0
    for row in range(board[MODEL_COUNT]):
        if models[row, NEXT_EVENT] == 0:
            continue
        place = 8 * models[row, FIRST_READING]
        event = call_next_event(
            models[row, NEXT_EVENT],
            clock[NOW],
            floats(models[row, STATE]),
            floats(board[HISTORY] + place),
            floats(board[SLOPES] + place),
            floats(board[BENDS] + place),
            floats(models[row, PARAMETERS]),
        )
        if event < earliest:
            earliest, whose = event, row
        elif math.isnan(event) and board[FAULT] == 0:
            board[FAULT] = BAD_EVENT + row + 1
    clock[EVENT] = earliest
    if earliest > clock[NOW] + 2.0 * clock[RESOLUTION]:
        board[WITHOUT_ADVANCE] = 0
        return
    board[WITHOUT_ADVANCE] += 1
    if board[WITHOUT_ADVANCE] > MOST_WITHOUT_ADVANCE and board[FAULT] == 0:
        board[FAULT] = STUCK + whose + 1


@njit(cache=True, error_model="numpy")
def read_ports(board, vectors):
    """Readings of a point, before those of the points before it."""
    count = board[READING_COUNT]
    latest = carray(memory(board[HISTORY]), (3, count), np.float64)
    places = carray(memory(board[READINGS]), (count, 2), np.int64)
    signs = carray(memory(board[SIGNS]), (count,), np.float64)
    for k in range(count):
        value = 0.0
        if places[k, 0] >= 0:
            value = floats(vectors[places[k, 0]])[1]
        if places[k, 1] >= 0:
            value -= floats(vectors[places[k, 1]])[1]
        latest[2, k] = latest[1, k]
        latest[1, k] = latest[0, k]
        latest[0, k] = value * signs[k]


@njit(cache=True, error_model="numpy")
def forget(board):
    """What was computed for a time holds no longer."""
    computed = carray(memory(board[COMPUTED]), (board[MODEL_COUNT],), np.float64)
    computed[:] = -1.0


@njit(cache=True, error_model="numpy")
def commit(board, clock, vectors):
    """Take over an accepted point."""
    count = board[READING_COUNT]
    models = carray(memory(board[MODELS]), (board[MODEL_COUNT], MODEL), np.int64)
    latest = carray(memory(board[HISTORY]), (3, count), np.float64)
    events = carray(memory(board[EVENTS]), (MOST_EVENTS + 2,), np.float64)
    log = carray(memory(board[LOG]), (2, board[LOG_CAPACITY]), np.float64)
    time = floats(vectors[board[TIME_INDEX]])[1]
    if abs(time - clock[EVENT]) <= clock[RESOLUTION]:
        time = clock[EVENT]
    if board[ACCEPTED] > 0 and time <= clock[NOW]:
        return
    clock[LONG_BEFORE], clock[BEFORE], clock[NOW] = clock[BEFORE], clock[NOW], time
    read_ports(board, vectors)
    corner = False
    if board[ACCEPTED] == 0 and time > 0.0:
        # With `uic` ngspice does not show t = 0: take the first point's readings for it.
        for k in range(count):
            latest[1, k] = latest[0, k]
    if time > 0.0:
        for row in range(board[MODEL_COUNT]):
            if models[row, ADVANCE] == 0:
                continue
            place = 8 * models[row, FIRST_READING]
            events[0] = 0.0
            bent = call_advance(
                models[row, ADVANCE],
                clock[BEFORE],
                time,
                floats(board[HISTORY] + 8 * count + place),
                floats(board[HISTORY] + place),
                floats(models[row, STATE]),
                floats(models[row, PARAMETERS]),
                floats(board[EVENTS]),
            )
            corner = corner or bent != 0
            if bent < 0 and board[FAULT] == 0:
                board[FAULT] = FAILED + row + 1
            reported = int(events[0])
            if reported > MOST_EVENTS or board[LOG_COUNT] + reported > board[LOG_CAPACITY]:
                board[FAULT] = TOO_MANY_EVENTS + row + 1
                reported = 0
            for k in range(reported):
                log[0, board[LOG_COUNT]] = row
                log[1, board[LOG_COUNT]] = events[1 + k]
                board[LOG_COUNT] += 1
    board[ACCEPTED] += 1
    board[POINTS] = 1 if corner else min(board[POINTS] + 1, 3)
    forget(board)
    differentiate(board, clock, count)
    predict(board, clock)


_ACCEPT = types.int32(types.voidptr, types.int32, types.int32, types.voidptr)


@cfunc(_ACCEPT, cache=True, error_model="numpy")
def accept(values, count, identity, user):
    """`SendData`."""
    board = carray(user, (SLOTS,), np.int64)
    if board[ACTIVE] == 0 or board[TIME_INDEX] < 0:
        return 0
    clock = carray(memory(board[CLOCKS]), (CLOCK,), np.float64)
    vectors = carray(memory(carray(values, (2,), np.int64)[1]), (count,), np.int64)
    if board[ACTIVE] == SETTLING:
        read_ports(board, vectors)
        forget(board)
    else:
        commit(board, clock, vectors)
    return 0


_SYNCHRONISE = types.int32(
    types.float64,
    types.CPointer(types.float64),
    types.float64,
    types.int32,
    types.int32,
    types.int32,
    types.voidptr,
)


@cfunc(_SYNCHRONISE, cache=True, error_model="numpy")
def synchronise(time, step, previous, redo, identity, location, user):
    """`GetSyncData`: no step passes an event."""
    board = carray(user, (SLOTS,), np.int64)
    if board[ACTIVE] != RUNNING or board[FAULT] != 0 or (location == 1 and redo == 0):
        return 0
    clock = carray(memory(board[CLOCKS]), (CLOCK,), np.float64)
    if board[POINTS] < 2:
        # Readings have no slope yet.
        step[0] = min(step[0], clock[FIRST_STEP])
    left = clock[EVENT] - time
    if left < step[0]:
        # Never longer than ngspice's own: it makes steps short where it does not converge.
        step[0] = min(step[0], max(left, clock[RESOLUTION]))
    elif left < 2.0 * step[0]:
        # Two like steps in place of one and a crumb.
        step[0] = 0.5 * left
    return 0


def addresses() -> tuple[int, int, int]:
    """Addresses of the C functions: source values, accepted points, steps."""
    return tuple(one.address or 0 for one in (source, accept, synchronise))  # type: ignore[return-value]
