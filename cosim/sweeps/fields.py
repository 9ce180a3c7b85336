"""Tables of a specification to frozen dataclasses: unknown and missing keys are errors with a hint.

What a table may hold is what the dataclass's fields say; there is no second list of keys.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from cosim.errors import SweepError, did_you_mean

Made = TypeVar("Made")

#: What a parameter of a case may be.
Value = float | str


def build(kind: type[Made], table: Any, where: str) -> Made:
    """Return `kind(**table)`, its keys checked against the fields.

    Raises `SweepError` for a table that is none, an unknown key (with the nearest ones), a key
    that is missing, and whatever the dataclass itself refuses, always with `where` in front.
    """
    if not isinstance(table, Mapping):
        raise SweepError(f"{where}: expected a table of settings, got {table!r}")
    fields = {f.name: f for f in dataclasses.fields(kind) if f.init}  # type: ignore[arg-type]
    for key in table:
        if key not in fields:
            raise SweepError(
                f"{where}: no setting {key!r}{did_you_mean(key, fields)}; there are {', '.join(fields)}"
            )
    for name, field in fields.items():
        optional = (
            field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        )
        if not optional and name not in table:
            raise SweepError(f"{where}: {name!r} is missing")
    try:
        return kind(**table)
    except SweepError as error:
        raise SweepError(f"{where}: {error}") from error


#: What may stand behind a number without a suffix.
_UNITS = frozenset({"s", "v", "a", "hz", "h", "ohm", "w", "j", "rad", "siemens"})


def number(value: Any, what: str) -> float:
    """A finite number from a number, or from a text with SPICE's suffixes such as `"100u"`."""
    import math

    from cosim.netlist.units import parse_number

    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise SweepError(f"{what}: expected a number such as 1e-4 or '100u', got {value!r}")
    if isinstance(value, str):
        letters = value.strip().lstrip("+-0123456789.eE_").strip().lower()
        if letters and letters[0] not in "fpnumkxgtµ" and letters not in _UNITS:
            raise SweepError(
                f"{what}: expected a number such as 1e-4 or '100u', got {value!r}: {letters!r} is neither "
                "a suffix of SPICE nor a unit"
            )
    try:
        found = parse_number(value) if isinstance(value, str) else float(value)
    except (ValueError, OverflowError) as error:
        raise SweepError(f"{what}: expected a number such as 1e-4 or '100u', got {value!r}") from error
    if not math.isfinite(found):
        raise SweepError(f"{what}: expected a finite number, got {value!r}")
    return found


def value_of(value: Any, what: str) -> Value:
    """A number, or a text that is no number (a choice for a function)."""
    if isinstance(value, str):
        try:
            return number(value, what)
        except SweepError:
            return value
    return number(value, what)


def whole(value: Any, what: str, least: int = 0) -> int:
    """A whole number from `least` on."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise SweepError(f"{what}: expected a whole number from {least} on, got {value!r}")
    return value


def texts(value: Any, what: str) -> tuple[str, ...]:
    """A tuple of texts; one text counts as a list of one."""
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
        raise SweepError(f"{what}: expected a list of texts, got {value!r}")
    return tuple(items)


def plain(value: Any) -> Any:
    """What goes into JSON for a dataclass, at any depth: tables and lists of numbers and texts."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value) if f.init}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value
