"""Write and verify: pulses of growing voltage in the direction of the target, a reading after each.

While pulses of one polarity do not reach the target, the next is stronger by a step; when the target has
been passed, pulses of the other polarity begin with their weakest, or a little below where they last
were. Cells without neighbours (isolated, no lines) are programmed side by side; otherwise one by one, row
by row, in as many sweeps as asked for, because what is written later disturbs what was written before.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.crossbar.array import Array
from cosim.crossbar.programming.pulse_list import PulseList
from cosim.crossbar.programming.write_path import WritePath
from cosim.devices import apply_pulse, conductance, setting_polarity
from cosim.errors import SimulationError


@dataclass(frozen=True, kw_only=True)
class VerifyPlan:
    """How pulses are chosen and when a cell is good."""

    set_voltages: tuple[float, float]
    """Weakest and strongest pulse that raises the conductance, sizes [V]; above 0."""
    reset_voltages: tuple[float, float]
    """Likewise for one that lowers it."""
    step: float
    """By which the next pulse of the same polarity is stronger [V]; 0 or more."""
    width: float
    """Of every pulse [s], unless narrowed."""
    tolerance: float
    """A reading within this of its target is good [S]."""
    budget: int = 100
    """Pulses a cell, all sweeps together."""
    sweeps: int = 1
    """How often all cells are gone through; more mend what disturb has moved."""
    retreat: float | None = None
    """A polarity that comes back begins so far below its last pulse [V]; None: with its weakest."""
    narrowing: float = 1.0
    """Factor on the width each time a cell's target has been passed; below 1 where even the weakest pulse
    moves a cell by more than the tolerance."""
    read_noise: float = 0.0
    """Relative σ of a reading, white."""
    period: float | None = None
    """From one pulse to the next [s], for the times of the pulse list; twice the width by default."""

    def __post_init__(self) -> None:
        for name in ("set", "reset"):
            least, most = getattr(self, f"{name}_voltages")
            if not 0 < least <= most < np.inf:
                raise SimulationError(f"{name} voltages are {least} to {most} V; expected above 0, rising")
        wrong = {
            "step [V]": (self.step, self.step >= 0),
            "width [s]": (self.width, self.width > 0),
            "tolerance [S]": (self.tolerance, self.tolerance > 0),
            "budget": (self.budget, self.budget >= 1),
            "sweeps": (self.sweeps, self.sweeps >= 1),
            "retreat [V]": (self.retreat, self.retreat is None or self.retreat >= 0),
            "narrowing": (self.narrowing, 0 < self.narrowing <= 1),
            "read noise": (self.read_noise, self.read_noise >= 0),
            "period [s]": (self.period, self.period is None or self.period >= self.width),
        }
        for name, (value, good) in wrong.items():
            if not good:
                raise SimulationError(
                    f"{name} of a write-verify plan is {value}; see VerifyPlan for its range"
                )


@dataclass(frozen=True, kw_only=True)
class Programmed:
    """An array after write and verify."""

    state: Array
    """(M, N), in the model's unit."""
    conductance: Array
    """(M, N) of the devices at the read voltage [S], when all is done."""
    target: Array
    """(M, N) [S]."""
    pulses: np.ndarray
    """(M, N) spent on each cell."""
    verified: np.ndarray
    """(M, N): the last reading of the cell was good."""
    progress: Array
    """(K,) RMS of conductance − target over the cells [S]: after each round of pulses side by side, or after
    each cell of each sweep."""
    energy: Array
    """(M, N) [J] that the write pulses on each cell took from all terminals, readings not counted."""
    pulse_list: PulseList

    @property
    def error(self) -> Array:
        """(M, N) conductance − target [S], disturb included."""
        return self.conductance - self.target

    @property
    def message(self) -> str:
        """What to try where cells are not good; empty otherwise."""
        missed = int((~self.verified).sum())
        if not missed:
            return ""
        place = tuple(int(i) for i in np.argwhere(~self.verified)[0])
        return (
            f"{missed} of {self.verified.size} cells are not within the tolerance, first cell {place} after "
            f"{int(self.pulses[place])} pulses: widen the voltages, shorten the step, or raise the budget"
        )


def write_verify(
    path: WritePath, targets: ArrayLike, state: ArrayLike, plan: VerifyPlan, *, seed: int = 0
) -> Programmed:
    """Program `targets` (M, N) [S] into devices that are in `state`, scalar or (M, N).

    `seed` draws read noise and the scatter of pulses. Raises `SimulationError` for targets that are negative
    or NaN and as `WritePath.pulse`; cells that are not reached are a result: see `verified`, `message`.
    """
    goal = np.asarray(targets, dtype=np.float64)
    bad = ~(goal >= 0)
    if goal.ndim != 2 or bad.any():
        what = f"shape {goal.shape}"
        if bad.any():
            place = tuple(int(i) for i in np.argwhere(bad)[0])
            what = f"{goal[place]} S at cell {place}"
        raise SimulationError(f"targets have {what}; expected an array (M, N) of numbers from 0 up")
    start = np.array(np.broadcast_to(np.asarray(state, dtype=np.float64), goal.shape))
    run = _Run(path=path, plan=plan, goal=goal, state=start)
    run.random = np.random.default_rng(seed)
    if path.scheme.isolated and path.word_lines is None:
        run.side_by_side()
    else:
        for _ in range(plan.sweeps):
            for row in range(goal.shape[0]):
                for column in range(goal.shape[1]):
                    run.cell(row, column)
    return run.programmed()


@dataclass(kw_only=True)
class _Run:
    path: WritePath
    plan: VerifyPlan
    goal: Array
    state: Array
    random: np.random.Generator = field(default_factory=np.random.default_rng)
    rows: list[tuple[int, int, float, float, float]] = field(default_factory=list)
    progress: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pulses = np.zeros(self.goal.shape, dtype=np.int64)
        self.verified = np.zeros(self.goal.shape, dtype=bool)
        self.energy = np.zeros(self.goal.shape)
        self.polarity = setting_polarity(self.path.device)

    def noisy(self, reading: Array) -> Array:
        if not self.plan.read_noise:
            return reading
        return reading * (1 + self.plan.read_noise * self.random.standard_normal(np.shape(reading)))

    def size(self, raising: NDArray[np.bool_], again: NDArray[np.bool_], last: Array) -> Array:
        """Size of the next pulse [V]: `again` in the polarity of the one before, or for the first time since.

        `last` is the size of this polarity's last pulse, 0 if there was none.
        """
        plan = self.plan
        (up, up_most), (down, down_most) = plan.set_voltages, plan.reset_voltages
        weakest, strongest = np.where(raising, up, down), np.where(raising, up_most, down_most)
        back = weakest if plan.retreat is None else last - plan.retreat
        return np.clip(np.where(again, last + plan.step, back), weakest, strongest)

    def side_by_side(self) -> None:
        device, plan = self.path.device, self.plan
        last, sizes = np.zeros(self.goal.shape), np.zeros((2, *self.goal.shape))
        width = np.full(self.goal.shape, plan.width)
        for _ in range(plan.budget + 1):
            actual = conductance(device, self.state, self.path.read_voltage)
            self.progress.append(_rms(actual - self.goal))
            reading = self.noisy(actual)
            self.verified |= np.abs(reading - self.goal) <= plan.tolerance
            active = ~self.verified & (self.pulses < plan.budget)
            if not active.any():
                return
            raising = reading < self.goal
            direction = np.where(raising, 1, -1)
            size = self.size(raising, last == direction, np.where(raising, sizes[1], sizes[0]))
            sizes = np.where([active & ~raising, active & raising], size, sizes)
            width = np.where(last == -direction, width * plan.narrowing, width)
            last = direction
            volts = np.where(active, direction * self.polarity * size, 0.0)
            before, tolerance = np.asarray(device.current(self.state, volts)), self.path.state_tolerance
            self.state = apply_pulse(
                device, self.state, volts, width, random=self.random, tolerance=tolerance
            )
            self.energy += 0.5 * width * volts * (before + device.current(self.state, volts))
            self.pulses += active
            for row, column in np.argwhere(active):
                place = int(row), int(column)
                self.rows.append((*place, float(volts[place]), float(width[place]), float(self.goal[place])))

    def cell(self, row: int, column: int) -> None:
        path, plan, goal = self.path, self.plan, float(self.goal[row, column])
        last, width, sizes = 0, plan.width, {1: 0.0, -1: 0.0}
        self.verified[row, column] = False
        while True:
            reading = float(self.noisy(np.array(path.read(self.state, row, column))))
            if abs(reading - goal) <= plan.tolerance:
                self.verified[row, column] = True
                break
            if self.pulses[row, column] >= plan.budget:
                break
            direction = 1 if reading < goal else -1
            width *= plan.narrowing if direction == -last else 1.0
            raising, again = np.array(direction > 0), np.array(direction == last)
            size = sizes[direction] = float(self.size(raising, again, np.array(sizes[direction])))
            last = direction
            volts = direction * self.polarity * size
            self.state, energy = path.pulse_energy(self.state, row, column, volts, width, random=self.random)
            self.energy[row, column] += energy
            self.pulses[row, column] += 1
            self.rows.append((row, column, volts, width, goal))
        self.progress.append(_rms(path.conductances(self.state) - self.goal))

    def programmed(self) -> Programmed:
        period = 2 * self.plan.width if self.plan.period is None else self.plan.period
        table = np.array(self.rows, dtype=np.float64).reshape(-1, 5)
        return Programmed(
            state=self.state,
            conductance=self.path.conductances(self.state),
            target=self.goal,
            pulses=self.pulses,
            verified=self.verified,
            progress=np.array(self.progress),
            energy=self.energy,
            pulse_list=PulseList(
                time=np.linspace(0.0, period * max(len(table) - 1, 0), len(table)),
                row=table[:, 0].astype(np.int64),
                column=table[:, 1].astype(np.int64),
                voltage=table[:, 2],
                width=table[:, 3],
                read_target=table[:, 4],
                scheme=self.path.scheme,
                read_voltage=self.path.read_voltage,
            ),
        )


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2)))
