"""libngspice by `ctypes`: the calls, the callbacks and the vectors, nothing on top.

One library is one circuit at a time, and it may crash: it is loaded in a worker process only
(`worker.py`), never in the user's. What a later version has more (`ngSpice_nospiceinit`, KLU)
is found at run time.

Callbacks are given as addresses of C functions, so compiled ones cost no Python. Those of
`Callbacks` are ngspice's own (ngspice manual, chapter 19): every one may be left out.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Environment variable that names the library, in place of the one that the system finds.
LIBRARY_VARIABLE = "COSIM_NGSPICE_LIBRARY"

EXIT_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_int, ctypes.c_bool, ctypes.c_bool, ctypes.c_int, ctypes.c_void_p
)
TEXT_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p)
SYNCHRONISE_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_double,
    ctypes.c_void_p,
    ctypes.c_double,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_void_p,
)
INITIAL_DATA_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)

_COMPLEX = 2
_KINDS = {1: "time", 2: "frequency", 3: "voltage", 4: "current"}


class _VectorInfo(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("kind", ctypes.c_int),
        ("flags", ctypes.c_short),
        ("real", ctypes.c_void_p),
        ("complex", ctypes.c_void_p),
        ("length", ctypes.c_int),
    )


class _PlotVector(ctypes.Structure):
    _fields_ = (
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("is_real", ctypes.c_bool),
        ("vector", ctypes.c_void_p),
        ("scale", ctypes.c_void_p),
    )


class _PlotVectors(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("title", ctypes.c_char_p),
        ("date", ctypes.c_char_p),
        ("type", ctypes.c_char_p),
        ("count", ctypes.c_int),
        ("vectors", ctypes.POINTER(ctypes.POINTER(_PlotVector))),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Callbacks:
    """Addresses of C functions, 0 for none, and the pointer that each of them is handed.

    Without `characters` the library says nothing.
    """

    characters: int = 0
    status: int = 0
    leave: int = 0
    data: int = 0
    initial_data: int = 0
    background: int = 0
    voltage_source: int = 0
    current_source: int = 0
    synchronise: int = 0
    user: int = 0


@functools.lru_cache(maxsize=1)
def _system_library() -> str | None:
    found = ctypes.util.find_library("ngspice")
    if found is None and sys.platform == "darwin":
        for folder in ("/opt/homebrew/lib", "/usr/local/lib"):
            path = Path(folder) / "libngspice.dylib"
            if path.is_file():
                return str(path)
    return found


def find_library() -> str | None:
    """Return the name or path of libngspice, or None. It is not loaded here."""
    chosen = os.environ.get(LIBRARY_VARIABLE)
    return chosen if chosen else _system_library()


def names_of_plot(address: int) -> tuple[str, list[str]]:
    """Type name of the plot and names of its vectors, from what `initial_data` was handed."""
    plot = ctypes.cast(address, ctypes.POINTER(_PlotVectors)).contents
    names = [plot.vectors[k].contents.name.decode("utf-8", "replace") for k in range(plot.count)]
    return plot.type.decode("utf-8", "replace"), names


class Library:
    """libngspice, loaded and initialised in this process.

    Raises `OSError` when the file cannot be loaded or is not libngspice.
    """

    def __init__(self, path: str, callbacks: Callbacks) -> None:
        self._dll = ctypes.CDLL(path)
        self.callbacks = callbacks
        try:
            self._declare()
        except AttributeError as error:
            raise OSError(f"{path} is not libngspice: {error}") from None
        if self.has("ngSpice_nospiceinit"):
            self._dll.ngSpice_nospiceinit()
        self._dll.ngSpice_Init(
            callbacks.characters,
            callbacks.status,
            callbacks.leave,
            callbacks.data,
            callbacks.initial_data,
            callbacks.background,
            callbacks.user,
        )
        if callbacks.voltage_source or callbacks.current_source or callbacks.synchronise:
            self._dll.ngSpice_Init_Sync(
                callbacks.voltage_source,
                callbacks.current_source,
                callbacks.synchronise,
                None,
                callbacks.user,
            )

    def _declare(self) -> None:
        pointer, text = ctypes.c_void_p, ctypes.c_char_p
        calls: dict[str, tuple[list[Any], Any]] = {
            "ngSpice_Init": ([pointer] * 7, ctypes.c_int),
            "ngSpice_Init_Sync": ([pointer] * 5, ctypes.c_int),
            "ngSpice_Command": ([text], ctypes.c_int),
            "ngSpice_Circ": ([ctypes.POINTER(text)], ctypes.c_int),
            "ngSpice_CurPlot": ([], text),
            "ngSpice_AllPlots": ([], ctypes.POINTER(text)),
            "ngSpice_AllVecs": ([text], ctypes.POINTER(text)),
            "ngGet_Vec_Info": ([text], ctypes.POINTER(_VectorInfo)),
            "ngSpice_SetBkpt": ([ctypes.c_double], ctypes.c_bool),
        }
        for name, (arguments, returned) in calls.items():
            function = getattr(self._dll, name)
            function.argtypes, function.restype = arguments, returned

    def has(self, name: str) -> bool:
        """True when the library has the function `name`."""
        return hasattr(self._dll, name)

    def synchronise_with(self, callback: int) -> None:
        """Have the function at this address called before and after each step, also of a run in progress."""
        mine = self.callbacks
        self._dll.ngSpice_Init_Sync(mine.voltage_source, mine.current_source, callback, None, mine.user)

    @property
    def breakpoint_address(self) -> int:
        """Address of `bool ngSpice_SetBkpt(double time)`, for compiled callbacks."""
        return ctypes.cast(self._dll.ngSpice_SetBkpt, ctypes.c_void_p).value or 0

    def command(self, text: str) -> int:
        """Execute one command of ngspice's. 0 does not mean that it went well."""
        return int(self._dll.ngSpice_Command(text.encode("utf-8", "replace")))

    def load(self, deck: str) -> int:
        """Hand over a deck that ends with `.end`. 0 does not mean that it is sound."""
        lines = [line.encode("utf-8", "replace") for line in deck.splitlines()]
        lines[0] = lines[0].strip() or b"*"
        return int(self._dll.ngSpice_Circ((ctypes.c_char_p * (len(lines) + 1))(*lines, None)))

    def plots(self) -> list[str]:
        """Type names of all plots, e.g. "tran1", latest first."""
        return self._names(self._dll.ngSpice_AllPlots())

    def vector_names(self, plot: str) -> list[str]:
        """Names of a plot's vectors, as ngspice has them: `out`, `v1#branch`."""
        return self._names(self._dll.ngSpice_AllVecs(plot.encode()))

    def vector(self, plot: str, name: str) -> tuple[str, NDArray[Any]] | None:
        """Kind and values (n,) of a vector, or None when it has no data.

        The array is a view of ngspice's memory: copy it before the next command.
        """
        found = self._dll.ngGet_Vec_Info(f"{plot}.{name}".encode())
        if not found:
            return None
        info = found.contents
        is_complex = bool(info.flags & _COMPLEX)
        address = info.complex if is_complex else info.real
        if not address or info.length < 1:
            return None
        floats = info.length * (2 if is_complex else 1)
        values = np.ctypeslib.as_array((ctypes.c_double * floats).from_address(address))
        return _KINDS.get(info.kind, "notype"), values.view(np.complex128) if is_complex else values

    @staticmethod
    def _names(pointers: Any) -> list[str]:
        names: list[str] = []
        while pointers and pointers[len(names)] is not None:
            names.append(pointers[len(names)].decode("utf-8", "replace"))
        return names


def raw_name(name: str, kind: str) -> str:
    """Name that a raw file gives a vector: `out` of voltages is `v(out)`, `v1#branch` `i(v1)`."""
    name = name.lower()
    if kind == "current":
        return f"i({name.removesuffix('#branch')})" if not name.startswith("i(") else name
    return f"v({name})" if kind == "voltage" and not name.startswith("v(") else name
