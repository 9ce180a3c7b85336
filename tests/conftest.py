"""Settings that hold for every test."""

from __future__ import annotations

import os

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Below the settings above: this may load NumPy, which reads them once.
from hypothesis import HealthCheck, settings

# The first call of a kernel compiles it, so a deadline a call would fail at random.
# Under CI the examples are the same each time, so a red run is a change's own; elsewhere they explore.
settings.register_profile(
    "cosim",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("cosim")
