"""How long the cells that carry pulses take, read off the circuit itself."""

from __future__ import annotations

from functools import lru_cache

from cosim.circuits import Parasitics, assemble, drive, jtl, sink, source, splitter, stage
from cosim.errors import MappingError
from cosim.josephson import simulate
from cosim.mapping.plan import Delays
from cosim.netlist import flatten

_EDGE, _STOP = 60e-12, 160e-12


def measure_delays(parasitics: Parasitics | None = None) -> Delays:
    """Delays of a stage and of a splitter, each between equal neighbours, at nominal bias.

    Simulates a line of seven stages and a splitter with loaded outputs (milliseconds, once a
    process). Raises MappingError if the pulse does not come through.
    """
    return _measure(parasitics)[0]


def input_delay(parasitics: Parasitics | None = None) -> float:
    """Time [s] from the current edge of a slot to the last junction of the input's line."""
    return _measure(parasitics)[1]


@lru_cache(maxsize=8)
def _measure(parasitics: Parasitics | None) -> tuple[Delays, float]:
    cells = {
        "source": source(),
        "jtl": jtl(parasitics=parasitics),
        "stage": stage(parasitics=parasitics),
        "splitter": splitter(parasitics=parasitics),
        "sink": sink(),
    }
    statements = [
        drive("Iin", "i", (_EDGE,)),
        cells["source"].instance("Xsrc", "i", "n0"),
        cells["jtl"].instance("Xin", "n0", "m0"),
        *(cells["stage"].instance(f"Xd{k}", f"m{k}", f"m{k + 1}") for k in range(7)),
        cells["splitter"].instance("Xspl", "m7", "q", "r"),
        cells["stage"].instance("Xe0", "q", "qe"),
        cells["stage"].instance("Xe1", "r", "re"),
        cells["jtl"].instance("Xj0", "qe", "qz"),
        cells["jtl"].instance("Xj1", "re", "rz"),
        cells["sink"].instance("Xz0", "qz"),
        cells["sink"].instance("Xz1", "rz"),
    ]
    result = simulate(flatten(assemble(cells.values(), statements, stop=_STOP)))

    def arrival(junction: str) -> float:
        times = result.pulse_times(junction)
        if len(times) != 1:
            raise MappingError(
                f"delay cells: {junction} gave {len(times)} pulses for one; are their sizes right?"
            )
        return float(times[0])

    stage_delay = (arrival("B1|XD5") - arrival("B1|XD1")) / 4.0
    delays = Delays(stage=stage_delay, splitter=arrival("B1|XE0") - arrival("B1|XD6") - stage_delay)
    return delays, arrival("B2|XIN") - _EDGE
