"""Random networks for property tests."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st

from cosim.network import Layer, Network


@st.composite
def networks(draw: st.DrawFn) -> Network:
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = draw(st.lists(st.integers(1, 5), min_size=2, max_size=4))
    layers = []
    for index, (inputs, outputs) in enumerate(itertools.pairwise(sizes)):
        model = draw(st.sampled_from(["IF", "LIF", "CubaLIF"]))
        synapse = {
            "synaptic_decay": generator.uniform(0, 0.9, outputs),
            "synaptic_gain": generator.uniform(0.5, 2, outputs),
        }
        layers.append(
            Layer(
                name=f"n{index}",
                model=model,
                weight=generator.normal(0.3, 1, (outputs, inputs)),
                bias=generator.normal(0, 0.1, outputs),
                membrane_decay=np.ones(()) if model == "IF" else generator.uniform(0, 1, outputs),
                membrane_gain=generator.uniform(0.5, 2, outputs),
                threshold=generator.uniform(0.5, 1.5, outputs),
                reset_value=generator.uniform(-0.5, 0.4, outputs),
                leak_value=np.zeros(()) if model == "IF" else generator.uniform(-0.2, 0.2, outputs),
                **(synapse if model == "CubaLIF" else {}),
            )
        )
    reset = draw(st.sampled_from(["zero", "subtract", "subtract_delayed"]))
    return Network(layers=tuple(layers), inputs=sizes[0], time_step=1e-4, reset_rule=reset)
