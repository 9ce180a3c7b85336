"""Names in raw files and their units, as results have them.

ngspice counts hierarchy from the outside in and in lower case: node `5` of `x1` is
`v(x1.5)`, inductor `l1` in it `i(l.x1.l1)`. Results use JoSIM's names: `V(5|X1)`, `I(L1|X1)`.
"""

from __future__ import annotations

import re

_UNIT_OF_KIND = {"voltage": "V", "current": "A", "time": "s", "phase": "rad", "power": "W"}
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
