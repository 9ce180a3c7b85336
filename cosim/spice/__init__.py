"""ngspice as an engine: decks in, results out, nothing executed that the deck's user did not allow.

Batch mode lives here; a session that advances in lock-step with models joins it later.
"""

from __future__ import annotations

from cosim.spice.executable import available, find_executable, how_to_install, require_executable
from cosim.spice.process import Limits
from cosim.spice.safety import UnsafeDeckError, checked_lines
from cosim.spice.simulate import JOSEPHSON_STEP, simulate

__all__ = [
    "JOSEPHSON_STEP",
    "Limits",
    "UnsafeDeckError",
    "available",
    "checked_lines",
    "find_executable",
    "how_to_install",
    "require_executable",
    "simulate",
]
