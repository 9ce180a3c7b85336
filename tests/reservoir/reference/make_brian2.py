"""Makes brian2_200.npz: what Brian2 says of the network in `network()`. Run where Brian2 is installed.

The network is drawn with NumPy and stored beside the spikes, so that both engines get the same numbers.
Input is regular, nothing is random in the run. Brian2 stamps a spike with the start of its step, this
package with the end: `test_brian2.py` takes that into account.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

NEURONS, CHANNELS, STEP, DURATION = 200, 20, 1e-4, 1.0


def network() -> dict[str, np.ndarray]:
    """Return edges, weights, delays and input spikes of 200 neurons, 80 % of them excitatory."""
    generator = np.random.default_rng(7)
    source = np.repeat(np.arange(NEURONS), 20)
    target = generator.integers(0, NEURONS, source.size)
    weight = np.where(source < 160, 0.12, -0.4) * generator.uniform(0.5, 1.5, source.size)
    delay = generator.integers(1, 40, source.size) * STEP
    input_source = np.repeat(np.arange(CHANNELS), 30)
    input_target = generator.integers(0, NEURONS, input_source.size)
    input_weight = generator.uniform(0.6, 1.8, input_source.size)
    times, channels = [], []
    for channel in range(CHANNELS):
        period = int(generator.integers(90, 260))
        steps = np.arange(int(generator.integers(0, period)), int(DURATION / STEP) - 50, period)
        times.append(steps * STEP)
        channels.append(np.full(steps.size, channel))
    time, channel = np.concatenate(times), np.concatenate(channels)
    order = np.lexsort((channel, time))
    return {
        "source": source,
        "target": target,
        "weight": weight,
        "delay": delay,
        "input_source": input_source,
        "input_target": input_target,
        "input_weight": input_weight,
        "input_time": time[order],
        "input_channel": channel[order],
    }


def main() -> None:
    """Run Brian2 and store its spikes and three voltages."""
    import brian2 as b

    b.prefs.codegen.target = "numpy"
    b.defaultclock.dt = STEP * b.second
    n = network()
    group = b.NeuronGroup(
        NEURONS,
        """dv/dt = (-v + exc + inh) / (20*ms) : 1 (unless refractory)
        dexc/dt = -exc / (5*ms) : 1
        dinh/dt = -inh / (10*ms) : 1""",
        threshold="v >= 1",
        reset="v = 0",
        refractory=2.1 * b.ms,
        method="exact",
    )
    inputs = b.SpikeGeneratorGroup(CHANNELS, n["input_channel"], n["input_time"] * b.second)
    feed = b.Synapses(inputs, group, "w : 1", on_pre="exc_post += w")
    feed.connect(i=n["input_source"], j=n["input_target"])
    feed.w = n["input_weight"]
    groups = []
    for name, sign in (("exc", n["weight"] > 0), ("inh", n["weight"] < 0)):
        synapses = b.Synapses(group, group, "w : 1", on_pre=f"{name}_post += w")
        synapses.connect(i=n["source"][sign], j=n["target"][sign])
        synapses.w = n["weight"][sign]
        synapses.delay = n["delay"][sign] * b.second
        groups.append(synapses)
    spikes = b.SpikeMonitor(group)
    voltages = b.StateMonitor(group, "v", record=[0, 50, 199], when="end")
    network_of_brian = b.Network(group, inputs, feed, groups, spikes, voltages)
    network_of_brian.run(DURATION * b.second)
    np.savez_compressed(
        Path(__file__).with_name("brian2_200.npz"),
        **n,
        spike_step=np.rint(np.asarray(spikes.t) / STEP).astype(np.int32),
        spike_neuron=np.asarray(spikes.i, dtype=np.int32),
        voltage=np.asarray(voltages.v)[:, ::50].T,
        version=b.__version__,
    )


if __name__ == "__main__":
    main()
