"""The part of a page that says what was found: a sweep, a run, or tables of any other file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from cosim.plotting import engineering
from cosim.report import html
from cosim.results import Group, Result, result_from_group

_MOST_ROWS = 60
#: Attributes that are worth a box, with their units.
_FACTS = {
    "junctions": "",
    "bias_current": "A",
    "latency": "s",
    "period": "s",
    "smallest_period": "s",
    "energy_per_inference": "J",
    "samples": "",
    "runs": "",
}


def body_of(group: Group) -> list[str]:
    """Facts (first) and tables of a file by what it holds."""
    if group.attributes.get("content") == "sweep" and "status" in group.arrays:
        return list(_sweep(group))
    if group.attributes.get("kind") == "result":
        return list(_run(result_from_group(group)))
    return list(_other(group))


def _sweep(group: Group) -> Iterator[str]:
    status = np.asarray(group.arrays["status"].values).astype(str)
    counts = Counter(status.ravel().tolist())
    yield html.facts(
        [
            ("cases", str(status.size), ""),
            ("completed", str(counts["completed"]), "good" if counts["completed"] == status.size else ""),
            ("failed", str(counts["failed"]), "bad" if counts["failed"] else ""),
            *([("missing", str(counts["missing"]), "bad")] if counts["missing"] else []),
        ]
    )
    dimensions = group.arrays["status"].dimensions
    yield html.heading("Parameters", "parameters")
    yield html.table(("axis", "points", "sets", "from … to"), _axes(group, dimensions, status.shape))
    yield html.heading("Measurements", "measurements")
    yield html.table(
        ("measurement", "unit", "cases", "least", "median", "most", "mean"), _measured(group, dimensions)
    )
    causes = Counter(text for text in np.asarray(group.arrays["cause"].values).ravel().tolist() if text)
    if causes:
        yield html.heading("Failures", "failures")
        yield html.table(("cause", "cases"), causes.most_common(_MOST_ROWS))


def _axes(group: Group, dimensions: tuple[str, ...], shape: tuple[int, ...]) -> Iterator[tuple]:
    for dimension, length in zip(dimensions, shape, strict=True):
        sets = [n for n, a in group.arrays.items() if a.dimensions == (dimension,) and n != dimension]
        values = (
            np.asarray(group.arrays[dimension].values) if dimension in group.arrays else np.arange(length)
        )
        if values.dtype.kind in "biuf":
            span = f"{values[0]:.6g} … {values[-1]:.6g}" if length > 1 else f"{values[0]:.6g}"
        else:
            span = ", ".join(str(v) for v in values[:6]) + (" …" if length > 6 else "")
        yield dimension, length, ", ".join(sets), span


def _measured(group: Group, dimensions: tuple[str, ...]) -> Iterator[tuple]:
    for name in str(group.attributes.get("measured", "")).split(", "):
        array = group.arrays.get(name)
        if array is None:
            continue
        values = np.asarray(array.values)
        if values.dtype.kind not in "biuf":
            yield name, "text", int(np.sum(values.astype(str) != "")), "", "", "", ""
            continue
        known = values[np.isfinite(values)].astype(np.float64)
        if not known.size:
            yield name, array.units, 0, "", "", "", ""
            continue
        numbers = (known.min(), np.median(known), known.max(), known.mean())
        yield name, array.units, int(known.size), *(float(x) for x in numbers)


def _run(result: Result) -> Iterator[str]:
    end = float(result.time[-1]) if result.time.size else 0.0
    factor, unit = engineering([end], "s")
    yield html.facts(
        [
            ("status", result.status, "good" if result.status == "completed" else "bad"),
            ("simulated", f"{factor * end:.4g} {unit}", ""),
            ("points", str(result.time.size), ""),
            ("signals", str(len(result.signals)), ""),
            ("slips", str(len(result.pulses)), ""),
        ]
    )
    if result.message:
        yield f"<p>{html.text(result.message)}</p>"
    if result.signals and result.time.size:
        yield html.heading("Signals", "signals")
        yield html.table(
            ("signal", "unit", "least", "most", "at the end"),
            [
                (name, result.units[name], float(v.min()), float(v.max()), float(v[-1]))
                for name, v in result.signals.items()
            ],
        )
    rows = []
    for index in dict.fromkeys(result.pulses.element.tolist()):
        mine = result.pulses.element == index
        times, signs = result.pulses.time[mine], result.pulses.sign[mine]
        ups, downs = int(np.sum(signs > 0)), int(np.sum(signs < 0))
        rows.append((result.pulses.names[index], ups, downs, float(times[0]), float(times[-1])))
    if rows:
        yield html.heading("Slips", "slips")
        yield html.table(("junction", "up", "down", "first (s)", "last (s)"), rows, most=_MOST_ROWS)
    if result.stats:
        yield html.heading("Statistics", "statistics")
        yield html.table(("", ""), list(result.stats.items()))


def _other(group: Group) -> Iterator[str]:
    """Whatever else: the attributes that are numbers as facts, columns of one length as tables."""
    attributes = group.attributes
    boxes = []
    if "right" in attributes:
        right = bool(attributes["right"])
        boxes.append(("verdict", "works" if right else "does not work", "good" if right else "bad"))
    for key, unit in _FACTS.items():
        if isinstance(attributes.get(key), (int, float)):
            factor, unit = engineering([attributes[key]], unit)
            boxes.append((key.replace("_", " "), f"{factor * float(attributes[key]):.4g} {unit}".strip(), ""))
    yield html.facts(boxes)
    if attributes.get("notes"):
        lines = "".join(f"<li>{html.text(line)}</li>" for line in str(attributes["notes"]).splitlines())
        yield f"<ul>{lines}</ul>"
    yield from _columns(group, "Table")
    for name, child in group.groups.items():
        if child.attributes.get("kind") == "result":
            continue
        yield from _columns(child, name.replace("_", " "))


def _columns(group: Group, name: str) -> Iterator[str]:
    by_length: dict[tuple[str, ...], dict[str, list]] = {}
    for label, array in group.arrays.items():
        if len(array.dimensions) == 1:
            unit = f" ({array.units})" if array.units else ""
            by_length.setdefault(array.dimensions, {})[label + unit] = np.asarray(array.values).tolist()
    for number, columns in enumerate(by_length.values()):
        if number == 0:
            yield html.heading(name, name.replace(" ", "-"))
        if len(columns) == 1 and len(by_length) > 1:
            continue  # names of an axis, which stand in the other tables or in none
        shown = html.table(tuple(columns), zip(*columns.values(), strict=True), most=_MOST_ROWS)
        rows = len(next(iter(columns.values())))
        yield html.hidden(f"{rows} rows", shown) if rows > 12 else shown
    if group.attributes and name != "Table":
        yield html.table(("", ""), list(group.attributes.items()))
