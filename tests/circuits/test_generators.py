"""Generators: what they put into a netlist, with and without parasitics, and what they refuse."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cosim.circuits import (
    Cell,
    ExcitatoryParameters,
    GatedParameters,
    InhibitoryParameters,
    NeuronParameters,
    Parasitics,
    TunedParameters,
    assemble,
    available,
    definitions,
    design,
    drive,
    excitatory,
    gated,
    inhibitory,
    jtl,
    merger,
    neuron,
    sink,
    source,
    splitter,
    stage,
    tuned,
)
from cosim.circuits.bench import neuron_bench, splitter_bench
from cosim.errors import MappingError
from cosim.netlist import flatten, parse, write
from cosim.netlist.circuit import Junction

GENERATORS = (source, jtl, stage, splitter, merger, excitatory, inhibitory, gated, tuned, neuron, sink)


def junctions(cell: Cell) -> int:
    """Junctions in one instance of a cell, its parts included."""
    inner = {part.name: part for part in cell.parts}
    own = sum(statement.name.startswith("B") for statement in cell.subcircuit.statements)
    return own + sum(
        junctions(inner[statement.subcircuit])
        for statement in cell.subcircuit.statements
        if statement.name.startswith("X")
    )


@pytest.mark.parametrize("generator", GENERATORS, ids=lambda g: g.__name__)
def test_every_junction_has_its_shunt_and_with_parasitics_its_inductances(generator) -> None:
    for cell in (generator(), generator(parasitics=Parasitics())):
        for subcircuit in cell.definitions():
            names = {statement.name for statement in subcircuit.statements}
            labels = [name[1:] for name in names if name.startswith("B")]
            assert all(f"R{label}" in names for label in labels)
            parasitic = {name for name in names if name.startswith("LP") and name[2:3] in ("B", "R")}
            wanted = {f"LP{kind}{label}" for label in labels for kind in "BR"}
            assert parasitic == (wanted if cell.subcircuit != generator().subcircuit else set())


@pytest.mark.parametrize("generator", GENERATORS, ids=lambda g: g.__name__)
def test_parasitics_add_inductors_and_nothing_else(generator) -> None:
    ideal, real = generator(), generator(parasitics=Parasitics())
    assert junctions(real) == junctions(ideal)
    assert real.ports == ideal.ports


def test_shunt_of_a_line_junction_carries_the_stated_inductance() -> None:
    assert Parasitics().of_shunt(6.86 / 2.5) == pytest.approx(1.75e-12, abs=0.01e-12)


@pytest.mark.parametrize(
    ("factor", "names"),
    [
        ("sic", ["B1|XD"]),
        ("sl", ["L1|XD"]),
        ("sr", ["R1|XD"]),
        ("sib", ["IB1|XD"]),
    ],
)
def test_global_factors_reach_cells_and_leave_the_bench_alone(factor: str, names: list[str]) -> None:
    deck = splitter_bench().deck

    def values(scale: float) -> dict[str, object]:
        circuit = flatten(deck, {factor: scale})
        return {element.name: replace(element, location=None) for element in circuit.elements}

    nominal, scaled = values(1.0), values(1.1)
    changed = {name for name in nominal if nominal[name] != scaled[name]}
    assert set(names) <= changed
    assert not any("|XS" in name or "|XZ" in name or name.startswith("IIN") for name in changed)


def test_coupling_factor_scales_the_transformer() -> None:
    deck = neuron_bench(design((1, 1, 1))).deck
    nominal, scaled = (flatten(deck, {"sk": factor}).mutuals for factor in (1.0, 0.5))
    assert [m.coupling for m in scaled] == pytest.approx([0.5 * m.coupling for m in nominal])
    assert all(m.coupling < 0.0 for m in nominal)


def test_text_of_a_bench_reads_back_as_the_same_circuit() -> None:
    deck = neuron_bench(design((1, 1, 1)), Parasitics()).deck
    again = flatten(parse(write(deck)))
    assert {e.name: e.nodes for e in again.elements} == {e.name: e.nodes for e in flatten(deck).elements}
    assert again.elements == flatten(deck).elements


def test_any_list_of_synapses_makes_a_neuron() -> None:
    kinds = (ExcitatoryParameters(), InhibitoryParameters(), GatedParameters(), TunedParameters())
    cell = neuron(NeuronParameters(synapses=(*kinds, ExcitatoryParameters(bias=100e-6))), name="MIXED")
    assert cell.ports == ("A1", "A2", "A3", "A4", "A5", "Q", "ITH", "W3", "W4")
    assert len(cell.definitions()) == 6
    assert junctions(cell) == 3 + 5 + 2


def test_equal_synapses_share_one_subcircuit() -> None:
    assert [s.name for s in neuron(name="N").definitions()] == ["N_EXC", "N"]


def test_a_neuron_without_synapses_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one synapse"):
        NeuronParameters(synapses=())


def test_two_different_cells_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two different cells are named JTL"):
        definitions([jtl(), jtl(parasitics=Parasitics())])


def test_wrong_number_of_nodes_is_refused() -> None:
    with pytest.raises(ValueError, match="SPLITTER has ports A Q R, got nodes a q"):
        splitter().instance("X1", "a", "q")


def test_drive_makes_one_triangle_a_pulse() -> None:
    deck = assemble([sink()], [drive("Iin", "a", [20e-12, 50e-12]), sink().instance("Xz", "a")], stop=80e-12)
    waveform = next(e for e in flatten(deck).elements if e.name == "IIN").waveform  # type: ignore[attr-defined]
    assert waveform.times == pytest.approx([0.0, 20e-12, 23e-12, 26e-12, 50e-12, 53e-12, 56e-12])
    assert waveform.values == pytest.approx([0.0, 0.0, 600e-6, 0.0, 0.0, 600e-6, 0.0])


@pytest.mark.parametrize("times", [[0.0], [20e-12, 24e-12], [50e-12, 20e-12]])
def test_drive_refuses_times_that_overlap(times: list[float]) -> None:
    with pytest.raises(ValueError, match="times must"):
        drive("Iin", "a", times)


def test_areas_follow_the_critical_current() -> None:
    circuit = flatten(neuron_bench(design((2, 0, 1))).deck)
    soma = next(e for e in circuit.elements if e.name == "BT|XN")
    assert isinstance(soma, Junction)
    wanted = design((2, 0, 1)).parameters.soma.critical_current
    assert soma.area * soma.model.critical_current == pytest.approx(wanted, rel=1e-3)


def test_the_library_names_what_it_has() -> None:
    with pytest.raises(MappingError, match=r"no neuron design for \(9 excitatory.*\(1,1,1\)"):
        design((9, 0, 1))
    assert {(2, 0, 1), (2, 0, 2), (1, 1, 1), (1, 0, 1), (3, 0, 2)} <= set(available())
