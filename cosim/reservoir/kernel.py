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

BLOCK = 128


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
def _deliver(ring, start, first, last, travel, weight, read_noise, seed, step):
    mask = np.uint32(ring.size - 1)
    begin = np.uint32(start)
    if read_noise == 0.0:
        for synapse in range(first, last):
            ring[np.uint64((begin + travel[synapse]) & mask)] += weight[synapse]
    else:
        for synapse in range(first, last):
            drawn = weight[synapse] * (1.0 + read_noise * noise(seed, step, synapse))
            ring[np.uint64((begin + travel[synapse]) & mask)] += drawn


@njit(nogil=True, cache=True, fastmath={"nnan", "nsz"})
def _advance_merged(low, high, arriving, c, v, synaptic, drive):
    """Move neurons on by a step, both synapses alike; return their highest voltage."""
    peak = -np.inf
    for i in range(low, high):
        e = synaptic[i] + arriving[i]
        u = v[i] * c.a + e * c.g_e + drive
        v[i] = u
        synaptic[i] = e * c.d_e
        arriving[i] = 0.0
        peak = u if u > peak else peak
    return peak


@njit(nogil=True, cache=True, fastmath={"nnan", "nsz"})
def _advance(low, high, arriving, inhibiting, c, v, excitatory, inhibitory, current):
    """The same with a state for each sign and a current for each neuron."""
    peak = -np.inf
    for i in range(low, high):
        e = excitatory[i] + arriving[i]
        s = inhibitory[i] + inhibiting[i]
        u = v[i] * c.a + e * c.g_e + s * c.g_i + c.drive + current[i]
        v[i] = u
        excitatory[i] = e * c.d_e
        inhibitory[i] = s * c.d_i
        arriving[i] = 0.0
        inhibiting[i] = 0.0
        peak = u if u > peak else peak
    return peak


@njit(nogil=True, cache=True, fastmath={"nnan", "nsz"})
def _advance_conductance(low, high, arriving, inhibiting, c, v, excitatory, inhibitory, current):
    """The same for synapses that are conductances; a negative weight adds its magnitude."""
    peak = -np.inf
    for i in range(low, high):
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
        peak = u if u > peak else peak
    return peak


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
    hot = np.zeros((neurons + BLOCK - 1) // BLOCK, np.bool_)
    capacity = 1024 if keep else 0
    spike_step = np.empty(capacity, np.int32)
    spike_neuron = np.empty(capacity, np.int32)
    spikes = 0
    events = 0
    cursor = 0
    for number in range(steps):
        k = first_step + number
        base = (k % network.slots) * row
        while cursor < input_step.size and input_step[cursor] <= k:
            source = input_source[cursor]
            first, last = network.input_offsets[source], network.input_offsets[source + 1]
            _deliver(
                ring,
                base,
                first,
                last,
                network.input_travel,
                network.input_weight,
                read_noise,
                seed,
                -1 - k,
            )
            events += last - first
            cursor += 1
        start = ((k + 1) % network.slots) * row
        arriving = ring[base : base + neurons]
        inhibiting = silence if network.merged else ring[base + half : base + half + neurons]
        while waiting and since[oldest] + c.held < k:
            oldest = oldest + 1 if oldest + 1 < neurons else 0
            waiting -= 1
        for low in range(0, neurons, BLOCK):
            high = min(low + BLOCK, neurons)
            if simple:
                peak = _advance_merged(low, high, arriving, c, v, excitatory, c.drive)
            else:
                current = (
                    nothing if currents.shape[0] == 0 else currents[number if currents.shape[0] > 1 else 0]
                )
                if c.conductance:
                    peak = _advance_conductance(
                        low, high, arriving, inhibiting, c, v, excitatory, inhibitory, current
                    )
                else:
                    peak = _advance(low, high, arriving, inhibiting, c, v, excitatory, inhibitory, current)
            hot[low // BLOCK] = peak >= c.threshold
        # Refractory neurons stay at reset, whatever arrived.
        for n in range(waiting):
            place = oldest + n
            v[resting[place if place < neurons else place - neurons]] = c.reset
        for low in range(0, neurons, BLOCK):
            if not hot[low // BLOCK]:
                continue
            for i in range(low, min(low + BLOCK, neurons)):
                if v[i] < c.threshold:
                    continue
                v[i] = c.reset
                if c.held > 0:
                    place = oldest + waiting
                    place = place if place < neurons else place - neurons
                    resting[place] = i
                    since[place] = k
                    waiting += 1
                if window[number] >= 0:
                    counts[window[number], i] += 1
                if keep:
                    if spikes == spike_step.size:
                        spike_step = np.append(spike_step, np.empty(spikes, np.int32))
                        spike_neuron = np.append(spike_neuron, np.empty(spikes, np.int32))
                    spike_step[spikes] = k
                    spike_neuron[spikes] = i
                spikes += 1
                first, last = network.offsets[i], network.offsets[i + 1]
                _deliver(ring, start, first, last, network.travel, network.weight, read_noise, seed, k)
                events += last - first
        for r in range(traced.size):
            trace[number, r] = v[traced[r]]
    state.marks[0], state.marks[1], state.marks[2] = first_step + steps, oldest, waiting
    return spike_step[: spikes if keep else 0], spike_neuron[: spikes if keep else 0], events
