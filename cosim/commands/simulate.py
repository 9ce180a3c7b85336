"""`cosim simulate`: a mapped network at device level, slot by slot against what was trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cosim.commands.console import note
from cosim.commands.options import (
    Quantity,
    engine_option,
    examples,
    map_network,
    mapping_options,
    network_options,
    output_option,
    quiet_option,
    read_network,
)
from cosim.commands.patterns import patterns_option, read_patterns
from cosim.commands.progress import Stages

if TYPE_CHECKING:
    from cosim.evaluation import Level
    from cosim.mapping import Bench, SfqDesign
    from cosim.results import Result

_MOST_ROWS = 64


@click.command(
    short_help="Simulate a mapped network, slot by slot.",
    epilog=examples(
        "cosim simulate xor.nir",
        "cosim simulate xor.nir --engine both --patterns transitions",
        "cosim simulate xor.nir --patterns 00,01,10,11 -o xor.h5 && cosim plot xor.h5",
    ),
)
@click.argument("network", type=click.Path(path_type=Path))
@output_option("Write the waveforms: .h5 (slots and both engines too), .csv or .raw.")
@engine_option("josephson", "ngspice", "both")
@patterns_option
@click.option("--step", type=Quantity(), help="Equal steps (josephson), or the largest step (ngspice), in s.")
@mapping_options
@network_options
@quiet_option
def simulate(
    network: Path,
    output: Path | None,
    engine: str,
    patterns: str,
    step: float | None,
    period: float,
    parasitics: bool,
    nearest: bool,
    time_step: float | None,
    reset: str | None,
) -> None:
    """Simulate a trained NETWORK (.nir) on SFQ cells, junction by junction.

    Shows the output spikes of each slot beside those of the trained network, which decides each
    slot from rest. Exits with 1 when a slot is wrong or two engines disagree.
    """
    from cosim.errors import SimulationError
    from cosim.evaluation import ENGINE_TOLERANCE, compare, ideal_level, require_engines_agree
    from cosim.mapping import bench
    from cosim.results import require_writable

    if output is not None:
        require_writable(output)
        if engine == "both" and output.suffix.lower() not in (".h5", ".hdf5"):
            raise click.UsageError(f"{output.suffix} holds one engine's waveforms; take .h5, or one --engine")
    trained = read_network(network, time_step, reset)
    rows = read_patterns(patterns, trained)
    design = map_network(trained, period, parasitics, nearest)
    desk = bench(design, rows, waveforms=True)
    levels = _levels(desk, ("josephson", "ngspice") if engine == "both" else (engine,), step)
    ideal = ideal_level(design, desk)
    click.echo(_table(design, desk, ideal, levels))
    if output is not None:
        _write(output, design, desk, levels)
        note(f"wrote {output}")
    if len(levels) == 2:
        agreement = compare(levels[0], levels[1], [n.name for n in design.neurons])
        require_engines_agree(agreement)
        click.echo(
            f"engines: equal spikes, arrivals within {agreement.largest * 1e12:.3f} ps over "
            f"{agreement.spikes} spikes (tolerance {ENGINE_TOLERANCE * 1e12:g} ps)"
        )
    for level in levels:
        differs = compare(ideal, level, [n.name for n in design.neurons])
        if _wrong(design, ideal, level):
            raise SimulationError(f"{level.name}: not what was trained; first difference: {differs.first}")
        if not differs.equal:
            note(f"{level.name}: outputs are right, but {differs.first}")


def _levels(desk: Bench, engines: tuple[str, ...], step: float | None) -> list[Level]:
    from cosim import spice
    from cosim.evaluation import level_of
    from cosim.josephson import simulate as simulate_josephson
    from cosim.netlist import flatten

    if "ngspice" in engines:
        spice.require_executable()
    end = float(desk.edges[-1])
    levels = []
    with Stages() as stages:
        for engine in engines:
            stages(engine, 0.0)
            if engine == "josephson":
                result = simulate_josephson(
                    flatten(desk.deck),
                    step=step,
                    progress=lambda time: stages("josephson", min(1.0, time / end)),
                )
            else:
                result = spice.simulate(desk.deck, maximum_step=step)
            stages(engine, 1.0)
            levels.append(level_of(engine, desk, result))
    return levels


def _wrong(design: SfqDesign, ideal: Level, level: Level) -> int:
    """Number of slots with a wrong output."""
    outputs = slice(-len(design.outputs), None)
    return int((ideal.counts[:, outputs] != level.counts[:, outputs]).any(axis=1).sum())


def _table(design: SfqDesign, desk: Bench, ideal: Level, levels: list[Level]) -> str:
    import numpy as np

    from cosim.commands.tables import table

    outputs = slice(-len(design.outputs), None)

    def spikes(level: Level, slot: int) -> str:
        return " ".join(str(int(count)) for count in level.counts[slot, outputs])

    rows = []
    for slot, pattern in enumerate(desk.patterns[:_MOST_ROWS]):
        bits = "".join(str(bit) for bit in pattern)
        arrivals = [f"{1e12 * t:.2f}" if np.isfinite(t) else "-" for t in levels[0].arrival[slot, outputs]]
        answers = [spikes(level, slot) for level in (ideal, *levels)]
        mark = "" if len(set(answers)) == 1 else "wrong"
        rows.append((slot, bits, *answers, " ".join(arrivals), mark))
    header = ("slot", "pattern", "trained", *(level.name for level in levels), "arrival (ps)", "")
    shape = "-".join(str(n) for n in design.network.shape)
    lines = [
        f"{design.network.name}: {shape} in SFQ cells, {len(desk.patterns)} slots "
        f"of {design.period * 1e12:g} ps"
    ]
    lines.append(table(header, rows, right=(0,)))
    if len(desk.patterns) > _MOST_ROWS:
        lines.append(f"… and {len(desk.patterns) - _MOST_ROWS} more slots")
    for level in levels:
        right = len(desk.patterns) - _wrong(design, ideal, level)
        lines.append(f"{level.name}: {right} of {len(desk.patterns)} slots right, {level.wall_time:.2f} s")
    return "\n".join(lines)


def _write(path: Path, design: SfqDesign, desk: Bench, levels: list[Level]) -> None:
    from cosim.mapping import slots_of
    from cosim.netlist import write
    from cosim.results import provenance, result_group, save_result, slotted_group, write_file

    origin = provenance(
        netlist=write(desk.deck),
        extra={
            "network": design.network.name,
            "network_sha256": design.network.source_sha256 or "",
            "period": design.period,
        },
    )

    def complete(level: Level) -> Result:
        assert level.result is not None
        return replace(level.result, provenance={**origin, **level.result.provenance})

    results = {level.name: complete(level) for level in levels}
    first, *others = results
    if path.suffix.lower() not in (".h5", ".hdf5"):
        save_result(path, results[first])
        return
    extra = {name: result_group(results[name]) for name in others}
    write_file(path, slotted_group(results[first], slots_of(design, desk, answers=True), extra))
