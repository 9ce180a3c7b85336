"""Decks and trained networks that come with `cosim`, as files of the installed package.

`importlib.resources.files("cosim.netlists")` finds them wherever the package is installed. The
generators that write circuits from parameters live in `cosim.circuits`.
"""
