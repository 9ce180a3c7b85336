"""The time loop of a reservoir without plasticity: one sample, compiled.

Order within step k, which leads from t_k to t_k + h: input spikes of step k and what has travelled until
now join the synaptic states; states go on exactly (current-based) or as `ConductanceLif` says; a neuron whose
voltage reaches the threshold fires at t_k + h, is reset, and its spike leaves. So a synapse without delay
acts from the step after the spike on. Cost: neurons × steps for the states, one addition a synapse a spike.

| symbol | meaning |
| --- | --- |
| a, d_e, d_i | decay of membrane, excitatory and inhibitory state in a step |
| g_e, g_i | gains from synaptic state to voltage |
| ring | (slots, 2, neurons): what arrives in coming steps; slot of step k is k mod slots |
| travel | per synapse: its place in the ring relative to the slot in which it starts |
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

BLOCK = 128


class Network(NamedTuple):
    """Connections as the kernel takes them: `travel` = (delay in steps · 2 + sign channel) · neurons +
    target.
    """

    input_offsets: NDArray[np.int64]
    input_travel: NDArray[np.int64]
    input_weight: NDArray[np.float64]
    offsets: NDArray[np.int64]
    travel: NDArray[np.int64]
    weight: NDArray[np.float64]
    slots: int


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
    size = ring.size
    if read_noise == 0.0:
        for synapse in range(first, last):
            place = start + travel[synapse]
            if place >= size:
                place -= size
            ring[place] += weight[synapse]
    else:
        for synapse in range(first, last):
            place = start + travel[synapse]
            if place >= size:
                place -= size
            ring[place] += weight[synapse] * (1.0 + read_noise * noise(seed, step, synapse))


@njit(nogil=True, cache=True, fastmath={"nnan", "nsz"})
def _advance(low, high, k, base, neurons, c, ring, v, excitatory, inhibitory, held_until, current):
    """Move neurons `low` to `high` on by a step; return their highest voltage."""
    peak = -np.inf
    now = float(k)
    for i in range(low, high):
        e = excitatory[i] + ring[base + i]
        s = inhibitory[i] + ring[base + neurons + i]
        u = v[i] * c.a + e * c.g_e + s * c.g_i + c.drive + current[i]
        u = c.reset if held_until[i] > now else u
        v[i] = u
        excitatory[i] = e * c.d_e
        inhibitory[i] = s * c.d_i
        peak = u if u > peak else peak
    return peak


@njit(nogil=True, cache=True, fastmath={"nnan", "nsz"})
def _advance_conductance(
    low, high, k, base, neurons, c, ring, v, excitatory, inhibitory, held_until, current
):
    """The same for synapses that are conductances; a negative weight adds its magnitude."""
    peak = -np.inf
    now = float(k)
    for i in range(low, high):
        e = excitatory[i] + ring[base + i]
        s = inhibitory[i] - ring[base + neurons + i]
        mean_e = e * c.g_e
        mean_i = s * c.g_i
        total = 1.0 + mean_e + mean_i
        goal = (c.drive + current[i] + mean_e * c.e_e + mean_i * c.e_i) / total
        u = goal + (v[i] - goal) * np.exp(-c.rate * total)
        u = c.reset if held_until[i] > now else u
        v[i] = u
        excitatory[i] = e * c.d_e
        inhibitory[i] = s * c.d_i
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
    v,
    window,
    counts,
    traced,
    trace,
    keep,
    read_noise,
    seed,
):
    """Run one sample; fill `counts` (windows, neurons) and `trace` (steps, traced); return spikes.

    `input_step` is sorted. `currents` is (steps, neurons) volts a step, or (1, neurons) for a constant.
    `window` (steps,) is the row of `counts` of each step, −1 for none. Returns (steps, neurons) index
    arrays, empty unless `keep`, in order of time, and the number of synaptic events.
    """
    ring = np.zeros(network.slots * 2 * neurons)
    row = 2 * neurons
    excitatory = np.zeros(neurons)
    inhibitory = np.zeros(neurons)
    held_until = np.zeros(neurons)
    capacity = 1024 if keep else 0
    spike_step = np.empty(capacity, np.int32)
    spike_neuron = np.empty(capacity, np.int32)
    spikes = 0
    events = 0
    cursor = 0
    slot = 0
    for k in range(steps):
        base = slot * row
        while cursor < input_step.size and input_step[cursor] <= k:
            source = input_source[cursor]
            first, last = network.input_offsets[source], network.input_offsets[source + 1]
            _deliver(
                ring, base, first, last, network.input_travel, network.input_weight, read_noise, seed, -1 - k
            )
            events += last - first
            cursor += 1
        slot = slot + 1 if slot + 1 < network.slots else 0
        start = slot * row
        current = currents[k if currents.shape[0] > 1 else 0]
        for low in range(0, neurons, BLOCK):
            high = min(low + BLOCK, neurons)
            if c.conductance:
                peak = _advance_conductance(
                    low, high, k, base, neurons, c, ring, v, excitatory, inhibitory, held_until, current
                )
            else:
                peak = _advance(
                    low, high, k, base, neurons, c, ring, v, excitatory, inhibitory, held_until, current
                )
            if peak < c.threshold:
                continue
            for i in range(low, high):
                if v[i] < c.threshold:
                    continue
                v[i] = c.reset
                held_until[i] = k + 1 + c.held
                if window[k] >= 0:
                    counts[window[k], i] += 1
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
        ring[base : base + row] = 0.0
        for r in range(traced.size):
            trace[k, r] = v[traced[r]]
    return spike_step[: spikes if keep else 0], spike_neuron[: spikes if keep else 0], events
