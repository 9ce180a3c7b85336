"""ngspice as an engine: decks in, results out, nothing executed that the deck's user did not allow.

libngspice runs in worker processes (`pool.py`, `worker.py`), or the program in batch mode
(`process.py`). Models that advance in lock-step with a deck are in `cosim.lockstep`.
"""

from __future__ import annotations

from cosim.spice.executable import available, find_executable, how_to_install, require_executable
from cosim.spice.library import find_library
from cosim.spice.many import simulate_many, sweep
from cosim.spice.pool import library_features, shutdown_workers
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
    "find_library",
    "how_to_install",
    "library_features",
    "require_executable",
    "shutdown_workers",
    "simulate",
    "simulate_many",
    "sweep",
]
