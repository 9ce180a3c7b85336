"""The time loop of a reservoir without plasticity: one sample, compiled.

Order within step k, which leads from t_k to t_k + h: input spikes of step k and what has travelled until
now join the synaptic states; states go on exactly (current-based) or as `ConductanceLif` says; a neuron whose
voltage reaches the threshold fires at t_k + h, is reset, and its spike leaves. So a synapse without delay
acts from the step after the spike on. Cost: neurons × steps for the states, one addition a synapse a spike.

| symbol | meaning |
| --- | --- |
| a, d_e, d_i | decay of membrane, excitatory and inhibitory state in a step |
| g_e, g_i | gains from synaptic state to voltage |
| ring | what arrives in coming steps, a row a step; row of step k is k mod slots |
| travel | per synapse: its place in the ring relative to the row in which it starts |
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray


class Network(NamedTuple):
    """Connections as the kernel takes them.

    The ring holds `slots` rows of `row` places, both powers of two; a row has one or two channels of `row /
    channels` places each. `travel` = delay in steps · row + channel · row / channels + target. Unsigned, so
    that indexing needs no check of signs.
    """

    input_offsets: NDArray[np.int64]
    input_travel: NDArray[np.uint32]
    input_weight: NDArray[np.float64]
    offsets: NDArray[np.int64]
    travel: NDArray[np.uint32]
    weight: NDArray[np.float64]
    input_delay: int
    """`travel` of the delay that all inputs have; −1 where they differ"""
    delay: int
    """the same of recurrent synapses"""
    slots: int
    row: int
    merged: bool
    """one channel for both signs: their time constants are equal"""


class State(NamedTuple):
    """All that a reservoir carries from one step to the next."""

    ring: NDArray[np.float64]
    v: NDArray[np.float64]
    """(neurons,) voltages"""
    excitatory: NDArray[np.float64]
    inhibitory: NDArray[np.float64]
    resting: NDArray[np.int32]
    """neurons that fired lately, in order, in a circle"""
    since: NDArray[np.int32]
    """the steps in which they did"""
    marks: NDArray[np.int64]
    """(3,) next step, place of the oldest in the circle, how many are in it"""


class Constants(NamedTuple):
    """Numbers of the neuron; see the module's table. `conductance` chooses the second branch."""

    conductance: bool
    a: float
    d_e: float
    d_i: float
    g_e: float
    g_i: float
    drive: float
    threshold: float
    reset: float
    rest: float
    held: int
    e_e: float
    e_i: float
    rate: float
    """step / τm, conductance-based only; then g_e, g_i are means of the decaying states over a step"""


@njit(nogil=True, cache=True)
def noise(seed: int, step: int, synapse: int) -> float:
    """Return a normal deviate that depends on nothing but its key (SplitMix64, then Box–Muller)."""
    z = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(step) * np.uint64(0xD1B54A32D192ED03)
    z += np.uint64(synapse + 1) * np.uint64(0x8CB92BA72F3D8DD7)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    first = ((z >> np.uint64(32)) + 0.5) * 2.0**-32
    second = ((z & np.uint64(0xFFFFFFFF)) + 0.5) * 2.0**-32
    return np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * second)


@njit(nogil=True, cache=True)
def _deliver(sources, begin, end, ring, start, delay, offsets, travel, weight, read_noise, seed, step):
    """Add the synapses of sources[begin:end] to the ring, whose present row starts at `start`.

    Returns how many. One call a step: what it holds of arrays is taken up once, not once a spike.
    """
    mask = np.uint32(ring.size - 1)
    row = np.uint32(start)
    # Where all have one delay, no place lies behind the end of the ring.
    ahead = np.uint64((row + np.uint32(max(delay, 0))) & mask) - np.uint64(max(delay, 0))
    events = 0
    for n in range(begin, end):
        source = np.uint64(sources[n])
        first, last = np.uint64(offsets[source]), np.uint64(offsets[source + np.uint64(1)])
        events += np.int64(last - first)
        if read_noise != 0.0:
            for synapse in range(first, last):
                drawn = weight[synapse] * (1.0 + read_noise * noise(seed, step, np.int64(synapse)))  # pyright: ignore[reportArgumentType]
                ring[np.uint64((row + travel[synapse]) & mask)] += drawn
        elif delay >= 0:
            for synapse in range(first, last):
                ring[ahead + np.uint64(travel[synapse])] += weight[synapse]
        else:
            for synapse in range(first, last):
                ring[np.uint64((row + travel[synapse]) & mask)] += weight[synapse]
    return events


@njit(nogil=True, cache=True, fastmath={"nnan", "nsz"})
def _advance_merged(neurons, arriving, c, v, synaptic, drive, flags):
    """Move neurons on by a step, both synapses alike; flag those that reach the threshold."""
    for i in range(neurons):
        e = synaptic[i] + arriving[i]
        u = v[i] * c.a + e * c.g_e + drive
        v[i] = u
        synaptic[i] = e * c.d_e
        arriving[i] = 0.0
        flags[i] = u >= c.threshold


@njit(nogil=True, cache=True, fastmath={"nnan", "nsz"})
def _advance(neurons, arriving, inhibiting, c, v, excitatory, inhibitory, current, flags):
    """The same with a state for each sign and a current for each neuron."""
    for i in range(neurons):
        e = excitatory[i] + arriving[i]
        s = inhibitory[i] + inhibiting[i]
        u = v[i] * c.a + e * c.g_e + s * c.g_i + c.drive + current[i]
        v[i] = u
        excitatory[i] = e * c.d_e
        inhibitory[i] = s * c.d_i
        arriving[i] = 0.0
        inhibiting[i] = 0.0
        flags[i] = u >= c.threshold


@njit(nogil=True, cache=True, fastmath={"nnan", "nsz"})
def _advance_conductance(neurons, arriving, inhibiting, c, v, excitatory, inhibitory, current, flags):
    """The same for synapses that are conductances; a negative weight adds its magnitude."""
    for i in range(neurons):
        e = excitatory[i] + arriving[i]
        s = inhibitory[i] - inhibiting[i]
        mean_e = e * c.g_e
        mean_i = s * c.g_i
        total = 1.0 + mean_e + mean_i
        goal = (c.drive + current[i] + mean_e * c.e_e + mean_i * c.e_i) / total
        u = goal + (v[i] - goal) * np.exp(-c.rate * total)
        v[i] = u
        excitatory[i] = e * c.d_e
        inhibitory[i] = s * c.d_i
        arriving[i] = 0.0
        inhibiting[i] = 0.0
        flags[i] = u >= c.threshold


@njit(nogil=True, cache=True)
def _fired(words, fired):
    """List neurons whose flags are set, eight flags a word, without a branch for each; return how many."""
    count = np.uint64(0)
    one = np.uint64(1)
    for place in range(words.size):
        word = words[place]
        if word != np.uint64(0):
            for bit in range(8):
                fired[count] = place * 8 + bit
                count += (word >> np.uint64(8 * bit)) & one
    return np.int64(count)


@njit(nogil=True, cache=True)
def _count(fired, count, counts, row):
    for n in range(count):
        counts[row, fired[n]] += 1


@njit(nogil=True, cache=True)
def run_sample(
    steps,
    neurons,
    c,
    network,
    input_step,
    input_source,
    currents,
    state,
    window,
    counts,
    traced,
    trace,
    keep,
    read_noise,
    seed,
):
    """Take `steps` steps from `state` on; fill `counts` (windows, neurons) and `trace` (steps, traced).

    `input_step` is sorted. `currents` is (steps, neurons) volts a step, (1, neurons) for a constant one,
    (0, neurons) for none. `window` (steps,) is the row of `counts` of each step, −1 for none. Returns
    (steps, neurons) index arrays, empty unless `keep`, in order of time, and the number of synaptic events.
    """
    row = network.row
    half = row if network.merged else row // 2
    ring, v, excitatory, inhibitory = state.ring, state.v, state.excitatory, state.inhibitory
    resting, since = state.resting, state.since
    first_step, oldest, waiting = state.marks[0], state.marks[1], state.marks[2]
    simple = network.merged and not c.conductance and currents.shape[0] == 0
    nothing = np.zeros(neurons if not simple and currents.shape[0] == 0 else 0)
    silence = np.zeros(neurons if network.merged and not simple else 0)
    words = np.zeros((neurons + 7) // 8, np.uint64)
    flags = words.view(np.uint8)
    fired = np.empty(8 * words.size + 1, np.int64)
    capacity = 1024 if keep else 0
    spike_step = np.empty(capacity, np.int32)
    spike_neuron = np.empty(capacity, np.int32)
    spikes = 0
    events = 0
    cursor = 0
    for number in range(steps):
        k = first_step + number
        base = (k % network.slots) * row
        begin = cursor
        while cursor < input_step.size and input_step[cursor] <= k:
            cursor += 1
        if cursor > begin:
            events += _deliver(
                input_source,
                begin,
                cursor,
                ring,
                base,
                network.input_delay,
                network.input_offsets,
                network.input_travel,
                network.input_weight,
                read_noise,
                seed,
                -1 - k,
            )
        start = ((k + 1) % network.slots) * row
        arriving = ring[base : base + neurons]
        inhibiting = silence if network.merged else ring[base + half : base + half + neurons]
        while waiting and since[oldest] + c.held < k:
            oldest = oldest + 1 if oldest + 1 < neurons else 0
            waiting -= 1
        if simple:
            _advance_merged(neurons, arriving, c, v, excitatory, c.drive, flags)
        else:
            current = nothing if currents.shape[0] == 0 else currents[number if currents.shape[0] > 1 else 0]
            if c.conductance:
                _advance_conductance(
                    neurons, arriving, inhibiting, c, v, excitatory, inhibitory, current, flags
                )
            else:
                _advance(neurons, arriving, inhibiting, c, v, excitatory, inhibitory, current, flags)
        # Refractory neurons stay at reset, whatever arrived.
        for n in range(waiting):
            place = oldest + n
            held = resting[place if place < neurons else place - neurons]
            v[held] = c.reset
            flags[held] = c.reset >= c.threshold
        count = _fired(words, fired)
        for n in range(count):
            i = np.uint64(fired[n])
            v[i] = c.reset
            if c.held > 0:
                place = oldest + waiting
                place = place if place < neurons else place - neurons
                resting[place] = i
                since[place] = k
                waiting += 1
        if window[number] >= 0:
            _count(fired, count, counts, window[number])
        if keep:
            if spikes + count > spike_step.size:
                longer = spikes + count
                spike_step = np.append(spike_step[:spikes], np.empty(longer, np.int32))
                spike_neuron = np.append(spike_neuron[:spikes], np.empty(longer, np.int32))
            spike_step[spikes : spikes + count] = k
            spike_neuron[spikes : spikes + count] = fired[:count]
        spikes += count
        if count:
            events += _deliver(
                fired,
                0,
                count,
                ring,
                start,
                network.delay,
                network.offsets,
                network.travel,
                network.weight,
                read_noise,
                seed,
                k,
            )
        for r in range(traced.size):
            trace[number, r] = v[traced[r]]
    state.marks[0], state.marks[1], state.marks[2] = first_step + steps, oldest, waiting
    return spike_step[: spikes if keep else 0], spike_neuron[: spikes if keep else 0], events
