"""Networks to designs and netlists, and what is said of those that do not fit."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from mapping_networks import network, xor

from cosim.errors import MappingError
from cosim.josephson import simulate
from cosim.mapping import StrengthFit, bench, map_to_sfq, mapping_report, weight_table
from cosim.netlist import flatten, parse, write
from cosim.network import all_patterns


def test_the_circuit_of_xor_does_what_the_network_does_in_every_slot() -> None:
    design = map_to_sfq(xor())
    assert design.exact
    desk = bench(design, [[0, 1], [1, 1], [1, 1], [1, 0], [0, 0]])
    result = simulate(flatten(desk.deck))
    expected = np.concatenate([layer[0] for layer in design.predict(desk.patterns[None])], axis=1)
    for column, junction in enumerate(desk.neuron_junctions):
        counts, _ = np.histogram(result.pulse_times(junction), desk.edges)
        assert counts.tolist() == expected[:, column].tolist(), junction
    assert expected[:, -1].tolist() == [1, 0, 0, 1, 0]


def test_the_deck_is_one_text_that_reads_back_as_the_same_circuit() -> None:
    desk = bench(map_to_sfq(xor()), all_patterns(2), waveforms=True)
    text = write(desk.deck)
    assert flatten(parse(text)) == flatten(desk.deck)
    for word in (".subckt", "NEURON_1_1_1", "ITH_N1_0", ".tran"):
        assert word.lower() in text.lower()


def test_scale_does_not_matter_and_errors_are_listed_by_weight() -> None:
    # 0.8 and 1.2 decide as 1 and 1 would, but are not it.
    design = map_to_sfq(network(([[0.8, 1.2]], [0.5])))
    assert design.exact
    table = weight_table(design)
    assert table.realised.tolist() == pytest.approx([1.0, 1.0])
    assert table.error.tolist() == pytest.approx([-0.2, 0.2])
    report = mapping_report(design)
    assert "2 of 2 weights are not represented exactly" in report
    assert "-0.2" in report
    exact = mapping_report(map_to_sfq(network(([[3.0, 3.0]], [1.5]))))
    assert "all 2 weights are represented exactly" in exact


def test_a_neuron_that_does_not_fit_is_refused_by_name_unless_the_nearest_will_do() -> None:
    # The fourth input decides between sums that differ by half a per cent.
    misfit = network(([[0.77, 0.735, 0.635, 0.007]], [1.372]), name="votes")
    with pytest.raises(MappingError, match=r"votes.*N0_0 \(1 of 16 input patterns\).*--nearest"):
        map_to_sfq(misfit)
    design = map_to_sfq(misfit, nearest=True)
    assert not design.exact
    assert design.neurons[0].fit.mismatches > 0


def test_unequal_weights_become_strengths_set_by_bias_currents() -> None:
    # One strong input or both weak ones: no signs and whole threshold can say that.
    votes = network(([[2.0, 1.0, 1.0]], [1.5]))
    design = map_to_sfq(votes)
    neuron = design.neurons[0]
    assert design.exact
    assert isinstance(neuron.fit, StrengthFit)
    assert len(neuron.control) == 2
    low, high = neuron.fit.window
    assert low < neuron.threshold_current < high
    report = mapping_report(design)
    assert "µA into its tuned synapses" in report
    assert "2 of 3 weights are not represented exactly" in report
    desk = bench(design, all_patterns(3)[[0, 3, 4, 1, 7, 2, 3, 3, 4, 5, 0]])
    assert "IW_N0_0_1" in write(desk.deck)
    result = simulate(flatten(desk.deck))
    counts, _ = np.histogram(result.pulse_times(desk.neuron_junctions[0]), desk.edges)
    assert counts.tolist() == [0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 0]


def test_a_fan_in_without_a_cell_names_the_neuron_and_what_there_is() -> None:
    wide = network(([[1.0] * 9], [4.5]))
    with pytest.raises(MappingError, match=r"N0_0.*9 excitatory.*there is \(E,I,k\)"):
        map_to_sfq(wide)


def test_memory_of_the_trained_network_is_reported() -> None:
    remembering = xor()
    layer = dataclasses.replace(remembering.layers[0], membrane_decay=np.array([0.8, 0.0]))
    design = map_to_sfq(dataclasses.replace(remembering, layers=(layer, remembering.layers[1])))
    assert any("keep up to 0.8" in note for note in design.notes)
    assert not any("keep" in note for note in map_to_sfq(xor()).notes)


def test_a_silent_neuron_is_not_built_and_a_silent_output_is_an_error() -> None:
    silent = network(([[1.0, 1.0], [-1.0, 0.1]], [0.5, 0.5]), ([[1.0, 1.0]], [0.5]))
    design = map_to_sfq(silent)
    assert [n.design is None for n in design.neurons] == [False, True, False]
    assert any("N0_1" in note and "not built" in note for note in design.notes)
    desk = bench(design, [[1, 0], [0, 0]])
    assert desk.neuron_junctions[1] == ""
    result = simulate(flatten(desk.deck))
    assert len(result.pulse_times(desk.output_junctions[0])) == 1
    with pytest.raises(MappingError, match="output neuron N0_0 never fires"):
        map_to_sfq(network(([[-1.0, 0.2]], [0.5])))


def test_patterns_of_another_width_are_refused() -> None:
    with pytest.raises(MappingError, match=r"shape \(1, 3\), expected \(slots, 2\)"):
        bench(map_to_sfq(xor()), [[0, 1, 1]])


def test_a_period_that_is_not_positive_is_refused() -> None:
    with pytest.raises(MappingError, match="period must be positive"):
        map_to_sfq(xor(), period=0.0)
