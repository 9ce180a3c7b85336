"""Spike for spike with Brian2: 200 neurons, 1 s, deterministic input (reference/make_brian2.py)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cosim.encoding import events
from cosim.reservoir import Lif, Reservoir, from_edges, run

STEP = 1e-4


def test_every_spike_is_that_of_brian2() -> None:
    with np.load(Path(__file__).parent / "reference" / "brian2_200.npz") as data:
        reference = {name: data[name] for name in data.files}
    # An input spike of step k acts there from step k + 1 on, here from step k on. Brian2 holds v for the
    # refractory time less one step, since its spikes carry the time at which their step began.
    reservoir = Reservoir(
        neuron=Lif(inhibitory_time=10e-3, refractory=2.0e-3),
        inputs=from_edges(
            20, 200, reference["input_source"], reference["input_target"], reference["input_weight"], STEP
        ),
        recurrent=from_edges(
            200, 200, reference["source"], reference["target"], reference["weight"], reference["delay"]
        ),
    )
    sample = events(reference["input_time"], reference["input_channel"], 20, 1.0)
    answer = run(reservoir, [sample], step=STEP, record_spikes=True, record_voltages=[0, 50, 199])
    ours = answer.spikes[0]
    assert reference["spike_step"].size > 1500
    np.testing.assert_array_equal(np.rint(ours.time / STEP).astype(int) - 1, reference["spike_step"])
    np.testing.assert_array_equal(ours.channel, reference["spike_neuron"])
    np.testing.assert_allclose(answer.voltages[0, ::50], reference["voltage"], rtol=0, atol=1e-9)
