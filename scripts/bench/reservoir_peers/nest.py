"""Prints the command that runs the network of `FOLDER/network.npz` in NEST, and its number of spikes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

# This file has the name of the package that it needs.
sys.path = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).resolve().parent]

import nest  # noqa: E402  # pyright: ignore[reportMissingImports]
import numpy as np  # noqa: E402

folder = Path(sys.argv[1])
with np.load(folder / "network.npz") as data:
    n = {name: data[name] for name in data.files}
step = float(n["step"]) * 1e3
nest.ResetKernel()
nest.set_verbosity("M_ERROR")
nest.resolution = step
nest.local_num_threads = 1
neurons = nest.Create(
    "iaf_psc_exp",
    int(n["neurons"]),
    {
        "C_m": 20.0,
        "tau_m": 20.0,
        "tau_syn_ex": 5.0,
        "tau_syn_in": 5.0,
        "t_ref": 2.0 - step,
        "E_L": 0.0,
        "V_m": 0.0,
        "V_th": 1.0,
        "V_reset": 0.0,
    },
)
inputs = nest.Create("spike_generator", int(n["channels"]))
for channel, generator in enumerate(inputs):
    generator.spike_times = (
        np.round((n["input_time"][n["input_channel"] == channel] * 1e3 + step) / step) * step
    )
inputs_of, neurons_of = np.array(inputs.tolist()), np.array(neurons.tolist())


def connected(sources, targets, weights, delay):
    nest.Connect(
        sources,
        targets,
        "one_to_one",
        {"synapse_model": "static_synapse", "weight": weights, "delay": np.full(len(weights), delay)},
    )


connected(inputs_of[n["input_source"]], neurons_of[n["input_target"]], n["input_weight"], step)
connected(neurons_of[n["source"]], neurons_of[n["target"]], n["weight"], 2.0)
recorder = nest.Create("spike_recorder")
nest.Connect(neurons, recorder)
nest.Simulate(float(n["seconds"]) * 1e3)
command = [sys.executable, __file__, str(folder)]
print(json.dumps({"command": command, "folder": str(folder), "spikes": int(recorder.n_events)}))
