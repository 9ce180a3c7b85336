"""Euler's step: a NIR neuron's time constants → decays and gains per step of dt seconds.

It is the step that snnTorch's export assumes (mem ← β·mem + input):

    β = 1 − dt/τ_mem        g = r·dt/τ_mem        α = 1 − dt/τ_syn        g_syn = w_in·dt/τ_syn

and, for IF, β = 1 and g = r: a spike is a unit of charge, whatever the step. Symbols: τ time
constant (s), r resistance, w_in input weight of the synapse.
"""

from __future__ import annotations

import numpy as np

from cosim.errors import NetworkError
from cosim.network.nir_file import NirNode


def dynamics(
    node: NirNode, values: dict[str, np.ndarray], time_step: float, notes: list[str]
) -> dict[str, np.ndarray]:
    """Return the per-step parameters of a node as `Layer` names them, from its stored arrays (outputs,).

    Appends to `notes` what had to be assumed. Raises `NetworkError` naming the node when a time constant
    is not positive or shorter than the step (s).
    """
    if node.type == "IF":
        return {"membrane_decay": np.ones(()), "membrane_gain": values["r"]}
    membrane = "tau" if node.type == "LIF" else "tau_mem"
    parameters = {
        "membrane_decay": _decay(node, membrane, values[membrane], time_step),
        "membrane_gain": _gain(node, membrane, values["r"], values[membrane], time_step, notes),
        "leak_value": values["v_leak"],
    }
    if node.type == "CubaLIF":
        parameters["synaptic_decay"] = _decay(node, "tau_syn", values["tau_syn"], time_step)
        parameters["synaptic_gain"] = _gain(
            node, "tau_syn", values["w_in"], values["tau_syn"], time_step, notes
        )
    return parameters


def _rounding(stored: np.ndarray) -> float:
    """Relative error that a value computed from a few stored ones may carry."""
    return 8 * float(np.finfo(stored.dtype).eps) if stored.dtype.kind == "f" else 0.0


def _decay(node: NirNode, label: str, tau: np.ndarray, time_step: float) -> np.ndarray:
    """Return 1 − dt/τ; a result within τ's own rounding of 0 is 0."""
    if np.any(np.isnan(tau)) or np.any(tau <= 0):
        index = int(np.flatnonzero(~(tau > 0))[0])
        raise NetworkError(f"{node}: {label}[{index}] is {tau[index]:g} s, expected a positive time constant")
    decay = 1.0 - time_step / tau.astype(np.float64)
    decay = np.where(np.abs(decay) <= _rounding(tau), 0.0, decay)
    if np.any(decay < 0):
        index = int(np.argmin(decay))
        raise NetworkError(
            f"{node}: {label}[{index}] = {tau[index]:g} s is shorter than the time step "
            f"{time_step:g} s, which Euler's step cannot follow; "
            f"pass a time step of at most {float(np.min(tau)):g}"
        )
    return decay


def _gain(
    node: NirNode, label: str, scale: np.ndarray, tau: np.ndarray, time_step: float, notes: list[str]
) -> np.ndarray:
    """Return scale·dt/τ; a result within the stored values' rounding of 1 is 1."""
    scale, rounding = scale.astype(np.float64), max(_rounding(tau), _rounding(scale))
    endless = np.isinf(tau) & np.isinf(scale)
    if np.any(endless):
        notes.append(f"{node}: {label} and its gain are infinite, read as no leak (decay 1) and gain 1")
    gain = np.where(endless, 1.0, scale) * time_step / np.where(endless, time_step, tau.astype(np.float64))
    return np.where(np.abs(gain - 1.0) <= rounding, 1.0, gain)
