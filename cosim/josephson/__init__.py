"""Transient engine for Josephson circuits: one circuit, or a batch of variants in one kernel."""

from pathlib import Path

from cosim.josephson.cache import discard_stale

discard_stale(Path(__file__).parent, kernels_only=True)

from cosim.josephson.batch import BatchResult, simulate_batch  # noqa: E402
from cosim.josephson.curve import Curve, current_voltage_curve  # noqa: E402
from cosim.josephson.engine import simulate  # noqa: E402
from cosim.josephson.samples import Samples  # noqa: E402
from cosim.josephson.settings import default_step  # noqa: E402
from cosim.josephson.topology import Topology  # noqa: E402
from cosim.josephson.values import Values  # noqa: E402

__all__ = [
    "BatchResult",
    "Curve",
    "Samples",
    "Topology",
    "Values",
    "current_voltage_curve",
    "default_step",
    "simulate",
    "simulate_batch",
]
