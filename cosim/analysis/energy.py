"""Energy: flux quanta moved, static bias power, cooling.

Dynamic: every 2π slip costs Ic·Φ0, the customary figure of SFQ logic (Likharev and Semenov,
IEEE Trans. Appl. Supercond. 1, 3 (1991)); the bias that is really present supplies Ib·Φ0, less
by the ratio of bias to critical current. Static: in RSFQ the bias comes through resistors from
a bus at `bias_voltage`, which takes Vb·ΣIb at all times; ERSFQ has junctions and inductors
in their place and no static power at first order. Cooling multiplies both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.analysis.inventory import critical_current, inventory
from cosim.analysis.parameters import ElementGroup
from cosim.constants import FLUX_QUANTUM
from cosim.errors import CosimError
from cosim.netlist.circuit import Circuit, Junction
from cosim.results import Pulses, Result

Array = NDArray[np.float64]

BIASING = ("rsfq", "ersfq")


@dataclass(frozen=True, kw_only=True)
class Energy:
    """Energy of a run, cut into windows: one window an inference, or a pattern.

    Energies in J at the cold stage unless the name says otherwise; `slips` and `dynamic` are
    (junctions, windows), `edges` (windows + 1,) [s].
    """

    junctions: tuple[str, ...]
    edges: Array
    slips: NDArray[np.int64]
    """Slips of either sign."""
    dynamic: Array
    static_power: float
    """[W]"""
    biasing: str
    bias_voltage: float
    """[V] of the bus; only RSFQ has it."""
    cooling_factor: float
    """W at room temperature for a W at the cold stage."""

    @property
    def dynamic_per_window(self) -> Array:
        """(windows,) [J]"""
        return self.dynamic.sum(axis=0)

    @property
    def static_per_window(self) -> Array:
        """(windows,) [J]: static power over the length of each window."""
        return self.static_power * np.diff(self.edges)

    @property
    def per_window(self) -> Array:
        """(windows,) [J]: dynamic and static."""
        return self.dynamic_per_window + self.static_per_window

    @property
    def per_window_cooled(self) -> Array:
        """(windows,) [J] drawn at room temperature, cooling included."""
        return self.cooling_factor * self.per_window

    @property
    def per_inference(self) -> float:
        """Mean over the windows [J] at the cold stage."""
        return float(np.mean(self.per_window))

    @property
    def per_inference_cooled(self) -> float:
        return self.cooling_factor * self.per_inference

    def text(self) -> str:
        mean = float(np.mean(self.dynamic_per_window))
        static = float(np.mean(self.static_per_window))
        slips = float(np.mean(self.slips.sum(axis=0)))
        return (
            f"{slips:.1f} slips an inference, {mean * 1e18:.3f} aJ dynamic + {static * 1e18:.3f} aJ static "
            f"({self.static_power * 1e6:.3f} µW, {self.biasing.upper()}) = "
            f"{self.per_inference * 1e18:.3f} aJ cold, "
            f"{self.per_inference_cooled * 1e15:.3f} fJ with cooling at {self.cooling_factor:g} W/W"
        )


def energy(
    circuit: Circuit,
    run: Result | Pulses,
    edges: ArrayLike,
    *,
    biasing: str = "rsfq",
    bias_voltage: float = 2.6e-3,
    cooling_factor: float = 400.0,
    include: Iterable[str] = ("*",),
    exclude: Iterable[str] = (),
) -> Energy:
    """Energy of what matches `include` and not `exclude` (patterns as in `ElementGroup`).

    `edges` (windows + 1,) [s] cut the run. `bias_voltage` [V] is that of an RSFQ bias bus,
    2.6 mV being the gap of niobium; `cooling_factor` is 300–1000 W/W from 4 K in the
    literature.
    """
    if biasing not in BIASING:
        raise CosimError(f"biasing {biasing!r}; there are {' and '.join(BIASING)}")
    if bias_voltage < 0.0 or cooling_factor <= 0.0:
        raise CosimError("the bias voltage cannot be negative, the cooling factor must be positive")
    bounds = np.asarray(edges, dtype=np.float64)
    if bounds.ndim != 1 or len(bounds) < 2 or np.any(np.diff(bounds) <= 0.0):
        raise CosimError("energy needs ascending window edges, at least two")
    pulses = run.pulses if isinstance(run, Result) else run
    chosen = ElementGroup(label="energy", kind="source", include=tuple(include), exclude=tuple(exclude))
    junctions = [e for e in circuit.elements if isinstance(e, Junction) and chosen.matches(e.name)]
    slips = np.zeros((len(junctions), len(bounds) - 1), dtype=np.int64)
    for row, junction in enumerate(junctions):
        times, _ = pulses.of(junction.name)
        window = np.searchsorted(bounds, times, side="right") - 1
        inside = (window >= 0) & (window < slips.shape[1])
        np.add.at(slips[row], window[inside], 1)
    currents = np.array([critical_current(junction) for junction in junctions])
    parts = inventory(circuit, include=include, exclude=exclude)
    return Energy(
        junctions=tuple(junction.name for junction in junctions),
        edges=bounds,
        slips=slips,
        dynamic=np.asarray(slips * currents[:, None] * FLUX_QUANTUM, dtype=np.float64),
        static_power=bias_voltage * parts.bias_current if biasing == "rsfq" else 0.0,
        biasing=biasing,
        bias_voltage=bias_voltage if biasing == "rsfq" else 0.0,
        cooling_factor=cooling_factor,
    )
