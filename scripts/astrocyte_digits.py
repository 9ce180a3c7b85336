"""Digit images through a liquid that learns: fixed weights, plain STDP, STDP with an astrocyte (NALSM).

    python scripts/astrocyte_digits.py FOLDER [--seeds 5] [--train 2000] [--test 500] [-o figures]

FOLDER holds `t10k-images-idx3-ubyte.gz` and `t10k-labels-idx1-ubyte.gz`. The network is that of Ivanov and
Michmizos (NeurIPS 2021): 1000 neurons on a 10 × 10 × 10 grid, pixels as spikes for 250 ms at 1 ms steps,
STDP as their rule says, a linear readout of normalised spike counts. Their figures, for all 60,000 images:
plain STDP 89.5 %, fixed 95.3 %, NALSM 96.0 %. What differs here: a neuron's voltage is held during its
refractory time, spikes of one synapse add up (theirs replace each other), the readout is fitted by L-BFGS
with its penalty chosen on a fifth of the training images.
"""

from __future__ import annotations

import math
from pathlib import Path

import click
import numpy as np

STEP, DURATION = 1e-3, 0.25
WEIGHT = 3.0
PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)


def images(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return (images, pixels) from 0 to 1, and labels."""
    from cosim.encoding import read_idx

    pictures = read_idx(folder / "t10k-images-idx3-ubyte.gz")
    labels = read_idx(folder / "t10k-labels-idx1-ubyte.gz")
    return pictures.reshape(len(pictures), -1) / 255.0, labels.astype(int)


def neuron():
    """Return the published neuron: leak 1/64 a step, currents that fall by e a step, a full weight in the
    first.
    """
    from dataclasses import replace

    from cosim.reservoir import Lif

    plain = Lif(
        membrane_time=-STEP / math.log(1.0 - 1.0 / 64.0),
        excitatory_time=STEP,
        inhibitory_time=STEP,
        threshold=20.0,
        refractory=2e-3,
    )
    return replace(plain, resistance=1.0 / plain.propagators(STEP).excitatory_gain)


def liquid(seed: int, weight: float):
    """Return the published liquid with all weights of magnitude `weight`."""
    from cosim.reservoir import Kinds, Reservoir, dale, grid_3d, random_inputs

    kinds = Kinds.drawn(1000, seed=seed)
    recurrent = grid_3d(
        (10, 10, 10), kinds, probability=(0.2, 0.1, 0.3, 0.05), length=3.0, weight=weight, seed=seed
    )
    return Reservoir(
        neuron=neuron(),
        inputs=random_inputs(784, 1000, 0.15, weight=weight, negative_share=0.5, seed=seed),
        recurrent=dale(recurrent, kinds),
    )


def encoded(pixels: np.ndarray, keys: list[int], duration: float):
    """Return images as spikes: a pixel is the probability of a spike a step, 2 ms of dead time."""
    from cosim.encoding import bernoulli

    return [
        bernoulli(row, duration=duration, step=STEP, dead_time=2e-3, seed=key)
        for row, key in zip(pixels, keys, strict=True)
    ]


def plastic(seed: int, rule, pixels: np.ndarray, adapting: int):
    """Return a liquid whose weights started at the bound and learned from `adapting` short presentations."""
    from cosim.reservoir import PlasticReservoir

    learner = PlasticReservoir(liquid(seed, WEIGHT), rule)
    rows = np.random.default_rng([seed, 1]).integers(0, len(pixels), adapting)
    learner.adapt(
        encoded(pixels[rows], [10**6 * seed + 500_000 + n for n in range(adapting)], 20e-3), step=STEP
    )
    return learner


def accuracy(counts: np.ndarray, labels: np.ndarray, train: int) -> float:
    """Return the test accuracy of a logistic readout whose penalty a fifth of the training set chose."""
    from cosim.reservoir import LogisticClassifier, normalised

    states = normalised(counts)
    spread = states[:train].std(axis=0) + 1e-9
    states = (states - states[:train].mean(axis=0)) / spread
    border = train * 4 // 5
    scores = [
        LogisticClassifier(penalty=p)
        .fit(states[:border], labels[:border])
        .score(states[border:train], labels[border:train])
        for p in PENALTIES
    ]
    best = PENALTIES[int(np.argmax(scores))]
    return (
        LogisticClassifier(penalty=best)
        .fit(states[:train], labels[:train])
        .score(states[train:], labels[train:])
    )


def branching(activity, reservoir, samples: int = 10) -> float:
    """Return the mean branching factor of the first samples."""
    from cosim.reservoir import branching_factor

    return float(np.nanmean([branching_factor(s, reservoir.recurrent) for s in activity.spikes[:samples]]))


def spread(values: list[float]) -> str:
    """Return mean and 95 % interval of the mean (Student)."""
    from cosim.analysis import mean_interval

    mean, half = mean_interval(values)
    return f"{mean:.4f}" if len(values) < 2 else f"{mean:.4f} ± {half:.4f}"


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--seeds", default=5, show_default=True, help="Networks that are drawn.")
@click.option("--train", default=2000, show_default=True, help="Images for training.")
@click.option("--test", default=500, show_default=True, help="Images for testing.")
@click.option("--adapting", default=4000, show_default=True, help="20 ms presentations before.")
@click.option(
    "--fixed-weight", default=0.3, show_default=True, help="Weight of the liquid that does not learn."
)
@click.option("--astrocyte", default=0.015, show_default=True, help="Weight of the astrocyte.")
@click.option("--branching/--no-branching", "measure", default=True, help="Branching over astrocyte weights.")
def main(
    folder: Path,
    seeds: int,
    train: int,
    test: int,
    adapting: int,
    fixed_weight: float,
    astrocyte: float,
    measure: bool,
) -> None:
    """Compare fixed weights, plain STDP and NALSM on digit images in FOLDER."""
    from cosim.reservoir import Astrocyte, Stdp, run

    pixels, labels = images(folder)
    results: dict[str, list[float]] = {"pixels": [], "fixed": [], "STDP": [], "NALSM": []}
    for seed in range(seeds):
        chosen = np.random.default_rng(seed).permutation(len(pixels))[: train + test]
        rest = np.setdiff1d(np.arange(len(pixels)), chosen)
        samples = encoded(pixels[chosen], [10**6 * seed + n for n in range(train + test)], DURATION)
        truth = labels[chosen]
        counts = np.stack([sample.counts() for sample in samples])
        results["pixels"].append(accuracy(counts, truth, train))
        results["fixed"].append(
            accuracy(run(liquid(seed, fixed_weight), samples, step=STEP).counts, truth, train)
        )
        for name, rule in (("STDP", Stdp()), ("NALSM", Stdp(astrocyte=Astrocyte(weight=astrocyte)))):
            learner = plastic(seed, rule, pixels[rest], adapting)
            results[name].append(accuracy(learner.run(samples, step=STEP).counts, truth, train))
        click.echo(
            f"seed {seed}: " + ", ".join(f"{name} {values[-1]:.3f}" for name, values in results.items())
        )
    click.echo(f"{train} training and {test} test images, accuracy and 95 % interval of the mean over seeds:")
    for name, values in results.items():
        click.echo(f"  {name:<8} {spread(values)}")
    gain = [a - b for a, b in zip(results["NALSM"], results["fixed"], strict=True)]
    click.echo(f"  NALSM − fixed, paired: {spread(gain)}")
    if measure:
        rows = np.random.default_rng(99).permutation(len(pixels))[:10]
        samples = encoded(pixels[rows], list(range(10)), DURATION)
        for weight in (0.002, 0.005, 0.015, 0.05, 0.2):
            learner = plastic(0, Stdp(astrocyte=Astrocyte(weight=weight)), pixels, adapting)
            activity = learner.run(samples, step=STEP, record_spikes=True)
            factor = branching(activity, learner.present())
            click.echo(
                f"  astrocyte {weight:<6g} branching factor {factor:.3f}, {activity.rates().mean():.1f} 1/s"
            )


if __name__ == "__main__":
    main()
