"""Small networks made by hand for the tests of mapping and evaluation."""

from __future__ import annotations

import numpy as np

from cosim.network import Layer, Network


def network(*layers: tuple[list[list[float]], list[float]], name: str = "made") -> Network:
    """A memoryless network of (weights, thresholds) a layer."""
    built = tuple(
        Layer(
            name=f"layer {i}",
            weight=np.array(weights, dtype=float),
            membrane_decay=np.array(0.0),
            threshold=np.array(thresholds, dtype=float),
        )
        for i, (weights, thresholds) in enumerate(layers)
    )
    return Network(layers=built, inputs=built[0].inputs, name=name)


def xor() -> Network:
    """OR and AND, then the one without the other."""
    return network(([[1, 1], [1, 1]], [0.5, 1.5]), ([[1, -1]], [0.5]), name="xor")
