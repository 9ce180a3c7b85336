"""What an evaluation is asked for, and what it finds. How it is found: `stages.py`."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cosim.analysis import Bound, Energy, Inventory, Latency, MarginTable, YieldEstimate
from cosim.circuits import Parasitics
from cosim.evaluation.agreement import Agreement
from cosim.evaluation.levels import Level
from cosim.evaluation.sequence import Stimulus
from cosim.mapping import DEFAULT_PERIOD, Bench, SfqDesign
from cosim.netlist import Circuit
from cosim.network import Score
from cosim.results import Result


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to evaluate, and how far. Times in s."""

    period: float = DEFAULT_PERIOD
    nearest: bool = False
    """Take the nearest neurons where no exact ones exist."""
    ngspice: bool = True
    """Cross-check in ngspice where it is installed."""
    margins: bool = True
    parasitics: Parasitics | None = field(default_factory=Parasitics)
    """Of the second margin table; None leaves it out."""
    resolution: float = 0.005
    """Of margins, relative."""
    yield_samples: int = 200
    """0 leaves the yield out."""
    spread: float = 0.05
    """Relative standard deviation of every element, for the yield."""
    throughput: bool = True
    biasing: str = "rsfq"
    bias_voltage: float = 2.6e-3
    cooling_factor: float = 400.0
    seed: int = 0
    threads: int | None = None


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """All results of one evaluation; stages that were left out are None."""

    options: Options
    design: SfqDesign
    stimulus: Stimulus
    bench: Bench
    circuit: Circuit
    levels: dict[str, Level]
    scores: dict[str, Score]
    agreements: tuple[Agreement, ...]
    inventory: Inventory
    energy: Energy
    latency: Latency
    shown: Bench
    """A short sequence, every pattern once, …"""
    waveforms: Result
    """… and its waveforms."""
    margins: MarginTable | None
    margins_parasitic: MarginTable | None
    yield_estimate: YieldEstimate | None
    smallest_period: Bound | None
    missing: tuple[str, ...]
    """What could not be done, and why."""
    wall_time: float

    @property
    def right(self) -> bool:
        """True when every level that was run classifies every pattern right."""
        return all(bool(np.all(s.correct)) for s in self.scores.values())
