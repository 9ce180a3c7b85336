"""What a model is: ports, numbers, and three functions that are compiled.

    output(time, state, reading, parameters, out)
        writes `out`. A pure function: ngspice asks at t + Δt, several times, and may take the step
        back. `reading` holds what the ports will read at `time`, extrapolated from accepted points.
    advance(start, end, before, after, state, parameters, events) -> int
        ngspice has accepted the point at `end`: readings went from `before` to `after`; bring `state`
        there. `emit(events, t)` reports a spike. Returns 1 where an output bends or jumps at `end`, else
        0: readings from before such a corner are not extrapolated beyond it. Below 0: it failed, and the
        run ends.
    next_event(time, state, reading, slope, bend, parameters) -> float
        the time [s] that a step must not pass (`math.inf`: none): a corner of an output, or where a
        reading will cross a threshold, from its value, slope and second derivative now.

All arrays are pointers to float64: index them, there is no length. Helpers must be `numba.njit`.
The functions are compiled in the worker, once, and kept on disk when they stand in a file.

Here is the base class; the models that come with the package are in `cosim.lockstep.models`.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Any, ClassVar, Self, cast

import numpy as np
from numba import cfunc, cloudpickle, njit, types
from numpy.typing import NDArray

from cosim.errors import SimulationError, did_you_mean
from cosim.lockstep.addresses import FLOATS
from cosim.lockstep.ports import Port
from cosim.spice.cards import spice_number

Array = NDArray[np.float64]

_OUTPUT = types.void(types.float64, FLOATS, FLOATS, FLOATS, FLOATS)
_ADVANCE = types.int64(types.float64, types.float64, FLOATS, FLOATS, FLOATS, FLOATS, FLOATS)
_NEXT_EVENT = types.float64(types.float64, FLOATS, FLOATS, FLOATS, FLOATS, FLOATS)

#: Spikes that one model may report in one step.
MOST_EVENTS = 1023


@njit(inline="always")
def emit(events, time):
    """Report a spike at `time` [s] from an advance function."""
    count = int(events[0])
    if count < MOST_EVENTS:
        events[count + 1] = time
    events[0] = count + 1


@dataclass(frozen=True, slots=True)
class Functions:
    """The three functions of a model; those that it does not need are left out."""

    output: Callable[..., Any] | None = None
    advance: Callable[..., Any] | None = None
    next_event: Callable[..., Any] | None = None


@dataclass(frozen=True, slots=True)
class Compiled:
    """Addresses of C functions, 0 for none; `kept` are objects that must live as long."""

    output: int
    advance: int
    next_event: int
    kept: tuple[Any, ...] = ()


class Model:
    """Base of behavioural models. A subclass is usually a frozen dataclass of its parameters."""

    functions: ClassVar[Functions] = Functions()
    files: ClassVar[tuple[str, ...]] = ()
    """Fields that name a file to read: in a deck they stay in the folders that includes may come from."""
    feedthrough: ClassVar[bool] = True
    """False for models whose outputs do not depend on readings at once, but only through their state."""
    spiking: ClassVar[bool] = True
    """False for models that report no events: the result's `pulses` leave them out."""

    @property
    def ports(self) -> tuple[Port, ...]:
        """The ports, in the order of the nodes on the instance's card."""
        raise NotImplementedError

    def parameters(self) -> Array:
        """Numbers (p,) that the functions get."""
        return np.zeros(0)

    def initial_state(self) -> Array:
        """The state (n,) at t = 0."""
        return np.zeros(0)

    @property
    def network(self) -> Sequence[tuple[int, int, float]]:
        """Fixed conductances (port, port, [S]) between first nodes of ports, as resistors of the deck."""
        return ()

    @property
    def final(self) -> Mapping[str, int]:
        """Places of the state that the result tells in its `stats` at the end, by name."""
        return {}

    @classmethod
    def from_text(cls, values: Mapping[str, str]) -> Self:
        """Make a model of words of a deck: SPICE numbers for its fields.

        Raises `SimulationError` for a field that it does not have, a value that is no number, or one missing.
        """
        known = {field.name: field for field in fields(cls)} if is_dataclass(cls) else {}
        made: dict[str, Any] = {}
        for name, text in values.items():
            if name not in known:
                raise SimulationError(f"{cls.__name__} has no {name!r}{did_you_mean(name, known)}")
            made[name] = cls.value_from_text(name, text)
        missing = [
            name
            for name, field in known.items()
            if name not in made and field.default is MISSING and field.default_factory is MISSING
        ]
        if missing:
            raise SimulationError(f"{cls.__name__} needs {', '.join(missing)}")
        return cls(**made)

    @classmethod
    def value_from_text(cls, name: str, text: str) -> Any:
        """The value of a field: a number, unless a model knows better."""
        number = spice_number(text)
        if number is None:
            raise SimulationError(f"{name}={text!r} is not a number")
        return number

    def compiled(self) -> Compiled:
        """The functions as C functions. Called in the worker."""
        mine = type(self).functions
        made = [
            _compiled(function, signature)
            for function, signature in (
                (mine.output, _OUTPUT),
                (mine.advance, _ADVANCE),
                (mine.next_event, _NEXT_EVENT),
            )
        ]
        return Compiled(*(0 if one is None else one.address for one in made), kept=tuple(made))

    @classmethod
    def check(cls, model: object) -> Model:
        """Return `model`, or raise `SimulationError` saying what it lacks."""
        if not isinstance(model, Model):
            raise SimulationError(
                f"cannot bind a {type(model).__name__}: give a model of cosim.lockstep, or derive from Model"
            )
        outputs = sum(port.outputs for port in model.ports)
        if outputs and model.compiled_output_missing():
            raise SimulationError(f"{type(model).__name__} has outputs, but no output function")
        return model

    def compiled_output_missing(self) -> bool:
        """True when no output function is declared."""
        return type(self).functions.output is None


_cache: dict[Any, Any] = {}


def _compiled(function: Callable[..., Any] | None, signature: Any) -> Any:
    """A C function. Those of importable modules are kept on disk; others, which came by value, in memory
    under all that they refer to, for a notebook may define the same code over other constants."""
    if function is None:
        return None
    module = sys.modules.get(function.__module__)
    importable = getattr(module, function.__qualname__, None) is function
    key = function if importable else cloudpickle.dumps(function)
    if key not in _cache:
        _cache[key] = cfunc(signature, cache=importable, error_model="numpy")(function)
    return _cache[key]


_C_OUTPUT = ctypes.CFUNCTYPE(None, ctypes.c_double, *[ctypes.POINTER(ctypes.c_double)] * 4)
_C_ADVANCE = ctypes.CFUNCTYPE(
    ctypes.c_int64, ctypes.c_double, ctypes.c_double, *[ctypes.POINTER(ctypes.c_double)] * 5
)
_C_NEXT_EVENT = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, *[ctypes.POINTER(ctypes.c_double)] * 5)


class PythonModel(Model):
    """A model whose functions are methods in Python, at about a microsecond a call.

    For whatever cannot be compiled: another simulator, a file that is read on the way. The methods have
    the names and arguments of the three functions; pointers are `ctypes` pointers to double. What a
    method raises ends the run and is told by it.
    """

    def output(self, time: float, state: Any, reading: Any, parameters: Any, out: Any) -> None:
        """Write `out`."""

    def advance(
        self, start: float, end: float, before: Any, after: Any, state: Any, parameters: Any, events: Any
    ) -> int:
        """Commit the point at `end`."""
        return 0

    def next_event(
        self, time: float, state: Any, reading: Any, slope: Any, bend: Any, parameters: Any
    ) -> float:
        """When the next event is [s]."""
        return float("inf")

    def compiled_output_missing(self) -> bool:
        """The method is always there."""
        return False

    def compiled(self) -> Compiled:
        """The methods behind C callbacks."""
        self.failure: str = ""

        def guarded(method: Callable[..., Any], otherwise: Any) -> Callable[..., Any]:
            def call(*arguments: Any) -> Any:
                if self.failure:
                    return otherwise
                try:
                    return method(*arguments)
                except Exception as error:
                    self.failure = f"{type(self).__name__}.{method.__name__}: {type(error).__name__}: {error}"
                    return otherwise

            return call

        made = (
            _C_OUTPUT(guarded(self.output, None)),
            _C_ADVANCE(guarded(self.advance, -1)),
            _C_NEXT_EVENT(guarded(self.next_event, float("nan"))),
        )
        addresses = [cast(int, ctypes.cast(one, ctypes.c_void_p).value) for one in made]
        return Compiled(*addresses, kept=made)
