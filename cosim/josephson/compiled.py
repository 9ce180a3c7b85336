"""The three ways in which kernels are compiled.

`entry` is called from Python. `inner` and `inlined` are called from kernels only, so no Python
wrappers are made for them, which would take most of the time to compile. None of them counts
references: kernels own nothing. `error_model="numpy"` makes a division a division.
"""

from __future__ import annotations

from typing import Any

import numba

_njit: Any = numba.njit

entry = _njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
inner = _njit(cache=True, error_model="numpy", _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
inlined = _njit(
    cache=True, forceinline=True, error_model="numpy", _nrt=False,
    no_cpython_wrapper=True, no_cfunc_wrapper=True,
)  # fmt: skip
