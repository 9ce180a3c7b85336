"""The test bench of every cell, written out under netlists/cells/."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cosim.circuits import available, design
from cosim.circuits.bench import (
    Bench,
    gated_bench,
    line_bench,
    merger_bench,
    neuron_bench,
    source_bench,
    splitter_bench,
    transitions,
    tuned_bench,
)
from cosim.mapping import bench as network_bench
from cosim.mapping import map_to_sfq
from cosim.netlist import write
from cosim.network import read_nir


def benches() -> Iterator[Bench]:
    """All of them, in the order of the documentation."""
    yield source_bench()
    yield line_bench()
    yield line_bench(single=True)
    yield splitter_bench()
    yield merger_bench()
    yield gated_bench()
    yield tuned_bench()
    for signature in available():
        yield neuron_bench(design(signature))


def write_decks(folder: Path) -> list[Path]:
    """One `.cir` a bench, readable by JoSIM and by `cosim.netlist.parse_file`."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for bench in benches():
        counts = "\n".join(
            f"slips expected of {junction}, slot by slot: {' '.join(map(str, expected[1:]))}"
            for junction, expected in bench.expected.items()
        )
        deck = replace(bench.deck, description=f"{bench.deck.description}\n{counts}")
        path = folder / f"{bench.name}.cir"
        path.write_text(write(deck), encoding="utf-8")
        written.append(path)
    return written


def write_network_deck(network: Path, path: Path) -> Path:
    """A trained network as a deck that plays every input pattern after every input pattern."""
    design_ = map_to_sfq(read_nir(network))
    patterns = list(itertools.product((0, 1), repeat=design_.network.inputs))
    sequence = [patterns[k] for k in transitions(len(patterns))]
    played = network_bench(design_, sequence, waveforms=True)
    slots = " ".join("".join(map(str, pattern)) for pattern in sequence)
    deck = replace(played.deck, description=f"{played.deck.description}\npatterns: {slots}")
    path.write_text(write(deck), encoding="utf-8")
    return path
