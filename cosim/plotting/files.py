"""The right picture of a file, by what the file holds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cosim.errors import CosimError, ResultFileError
from cosim.plotting.arrays import conductance_figure, drop_figure
from cosim.plotting.energies import energy_bars
from cosim.plotting.evaluations import margin_figure
from cosim.plotting.junction_curves import current_voltage
from cosim.plotting.raster import raster
from cosim.plotting.style import figure_of
from cosim.plotting.sweeps import is_sweep, pictures_of_sweep, sweep_figure
from cosim.plotting.waveforms import waveforms
from cosim.plotting.yields import yield_histogram
from cosim.results import Group, Result, Slots, find_group, load_result, read_file, result_from_group

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PICTURES = (
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
)


def pictures_of(group: Group) -> tuple[str, ...]:
    """Names of the pictures that a file's content allows, the most telling first."""
    if is_sweep(group):
        return pictures_of_sweep(group)
    found = []
    if _margin_tables(group):
        found.append("margins")
    if _result_group(group) is not None:
        found += ["waveforms", "raster"]
    if "yield" in group.groups:
        found.append("yield")
    if "energy" in group.groups:
        found.append("energy")
    if group.attributes.get("kind") == "crossbar":
        found += ["drop"] if "word_voltage" in group.arrays else []
        found.append("conductance")
    if {"current", "voltage"} <= set(group.arrays) and group.attributes.get("content") == "curve":
        found.append("iv")
    return tuple(found)


def figure_of_file(
    path: str | os.PathLike[str],
    picture: str | None = None,
    *,
    signals: Sequence[str] | None = None,
    part: str | None = None,
    title: str = "",
) -> Figure:
    """Draw a file: a result (.h5, .csv, .raw), margins, a whole evaluation, or a merged sweep.

    `picture` is one of `PICTURES`; without it signals ask for waveforms, else margins are drawn
    where there are, else waveforms. `part` names the group of the result, e.g. the other engine's.

    Raises `ResultFileError` for a file without such a picture, `UnknownNameError` for a signal.
    """
    source = Path(path)
    if source.suffix.lower() not in (".h5", ".hdf5") and source.exists():
        return _of_result(load_result(source), None, picture or "waveforms", signals, title, source)
    group = read_file(source)
    if part is not None:
        try:
            inner = find_group(group, part)
        except ResultFileError as error:
            raise ResultFileError(f"{source}: {error}") from error
        slots = group.groups.get("slots")
        kept = {
            **inner.groups,
            **({"slots": slots} if slots is not None and "slots" not in inner.groups else {}),
        }
        group = Group(arrays=inner.arrays, attributes=inner.attributes, groups=kept)
    possible = pictures_of(group)
    if not possible:
        raise ResultFileError(
            f"{source}: holds nothing that can be drawn (groups: {', '.join(group.groups) or 'none'})"
        )
    chosen = picture or ("waveforms" if signals and "waveforms" in possible else possible[0])
    if chosen not in possible:
        raise ResultFileError(f"{source}: holds no {chosen}; it can be drawn as {', '.join(possible)}")
    if is_sweep(group):
        return sweep_figure(group, chosen, signals, title)
    if chosen == "margins":
        return margin_figure(_margin_tables(group))
    if chosen == "yield":
        return _yield(group.groups["yield"], title)
    if chosen == "energy":
        return _energy(group, title)
    if chosen in ("drop", "conductance"):
        return (drop_figure if chosen == "drop" else conductance_figure)(group, title)
    if chosen == "iv":
        volts, amperes = (np.asarray(group.arrays[name].values) for name in ("voltage", "current"))
        return figure_of(current_voltage(volts, amperes, title=title))
    inner = _result_group(group)
    assert inner is not None
    try:
        result = result_from_group(inner)
        slots = Slots.from_group(inner.groups["slots"]) if "slots" in inner.groups else None
    except ResultFileError as error:
        raise ResultFileError(f"{source}: {error}") from error
    return _of_result(result, slots, chosen, signals, title, source)


def _of_result(
    result: Result,
    slots: Slots | None,
    picture: str,
    signals: Sequence[str] | None,
    title: str,
    source: Path,
) -> Figure:
    if picture not in ("waveforms", "raster"):
        raise ResultFileError(f"{source}: holds waveforms alone; it can be drawn as waveforms, raster")
    if picture == "raster":
        return figure_of(raster(result, signals, slots=slots, title=title))
    if not result.signals:
        raise CosimError(f"{source}: keeps no signal, only slips; draw it with --as raster")
    return figure_of(waveforms(result, signals, slots=slots, title=title)[0])


def _result_group(group: Group) -> Group | None:
    """The root, or the group `waveforms` of an evaluation."""
    for candidate in (group, group.groups.get("waveforms")):
        if candidate is not None and candidate.attributes.get("kind") == "result":
            return candidate
    return None


def _margin_tables(group: Group) -> dict:
    """Tables of margins by their name in the file."""
    candidates = {
        "": group,
        "ideal cells": group.groups.get("margins"),
        "with parasitics": group.groups.get("margins_parasitic"),
    }
    tables = {}
    for name, candidate in candidates.items():
        if candidate is not None and {"parameter", "margin_low", "margin_high"} <= set(candidate.arrays):
            tables[name] = {column: np.asarray(array.values) for column, array in candidate.arrays.items()}
    return tables


def _yield(group: Group, title: str) -> Figure:
    reasons = group.arrays.get("failing_reason")
    low, high = group.attributes.get("interval_low"), group.attributes.get("interval_high")
    return figure_of(
        yield_histogram(
            [] if reasons is None else [str(text) for text in np.asarray(reasons.values)],
            int(group.attributes.get("samples", 0)),
            interval=None if low is None or high is None else (float(low), float(high)),
            title=title,
        )
    )


def _energy(group: Group, title: str) -> Figure:
    """Bars of each slot, called by the slot's pattern where the file has patterns."""
    energies, patterns = group.groups["energy"].arrays, group.groups.get("patterns")
    if "dynamic" not in energies:
        raise ResultFileError("the group of energies has no array 'dynamic'")
    static = energies.get("static")
    labels = None
    if patterns is not None and "pattern" in patterns.arrays:
        bits = np.atleast_2d(np.asarray(patterns.arrays["pattern"].values))
        if bits.shape[1] <= 8 and len(bits) == np.size(energies["dynamic"].values):
            labels = ["".join(str(bit) for bit in row) for row in bits]
    bars = energy_bars(
        energies["dynamic"].values, None if static is None else static.values, labels=labels, title=title
    )
    return figure_of(bars)
