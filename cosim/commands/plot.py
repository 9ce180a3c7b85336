"""`cosim plot`: the figure of a file."""

from __future__ import annotations

from pathlib import Path

import click

from cosim.commands.console import note
from cosim.commands.options import examples, output_option, quiet_option


@click.command(
    short_help="Draw a file: waveforms, margins and more.",
    epilog=examples(
        "cosim plot run.h5                                  waveforms, into run.png",
        "cosim plot run.csv --signals 'P(B1|X1),V(5)' -o figure.pdf",
        "cosim plot run.h5 --as raster                      a tick for each slip",
        "cosim plot evaluation.h5                           margin bars",
        "cosim plot evaluation.h5 --as yield -o yield.svg",
        "cosim plot array.h5                                what line resistance leaves at each cell",
        "cosim plot sweep.h5                                shmoo, curve or histogram of a sweep",
        "cosim plot sweep.h5 --signals delay --as histogram",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@output_option("Figure: .png, .pdf or .svg; default: beside FILE, as PNG.")
@click.option(
    "--as",
    "picture",
    type=click.Choice(
        [
            "waveforms",
            "raster",
            "margins",
            "yield",
            "energy",
            "shmoo",
            "curve",
            "histogram",
            "drop",
            "conductance",
            "iv",
        ]
    ),
    help="Which picture; default: the most telling one that the file allows.",
)
@click.option(
    "--signals",
    multiple=True,
    help="What to draw, e.g. 'V(B1|X1),I(L1)' (a bare junction is its voltage), or measurements of a sweep.",
)
@click.option("--part", metavar="GROUP", help="Draw this group of the file, e.g. ngspice.")
@click.option("--title", default="", help="Above the figure.")
@quiet_option
def plot(
    file: Path,
    output: Path | None,
    picture: str | None,
    signals: tuple[str, ...],
    part: str | None,
    title: str,
) -> None:
    """Draw a FILE of waveforms (.h5, .csv, .raw), of margins, of an evaluation or of a merged sweep.

    Where only the phase of a junction was kept, its voltage is drawn: (Φ0/2π)·dφ/dt.
    """
    from cosim.plotting import check_figure_path, figure_of_file, save
    from cosim.results import require_writable

    target = output if output is not None else file.with_suffix(".png")
    check_figure_path(target)
    require_writable(target, any_format=True)
    figure = figure_of_file(file, picture, signals=_split(signals) or None, part=part, title=title)
    save(figure, target)
    note(f"wrote {target}")


def _split(texts: tuple[str, ...]) -> list[str]:
    """Names between commas; a comma inside brackets, as in V(1,2), does not separate."""
    names, depth, current = [], 0, ""
    for character in ",".join(texts):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            names.append(current)
            current = ""
        else:
            current += character
    return [name.strip() for name in [*names, current] if name.strip()]
