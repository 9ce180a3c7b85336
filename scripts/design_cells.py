"""Design the cells: optimise neurons, measure what they do, write their test benches.

    python scripts/design_cells.py optimise 1_1_1 2_0_1     values into circuits/designs/, then measured
    python scripts/design_cells.py measure [labels]         timing and margins into circuits/designs/
    python scripts/design_cells.py cells                    margins of lines, splitter, merger, gates
    python scripts/design_cells.py strength                 strength of the tuned synapse
    python scripts/design_cells.py decks                    netlists/cells/*.cir and the XOR network
    python scripts/design_cells.py tables                   the tables of docs/cells.md

A label is a signature: excitatory inputs, inhibitory inputs, threshold. Minutes a signature.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from cell_design.decks import write_decks, write_network_deck
from cell_design.optimise import optimise
from cell_design.strength import curve
from cell_design.timing import measure
from cell_design.verdict import bench_margins

from cosim.circuits import SCALES, NeuronDesign, Signature, TunedParameters, available, design
from cosim.circuits.bench import (
    gated_bench,
    line_bench,
    merger_bench,
    neuron_bench,
    source_bench,
    splitter_bench,
    tuned_bench,
)
from cosim.circuits.library import to_json

ROOT = Path(__file__).resolve().parent.parent
DESIGNS = ROOT / "circuits" / "designs"


def keep(found: NeuronDesign) -> None:
    """Measure a design and write its file."""
    found = replace(found, margins=bench_margins(neuron_bench(found)))
    found = replace(found, timing=measure(found))
    path = DESIGNS / f"{found.signature.label}.json"
    path.write_text(json.dumps(_rounded(to_json(found)), indent=2) + "\n", encoding="utf-8")
    print(f"{found.signature}: critical margin {100 * found.critical_margin:.1f} %, {found.timing}")


def cells() -> None:
    """Margins of the cells that are not neurons."""
    benches = {
        "source": source_bench(),
        "jtl": line_bench(),
        "stage": line_bench(single=True),
        "splitter": splitter_bench(),
        "merger": merger_bench(),
        "gated_off": gated_bench(on=False),
        "gated_on": gated_bench(),
        "tuned_weak": tuned_bench(strong=False),
        "tuned_strong": tuned_bench(),
    }
    table = {name: {k: list(v) for k, v in bench_margins(bench).items()} for name, bench in benches.items()}
    (DESIGNS / "cells.json").write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


def strength() -> None:
    """The curve of the tuned synapse."""
    (DESIGNS / "tuned.json").write_text(
        json.dumps(curve(TunedParameters()), indent=2) + "\n", encoding="utf-8"
    )


def tables() -> str:
    """What is documented, in Markdown: neurons, then the other cells."""

    def percent(margins: Mapping[str, Sequence[float]], name: str) -> str:
        if name not in margins:
            return "–"
        low, high = margins[name]
        return f"{100 * low:+.0f}/{100 * high:+.0f}"

    lines = [
        "| E, I, k | bias % | Ic % | L % | R % | K % | ith % | ith µA | latency, all on ps | refractory ps "
        "| leak ps | together within ps | inhibition ahead ps |",
        "|" + " --- |" * 13,
    ]
    for signature in available():
        found = design(signature)
        t, (low, high) = found.timing, found.timing.inhibition_lead
        margins = [percent(found.margins, name) for name in (*SCALES, "ith")]
        together = "–" if math.isinf(t.coincidence) else f"{1e12 * t.coincidence:.0f}"
        ahead = f"{1e12 * low:.0f} … {1e12 * high:.0f}" if signature.inhibitory else "–"
        cells_ = [
            f"{signature.excitatory}, {signature.inhibitory}, {signature.threshold}",
            *(margins[k] for k in (0, 1, 2, 3, 4, 5)),
            f"{1e6 * found.threshold_current:.1f}",
            f"{1e12 * t.latency:.1f}, {1e12 * t.latency_all:.1f}",
            f"{1e12 * t.refractory:.0f}",
            f"{1e12 * t.leak:.0f}",
            together,
            ahead,
        ]
        lines.append("| " + " | ".join(cells_) + " |")
    lines += ["", "| cell | bias % | Ic % | L % | R % | ith % |", "|" + " --- |" * 6]
    for name, margins in json.loads((DESIGNS / "cells.json").read_text(encoding="utf-8")).items():
        row = [name, *(percent(margins, key) for key in ("sib", "sic", "sl", "sr", "ith"))]
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def _rounded(data):
    """Six digits are more than a layout can hold."""
    if isinstance(data, dict):
        return {key: _rounded(value) for key, value in data.items()}
    return float(f"{data:.6g}") if isinstance(data, float) else data


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", choices=("optimise", "measure", "cells", "strength", "decks", "tables"))
    parser.add_argument("labels", nargs="*", help="signatures; all without")
    parser.add_argument("--iterations", type=int, default=8)
    options = parser.parse_args()
    signatures = [Signature(*(int(n) for n in label.split("_"))) for label in options.labels] or available()
    if options.task == "decks":
        for path in write_decks(ROOT / "netlists" / "cells"):
            print(path.relative_to(ROOT))
        for network in sorted((ROOT / "netlists" / "networks").glob("xor_*.nir")):
            print(write_network_deck(network, ROOT / "netlists" / f"{network.stem}.cir").relative_to(ROOT))
    elif options.task == "tables":
        print(tables())
    elif options.task == "cells":
        cells()
    elif options.task == "strength":
        strength()
    else:
        for signature in signatures:
            found = design(signature)
            if options.task == "optimise":
                found = optimise(found, iterations=options.iterations)
            keep(found)


if __name__ == "__main__":
    main()
