"""Design the cells: optimise neurons, measure what they do, write their test benches.

    python scripts/design_cells.py optimise 1_1_1 2_0_1     values into circuits/designs/, then measured
    python scripts/design_cells.py measure [labels]         timing and margins into circuits/designs/
    python scripts/design_cells.py cells                    margins of lines, splitter, merger, gates
    python scripts/design_cells.py strength                 strength of the tuned synapse
    python scripts/design_cells.py decks                    netlists/cells/*.cir

A label is a signature: excitatory inputs, inhibitory inputs, threshold. Minutes a signature.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from cell_design.decks import write_decks
from cell_design.optimise import optimise
from cell_design.strength import curve
from cell_design.timing import measure
from cell_design.verdict import bench_margins

from cosim.circuits import NeuronDesign, Signature, TunedParameters, available, design
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
    found = replace(found, timing=measure(found), margins=bench_margins(neuron_bench(found)))
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


def _rounded(data):
    """Six digits are more than a layout can hold."""
    if isinstance(data, dict):
        return {key: _rounded(value) for key, value in data.items()}
    return float(f"{data:.6g}") if isinstance(data, float) else data


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", choices=("optimise", "measure", "cells", "strength", "decks"))
    parser.add_argument("labels", nargs="*", help="signatures; all without")
    parser.add_argument("--iterations", type=int, default=8)
    options = parser.parse_args()
    signatures = [Signature(*(int(n) for n in label.split("_"))) for label in options.labels] or available()
    if options.task == "decks":
        for path in write_decks(ROOT / "netlists" / "cells"):
            print(path.relative_to(ROOT))
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
