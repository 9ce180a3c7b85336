"""What reaches a network as spikes: encoders of numbers, signals and sound, and readers of event files.

`Events` holds the spikes of one sample. A batch is a list of them.
"""

from __future__ import annotations

from cosim.encoding.delta import delta, reconstruct
from cosim.encoding.events import Events, events, from_dense
from cosim.encoding.idx import read_idx
from cosim.encoding.rates import bernoulli, latency, poisson, regular
from cosim.encoding.sound import cochlea, gammatone_envelope, mel_envelope, read_wav

__all__ = [
    "Events",
    "bernoulli",
    "cochlea",
    "delta",
    "events",
    "from_dense",
    "gammatone_envelope",
    "latency",
    "mel_envelope",
    "poisson",
    "read_idx",
    "read_wav",
    "reconstruct",
    "regular",
]
