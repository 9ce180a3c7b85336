"""What a session hands to its worker: the models, where they sit, and how to exchange."""

from __future__ import annotations

from dataclasses import dataclass

from cosim.lockstep.model import Model
from cosim.lockstep.ports import Wiring


@dataclass(frozen=True, slots=True)
class Bound:
    """A model at an instance of the deck; one wiring a port."""

    name: str
    model: Model
    wiring: tuple[Wiring, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All models of a run. `extrapolation` 0, 1, 2: the order of readings between points;
    `resolution` [s]: events nearer than this to a point are at it."""

    bound: tuple[Bound, ...]
    extrapolation: int
    resolution: float
    first_step: float
    """Longest step [s] from a point behind which readings cannot be extrapolated: t = 0, corners."""
    settle: bool
    """Find an operating point at which models and circuit agree before the run."""
