"""Results: what engines return, how it is stored, and how two of them are compared.

Nothing here simulates. Files are written whole or not at all.
"""

from __future__ import annotations

from cosim.results.atomic import atomic_path, write_bytes
from cosim.results.hdf5 import Array, Group, read_file, write_file
from cosim.results.provenance import provenance, text_sha256
from cosim.results.result import Pulses, Result, UnknownNameError, canonical_name, unit_of
from cosim.results.resultfile import read_result, result_from_group, result_group, write_result
from cosim.results.slips import find_pulses, find_slips, pulses_of_signals

__all__ = [
    "Array",
    "Group",
    "Pulses",
    "Result",
    "UnknownNameError",
    "atomic_path",
    "canonical_name",
    "find_pulses",
    "find_slips",
    "provenance",
    "pulses_of_signals",
    "read_file",
    "read_result",
    "result_from_group",
    "result_group",
    "text_sha256",
    "unit_of",
    "write_bytes",
    "write_file",
    "write_result",
]
