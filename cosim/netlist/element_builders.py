"""From an element's statement to the flat element: values checked, names and nodes resolved."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from cosim.netlist.circuit import (
    Capacitor,
    ControlledSource,
    CurrentSource,
    Element,
    Inductor,
    Junction,
    JunctionModel,
    Mutual,
    PhaseSource,
    Resistor,
    TransmissionLine,
    VoltageSource,
)
from cosim.netlist.deck import ElementStatement
from cosim.netlist.scope import error_at
from cosim.netlist.waveforms import Waveform


class Instance(Protocol):
    """What an element's builder may ask of the instance that it stands in."""

    def name(self, local: str) -> str: ...
    def nodes(self, statement: ElementStatement) -> tuple[str, ...]: ...
    def value(self, statement: ElementStatement) -> float: ...
    def option(self, statement: ElementStatement, key: str) -> float | None: ...
    def model(self, statement: ElementStatement) -> JunctionModel: ...
    def waveform(self, statement: ElementStatement) -> Waveform: ...
    def noise(self, statement: ElementStatement) -> tuple[float, float]: ...
    def spread(self, statement: ElementStatement) -> float: ...


def build_resistor(statement: ElementStatement, instance: Instance) -> Resistor:
    temperature, bandwidth = instance.noise(statement)
    return Resistor(
        name=instance.name(statement.name),
        nodes=instance.nodes(statement),
        location=statement.location,
        resistance=instance.value(statement),
        temperature=temperature,
        noise_bandwidth=bandwidth,
        spread=instance.spread(statement),
    )


def build_inductor(statement: ElementStatement, instance: Instance) -> Inductor:
    inductance, kinetic = instance.value(statement), instance.option(statement, "ISTAR")
    if kinetic is not None and (kinetic <= 0.0 or inductance <= 0.0):
        raise error_at(
            f"{instance.name(statement.name)}: a kinetic inductance and its istar must be above 0, "
            f"found {inductance:g} H and {kinetic:g} A",
            statement.location,
        )
    return Inductor(
        name=instance.name(statement.name),
        nodes=instance.nodes(statement),
        location=statement.location,
        inductance=inductance,
        kinetic_current=math.inf if kinetic is None else kinetic,
        spread=instance.spread(statement),
    )


def build_capacitor(statement: ElementStatement, instance: Instance) -> Capacitor:
    capacitance = instance.value(statement)
    if capacitance < 0.0:
        raise error_at(
            f"{instance.name(statement.name)}: the capacitance must not be negative, found {capacitance:g}",
            statement.location,
        )
    return Capacitor(
        name=instance.name(statement.name),
        nodes=instance.nodes(statement),
        location=statement.location,
        capacitance=capacitance,
        spread=instance.spread(statement),
    )


def build_junction(statement: ElementStatement, instance: Instance) -> Junction:
    model = instance.model(statement)
    area = instance.option(statement, "AREA")
    critical_current = instance.option(statement, "IC")
    if critical_current is not None:
        if model.critical_current == 0.0:
            raise error_at(
                f"{statement.name}: ic= needs a model whose icrit is not 0 ({model.name!r})",
                statement.location,
            )
        area = critical_current / model.critical_current
    area = 1.0 if area is None else area
    if area <= 0.0:
        raise error_at(
            f"{instance.name(statement.name)}: the area must be above 0, found {area:g}", statement.location
        )
    temperature, bandwidth = instance.noise(statement)
    return Junction(
        name=instance.name(statement.name),
        nodes=instance.nodes(statement),
        location=statement.location,
        model=model,
        area=area,
        temperature=temperature,
        noise_bandwidth=bandwidth,
        spread=instance.spread(statement),
    )


def build_mutual(statement: ElementStatement, instance: Instance) -> Mutual:
    coupling = instance.value(statement)
    first, second = (instance.name(inductor) for inductor in statement.inductors)
    name = instance.name(statement.name)
    if first == second:
        raise error_at(f"{name} couples {first} with itself", statement.location)
    if abs(coupling) >= 1.0:
        raise error_at(
            f"{name}: the coupling must lie between -1 and 1, found {coupling:g}", statement.location
        )
    return Mutual(name=name, inductors=(first, second), coupling=coupling, location=statement.location)


def build_line(statement: ElementStatement, instance: Instance) -> TransmissionLine:
    delay, impedance = instance.option(statement, "TD"), instance.option(statement, "Z0")
    if delay is None or impedance is None or delay <= 0.0 or impedance <= 0.0:
        raise error_at(
            f"{instance.name(statement.name)}: td and z0 must be above 0, found td={delay} z0={impedance}",
            statement.location,
        )
    return TransmissionLine(
        name=instance.name(statement.name),
        nodes=instance.nodes(statement),
        location=statement.location,
        impedance=impedance,
        delay=delay,
    )


def source_builder(
    kind: type[CurrentSource] | type[VoltageSource] | type[PhaseSource],
) -> Callable[[ElementStatement, Instance], Element]:
    def build(statement: ElementStatement, instance: Instance) -> Element:
        return kind(
            name=instance.name(statement.name),
            nodes=instance.nodes(statement),
            location=statement.location,
            waveform=instance.waveform(statement),
        )

    return build


def build_controlled(statement: ElementStatement, instance: Instance) -> ControlledSource:
    return ControlledSource(
        name=instance.name(statement.name),
        nodes=instance.nodes(statement),
        location=statement.location,
        kind=statement.kind,
        gain=instance.value(statement),
        control=instance.name(statement.control) if statement.control else None,
    )
