"""SPICE text to circuits and back: lexer, expressions, parser, hierarchy, writers.

`parse` and `parse_file` read a deck in the JoSIM dialect; `flatten` turns it into the flat
`Circuit` that the engines take. No simulation happens here.
"""

from __future__ import annotations

from cosim.netlist.circuit import Circuit
from cosim.netlist.deck import Deck, ElementStatement, InstanceStatement, Parameter, Subcircuit
from cosim.netlist.expressions import as_expression, parse_expression, write_expression
from cosim.netlist.flatten import flatten
from cosim.netlist.ngspice import NgspiceDeck, render_ngspice
from cosim.netlist.parser import parse, parse_file
from cosim.netlist.portability import josim_problems
from cosim.netlist.pyspice import from_pyspice, is_pyspice, spice_text
from cosim.netlist.units import format_number, parse_number
from cosim.netlist.writer import write

__all__ = [
    "Circuit",
    "Deck",
    "ElementStatement",
    "InstanceStatement",
    "NgspiceDeck",
    "Parameter",
    "Subcircuit",
    "as_expression",
    "flatten",
    "format_number",
    "from_pyspice",
    "is_pyspice",
    "josim_problems",
    "parse",
    "parse_expression",
    "parse_file",
    "parse_number",
    "render_ngspice",
    "spice_text",
    "write",
    "write_expression",
]
