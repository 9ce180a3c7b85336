"""The event-driven neuron: from line to line of the sine, from pulse to pulse.

Between events the state is a sum of exponentials, taken straight to the next event or to the next
knee of the sine, whichever is first; both are exact. Time and currents as in `soma.py`.

Not here: how far a spike was from not happening (`margins.py`).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from cosim.spiking.crossing import first_exit
from cosim.spiking.driver import slip_after
from cosim.spiking.soma import (
    EXCITATION,
    EXCITATORY_STEP,
    INHIBITORY_STEP,
    OUTPUT,
    OUTPUT_STEP,
    PHASE,
    PRIMARY,
    SPEED,
)

_PHASE, _SPEED, _E, _O, _E_STEP, _O_STEP, _P, _I_STEP = (
    PHASE, SPEED, EXCITATION, OUTPUT, EXCITATORY_STEP, OUTPUT_STEP, PRIMARY, INHIBITORY_STEP
)  # fmt: skip
_TWO_PI = 2.0 * math.pi
_PENDING = 64
#: Events and lines in one sample; more means that the parameters make no sense.
_MOST_TURNS = 200_000
#: Slower slips [rad/ps] than this count as this slow.
_SLOWEST = 0.1
_LEAST_LATENCY = 1.0
#: A pulse that waited behind another one reaches the driver this much [ps] after its slip.
_AFTER = 1e-6
_LONG_WAIT = 5.0
_FAINT = 1e-8
_ARRIVAL, _DRIVER, _RESET = 0, 1, 2


@njit(cache=True, nogil=True)
def _amplitudes(table, center, line, state, amplitude):
    kind = table.kind[line]
    n = state.size
    for m in range(amplitude.size):
        total = 0.0 + 0.0j
        for j in range(n):
            total += table.inverse[kind, m, j] * (state[j] - center[line, j])
        # What is left of old pulses below this changes no time by a femtosecond.
        faint = abs(total.real) + abs(total.imag) < _FAINT
        amplitude[m] = 0.0 if faint else total


@njit(cache=True, nogil=True)
def _state_at(table, center, line, amplitude, t, state):
    kind = table.kind[line]
    n = state.size
    for j in range(n):
        state[j] = center[line, j]
    for m in range(amplitude.size):
        a = amplitude[m]
        if a == 0.0:
            continue
        e = math.exp(table.real[kind, m] * t)
        w = table.imaginary[kind, m]
        factor = a.real * e + 0.0j if w == 0.0 else a * e * complex(math.cos(w * t), math.sin(w * t))
        for j in range(n):
            z = table.modes[kind, j, m]
            state[j] += z.real * factor.real - z.imag * factor.imag


@njit(cache=True, nogil=True)
def _settle(table, center, state):
    """Put `state` at rest, or, where a neuron has no rest, on top of its barrier; return the line."""
    for line in range(table.top + 1):
        phase = center[line, _PHASE]
        if table.low[line] <= phase <= table.high[line]:
            state[:] = center[line]
            return line
    state[:] = 0.0
    state[_PHASE] = table.high[table.top]
    return table.top


@njit(cache=True, nogil=True)
def neuron_trains(table, offset, time, synapse, shift, stop, out_time, slip_time, out_offset, slips):
    """One neuron over a batch of samples.

    `offset` (b+1,) bounds the arrivals of each sample in `time` (k,) [ps], ascending, and `synapse`
    (k,); `shift` (b,) [µA] adds to the threshold current. Spikes go to `out_time`, and the soma's slips
    that make them to `slip_time`, bounded by `out_offset` (b+1,); `slips` (b, 4) counts driver, soma
    and backward soma slips, and pulses that had to wait at their driver for more than 5 ps. Returns 0;
    1 if `out_time` is too short; 2 if more than 64 pulses are under way in the cell at once; 3 if the
    soma never comes to an end.
    """
    number = table.numbers
    n, width = table.equilibrium.shape[1], table.real.shape[1]
    center = np.empty_like(table.equilibrium)
    excitatory, inhibitory = int(number.excitatory), int(number.inhibitory)
    state, amplitude = np.empty(n), np.empty(width, np.complex128)
    c_real, c_imaginary = np.empty(width), np.empty(width)
    due, cause, whose = np.empty(_PENDING), np.empty(_PENDING, np.int64), np.empty(_PENDING, np.int64)
    deviation = np.zeros(max(excitatory, 1))
    out_count = 0
    out_offset[0] = 0
    for sample in range(offset.size - 1):
        arrival, last = offset[sample], offset[sample + 1]
        for k in range(center.shape[0]):
            for j in range(n):
                center[k, j] = table.equilibrium[k, j] + shift[sample] * table.response[table.kind[k], j]
        line = _settle(table, center, state)
        pending = 0
        deviation[:] = 0.0
        deviation_time = 0.0
        t, turns = 0.0, 0
        while True:
            turns += 1
            if turns > _MOST_TURNS:
                return 3
            # The next event.
            event, which = stop, -1
            if arrival < last and time[arrival] < event:
                event, which = time[arrival], -2
            for k in range(pending):
                if due[k] < event:
                    event, which = due[k], k
            # On to the event, or to where the line ends.
            if event > t:
                _amplitudes(table, center, line, state, amplitude)
                kind = table.kind[line]
                for m in range(width):
                    c = table.modes[kind, _PHASE, m] * amplitude[m]
                    c_real[m], c_imaginary[m] = c.real, c.imag
                span, direction = first_exit(
                    center[line, _PHASE], table.real[kind], table.imaginary[kind], c_real, c_imaginary,
                    table.low[line], table.high[line], event - t,
                )  # fmt: skip
                if direction == 0 and which == -1:
                    break
                _state_at(table, center, line, amplitude, span, state)
                t = event if direction == 0 else t + span
                if direction != 0:
                    line += direction
                    if direction > 0 and line == table.half:
                        if out_count >= out_time.size:
                            return 1
                        if pending >= _PENDING:
                            return 2
                        slips[sample, 1] += 1
                        slowness = 1.0 / max(state[_SPEED], _SLOWEST)
                        late = (
                            number.latency_slowness * slowness
                            + number.latency_output * state[_O]
                            + number.latency_excitation * state[_E]
                        )
                        slip_time[out_count] = t
                        out_time[out_count] = t + max(number.latency + late, _LEAST_LATENCY)
                        due[pending] = t + number.reset_delay + number.reset_slowness * slowness
                        cause[pending], whose[pending] = _RESET, out_count
                        pending += 1
                        out_count += 1
                    elif direction < 0 and line == table.half - 1:
                        # The soma falls back. Where the output junction has not slipped yet, it will not.
                        slips[sample, 2] += 1
                        for k in range(pending):
                            if cause[k] == _RESET:
                                out_count -= 1
                                pending -= 1
                                due[k], cause[k], whose[k] = due[pending], cause[pending], whose[pending]
                                break
                    if line == table.low.size:
                        line = 0
                        state[_PHASE] -= _TWO_PI
                    elif line < 0:
                        line = table.low.size - 1
                        state[_PHASE] += _TWO_PI
                    continue
            if which == -1:
                break
            if which == -2:
                # A pulse arrives: its driver slips soon, after those that wait there already.
                which_synapse = synapse[arrival]
                arrival += 1
                if pending >= _PENDING:
                    return 2
                begin = t
                for k in range(pending):
                    if cause[k] != _RESET and whose[k] == which_synapse:
                        begin = max(begin, due[k])
                due[pending], cause[pending], whose[pending] = begin, _ARRIVAL, which_synapse
                pending += 1
                continue
            if cause[which] == _ARRIVAL:
                behind = False
                for k in range(pending):
                    if cause[k] == _DRIVER and whose[k] == whose[which]:
                        due[which] = max(due[k], t) + _AFTER
                        behind = True
                if behind:
                    continue
                if whose[which] < excitatory:
                    fade = math.exp(-number.excitatory_loss * (t - deviation_time))
                    current = state[_E] / excitatory + deviation[whose[which]] * fade
                    slip = slip_after(
                        current / number.excitatory_share * number.excitatory_filling,
                        number.excitatory_latency,
                        number.excitatory_leak,
                        number.excitatory_bluntness,
                    )
                    idle = number.excitatory_latency
                    delay = max(number.excitatory_delay + slip - idle, 0.0)
                else:
                    filling = state[_P] / inhibitory / number.inhibitory_share
                    slip = slip_after(
                        filling * number.inhibitory_filling,
                        number.inhibitory_latency,
                        number.inhibitory_leak,
                        number.inhibitory_bluntness,
                    )
                    idle = number.inhibitory_latency
                    delay = max(number.inhibitory_delay + slip - idle, 0.0)
                if slip - idle > _LONG_WAIT:
                    slips[sample, 3] += 1
                due[which], cause[which] = t + delay, _DRIVER
                continue
            # A step of a driver or of the output junction begins.
            if cause[which] == _RESET:
                state[_O_STEP] += _TWO_PI
            else:
                slips[sample, 0] += 1
                if whose[which] < excitatory:
                    state[_E_STEP] += _TWO_PI
                    fade = math.exp(-number.excitatory_loss * (t - deviation_time))
                    for k in range(excitatory):
                        deviation[k] = deviation[k] * fade - number.excitatory_share / excitatory
                    deviation[whose[which]] += number.excitatory_share
                    deviation_time = t
                else:
                    state[_I_STEP] += _TWO_PI
            pending -= 1
            due[which], cause[which], whose[which] = due[pending], cause[pending], whose[pending]
        out_offset[sample + 1] = out_count
    return 0
