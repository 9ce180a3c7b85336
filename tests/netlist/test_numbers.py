"""SPICE numbers and expressions."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosim.errors import NetlistError
from cosim.netlist import format_number, parse_expression, parse_number, write_expression
from cosim.netlist.expressions import FUNCTIONS, Binary, Call, Name, Negation, Number, evaluate, names
from cosim.netlist.scope import Scope


def value_of(text: str, **parameters: float) -> float:
    scope = Scope(values={name.upper(): value for name, value in parameters.items()})
    return scope.number(parse_expression(text), None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2.07p", 2.07e-12),
        ("4K", 4000.0),
        ("5F", 5e-15),
        ("1X", 1e6),
        ("1meg", 1e6),
        ("1MEGohm", 1e6),
        ("3m", 3e-3),
        ("1.000pohm", 1e-12),
        ("100uA", 1e-4),
        ("5GHz", 5e9),
        ("2T", 2e12),
        ("7n", 7e-9),
        ("10V", 10.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3k", 1e6),
        ("-2.5mV", -2.5e-3),
        ("+1E-12", 1e-12),
    ],
)
def test_suffixes(text, value):
    assert parse_number(text) == value


@pytest.mark.parametrize(
    "text", ["", "p", "1e", "1.2.3", "2p5", "0x10", "1_000", "--1", "nan", "inf", "1e999", "٣"]
)
def test_what_is_no_number(text):
    with pytest.raises(ValueError):
        parse_number(text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_written_exactly(value):
    assert parse_number(format_number(value)) == value


def test_numbers_are_written_shortly():
    assert [format_number(x) for x in (2.07e-12, 1e-4, 350e-6, 0.445, 6.86, 1234.5, 1e6, -4e-15)] == [
        "2.07p",
        "100u",
        "350u",
        "445m",
        "6.86",
        "1.2345k",
        "1meg",
        "-4f",
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2.07p*sl", 4.14e-12),
        ("6.86/2.5*sl", 6.86 / 2.5 * 2.0),
        ("-2^2", -4.0),
        ("2^3^2", 512.0),
        ("2**3", 8.0),
        ("2^-1", 0.5),
        ("{1+[2*(3+4)]}", 15.0),
        ("'1 + 2'", 3.0),
        ("2*-3", -6.0),
        ("- - 3", 3.0),
        ("pi", math.pi),
        ("sqrt(16)+cbrt(8)+max(1,5,3)", 11.0),
        ("log(exp(2))", 2.0),
        ("log10(1000)", 3.0),
        ("atan(1)*4", math.pi),
        ("ternary_fcn(sl,1,0)", 1.0),
        ("2e-3*1k", 2.0),
        ("10-4-3", 3.0),
        ("16/4/2", 2.0),
    ],
)
def test_arithmetic(text, value):
    assert value_of(text, sl=2.0) == pytest.approx(value, rel=1e-15)


def test_parameters_hide_constants():
    assert value_of("pi*c", pi=3.0, c=2.0) == 6.0


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("1+", "ends where"),
        ("(1", "expected ')'"),
        ("1)", "')' stands"),
        ("2 3", "'3' stands"),
        ("foo(1)", "no function 'foo'"),
        ("sqr(1,2)", "takes 1 arguments"),
        ("agauss(1,2,3)", "random"),
        ("1 ? 2", "not part of an expression"),
        ("__import__('os').system('true')", "not part of an expression"),
        ("(" * 5000 + "1" + ")" * 5000, "levels deep"),
        ("-" * 5000 + "1", "levels deep"),
        ("1" + "+1" * 5000, "operations deep"),
    ],
)
def test_errors_name_the_fault(text, part):
    with pytest.raises(NetlistError) as caught:
        parse_expression(text)
    assert part in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("text", ["1/0", "sqrt(-1)", "log(0)", "9^9^9", "exp(1e4)", "(-8)^(1/3)", "1e308*10"])
def test_results_that_are_no_numbers(text):
    with pytest.raises(NetlistError):
        value_of(text)


def test_unknown_names_come_with_a_guess():
    with pytest.raises(NetlistError, match="did you mean 'SCALE'"):
        value_of("2*scal", scale=1.0)


def trees():
    numbers = st.floats(min_value=0.0, max_value=1e12, allow_subnormal=False).map(Number)
    leaves = numbers | st.sampled_from(["SL", "SR", "PI"]).map(Name)
    single = [name for name, (count, _) in FUNCTIONS.items() if count == 1]

    def extend(children):
        return (
            st.builds(Binary, st.sampled_from("+-*/^"), children, children)
            | st.builds(Negation, children)
            | st.builds(lambda f, a: Call(f, (a,)), st.sampled_from(single), children)
        )

    return st.recursive(leaves, extend, max_leaves=12)


@given(trees())
def test_a_written_tree_is_read_as_the_same_tree(tree):
    assert parse_expression(write_expression(tree)) == tree


@given(trees())
def test_names_are_all_that_evaluation_asks_for(tree):
    asked = set()

    def lookup(name):
        asked.add(name)
        return 1.5

    try:
        evaluate(tree, lookup)
    except (ArithmeticError, ValueError):
        assert asked <= names(tree)
    else:
        assert asked == names(tree)
