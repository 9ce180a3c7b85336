"""One file of a whole sweep: an array for each measurement, a dimension for each axis.

Nothing of it depends on how, when or by how many workers the sweep was run: the same plan gives the
same file, bit by bit. What differs from run to run (times, hosts, tries) stays in the shards.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cosim.errors import SweepError
from cosim.results import Array, Group, Result, result_group
from cosim.sweeps.outcome import Outcome
from cosim.sweeps.plan import INPUTS, Plan
from cosim.sweeps.shards import check_shard, read_shard

CONTENT = "sweep"
MISSING = "missing"


@dataclass
class _Gathered:
    """Columns over all cases, in their order."""

    size: int
    status: np.ndarray = field(init=False)
    cause: np.ndarray = field(init=False)
    measured: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    waveforms: dict[int, Result] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.status = np.full(self.size, MISSING, dtype=object)
        self.cause = np.full(self.size, "", dtype=object)

    def add(self, index: int, outcome: Outcome) -> None:
        self.status[index], self.cause[index] = outcome.status, outcome.cause
        for name, value in outcome.values.items():
            self.measured.setdefault(name, []).append((index, value))
        if outcome.waveforms is not None:
            self.waveforms[index] = outcome.waveforms


def merge(plan: Plan, *, partial: bool = False, progress: Callable[[int], None] | None = None) -> Group:
    """Gather all shards into the tree of one file (`write_file` writes it).

    Raises `SweepError` when cases are missing, unless `partial`: then they are marked "missing".
    """
    gathered = _Gathered(len(plan.space))
    missing = 0
    for bundle in range(plan.bundles):
        size = len(plan.cases_of(bundle))
        if check_shard(plan, bundle):
            missing += size
        else:
            for index, outcome in read_shard(plan, bundle).outcomes.items():
                gathered.add(index, outcome)
        if progress is not None:
            progress(size)
    if missing and not partial:
        raise SweepError(
            f"{plan.folder}: {missing} of {len(plan.space)} cases are not done; run the sweep, or merge "
            "with --partial"
        )
    return _tree(plan, gathered)


def _tree(plan: Plan, gathered: _Gathered) -> Group:
    axes = plan.space.axes
    dimensions = tuple(axis.dimension for axis in axes) or ("case",)
    shape = plan.space.shape or (1,)
    arrays = _coordinates(plan)
    cases = [plan.space.case(index) for index in range(gathered.size)]
    arrays["id"] = Array(values=_texts([c.id for c in cases], shape), dimensions=dimensions)
    seeds = np.array([c.seed for c in cases], dtype=np.int64)
    arrays["seed"] = Array(values=seeds.reshape(shape), dimensions=dimensions)
    arrays["status"] = Array(values=_texts(gathered.status, shape), dimensions=dimensions)
    arrays["cause"] = Array(values=_texts(gathered.cause, shape), dimensions=dimensions)
    names = [name for name in plan.specification.measure if name in gathered.measured]
    names += sorted(name for name in gathered.measured if name not in names)
    for name in names:
        unit = plan.specification.work.unit(plan.specification.measure.get(name, name))
        arrays[name] = _column(name, gathered.measured[name], dimensions, shape, unit)
    groups = {}
    if gathered.waveforms:
        groups["waveforms"] = Group(
            groups={f"{i:07d}": result_group(run) for i, run in sorted(gathered.waveforms.items())}
        )
    return Group(arrays=arrays, attributes=_attributes(plan, names), groups=groups)


def _coordinates(plan: Plan) -> dict[str, Array]:
    """A coordinate for each axis, and the parameters that its points set."""
    arrays: dict[str, Array] = {}
    for axis in plan.space.axes:
        along = (axis.dimension,)
        if axis.dimension not in axis.names:
            labels = axis.labels
            values: Any = np.arange(len(axis)) if labels is None else list(labels)
            arrays[axis.dimension] = Array(values=values, dimensions=along)
        points = [axis.point(i, plan.space.seed) for i in range(len(axis))] if axis.names else []
        for name in axis.names:
            arrays[name] = Array(values=[point[name] for point in points], dimensions=along)
    if not plan.space.axes:
        arrays["case"] = Array(values=np.arange(1), dimensions=("case",))
    return arrays


def _column(
    name: str, found: list[tuple[int, Any]], dimensions: tuple[str, ...], shape: tuple[int, ...], unit: str
) -> Array:
    size = int(np.prod(shape))
    if any(isinstance(value, str) for _, value in found):
        texts = np.full(size, "", dtype=object)
        for index, value in found:
            texts[index] = str(value)
        return Array(values=_texts(texts, shape), dimensions=dimensions)
    depth = max(np.ndim(value) for _, value in found)
    own = tuple(
        max(np.shape(v)[axis] if np.ndim(v) == depth else 1 for _, v in found) for axis in range(depth)
    )
    table = np.full((size, *own), np.nan)
    for index, value in found:
        one = np.asarray(value).reshape(np.shape(value) or (1,) * depth)
        table[(index, *(slice(0, length) for length in one.shape))] = one
    return Array(
        values=table.reshape(*shape, *own),
        dimensions=(*dimensions, *(f"{name}_{axis}" for axis in range(depth))),
        units=unit,
    )


def _texts(values: Any, shape: tuple[int, ...]) -> np.ndarray:
    return np.array(list(values), dtype=object).reshape(shape)


def _attributes(plan: Plan, measured: list[str]) -> dict[str, Any]:
    table = plan.specification.table()
    attributes = {
        **plan.provenance,
        "content": CONTENT,
        "name": plan.specification.name,
        "plan": plan.digest,
        "specification": json.dumps(table, sort_keys=True),
        "measured": ", ".join(measured),
        "seed": plan.specification.seed,
    }
    for name, version in plan.versions.items():
        attributes.setdefault(f"{name}_version", version)
    deck = plan.folder / INPUTS / "deck.cir"
    if deck.exists():
        from cosim.results import text_sha256

        attributes["netlist"] = deck.read_text(encoding="utf-8", errors="replace")
        attributes["netlist_sha256"] = text_sha256(attributes["netlist"])
    return attributes
