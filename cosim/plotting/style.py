"""How figures look: sizes, letters, colours that a colour-blind reader tells apart.

Figures are made without `pyplot`: nothing opens a window, nothing is kept after use, and no
global setting of the caller changes. To draw into a figure of your own, pass its axes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cosim.errors import ResultFileError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

#: Okabe and Ito's colours (jfly.uni-koeln.de/color), in the order in which they are used.
BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7"
INK, GREY, PALE, SHADE = "#222222", "#6E6E6E", "#C8C8C8", "#F4F4F4"
CYCLE = (BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE)
ROLE_COLOURS = {"input": BLUE, "neuron": GREEN, "output": VERMILION, "other": INK}

#: Widths of a figure in inches: one column of a journal, and two.
COLUMN, PAGE = 3.5, 7.16
DOTS_PER_INCH = 150

_SETTINGS: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 7.5,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.labelsize": 7.5,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "axes.linewidth": 0.6,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "lines.linewidth": 0.9,
    "legend.frameon": False,
    "figure.dpi": DOTS_PER_INCH,
    "savefig.dpi": DOTS_PER_INCH,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
}

#: Endings that `save` takes.
ENDINGS = (".png", ".pdf", ".svg")


@contextmanager
def style() -> Iterator[None]:
    """Settings of this package inside the block, the caller's again after it."""
    from matplotlib import rc_context

    with rc_context(_SETTINGS):  # type: ignore[arg-type]
        yield


def new_figure(width: float = PAGE, height: float = 3.0) -> Figure:
    """A figure of `width` × `height` inches that no window knows of; call inside `style()`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def figure_of(axes: Axes) -> Figure:
    """The figure that axes belong to."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    return figure


def check_figure_path(path: str | os.PathLike[str]) -> None:
    """Raise `ResultFileError` for an ending that `save` cannot write."""
    suffix = Path(path).suffix.lower()
    if suffix not in ENDINGS:
        raise ResultFileError(
            f"{path}: a figure ends in {', '.join(ENDINGS)}, not in {suffix or 'nothing'!r}"
        )


def save(figure: Figure | Axes, path: str | os.PathLike[str]) -> None:
    """Write a figure as PNG (150 dpi), PDF or SVG by its ending; whole or not at all.

    Raises `ResultFileError` for another ending, and where the folder cannot be written.
    """
    from cosim.results import atomic_path

    check_figure_path(path)
    suffix = Path(path).suffix.lower()
    whole = figure if hasattr(figure, "savefig") else figure_of(figure)  # type: ignore[arg-type]
    # The same run gives the same bytes: no date goes in.
    metadata = {".png": {}, ".pdf": {"CreationDate": None}, ".svg": {"Date": None}}[suffix]
    with atomic_path(path) as temporary, style():
        whole.savefig(temporary, format=suffix[1:], dpi=DOTS_PER_INCH, metadata=metadata)  # type: ignore[union-attr]


def engineering(values: ArrayLike, unit: str) -> tuple[float, str]:
    """Factor and unit in which values in an SI unit are read best: seconds around 1e-12 in ps."""
    import numpy as np

    known = np.abs(np.asarray(values, dtype=np.float64))
    known = known[np.isfinite(known) & (known > 0.0)]
    if not unit or unit == "rad" or not known.size:
        return 1.0, unit
    power = int(np.clip(3 * np.floor(np.log10(float(np.median(known)) * (1.0 + 1e-9)) / 3), -18, 9))
    prefixes = {-18: "a", -15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}
    return 10.0**-power, prefixes[power] + unit


def time_unit(span: float) -> tuple[float, str]:
    """Factor and name of the unit in which a span [s] is read best."""
    for factor, name in ((1e12, "ps"), (1e9, "ns"), (1e6, "µs"), (1e3, "ms")):
        if span * factor < 10_000.0:
            return factor, name
    return 1.0, "s"
