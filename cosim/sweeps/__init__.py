"""Sweeps: thousands of cases that cannot be lost. A plan, shards, any executor, one file.

    specification = read_specification("sweep.toml")      # or Specification(work=…, axes=…)
    plan = make_plan(specification, "sweep")
    run(plan)                                             # again after a crash: only what is missing
    write_file("sweep.h5", merge(plan))

Not here: pictures (`cosim.plotting`), the verbs (`cosim sweep …`).
"""

from __future__ import annotations

from cosim.sweeps.axes import Axis, Grid, Points, Repetitions, Zip, corners
from cosim.sweeps.bundle import Report, run_bundle
from cosim.sweeps.draws import Distribution, LowDiscrepancy, Random
from cosim.sweeps.merge import merge
from cosim.sweeps.outcome import Outcome
from cosim.sweeps.plan import Plan, load_plan, make_plan
from cosim.sweeps.run import run
from cosim.sweeps.slurm import array_script
from cosim.sweeps.specification import RunSettings, Specification, from_table, read_specification
from cosim.sweeps.status import Status, status
from cosim.sweeps.tables import columns_of, write_table
from cosim.sweeps.works import WORKS, Case, Performer, Request, Work

__all__ = [
    "WORKS",
    "Axis",
    "Case",
    "Distribution",
    "Grid",
    "LowDiscrepancy",
    "Outcome",
    "Performer",
    "Plan",
    "Points",
    "Random",
    "Repetitions",
    "Report",
    "Request",
    "RunSettings",
    "Specification",
    "Status",
    "Work",
    "Zip",
    "array_script",
    "columns_of",
    "corners",
    "from_table",
    "load_plan",
    "make_plan",
    "merge",
    "read_specification",
    "run",
    "run_bundle",
    "status",
    "write_table",
]
