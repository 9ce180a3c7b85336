"""Any importable function as the work of a sweep.

    [work]
    kind = "function"
    function = "mypackage.mymodule:simulate"     # or "study.py:simulate", beside the specification
    arguments = { points = 100 }                 # the same for every case

It is called with the parameters of the case by name, and with `seed` if it has such an argument.
It returns a number, a mapping of names to numbers, arrays, booleans or texts, or a `Result`.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from cosim.errors import CosimError, SweepError, did_you_mean
from cosim.results import Result
from cosim.sweeps.fields import Value
from cosim.sweeps.measurements import kept_waveforms, measurement_unit, parse_measurements
from cosim.sweeps.outcome import Outcome
from cosim.sweeps.works.base import Case, Request


@dataclass(frozen=True, kw_only=True)
class FunctionWork:
    """`function` is "module:name", or "file.py:name" beside the specification."""

    kind: ClassVar[str] = "function"

    function: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        place, colon, name = str(self.function).rpartition(":")
        if not (colon and place and name.isidentifier()):
            raise SweepError(
                f"function: expected 'package.module:name' or 'file.py:name', got {self.function!r}"
            )
        if not isinstance(self.arguments, Mapping):
            raise SweepError(f"arguments: expected a table, got {self.arguments!r}")

    def bundle(self) -> int:
        return 16

    def inputs(self, folder: Path, request: Request) -> dict[str, bytes]:
        """A file goes into the plan whole; of a module its text is hashed, so that a change shows."""
        place, _, name = self.function.rpartition(":")
        if place.endswith(".py"):
            try:
                return {"function.py": (folder / place).read_bytes()}
            except OSError as error:
                raise SweepError(f"{folder / place}: {error.strerror}") from error
        return {"function.sha256": _digest(_imported(place, name)).encode()}

    def unit(self, text: str) -> str:
        return measurement_unit(text)

    def versions(self) -> dict[str, str]:
        return {}

    def performer(self, folder: Path, request: Request, time_limit: float) -> FunctionPerformer:
        place, _, name = self.function.rpartition(":")
        if place.endswith(".py"):
            function = _from_source((folder / "function.py").read_bytes(), place, name)
        else:
            function = _imported(place, name)
            if _digest(function).encode() != (folder / "function.sha256").read_bytes():
                raise SweepError(
                    f"{self.function} is not what it was when the sweep was planned; "
                    "plan again into another folder"
                )
        return FunctionPerformer(function, self.function, dict(self.arguments), request)


class FunctionPerformer:
    """Calls the function for one case at a time."""

    def __init__(
        self, function: Callable[..., Any], label: str, arguments: dict[str, Any], request: Request
    ) -> None:
        self.function, self.label, self.arguments, self.request = function, label, arguments, request
        try:
            signature = inspect.signature(function)
        except (TypeError, ValueError):
            signature = None
        self.takes_seed = signature is not None and "seed" in signature.parameters
        if self.takes_seed and "seed" in (*arguments, *request.parameters):
            self.takes_seed = False

    def check(self, case: Case) -> None:
        try:
            signature = inspect.signature(self.function)
        except (TypeError, ValueError):
            return
        try:
            signature.bind(**self._arguments(case))
        except TypeError as error:
            known = [name for name in signature.parameters]
            wrong = [name for name in case.parameters if name not in known]
            hint = did_you_mean(wrong[0], known) if wrong else ""
            raise SweepError(
                f"{self.label} cannot be called with this sweep's parameters: {error}{hint}"
            ) from error

    def prepare(self) -> None:
        """Nothing: what the function loads is its own business."""

    def groups(self, cases: Sequence[Case]) -> list[list[Case]]:
        return [[case] for case in cases]

    def perform(self, cases: Sequence[Case]) -> list[Outcome]:
        return [self._one(case) for case in cases]

    def _arguments(self, case: Case) -> dict[str, Value]:
        seed = {"seed": case.seed} if self.takes_seed else {}
        return {**self.arguments, **case.parameters, **seed}

    def _one(self, case: Case) -> Outcome:
        began = time.perf_counter()
        try:
            answer = self.function(**self._arguments(case))
        except CosimError as error:
            return Outcome.failure(error, wall_time=time.perf_counter() - began)
        except Exception as error:
            import traceback

            trace = "".join(traceback.format_exception(error)[-6:])
            cause = f"{type(error).__name__}: {error}"
            return Outcome.failure(cause, words=trace, wall_time=time.perf_counter() - began)
        took = time.perf_counter() - began
        if isinstance(answer, Result):
            return self._of_result(answer, took)
        values = dict(answer) if isinstance(answer, Mapping) else {"value": answer}
        wanted = self.request.measure
        missing = [text for text in wanted.values() if text not in values]
        if missing:
            return Outcome.failure(
                f"{self.label} returned no {missing[0]!r}{did_you_mean(missing[0], map(str, values))}; "
                f"it returned {', '.join(map(str, values))}",
                wall_time=took,
            )
        kept = {name: values[text] for name, text in wanted.items()} if wanted else values
        try:
            return Outcome(values=kept, wall_time=took)
        except SweepError as error:
            return Outcome.failure(error, wall_time=took)

    def _of_result(self, result: Result, took: float) -> Outcome:
        try:
            values = {
                name: measurement(result)
                for name, measurement in parse_measurements(self.request.measure).items()
            }
            return Outcome(
                values=values, waveforms=kept_waveforms(result, self.request.waveforms), wall_time=took
            )
        except CosimError as error:
            return Outcome.failure(error, wall_time=took)


def _imported(place: str, name: str) -> Callable[..., Any]:
    try:
        # What lies in the working folder can be imported, as with `python -m`.
        if "" not in sys.path and str(Path.cwd()) not in sys.path:
            sys.path.append(str(Path.cwd()))
        module = importlib.import_module(place)
    except Exception as error:
        raise SweepError(f"function: cannot import {place!r} ({type(error).__name__}: {error})") from error
    return _named(module, place, name)


def _from_source(source: bytes, place: str, name: str) -> Callable[..., Any]:
    """The function of a file that the plan keeps, run as a module of its own."""
    key = f"cosim_sweep_{hashlib.sha256(source).hexdigest()[:16]}"
    module = sys.modules.get(key)
    if module is None:
        spec = importlib.util.spec_from_loader(key, loader=None)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        module.__file__ = place
        sys.modules[key] = module
        try:
            exec(compile(source, place, "exec"), module.__dict__)
        except Exception as error:
            del sys.modules[key]
            raise SweepError(f"function: {place} cannot be run ({type(error).__name__}: {error})") from error
    return _named(module, place, name)


def _named(module: Any, place: str, name: str) -> Callable[..., Any]:
    found = getattr(module, name, None)
    if not callable(found):
        known = [key for key, value in vars(module).items() if callable(value)]
        raise SweepError(f"function: {place} has no function {name!r}{did_you_mean(name, known)}")
    return found


def _digest(function: Callable[..., Any]) -> str:
    """Hash of the module's text, or of the function's name where there is none."""
    try:
        file = inspect.getsourcefile(inspect.unwrap(function))
        text = Path(file).read_bytes() if file else b""
    except (TypeError, OSError):
        text = b""
    return hashlib.sha256(text or str(getattr(function, "__qualname__", "")).encode()).hexdigest()
