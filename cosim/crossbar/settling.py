"""How fast an array answers: its lines and cells have capacitances that drivers must charge.

`elmore_delay` is the first moment of the outputs' step response, ∫ (1 − I(t) / I(∞)) dt, exact and at the
price of one more solve: for an output that rises like one RC it is RC (Elmore 1948,
doi:10.1063/1.1697872). `settle` integrates the step response itself: C dv/dt = −G v + sources, by
Alexander's L-stable second-order method (doi:10.1137/0714068) whose steps double as the array comes to rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.crossbar.array import Array, Crossbar, checked
from cosim.crossbar.balance import line_currents
from cosim.crossbar.connectivity import require_solvable
from cosim.crossbar.direct import graph, joined, laplacian
from cosim.crossbar.drive import Drive, Terminals, filled
from cosim.crossbar.iterative import ladders, solve_one, terminal_currents
from cosim.errors import SimulationError

_GAMMA = 1 - 1 / np.sqrt(2)


@dataclass(frozen=True, kw_only=True)
class Capacitance:
    """Of every node, the same over the array [F]."""

    word: float = 1e-15
    """From a word line's node to ground; a segment of wire has 0.1 … 0.3 fF a µm."""
    bit: float = 1e-15
    """From a bit line's node to ground."""
    cell: float = 0.0
    """Across a cell; usual 0.01 … 1 fF."""

    def __post_init__(self) -> None:
        for name in ("word", "bit", "cell"):
            checked(getattr(self, name), f"capacitance of {name}", "F", infinite=False)


def elmore_delay(
    array: Crossbar, drive: Drive | ArrayLike, capacitance: Capacitance, *, tolerance: float = 1e-10
) -> Array:
    """(N,) [s] of the current out of each bit line after all terminals step from 0 V to `drive` (one input).

    A current that overshoots can have a negative one. Outputs without current have NaN.
    Raises what `solve` raises, and `SimulationError` for more than one input.
    """
    voltages = _one(array, drive)
    lines = ladders(array.cells, array.word_segments(), array.bit_segments())
    rest = solve_one(lines, voltages, 0, tolerance)
    across = capacitance.cell * (rest.word - rest.bit)
    word = -(capacitance.word * rest.word + across)
    bit = -(capacitance.bit * rest.bit - across)
    moment_w, moment_b, _, _ = lines.correction(word.copy(), bit.copy(), 0.0, 0.1 * tolerance)
    drain = lines.conductance * (moment_w - moment_b) + bit
    ground = np.zeros(array.shape[1])
    currents = line_currents(lines.bit_resistance, ground, ground, moment_b.T, -drain.T)
    _, _, top, bottom = terminal_currents(lines, voltages, 0, rest)
    final = -(top + bottom)
    first = currents[:, -1] - currents[:, 0]
    return np.divide(-first, final, out=np.full_like(final, np.nan), where=final != 0)


def _one(array: Crossbar, drive: Drive | ArrayLike) -> Terminals:
    voltages = filled(drive, array.shape)
    require_solvable(array)
    if voltages.count != 1:
        raise SimulationError(f"settling takes one input at a time, got {voltages.count}")
    if not np.isfinite(array.cells).all():
        raise SimulationError("settling takes finite conductances; give shorted cells a large one")
    return voltages


@dataclass(frozen=True, kw_only=True)
class Settling:
    """The step response of an array."""

    time: Array
    """(T,) [s]."""
    outputs: Array
    """(T, N) [A] out of the bit lines."""
    final: Array
    """(N,) [A]."""
    stored: float
    """Energy in the capacitances at rest, Σ ½ C v² [J]; charging takes twice as much from the drivers."""

    def settling_time(self, within: float = 1e-2) -> Array:
        """(N,) [s] after which each output stays `within` of its final value, relative to the largest one."""
        band = within * np.abs(self.final).max()
        off = np.abs(self.outputs - self.final) > band
        last = len(off) - 1 - np.argmax(off[::-1], axis=0)
        times = np.zeros(off.shape[1])
        for output in np.flatnonzero(off.any(axis=0)):
            k = min(int(last[output]), len(self.time) - 2)
            error = np.abs(self.outputs[k : k + 2, output] - self.final[output])
            share = np.log(error[0] / band) / np.log(error[0] / max(error[1], 1e-300)) if error[1] else 1.0
            times[output] = self.time[k] + share * (self.time[k + 1] - self.time[k])
        return times


def settle(
    array: Crossbar,
    drive: Drive | ArrayLike,
    capacitance: Capacitance,
    *,
    rise: float = 0.0,
    within: float = 1e-4,
    tolerance: float = 1e-5,
    steps: int = 20_000,
) -> Settling:
    """Outputs after all terminals go from 0 V to `drive` (one input) in a ramp of `rise` [s], until all of
    them are `within` of their final values (relative to the largest). `tolerance`: error a step, of the
    largest voltage. Costs a sparse factorisation a step length: up to some 128 × 128 cells in seconds.

    Raises what `solve` raises, and `SimulationError` where `steps` do not suffice.
    """
    from scipy.sparse.linalg import splu

    voltages = _one(array, drive)
    network = _network(array, capacitance)
    level = np.concatenate([voltages.left[0], voltages.right[0], voltages.top[0], voltages.bottom[0]])
    held = np.zeros(network.groups)
    held[network.held] = level
    g, c, free = network.conductance, network.capacitance, network.free
    gf, cf = g[free][:, free].tocsc(), c[free][:, free].tocsc()
    pushed, swept = -(g[free] @ held), -(c[free] @ held)
    rest = splu(gf, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve(pushed)
    whole = held.copy()
    whole[free] = rest
    rows = np.asarray(network.outputs)
    out_g, out_c = g[rows], c[rows]
    final = -(network.summed @ (out_g @ whole))
    reference = float(np.abs(final).max())
    if reference == 0.0:
        return Settling(time=np.zeros(1), outputs=final[np.newaxis], final=final, stored=0.0)
    scale = float(np.abs(whole).max())

    def driven(at: float) -> tuple[float, float]:
        """Share of the drive at a time, and its slope."""
        return (at / rise, 1 / rise) if at < rise else (1.0, 0.0)

    # A jump at the start moves what hangs on the terminals by capacitances alone.
    x = np.zeros(len(free))
    fastest = float((cf.diagonal() / np.maximum(gf.diagonal(), 1e-300)).max())
    step = (min(fastest, rise) if rise else fastest) / 64
    t, solver, factored = 0.0, None, 0.0
    times, currents = [0.0], [np.zeros(len(final)) if rise else -(network.summed @ (out_g @ held))]
    for _ in range(steps):
        if rise and t < rise:
            step = min(step, rise - t)
        if solver is None or factored != step:
            solver = splu((cf + _GAMMA * step * gf).tocsc(), permc_spec="MMD_AT_PLUS_A",
                          options={"SymmetricMode": True})  # fmt: skip
            factored = step
        (share1, slope1), (share2, slope2) = driven(t + _GAMMA * step), driven(t + step)
        if rise and t + step >= rise:
            slope1 = slope2 = 1 / rise if t < rise else 0.0
        k1 = solver.solve(share1 * pushed + slope1 * swept - gf @ x)
        k2 = solver.solve(share2 * pushed + slope2 * swept - gf @ (x + (1 - _GAMMA) * step * k1))
        error = 0.5 * step * float(np.abs(k2 - k1).max()) / (tolerance * scale)
        # The estimate is of first order, so a step may err by the square root of what is asked.
        if error > 30.0 and step > 1e-6 * fastest:
            step *= 0.5
            continue
        x = x + step * ((1 - _GAMMA) * k1 + _GAMMA * k2)
        t += step
        now = held * share2
        now[free] = x
        change = held * slope2
        change[free] = k2
        times.append(t)
        currents.append(-(network.summed @ (out_g @ now + out_c @ change)))
        settled = float(np.abs(currents[-1] - final).max()) <= within * reference
        if t >= rise and settled and float(np.abs(x - rest).max()) <= 10 * within * scale:
            break
        if error < 5.0:
            step *= 2.0
    else:
        raise SimulationError(f"the array did not settle within {steps} steps ({t:g} s); use more steps")
    return Settling(
        time=np.array(times),
        outputs=np.array(currents),
        final=final,
        stored=float(0.5 * whole @ (c @ whole)),
    )


@dataclass(frozen=True, kw_only=True)
class _Network:
    """Nodal matrices over groups of nodes that no resistance separates."""

    conductance: Any
    capacitance: Any
    groups: int
    held: NDArray[np.intp]
    """Group of each terminal."""
    free: NDArray[np.intp]
    outputs: NDArray[np.intp]
    """Groups of the terminals at the top, then those at the bottom."""
    summed: Array
    """(N, 2 N): currents of both ends of a bit line added."""


def _network(array: Crossbar, capacitance: Capacitance) -> _Network:
    from scipy.sparse import diags_array

    rows, columns = array.shape
    branches = graph(array)
    group = joined(branches)
    groups = int(group.max()) + 1
    used = np.isfinite(branches.conductance) & (branches.conductance > 0)
    first, second = group[branches.first], group[branches.second]
    conductance = laplacian(first[used], second[used], branches.conductance[used], groups)
    cells = rows * columns
    ground = np.zeros(groups)
    np.add.at(ground, group[:cells], capacitance.word)
    np.add.at(ground, group[cells : 2 * cells], capacitance.bit)
    storing = laplacian(first[:cells], second[:cells], np.full(cells, capacitance.cell), groups)
    held = group[branches.nodes :]
    return _Network(
        conductance=conductance.tocsr(),
        capacitance=(storing + diags_array(ground)).tocsr(),
        groups=groups,
        held=held,
        free=np.setdiff1d(np.arange(groups), held),
        outputs=held[2 * rows :],
        summed=np.hstack([np.eye(columns), np.eye(columns)]),
    )
