"""Which nodes hang together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cosim.josephson.compiled import entry

Index = NDArray[np.int64]


def components(size: int, first: Index, second: Index) -> Index:
    """(size,) the smallest node of each node's component; links (k,) join `first` and `second`."""
    root = np.arange(size)
    if len(first):
        _join(root, np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64))
    return root


@entry
def _join(root, first, second):
    for k in range(first.shape[0]):
        a, b = first[k], second[k]
        while root[a] != a:
            root[a] = root[root[a]]
            a = root[a]
        while root[b] != b:
            root[b] = root[root[b]]
            b = root[b]
        if a < b:
            root[b] = a
        else:
            root[a] = b
    # A root never points to a larger node: one pass upwards finds all.
    for i in range(root.shape[0]):
        root[i] = root[root[i]]
