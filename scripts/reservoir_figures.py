"""Figures of a reservoir on spoken digits: raster, states, twins, early decisions, variability.

    python scripts/reservoir_figures.py FOLDER -o figures [--every 3] [--seeds 3]

FOLDER holds the recordings of the Free Spoken Digit Dataset. Everything is drawn from seeds; a run of
`--every 10` takes about a minute.
"""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

SPREADS = (0.0, 0.1, 0.3, 1.0, 3.0)


def spoken_digits():
    """Return the module of the script beside this one, which holds the network and the words."""
    path = Path(__file__).with_name("spoken_digits.py")
    spec = importlib.util.spec_from_file_location("spoken_digits", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "output", default="figures", show_default=True, type=click.Path(path_type=Path))
@click.option("--every", default=3, show_default=True, help="Use every n-th recording.")
@click.option("--seeds", default=3, show_default=True, help="Reservoirs for the last figure.")
def main(folder: Path, output: Path, every: int, seeds: int) -> None:
    """Draw the figures into the folder `-o`."""
    from cosim.devices import NormalSpread
    from cosim.plotting.reservoirs import (
        accuracy_curve,
        early_decisions,
        liquid_states,
        separation_curves,
        spike_dots,
    )
    from cosim.plotting.style import BLUE, COLUMN, new_figure, save, style
    from cosim.reservoir import early_decision, features, prefix_probabilities, run, separation
    from cosim.reservoir.fabric import programmed

    digits_script = spoken_digits()
    files, digits, numbers, _ = digits_script.recordings(folder)
    files, digits, testing = files[::every], digits[::every], numbers[::every] < 5
    words = digits_script.encoded(files)
    output.mkdir(parents=True, exist_ok=True)
    reservoir = digits_script.liquid(1000, 0)
    windows, duration, step = digits_script.WINDOWS, digits_script.DURATION, digits_script.STEP
    answer = run(reservoir, words, step=step, duration=duration, windows=windows)
    one = run(reservoir, words[:1], step=step, duration=duration, record_spikes=True).spikes[0]

    with style():
        above, below = new_figure(COLUMN, 3.6).subplots(2, 1, sharex=True)
        spike_dots(words[0], above, name="band, low to high").set(xlabel="")
        above.set_title(f"“{digits[0]}” through the cochlea and in the reservoir")
        spike_dots(one, below, colour=BLUE)
    save(above, output / "raster.png")
    save(liquid_states(features(answer.counts), digits), output / "states.png")

    curves = {}
    for scale in (0.0, 1.0, 3.0, 6.0):
        recurrent = reservoir.recurrent.with_weights(reservoir.recurrent.weight * scale)
        curves[f"recurrent weights × {scale:g}"] = separation(
            replace(reservoir, recurrent=recurrent), words[:8], at=0.1
        )
    save(separation_curves(curves), output / "separation.png")

    chance = prefix_probabilities(answer.counts[~testing], digits[~testing], answer.counts[testing])
    decided = early_decision(chance, digits[testing], duration=duration, classes=np.arange(10))
    save(early_decisions(decided), output / "early_decisions.png")

    table = np.zeros((len(SPREADS), seeds))
    for row, spread in enumerate(SPREADS):
        for seed in range(seeds):
            drawn = digits_script.liquid(1000, seed)
            cells = [
                programmed(
                    synapses,
                    lowest=0.0,
                    highest=100e-6,
                    transformations=[NormalSpread(relative=spread)] if spread else [],
                    seed=10 * seed + part,
                ).synapses
                for part, synapses in enumerate((drawn.inputs, drawn.recurrent))
            ]
            made = replace(drawn, inputs=cells[0], recurrent=cells[1])
            counts = run(made, words, step=step, duration=duration, windows=windows).counts
            guess, _ = digits_script.classified(counts, digits, testing)
            table[row, seed] = np.mean(guess == digits[testing])
        click.echo(f"spread {spread:g}: {table[row].mean():.1%}")
    axes = accuracy_curve(SPREADS, table, "relative spread σ of all conductances")
    axes.set_xscale("symlog", linthresh=0.1)
    save(axes, output / "variability.png")
    click.echo(f"figures in {output}")


if __name__ == "__main__":
    main()
