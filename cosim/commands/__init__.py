"""The verbs of the `cosim` command, one file each.

A verb is a `click` command in a module of its own and one line in `VERBS`. Its module imports
nothing but `click` and the standard library at the top; the rooms it drives are imported inside
the function, so that `cosim --help` stays quick whatever the verbs need.
"""

from __future__ import annotations

#: Name on the command line → "module:attribute" of the click command, in the order of the help.
VERBS: dict[str, str] = {
    "demo": "cosim.commands.demo:demo",
    "evaluate": "cosim.commands.evaluate:evaluate",
    "read": "cosim.commands.read:read",
    "map": "cosim.commands.map:map_",
    "netlist": "cosim.commands.netlist:netlist",
    "simulate": "cosim.commands.simulate:simulate",
    "margins": "cosim.commands.margins:margins",
    "run": "cosim.commands.run:run",
    "sweep": "cosim.commands.sweep:sweep",
    "plot": "cosim.commands.plot:plot",
    "report": "cosim.commands.report:report",
    "convert": "cosim.commands.convert:convert",
    "doctor": "cosim.commands.doctor:doctor",
}
