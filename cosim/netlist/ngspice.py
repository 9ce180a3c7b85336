"""`render_ngspice`: the same circuit as a deck for ngspice, hierarchy and parameters kept.

Junctions become instances of RCSJ sub-circuits (`ngspice_junction.py`). Only what is probed
is saved. Thermal noise is the other engine's, but for a junction above the gap: here it stays that of r0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cosim.constants import PHASE_PER_FLUX
from cosim.errors import NetlistError, did_you_mean
from cosim.netlist.circuit import Circuit, Element, Junction, Probe
from cosim.netlist.deck import Deck
from cosim.netlist.flatten import flatten
from cosim.netlist.hierarchy import define_body, overrides_of
from cosim.netlist.lifting import Lifting
from cosim.netlist.ngspice_body import BodyWriter, current_vector
from cosim.netlist.ngspice_flat import flat_cards, flat_sines, flat_vector, is_flat
from cosim.netlist.ngspice_junction import PHASE_CAPACITANCE
from cosim.netlist.ngspice_text import Speller, parameter_name, path
from cosim.netlist.thermal import with_thermal_noise
from cosim.netlist.writer import wrap

#: Largest time step [s]: ngspice's own choice loses SFQ pulses.
DEFAULT_MAXIMUM_STEP = 0.05e-12

_UNITS = {"V": "V", "P": "rad", "I": "A"}


@dataclass(frozen=True, kw_only=True, slots=True)
class NgspiceDeck:
    """A deck for ngspice: `probes` map JoSIM's column names to ngspice's vectors (`v(1,2)` is a
    difference of two saved ones), `units` map the same names to units."""

    text: str
    probes: Mapping[str, str]
    units: Mapping[str, str]


def render_ngspice(
    deck: Deck,
    parameters: Mapping[str, float] | None = None,
    *,
    maximum_step: float = DEFAULT_MAXIMUM_STEP,
    stop: float | None = None,
    phases: Iterable[str] = (),
) -> NgspiceDeck:
    """Render a deck for ngspice.

    `parameters` override top-level `.param` values (SI). `maximum_step` [s] and `stop` [s]
    go to `.tran`. `phases` names junctions (`"B1|X1"`), or is `"all"`, whose phase is saved
    besides what the deck prints.

    Raises `NetlistError` with file and line for what cannot be rendered, and for all that
    `flatten` refuses.
    """
    circuit = flatten(deck, parameters)
    if stop is None:
        if circuit.transient is None:
            raise NetlistError("the deck has no .tran card; pass stop=")
        stop = circuit.transient.stop
    probes = _all_probes(circuit, phases)
    lifting = Lifting(define_body(deck))
    writer = BodyWriter(lifting, circuit, probes)
    overrides = overrides_of(parameters, lifting.top)
    speller = Speller(lifting.globals, {})
    lines = [f"* {deck.title or 'rendered for ngspice'}"]
    for parameter in lifting.top.ordered:
        value = (
            repr(overrides[parameter.name])
            if parameter.name in overrides
            else speller.value(parameter.expression)
        )
        lines.append(f".param {parameter_name(parameter.name)}={value}")
    top = writer.top()
    lines += writer.subcircuits() + top
    measured = _Vectors(circuit)
    vectors = {probe.label: measured.vector(probe, index) for index, probe in enumerate(probes)}
    saved = list(measured.saved)
    lines += flat_cards(with_thermal_noise(circuit), stop) + measured.cards
    print_step = circuit.transient.print_step if circuit.transient is not None else maximum_step
    start = circuit.transient.start if circuit.transient is not None else 0.0
    lines.append(".options method=trap")
    lines += [f".save {' '.join(saved[index : index + 8])}" for index in range(0, len(saved), 8)]
    lines.append(f".tran {print_step!r} {stop!r} {start!r} {maximum_step!r} uic")
    lines.append(".end")
    return NgspiceDeck(
        text="\n".join(wrap(line) for line in lines) + "\n",
        probes=vectors,
        units={probe.label: _UNITS[probe.kind] for probe in probes},
    )


def _all_probes(circuit: Circuit, phases: Iterable[str]) -> list[Probe]:
    junctions = {element.name for element in circuit.elements if isinstance(element, Junction)}
    asked = sorted(junctions) if phases == "all" else [name.upper().replace(".", "|") for name in phases]
    probes = {probe.label: probe for probe in circuit.probes}
    for name in asked:
        if name not in junctions:
            raise NetlistError(f"there is no junction {name!r}{did_you_mean(name, junctions)}")
        label = f"P({name})"
        probes.setdefault(label, Probe(kind="P", label=label, element=name))
    return list(probes.values())


class _Vectors:
    """The vector of each probe, what to save for them, and cards that measure what has no vector."""

    def __init__(self, circuit: Circuit) -> None:
        self.elements = {element.name: element for element in circuit.elements}
        self.sines = flat_sines(circuit)
        self.cards: list[str] = []
        self.saved: dict[str, None] = {}

    def vector(self, probe: Probe, index: int) -> str:
        """Return the vector of a probe; `v(1,2)` is a difference of two saved ones."""
        element = self.elements.get(probe.element) if probe.element is not None else None
        if probe.kind == "I" and element is not None:
            vector = flat_vector(element) if is_flat(element, self.sines) else current_vector(element)
            self.saved[vector] = None
            return vector
        if probe.minus is not None:
            own = self._nodes(probe, element, f"{index}_first")
            other = self._nodes(probe, self.elements[probe.minus], f"{index}_second")
            name = f"difference_{index}"
            self.cards.append(f"e_{name} {name} {name}_inner {own[0]} {own[1]} 1")
            self.cards.append(f"e_{name}_inner {name}_inner 0 {other[1]} {other[0]} 1")
            ends = (name, "0")
        else:
            ends = self._nodes(probe, element, str(index))
        self.saved.update({f"v({end})": None for end in ends if end != "0"})
        return f"v({ends[0]})" if ends[1] == "0" else f"v({ends[0]},{ends[1]})"

    def _nodes(self, probe: Probe, element: Element | None, name: str) -> tuple[str, str]:
        """The two nodes whose voltages differ by the voltage, or in volts for radians the phase."""
        if probe.kind == "P" and isinstance(element, Junction):
            return _junction_node(element), "0"
        nodes = probe.nodes if element is None else element.nodes[:2]
        first, second = (*(path(node) for node in nodes), "0")[:2]
        if probe.kind != "P":
            return first, second
        node = f"phase_of_probe_{name}"
        self.cards.append(f"g_{node} 0 {node} {first} {second} {PHASE_PER_FLUX * PHASE_CAPACITANCE!r}")
        self.cards.append(f"c_{node} {node} 0 {PHASE_CAPACITANCE!r}")
        return node, "0"


def _junction_node(element: Element) -> str:
    local, *instances = element.name.split("|")
    return ".".join(
        [path("|".join(instances)), f"xj_{path(local)}", "ph"] if instances else [f"xj_{path(local)}", "ph"]
    )
