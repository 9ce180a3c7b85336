"""Bundles of floats, one a variant, that the compiler keeps in vector registers.

`load(width, array, row)` takes row `row` of an array (rows, lanes) as one value, `store` puts
one back; between them +, -, *, `muladd`, `abs_`, `copysign`, `smaller` and `any_above` work on all
lanes at once. `width` is a tuple with one entry a lane: its length is part of its type, so a kernel
is compiled for one number of lanes, and for one lane a bundle is a plain float.

Nothing here allows the compiler to reorder sums: a lane's result does not depend on how many
others stand beside it.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import extending
from numba.core import cgutils, types
from numba.extending import models, overload, register_model

#: The decorated functions lose their first parameter, which a type checker cannot see.
intrinsic: Any = extending.intrinsic


class LanesType(types.Type):
    """`width` floats."""

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(name=f"Lanes({width})")


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, of: LanesType) -> None:
        super().__init__(manager, of, ir.VectorType(ir.DoubleType(), of.width))


def _bundle(width: Any) -> Any:
    return types.float64 if width.count == 1 else LanesType(width.count)


def _llvm(bundle: Any) -> ir.Type:
    return ir.VectorType(ir.DoubleType(), bundle.width) if isinstance(bundle, LanesType) else ir.DoubleType()


def _suffix(bundle: Any) -> str:
    return f"v{bundle.width}f64" if isinstance(bundle, LanesType) else "f64"


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, row: Any, count: int) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    place = builder.mul(row, ir.Constant(row.type, count))
    pointer = builder.gep(data, [place])
    if count == 1:
        return pointer
    return builder.bitcast(pointer, ir.VectorType(ir.DoubleType(), count).as_pointer())


@intrinsic
def load(typing: Any, width: Any, array: Any, row: Any) -> Any:
    """Row `row` of a contiguous array (rows, lanes)."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _pointer(context, builder, array, args[1], args[2], width.count)
        return builder.load(pointer, align=8)

    return _bundle(width)(width, array, types.intp), build


@intrinsic
def store(typing: Any, width: Any, array: Any, row: Any, value: Any) -> Any:
    """Put a bundle into row `row` of a contiguous array (rows, lanes)."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _pointer(context, builder, array, args[1], args[2], width.count)
        builder.store(args[3], pointer, align=8)
        return context.get_dummy_value()

    return types.void(width, array, types.intp, _bundle(width)), build


def _pointer_at(context: Any, builder: Any, array_type: Any, array: Any, place: Any, count: int) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    pointer = builder.gep(data, [place])
    return builder.bitcast(pointer, ir.VectorType(ir.DoubleType(), count).as_pointer())


@intrinsic
def load_at(typing: Any, width: Any, array: Any, place: Any) -> Any:
    """As many floats as `width` has from entry `place` of a contiguous array on."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _pointer_at(context, builder, array, args[1], args[2], width.count)
        return builder.load(pointer, align=8)

    return _bundle(width)(width, array, types.intp), build


@intrinsic
def store_at(typing: Any, width: Any, array: Any, place: Any, value: Any) -> Any:
    """Put a bundle into a contiguous array from entry `place` on."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _pointer_at(context, builder, array, args[1], args[2], width.count)
        builder.store(args[3], pointer, align=8)
        return context.get_dummy_value()

    return types.void(width, array, types.intp, _bundle(width)), build


@intrinsic
def pick(typing: Any, array: Any, place: Any) -> Any:
    """Entry `place` ≥ 0 of a contiguous one-dimensional array, without Python's negative indices."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(array)(context, builder, args[0]).data
        return builder.load(builder.gep(data, [args[1]]))

    return array.dtype(array, types.intp), build


@intrinsic
def spread(typing: Any, width: Any, value: Any) -> Any:
    """The same float in every lane."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if width.count == 1:
            return args[1]
        kind = ir.VectorType(ir.DoubleType(), width.count)
        lane = ir.IntType(32)
        first = builder.insert_element(ir.Constant(kind, ir.Undefined), args[1], lane(0))
        mask = ir.Constant(ir.VectorType(lane, width.count), [0] * width.count)
        return builder.shuffle_vector(first, ir.Constant(kind, ir.Undefined), mask)

    return _bundle(width)(width, types.float64), build


def _call(builder: Any, name: str, bundle: Any, args: Any) -> Any:
    kind = _llvm(bundle)
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(kind, [kind] * len(args)), f"llvm.{name}.{_suffix(bundle)}"
    )
    return builder.call(function, args)


@intrinsic
def muladd(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """a·b + c, with one rounding where the machine has it."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _call(builder, "fmuladd", a, args)

    return a(a, b, c), build


@intrinsic
def abs_(typing: Any, a: Any) -> Any:
    """|a|."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _call(builder, "fabs", a, args)

    return a(a), build


@intrinsic
def copysign(typing: Any, a: Any, b: Any) -> Any:
    """|a| with the sign of b."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _call(builder, "copysign", a, args)

    return a(a, b), build


@intrinsic
def smaller(typing: Any, a: Any, b: Any) -> Any:
    """The smaller of a and b, or b where they do not compare."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<", args[0], args[1]), args[0], args[1])

    return a(a, b), build


@intrinsic
def larger(typing: Any, a: Any, b: Any) -> Any:
    """The larger of a and b; not-a-number where one is."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _call(builder, "maximum", a, args)

    return a(a, b), build


@intrinsic
def any_above(typing: Any, a: Any, b: Any) -> Any:
    """True when a ≥ b in some lane; not-a-number is not above."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        test = builder.fcmp_ordered(">=", args[0], args[1])
        if not isinstance(a, LanesType):
            return test
        bits = ir.IntType(a.width)
        return builder.icmp_unsigned("!=", builder.bitcast(test, bits), bits(0))

    return types.boolean(a, b), build


def _elementwise(method: str) -> Any:
    @intrinsic
    def apply(typing: Any, a: Any, b: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return getattr(builder, method)(args[0], args[1])

        return a(a, b), build

    return apply


_ADD, _SUBTRACT, _MULTIPLY, _DIVIDE = (_elementwise(m) for m in ("fadd", "fsub", "fmul", "fdiv"))


def _both_lanes(a: Any, b: Any) -> bool:
    return isinstance(a, LanesType) and isinstance(b, LanesType)


@overload(operator.add, inline="always")
def _add(a, b):
    if _both_lanes(a, b):
        return lambda a, b: _ADD(a, b)
    return None


@overload(operator.sub, inline="always")
def _subtract(a, b):
    if _both_lanes(a, b):
        return lambda a, b: _SUBTRACT(a, b)
    return None


@overload(operator.mul, inline="always")
def _multiply(a, b):
    if _both_lanes(a, b):
        return lambda a, b: _MULTIPLY(a, b)
    return None


@overload(operator.truediv, inline="always")
def _divide(a, b):
    if _both_lanes(a, b):
        return lambda a, b: _DIVIDE(a, b)
    return None
