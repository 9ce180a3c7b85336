"""Tables of a behavioural SFQ neuron as one array of numbers, and back in compiled code.

Layout: lines s, slopes k, states n, modes m, top, half; the numbers; then the arrays of
`cosim.spiking.soma.Tables` in its order, complex ones as pairs, integers as bit patterns.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numba.np.numpy_support import carray

from cosim.lockstep.addresses import memory
from cosim.lockstep.model import Array
from cosim.spiking.soma import Numbers, Tables

_HEAD = 6
_NUMBERS = len(Numbers._fields)
assert _NUMBERS == 21, "unpacked() spells out every field of Numbers"


def packed(table: Tables) -> Array:
    """All numbers of a table (p,)."""
    lines, states = table.equilibrium.shape
    slopes, _, modes = table.modes.shape
    head = np.array([lines, slopes, states, modes, table.top, table.half], dtype=np.float64)
    return np.concatenate(
        [
            head,
            np.array(table.numbers, dtype=np.float64),
            table.low,
            table.high,
            table.kind.astype(np.int64).view(np.float64),
            table.equilibrium.ravel(),
            table.response.ravel(),
            np.ascontiguousarray(table.modes, np.complex128).ravel().view(np.float64),
            np.ascontiguousarray(table.inverse, np.complex128).ravel().view(np.float64),
            np.ascontiguousarray(table.real, np.float64).ravel(),
            np.ascontiguousarray(table.imaginary, np.float64).ravel(),
        ]
    )


@njit(cache=True)
def unpacked(address):
    """The table whose numbers begin at `address`; it shares their memory."""
    head = carray(memory(address), (_HEAD + _NUMBERS,), np.float64)
    s, k, n, m = int(head[0]), int(head[1]), int(head[2]), int(head[3])
    top, half = int(head[4]), int(head[5])
    f = head[_HEAD:]
    numbers = Numbers(
        f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8], f[9], f[10],
        f[11], f[12], f[13], f[14], f[15], f[16], f[17], f[18], f[19], f[20],
    )  # fmt: skip
    place = address + 8 * (_HEAD + _NUMBERS)
    low = carray(memory(place), (s,), np.float64)
    high = carray(memory(place + 8 * s), (s,), np.float64)
    kind = carray(memory(place + 16 * s), (s,), np.int64)
    place += 24 * s
    equilibrium = carray(memory(place), (s, n), np.float64)
    place += 8 * s * n
    response = carray(memory(place), (k, n), np.float64)
    place += 8 * k * n
    modes = carray(memory(place), (k, n, m), np.complex128)
    place += 16 * k * n * m
    inverse = carray(memory(place), (k, m, n), np.complex128)
    place += 16 * k * n * m
    real = carray(memory(place), (k, m), np.float64)
    imaginary = carray(memory(place + 8 * k * m), (k, m), np.float64)
    return Tables(low, high, kind, equilibrium, response, modes, inverse, real, imaginary, numbers, top, half)
