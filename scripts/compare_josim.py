#!/usr/bin/env python
"""Every deck of a folder in JoSIM and in cosim: do both run it, and do they count the same pulses?

    scripts/compare_josim.py FOLDER_OR_DECK … [--josim josim-cli] [--refine N] [--pattern '*.cir']
                             [--json FILE]

A deck counts when it has a `.tran` card. JoSIM gets the deck's own text with one card more, which prints
the phase of every junction; `--refine` divides its integration step, so that what is left of a difference
is not its own discretisation. A row says: junctions; slips in JoSIM and in cosim; the largest difference
of paired arrivals; the RMS distance of the worst printed waveform, in units of 1e-3 relative (one pulse
that lies 0.1 ps off makes it large); and what is wrong, if anything is. Exits with 1 when JoSIM ran a
deck that cosim refuses, or when the slips differ; those of a deck with noise may, its deviates are not the
same.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from cosim.errors import CosimError
from cosim.josephson import simulate
from cosim.netlist import flatten, format_number, parse_file
from cosim.netlist.circuit import Circuit, CurrentSource, Element, Junction, Resistor, VoltageSource
from cosim.netlist.waveforms import Noise
from cosim.results import Pulses, Result, compare_pulses, compare_waveforms, find_slips, read_csv

_TRAN = re.compile(r"^\s*\.?tran\b(?P<values>.*)$", re.IGNORECASE | re.MULTILINE)
_END = re.compile(r"^\s*\.?end\s*$", re.IGNORECASE | re.MULTILINE)
_INCLUDE = re.compile(r"^(?P<card>\s*\.?include\s+)(?P<file>\S.*?)\s*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one deck gave. Times in s; `distance` is the worst printed waveform's, in tolerances."""

    deck: str
    josim: str
    cosim: str
    junctions: int = 0
    slips_josim: int = 0
    slips_cosim: int = 0
    arrival: float = 0.0
    distance: float = 0.0
    worst: str = ""
    first: str = ""
    noisy: bool = False

    @property
    def passed(self) -> bool:
        return self.josim != "ok" or (self.cosim == "ok" and (self.noisy or not self.first))


def decks(places: list[Path], pattern: str) -> Iterator[Path]:
    """All decks with a `.tran` card, in order."""
    for place in places:
        for path in sorted(place.rglob(pattern)) if place.is_dir() else [place]:
            if path.is_file() and _TRAN.search(path.read_text(encoding="utf-8", errors="replace")):
                yield path


def for_josim(path: Path, circuit: Circuit | None, refine: int) -> str:
    """The deck's text for JoSIM: includes absolute, junctions' phases printed, a finer step if asked."""
    text = path.read_text(encoding="utf-8", errors="replace")
    end = _END.search(text)
    text = text[: end.start()] if end else text
    text = _INCLUDE.sub(lambda m: m["card"] + str((path.parent / m["file"].strip("\"'")).resolve()), text)
    if circuit is None:
        return text + "\n.end\n"
    if refine > 1 and circuit.transient is not None:
        run = circuit.transient
        values = [run.maximum_step / refine, run.stop, run.start, run.print_step]
        card = f".tran {' '.join(format_number(value) for value in values)}"
        text = _TRAN.sub(card, text, count=1)
    names = [e.name.replace("|", ".") for e in circuit.elements if isinstance(e, Junction)]
    cards = [f".print {' '.join(f'p({name})' for name in names[k : k + 8])}" for k in range(0, len(names), 8)]
    return text.rstrip() + "\n" + "\n".join(cards) + "\n.end\n"


def run_josim(josim: str, text: str, limit: float) -> tuple[Result | None, str]:
    """JoSIM's table, or the reason why there is none."""
    with tempfile.TemporaryDirectory() as folder:
        deck, table = Path(folder) / "deck.cir", Path(folder) / "out.csv"
        deck.write_text(text, encoding="utf-8")
        try:
            done = subprocess.run(
                [josim, "-m", "-o", str(table), str(deck)],
                cwd=folder, capture_output=True, text=True, errors="replace", timeout=limit, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return None, f"more than {limit:g} s"
        if done.returncode != 0 or not table.exists():
            words = " ".join((done.stdout + done.stderr).split())
            return None, words[-160:] or f"exit code {done.returncode}"
        try:
            return _unique(table), "ok"
        except (CosimError, ValueError) as error:
            return None, str(error)[-160:]


def _unique(table: Path) -> Result:
    """Read a table, columns that a deck prints twice once."""
    lines = table.read_text(encoding="utf-8").splitlines()
    quoted = re.findall(r'"[^"]*"|[^,]+', lines[0])
    names = [name.strip('"') for name in quoted]
    keep = [k for k, name in enumerate(names) if name not in names[:k]]
    if len(keep) == len(names):
        return read_csv(table)
    values = np.loadtxt(lines[1:], delimiter=",", ndmin=2)
    signals = {names[k]: values[:, k] for k in keep if k}
    return Result(time=values[:, 0], signals=signals)


def _is_noisy(element: Element) -> bool:
    if isinstance(element, Junction | Resistor):
        return element.temperature > 0.0
    return isinstance(element, CurrentSource | VoltageSource) and isinstance(element.waveform, Noise)


def compare(path: Path, josim: str, refine: int, limit: float, tolerance: float) -> Row:
    """Run one deck in both. Junctions that JoSIM cannot print (their path holds a dot) do not count."""
    circuit, ours, refused = None, None, "ok"
    try:
        circuit = flatten(parse_file(path), on_missing_probe=lambda error: None)
        ours = simulate(circuit)
        refused = ours.message if ours.status == "failed" else "ok"
    except CosimError as error:
        refused = str(error)
    theirs, answer = run_josim(josim, for_josim(path, circuit, refine), limit)
    if circuit is None or ours is None or theirs is None:
        return Row(deck=str(path), josim=answer, cosim=refused)
    every = [e.name for e in circuit.elements if isinstance(e, Junction)]
    names = tuple(name for name in every if f"P({name})" in theirs.signals)
    slips = {name: find_slips(theirs.time, theirs.signals[f"P({name})"]) for name in names}
    theirs = Result(time=theirs.time, signals=theirs.signals, pulses=Pulses.gather(slips))
    found = compare_pulses(theirs, ours, names, tolerance=tolerance)
    common = [name for name in ours.signals if name in theirs.signals and np.ptp(ours.time) > 0]
    apart = compare_waveforms(theirs, ours, common) if common else {}
    worst = max(apart, key=lambda name: apart[name]) if apart else ""
    return Row(
        deck=str(path),
        josim=answer,
        cosim=refused,
        junctions=len(names),
        slips_josim=sum(len(slips[name][0]) for name in names),
        slips_cosim=sum(len(ours.pulses.of(name)[0]) for name in names),
        arrival=found.max_difference,
        distance=apart.get(worst, 0.0),
        worst=worst,
        first="" if found.first_disagreement is None else str(found.first_disagreement),
        noisy=any(_is_noisy(element) for element in circuit.elements),
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("places", nargs="+", type=Path, metavar="FOLDER_OR_DECK")
    parser.add_argument("--josim", default="josim-cli", help="JoSIM's program (default: josim-cli)")
    parser.add_argument("--refine", type=int, default=1, help="divide JoSIM's step by this")
    parser.add_argument("--tolerance", type=float, default=5e-12, help="s that arrivals may differ (5e-12)")
    parser.add_argument("--pattern", default="*.cir", help="names of decks (default: *.cir)")
    parser.add_argument("--time-limit", type=float, default=300.0, help="seconds a run of JoSIM may take")
    parser.add_argument("--json", type=Path, help="write the rows here")
    options = parser.parse_args()
    josim = shutil.which(options.josim)
    if josim is None:
        print(f"{options.josim} is not on the path; give it with --josim", file=sys.stderr)
        return 2
    rows = []
    print(f"{'junctions':>9} {'JoSIM':>7} {'cosim':>7} {'arrival':>9} {'distance':>9}  deck")
    for path in decks(options.places, options.pattern):
        row = compare(path, josim, options.refine, options.time_limit, options.tolerance)
        rows.append(row)
        print(
            f"{row.junctions:9d} {row.slips_josim:7d} {row.slips_cosim:7d} {row.arrival * 1e12:6.3f} ps "
            f"{row.distance:9.3g}  {path}"
        )
        first = "with noise" if row.noisy else row.first
        for who, said in (("JoSIM", row.josim), ("cosim", row.cosim), ("first", first)):
            if said not in ("ok", ""):
                print(f"{'':46}{who}: {said}")
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    ran = [row for row in rows if row.josim == "ok"]
    good = sum(row.passed for row in ran)
    print(f"{len(rows)} decks; JoSIM runs {len(ran)}, of which {good} agree here")
    return 0 if good == len(ran) else 1


if __name__ == "__main__":
    sys.exit(main())
