"""Names of ngspice's vectors, and the results made of them.

ngspice counts hierarchy from the outside in and in lower case: node `5` of `x1` is
`v(x1.5)`, inductor `l1` in it `i(l.x1.l1)`. Results use JoSIM's names: `V(5|X1)`, `I(L1|X1)`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cosim.errors import SimulationError, did_you_mean
from cosim.results import RawPlot

_UNIT_OF_KIND = {"voltage": "V", "current": "A", "time": "s", "phase": "rad", "power": "W"}
_DIFFERENCE = re.compile(r"v\(([^(),\s]+),([^(),\s]+)\)")
_CALL = re.compile(r"([vi])\(([^()]*)\)")


def label_of(vector: str) -> str:
    """Return JoSIM's column name of an ngspice vector; other vectors in upper case."""
    found = _CALL.fullmatch(vector.lower())
    if found is None or found[2].startswith("@"):
        return vector.upper()
    parts = found[2].split(".")
    if found[1] == "i" and len(parts) > 2 and len(parts[0]) == 1:
        parts = parts[1:]
    return f"{found[1]}({'|'.join(reversed(parts))})".upper()


def unit_of_kind(kind: str) -> str:
    """Return the SI unit of a type of a raw file; empty for an unknown one."""
    return _UNIT_OF_KIND.get(kind, "")


def find_vector(plot: RawPlot, name: str) -> NDArray[np.float64]:
    """Return the values (n,) of a vector named in any of ngspice's ways.

    `5`, `v(5)`, `v(5,6)` (a difference), `l1#branch`, `i(l1)`, `@m1[id]`. Raises
    `SimulationError` when the run did not save it.
    """
    key = "".join(name.lower().split())
    pair = _DIFFERENCE.fullmatch(key)
    if pair is not None and key not in plot.vectors:
        ends = [0.0 if node == "0" else find_vector(plot, f"v({node})") for node in pair.groups()]
        return np.asarray(ends[0] - ends[1], dtype=np.float64)
    call = _CALL.fullmatch(key)
    inner = call[2] if call else key
    for candidate in (
        key,
        f"v({key})",
        f"i({inner.removesuffix('#branch')})",
        f"i({key})",
        f"{inner}#branch",
    ):
        if candidate in plot.vectors:
            return np.ascontiguousarray(np.real(plot.vectors[candidate]), dtype=np.float64)
    raise SimulationError(
        f"ngspice saved no vector {name!r}{did_you_mean(key, plot.vectors)}; name it in .save"
    )


def signals_of(
    plot: RawPlot, probes: Mapping[str, str] | None, units: Mapping[str, str]
) -> tuple[dict[str, NDArray[np.float64]], dict[str, str]]:
    """Return signals and units: of `probes` (label to vector), or of all vectors when None."""
    if probes is not None:
        signals = {label: find_vector(plot, vector) for label, vector in probes.items()}
        return signals, dict(units)
    signals, found = {}, {}
    for vector, values in plot.vectors.items():
        if vector != "time":
            label = label_of(vector)
            signals[label] = np.ascontiguousarray(np.real(values), dtype=np.float64)
            found[label] = unit_of_kind(plot.kinds[vector])
    return signals, found
