"""Sources that ngspice has no word for, as straight lines at the top level.

A waveform of samples or of noise, a sine with a phase or a number of cycles, and every phase source
(its voltage is the slope of its phase) go as `pwl` of the flat circuit's waveform to the nodes that
they feed, inside sub-circuits too: ngspice knows those by their path. Noise is keyed by element, so
it is the noise of the other engine.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cosim.constants import PHASE_PER_FLUX
from cosim.netlist.circuit import Circuit, CurrentSource, Element, PhaseSource, VoltageSource
from cosim.netlist.ngspice_text import SHORTEST_EDGE, path, safe
from cosim.netlist.waveforms import Exponential, Noise, PiecewiseSine, Samples, Sine, Waveform

Array = NDArray[np.float64]

#: Straight lines that stand for one period of a sine, one step of a cubic, one half-cosine, an exponential.
_LINES_PER_PERIOD, _LINES_PER_SAMPLE, _LINES_PER_COSINE, _LINES = 1000, 128, 64, 4000
#: Times [s] in which a phase that is not 0 at t = 0 is reached, and in which one jumps later.
_START_RAMP, _JUMP_RAMP = 1e-12, 1e-13


def flat_sines(circuit: Circuit) -> set[str]:
    """Names, without their instances, of sources whose sine has a phase or a number of cycles."""
    return {
        element.name.split("|")[0]
        for element in circuit.elements
        if isinstance(element, (CurrentSource, VoltageSource))
        and isinstance(element.waveform, Sine)
        and (element.waveform.phase != 0.0 or element.waveform.cycles != 0.0)
    }


def is_flat(element: Element, sines: set[str]) -> bool:
    """True for a source that `flat_cards` writes; `sines` are those of `flat_sines`."""
    if isinstance(element, PhaseSource):
        return True
    if not isinstance(element, (CurrentSource, VoltageSource)):
        return False
    if isinstance(element.waveform, Sine):
        return element.name.split("|")[0] in sines
    return isinstance(element.waveform, (Noise, Samples))


def flat_name(element: Element) -> str:
    letter = "i" if isinstance(element, CurrentSource) else "v"
    return f"{letter}_flat_{safe(element.name)}"


def flat_vector(element: Element) -> str:
    """The vector that holds the current of a source written here."""
    name = flat_name(element)
    return f"@{name}[current]" if isinstance(element, CurrentSource) else f"{name}#branch"


def flat_cards(circuit: Circuit, stop: float) -> list[str]:
    """Cards of all sources that are written flat."""
    sines = flat_sines(circuit)
    cards: list[str] = []
    for element in circuit.elements:
        if not is_flat(element, sines):
            continue
        nodes = [path(node) for node in element.nodes]
        if isinstance(element, PhaseSource):
            jumps = _jumps(element.waveform, stop)
            if jumps:
                inner = f"jumps_{flat_name(element)}"
                cards.append(f"v_{inner} {nodes[0]} {inner} {_pwl(jumps)}")
                nodes[0] = inner
            cards.append(f"{flat_name(element)} {' '.join(nodes)} {_pwl(_slopes(element.waveform, stop))}")
        elif isinstance(element, (CurrentSource, VoltageSource)):
            cards.append(f"{flat_name(element)} {' '.join(nodes)} {_pwl(_lines(element.waveform, stop))}")
    return cards


def _pwl(points: list[tuple[float, float]]) -> str:
    return f"pwl({' '.join(f'{time!r} {value!r}' for time, value in points)})"


def _grid(waveform: Waveform, stop: float) -> Array:
    corners = np.concatenate([[0.0], waveform.corners(stop), [stop]])
    match waveform:
        case Sine():
            count = math.ceil(stop * waveform.frequency * _LINES_PER_PERIOD)
        case Samples() if waveform.order == 2:
            count = math.ceil(stop / waveform.step * _LINES_PER_SAMPLE)
        case PiecewiseSine():
            parts = [np.linspace(a, b, _LINES_PER_COSINE, endpoint=False) for a, b in pairwise(corners)]
            return np.concatenate([*parts, [stop]])
        case Exponential():
            count = _LINES
        case _:
            return corners
    return np.unique(np.concatenate([corners, np.linspace(0.0, stop, max(count, 1) + 1)]))


def _lines(waveform: Waveform, stop: float) -> list[tuple[float, float]]:
    """Points of straight lines between corners; a jump becomes a steep edge."""
    grid = _grid(waveform, stop)
    width = np.diff(grid)
    low, high = (waveform.value(grid[:-1] + part * width) for part in (0.25, 0.75))
    return _joined(grid, 1.5 * low - 0.5 * high, 1.5 * high - 0.5 * low)


def _slopes(waveform: Waveform, stop: float) -> list[tuple[float, float]]:
    """Points of the voltage of a phase."""
    grid = _grid(waveform, stop)
    width = np.diff(grid)
    first, last = (waveform.value(grid[:-1] + part * width) for part in (1e-9, 1.0 - 1e-9))
    middle = waveform.value(grid[:-1] + 0.5 * width)
    volts = 1.0 / (width * PHASE_PER_FLUX)
    return _joined(
        grid, volts * (4.0 * middle - 3.0 * first - last), volts * (3.0 * last - 4.0 * middle + first)
    )


def _jumps(waveform: Waveform, stop: float) -> list[tuple[float, float]]:
    """Points of a voltage that has a phase start, and jump where it does."""
    corners = waveform.corners(stop)
    near = 1e-9 * np.diff(np.concatenate([[0.0], corners, [stop]]))
    before, after = (waveform.value(corners + side) for side in (-near[:-1], near[1:]))
    size = np.concatenate([[float(waveform.value(np.array(0.0)))], after - before])
    points = []
    for time, jump in zip(np.concatenate([[0.0], corners]), size, strict=True):
        if abs(jump) > 1e-6:
            ramp = _START_RAMP if time == 0.0 else _JUMP_RAMP
            volts = float(jump) / (ramp * PHASE_PER_FLUX)
            edges = (0.0, SHORTEST_EDGE, ramp, ramp + SHORTEST_EDGE)
            shape = zip(edges, (0.0, volts, volts, 0.0), strict=True)
            points += [(float(time) + edge, level) for edge, level in shape]
    return points


def _joined(grid: Array, starts: Array, ends: Array) -> list[tuple[float, float]]:
    scale = max(float(np.max(np.abs(starts))), float(np.max(np.abs(ends))), 1e-300)
    points = [(0.0, float(starts[0]))]
    for k in range(len(starts)):
        time, value = float(grid[k + 1]), float(ends[k])
        points.append((time, value))
        if k + 1 < len(starts) and abs(float(starts[k + 1]) - value) > 1e-6 * scale:
            edge = min(SHORTEST_EDGE, 0.1 * (float(grid[k + 2]) - time))
            points.append((time + edge, float(starts[k + 1])))
    return points
