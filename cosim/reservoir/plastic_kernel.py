"""The time loop of a reservoir whose synapses learn while a sample runs: STDP, with or without an astrocyte.

One sample, compiled. The order within a step is that of `kernel.py`; after the spikes of the step follow,
as in the neuron–astrocyte liquid state machine (Ivanov and Michmizos, NeurIPS 2021): the weights change by
the traces of earlier spikes, the traces take up the spikes, the astrocyte its sums, all rates shrink.

| symbol | meaning |
| --- | --- |
| x | trace of each channel and neuron: x ← decay·(x + increment·s) |
| p | amplitude of potentiation (a spike of the target, times the source's trace) |
| A | amplitude of depression (a spike of the source, times the target's trace); one a domain |
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray


class PlasticNetwork(NamedTuple):
    """All synapses, inputs first: sources 0 … channels − 1 are inputs, then the neurons.

    `by_target` lists synapses by the neuron that they end on (offsets `target_offsets`).
    """

    channels: int
    offsets: NDArray[np.int64]
    target: NDArray[np.int32]
    delay: NDArray[np.int32]
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]
    inhibitory: NDArray[np.bool_]
    """(sources,) whose potentiation and depression change places"""
    target_offsets: NDArray[np.int64]
    by_target: NDArray[np.int64]
    source: NDArray[np.int32]
    slots: int
    domain: NDArray[np.int32]
    """(sources,) astrocyte of each input channel and neuron"""


class Rule(NamedTuple):
    """Numbers of the plasticity; `modulated` lets the astrocyte set the depression."""

    trace_decay: float
    trace_increment: float
    potentiation: float
    depression: float
    shrink: float
    modulated: bool
    astrocyte_weight: float
    astrocyte_bias: float
    astrocyte_time: float
    """in steps"""
    homeostatic_rate: float
    homeostatic_target: float
    """spikes a step"""
    homeostatic_memory: float
    """decay in a step of the rate that is compared with the target"""


@njit(nogil=True, cache=True)
def run_plastic(
    steps,
    neurons,
    c,
    network,
    rule,
    weight,
    input_step,
    input_source,
    window,
    counts,
    domains,
    astrocyte,
    trace,
    keep,
):
    """Run one sample; `weight` (synapses,) changes in place, `astrocyte` (steps, domains) is filled with A,
    `trace` (channels + neurons,) goes on from what it holds.

    Returns (steps, neurons) of the spikes when `keep`.
    """
    channels = network.channels
    row = 2 * neurons
    ring = np.zeros(network.slots * row)
    v = np.full(neurons, c.rest)
    excitatory = np.zeros(neurons)
    inhibitory = np.zeros(neurons)
    held_until = np.zeros(neurons, np.int64)
    depression = np.full(domains, rule.depression)
    potentiation = rule.potentiation
    scale = 1.0
    balance = np.zeros(domains)
    fired = np.empty(channels + neurons + input_step.size, np.int32)
    activity = np.full(neurons, rule.homeostatic_target)
    capacity = 1024 if keep else 0
    spike_step = np.empty(capacity, np.int32)
    spike_neuron = np.empty(capacity, np.int32)
    spikes = 0
    cursor = 0
    for k in range(steps):
        slot = k % network.slots
        base = slot * row
        count = 0
        balance[:] = 0.0
        while cursor < input_step.size and input_step[cursor] <= k:
            source = input_source[cursor]
            fired[count] = source
            count += 1
            balance[network.domain[source]] -= 1.0
            for synapse in range(network.offsets[source], network.offsets[source + 1]):
                w = weight[synapse]
                place = ((slot + network.delay[synapse]) % network.slots) * row
                ring[place + (neurons if w < 0.0 else 0) + network.target[synapse]] += w
            cursor += 1
        for i in range(neurons):
            e = excitatory[i] + ring[base + i]
            s = inhibitory[i] + ring[base + neurons + i]
            u = v[i] * c.a + e * c.g_e + s * c.g_i + c.drive
            excitatory[i] = e * c.d_e
            inhibitory[i] = s * c.d_i
            v[i] = c.reset if held_until[i] > k else u
        ring[base : base + row] = 0.0
        slot = (k + 1) % network.slots
        for i in range(neurons):
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
            source = channels + i
            fired[count] = source
            count += 1
            balance[network.domain[source]] += 1.0
            for synapse in range(network.offsets[source], network.offsets[source + 1]):
                w = weight[synapse]
                place = ((slot + network.delay[synapse]) % network.slots) * row
                ring[place + (neurons if w < 0.0 else 0) + network.target[synapse]] += w
        for n in range(count):
            _learn(fired[n], channels, network, weight, trace, potentiation, depression)
        for n in range(channels + neurons):
            trace[n] *= rule.trace_decay
        for n in range(count):
            trace[fired[n]] += rule.trace_decay * rule.trace_increment
        if rule.homeostatic_rate > 0.0:
            activity *= rule.homeostatic_memory
            for n in range(count):
                if fired[n] >= channels:
                    activity[fired[n] - channels] += 1.0 - rule.homeostatic_memory
            _rescale(neurons, network, weight, activity, rule)
        for d in range(domains):
            if rule.modulated:
                depression[d] += (
                    scale * (rule.astrocyte_weight * balance[d] + rule.astrocyte_bias) - depression[d]
                ) / rule.astrocyte_time
            depression[d] *= rule.shrink
            astrocyte[k, d] = depression[d]
        potentiation *= rule.shrink
        scale *= rule.shrink
    return spike_step[: spikes if keep else 0], spike_neuron[: spikes if keep else 0]


@njit(nogil=True, cache=True)
def _learn(fired, channels, network, weight, trace, potentiation, depression):
    """Change the weights of one source or neuron that has fired: outgoing by post traces, incoming by pre
    traces.
    """
    inhibits = network.inhibitory[fired]
    for synapse in range(network.offsets[fired], network.offsets[fired + 1]):
        end = channels + network.target[synapse]
        rate = potentiation if inhibits else -depression[network.domain[end]]
        changed = weight[synapse] + rate * trace[end]
        weight[synapse] = min(max(changed, network.lowest[synapse]), network.highest[synapse])
    if fired < channels:
        return
    neuron = fired - channels
    for place in range(network.target_offsets[neuron], network.target_offsets[neuron + 1]):
        synapse = network.by_target[place]
        source = network.source[synapse]
        rate = -depression[network.domain[fired]] if network.inhibitory[source] else potentiation
        changed = weight[synapse] + rate * trace[source]
        weight[synapse] = min(max(changed, network.lowest[synapse]), network.highest[synapse])


@njit(nogil=True, cache=True)
def _rescale(neurons, network, weight, activity, rule):
    """Synaptic scaling: incoming excitatory weights of a neuron grow while it fires below its target rate."""
    for neuron in range(neurons):
        factor = 1.0 + rule.homeostatic_rate * (rule.homeostatic_target - activity[neuron])
        for place in range(network.target_offsets[neuron], network.target_offsets[neuron + 1]):
            synapse = network.by_target[place]
            if weight[synapse] > 0.0:
                changed = weight[synapse] * factor
                weight[synapse] = min(max(changed, network.lowest[synapse]), network.highest[synapse])
