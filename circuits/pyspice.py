"""Our cells as PySpice sub-circuits (extra `pyspice`, imported when a function is called).

    circuit = Circuit("neuron")
    add_cells(circuit, lif())
    circuit.X("1", "LIF", "membrane", "axon")

Superconducting cells come rendered for ngspice, junctions as sub-circuits of behavioural sources;
their global factors (`sib`, `sic` …) become parameters of the circuit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cosim.circuits.analog.cell import AnalogCell, definitions
from cosim.circuits.assemble import assemble
from cosim.circuits.cell import Cell
from cosim.errors import DependencyError
from cosim.netlist import render_ngspice

if TYPE_CHECKING:
    from PySpice.Spice.Netlist import Circuit, SubCircuit


def subcircuits(*cells: Cell | AnalogCell) -> tuple[SubCircuit, ...]:
    """PySpice sub-circuits of all that `cells` need, parts before what uses them, each once.

    Raises `DependencyError` where PySpice is not installed.
    """
    made, _ = _parts(cells)
    return made


def add_cells(circuit: Circuit, *cells: Cell | AnalogCell) -> None:
    """Define `cells` in a PySpice circuit: sub-circuits, models, and the global factors that they name.

    What the circuit has already under the same name is left as it is.
    """
    made, heads = _parts(cells)
    known = {str(one.name).lower() for one in circuit.subcircuits}
    for one in made:
        if str(one.name).lower() not in known:
            circuit.subcircuit(one)
    present = {" ".join(line.split()).lower() for line in str(circuit.raw_spice).splitlines()}
    names = {str(name).lower() for name in getattr(circuit, "_parameters", {})}
    for head in heads:
        found = re.fullmatch(r"\.param\s+(\w+)\s*=\s*(\S+)", head, re.IGNORECASE)
        if found is None and head.lower() not in present:
            circuit.raw_spice += head + "\n"
        elif found is not None and found[1].lower() not in names:
            circuit.parameter(found[1], found[2])


def _parts(cells: tuple[Cell | AnalogCell, ...]) -> tuple[tuple[SubCircuit, ...], list[str]]:
    """Sub-circuits, and cards that belong to the top level."""
    analog = [cell for cell in cells if isinstance(cell, AnalogCell)]
    super_ = [cell for cell in cells if isinstance(cell, Cell)]
    text = definitions(analog)
    if super_:
        instances = [
            cell.instance(f"Xcell{index}", *(f"n{index}_{port}" for port in range(len(cell.ports))))
            for index, cell in enumerate(super_)
        ]
        text += "\n" + _rendered(assemble(super_, instances, stop=1e-12))
    made: list[Any] = []
    heads: list[str] = []
    block: list[str] | None = None
    for line in _logical(text):
        word = line.split(None, 1)[0].lower()
        if word == ".subckt":
            block = [line]
        elif word == ".ends" and block is not None:
            made.append(_subcircuit(block))
            block = None
        elif block is not None:
            block.append(line)
        elif word in (".param", ".model"):
            heads.append(" ".join(line.split()))
    return tuple(made), heads


def _rendered(deck: Any) -> str:
    return render_ngspice(deck).text


def _logical(text: str) -> list[str]:
    """Lines with their continuations joined, comments left out."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("+") and lines:
            lines[-1] += " " + line[1:].strip()
        elif line.strip() and not line.startswith("*"):
            lines.append(line.strip())
    return lines


def _subcircuit(block: list[str]) -> Any:
    try:
        from PySpice.Spice.Netlist import SubCircuit
    except ImportError as error:
        raise DependencyError("PySpice is not installed: pip install 'cosim-cryo[pyspice]'") from error
    words = block[0].split()[1:]
    pairs = [word for word in words[1:] if "=" in word]
    nodes = [word for word in words[1:] if "=" not in word]
    made = SubCircuit(words[0], *nodes, **dict(pair.split("=", 1) for pair in pairs))
    made.raw_spice = "\n".join(block[1:]) + "\n"
    return made
