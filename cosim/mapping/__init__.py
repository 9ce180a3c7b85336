"""Trained networks to hardware: signs and thresholds, timing, and the netlist with its bench."""

from cosim.mapping.delays import input_delay
from cosim.mapping.design import DEFAULT_PERIOD, MappedNeuron, SfqDesign
from cosim.mapping.events import event_network
from cosim.mapping.export import check_design_path, design_group, write_design
from cosim.mapping.mapper import map_to_sfq
from cosim.mapping.netlist import FIRST_SLOT, Bench, bench
from cosim.mapping.plan import Branch, Delays
from cosim.mapping.report import mapping_report, weight_table
from cosim.mapping.slots import slots_of
from cosim.mapping.strength import StrengthFit
from cosim.mapping.ternary import TernaryFit, fit_ternary

__all__ = [
    "DEFAULT_PERIOD",
    "FIRST_SLOT",
    "Bench",
    "Branch",
    "Delays",
    "MappedNeuron",
    "SfqDesign",
    "StrengthFit",
    "TernaryFit",
    "bench",
    "check_design_path",
    "design_group",
    "event_network",
    "fit_ternary",
    "input_delay",
    "map_to_sfq",
    "mapping_report",
    "slots_of",
    "weight_table",
    "write_design",
]
