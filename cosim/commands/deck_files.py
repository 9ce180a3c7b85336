"""What a deck itself asks to be written: the files of `.file` cards and the curves of `.iv` cards.

A deck is data, and may come from anywhere: it writes beside itself or below, under the suffix of
a table, and nowhere else.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cosim.josephson import Curve
    from cosim.netlist import Circuit, Deck
    from cosim.netlist.circuit import Location
    from cosim.results import Result

_SUFFIXES = (".csv", ".dat", ".raw", ".h5", ".hdf5")


def wanted_files(deck: Deck, folder: Path) -> dict[str, Path]:
    """Where each file that the deck names goes; checked before the run.

    Raises `NetlistError` with file and line for a place outside of `folder`, another suffix than
    that of a table, or a folder that is not there.
    """
    files: dict[str, Path] = {}
    for probe in deck.probes:
        if probe.file and probe.file not in files:
            files[probe.file] = _place(probe.file, folder, probe.location)
    for curve in deck.curves:
        target = _place(curve.path, folder, curve.location)
        if target.suffix.lower() not in (".csv", ".dat", ".h5", ".hdf5"):
            raise _refused(curve.location, f"{curve.path!r}: a curve goes to .csv, .dat or .h5")
        files[curve.path] = target
    return files


def _place(name: str, folder: Path, location: Location | None) -> Path:
    from cosim.errors import ResultFileError
    from cosim.results import require_writable

    target = folder / name
    if not target.suffix:
        # As JoSIM: a name without a suffix is a raw file.
        target = target.with_name(target.name + ".raw")
    if target.suffix.lower() not in _SUFFIXES:
        raise _refused(location, f"{name!r}: a deck may write {', '.join(_SUFFIXES)} files")
    if not target.resolve().is_relative_to(folder.resolve()):
        raise _refused(location, f"{name!r} lies outside of the deck's folder; use -o for other places")
    try:
        require_writable(target)
    except ResultFileError as error:
        raise _refused(location, str(error)) from error
    return target


def _refused(location: Location | None, message: str) -> Exception:
    from cosim.errors import NetlistError

    if location is None:
        return NetlistError(message)
    return NetlistError(message, file=location.file, line=location.line)


def write_probe_files(circuit: Circuit, result: Result, files: dict[str, Path]) -> list[Path]:
    """Write the signals that stand under each `.file` card."""
    from cosim.results import save_result

    written = []
    for name in dict.fromkeys(probe.file for probe in circuit.probes if probe.file):
        labels = [probe.label for probe in circuit.probes if probe.file == name]
        save_result(files[name], result.only(labels))
        written.append(files[name])
    return written


def write_curve(path: Path, curve: Curve) -> None:
    """Write a current-voltage curve in JoSIM's order: up, down, and the same with both signs turned."""
    import numpy as np

    from cosim.results import Array, Group, provenance, write_bytes, write_file

    current = np.concatenate([curve.current, curve.current[-2::-1]])
    voltage = np.concatenate([curve.rising, curve.falling[-2::-1]])
    current, voltage = (np.concatenate([half, -half[1:]]) for half in (current, voltage))
    if path.suffix.lower() in (".h5", ".hdf5"):
        arrays = {
            "current": Array(values=current, dimensions=("point",), units="A"),
            "voltage": Array(values=voltage, dimensions=("point",), units="V"),
        }
        write_file(path, Group(arrays=arrays, attributes={**provenance(), "content": "curve"}))
        return
    separator = " " if path.suffix.lower() == ".dat" else ","
    rows = [f"{v:.17g}{separator}{i:.17g}" for v, i in zip(voltage, current, strict=True)]
    write_bytes(path, "\n".join([f"V{separator}I", *rows, ""]).encode("utf-8"))
