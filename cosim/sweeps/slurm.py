"""A SLURM array script for a sweep: each task runs one part; nothing else is needed."""

from __future__ import annotations

import shlex
from pathlib import Path

from cosim.sweeps.plan import Plan

_SCRIPT = """#!/usr/bin/env bash
#SBATCH --job-name={name}
#SBATCH --array=1-{parts}
#SBATCH --cpus-per-task={cpus}
#SBATCH --time={time}
#SBATCH --output={folder}/slurm-%A_%a.log
# Run again what is missing: sbatch this file once more. Tasks do not disturb each other.
set -euo pipefail
exec {command} -q sweep run {folder} --part "$SLURM_ARRAY_TASK_ID/{parts}" --jobs "$SLURM_CPUS_PER_TASK"
"""


def array_script(
    plan: Plan, *, parts: int = 10, cpus: int = 4, time: str = "12:00:00", command: str = "cosim"
) -> str:
    """The text of the script; at most one part a bundle."""
    return _SCRIPT.format(
        name=shlex.quote(plan.specification.name or "cosim-sweep"),
        parts=min(parts, plan.bundles),
        cpus=cpus,
        time=time,
        folder=shlex.quote(str(Path(plan.folder).resolve())),
        command=command,
    )
