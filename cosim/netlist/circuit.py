"""The flat circuit: what the engines simulate.

A `Circuit` holds elements with numbers, no expressions and no hierarchy. The hierarchical
deck with its expressions lives in `deck.py`; `flatten.py` turns one into the other.

Names are upper case. Hierarchy reads inside out, as in JoSIM: `B1|X1` is junction `B1` of
instance `X1`; local node `5` of `X1` is `5|X1`. The ground node is `0`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from cosim.netlist.waveforms import Waveform

GROUND = "0"


@dataclass(frozen=True, slots=True)
class Location:
    """Where a card stands: file as the user named it, line counted from 1."""

    file: str
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Element:
    """Base of all elements. `name` is flat and upper case; `nodes` are flat node names."""

    name: str
    nodes: tuple[str, ...]
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Resistor(Element):
    """i = v / R; R may be negative, and 0 is a short.

    A `temperature` [K] above 0 switches Johnson noise on, `noise_bandwidth` [Hz] wide. `spread` is
    the relative process spread of the value (σ is a third of it), 0 for none; values here are
    nominal, `spread.draw` makes a sample. So for L, C and junctions.
    """

    resistance: float
    temperature: float = 0.0
    noise_bandwidth: float = 0.0
    spread: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Inductor(Element):
    """v = L di/dt, with flux quantisation around loops that are all superconducting.

    L may be negative (equivalent circuits of coils have such), and 0 is a short. With a finite
    `kinetic_current` I* [A] it grows with the current, dΦ/dI = L (1 + (I/I*)²), as a kinetic
    inductance does; L is then the inductance without current.
    """

    inductance: float
    kinetic_current: float = math.inf
    spread: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Capacitor(Element):
    """i = C dv/dt."""

    capacitance: float
    spread: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Mutual:
    """M = k sqrt(L1 L2) between two inductors named flat; -1 < `coupling` < 1."""

    name: str
    inductors: tuple[str, str]
    coupling: float
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class JunctionModel:
    """Resistively and capacitively shunted junction, as JoSIM's `.model jj(...)`.

    All values are for `area=1`: currents and capacitance scale with the area of the
    instance, resistances against it. Defaults are JoSIM's.
    """

    name: str = "JJ"
    rtype: int = 1
    """0: normal resistance at all voltages; 1: piecewise linear with the gap."""
    gap_voltage: float = 2.8e-3
    critical_current: float = 1e-3
    normal_resistance: float = 5.0
    subgap_resistance: float = 30.0
    capacitance: float = 2.5e-12
    gap_width: float = 0.1e-3
    """`delv` [V]: width of the transition at the gap."""
    current_factor: float = 0.7853981633974483
    """`icfact`: ratio of Ic to the quasiparticle current step at the gap (π/4 after Ambegaokar
    and Baratoff); the conductance within the transition is Ic / (icfact · delv)."""
    phase_offset: float = 0.0
    """`phi` [rad]: intrinsic phase, π for a π-junction."""
    transparency: float = 0.0
    """`d` of the Haberkorn current-phase relation; 0 is the sine."""
    temperature: float = 0.0
    """`t` [K]; 0 switches temperature dependence off. A deck that gives t, tc or d switches it
    on (t is then 4.2 K unless given): Ic and Rn follow Δ(T), see `docs/netlists.md`."""
    critical_temperature: float = 9.1
    """`tc` [K]."""
    harmonics: tuple[float, ...] = (1.0,)
    """`cpr`: weights of sin(φ), sin(2φ), … in the current-phase relation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Junction(Element):
    """A Josephson junction. `area` multiplies the model's current and capacitance."""

    model: JunctionModel
    area: float = 1.0
    temperature: float = 0.0
    noise_bandwidth: float = 0.0
    spread: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class CurrentSource(Element):
    """A current [A] that flows through the source from the first node to the second."""

    waveform: Waveform


@dataclass(frozen=True, kw_only=True, slots=True)
class VoltageSource(Element):
    """A voltage [V] of the first node against the second."""

    waveform: Waveform


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseSource(Element):
    """A phase [rad] of the first node against the second."""

    waveform: Waveform


@dataclass(frozen=True, kw_only=True, slots=True)
class TransmissionLine(Element):
    """Lossless line; nodes are near +, near -, far +, far -."""

    impedance: float
    delay: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ControlledSource(Element):
    """`kind` E, F, G or H. E and G: nodes are out +, out -, control +, control -.
    F and H: either nodes are out +, out - and `control` names the element whose current counts,
    or, as in JoSIM, there are four nodes and no `control`: then a short joins control + to
    control - and the current through it, from + to -, counts.
    """

    kind: str
    gain: float
    control: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Transient:
    """`.tran` in seconds; `maximum_step` is 0 where the deck does not give one.

    JoSIM's `.tran tstep tstop pstart pstep pwindow` becomes `maximum_step` = tstep (its
    integration step), `print_step` = pstep, or tstep without one.
    """

    print_step: float
    stop: float
    start: float = 0.0
    maximum_step: float = 0.0
    window: float = 0.0
    """`pwindow`: width of the smoothing window on printed values, 0 for none."""
    startup: bool = True
    """False with JoSIM's DST flag: no start-up time before t = 0."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """One quantity to save: `kind` is "V", "P" or "I".

    `label` is JoSIM's column name, e.g. `P(B1|X1)` or `V(1,2)`. Either `element` is set,
    or `nodes` (one node against ground, or two).
    """

    kind: str
    label: str
    element: str | None = None
    nodes: tuple[str, ...] = ()
    minus: str | None = None
    """A second element, whose quantity is taken off that of `element`."""
    file: str | None = None
    """Output file of the `.file` card that this probe stands under."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CurveRequest:
    """`.iv model current path`: the I(V) curve of a junction model up to `maximum_current` [A]."""

    model: JunctionModel
    maximum_current: float
    path: str


@dataclass(frozen=True, kw_only=True)
class Circuit:
    """A flat circuit, checked: names are unique and every reference resolves."""

    elements: tuple[Element, ...]
    mutuals: tuple[Mutual, ...] = ()
    transient: Transient | None = None
    probes: tuple[Probe, ...] = ()
    title: str = ""
    parameters: Mapping[str, float] = field(default_factory=dict)
    """Values of the top-level `.param` cards after overrides."""
    seed: int = 0
    """`.option seed`: key of noise and spread."""
    curves: tuple[CurveRequest, ...] = ()
