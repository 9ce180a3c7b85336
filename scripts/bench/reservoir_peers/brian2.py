"""Builds the network of `FOLDER/network.npz` as a Brian2 C++ program; prints command and spikes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

# This file has the name of the package that it needs.
sys.path = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).resolve().parent]

import brian2 as b  # noqa: E402
import numpy as np  # noqa: E402

folder = Path(sys.argv[1])
with np.load(folder / "network.npz") as data:
    n = {name: data[name] for name in data.files}
b.set_device("cpp_standalone", directory=str(folder / "program"), build_on_run=True)
b.prefs.devices.cpp_standalone.openmp_threads = 0
b.defaultclock.dt = float(n["step"]) * b.second
group = b.NeuronGroup(
    int(n["neurons"]),
    """dv/dt = (-v + current) / (20*ms) : 1 (unless refractory)
    dcurrent/dt = -current / (5*ms) : 1""",
    threshold="v >= 1",
    reset="v = 0",
    refractory=2 * b.ms,
    method="exact",
)
inputs = b.SpikeGeneratorGroup(int(n["channels"]), n["input_channel"], n["input_time"] * b.second)
feed = b.Synapses(inputs, group, "w : 1", on_pre="current_post += w")
feed.connect(i=n["input_source"], j=n["input_target"])
feed.w = n["input_weight"]
recurrent = b.Synapses(group, group, "w : 1", on_pre="current_post += w", delay=2 * b.ms)
recurrent.connect(i=n["source"], j=n["target"])
recurrent.w = n["weight"]
spikes = b.SpikeMonitor(group, record=False)
network = b.Network(group, inputs, feed, recurrent, spikes)
network.run(float(n["seconds"]) * b.second)
program = folder / "program"
command = [str(program / "main"), "--results_dir", f"{program / 'results'}/"]
print(json.dumps({"command": command, "folder": str(program), "spikes": int(spikes.num_spikes)}))
