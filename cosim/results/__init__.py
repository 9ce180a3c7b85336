"""Results: what engines return, how it is stored, and how two of them are compared.

Nothing here simulates. Files are written whole or not at all.
"""

from __future__ import annotations

from cosim.results.atomic import atomic_path, make_folder, write_bytes
from cosim.results.compare import (
    Disagreement,
    PulseComparison,
    compare_pulses,
    compare_waveforms,
    waveform_distance,
)
from cosim.results.csvfile import read_csv, table_text, write_csv
from cosim.results.formats import (
    FORMATS,
    Format,
    format_of,
    load_result,
    read_raw_result,
    require_writable,
    save_result,
)
from cosim.results.hdf5 import Array, Group, find_group, read_file, write_file
from cosim.results.provenance import provenance, text_sha256
from cosim.results.rawfile import RawPlot, read_raw, write_raw
from cosim.results.result import Pulses, Result, UnknownNameError, canonical_name, unit_of
from cosim.results.resultfile import read_result, result_from_group, result_group, write_result
from cosim.results.slips import find_pulses, find_slips, pulses_of_signals
from cosim.results.slots import Slots, slotted_group
from cosim.results.validate import check_file

__all__ = [
    "FORMATS",
    "Array",
    "Disagreement",
    "Format",
    "Group",
    "PulseComparison",
    "Pulses",
    "RawPlot",
    "Result",
    "Slots",
    "UnknownNameError",
    "atomic_path",
    "canonical_name",
    "check_file",
    "compare_pulses",
    "compare_waveforms",
    "find_group",
    "find_pulses",
    "find_slips",
    "format_of",
    "load_result",
    "make_folder",
    "provenance",
    "pulses_of_signals",
    "read_csv",
    "read_file",
    "read_raw",
    "read_raw_result",
    "read_result",
    "require_writable",
    "result_from_group",
    "result_group",
    "save_result",
    "slotted_group",
    "table_text",
    "text_sha256",
    "unit_of",
    "waveform_distance",
    "write_bytes",
    "write_csv",
    "write_file",
    "write_raw",
    "write_result",
]
