"""What a worker process loads for lock-step: compiled callbacks, and the models of each run."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numba import cloudpickle
from numpy.typing import NDArray

from cosim.lockstep import master
from cosim.lockstep.board import (
    ACCEPTED,
    ACTIVE,
    BAD_EVENT,
    BAD_OUTPUT,
    CALLS,
    FAILED,
    FAULT,
    LOG_COUNT,
    RUNNING,
    SETTLING,
    SLOTS,
    STUCK,
    TIME_INDEX,
    Board,
)
from cosim.lockstep.model import Compiled
from cosim.lockstep.plan import Bound, Plan
from cosim.spice.library import INITIAL_DATA_CALLBACK, Callbacks, Library, names_of_plot

_FAULTS = {
    FAILED >> 32: "it failed",
    STUCK >> 32: "it asks for events without end, at one time",
    BAD_OUTPUT >> 32: "its output is not a number",
    BAD_EVENT >> 32: "the time of its next event is not a number",
}
_MOST_OPERATING_POINTS = 30
_SETTLED = 1e-9
_TOO_MANY = "it reports more events than can be kept"


def _compiled(bound: Bound) -> Compiled:
    try:
        return bound.model.compiled()
    except Exception as error:
        raise RuntimeError(
            f"{bound.name}: {type(bound.model).__name__} cannot be compiled: {type(error).__name__}: {error}"
        ) from error


class Provider:
    """The lock-step side of a worker."""

    def __init__(self) -> None:
        self._slots = np.zeros(SLOTS, np.int64)
        self._started = INITIAL_DATA_CALLBACK(self._find_vectors)
        self._plan: Plan | None = None
        self._board: Board | None = None
        self._compiled: list[Compiled] = []
        self._problem = ""
        self._library: Library | None = None
        self._settling = False

    def callbacks(self) -> Callbacks:
        """Addresses of the compiled callbacks."""
        source, accept, synchronise = master.addresses()
        return Callbacks(
            data=accept,
            initial_data=ctypes.cast(self._started, ctypes.c_void_p).value or 0,
            voltage_source=source,
            current_source=source,
            synchronise=synchronise,
            user=self._slots.ctypes.data,
        )

    def attach(self, library: Library) -> None:
        """Take what is needed of the library."""
        self._library = library

    def prepare(self, block: bytes) -> None:
        """Set the models up for the run that comes."""
        plan = self._plan = cloudpickle.loads(block)
        self._problem = ""
        self._compiled = [_compiled(bound) for bound in plan.bound]
        self._board = Board([bound.model for bound in plan.bound], self._compiled)
        self._board.write(
            self._slots,
            extrapolation=plan.extrapolation,
            resolution=plan.resolution,
            first_step=plan.first_step,
        )

    def settle(self) -> None:
        """Operating points until the readings that models were given are those that they cause."""
        if self._plan is None or self._board is None or self._library is None or not self._plan.settle:
            return
        self._settling = True
        for _ in range(_MOST_OPERATING_POINTS):
            before = self._board.history[0].copy()
            self._library.command("op")
            now = self._board.history[0]
            if np.all(np.abs(now - before) <= _SETTLED * np.abs(now) + 1e-15):
                break
        self._settling = False

    def _find_vectors(self, address: int, identity: int, user: int) -> int:
        """A plot begins: find the vectors that the ports read."""
        try:
            kind, names = names_of_plot(address)
            self._slots[ACTIVE] = 0
            running = kind.startswith("tran")
            if self._plan is None or self._board is None or not (running or self._settling):
                return 0
            places = {name.lower(): place for place, name in enumerate(names)}
            places |= {name[2:-1]: place for name, place in places.items() if name.startswith("v(")}
            self._slots[TIME_INDEX] = places["time"] if running else 0
            row = 0
            for bound in self._plan.bound:
                for wiring in bound.wiring:
                    for column, node in enumerate((wiring.plus, wiring.minus)):
                        if node.lower() not in ("0", "gnd"):
                            self._board.readings[row, column] = places[node.lower()]
                    self._board.signs[row] = wiring.sign
                    row += 1
            if running:
                master.predict(self._slots, self._board.clock)
            self._slots[ACTIVE] = RUNNING if running else SETTLING
        except KeyError as error:
            self._problem = f"ngspice has no vector {error.args[0]!r} to read"
        except Exception as error:  # a callback of C cannot raise
            self._problem = f"{type(error).__name__}: {error}"
        return 0

    def collect(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Events, states and what went wrong."""
        assert self._plan is not None and self._board is not None
        self._slots[ACTIVE] = 0
        fault = int(self._slots[FAULT])
        if fault and not self._problem:
            bound = self._plan.bound[(fault & 0xFFFFFFFF) - 1]
            said = getattr(bound.model, "failure", "") or _FAULTS.get(fault >> 32, _TOO_MANY)
            self._problem = f"{bound.name}: {said}"
        count = int(self._slots[LOG_COUNT])
        arrays: dict[str, NDArray[Any]] = {
            "event_model": self._board.log[0, :count].astype(np.int64),
            "event_time": self._board.log[1, :count].copy(),
        }
        arrays |= {f"state {k}": state for k, state in enumerate(self._board.state)}
        header = {
            "problem": self._problem,
            "accepted": int(self._slots[ACCEPTED]),
            "calls": int(self._slots[CALLS]),
        }
        return header, arrays
