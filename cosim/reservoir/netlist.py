r"""A small reservoir as an ngspice deck: every neuron a circuit, every synapse a term of a current source.

    out_j ──[delay line]── y_j ──[R–C]── d_j        e_i: Cs ∥ Rs, τs = Rs·Cs        neuron i:
    `cosim.circuits.analog.lif`
                            └ max(y_j − d_j, 0) ── Σ_j w_ij·Cs/τd ──> e_i ──── v(e_i)/Rm ────> membrane

The output of a neuron is high while it is refractory. The difference between it and its low-pass (τd) has
the area τd, so each spike puts the charge w·Cs onto e_i within a few τd; the engine does so at one instant.
Input spikes are pulses of length τd. Excitation and inhibition have a capacitor each. Spike times agree
with `cosim.reservoir.run` to about τd and the engine's step; a test says how well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cosim.circuits.analog import LifParameters, analog_deck, lif
from cosim.encoding import Events
from cosim.errors import NetworkError
from cosim.reservoir.neurons import Lif
from cosim.reservoir.simulate import Reservoir

#: Capacitance of a synaptic node, of a membrane, and of a low-pass, which must not load its delay line [F].
SYNAPSE, MEMBRANE, LOW_PASS = 1e-9, 1e-12, 1e-13


@dataclass(frozen=True, kw_only=True)
class ReservoirDeck:
    """The text, and where to look."""

    text: str
    outputs: tuple[str, ...]
    """node of each neuron's output: high (1 V) from a spike to the end of the refractory time"""
    lag: float
    """mean time that a spike loses between a threshold and the synaptic current, beyond its delay [s]"""


def reservoir_deck(
    reservoir: Reservoir, sample: Events, *, duration: float, pulse: float | None = None
) -> ReservoirDeck:
    """Write the reservoir, fed with `sample`, as a deck that runs for `duration` seconds.

    Args:
        reservoir: `Lif` neurons with rest and reset at 0 V, no bias; one delay, above 0, for all
            recurrent synapses; no input delays; no read noise.
        pulse: τd [s]; a fiftieth of the refractory time when not given.

    Raises:
        NetworkError: what the circuit does not have.
    """
    neuron = reservoir.neuron
    if (
        not isinstance(neuron, Lif)
        or neuron.rest
        or neuron.reset
        or neuron.bias_current
        or reservoir.read_noise
    ):
        raise NetworkError(
            "reservoir deck: needs Lif neurons with rest = reset = 0 V, no bias and no read noise"
        )
    delays = np.unique(reservoir.recurrent.delay)
    if delays.size > 1 or (delays.size and delays[0] <= 0) or np.any(reservoir.inputs.delay != 0):
        raise NetworkError("reservoir deck: needs one recurrent delay above 0 and no input delays")
    if neuron.refractory <= 0:
        raise NetworkError("reservoir deck: needs a refractory time above 0: a spike's output lasts as long")
    width = neuron.refractory / 50 if pulse is None else pulse
    cell = lif(
        LifParameters(
            capacitance=MEMBRANE,
            leak_resistance=neuron.membrane_time / MEMBRANE,
            threshold=neuron.threshold,
            refractory=neuron.refractory,
        )
    )
    cards = []
    for channel in range(reservoir.channels):
        cards.append(f"Vin{channel} x{channel} 0 {_pulses(sample.time[sample.channel == channel], width)}")
    matrix, feed = reservoir.recurrent.dense(), reservoir.inputs.dense()
    times = {"e": neuron.excitatory_time, "s": neuron.inhibitory_time}
    for i in range(reservoir.neurons):
        cards.append(cell.instance(f"n{i}", f"m{i}", f"out{i}"))
        if delays.size:
            cards += [f"T{i} out{i} 0 y{i} 0 z0=50 td={float(delays[0])!r}", f"Ry{i} y{i} 0 50"]
            cards += [f"Rd{i} y{i} d{i} {width / LOW_PASS!r}", f"Cd{i} d{i} 0 {LOW_PASS!r}", f".ic v(d{i})=0"]
        for kind, chosen in (("e", np.maximum), ("s", np.minimum)):
            terms = [
                f"{float(w) * SYNAPSE / width!r}*max(v(y{j})-v(d{j}),0)"
                for j, w in enumerate(chosen(matrix[i], 0.0))
                if w
            ]
            terms += [
                f"{float(w) * SYNAPSE / width!r}*v(x{k})" for k, w in enumerate(chosen(feed[i], 0.0)) if w
            ]
            cards += [
                f"C{kind}{i} {kind}{i} 0 {SYNAPSE!r}",
                f"R{kind}{i} {kind}{i} 0 {times[kind] / SYNAPSE!r}",
            ]
            cards += [f"B{kind}{i} 0 {kind}{i} i={'+'.join(terms) or '0'}", f".ic v({kind}{i})=0"]
        gain = neuron.resistance * MEMBRANE / neuron.membrane_time
        cards.append(f"Bm{i} 0 m{i} i={gain!r}*(v(e{i})+v(s{i}))")
    text = analog_deck(
        "Spiking reservoir",
        [cell],
        cards,
        stop=duration,
        step=width / 2,
        options="method=gear reltol=1e-4 abstol=1e-15 vntol=1e-9 chgtol=1e-20",
    )
    return ReservoirDeck(
        text=text,
        outputs=tuple(f"out{i}" for i in range(reservoir.neurons)),
        lag=width + neuron.refractory / 200,
    )


def _pulses(times: np.ndarray, width: float) -> str:
    """Return a piecewise linear source of 1 V that is high for `width` after each time."""
    edge = width / 20
    points = [(0.0, 0.0)]
    for time in np.unique(times):
        start = max(time, points[-1][0] + edge)
        points += [(start, 0.0), (start + edge, 1.0), (start + width, 1.0), (start + width + edge, 0.0)]
    return f"pwl({' '.join(f'{t:.12g} {v:g}' for t, v in points)})"
