"""Source waveforms: `pwl(…)`, `pulse(…)` … as text, as statements, as `Waveform`s.

A new kind is one entry in `SOURCES`. Missing arguments take JoSIM's defaults, which come
from the `.tran` card.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from cosim.errors import did_you_mean
from cosim.netlist.circuit import Location, Transient
from cosim.netlist.deck import SourceStatement
from cosim.netlist.expressions import FUNCTIONS, parse_expression, plain_number
from cosim.netlist.lexer import LogicalLine, read_text, split_fields
from cosim.netlist.scope import error_at
from cosim.netlist.units import parse_number
from cosim.netlist.waveforms import (
    Constant,
    Exponential,
    Noise,
    PiecewiseLinear,
    PiecewiseSine,
    Pulse,
    Samples,
    Sine,
    Waveform,
)


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What a waveform needs besides its arguments: where it stands, `.tran`, and its noise key."""

    what: str
    location: Location | None
    transient: Transient | None
    seed: int = 0

    def error(self, message: str) -> Exception:
        return error_at(f"{self.what}: {message}", self.location)

    @property
    def step(self) -> float:
        transient = self.needed()
        return transient.maximum_step or transient.print_step

    @property
    def stop(self) -> float:
        return self.needed().stop

    def needed(self) -> Transient:
        if self.transient is None:
            raise self.error("its missing arguments default to times of the .tran card, and there is none")
        return self.transient


@dataclass(frozen=True, slots=True)
class SourceKind:
    """Arguments allowed (`most` None: any even number) and how numbers become a waveform."""

    least: int
    most: int | None
    build: Callable[[list[float], SourceStatement, SourceContext], Waveform]


def _points(
    shape: type[PiecewiseLinear] | type[PiecewiseSine],
) -> Callable[[list[float], SourceStatement, SourceContext], Waveform]:
    def build(values: list[float], statement: SourceStatement, context: SourceContext) -> Waveform:
        times, levels = tuple(values[0::2]), tuple(values[1::2])
        for earlier, later in pairwise(times):
            if later <= earlier:
                raise context.error(f"times must increase; {later:g} s follows {earlier:g} s")
        return shape(times, levels)

    return build


def _pulse(values: list[float], statement: SourceStatement, context: SourceContext) -> Waveform:
    delay = values[2] if len(values) > 2 else 0.0
    rise = values[3] if len(values) > 3 else context.step
    fall = values[4] if len(values) > 4 else context.step
    width = values[5] if len(values) > 5 else context.stop
    period = values[6] if len(values) > 6 else context.stop
    for name, value in (("rise", rise), ("fall", fall), ("width", width)):
        if value < 0.0:
            raise context.error(f"the {name} time must not be negative, found {value:g} s")
    if period <= 0.0:
        raise context.error(f"the period must be above 0, found {period:g} s")
    return Pulse(values[0], values[1], delay, rise, fall, width, period)


def _sine(values: list[float], statement: SourceStatement, context: SourceContext) -> Waveform:
    frequency = values[2] if len(values) > 2 else 1.0 / context.stop
    rest = [*values[3:], *[0.0] * (4 - len(values[3:]))]
    if rest[3] > 0.0 and frequency <= 0.0:
        raise context.error(f"a number of cycles needs a frequency above 0, found {frequency:g} Hz")
    return Sine(values[0], values[1], frequency, rest[0], rest[1], math.radians(rest[2]), rest[3])


def _exponential(values: list[float], statement: SourceStatement, context: SourceContext) -> Waveform:
    rise_delay = values[2] if len(values) > 2 else 0.0
    rise_time = values[3] if len(values) > 3 else context.step
    fall_delay = values[4] if len(values) > 4 else rise_delay + context.step
    fall_time = values[5] if len(values) > 5 else context.step
    if rise_time <= 0.0 or fall_time <= 0.0:
        raise context.error("time constants must be above 0")
    if fall_delay < rise_delay:
        raise context.error("the fall must not begin before the rise")
    return Exponential(values[0], values[1], rise_delay, rise_time, fall_delay, fall_time)


def _noise(values: list[float], statement: SourceStatement, context: SourceContext) -> Waveform:
    interval = values[2] if len(values) > 2 else context.step
    if interval <= 0.0:
        raise context.error(f"the interval must be above 0, found {interval:g} s")
    return Noise(values[0], values[1] if len(values) > 1 else 0.0, interval, context.seed)


def _samples(values: list[float], statement: SourceStatement, context: SourceContext) -> Waveform:
    step = values[0] if values else context.step
    factor, order, delay, periodic = [*values[1:], *[1.0, 1.0, 0.0, 0.0][len(values[1:]) :]]
    if step <= 0.0:
        raise context.error(f"the time step must be above 0, found {step:g} s")
    if order not in (0.0, 1.0, 2.0):
        raise context.error(f"interpolation is 0 (hold), 1 (linear) or 2 (cubic), found {order:g}")
    base = Path(context.location.file).parent if context.location is not None else Path()
    path = base / statement.file
    text = read_text(path, context.location).strip()
    samples: list[float] = []
    for word in re.split(r"[\s,;]+", text.split("\n", 1)[0].strip()):
        try:
            samples.append(parse_number(word) * factor)
        except ValueError as reason:
            raise context.error(f"in {str(path)!r}: {reason}") from None
    return Samples(tuple(samples), step, delay, int(order), periodic != 0.0)


def _constant(values: list[float], statement: SourceStatement, context: SourceContext) -> Waveform:
    return Constant(values[0])


SOURCES: dict[str, SourceKind] = {
    "DC": SourceKind(1, 1, _constant),
    "PWL": SourceKind(2, None, _points(PiecewiseLinear)),
    "PULSE": SourceKind(2, 7, _pulse),
    "SIN": SourceKind(2, 7, _sine),
    "EXP": SourceKind(2, 6, _exponential),
    "PWS": SourceKind(2, None, _points(PiecewiseSine)),
    "NOISE": SourceKind(1, 3, _noise),
    "CUS": SourceKind(0, 5, _samples),
}

_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*\((.*)\)\s*", re.DOTALL)


def parse_source(text: str, line: LogicalLine) -> SourceStatement:
    """Parse what follows the nodes of a source: `pwl(…)`, `dc 1m`, or a bare value (dc)."""
    known = _SIMPLE.fullmatch(text)
    statement = None if known is None else _simple_source(known.group(1).upper(), known.group(2))
    if statement is not None:
        return statement
    words = text.split(None, 1)
    if words and words[0].upper() == "DC":
        rest = words[1] if len(words) > 1 else ""
        fields = split_fields(rest, line)
        if len(fields) != 1:
            raise line.error(f"dc needs one value, found {rest.strip()!r}")
        return SourceStatement(kind="DC", arguments=(parse_expression(fields[0], line.location),))
    match = _CALL.fullmatch(text)
    name = match.group(1).upper() if match else ""
    if match is None or (name not in SOURCES and name in FUNCTIONS):
        fields = split_fields(text, line)
        if len(fields) != 1:
            raise line.error(f"{text.strip()!r} is not a waveform; expected a value or one of {_kinds()}")
        return SourceStatement(kind="DC", arguments=(parse_expression(fields[0], line.location),))
    if name not in SOURCES:
        raise line.error(
            f"{name.lower()!r} is not a waveform; expected one of {_kinds()}{did_you_mean(name, SOURCES)}"
        )
    fields = split_fields(match.group(2), line, " ,")
    file = ""
    if name == "CUS":
        if not fields:
            raise line.error("cus(…) needs the name of a file with samples")
        file = fields.pop(0).strip("\"'")
    kind = SOURCES[name]
    if len(fields) < kind.least or (kind.most is not None and len(fields) > kind.most):
        most = "" if kind.most is None else f" to {kind.most}"
        raise line.error(f"{name.lower()}(…) takes {kind.least}{most} values, found {len(fields)}")
    if kind.most is None and len(fields) % 2:
        raise line.error(f"{name.lower()}(…) takes pairs of time and value, found {len(fields)} numbers")
    arguments = tuple(parse_expression(field, line.location) for field in fields)
    return SourceStatement(kind=name, arguments=arguments, file=file)


#: A waveform whose arguments are numbers between blanks: the usual case.
_SIMPLE = re.compile(r"([A-Za-z]+)\s*\(([\w. ]*)\)")


@lru_cache(maxsize=4096)
def _simple_source(name: str, arguments: str) -> SourceStatement | None:
    """The waveform; None where something about it takes a closer look."""
    kind = SOURCES.get(name)
    numbers = [plain_number(field) for field in arguments.split()]
    if kind is None or name == "CUS" or len(numbers) < kind.least:
        return None
    if len(numbers) % 2 if kind.most is None else len(numbers) > kind.most:
        return None
    found = tuple(number for number in numbers if number is not None)
    return SourceStatement(kind=name, arguments=found) if len(found) == len(numbers) else None


def _kinds() -> str:
    return ", ".join(name.lower() for name in SOURCES)


def build_waveform(statement: SourceStatement, values: list[float], context: SourceContext) -> Waveform:
    """Make the waveform from the values of the arguments; raises `NetlistError`."""
    return SOURCES[statement.kind].build(values, statement, context)


def noise_seed(seed: int, name: str) -> int:
    """Return the key of an element's noise: from the deck's seed and the element's name alone."""
    return (seed << 32) ^ zlib.crc32(name.encode())
