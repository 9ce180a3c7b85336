"""Models put into a deck: their cards in place of the instance's.

    Xneuron in out whatever        an instance; the last word, the sub-circuit's name, is free

The nodes are those of the ports, in order: one node a port (against ground), one more than ports (the
last is the common reference), or two nodes a port. A sub-circuit of the name may stand in the deck, e.g.
the model's twin: bound, the model takes its place; unbound, ngspice simulates it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from cosim.errors import NetlistError, SimulationError, did_you_mean
from cosim.lockstep.model import Model
from cosim.lockstep.plan import Bound
from cosim.lockstep.ports import Wiring
from cosim.spice.cards import Card, Line, join_cards

_GROUND = ("0", "gnd")


class _Names:
    """Fresh names: sources carry their number, by which the callbacks know them."""

    def __init__(self) -> None:
        self.sources = 0
        self.others = 0

    def source(self, letter: str) -> str:
        """The name of the next external source."""
        self.sources += 1
        return f"{letter}cosim_{self.sources - 1}"

    def other(self, kind: str) -> str:
        """A name for anything else."""
        self.others += 1
        return f"{kind}cosim{self.others}"


def bind(lines: list[Line], models: Mapping[str, Model]) -> tuple[list[Line], tuple[Bound, ...]]:
    """Return the deck with the instances of `models` replaced, and the models with their wiring.

    Raises `NetlistError` for an instance that is not there at the top level or has the wrong number of
    nodes, and for external sources that no model drives.
    """
    found: dict[str, Card] = {}
    depth = 0
    for card in join_cards(lines):
        if card.lines[0] == 0:
            continue
        depth += (card.keyword in (".subckt", ".macro")) - (card.keyword in (".ends", ".eom"))
        if card.keyword.startswith("x") and not depth:
            found[card.keyword] = card
        _refuse_external(card, lines)
    names, bound, replaced = _Names(), [], list(lines)
    inserted: dict[int, list[str]] = {}
    for name, model in models.items():
        card = found.get(name.lower())
        if card is None:
            there = ", ".join(found) or "none"
            raise NetlistError(
                f"no instance {name!r} at the top level of the deck{did_you_mean(name, found)}; "
                f"a model takes the place of an X card, and there are {there}"
            )
        where = lines[card.lines[0]]
        wiring = _wiring(name, model, card, where, names)
        bound.append(Bound(name.upper(), model, wiring))
        for index in card.lines:
            replaced[index] = Line("*", lines[index].file, lines[index].number)
        inserted[card.lines[-1]] = [text for port in wiring for text in port.cards]
        inserted[card.lines[-1]] += [
            f"{names.other('r')} {wiring[first].node} {wiring[second].node} {1.0 / conductance:.17g}"
            for first, second, conductance in model.network
        ]
    saved = any(card.keyword == ".save" for card in join_cards(lines))
    merged: list[Line] = []
    for index, line in enumerate(replaced):
        merged.append(line)
        merged += [Line(text, line.file, line.number) for text in inserted.get(index, ())]
    if saved and bound:
        merged.insert(1, Line(_save(bound), "<added>", 0))
    return merged, tuple(bound)


def _wiring(name: str, model: Model, card: Card, where: Line, names: _Names) -> tuple[Wiring, ...]:
    nodes = re.split(r"[\s,()]+", card.text.strip())[1:-1]
    ports = model.ports
    if len(nodes) == len(ports):
        pairs = [(node, "0") for node in nodes]
    elif len(nodes) == len(ports) + 1:
        pairs = [(node, nodes[-1]) for node in nodes[:-1]]
    elif len(nodes) == 2 * len(ports):
        pairs = list(zip(nodes[::2], nodes[1::2], strict=True))
    else:
        listing = ", ".join(port.name for port in ports)
        raise NetlistError(
            f"{name} has {len(nodes)} nodes; {type(model).__name__} has {len(ports)} ports ({listing}): "
            "give one node each, one more as reference, or two each",
            file=where.file,
            line=where.number,
        )
    wirings = []
    for port, (plus, minus) in zip(ports, pairs, strict=True):
        before = names.sources

        def fresh(letter: str, driven: int = port.outputs, first: int = before) -> str:
            if letter in "vi" and names.sources - first < driven:
                return names.source(letter)
            return names.other(letter)

        wirings.append(replace(port.wire(plus, minus, fresh), node=plus))
        if names.sources - before != port.outputs:
            raise SimulationError(
                f"port {port.name!r} of {type(model).__name__} makes no source for an output"
            )
    return tuple(wirings)


def _save(bound: list[Bound]) -> str:
    """A card for the vectors that models read, for decks that say what is saved."""
    read = {node for one in bound for wiring in one.wiring for node in (wiring.plus, wiring.minus)}
    vectors = [
        f"i({node.removesuffix('#branch')})" if node.endswith("#branch") else f"v({node})"
        for node in sorted(read)
        if node.lower() not in _GROUND
    ]
    return " ".join([".save", *vectors])


def _refuse_external(card: Card, lines: list[Line]) -> None:
    where = lines[card.lines[0]]
    if card.keyword[:1] in "vi" and re.search(r"\sexternal\b", card.text, re.IGNORECASE):
        raise NetlistError(
            f"{card.keyword} is an external source; put an X card there and bind a model to it",
            file=where.file,
            line=where.number,
        )
    if card.keyword in (".opt", ".option", ".options") and re.search(r"\binterp\b", card.text, re.IGNORECASE):
        raise NetlistError(
            "with .options interp ngspice hides the points that models advance on",
            file=where.file,
            line=where.number,
        )
