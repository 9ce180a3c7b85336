"""Transient engine for Josephson circuits: one circuit, or a batch of variants in one kernel."""

from cosim.josephson.engine import BatchResult, default_step, simulate, simulate_batch
from cosim.josephson.topology import Topology
from cosim.josephson.values import Values

__all__ = ["BatchResult", "Topology", "Values", "default_step", "simulate", "simulate_batch"]
