"""Vectors of an ngspice run found by name, and the signals of a result made of them.

How ngspice's names become JoSIM's is in `cosim.results.rawnames`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cosim.errors import SimulationError, did_you_mean
from cosim.results import RawPlot
from cosim.results.rawnames import label_of, unit_of_kind

_DIFFERENCE = re.compile(r"v\(([^(),\s]+),([^(),\s]+)\)")
_CALL = re.compile(r"([vi])\(([^()]*)\)")


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
