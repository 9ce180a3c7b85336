"""`cosim report`: one page of a file."""

from __future__ import annotations

from pathlib import Path

import click

from cosim.commands.console import note
from cosim.commands.options import examples, output_option, quiet_option


@click.command(
    short_help="Write a page with figures and tables.",
    epilog=examples(
        "cosim report sweep.h5                  into sweep.html",
        "cosim report run.h5 -o report.html",
        "cosim report evaluation.h5 -o report.html --title 'XOR, second run'",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@output_option("The page, .html; default: beside FILE.")
@click.option("--title", default="", help="Above the page.")
@quiet_option
def report(file: Path, output: Path | None, title: str) -> None:
    """Write one HTML page of a FILE: figures, tables, parameters, provenance.

    It holds everything in itself and opens without a network.
    """
    from cosim.errors import ResultFileError
    from cosim.report import write_report
    from cosim.results import require_writable

    target = output if output is not None else file.with_suffix(".html")
    if target.suffix.lower() not in (".html", ".htm"):
        raise ResultFileError(f"{target}: a report ends in .html, not in {target.suffix or 'nothing'!r}")
    require_writable(target, any_format=True)
    write_report(target, file, title=title)
    note(f"wrote {target}")
