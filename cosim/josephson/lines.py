"""Ideal transmission lines: what left a port arrives at its partner one delay later."""

from __future__ import annotations

from cosim.josephson.compiled import inner

#: Points of the history closer than this [s] are one.
SAME_MOMENT = 1e-19


@inner
def _wave_at(state, port, lane, time):
    """Wave that left `port` at `time`, by cubic Lagrange interpolation of the history."""
    times = state.wave_time
    last = state.count[0] - 1
    if time <= times[0] or last < 1:
        return 0.0
    if time >= times[last]:
        return state.wave[last, port, lane]
    low, high = 0, last
    while high - low > 1:
        middle = (low + high) // 2
        if times[middle] <= time:
            low = middle
        else:
            high = middle
    if times[high] - times[low] < SAME_MOMENT:
        return state.wave[high, port, lane]
    # Up to four points of the history, none across a corner (stored twice, but for rounding).
    first, end = low, low + 2
    for _ in range(2):
        if end - first < 4 and first > 0 and times[first - 1] < times[first] - SAME_MOMENT:
            first -= 1
        if end - first < 4 and end <= last and times[end] > times[end - 1] + SAME_MOMENT:
            end += 1
    value = 0.0
    for i in range(first, end):
        weight = 1.0
        for m in range(first, end):
            if m != i:
                weight *= (time - times[m]) / (times[i] - times[m])
        value += weight * state.wave[i, port, lane]
    return value


@inner
def line_currents(net, state, time):
    """Fill `line`: the current that lines return to each row at `time`."""
    state.line[:] = 0.0
    for p in range(net.port_plus.shape[0]):
        for w in range(len(net.width)):
            current = _wave_at(state, net.port_partner[p], w, time - net.port_delay[p, w])
            state.line[net.port_plus_row[p], w] += current
            state.line[net.port_minus_row[p], w] -= current


@inner
def store_waves(net, drive, state, time, tau):
    """Remember 2 V/Z0 minus the incident wave at every port; needed before the next step."""
    ports = net.port_plus.shape[0]
    row = state.count[0]
    for p in range(ports):
        for w in range(len(net.width)):
            rate = state.rate[net.port_plus[p], w] - state.rate[net.port_minus[p], w]
            if drive.tied:
                rate += drive.p1[p, w] + 2.0 * tau * drive.p2[p, w]
            incident = _wave_at(state, net.port_partner[p], w, time - net.port_delay[p, w])
            state.wave[row, p, w] = 2.0 * net.port_conductance[p, w] * rate - incident
    state.wave_time[row] = time
    state.count[0] = row + 1
