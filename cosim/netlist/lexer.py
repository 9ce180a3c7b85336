"""Text of a deck to logical lines, and a logical line to fields.

Here: comments, `+` continuations, `.include` and `.end`. JoSIM decks have no title line:
the first line counts. What a line means is the parser's matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cosim.errors import NetlistError
from cosim.netlist.circuit import Location

MAXIMUM_INCLUDE_DEPTH = 40
MAXIMUM_FILE_BYTES = 64_000_000
MAXIMUM_LINES = 2_000_000

_OPENING = {"(": ")", "{": "}", "[": "]"}
_CLOSING = {")", "}", "]"}
_BLANKS = str.maketrans("\r\t\0", "   ")
#: Round brackets that hold no others, and fields with such brackets in them.
_FLAT = re.compile(r"[^(){}\[\]'\"]*(?:\([^(){}\[\]'\"]*\)[^(){}\[\]'\"]*)*")
_FLAT_FIELD = re.compile(r"(?:[^ (]|\([^)]*\))+")
_NESTING = re.compile(r"[(){}\[\]'\"]")


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """One card with its continuations joined, and the comment lines directly before it."""

    text: str
    location: Location
    comments: tuple[str, ...] = ()

    def error(self, message: str) -> NetlistError:
        return NetlistError(message, file=self.location.file, line=self.location.line)


def logical_lines(text: str, file: str) -> list[LogicalLine]:
    """Return the cards of a deck, files included in place.

    `file` names the text in messages; where it is a path, `.include` starts at its folder.
    Raises `NetlistError` on includes that are missing, cyclic or too large, and on a
    continuation without a card.
    """
    lines: list[LogicalLine] = []
    _read(text, file, (_identity(file),), lines)
    return lines


def read_text(path: Path, location: Location | None = None) -> str:
    """Read a regular file as text (UTF-8, or Latin-1 where it is not)."""
    where = {} if location is None else {"file": location.file, "line": location.line}
    try:
        if not path.is_file():
            raise NetlistError(f"cannot read {str(path)!r}: there is no such file", **where)
        if path.stat().st_size > MAXIMUM_FILE_BYTES:
            raise NetlistError(f"{str(path)!r} is larger than {MAXIMUM_FILE_BYTES} bytes", **where)
        data = path.read_bytes()
    except (OSError, ValueError) as reason:
        raise NetlistError(f"cannot read {str(path)!r}: {reason}", **where) from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _identity(file: str) -> str:
    try:
        return str(Path(file).resolve())
    except (OSError, ValueError, RuntimeError):
        return file


def _read(text: str, file: str, stack: tuple[str, ...], lines: list[LogicalLine]) -> None:
    comments: list[str] = []
    parts: list[str] = []
    start = 0
    pending: tuple[str, ...] = ()

    def flush() -> None:
        nonlocal parts
        if parts:
            if len(lines) >= MAXIMUM_LINES:
                raise NetlistError(f"more than {MAXIMUM_LINES} cards", file=file, line=start)
            lines.append(LogicalLine(" ".join(parts), Location(file, start), pending))
            parts = []

    for number, raw in enumerate(text.translate(_BLANKS).split("\n"), start=1):
        line = raw.strip()
        if not line:
            continue
        if line[0] in "*#":
            comments.append(line[1:].strip())
            continue
        if ";" in line or "$" in line:
            line = _without_trailing_comment(line)
            if not line:
                continue
        if line[0] == "+":
            if not parts:
                raise NetlistError("a continuation (+) without a card before it", file=file, line=number)
            parts.append(line[1:].strip())
            continue
        if parts:
            flush()
        word = line.split(None, 1)[0].upper() if line[0] in ".EeIi" else ""
        if word in (".END", "END") and len(line.split()) == 1:
            return
        if word in (".INCLUDE", "INCLUDE", ".INC"):
            _include(line, Location(file, number), stack, lines)
            comments = []
            continue
        parts, start, pending = [line], number, tuple(comments)
        comments = []
    flush()


def _include(line: str, location: Location, stack: tuple[str, ...], lines: list[LogicalLine]) -> None:
    name = line.split(None, 1)[1].strip().strip("\"'") if len(line.split(None, 1)) > 1 else ""
    if not name:
        raise NetlistError(".include needs a file name", file=location.file, line=location.line)
    path = Path(location.file).parent / name
    identity = _identity(str(path))
    if identity in stack:
        raise NetlistError(f"{name!r} includes itself", file=location.file, line=location.line)
    if len(stack) > MAXIMUM_INCLUDE_DEPTH:
        raise NetlistError("includes are nested too deeply", file=location.file, line=location.line)
    _read(read_text(path, location), str(path), (*stack, identity), lines)


def _without_trailing_comment(line: str) -> str:
    """Cut what follows `;` or a lone `$`, outside quotes."""
    quote = ""
    for index, character in enumerate(line):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == ";" or (
            character == "$"
            and (index == 0 or line[index - 1] == " ")
            and line[index + 1 : index + 2] in ("", " ")
        ):
            return line[:index].strip()
    return line


def split_fields(text: str, line: LogicalLine, separators: str = " ") -> list[str]:
    """Split at separators outside brackets and quotes; blanks around `=` do not separate.

    Raises `NetlistError` where brackets or quotes do not match.
    """
    if _NESTING.search(text) is None:
        plain = text.replace(",", " ") if "," in separators else text
        words = [field for field in plain.split(" ") if field]
        return _join_assignments(words) if "=" in text else words
    if separators == " " and _FLAT.fullmatch(text) is not None:
        words = _FLAT_FIELD.findall(text)
        return _join_assignments(words) if "=" in text else words
    fields: list[str] = []
    current: list[str] = []
    for character, depth in _with_depth(text, line):
        if depth == 0 and character in separators:
            fields.append("".join(current))
            current = []
        else:
            current.append(character)
    fields.append("".join(current))
    return _join_assignments([field for field in fields if field])


def _with_depth(text: str, line: LogicalLine) -> Iterator[tuple[str, int]]:
    stack: list[str] = []
    quote = ""
    for character in text:
        if quote:
            if character == quote:
                quote = ""
            yield character, 1
            continue
        if character in "'\"":
            quote = character
        elif character in _OPENING:
            stack.append(_OPENING[character])
        elif character in _CLOSING:
            if not stack or stack.pop() != character:
                raise line.error(f"{character!r} closes nothing in {text!r}")
            yield character, 1
            continue
        yield character, len(stack) + (1 if quote else 0)
    if quote:
        raise line.error(f"the quote {quote} is not closed in {text!r}")
    if stack:
        raise line.error(f"a bracket is not closed in {text!r}; expected {stack[-1]!r}")


def _join_assignments(fields: list[str]) -> list[str]:
    joined: list[str] = []
    for field in fields:
        if joined and (field.startswith("=") or joined[-1].endswith("=")):
            joined[-1] += field
        else:
            joined.append(field)
    return joined
