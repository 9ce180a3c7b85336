"""The plan of a sweep: an immutable folder that says what is to be run, and keeps its inputs.

    FOLDER/plan.json     the specification, versions, hashes of the inputs, the digest of it all
    FOLDER/inputs/       decks with their includes, networks, functions: what the cases read
    FOLDER/shards/       results (`shards.py`); everything else can be made again from these

The digest is over all that may change a result. A folder holds one plan for ever.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cosim.errors import CosimError, SweepError
from cosim.results import make_folder, provenance, write_bytes
from cosim.sweeps.space import Space
from cosim.sweeps.specification import Specification, from_table
from cosim.sweeps.works import Performer, Request

#: Version of plan.json and of the shards.
VERSION = 1
PLAN, INPUTS, SHARDS = "plan.json", "inputs", "shards"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A plan in its folder. `digest` names it: two plans of one digest give the same results."""

    folder: Path
    specification: Specification
    digest: str
    bundle: int
    versions: dict[str, str]
    provenance: dict[str, Any]

    @cached_property
    def space(self) -> Space:
        return Space(axes=self.specification.axes, seed=self.specification.seed, identity=self.digest)

    @property
    def bundles(self) -> int:
        """Number of bundles; bundle b holds cases b·bundle and following."""
        return -(-len(self.space) // self.bundle)

    def cases_of(self, bundle: int) -> range:
        """Numbers of the cases of a bundle."""
        if not 0 <= bundle < self.bundles:
            raise SweepError(f"there is no bundle {bundle}; they are numbered 0 to {self.bundles - 1}")
        return range(bundle * self.bundle, min((bundle + 1) * self.bundle, len(self.space)))

    @property
    def request(self) -> Request:
        return request_of(self.specification)

    def performer(self) -> Performer:
        """The work made ready in this process. Raises `SweepError` when it cannot be."""
        chosen = self.specification
        return chosen.work.performer(self.folder / INPUTS, self.request, chosen.run.time_limit)

    def require_versions(self) -> None:
        """Raise `SweepError` when what computes here is not what the plan was made with."""
        here = versions_of(self.specification)
        other = [
            f"{name} {here.get(name, 'none')} (planned: {version})"
            for name, version in self.versions.items()
            if here.get(name) != version
        ]
        if other:
            raise SweepError(
                f"{self.folder}: planned with other versions: {', '.join(other)}; "
                "install them, plan again, or allow it with --any-version"
            )


def request_of(specification: Specification) -> Request:
    return Request(
        parameters=specification.parameters,
        measure=specification.measure,
        waveforms=specification.waveforms,
    )


def versions_of(specification: Specification) -> dict[str, str]:
    """Versions of what computes the cases."""
    import numpy

    import cosim

    return {"cosim": cosim.__version__, "numpy": numpy.__version__, **specification.work.versions()}


def make_plan(
    specification: Specification,
    folder: str | os.PathLike[str],
    *,
    base: str | os.PathLike[str] = ".",
    command: str | None = None,
) -> Plan:
    """Write a plan into `folder`, which is made if need be; paths in the specification start at `base`.

    The first and the last case are set up, so that most mistakes show now. Planning the same again
    gives the plan that is there. Raises `SweepError` when the folder holds another plan or other
    files, and `CosimError` for whatever is wrong with the work.
    """
    target = Path(folder)
    request = request_of(specification)
    inputs = specification.work.inputs(Path(base), request)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(inputs.items())}
    versions = versions_of(specification)
    bundle = specification.run.bundle or specification.work.bundle()
    content = {"specification": specification.table(), "inputs": hashes, "versions": versions}
    content |= {"bundle": bundle, "version": VERSION}
    digest = hashlib.sha256(_canonical(content).encode()).hexdigest()[:40]
    if (target / PLAN).exists():
        there = load_plan(target)
        if there.digest != digest:
            raise SweepError(
                f"{target}: holds another plan ({there.digest[:12]}, this one is {digest[:12]}); "
                "plans are immutable, take another folder"
            )
        return there
    if target.exists() and (
        not target.is_dir() or any(p.name not in (INPUTS, SHARDS) for p in target.iterdir())
    ):
        raise SweepError(f"{target}: exists and is no sweep; take another folder")
    make_folder(target / INPUTS)
    make_folder(target / SHARDS)
    for name, data in inputs.items():
        place = target / INPUTS / name
        make_folder(place.parent)
        write_bytes(place, data)
    plan = Plan(
        folder=target,
        specification=specification,
        digest=digest,
        bundle=bundle,
        versions=versions,
        provenance=dict(provenance(seed=specification.seed, command=command)),
    )
    performer = plan.performer()
    for index in {0, len(plan.space) - 1}:
        case = plan.space.case(index)
        try:
            performer.check(case)
        except CosimError as error:
            raise SweepError(f"case {index} ({shown(case.parameters)}): {error}") from error
    text = json.dumps({**content, "digest": digest, "provenance": plan.provenance}, indent=1)
    # The last file: a folder without it is no plan.
    write_bytes(target / PLAN, text.encode())
    return plan


def load_plan(folder: str | os.PathLike[str]) -> Plan:
    """Read a plan. Raises `SweepError` for a folder that holds none, a damaged one, or changed inputs."""
    target = Path(folder)
    try:
        table = json.loads((target / PLAN).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise SweepError(f"{target}: holds no plan; make one with cosim sweep plan") from None
    except (OSError, ValueError) as error:
        raise SweepError(f"{target / PLAN}: cannot be read ({error})") from error
    try:
        if table["version"] > VERSION:
            raise SweepError(f"{target}: plan of version {table['version']}, only {VERSION} is known; update")
        keys = ("specification", "inputs", "versions", "bundle", "version")
        content = {key: table[key] for key in keys}
        digest = hashlib.sha256(_canonical(content).encode()).hexdigest()[:40]
        if digest != table["digest"]:
            raise SweepError(f"{target / PLAN}: was changed after it was made; plan again")
        for name, expected in table["inputs"].items():
            if hashlib.sha256((target / INPUTS / name).read_bytes()).hexdigest() != expected:
                raise SweepError(f"{target / INPUTS / name}: was changed after it was planned; plan again")
        return Plan(
            folder=target,
            specification=from_table(table["specification"]),
            digest=digest,
            bundle=table["bundle"],
            versions=table["versions"],
            provenance=table["provenance"],
        )
    except (KeyError, TypeError, OSError) as error:
        raise SweepError(f"{target}: the plan is damaged ({error})") from error


def shown(parameters: Any) -> str:
    """Parameters of a case for a reader: `SIC=0.9, IBIAS=0.0001`."""
    return (
        ", ".join(
            f"{name}={value:.6g}" if isinstance(value, float) else f"{name}={value}"
            for name, value in parameters.items()
        )
        or "no parameters"
    )


def _canonical(content: Any) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"))
