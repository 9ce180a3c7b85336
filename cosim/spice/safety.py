"""Decks are data: what a deck may say before ngspice sees it.

ngspice executes commands, shell commands among them, from `.control` blocks, from lines
that begin with `*#`, and from a file whose first line is `*ng_script`, at any depth of
includes; some code models read and write files or start programs. Here a deck is checked
against the cards that are known to be harmless (anything else is refused), and its includes
are read, checked in the same way and put into the text, so that ngspice opens no other file.

Less known, and refused as well: ngspice turns a line into a comment by putting `*` in place
of its first character, before it looks for `*#`. So `;#…`, `$#…`, and `R#…` in a sub-circuit
that nothing uses are commands; and of a first line it reads 4999 bytes, the rest as a card.

What is not here: the limits of the process that runs ngspice (`process.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from cosim.errors import NetlistError
from cosim.spice.cards import Card, Line, continues, join_cards, split_lines

_HARMLESS = (
    ".ac .csparam .dc .disto .else .elseif .end .endif .ends .eom .four .func .global .ic .if .inc "
    ".include .macro .meas .measure .model .nodeset .noise .op .opt .option .options .param .params "
    ".plot .print .probe .pz .save .sens .sp .subckt .temp .tf .title .tran .width"
)
SAFE_CARDS = frozenset(_HARMLESS.split())
_TOUCHING_FILES = (
    "filesource xfer d_source d_state d_process d_cosim table2d table3d numd numd2 nbjt nbjt2 numos"
)
#: Code models and numerical devices that read or write files, or start programs.
UNSAFE_MODELS = frozenset(_TOUCHING_FILES.split())
_FILE_PARAMETER = re.compile(
    r"(?<![\w.])(?:(\w*file\w*|simulation|sim_args|process_params|ic\.file|outf\w*)\s*=|(file)\s)",
    re.IGNORECASE,
)
#: Options that name files or programs, or give cards another meaning.
_UNSAFE_OPTION = re.compile(
    r"(?!filetype$)\w*file\w*|\w*path|\w*program|\w*shell|editor|display|rhost|hcopy\w*|lpr\w*|pyplot\w*"
    r"|gnuplot\w*|inputdir|substart|subend|subinvoke|modelcard|modelline|ngbehavior",
    re.IGNORECASE,
)
_MAXIMUM_SIZE = 64 * 2**20
#: Bytes of a first line; ngspice reads what follows the 4999th as a card of its own.
_LONGEST_TITLE = 4000
_MAXIMUM_DEPTH = 16


class UnsafeDeckError(NetlistError):
    """A deck that would run commands, or read or write files, outside its folder."""


def checked_lines(
    text: str,
    *,
    file: str = "<deck>",
    folders: Iterable[str | Path] = (),
    allow_control: bool = False,
) -> list[Line]:
    """Return the physical lines of a deck with all includes put in, after the checks.

    `folders` are those that includes may lie in; a relative path is looked up from the
    including file's folder, then in each of them. `allow_control` lets commands pass;
    includes stay bound to the folders.

    Raises `UnsafeDeckError` for anything that is not known to be harmless and
    `NetlistError` for an include that is missing, nested too deeply or too large.
    """
    if len(text) > _MAXIMUM_SIZE:
        raise NetlistError(f"the deck exceeds {_MAXIMUM_SIZE >> 20} MiB", file=file)
    allowed = tuple(Path(folder).resolve() for folder in folders)
    reader = _Reader(allowed, allow_control)
    lines = reader.expand(split_lines(_clean(text, file), file), allowed[0] if allowed else None, 0)
    if not allow_control:
        _check_title(lines[0])
        _check_comments(lines)
        _check_cards(lines, join_cards(lines))
        if any(continues(line.text) for line in lines):
            _check_cards(lines, join_cards(lines, backslashes=False))
    return lines


class _Reader:
    """Puts included files in place of the cards that name them."""

    def __init__(self, allowed: tuple[Path, ...], allow_control: bool) -> None:
        self.allowed = allowed
        self.allow_control = allow_control
        self.size = 0

    def expand(self, lines: list[Line], folder: Path | None, depth: int) -> list[Line]:
        inserted: dict[int, list[Line]] = {}
        dropped: set[int] = set()
        for card in join_cards(lines):
            keyword = card.keyword
            if not keyword.startswith((".inc", ".lib")):
                continue
            where = lines[card.lines[0]]
            words = _path_words(card, where)
            if keyword.startswith(".lib") and len(words) < 2:
                raise NetlistError(
                    f".lib {words[0]}: outside a library; write .lib FILE SECTION",
                    file=where.file,
                    line=where.number,
                )
            if depth >= _MAXIMUM_DEPTH:
                raise NetlistError(
                    f"includes are nested deeper than {_MAXIMUM_DEPTH}; does a file include itself?",
                    file=where.file,
                    line=where.number,
                )
            path = self.resolve(words[0], folder, where)
            content = self.read(path, where)
            if keyword.startswith(".lib"):
                content = _section(content, words[1], path, where)
            inserted[card.lines[0]] = self.expand(content, path.parent, depth + 1)
            dropped.update(card.lines)
        merged: list[Line] = []
        for index, line in enumerate(lines):
            merged.extend(inserted.get(index, []))
            if index not in dropped:
                merged.append(line)
        return merged

    def resolve(self, name: str, folder: Path | None, where: Line) -> Path:
        if name.startswith("~") or "$" in name:
            raise UnsafeDeckError(
                f"include {name!r} asks for expansion; write the path itself",
                file=where.file,
                line=where.number,
            )
        bases = ([folder] if folder is not None else []) + list(self.allowed)
        candidates = [(base / name).resolve() for base in bases] or [Path(name).resolve()]
        inside = [path for path in candidates if any(path.is_relative_to(base) for base in self.allowed)]
        if not inside:
            folders = ", ".join(map(str, self.allowed)) or "none"
            raise UnsafeDeckError(
                f"include {name!r} lies outside the allowed folders ({folders}); "
                "name its folder in include_folders",
                file=where.file,
                line=where.number,
            )
        for path in inside:
            if path.is_file():
                return path
        raise NetlistError(
            f"include {name!r}: no such file ({inside[0]})", file=where.file, line=where.number
        )

    def read(self, path: Path, where: Line) -> list[Line]:
        try:
            self.size += path.stat().st_size
            if self.size > _MAXIMUM_SIZE:
                raise NetlistError(
                    f"includes exceed {_MAXIMUM_SIZE >> 20} MiB", file=where.file, line=where.number
                )
            text = decode(path.read_bytes())
        except OSError as error:
            raise NetlistError(
                f"include {path}: {error.strerror}", file=where.file, line=where.number
            ) from error
        return split_lines(_clean(text, str(path)), str(path))


def decode(data: bytes) -> str:
    """Return the text of a deck: UTF-8, or Latin-1 where it is not."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _clean(text: str, file: str) -> str:
    """Refuse NUL; drop byte order marks, which ngspice drops at the beginning of any line."""
    if "\0" in text:
        raise UnsafeDeckError("holds a NUL character; a deck is text", file=file)
    return text.replace("\ufeff", "")


def _path_words(card: Card, where: Line) -> list[str]:
    """Return the words after the keyword; quotes group, `;` and `$ ` begin a comment."""
    rest = card.text.split(None, 1)[1] if len(card.text.split(None, 1)) > 1 else ""
    words = [next(filter(None, found)) for found in re.findall(r'"([^"]+)"|\'([^\']+)\'|([^\s;]+|;.*)', rest)]
    for position, word in enumerate(words):
        if word.startswith(";") or word == "$":
            words = words[:position]
            break
    if not words or (card.keyword.startswith(".inc") and len(words) != 1) or len(words) > 2:
        raise NetlistError(
            f"{card.keyword} needs one file name, in quotes if it holds blanks",
            file=where.file,
            line=where.number,
        )
    return words


def _section(lines: list[Line], name: str, path: Path, where: Line) -> list[Line]:
    """Return the lines between `.lib name` and `.endl`."""
    kept: list[Line] = []
    inside = False
    for line in lines:
        words = line.text.lower().split()
        if inside and words and words[0] == ".endl":
            return kept
        if inside:
            kept.append(line)
        elif len(words) == 2 and words[0] == ".lib" and words[1].strip("\"'") == name.lower():
            inside = True
    if inside:
        raise NetlistError(f"section {name!r} has no .endl", file=str(path))
    raise NetlistError(f"library {path} has no section {name!r}", file=where.file, line=where.number)


def _check_title(line: Line) -> None:
    if len(line.text.encode("utf-8", "replace")) > _LONGEST_TITLE:
        _refuse(line, f"the first line exceeds {_LONGEST_TITLE} bytes; ngspice reads its tail as a card")


def _check_comments(lines: list[Line]) -> None:
    """ngspice executes what follows `*#`, and makes comments by changing a line's first character;
    banners such as `*####` it cannot mean."""
    for line in lines:
        text = line.text.strip()
        if text.startswith("*#") and re.search(r"\w", text):
            _refuse(line, "a line that begins with `*#` is a command to ngspice; write `* #` for a comment")
        if "#" in (text[1:2], line.text[1:2]) and re.search(r"\w", text[1:]):
            _refuse(line, "`#` is the second character; ngspice may read what follows as a command")
        if re.match(r"\*\s*ng_script", text, re.IGNORECASE):
            _refuse(line, "`*ng_script` turns a deck into a script of commands")


def _check_cards(lines: list[Line], cards: list[Card]) -> None:
    for card in cards:
        line = lines[card.lines[0]]
        keyword = re.split(r"[\s(=]", card.keyword)[0]
        if keyword.startswith((".control", ".endc")):
            _refuse(line, "a control block runs commands")
        if keyword.startswith(".") and keyword not in SAFE_CARDS:
            _refuse(line, f"{keyword} is not among the cards that are known to be harmless")
        if keyword == ".model":
            words = re.split(r"[\s(),=]+", card.text)
            if UNSAFE_MODELS.intersection(word.lower().strip("\"'{}") for word in words[2:]):
                _refuse(line, f"model {words[1]!r} is of a kind that reads or writes files")
        if keyword.startswith(".opt"):
            unsafe = [w for w in re.split(r"[\s=,()]+", card.text)[1:] if _UNSAFE_OPTION.fullmatch(w)]
            if unsafe:
                _refuse(line, f"option {unsafe[0]!r} names files or programs, or changes what cards mean")
        found = _FILE_PARAMETER.search(card.text)
        if found and (keyword == ".model" or keyword[:1] in "aviqmd"):
            _refuse(line, f"parameter {found[1] or found[2]!r} names a file or a program")


def _refuse(line: Line, why: str) -> None:
    raise UnsafeDeckError(
        f"{why}; refused, since decks are data (allow_control=True lets it pass)",
        file=line.file,
        line=line.number,
    )
