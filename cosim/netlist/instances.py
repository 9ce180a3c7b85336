"""One instance of a body while it is expanded: its scope, its nets, its models.

Implements what the builders in `element_builders.py` ask of it.
"""

from __future__ import annotations

from typing import Protocol

from cosim.errors import did_you_mean
from cosim.netlist.circuit import GROUND, Element, JunctionModel, Location, Mutual, Transient
from cosim.netlist.deck import ElementStatement, InstanceStatement, Subcircuit
from cosim.netlist.elements import ELEMENTS
from cosim.netlist.hierarchy import Definition
from cosim.netlist.models import build_model
from cosim.netlist.scope import Scope, define, error_at
from cosim.netlist.sources import SourceContext, build_waveform, noise_seed
from cosim.netlist.waveforms import Waveform


class Expansion(Protocol):
    """What is common to all instances: global settings, and what has been built so far."""

    elements: dict[str, Element]
    mutuals: dict[str, Mutual]
    aliases: dict[str, str]
    transient: Transient | None
    temperature: float
    noise_bandwidth: float
    spreads: dict[str, float]
    seed: int


class Instance:
    """One instance of a body: implements `elements.Instance` for the builders."""

    def __init__(
        self,
        run: Expansion,
        definition: Definition,
        scope: Scope,
        suffix: str,
        nets: dict[str, str],
        replaced: dict[str, float],
        parent: Instance | None = None,
    ) -> None:
        self.run = run
        self.definition = definition
        self.scope = scope
        self.suffix = suffix
        self.nets = nets
        self.replaced = replaced
        self.parent = parent
        self.models: dict[str, JunctionModel] = {}

    def expand(self) -> None:
        for statement in self.definition.body.statements:
            if isinstance(statement, InstanceStatement):
                self._descend(statement)
                continue
            built = ELEMENTS[statement.kind].build(statement, self)
            if isinstance(built, Mutual):
                self.run.mutuals[built.name] = built
            else:
                self.run.elements[built.name] = built

    def _descend(self, statement: InstanceStatement) -> None:
        definition = self.definition.target(statement)
        subcircuit = definition.body
        if not isinstance(subcircuit, Subcircuit):
            raise error_at(
                f"{statement.name}: {statement.subcircuit!r} is no sub-circuit", statement.location
            )
        passed: dict[str, float] = {}
        replaced: dict[str, float] = {}
        for name, expression in statement.parameters:
            value = self.scope.number(expression, statement.location, f"{statement.name}, {name}")
            target = passed if definition.override_kind(name, statement) == "parameter" else replaced
            target[name] = value
        owner = self.frame_of(definition)
        scope = Scope(owner.scope)
        define(scope, definition.ordered, passed)
        suffix = f"|{statement.name}{self.suffix}"
        nets = {GROUND: GROUND}
        for port, node in zip(subcircuit.ports, statement.nodes, strict=True):
            net = self.net(node)
            if port == GROUND and net != GROUND:
                raise error_at(
                    f"{statement.name}: {subcircuit.name!r} has ground as a port; "
                    f"connect it to 0, not to {node!r}",
                    statement.location,
                )
            nets[port] = net
            self.run.aliases[port + suffix] = net
        Instance(self.run, definition, scope, suffix, nets, replaced, owner).expand()

    def frame_of(self, definition: Definition) -> Instance:
        """Return the instance of the body in which a sub-circuit is defined."""
        frame: Instance | None = self
        while frame is not None:
            if frame.definition is definition.parent:
                return frame
            frame = frame.parent
        raise error_at(f"sub-circuit {definition.name!r} is used outside of where it is defined", None)

    def net(self, node: str) -> str:
        return self.nets.get(node) or node + self.suffix

    def find_model(self, name: str, location: Location | None) -> JunctionModel:
        known: set[str] = set()
        frame: Instance | None = self
        while frame is not None:
            if name in frame.models:
                return frame.models[name]
            statement = frame.definition.models.get(name)
            if statement is not None:
                frame.models[name] = build_model(statement, frame.scope)
                return frame.models[name]
            known |= frame.definition.models.keys()
            frame = frame.parent
        raise error_at(f"there is no model {name!r}{did_you_mean(name, known)}", location)

    def name(self, local: str) -> str:
        return local + self.suffix

    def nodes(self, statement: ElementStatement) -> tuple[str, ...]:
        nets, suffix = self.nets, self.suffix
        return tuple([nets.get(node) or node + suffix for node in statement.nodes])

    def value(self, statement: ElementStatement) -> float:
        if statement.name in self.replaced:
            return self.replaced[statement.name]
        if statement.value is None:
            raise error_at(f"{self.name(statement.name)} has no value", statement.location)
        return self.scope.number(statement.value, statement.location, self.name(statement.name))

    def option(self, statement: ElementStatement, key: str) -> float | None:
        expression = statement.option(key) if statement.options else None
        if expression is None:
            return None
        if statement.name in self.replaced and key in ELEMENTS[statement.kind].overridden:
            return self.replaced[statement.name]
        return self.scope.number(
            expression, statement.location, f"{self.name(statement.name)}, {key.lower()}"
        )

    def model(self, statement: ElementStatement) -> JunctionModel:
        return self.find_model(statement.model, statement.location)

    def waveform(self, statement: ElementStatement) -> Waveform:
        name = self.name(statement.name)
        source = statement.source
        if source is None:
            raise error_at(f"{name} has no waveform", statement.location)
        values = [self.scope.number(item, statement.location, name) for item in source.arguments]
        seed = noise_seed(self.run.seed, name)
        context = SourceContext(name, statement.location, self.run.transient, seed)
        return build_waveform(source, values, context)

    def noise(self, statement: ElementStatement) -> tuple[float, float]:
        temperature = self.option(statement, "TEMP")
        temperature = self.run.temperature if temperature is None else temperature
        bandwidth = self.option(statement, "NEB")
        bandwidth = self.run.noise_bandwidth if bandwidth is None else bandwidth
        if temperature < 0.0 or bandwidth <= 0.0:
            raise error_at(
                f"{self.name(statement.name)}: expected temp from 0 K on and neb above 0 Hz, "
                f"found {temperature:g} K and {bandwidth:g} Hz",
                statement.location,
            )
        return temperature, (bandwidth if temperature > 0.0 else 0.0)

    def spread(self, statement: ElementStatement) -> float:
        own = self.option(statement, "SPREAD")
        if own is None:
            own = self.run.spreads.get(statement.kind, self.run.spreads.get("", 0.0))
        if own < 0.0:
            raise error_at(
                f"{self.name(statement.name)}: the spread must not be negative, found {own:g}",
                statement.location,
            )
        return own
