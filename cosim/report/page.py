"""`report_page`: what a file holds, chosen by its content, as one page."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cosim.errors import CosimError
from cosim.plotting import DOTS_PER_INCH, figure_of_file, figures_of_sweep, pictures_of, style
from cosim.report import html
from cosim.report.sections import body_of
from cosim.results import Group, load_result, read_file, result_group, write_bytes

#: Attributes that have a place of their own on the page.
_ELSEWHERE = ("netlist", "specification", "notes", "kind", "status", "message")
_MOST_FIGURES = 16
_CAPTIONS = {
    "waveforms": "Waveforms.",
    "raster": "Slips of the junctions; a tick each.",
    "margins": "Margins of each parameter, and what fails first beyond them.",
    "yield": "Share that works, with its 95 % interval, and what fails in the others.",
    "energy": "Energy of each slot.",
    "drop": "What line resistance leaves of the voltage at each cell.",
    "conductance": "Conductance of each cell.",
    "shmoo": "Over the last two axes of the sweep; other axes are averaged; crossed out: no number.",
    "curve": "Over the first axis of numbers; other axes make the band, or are averaged.",
    "histogram": "How the measurement is spread over all cases.",
}


def report_page(path: str | os.PathLike[str], *, title: str = "") -> str:
    """HTML of a file: a run (.h5, .csv, .raw), margins, an evaluation, or a merged sweep.

    Raises `ResultFileError` for a file that cannot be read.
    """
    source = Path(path)
    if source.suffix.lower() in (".h5", ".hdf5"):
        group = read_file(source)
        pictures = pictures_of(group)
    else:
        group, pictures = result_group(load_result(source)), ("waveforms",)
    name = title or str(group.attributes.get("name") or group.attributes.get("title") or source.name)
    wanted: Sequence[tuple[str, list[str] | None]] = [(picture, None) for picture in pictures]
    if group.attributes.get("content") == "sweep":
        wanted = [(picture, [name]) for picture, name in figures_of_sweep(group)][:_MOST_FIGURES]
    figures, missing = _figures(source, wanted)
    facts, *tables = body_of(group) or [""]
    made = group.attributes.get("created", "")
    return html.page(
        name,
        [
            f"<h1>{html.text(name)}</h1>",
            f'<p class="sub">{html.text(source.name)}{html.text(f", made {made}" if made else "")}</p>',
            facts,
            html.heading("Figures", "figures") if figures or missing else "",
            *figures,
            *(f'<p class="sub">{html.text(line)}</p>' for line in missing),
            *tables,
            *_provenance(group),
        ],
    )


def write_report(path: str | os.PathLike[str], source: str | os.PathLike[str], *, title: str = "") -> None:
    """Write the page of `source`, whole or not at all."""
    write_bytes(path, report_page(source, title=title).encode("utf-8"))


def _figures(source: Path, wanted: Sequence[tuple[str, list[str] | None]]) -> tuple[list[str], list[str]]:
    """All pictures that the file allows, and what could not be drawn."""
    drawn, missing = [], []
    for picture, signals in wanted:
        names = "" if signals is None else ", ".join(signals)
        try:
            figure: Any = figure_of_file(source, picture, signals=signals, title=names)
        except CosimError as error:
            missing.append(f"{picture}{f' of {names}' if names else ''}: {error}")
            continue
        image = io.BytesIO()
        with style():
            figure.savefig(image, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
        caption = _CAPTIONS.get(picture, f"{picture}.")
        caption = f"{names}. {caption}" if names else caption
        drawn.append(html.figure(image.getvalue(), caption, f"{picture}-{names}" if names else picture))
    return drawn, missing


def _provenance(group: Group) -> list[str]:
    """Where the numbers come from; long texts fold away."""
    import json

    attributes = dict(group.attributes)
    parts = [html.heading("Provenance", "provenance")]
    rows = [(key, value) for key, value in attributes.items() if key not in _ELSEWHERE]
    parts.append(html.table(("", ""), rows))
    if "specification" in attributes:
        try:
            shown = json.dumps(json.loads(str(attributes["specification"])), indent=2, ensure_ascii=False)
        except ValueError:
            shown = str(attributes["specification"])
        parts.append(html.hidden("Specification", html.code(shown)))
    if "netlist" in attributes:
        parts.append(html.hidden("Netlist", html.code(str(attributes["netlist"]))))
    return parts
