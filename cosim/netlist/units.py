"""SPICE numbers: `2.07p`, `5F`, `1.5meg`, `100uA`.

The first letters after the digits scale the number, letters after them are a unit and
mean nothing: `100uA` is 1e-4, `4K` is 4000 (not kelvin), `5F` is 5e-15 (not farad), `X`
and `MEG` are mega, `M` is milli. Scaling happens in decimal, so that `2.07p` is exactly
the double nearest to 2.07e-12.
"""

from __future__ import annotations

import re

#: Powers of ten of the suffixes; `MEG` is looked up before `M`.
SUFFIXES = {"F": -15, "P": -12, "N": -9, "U": -6, "M": -3, "K": 3, "X": 6, "G": 9, "T": 12}

NUMBER = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE]([+-]?[0-9]+))?([A-Za-z]*)")


def scale(mantissa: str, exponent: str | None, letters: str) -> float:
    """Return the value of a matched number; a `ValueError` says what is wrong with it."""
    upper = letters.upper()
    if upper.startswith("E"):
        raise ValueError(f"{mantissa}{letters} has an exponent without digits")
    power = 6 if upper.startswith("MEG") else SUFFIXES.get(upper[:1], 0)
    if exponent is not None and len(exponent) > 6:
        raise ValueError(f"the exponent {exponent} is out of range")
    value = float(f"{mantissa}e{int(exponent or '0') + power}")
    if value == float("inf"):
        raise ValueError(f"{mantissa}e{exponent}{letters} is too large")
    return value


def parse_number(text: str) -> float:
    """Return the value [SI] of a signed SPICE number such as `-2.5mV`.

    Raises `ValueError` when the text is not one number.
    """
    stripped = text.strip()
    sign = -1.0 if stripped.startswith("-") else 1.0
    body = stripped[1:] if stripped[:1] in ("+", "-") else stripped
    match = NUMBER.fullmatch(body)
    if match is None:
        raise ValueError(f"{text!r} is not a number")
    return sign * scale(*match.groups())


def format_number(value: float) -> str:
    """Write a number shortly in engineering notation; `parse_number` gives it back exactly."""
    if value == 0.0:
        return "0"
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError(f"{value} has no place in a netlist")
    sign = "-" if value < 0 else ""
    digits, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = digits.partition(".")
    significand = (whole + fraction).lstrip("0")
    fraction_digits = len(fraction)
    power = int(exponent or "0") - fraction_digits
    significand_stripped = significand.rstrip("0")
    power += len(significand) - len(significand_stripped)
    leading = power + len(significand_stripped) - 1
    for suffix, step in _ENGINEERING:
        if step <= leading < step + 3:
            return sign + _shift(significand_stripped, power - step) + suffix
    return f"{value!r}"


_ENGINEERING = (
    ("f", -15),
    ("p", -12),
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("meg", 6),
    ("g", 9),
    ("t", 12),
)


def _shift(digits: str, power: int) -> str:
    """Write digits·10^power without an exponent."""
    if power >= 0:
        return digits + "0" * power
    if -power < len(digits):
        return digits[:power] + "." + digits[power:]
    return "0." + "0" * (-power - len(digits)) + digits
