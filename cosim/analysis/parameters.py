"""What a margin or a spread varies: parameters of a deck, or groups of elements.

A parameter is scaled by a factor, 1 being nominal. `DeckParameter` scales a `.param` of the
deck, which is flattened again for each factor. `ElementGroup` scales elements of one kind,
picked by name, directly in the arrays of the engine, which costs nothing.

Not here: how variants are put together and run (`subject.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from cosim.analysis.sources import is_bias
from cosim.errors import CosimError, did_you_mean
from cosim.josephson import Topology
from cosim.netlist.circuit import Circuit, Element

#: Arrays of `Values` that each kind scales, and the names that they belong to. A junction's
#: area goes with everything that grows with it; the critical current alone is a change of
#: current density with the capacitance kept.
KINDS: dict[str, tuple[str, ...]] = {
    "critical_current": ("critical_current", "gap_conductance"),
    "junction_area": (
        "critical_current",
        "junction_capacitance",
        "subgap_conductance",
        "normal_conductance",
        "gap_conductance",
    ),
    "junction_capacitance": ("junction_capacitance",),
    "inductance": ("inductance",),
    "resistance": ("resistance",),
    "capacitance": ("capacitance",),
    "coupling": ("coupling",),
    "bias": (),
    "source": (),
}
"""`bias` scales the sources that only set an operating point, `source` any source."""

_JUNCTION_KINDS = ("critical_current", "junction_area", "junction_capacitance")


@dataclass(frozen=True, kw_only=True)
class DeckParameter:
    """A top-level `.param` of the deck, scaled from its nominal value, which must not be zero."""

    name: str
    label: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name.upper())
        object.__setattr__(self, "label", self.label or self.name)


@dataclass(frozen=True, kw_only=True)
class ElementGroup:
    """All elements of a `kind` (see `KINDS`) whose name matches `include` and not `exclude`.

    Patterns are those of the shell on flat names, `.` or `|` between levels: `"*|XH1"` is
    everything inside X H1, `"BT*"` every junction BT.
    """

    label: str
    kind: str
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise CosimError(
                f"parameter {self.label}: no kind {self.kind!r}{did_you_mean(self.kind, KINDS)}; "
                f"there are {', '.join(KINDS)}"
            )
        for name in ("include", "exclude"):
            patterns = getattr(self, name)
            patterns = (patterns,) if isinstance(patterns, str) else tuple(patterns)
            object.__setattr__(self, name, tuple(p.upper().replace(".", "|") for p in patterns))

    def matches(self, name: str) -> bool:
        """True for a flat name that this group holds, whatever its kind."""
        inside = any(fnmatchcase(name, pattern) for pattern in self.include)
        return inside and not any(fnmatchcase(name, pattern) for pattern in self.exclude)

    def indices(self, circuit: Circuit, topology: Topology) -> tuple[int, ...]:
        """Columns of the engine's arrays that this group scales; may be empty."""
        names = names_of_kind(self.kind, circuit, topology)
        return tuple(i for i, name in enumerate(names) if name is not None and self.matches(name))


Parameter = DeckParameter | ElementGroup


def source_elements(topology: Topology) -> tuple[Element, ...]:
    """Sources in the order of the columns of `source_scale`."""
    return (*topology.current_sources.elements, *topology.tied_sources)


def names_of_kind(kind: str, circuit: Circuit, topology: Topology) -> Sequence[str | None]:
    """Names in the order of the arrays; None marks a column that the kind leaves out."""
    if kind in _JUNCTION_KINDS:
        return topology.junctions.names
    if kind == "coupling":
        return tuple(mutual.name for mutual in circuit.mutuals)
    if kind == "source":
        return tuple(e.name for e in source_elements(topology))
    if kind == "bias":
        return tuple(e.name if is_bias(e) else None for e in source_elements(topology))
    branches = {
        "inductance": topology.inductors,
        "resistance": topology.resistors,
        "capacitance": topology.capacitors,
    }
    return branches[kind].names


def standard_parameters(
    circuit: Circuit, *, threshold: Iterable[str] = (), exclude: Iterable[str] = ()
) -> tuple[ElementGroup, ...]:
    """The customary global parameters, as far as the circuit has such elements.

    Bias, critical current, inductance, resistance, coupling and capacitance, each over the
    whole circuit; sources that match `threshold` are a parameter of their own. `exclude`
    keeps the test bench at nominal.
    """
    topology = Topology.of(circuit)
    kept, thresholds = tuple(exclude), tuple(threshold)
    groups = [ElementGroup(label="bias", kind="bias", exclude=(*kept, *thresholds))]
    if thresholds:
        groups.append(ElementGroup(label="threshold bias", kind="bias", include=thresholds, exclude=kept))
    for kind in ("critical_current", "inductance", "resistance", "coupling", "capacitance"):
        groups.append(ElementGroup(label=kind.replace("_", " "), kind=kind, exclude=kept))
    return tuple(group for group in groups if group.indices(circuit, topology))


def element_parameters(
    circuit: Circuit, kinds: Iterable[str], *, include: Iterable[str] = ("*",), exclude: Iterable[str] = ()
) -> tuple[ElementGroup, ...]:
    """One parameter for every single element of the kinds, labelled with its name."""
    topology = Topology.of(circuit)
    result = []
    for kind in kinds:
        group = ElementGroup(label=kind, kind=kind, include=tuple(include), exclude=tuple(exclude))
        names = names_of_kind(kind, circuit, topology)
        for index in group.indices(circuit, topology):
            name = str(names[index])
            result.append(ElementGroup(label=name, kind=kind, include=(name,)))
    return tuple(result)
