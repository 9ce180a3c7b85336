"""Memory by address and functions by address, inside compiled code.

The master calls the functions of models through their addresses: so one compiled master serves
every model, also one that is a Python function behind a C callback.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic as _intrinsic

#: Its type checker's view, for the first argument is not the caller's.
intrinsic: Any = _intrinsic

FLOATS = types.CPointer(types.float64)


@intrinsic
def memory(typingctx: Any, address: Any) -> Any:
    """The untyped pointer of an address (int64), for `numba.carray`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(types.int64), generate


@intrinsic
def floats(typingctx: Any, address: Any) -> Any:
    """The pointer to float64 of an address (int64), as functions of models take it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], ir.DoubleType().as_pointer())

    return FLOATS(types.int64), generate


@intrinsic
def address_of(typingctx: Any, pointer: Any) -> Any:
    """The address (int64) that a pointer to float64 holds."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ptrtoint(arguments[0], ir.IntType(64))

    return types.int64(FLOATS), generate


@intrinsic
def identity_of(typingctx: Any, pointer: Any) -> Any:
    """The address (int64) that an untyped pointer holds."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ptrtoint(arguments[0], ir.IntType(64))

    return types.int64(types.voidptr), generate


@intrinsic
def offset(typingctx: Any, pointer: Any, count: Any) -> Any:
    """The pointer `count` floats further on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.gep(arguments[0], [arguments[1]])

    return FLOATS(FLOATS, types.int64), generate


def _call(returned: Any, takes: tuple[Any, ...]) -> Any:
    signature = returned(types.int64, *takes)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = [context.get_value_type(kind) for kind in signature.args[1:]]
        result = context.get_value_type(returned) if returned != types.void else ir.VoidType()
        pointer = builder.inttoptr(arguments[0], ir.FunctionType(result, kinds).as_pointer())
        value = builder.call(pointer, arguments[1:])
        return context.get_dummy_value() if returned == types.void else value

    return signature, generate


@intrinsic
def call_output(
    typingctx: Any, address: Any, time: Any, state: Any, reading: Any, parameters: Any, out: Any
) -> Any:
    """Call an output function (see `model.py`)."""
    return _call(types.void, (types.float64, FLOATS, FLOATS, FLOATS, FLOATS))


@intrinsic
def call_advance(
    typingctx: Any,
    address: Any,
    start: Any,
    end: Any,
    before: Any,
    after: Any,
    state: Any,
    parameters: Any,
    events: Any,
) -> Any:
    """Call an advance function."""
    return _call(types.int64, (types.float64, types.float64, FLOATS, FLOATS, FLOATS, FLOATS, FLOATS))


@intrinsic
def call_next_event(
    typingctx: Any, address: Any, time: Any, state: Any, reading: Any, slope: Any, bend: Any, parameters: Any
) -> Any:
    """Call a function that predicts the next event."""
    return _call(types.float64, (types.float64, FLOATS, FLOATS, FLOATS, FLOATS, FLOATS))
