"""One transistor, one resistive device: the cell, and arrays of it with the resistance of all lines.

                 bit line j                    Each segment of a bit line, source line and word line
                     │                         has a resistance; each word-line segment a capacitance.
                   device                      Ports: w1 … wM (word lines, gates, at the left),
    word line i ──┤ transistor                 b1 … bN (bit lines, at the top),
                     │                         s1 … sM (source lines, at the left).
               source line i

Voltages on the bit lines and open gates give on source line i the sum over j of G(i, j)·V(j).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cosim.circuits.analog.cell import AnalogCell, assignments
from cosim.circuits.analog.memristor import memristor
from cosim.circuits.analog.transistor import SEDRA_SMITH_500NM, Process
from cosim.devices import DeviceModel
from cosim.errors import NetlistError


@dataclass(frozen=True, kw_only=True)
class CellParameters:
    """Select transistor of a cell."""

    width: float = 4e-6
    """[m]."""
    length: float = 0.5e-6
    """[m], drawn."""
    drain_capacitance: float = 1e-15
    """[F] from the node between device and transistor to ground."""


@dataclass(frozen=True, kw_only=True)
class LineParameters:
    """A segment, from cell to cell."""

    bit_resistance: float = 1.0
    """[Ω]."""
    source_resistance: float = 1.0
    """[Ω]."""
    word_resistance: float = 5.0
    """[Ω]."""
    word_capacitance: float = 0.2e-15
    """[F] to ground."""


def one_transistor_cell(
    device: DeviceModel,
    parameters: CellParameters | None = None,
    *,
    process: Process = SEDRA_SMITH_500NM,
    initial: float = 0.5,
    name: str = "CELL",
) -> AnalogCell:
    """Device and select transistor in series; ports bl, wl, sl and x, the device's state (0 … 1).

    The device's p is at the bit line. The transistor limits the current while the device turns on.
    """
    p = parameters or CellParameters()
    part = memristor(device, name=f"{name}_DEVICE", initial=initial)
    size = assignments({"w": p.width, "l": p.length})
    return AnalogCell(
        name=name,
        ports=("bl", "wl", "sl", "x"),
        parameters={"initial": initial},
        cards=(
            f"Xd bl d x {part.name} initial={{initial}}",
            f"M1 d wl sl 0 {process.nmos.name}{size}",
            f"Cd d 0 {p.drain_capacitance!r}",
        ),
        models=(process.nmos.card,),
        parts=(part,),
        description=f"1T1R cell, {type(device).__name__}: bit line, word line, source line, state",
    )


def one_transistor_array(
    cell: AnalogCell,
    initial: ArrayLike,
    lines: LineParameters | None = None,
    *,
    name: str = "ARRAY",
) -> AnalogCell:
    """Array of M × N cells with `initial` states (M, N), shares of the range.

    Inside, cell (i, j) is `Xi_j` and its state node `x<i>_<j>`, from 1. Raises `NetlistError` for
    what is not a matrix of shares, and for a `cell` of another kind.
    """
    states = np.asarray(initial, dtype=np.float64)
    if states.ndim != 2 or not states.size or not ((states >= 0) & (states <= 1)).all():
        raise NetlistError(f"initial states of shape {states.shape}: expected a matrix (M, N) of 0 … 1")
    if cell.ports != ("bl", "wl", "sl", "x"):
        raise NetlistError(f"{cell.name} has ports {' '.join(cell.ports)}; expected bl wl sl x")
    p = lines or LineParameters()
    rows, columns = states.shape
    cards = []
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            word, source = (f"{kind}{i}" if j == 1 else f"{kind}{i}_{j - 1}" for kind in "ws")
            bit = f"b{j}" if i == 1 else f"b{i - 1}_{j}"
            cards += [
                f"Rw{i}_{j} {word} w{i}_{j} {p.word_resistance!r}",
                f"Cw{i}_{j} w{i}_{j} 0 {p.word_capacitance!r}",
                f"Rs{i}_{j} {source} s{i}_{j} {p.source_resistance!r}",
                f"Rb{i}_{j} {bit} b{i}_{j} {p.bit_resistance!r}",
                cell.instance(
                    f"{i}_{j}", f"b{i}_{j}", f"w{i}_{j}", f"s{i}_{j}", f"x{i}_{j}",
                    parameters={"initial": float(states[i - 1, j - 1])},
                ),
            ]  # fmt: skip
    ports = [f"w{i}" for i in range(1, rows + 1)] + [f"b{j}" for j in range(1, columns + 1)]
    return AnalogCell(
        name=name,
        ports=(*ports, *(f"s{i}" for i in range(1, rows + 1))),
        cards=tuple(cards),
        parts=(cell,),
        description=f"Array of {rows} x {columns} cells {cell.name} with line resistance",
    )
