"""Analysis of simulated circuits: margins, yield, energy, inventory, latency, operating ranges.

Nothing here is special to one circuit: a deck or a flat circuit, a criterion, and what to vary.
"""

from __future__ import annotations

from cosim.analysis.balance import EnergyBalance, balance_of, energy_balance
from cosim.analysis.criterion import (
    Criterion,
    Disagreement,
    PulseCriterion,
    SpikeTable,
    Verdicts,
    as_criterion,
)
from cosim.analysis.energy import Energy, energy
from cosim.analysis.inventory import Inventory, critical_current, inventory
from cosim.analysis.latency import Latency, first_pulses, latency
from cosim.analysis.margin_table import MarginEnd, MarginRow, MarginTable
from cosim.analysis.margins import margins
from cosim.analysis.measure import arrivals, delays, pulse_counts, turns
from cosim.analysis.operation import Bound, Window, operating_window, smallest_period
from cosim.analysis.parameters import (
    KINDS,
    DeckParameter,
    ElementGroup,
    Parameter,
    element_parameters,
    standard_parameters,
)
from cosim.analysis.rules import ArrivalRule, CountRule, DelayRule, Outcome, Rule, SignalRule, TurnsRule
from cosim.analysis.setup_hold import SetupHold, setup_and_hold
from cosim.analysis.sources import bias_currents, bias_level, is_bias
from cosim.analysis.specfile import read_specification
from cosim.analysis.specification import Report, Specification
from cosim.analysis.stimulus import simulate_stimuli
from cosim.analysis.subject import Subject
from cosim.analysis.yields import (
    Spread,
    YieldEstimate,
    binomial_interval,
    draw,
    estimate_yield,
    independent_spreads,
    mean_interval,
)

__all__ = [
    "KINDS",
    "ArrivalRule",
    "Bound",
    "CountRule",
    "Criterion",
    "DeckParameter",
    "DelayRule",
    "Disagreement",
    "ElementGroup",
    "Energy",
    "EnergyBalance",
    "Inventory",
    "Latency",
    "MarginEnd",
    "MarginRow",
    "MarginTable",
    "Outcome",
    "Parameter",
    "PulseCriterion",
    "Report",
    "Rule",
    "SetupHold",
    "SignalRule",
    "Specification",
    "SpikeTable",
    "Spread",
    "Subject",
    "TurnsRule",
    "Verdicts",
    "Window",
    "YieldEstimate",
    "arrivals",
    "as_criterion",
    "balance_of",
    "bias_currents",
    "bias_level",
    "binomial_interval",
    "critical_current",
    "delays",
    "draw",
    "element_parameters",
    "energy",
    "energy_balance",
    "estimate_yield",
    "first_pulses",
    "independent_spreads",
    "inventory",
    "is_bias",
    "latency",
    "margins",
    "mean_interval",
    "operating_window",
    "pulse_counts",
    "read_specification",
    "setup_and_hold",
    "simulate_stimuli",
    "smallest_period",
    "standard_parameters",
    "turns",
]
