"""Order of the nodes of a NIR graph.

The edges of a file come in any order, so the chain from input to output is found here. What is not
a chain (branches, merges, cycles, loose parts) is refused, with the nodes that make it so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from graphlib import CycleError, TopologicalSorter

from cosim.errors import NetworkError, did_you_mean


def chain(nodes: Collection[str], edges: Iterable[tuple[str, str]]) -> list[str]:
    """Return the nodes from input to output.

    Raises `NetworkError` for an edge to a node that is not there, an edge listed twice, a cycle, a
    branch, a merge, or nodes that nothing connects.
    """
    edges = list(edges)
    for edge in edges:
        for end in edge:
            if end not in nodes:
                raise NetworkError(
                    f"edge {arrow(edge)} names a node that is not there{did_you_mean(end, nodes)}"
                )
    edge, times = Counter(edges).most_common(1)[0] if edges else (("", ""), 0)
    if times > 1:
        raise NetworkError(
            f"edge {arrow(edge)} is listed {times} times, a doubled input or a slip; list it once"
        )
    before: dict[str, list[str]] = {name: [] for name in nodes}
    after: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        before[target].append(source)
        after[source].append(target)
    try:
        order = list(TopologicalSorter(before).static_order())
    except CycleError as error:
        raise NetworkError(
            f"nodes {arrow(error.args[1][::-1])} form a cycle: recurrent networks are not supported; "
            "remove the feedback or unroll it"
        ) from error
    for name in order:
        for others, verb in ((after[name], "feeds"), (before[name], "is fed by")):
            if len(others) > 1:
                raise NetworkError(
                    f"node {name!r} {verb} {_list(others)}: branches are not supported; "
                    "stack the parts into one layer"
                )
    starts = [name for name in order if not before[name]]
    if len(starts) > 1:
        loose = [name for name in starts if not after[name]]
        raise NetworkError(
            f"nodes {_list(loose or starts)} are not connected to the rest; "
            "expected one chain from input to output"
        )
    return order


def arrow(names: Iterable[str]) -> str:
    """Return names as `'a' → 'b'`."""
    return " → ".join(repr(name) for name in names)


def _list(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in sorted(names))
