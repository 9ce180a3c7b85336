"""Spoken digits through a cochlea, a spiking reservoir and a linear readout; the same with device weights.

    python scripts/spoken_digits.py FOLDER [-o figures] [--neurons 1000] [--seeds 3]

FOLDER holds the recordings of the Free Spoken Digit Dataset (`7_jackson_32.wav`: digit, speaker, number).
Its official split takes numbers 0 to 4 for testing. Prints accuracy with its 95 % interval for: the
encoder's counts alone with the same readout, the reservoir with ideal weights, and the reservoir whose
weights are resistive cells (programmed with Milo's spread, 1 % stuck, 2 Ω a line segment, 3 % read noise),
with the energy of its read pulses a word. The readout's penalty is chosen on the last fifth of the training
set, never on the test set.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

WINDOWS, DURATION, STEP, CHANNELS = 8, 0.8, 1e-3, 40
PENALTIES = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)


def recordings(folder: Path):
    """Return (files, digits, numbers, speakers) of the recordings, sorted by name."""
    files = sorted(folder.glob("*_*_*.wav"))
    if not files:
        raise click.ClickException(f"{folder}: no recordings named DIGIT_SPEAKER_NUMBER.wav")
    parts = [file.stem.split("_") for file in files]
    return (
        files,
        np.array([int(part[0]) for part in parts]),
        np.array([int(part[2]) for part in parts]),
        np.array([part[1] for part in parts]),
    )


def encoded(files: list[Path]):
    """Return the words as spikes, cut or filled up to 0.8 s."""
    from tqdm import tqdm

    from cosim.encoding import cochlea, read_wav

    return [
        cochlea(*read_wav(file), channels=CHANNELS, duration=DURATION, highest_rate=150.0)
        for file in tqdm(files, "cochlea", disable=None)
    ]


def liquid(neurons: int, seed: int):
    """Return a reservoir of the Maass kind on a 3-D grid with random inputs."""
    from cosim.reservoir import Kinds, Lif, Reservoir, dale, grid_3d, random_inputs

    side = round(neurons ** (1 / 3))
    shape = (side, side, max(1, round(neurons / side**2)))
    count = shape[0] * shape[1] * shape[2]
    kinds = Kinds.drawn(count, seed=seed)
    recurrent = grid_3d(
        shape, kinds, probability=(0.2, 0.1, 0.3, 0.05), length=3.0, weight=0.3, delay=STEP, seed=seed
    )
    return Reservoir(
        neuron=Lif(),
        inputs=random_inputs(CHANNELS, count, 0.1, weight=1.5, negative_share=0.2, seed=seed),
        recurrent=dale(recurrent, kinds),
    )


def made_of_cells(reservoir, seed: int):
    """Return the same reservoir programmed into arrays, and both arrays' weights."""
    from dataclasses import replace

    from cosim.devices import MILO_2021, ProgrammingError, StuckCells
    from cosim.reservoir.fabric import Wiring, programmed

    wiring = Wiring(word_line_resistance=2.0, bit_line_resistance=2.0, read_voltage=0.2, pulse_time=10e-9)
    cells = [
        programmed(
            synapses,
            lowest=50e-6,
            highest=225e-6,
            transformations=[ProgrammingError(fit=MILO_2021), StuckCells(low_share=0.01, low=0.0)],
            seed=seed + number,
            wiring=wiring,
        )
        for number, synapses in enumerate((reservoir.inputs, reservoir.recurrent))
    ]
    made = replace(reservoir, inputs=cells[0].synapses, recurrent=cells[1].synapses, read_noise=0.03)
    return made, cells


def classified(counts: np.ndarray, digits: np.ndarray, testing: np.ndarray):
    """Return predictions on the test set, the penalty that a fifth of the training set chose, and the
    readout.
    """
    from cosim.reservoir import RidgeClassifier, features

    states = features(counts)
    train = np.flatnonzero(~testing)
    order = np.random.default_rng(0).permutation(train)
    border = len(order) * 4 // 5
    scores = [
        RidgeClassifier(penalty=p)
        .fit(states[order[:border]], digits[order[:border]])
        .score(states[order[border:]], digits[order[border:]])
        for p in PENALTIES
    ]
    best = PENALTIES[int(np.argmax(scores))]
    readout = RidgeClassifier(penalty=best).fit(states[train], digits[train])
    return readout.predict(states[testing]), best


def report(name: str, guesses: list[np.ndarray], truth: np.ndarray, note: str = "") -> None:
    """Print one line of the table: mean over seeds, interval of all words together."""
    from cosim.analysis import binomial_interval

    right = sum(int(np.sum(guess == truth)) for guess in guesses)
    total = truth.size * len(guesses)
    low, high = binomial_interval(right, total, 0.95, "exact")
    each = " ".join(f"{np.mean(guess == truth):.3f}" for guess in guesses)
    click.echo(f"{name:<34} {right / total:6.1%}  [{low:.1%}, {high:.1%}]  seeds: {each}  {note}")


def draw_confusion(path: Path, truth: np.ndarray, guess: np.ndarray) -> None:
    """Draw which digit was taken for which."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    table = np.zeros((10, 10), dtype=int)
    np.add.at(table, (truth, guess), 1)
    figure, axes = plt.subplots(figsize=(4.6, 4.2), layout="constrained")
    axes.imshow(table, cmap="Blues")
    for row in range(10):
        for column in range(10):
            if table[row, column]:
                colour = "white" if table[row, column] > table.max() / 2 else "black"
                axes.text(column, row, table[row, column], ha="center", va="center", color=colour, fontsize=8)
    axes.set(
        xlabel="heard",
        ylabel="spoken",
        xticks=range(10),
        yticks=range(10),
        title="Device weights, first seed",
    )
    figure.savefig(path, dpi=150)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "output", type=click.Path(file_okay=False, path_type=Path), help="Folder for figures.")
@click.option("--neurons", default=1000, show_default=True, help="Neurons of the reservoir.")
@click.option("--seeds", default=3, show_default=True, help="Reservoirs that are drawn.")
@click.option("--every", default=1, show_default=True, help="Use every n-th recording: a quick look.")
def main(folder: Path, output: Path | None, neurons: int, seeds: int, every: int) -> None:
    """Compare encoder, ideal reservoir and reservoir of cells on the recordings in FOLDER."""
    from tqdm import tqdm

    from cosim.reservoir import run
    from cosim.reservoir.fabric import reading_energy

    files, digits, numbers, _ = recordings(folder)
    files, digits, numbers = files[::every], digits[::every], numbers[::every]
    testing = numbers < 5
    truth = digits[testing]
    words = encoded(files)
    click.echo(f"{len(files)} words, {testing.sum()} of them for testing; chance 10 %")
    grids = np.stack([word.dense(DURATION / WINDOWS) for word in words])
    alone, penalty = classified(grids, digits, testing)
    report("encoder alone, same readout", [alone], truth, f"penalty {penalty:g}")
    ideal, real, energies = [], [], []
    for seed in range(seeds):
        reservoir = liquid(neurons, seed)
        made, cells = made_of_cells(reservoir, 100 * seed)
        for target, guesses in ((reservoir, ideal), (made, real)):
            with tqdm(total=len(words), desc=f"reservoir {seed}", disable=None) as bar:
                answer = run(
                    target,
                    words,
                    step=STEP,
                    duration=DURATION,
                    windows=WINDOWS,
                    seed=seed,
                    progress=bar.update,
                )
            guesses.append(classified(answer.counts, digits, testing)[0])
        energies.append(reading_energy(answer, np.stack([word.counts() for word in words]), *cells)[testing])
        rate = answer.rates().mean()
    report(f"reservoir of {reservoir.neurons}, ideal weights", ideal, truth)
    energy = np.concatenate(energies)
    report(
        "reservoir of cells",
        real,
        truth,
        f"{energy.mean() * 1e9:.2f} ± {energy.std() * 1e9:.2f} nJ a word in the arrays",
    )
    click.echo(f"mean rate {rate:.1f} 1/s; {answer.synaptic_events.mean():.3g} uses of a cell pair a word")
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        draw_confusion(output / "confusion.png", truth, real[0])
        click.echo(f"figures in {output}")


if __name__ == "__main__":
    main()
