"""Checks of scalar parameters that several transformations share."""

from __future__ import annotations

from cosim.errors import SimulationError


def share(name: str, value: float) -> None:
    """Raise `SimulationError` unless `value` is a share, 0 … 1."""
    if not 0 <= value <= 1:
        raise SimulationError(f"{name} is {value}; expected a share from 0 to 1")


def positive(name: str, value: float, unit: str = "") -> None:
    """Raise `SimulationError` unless `value` is finite and above zero."""
    if not 0 < value < float("inf"):
        raise SimulationError(f"{name} is {value}{unit and ' ' + unit}; expected a number above zero")


def not_negative(name: str, value: float, unit: str = "") -> None:
    """Raise `SimulationError` unless `value` is finite and not below zero."""
    if not 0 <= value < float("inf"):
        raise SimulationError(f"{name} is {value}{unit and ' ' + unit}; expected a number from 0 up")
