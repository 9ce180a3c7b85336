"""`.print`, `.plot` and `.save` cards: every spelling to `ProbeStatement`s.

`p(B1.X1)`, `v(1,2)`, `i(L1)`, `c(L1)`, `DEVV R1`, `DEVI R1`, `DEVP R1`, `PHASE B1`,
`NODEV 1 2`, `NODEP 1`, `@R1[v]`, `L1#branch`. Names read inside out; `.` and `|` mean the
same. As in JoSIM a keyword is known by its last letter (decks in use say `DIVV B1`). Whether a
target is an element or a node is decided when the deck is flattened.
"""

from __future__ import annotations

import re

from cosim.netlist.deck import ProbeStatement
from cosim.netlist.lexer import LogicalLine, split_fields

_KEYWORDS = {
    "DEVV": ("V", 1),
    "DEVI": ("I", 1),
    "DEVP": ("P", 1),
    "PHASE": ("P", 1),
    "NODEV": ("V", 2),
    "NODEP": ("P", 2),
}
_LETTERS = {"V": "V", "P": "P", "I": "I", "C": "I"}
_LAST_LETTERS = {"V": "V", "P": "P", "E": "P", "I": "I"}

_CALL = re.compile(r"([A-Za-z])\s*\(\s*([^()]*?)\s*\)")
_AT = re.compile(r"@([^\[\]]+)\[\s*([A-Za-z])\s*\]")
_TARGET = re.compile(r"[^\s,(){}\[\]=;\"'@#]+")
_WORD = re.compile(r"[A-Za-z]{2,}")
_BRANCH = re.compile(r"(.+)#BRANCH", re.IGNORECASE)


def parse_probes(line: LogicalLine, file: str) -> list[ProbeStatement]:
    """Return the probes of one card; `file` is the output file that they go to, or ""."""
    text = re.sub(r"(?<![\w.|#])([VPICvpic])\s+\(", r"\1(", line.text)
    fields = split_fields(text, line)[1:]
    if fields and fields[0].upper() == "TRAN":
        del fields[0]
    if not fields:
        raise line.error("nothing to print; expected for example p(B1) v(1,2) i(L1)")
    keyword = fields[0].upper()
    if keyword in _KEYWORDS or (_WORD.fullmatch(keyword) and keyword[-1] in _LAST_LETTERS):
        kind, most = _KEYWORDS.get(keyword) or (_LAST_LETTERS[keyword[-1]], 1)
        targets = [part for field in fields[1:] for part in field.split(",") if part]
        if not 1 <= len(targets) <= most:
            names = "one element" if keyword not in ("NODEV", "NODEP") else "one or two nodes"
            raise line.error(f"{keyword} takes {names}, found {len(targets)}")
        return [_probe(kind, targets, file, line)]
    return [_parse_one(field, file, line) for field in fields]


def _parse_one(field: str, file: str, line: LogicalLine) -> ProbeStatement:
    if match := _CALL.fullmatch(field):
        letter, targets = (
            match.group(1).upper(),
            [part for part in re.split(r"[\s,]+", match.group(2)) if part],
        )
    elif match := _AT.fullmatch(field):
        letter, targets = match.group(2).upper(), [match.group(1)]
    elif match := _BRANCH.fullmatch(field):
        letter, targets = "I", [match.group(1)]
    else:
        raise line.error(f"{field!r} cannot be printed; expected for example p(B1), v(1,2), i(L1) or @R1[v]")
    if letter not in _LETTERS:
        raise line.error(f"{field!r}: there is no quantity {letter!r}; expected v, p or i")
    kind = _LETTERS[letter]
    if not targets or len(targets) > (1 if kind == "I" else 2):
        raise line.error(f"{field!r} names {len(targets)} things; expected one element, or one or two nodes")
    return _probe(kind, targets, file, line)


def _probe(kind: str, targets: list[str], file: str, line: LogicalLine) -> ProbeStatement:
    for target in targets:
        if not _TARGET.fullmatch(target):
            raise line.error(f"{target!r} is no name of an element or node")
    names = tuple("|".join(re.split(r"[.|]", target.upper())) for target in targets)
    return ProbeStatement(kind=kind, targets=names, file=file, location=line.location)
