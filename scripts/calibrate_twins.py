"""Calibrate the behavioural twins of neurons and write them to circuits/twins/.

    python scripts/calibrate_twins.py [SIGNATURE ...] [--parasitics]

SIGNATURE as 2_0_1; without any, all neurons of the design library whose twin is missing or stale.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from tqdm import tqdm

from cosim.circuits import Parasitics, Signature, available, design
from cosim.errors import CosimError
from cosim.spiking import calibrate, save, twin

FOLDER = Path(__file__).resolve().parent.parent / "circuits" / "twins"


@click.command()
@click.argument("signatures", nargs=-1)
@click.option("--parasitics", is_flag=True, help="With the inductances that vias and shunts add.")
def main(signatures: tuple[str, ...], parasitics: bool) -> None:
    """Calibrate and write."""
    extra = Parasitics() if parasitics else None
    chosen = [Signature(*map(int, label.split("_"))) for label in signatures]
    if not chosen:
        chosen = [signature for signature in available() if _stale(signature, extra)]
    for signature in tqdm(chosen, desc="twins", unit="cell", disable=not sys.stderr.isatty()):
        made = calibrate(design(signature), parasitics=extra, progress=lambda line: tqdm.write(f"  {line}"))
        tqdm.write(f"{signature}: {save(made, FOLDER).name}, {made.errors}")


def _stale(signature: Signature, parasitics: Parasitics | None) -> bool:
    try:
        twin(signature, parasitics)
    except CosimError:
        return True
    return False


if __name__ == "__main__":
    main()
