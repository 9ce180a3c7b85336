"""The largest memory that a process has held: for programs that benchmarks and tests start."""

from __future__ import annotations

import resource
import sys


def peak_memory() -> int:
    """Return the peak resident set of this process [bytes], since it began to run this program.

    `ru_maxrss` would count what the process was before `exec` too: on Linux a copy of its parent.
    """
    if sys.platform == "linux":
        with open("/proc/self/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
