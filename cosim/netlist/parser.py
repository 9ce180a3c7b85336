"""Decks in the JoSIM dialect: text to `Deck`.

Reading goes in two steps: cards are sorted into blocks (deck, sub-circuits), then element
and instance cards are read with all sub-circuit names known, because an instance may name
its sub-circuit before or after its nodes, and before it is defined.
"""

from __future__ import annotations

from pathlib import Path

from cosim.errors import NetlistError, did_you_mean
from cosim.netlist.deck import Deck, InstanceStatement, Parameter, Statement, Subcircuit
from cosim.netlist.directives import Block, Globals, parse_assignments, read_directive
from cosim.netlist.elements import local_name, node_name, parse_element
from cosim.netlist.expressions import parse_expression
from cosim.netlist.lexer import LogicalLine, logical_lines, read_text, split_fields
from cosim.netlist.memory import without_collection

MAXIMUM_NESTING = 50


def parse_file(path: str | Path) -> Deck:
    """Read a deck from a file; `.include` starts at the including file's folder.

    Raises `NetlistError` with file and line for everything that cannot be taken as it is.
    """
    return parse(read_text(Path(path)), str(path))


@without_collection()
def parse(text: str, file: str = "<text>") -> Deck:
    """Read a deck in the JoSIM dialect; `file` names the text in messages.

    Raises `NetlistError` with file and line for everything that cannot be taken as it is.
    """
    lines = logical_lines(text, file)
    if not lines:
        raise NetlistError("the deck is empty", file=file)
    top, globals_ = _sort(lines, file)
    ports = {block.name: len(block.ports) for block in top.blocks}
    deck = Deck(
        parameters=tuple(top.parameters),
        models=tuple(top.models),
        subcircuits=_subcircuits(top, ports),
        statements=_statements(top, ports),
        transient=globals_.transient,
        probes=tuple(globals_.probes),
        curves=tuple(globals_.curves),
        settings=globals_.settings,
        description=top.description,
        file=file,
    )
    if deck == Deck(description=top.description):
        raise NetlistError(
            "the deck is empty: it has no elements, sub-circuits or other definitions", file=file
        )
    return deck


def _sort(lines: list[LogicalLine], file: str) -> tuple[Block, Globals]:
    top = Block(description="\n".join(lines[0].comments) if lines[0].location.file == file else "")
    stack = [top]
    deck = Globals()
    control: LogicalLine | None = None
    for line in lines:
        block = stack[-1]
        if line.text[0] not in ".Ff" and control is None and block.begun:
            block.cards.append((split_fields(line.text, line), line))
            continue
        word = line.text.split(None, 1)[0].upper()
        if not block.begun:
            block.begun = True
            if block is not top:
                opening = block.line.comments if block.line not in (None, lines[0]) else ()
                block.description = "\n".join(line.comments or opening)
        if word == ".SUBCKT":
            stack.append(_open(line, block))
            if len(stack) > MAXIMUM_NESTING:
                raise line.error("sub-circuits are nested too deeply")
        elif word == ".ENDS":
            _close(line, stack)
        elif word == ".CONTROL":
            control = line
        elif word == ".ENDC":
            if control is None:
                raise line.error(".endc without .control")
            control = None
        elif word.startswith("."):
            read_directive(word[1:], line, block, deck, top=len(stack) == 1)
        elif control is not None or word == "FILE":
            read_directive(word, line, block, deck, top=len(stack) == 1)
        else:
            block.cards.append((split_fields(line.text, line), line))
    if control is not None:
        raise control.error(".control is not closed by .endc")
    if len(stack) > 1 and stack[-1].line is not None:
        raise stack[-1].line.error(f"sub-circuit {stack[-1].name!r} is not closed by .ends")
    return top, deck


def _open(line: LogicalLine, parent: Block) -> Block:
    fields = split_fields(line.text, line)[1:]
    if not fields:
        raise line.error(".subckt needs a name and ports")
    name = fields[0].upper()
    local_name(name, "sub-circuit", line)
    ports: list[str] = []
    defaults: list[Parameter] = []
    for item in fields[1:]:
        if item.upper() in ("PARAMS:", "PARAMS"):
            continue
        if item.upper().startswith("PARAMS:"):
            item = item[len("PARAMS:") :]
        if "=" in item:
            defaults.extend(parse_assignments(item, line))
        elif defaults:
            raise line.error(f"the port {item!r} stands after the parameters")
        else:
            port = node_name(item, line)
            if port in ports:
                raise line.error(f"the port {port!r} of {name!r} is named twice")
            ports.append(port)
    if not ports:
        raise line.error(f"sub-circuit {name!r} has no ports")
    if len({default.name for default in defaults}) < len(defaults):
        raise line.error(f"a parameter of {name!r} is named twice")
    block = Block(name=name, line=line, ports=tuple(ports), defaults=tuple(defaults))
    parent.blocks.append(block)
    return block


def _close(line: LogicalLine, stack: list[Block]) -> None:
    if len(stack) == 1:
        raise line.error(".ends without .subckt")
    block = stack.pop()
    fields = line.text.split()
    if len(fields) > 1 and fields[1].upper() != block.name:
        raise line.error(f".ends {fields[1]} closes sub-circuit {block.name!r}")


def _subcircuits(block: Block, outer: dict[str, int]) -> tuple[Subcircuit, ...]:
    """What is defined in a block; a definition that an `.include` repeats word for word counts once."""
    found: dict[str, Subcircuit] = {}
    for inner in block.blocks:
        subcircuit = _subcircuit(inner, outer)
        if found.setdefault(subcircuit.name, subcircuit) != subcircuit and inner.line is not None:
            raise inner.line.error(f"sub-circuit {subcircuit.name!r} is defined twice, not alike")
    return tuple(found.values())


def _subcircuit(block: Block, outer: dict[str, int]) -> Subcircuit:
    ports = {**outer, **{inner.name: len(inner.ports) for inner in block.blocks}}
    return Subcircuit(
        name=block.name,
        ports=block.ports,
        defaults=block.defaults,
        parameters=tuple(block.parameters),
        models=tuple(block.models),
        subcircuits=_subcircuits(block, ports),
        statements=_statements(block, ports),
        description=block.description,
        location=None if block.line is None else block.line.location,
    )


def _statements(block: Block, ports: dict[str, int]) -> tuple[Statement, ...]:
    seen: dict[str, LogicalLine] = {}
    statements: list[Statement] = []
    for fields, line in block.cards:
        name = local_name(fields[0], "element", line)
        if name in seen:
            raise line.error(f"{name!r} is defined twice; first in line {seen[name].location.line}")
        seen[name] = line
        statements.append(_instance(fields, line, ports) if name[0] == "X" else parse_element(fields, line))
    return tuple(statements)


def _instance(fields: list[str], line: LogicalLine, ports: dict[str, int]) -> InstanceStatement:
    name = local_name(fields[0], "instance", line)
    words = [item for item in fields[1:] if "=" not in item and item.upper() != "PARAMS:"]
    assignments = [item for item in fields[1:] if "=" in item]
    candidates = [index for index, word in enumerate(words) if word.upper() in ports]
    if not candidates:
        hint = next((hint for word in (words[:1] + words[-1:]) if (hint := did_you_mean(word, ports))), "")
        raise line.error(f"{name!r} names no sub-circuit that is defined here: {' '.join(words)!r}{hint}")
    fitting = [index for index in candidates if ports[words[index].upper()] == len(words) - 1]
    if not fitting:
        subcircuit = words[candidates[-1]].upper()
        raise line.error(
            f"{name!r}: {subcircuit!r} has {ports[subcircuit]} ports, found {len(words) - 1} nodes"
        )
    chosen = fitting[-1]
    parameters = []
    for item in assignments:
        key, _, value = item.partition("=")
        key = key.upper().removeprefix("PARAMS:")
        if any(key == known for known, _ in parameters):
            raise line.error(f"{name!r} gives {key!r} twice")
        parameters.append((key, parse_expression(value, line.location)))
    return InstanceStatement(
        name=name,
        nodes=tuple(node_name(word, line) for index, word in enumerate(words) if index != chosen),
        subcircuit=words[chosen].upper(),
        parameters=tuple(parameters),
        location=line.location,
    )
