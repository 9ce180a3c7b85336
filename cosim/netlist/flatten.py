"""`flatten`: the hierarchical deck to the flat, checked `Circuit`.

Every expression becomes a number here, every name gets its inside-out path, every
reference is resolved. Nothing of the deck is dropped in silence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from cosim.errors import NetlistError, did_you_mean
from cosim.netlist.checks import check_connections, check_couplings
from cosim.netlist.circuit import (
    GROUND,
    Circuit,
    ControlledSource,
    CurveRequest,
    Element,
    Inductor,
    Location,
    Mutual,
    Probe,
    Transient,
)
from cosim.netlist.deck import (
    CurveStatement,
    Deck,
)
from cosim.netlist.expressions import Expression
from cosim.netlist.hierarchy import count_elements, define_body, overrides_of
from cosim.netlist.instances import Instance
from cosim.netlist.memory import without_collection
from cosim.netlist.probe_targets import ProbeTargets
from cosim.netlist.pyspice import from_pyspice
from cosim.netlist.scope import Scope, define, error_at

if TYPE_CHECKING:
    from PySpice.Spice.Netlist import Circuit as PySpiceCircuit

MAXIMUM_ELEMENTS = 2_000_000

#: Noise bandwidth [Hz] where neither the element nor `.neb` gives one, as in JoSIM.
DEFAULT_NOISE_BANDWIDTH = 1e12


@without_collection()
def flatten(
    deck: Deck | PySpiceCircuit,
    parameters: Mapping[str, float] | None = None,
    *,
    on_missing_probe: Callable[[NetlistError], None] | None = None,
) -> Circuit:
    """Expand a deck, or a PySpice circuit of elements that the engines know, into a flat circuit.

    `parameters` override values of top-level `.param` cards (SI, names in any case). With
    `on_missing_probe` a probe of what is not there is left out, as JoSIM does, and handed to it as
    the error that it would have been.
    Raises `NetlistError` with file and line on unknown or doubled names, values that are not
    finite or out of range, sub-circuits that contain themselves, nodes without a path to
    ground, and probes of what is not there.
    """
    if not isinstance(deck, Deck):
        deck = from_pyspice(deck)
    return _Flattener(deck, parameters, on_missing_probe).circuit()


class _Flattener:
    """State of one expansion: what has been built so far, and the global settings."""

    def __init__(
        self,
        deck: Deck,
        parameters: Mapping[str, float] | None,
        on_missing_probe: Callable[[NetlistError], None] | None,
    ) -> None:
        self.deck = deck
        self.on_missing_probe = on_missing_probe
        self.definition = define_body(deck)
        self.elements: dict[str, Element] = {}
        self.mutuals: dict[str, Mutual] = {}
        self.aliases: dict[str, str] = {}
        count = count_elements(self.definition)
        if count > MAXIMUM_ELEMENTS:
            raise error_at(f"the deck expands to {count} elements; the limit is {MAXIMUM_ELEMENTS}", None)
        self.scope = Scope()
        define(self.scope, self.definition.ordered, overrides_of(parameters, self.definition))
        self.transient = self._transient()
        settings, where = deck.settings, deck.settings.location
        self.temperature = self._setting(settings.temperature, where, ".temp", 0.0)
        self.noise_bandwidth = self._setting(settings.noise_bandwidth, where, ".neb", DEFAULT_NOISE_BANDWIDTH)
        self.spreads = {key: self._setting(value, where, ".spread", 0.0) for key, value in settings.spreads}
        seed = 0.0 if settings.seed is None else self.scope.number(settings.seed, where, ".option seed")
        if seed < 0.0 or seed != math.floor(seed):
            raise error_at(f".option seed: expected a whole number from 0 on, found {seed:g}", where)
        self.seed = int(seed)

    def _setting(self, value: Expression | None, where: Location | None, what: str, default: float) -> float:
        if value is None:
            return default
        number = self.scope.number(value, where, what)
        if number < 0.0:
            raise error_at(f"{what} must not be negative, found {number:g}", where)
        return number

    def circuit(self) -> Circuit:
        top = Instance(self, self.definition, self.scope, "", {GROUND: GROUND}, {})
        top.expand()
        self._check_couplings()
        check_connections(list(self.elements.values()))
        return Circuit(
            elements=tuple(self.elements.values()),
            mutuals=tuple(self.mutuals.values()),
            transient=self.transient,
            probes=self._probes(),
            title=self.deck.title,
            parameters=dict(self.scope.values),
            seed=self.seed,
            curves=tuple(self._curve(curve, top) for curve in self.deck.curves),
        )

    def _transient(self) -> Transient | None:
        card = self.deck.transient
        if card is None:
            return None

        def seconds(expression: Expression | None, what: str, default: float) -> float:
            if expression is None:
                return default
            return self.scope.number(expression, card.location, f".tran, {what}")

        step, stop = seconds(card.step, "step", 0.0), seconds(card.stop, "stop", 0.0)
        start, print_step = seconds(card.start, "start", 0.0), seconds(card.print_step, "print step", step)
        window = seconds(card.window, "window", 0.0)
        print_step = step if print_step == 0.0 else print_step
        if step <= 0.0 or stop <= 0.0 or print_step <= 0.0:
            raise error_at(
                f".tran: step and stop must be above 0, found step {step:g} s, stop {stop:g} s, "
                f"print step {print_step:g} s",
                card.location,
            )
        if not 0.0 <= start < stop or window < 0.0:
            raise error_at(
                f".tran: expected 0 <= start < stop and a window from 0 on, found start {start:g} s, "
                f"stop {stop:g} s, window {window:g} s",
                card.location,
            )
        return Transient(
            print_step=print_step,
            stop=stop,
            start=start,
            maximum_step=min(step, print_step),
            window=window,
            startup=card.startup,
        )

    def _check_couplings(self) -> None:
        inductors = {name: e for name, e in self.elements.items() if isinstance(e, Inductor)}
        pairs: dict[frozenset[str], str] = {}
        for mutual in self.mutuals.values():
            for name in mutual.inductors:
                if name not in inductors:
                    hint = did_you_mean(name, inductors)
                    raise error_at(
                        f"{mutual.name} couples {name!r}, which is no inductor here{hint}", mutual.location
                    )
                if inductors[name].inductance <= 0.0:
                    raise error_at(
                        f"{mutual.name} couples {name}, whose inductance is "
                        f"{inductors[name].inductance:g}; a coupled coil needs one above 0",
                        mutual.location,
                    )
                if inductors[name].kinetic_current < math.inf:
                    raise error_at(
                        f"{mutual.name} couples {name}, which has istar; give the coil its geometric "
                        "inductance alone and put the kinetic one in series",
                        mutual.location,
                    )
            pair = frozenset(mutual.inductors)
            if pair in pairs:
                raise error_at(f"{mutual.name} couples the same inductors as {pairs[pair]}", mutual.location)
            pairs[pair] = mutual.name
        check_couplings(self.mutuals.values())
        for element in self.elements.values():
            control = element.control if isinstance(element, ControlledSource) else None
            if control is not None and control not in self.elements:
                hint = did_you_mean(control, self.elements)
                raise error_at(
                    f"{element.name} is controlled by {control!r}, which is not there{hint}", element.location
                )

    def _probes(self) -> tuple[Probe, ...]:
        targets = ProbeTargets(self.elements, self.aliases)
        probes: dict[tuple[str, str], Probe] = {}
        for statement in self.deck.probes:
            try:
                probe = targets.resolve(statement)
            except NetlistError as error:
                if self.on_missing_probe is None:
                    raise
                self.on_missing_probe(error)
                continue
            probes.setdefault((probe.label, statement.file), probe)
        return tuple(probes.values())

    def _curve(self, curve: CurveStatement, top: Instance) -> CurveRequest:
        frame = top
        if curve.scope:
            definition = self.definition.subcircuit(curve.scope, curve.location)
            scope = Scope(self.scope)
            define(scope, definition.ordered, {})
            frame = Instance(self, definition, scope, "", {}, {}, top)
        limit = self.scope.number(curve.maximum_current, curve.location, ".iv")
        if limit <= 0.0:
            raise error_at(f".iv: the largest current must be above 0, found {limit:g} A", curve.location)
        return CurveRequest(
            model=frame.find_model(curve.model, curve.location), maximum_current=limit, path=curve.path
        )
