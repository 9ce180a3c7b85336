"""Shards: the outcomes of one bundle of cases in one file, whole or not there at all.

Each is an HDF5 file by the rules of docs/results.md, so any of them opens in xarray. Its attributes
say which plan and which bundle it belongs to. A file under a shard's name that cannot be read, or
is of another plan, is put aside under `.damaged` or `.foreign`, never deleted.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cosim.errors import SweepError
from cosim.results import Array, Group, make_folder, read_file, result_from_group, result_group, write_file
from cosim.sweeps.outcome import COMPLETED, Outcome
from cosim.sweeps.plan import SHARDS, Plan
from cosim.sweeps.works import Case

CONTENT = "sweep shard"
_A_FOLDER = 1000


class ForeignShardError(SweepError):
    """A file under a shard's name that belongs to another plan or to another bundle."""


@dataclass(frozen=True, kw_only=True)
class Shard:
    """Outcomes of a bundle by the number of the case."""

    bundle: int
    outcomes: Mapping[int, Outcome]


def shard_path(plan: Plan, bundle: int) -> Path:
    """Where the shard of a bundle lies; a folder holds a thousand."""
    return plan.folder / SHARDS / f"{bundle // _A_FOLDER:04d}" / f"bundle-{bundle:07d}.h5"


def write_shard(plan: Plan, bundle: int, outcomes: Mapping[int, Outcome]) -> Path:
    """Write the outcomes of a whole bundle. Raises `ResultFileError` when the disk is full or read-only."""
    indices = plan.cases_of(bundle)
    cases = plan.space.cases(indices)
    missing = [index for index in indices if index not in outcomes]
    if missing:
        raise SweepError(f"bundle {bundle}: no outcome of case {missing[0]}")
    path = shard_path(plan, bundle)
    make_folder(path.parent)
    write_file(path, shard_group(plan, bundle, cases, [outcomes[index] for index in indices]))
    return path


def shard_group(plan: Plan, bundle: int, cases: Sequence[Case], outcomes: Sequence[Outcome]) -> Group:
    """The tree of a shard."""
    along = ("case",)
    arrays = {
        "case": Array(values=np.array([case.index for case in cases]), dimensions=along),
        "id": Array(values=[case.id for case in cases], dimensions=along),
        "seed": Array(values=np.array([case.seed for case in cases], dtype=np.int64), dimensions=along),
        "status": Array(values=[o.status for o in outcomes], dimensions=along),
        "cause": Array(values=[o.cause for o in outcomes], dimensions=along),
        "words": Array(values=[o.words for o in outcomes], dimensions=along),
        "tries": Array(values=np.array([o.tries for o in outcomes]), dimensions=along),
        "wall_time": Array(values=np.array([o.wall_time for o in outcomes]), dimensions=along, units="s"),
    }
    measured = stack([o.values for o in outcomes], along)
    waves = {
        f"{case.index:07d}": result_group(o.waveforms)
        for case, o in zip(cases, outcomes, strict=True)
        if o.waveforms is not None
    }
    groups = {"measured": Group(arrays=measured)}
    if waves:
        groups["waveforms"] = Group(groups=waves)
    return Group(
        arrays=arrays,
        attributes={"content": CONTENT, "plan": plan.digest, "bundle": bundle, **_origin(plan)},
        groups=groups,
    )


def _origin(plan: Plan) -> dict[str, Any]:
    """Where this shard was made; the rest of the provenance is the plan's."""
    import platform

    import cosim

    return {"host": platform.node(), "cosim_version": cosim.__version__, "seed": plan.specification.seed}


def stack(values: Sequence[Mapping[str, Any]], along: tuple[str, ...]) -> dict[str, Array]:
    """Measurements of several cases as arrays over `along` (one axis) and axes of their own.

    Where a case has no such number there is NaN, where it has no such text an empty one; arrays of
    different lengths are filled up with NaN.
    """
    names = dict.fromkeys(name for one in values for name in one)
    arrays = {}
    for name in names:
        given = [one.get(name) for one in values]
        if any(isinstance(item, str) for item in given):
            arrays[name] = Array(values=[_text(item) for item in given], dimensions=along)
            continue
        numbers = [np.asarray(item, dtype=np.float64) for item in given if item is not None]
        depth = max(item.ndim for item in numbers)
        shape = tuple(
            max((item.shape[axis] if item.ndim == depth else 1) for item in numbers) for axis in range(depth)
        )
        table = np.full((len(values), *shape), np.nan)
        for row, item in enumerate(given):
            if item is None:
                continue
            one = np.asarray(item, dtype=np.float64).reshape(np.shape(item) or (1,) * depth)
            table[(row, *(slice(0, length) for length in one.shape))] = one
        own = tuple(f"{name}_{axis}" for axis in range(depth))
        arrays[name] = Array(values=table, dimensions=(*along, *own))
    return arrays


def _text(item: Any) -> str:
    return "" if item is None else item if isinstance(item, str) else str(item)


def read_shard(plan: Plan, bundle: int) -> Shard:
    """Read the shard of a bundle.

    Raises `ResultFileError` for one that is missing, truncated or damaged, `ForeignShardError` for
    one that belongs elsewhere.
    """
    path = shard_path(plan, bundle)
    group = read_file(path)
    attributes = group.attributes
    if attributes.get("content") != CONTENT or attributes.get("plan") != plan.digest:
        raise ForeignShardError(f"{path}: is of another plan")
    indices = plan.cases_of(bundle)
    columns = {name: np.asarray(array.values) for name, array in group.arrays.items()}
    if attributes.get("bundle") != bundle or columns["case"].tolist() != list(indices):
        raise ForeignShardError(f"{path}: holds another bundle")
    measured = {
        name: np.asarray(array.values) for name, array in group.groups.get("measured", Group()).arrays.items()
    }
    waves = group.groups.get("waveforms", Group()).groups
    outcomes = {}
    for row, index in enumerate(indices):
        key = f"{index:07d}"
        status = str(columns["status"][row])
        kept = {name: table[row] for name, table in measured.items()} if status == COMPLETED else {}
        outcomes[index] = Outcome(
            values={n: str(v) if isinstance(v, str) else v for n, v in kept.items()},
            waveforms=result_from_group(waves[key]) if key in waves else None,
            status=status,
            cause=str(columns["cause"][row]),
            words=str(columns["words"][row]),
            tries=int(columns["tries"][row]),
            wall_time=float(columns["wall_time"][row]),
        )
    return Shard(bundle=bundle, outcomes=outcomes)


def check_shard(plan: Plan, bundle: int) -> str:
    """ "" for a sound shard, "missing", or what is wrong with it. Opens the file, reads its attributes.

    HDF5 notes the length of a file at its beginning, so a truncated one does not open.
    """
    import h5py

    path = shard_path(plan, bundle)
    if not path.exists():
        return "missing"
    try:
        with h5py.File(path, "r") as file:
            if file.attrs.get("plan") != plan.digest or file.attrs.get("bundle") != bundle:
                return "foreign"
            return "" if "status" in file and "measured" in file else "damaged"
    except Exception:  # h5py raises half a dozen kinds for a damaged file
        return "damaged"


def put_aside(plan: Plan, bundle: int, why: str) -> Path:
    """Rename a file that is no shard of this bundle; a free name beside it is found."""
    path = shard_path(plan, bundle)
    for count in range(1, 1000):
        target = path.with_suffix(f".{why}" if count == 1 else f".{why}-{count}")
        if not target.exists():
            # Somebody else may have moved it meanwhile.
            with suppress(FileNotFoundError):
                os.replace(path, target)
            return target
    raise SweepError(f"{path}: cannot be put aside; remove old *.{why} files")


def remove_leftovers(plan: Plan, bundle: int) -> None:
    """Remove half-written files of a bundle; to be called by who holds its claim."""
    path = shard_path(plan, bundle)
    for leftover in path.parent.glob(f"{path.name}.*.tmp"):
        with suppress(OSError):
            leftover.unlink()
