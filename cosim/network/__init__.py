"""Trained spiking networks: one internal form, NIR in and out, and the ideal run to compare with."""

from cosim.network.classification import ClassificationRule, Score, classify, default_rule, score
from cosim.network.graph import Layer, Network, NeuronModel, Precision, ResetRule
from cosim.network.ideal import NetworkRun, check_spikes, run
from cosim.network.nir_reader import read_nir
from cosim.network.nir_writer import to_nir, write_nir
from cosim.network.patterns import all_patterns, sample_patterns, transition_indices, transition_sequence

__all__ = [
    "ClassificationRule",
    "Layer",
    "Network",
    "NetworkRun",
    "NeuronModel",
    "Precision",
    "ResetRule",
    "Score",
    "all_patterns",
    "check_spikes",
    "classify",
    "default_rule",
    "read_nir",
    "run",
    "sample_patterns",
    "score",
    "to_nir",
    "transition_indices",
    "transition_sequence",
    "write_nir",
]
