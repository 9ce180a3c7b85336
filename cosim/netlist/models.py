"""`.model name jj(…)`: text to statement, statement to `JunctionModel`.

A new parameter is one entry in `PARAMETERS`.
"""

from __future__ import annotations

import re

from cosim.errors import did_you_mean
from cosim.netlist.circuit import JunctionModel
from cosim.netlist.deck import ModelStatement
from cosim.netlist.expressions import Expression, parse_expression
from cosim.netlist.lexer import LogicalLine, split_fields
from cosim.netlist.scope import Scope, error_at

#: JoSIM's keys (and their aliases) to the fields of `JunctionModel`.
PARAMETERS: dict[str, str] = {
    "RTYPE": "rtype",
    "VG": "gap_voltage",
    "VGAP": "gap_voltage",
    "IC": "critical_current",
    "ICRIT": "critical_current",
    "RN": "normal_resistance",
    "R0": "subgap_resistance",
    "C": "capacitance",
    "CAP": "capacitance",
    "T": "temperature",
    "TC": "critical_temperature",
    "DELV": "gap_width",
    "D": "transparency",
    "ICFACT": "current_factor",
    "ICFCT": "current_factor",
    "PHI": "phase_offset",
    "CPR": "harmonics",
}

#: Temperature [K] of a model that has `tc` or `d` but no `t`.
DEFAULT_TEMPERATURE = 4.2

_HEAD = re.compile(r"\s*\.?\w+\s+(\S+)\s+([A-Za-z]\w*)\s*(.*)", re.DOTALL)


def parse_model(line: LogicalLine) -> ModelStatement:
    """Parse a `.model` card; raises `NetlistError` on unknown kinds and parameters."""
    match = _HEAD.fullmatch(line.text)
    if match is None:
        raise line.error("a model needs a name and jj(…): .model name jj(icrit=0.1m, …)")
    name, kind, rest = match.group(1).upper(), match.group(2).upper(), match.group(3).strip()
    if kind != "JJ":
        raise line.error(f"model {name!r} is of type {kind.lower()!r}; only jj is supported")
    if rest.startswith("("):
        if not rest.endswith(")"):
            raise line.error(f"model {name!r}: the bracket after jj is not closed at the end of the card")
        rest = rest[1:-1]
    parameters: list[tuple[str, tuple[Expression, ...]]] = []
    for field in split_fields(rest, line, " ,"):
        key, equals, value = field.partition("=")
        key = key.upper()
        if not equals or not value:
            raise line.error(f"model {name!r}: expected key=value, found {field!r}")
        if key not in PARAMETERS:
            raise line.error(
                f"model {name!r} has no parameter {key.lower()!r}{did_you_mean(key, PARAMETERS)}"
            )
        if any(PARAMETERS[key] == PARAMETERS[earlier] for earlier, _ in parameters):
            raise line.error(f"model {name!r} gives {key.lower()} twice")
        parameters.append((key, _values(key, value, line)))
    return ModelStatement(name=name, kind=kind, parameters=tuple(parameters), location=line.location)


def _values(key: str, value: str, line: LogicalLine) -> tuple[Expression, ...]:
    if key != "CPR":
        return (parse_expression(value, line.location),)
    inner = value[1:-1] if value[0] in "{[" else value
    items = split_fields(inner, line, " ,")
    if not items:
        raise line.error("cpr needs at least one amplitude")
    return tuple(parse_expression(item, line.location) for item in items)


def build_model(statement: ModelStatement, scope: Scope) -> JunctionModel:
    """Make the model from a statement, its expressions evaluated in `scope`; raises `NetlistError`."""
    fields: dict[str, float] = {}
    harmonics: tuple[float, ...] = (1.0,)
    what = f"model {statement.name!r}"
    for key, expressions in statement.parameters:
        values = tuple(
            scope.number(item, statement.location, f"{what}, {key.lower()}") for item in expressions
        )
        if key == "CPR":
            harmonics = values
        else:
            fields[PARAMETERS[key]] = values[0]
    rtype = int(fields.pop("rtype", 1))
    if rtype not in (0, 1):
        raise error_at(
            f"{what}: rtype is 0 (normal resistance) or 1 (gap), found {rtype}", statement.location
        )
    depends_on_temperature = {"temperature", "critical_temperature", "transparency"} & fields.keys()
    if depends_on_temperature and "temperature" not in fields:
        fields["temperature"] = DEFAULT_TEMPERATURE
    model = JunctionModel(name=statement.name, rtype=rtype, harmonics=harmonics, **fields)
    for key, value, allowed in (
        ("rn", model.normal_resistance, model.normal_resistance > 0.0),
        ("r0", model.subgap_resistance, model.subgap_resistance > 0.0),
        ("cap", model.capacitance, model.capacitance >= 0.0),
        ("t", model.temperature, model.temperature >= 0.0),
        ("tc", model.critical_temperature, model.critical_temperature > 0.0),
        ("delv", model.gap_width, model.gap_width > 0.0),
        ("icfact", model.current_factor, model.current_factor > 0.0),
        ("d", model.transparency, 0.0 <= model.transparency <= 1.0),
    ):
        if not allowed:
            raise error_at(f"{what}: {key} = {value:g} is out of its range", statement.location)
    if depends_on_temperature and model.temperature >= model.critical_temperature:
        raise error_at(
            f"{what}: t = {model.temperature:g} K is not below tc = {model.critical_temperature:g} K",
            statement.location,
        )
    return model
