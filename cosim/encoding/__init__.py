"""What reaches a network as spikes: encoders of numbers, signals and sound, and readers of event files.

`Events` holds the spikes of one sample. A batch is a list of them.
"""

from __future__ import annotations

from cosim.encoding.aer import read_aer
from cosim.encoding.delta import delta, reconstruct
from cosim.encoding.events import Events, events, from_dense
from cosim.encoding.idx import read_idx
from cosim.encoding.nir_data import from_nir, read_nir_events
from cosim.encoding.rates import bernoulli, latency, poisson, regular
from cosim.encoding.shd import read_shd
from cosim.encoding.sound import cochlea, gammatone_envelope, mel_envelope, read_wav

__all__ = [
    "Events",
    "bernoulli",
    "cochlea",
    "delta",
    "events",
    "from_dense",
    "from_nir",
    "gammatone_envelope",
    "latency",
    "mel_envelope",
    "poisson",
    "read_aer",
    "read_idx",
    "read_nir_events",
    "read_shd",
    "read_wav",
    "reconstruct",
    "regular",
]
