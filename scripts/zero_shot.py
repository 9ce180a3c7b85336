"""Sounds and images of digits in one space: are classes matched that were never seen together?

    python scripts/zero_shot.py FSDD_FOLDER MNIST_FOLDER [--splits 20] [--neurons 500]

Two reservoirs, frozen, one for spoken and one for written digits, and linear projections into 64
dimensions, trained by contrast on eight of ten digits. Tested on the two that were left out: given a sound,
which of two images? Chance is 50 %. States
are first reduced to the principal components of the training samples of the eight digits (there are more
features than samples). Prints the mean over splits with the 95 % interval of that mean, beside
seen classes and beside two controls: the encoders alone, without reservoirs, and projections trained on
shuffled pairs of classes.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import click
import numpy as np

SOUND_CHANNELS = 40
COMPONENTS = 100


def sounds(folder: Path, every: int):
    """Return words as spikes, digits, and which are for testing."""
    from cosim.encoding import cochlea, read_wav

    files = sorted(folder.glob("*_*_*.wav"))[::every]
    if not files:
        raise click.ClickException(f"{folder}: no recordings named DIGIT_SPEAKER_NUMBER.wav")
    digits = np.array([int(file.stem.split("_")[0]) for file in files])
    testing = np.array([int(file.stem.split("_")[2]) < 5 for file in files])
    words = [
        cochlea(*read_wav(file), channels=SOUND_CHANNELS, duration=0.8, highest_rate=150.0) for file in files
    ]
    return words, digits, testing


def pictures(folder: Path, count: int):
    """Return images as spikes, digits, and which are for testing."""
    from cosim.encoding import poisson, read_idx

    images = read_idx(folder / "t10k-images-idx3-ubyte.gz")[:count].reshape(count, -1) / 255.0
    digits = read_idx(folder / "t10k-labels-idx1-ubyte.gz")[:count].astype(int)
    spikes = [
        poisson(image, duration=0.1, step=1e-3, highest_rate=200.0, seed=n) for n, image in enumerate(images)
    ]
    return spikes, digits, np.arange(count) % 5 == 0


def states(samples, neurons: int, density: float, weight: float, windows: int, seed: int) -> np.ndarray:
    """Return (samples, windows · neurons) features of a frozen reservoir."""
    from cosim.reservoir import Kinds, Lif, Reservoir, dale, erdos_renyi, features, random_inputs, run

    channels = samples[0].channels
    recurrent = erdos_renyi(neurons, neurons, 20 / neurons, weight=0.3, delay=1e-3, seed=seed)
    reservoir = Reservoir(
        neuron=Lif(),
        inputs=random_inputs(channels, neurons, density, weight=weight, negative_share=0.2, seed=seed),
        recurrent=dale(recurrent, Kinds.drawn(neurons, seed=seed)),
    )
    answer = run(reservoir, samples, step=1e-3, windows=windows)
    click.echo(
        f"reservoir of {neurons} for {channels} channels: {answer.rates().mean():.1f} spikes/s a neuron"
    )
    return features(answer.counts)


def reduced(states: np.ndarray, training: np.ndarray, components: int) -> np.ndarray:
    """Return states along the principal components of the training rows, large ones weakened by a root."""
    mean = states[training].mean(axis=0)
    _, size, axes = np.linalg.svd(states[training] - mean, full_matrices=False)
    kept = min(components, int(np.sum(size > 1e-9 * size[0])))
    return (states - mean) @ axes[:kept].T / np.sqrt(size[:kept])


def tested(a, b, splits, shuffled: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return accuracies of every split on seen (8 classes) and unseen (2 classes) digits."""
    from cosim.reservoir.zero_shot import matching_accuracy, train_joint_space

    (xa, la, ta), (xb, lb, tb) = a, b
    seen, unseen = [], []
    for number, left_out in enumerate(splits):
        known = np.setdiff1d(np.arange(10), left_out)
        naming = np.arange(10)
        if shuffled:
            naming[known] = np.random.default_rng(number).permutation(known)
        pick_a, pick_b = np.isin(la, known) & ~ta, np.isin(lb, known) & ~tb
        za, zb = reduced(xa, pick_a, COMPONENTS), reduced(xb, pick_b, COMPONENTS)
        space = train_joint_space(
            za[pick_a], la[pick_a], zb[pick_b], naming[lb[pick_b]], epochs=30, batch=256, seed=number
        )
        for rows, scores in ((np.isin(la, known), seen), (np.isin(la, left_out), unseen)):
            there = np.isin(lb, np.unique(la[rows]))
            pick_a, pick_b = rows & ta, there & tb
            u, v = space.first(za[pick_a]), space.second(zb[pick_b])
            scores.append(matching_accuracy(u, la[pick_a], v, naming[lb[pick_b]]))
    return np.array(seen), np.array(unseen)


def spread(values: np.ndarray) -> str:
    """Return mean and 95 % interval of the mean (Student)."""
    from cosim.analysis import mean_interval

    mean, half = mean_interval(values)
    return f"{mean:.1%} ± {half:.1%}"


@click.command()
@click.argument("fsdd", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("mnist", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--splits", default=20, show_default=True, help="Pairs of digits that are left out.")
@click.option("--neurons", default=500, show_default=True, help="Neurons of each reservoir.")
@click.option("--images", default=3000, show_default=True, help="Images that are used.")
@click.option("--every", default=1, show_default=True, help="Use every n-th recording.")
def main(fsdd: Path, mnist: Path, splits: int, neurons: int, images: int, every: int) -> None:
    """Test zero-shot transfer from spoken to written digits."""
    words, said, said_test = sounds(fsdd, every)
    images_, written, written_test = pictures(mnist, images)
    a = (states(words, neurons, 0.1, 1.5, 8, 0), said, said_test)
    b = (states(images_, neurons, 0.05, 0.7, 1, 1), written, written_test)
    pairs = list(itertools.combinations(range(10), 2))
    chosen = [pairs[n] for n in np.random.default_rng(0).permutation(len(pairs))[:splits]]
    click.echo(f"{len(said)} words, {len(written)} images; {splits} pairs of digits left out in turn")
    bare_a = (np.sqrt(np.stack([w.dense(0.1)[:8].ravel() for w in words])), said, said_test)
    bare_b = (np.sqrt(np.stack([i.counts() for i in images_])), written, written_test)
    for name, one, other, shuffled in (
        ("reservoirs", a, b, False),
        ("encoders alone", bare_a, bare_b, False),
        ("reservoirs, classes shuffled", a, b, True),
    ):
        seen, unseen = tested(one, other, chosen, shuffled)
        click.echo(
            f"{name:<30} seen (chance 12.5 %): {spread(seen)}   unseen (chance 50 %): {spread(unseen)}"
        )


if __name__ == "__main__":
    main()
