"""From a trained network to a verdict: levels, agreement, margins, energy, in one object and one file."""

from cosim.evaluation.agreement import ENGINE_TOLERANCE, Agreement, compare, require_engines_agree
from cosim.evaluation.criteria import BENCH_ELEMENTS, margin_parameters, spike_table
from cosim.evaluation.levels import (
    Level,
    ideal_level,
    josephson_level,
    level_of,
    ngspice_level,
    output_counts,
    twin_level,
)
from cosim.evaluation.sequence import Stimulus, stimulus
from cosim.evaluation.stages import MARGIN_STEP, evaluate
from cosim.evaluation.storage import evaluation_group, write_evaluation
from cosim.evaluation.summary import summary
from cosim.evaluation.verdict import Evaluation, Options

__all__ = [
    "BENCH_ELEMENTS",
    "ENGINE_TOLERANCE",
    "MARGIN_STEP",
    "Agreement",
    "Evaluation",
    "Level",
    "Options",
    "Stimulus",
    "compare",
    "evaluate",
    "evaluation_group",
    "ideal_level",
    "josephson_level",
    "level_of",
    "margin_parameters",
    "ngspice_level",
    "output_counts",
    "require_engines_agree",
    "spike_table",
    "stimulus",
    "summary",
    "twin_level",
    "write_evaluation",
]
