"""Sub-circuits: scopes, parameters that really pass, overrides, names."""

from __future__ import annotations

import pytest

from cosim.errors import NetlistError
from cosim.netlist import Circuit, Deck, ElementStatement, Subcircuit, as_expression, flatten, parse, write
from cosim.netlist.circuit import Inductor, Junction, Resistor
from cosim.netlist.deck import InstanceStatement, parameters


def values(text, **overrides):
    circuit = flatten(parse(text, "deck.cir"), overrides or None)
    found = {}
    for element in circuit.elements:
        match element:
            case Resistor():
                found[element.name] = element.resistance
            case Inductor():
                found[element.name] = element.inductance
            case Junction():
                found[element.name] = element.area
    return found


def test_names_read_inside_out():
    circuit = flatten(
        parse(".subckt in a\nR1 a n 1\nR2 n gnd 1\n.ends\n.subckt out b\nX1 b in\n.ends\nXA 7 out\nXB out 7")
    )
    assert [element.name for element in circuit.elements] == ["R1|X1|XA", "R2|X1|XA", "R1|X1|XB", "R2|X1|XB"]
    assert circuit.elements[0].nodes == ("7", "N|X1|XA")
    assert circuit.elements[1].nodes == ("N|X1|XA", "0")


def test_the_sub_circuits_name_may_stand_before_or_after_its_nodes():
    text = "X1 cell 1 2\nX2 1 2 CELL\nX3 2 cell 1\n.subckt cell a b\nR1 a b 1\nR2 b 0 2\n.ends"
    circuit = flatten(parse(text))
    assert [circuit.elements[index].nodes for index in (0, 2, 4)] == [("1", "2"), ("1", "2"), ("2", "1")]


def test_a_node_may_be_called_like_a_sub_circuit():
    circuit = flatten(
        parse(".subckt a 1 2\nR1 1 2 1\nR2 2 0 1\n.ends\n.subckt b 1\nR1 1 0 1\n.ends\nX1 a b a\nX2 b b")
    )
    assert circuit.elements[0].nodes == ("A", "B")
    assert circuit.elements[2].nodes == ("B", "0")


def test_parameters_in_any_order_nested_and_overridden():
    text = ".param c=a+b\n.param b = 2 * a\nR1 1 0 c\n.param a=1 d=4\nR2 1 0 d"
    assert values(text) == {"R1": 3.0, "R2": 4.0}
    assert values(text, A=2) == {"R1": 6.0, "R2": 4.0}
    assert values(text, b=5.0) == {"R1": 6.0, "R2": 4.0}
    assert flatten(parse(text), {"b": 5.0}).parameters == {"A": 1.0, "B": 5.0, "C": 6.0, "D": 4.0}


def test_an_override_that_meets_no_parameter_is_an_error():
    with pytest.raises(NetlistError, match="no top-level parameter 'sll'; did you mean 'SL'"):
        flatten(parse(".param sl=1\nR1 1 0 sl"), {"sll": 1.0})
    with pytest.raises(NetlistError, match="not a finite number"):
        flatten(parse(".param sl=1\nR1 1 0 sl"), {"sl": float("nan")})


CELL = ".subckt cell a r=2 l='r*1p'\n.param twice=2*r\nR1 a n twice\nL1 n 0 l\n.ends\n"


def test_instance_parameters_pass():
    assert values(CELL + "X1 1 cell\nX2 1 cell r=5\nX3 1 cell r={2+1} l=7n") == {
        "R1|X1": 4.0,
        "L1|X1": 2e-12,
        "R1|X2": 10.0,
        "L1|X2": 5e-12,
        "R1|X3": 6.0,
        "L1|X3": 7e-9,
    }


def test_instance_parameters_are_read_in_the_callers_scope():
    text = CELL + ".param r=100\n.subckt outer a r=10\nX1 a cell r=r+1\n.ends\nX1 1 outer\nX2 1 cell r=r"
    expected = {"R1|X1|X1": 22.0, "L1|X1|X1": 11e-12, "R1|X2": 200.0, "L1|X2": 100e-12}
    assert values(text) == pytest.approx(expected, rel=1e-14)


def test_a_sub_circuit_does_not_see_its_callers_parameters():
    text = (
        ".param s=1\n.subckt inner a\nR1 a 0 s\n.ends\n"
        ".subckt outer a\n.param s=5\nX1 a inner\n.ends\nX1 1 outer"
    )
    assert values(text) == {"R1|X1|X1": 1.0}


def test_a_local_parameter_can_be_set():
    assert values(CELL + "X1 1 cell twice=9") == {"R1|X1": 9.0, "L1|X1": 2e-12}


def test_an_element_label_replaces_its_value_as_in_josim():
    text = (
        ".model m jj(icrit=0.1m)\n.subckt cell a\n.param L1=3p\nL1 a n L1\nL2 n m L1*2\nB1 m 0 m area=2\n"
        "B2 m 0 m ic=0.3m\n.ends\nX1 1 cell L1=5p B1=4 B2=0.5m\nX2 1 cell"
    )
    found = values(text)
    assert found["L1|X1"] == 5e-12 and found["L2|X1"] == 6e-12
    assert found["B1|X1"] == 4.0 and found["B2|X1"] == pytest.approx(5.0)
    assert found["L1|X2"] == 3e-12 and found["B1|X2"] == 2.0


def test_nested_definitions_see_what_is_around_them():
    text = (
        ".param g=7\n.subckt outer a p=2\n.model m jj(icrit=p)\n"
        ".subckt inner a q=1\nR1 a 0 p*q*g\nB1 a 0 m\n.ends inner\n"
        "X1 a inner q=p+1\n.ends outer\nX1 1 outer p=10\nX2 1 outer"
    )
    found = values(text)
    assert found["R1|X1|X1"] == 10 * 11 * 7 and found["R1|X1|X2"] == 2 * 3 * 7
    circuit = flatten(parse(text))
    assert [e.model.critical_current for e in circuit.elements if isinstance(e, Junction)] == [10.0, 2.0]
    with pytest.raises(NetlistError, match="names no sub-circuit"):
        parse(text + "\nX3 1 inner")


def test_models_are_looked_up_from_the_inside_out():
    text = (
        ".model m jj(icrit=1)\n.subckt a 1\n.model m jj(icrit=2)\nB1 1 0 m\n.ends\n"
        ".subckt b 1\nB1 1 0 m\n.ends\nX1 1 a\nX2 1 b"
    )
    circuit = flatten(parse(text))
    assert [element.model.critical_current for element in circuit.elements] == [2.0, 1.0]


def test_couplings_stay_inside_their_instance():
    text = ".subckt t a b\nL1 a 0 1p\nL2 b 0 1p\nK1 L1 L2 k\n.ends\n.param k=0.5\nX1 1 2 t\nX2 3 4 t K1=-0.25"
    mutuals = flatten(parse(text)).mutuals
    assert [(m.name, m.inductors, m.coupling) for m in mutuals] == [
        ("K1|X1", ("L1|X1", "L2|X1"), 0.5),
        ("K1|X2", ("L1|X2", "L2|X2"), -0.25),
    ]


def test_a_deck_that_would_explode_is_refused_at_once():
    levels = [
        f".subckt s{i} a\n" + "".join(f"X{j} a s{i + 1}\n" for j in range(10)) + ".ends\n" for i in range(20)
    ]
    text = "".join(levels) + ".subckt s20 a\nR1 a 0 1\n.ends\nX1 1 s0"
    with pytest.raises(NetlistError, match=r"expands to 1\d+ elements"):
        flatten(parse(text))


def test_decks_built_in_python_are_checked_too():
    def deck(name="R1", node="1"):
        return Deck(statements=(ElementStatement(name=name, nodes=(node, "0"), value=as_expression("2*x")),))

    with pytest.raises(NetlistError, match="no parameter 'X'"):
        flatten(deck())
    for bad in ("r1", "R 1", "R1\nR2 1 0 1", "R|1", "Q1"):
        with pytest.raises(NetlistError):
            flatten(deck(name=bad))
    with pytest.raises(NetlistError):
        write(deck(node="1\n.include x"))


def test_a_deck_built_in_python():
    cell = Subcircuit(
        name="CELL",
        ports=("A",),
        defaults=parameters({"r": "2k"}),
        statements=(ElementStatement(name="R1", nodes=("A", "0"), value=as_expression("r*s")),),
        description="a resistor",
    )
    deck = Deck(
        parameters=parameters({"s": 3}),
        subcircuits=(cell,),
        statements=(
            InstanceStatement(
                name="X1", nodes=("1",), subcircuit="CELL", parameters=(("R", as_expression(-4)),)
            ),
            InstanceStatement(name="X2", nodes=("1",), subcircuit="CELL"),
        ),
    )
    assert parse(write(deck)) == deck
    assert flatten(deck).elements[0].resistance == -12.0
    circuit = flatten(parse(write(deck).replace("R=-4", "R=4")))
    assert isinstance(circuit, Circuit)
    assert [element.resistance for element in circuit.elements] == [12.0, 6000.0]


def test_long_chains_of_parameters_need_no_recursion():
    lines = [f".param p{i}=p{i + 1}+1" for i in range(3000)]
    assert values("\n".join(lines) + "\n.param p3000=1\nR1 1 0 p0") == {"R1": 3001.0}
