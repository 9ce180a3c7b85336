"""Train the example networks under netlists/networks/ and write them as NIR with their patterns.

    python scripts/train_networks.py [--output FOLDER]

Surrogate-gradient back-propagation through time in NumPy, many random starts side by side; of those
that learn the task, the one that costs least hardware is kept. Networks meant for single-flux-quantum
hardware are trained as that hardware is: each weight −1, 0 or +1, a threshold of one or two spikes, and
nothing remembered from step to step. `misfit` is trained without any of that, on purpose.

Forward pass of a layer: v ← β·v + W·s + b, spike when v > θ, then v ← 0. Backward pass: the spike's
derivative is 1/(1 + 2|v − θ|)², the reset is taken as constant, and quantisation passes gradients
through unchanged (straight-through).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cosim.network import Layer, Network, all_patterns, read_nir, score, write_nir

TIME_STEP = 1e-4  # s, what snnTorch assumes, so that the files mean the same there
NETWORKS = Path(__file__).resolve().parent.parent / "netlists" / "networks"


@dataclass(frozen=True, kw_only=True)
class Task:
    """What to learn: `target` maps patterns (samples, inputs) to bits (samples, outputs)."""

    name: str
    shape: tuple[int, ...]
    target: Callable[[np.ndarray], np.ndarray]
    quantised: bool = True
    decay: float = 0.0
    steps: int = 1
    starts: int = 512
    iterations: int = 400
    seed: int = 2026


def columns(*bits: np.ndarray) -> np.ndarray:
    return np.stack(bits, axis=1).astype(np.uint8)


TASKS = (
    Task(name="xor_221", shape=(2, 2, 1), target=lambda x: columns(x[:, 0] ^ x[:, 1])),
    Task(name="majority_321", shape=(3, 2, 1), target=lambda x: columns(x.sum(axis=1) >= 2)),
    Task(  # a half adder: sum and carry
        name="two_four_two",
        shape=(2, 4, 2),
        target=lambda x: columns(x[:, 0] ^ x[:, 1], x[:, 0] & x[:, 1]),
    ),
    Task(  # a vote with shares 4, 3, 2, 1 out of 10
        name="misfit",
        shape=(4, 2, 1),
        target=lambda x: columns(x @ np.array([4, 3, 2, 1]) > 5),
        quantised=False,
        decay=0.6,
        steps=4,
    ),
)


@dataclass
class Start:
    """Parameters of all random starts: one array a layer, first axis the start."""

    weight: list[np.ndarray]
    bias: list[np.ndarray]
    threshold: list[np.ndarray]

    def arrays(self) -> list[np.ndarray]:
        return [*self.weight, *self.bias, *self.threshold]


def begin(task: Task) -> Start:
    generator = np.random.default_rng(np.random.SeedSequence([task.seed, *task.shape]))
    sizes = list(zip(task.shape[:-1], task.shape[1:], strict=True))
    return Start(
        weight=[generator.uniform(-1.2, 1.2, (task.starts, o, i)) for i, o in sizes],
        bias=[np.zeros((task.starts, o)) for _, o in sizes],
        threshold=[generator.uniform(0.2, 1.8, (task.starts, o)) if task.quantised
                   else np.ones((task.starts, o)) for _, o in sizes],
    )  # fmt: skip


def realised(task: Task, start: Start) -> Start:
    """The values that the forward pass uses: quantised to what the hardware has, or as they are."""
    if not task.quantised:
        return start
    return Start(
        weight=[np.sign(weight) * (np.abs(weight) > 0.5) + 0.0 for weight in start.weight],
        bias=start.bias,
        threshold=[np.where(threshold < 1.0, 0.5, 1.5) for threshold in start.threshold],
    )


def forward(task: Task, values: Start, spikes: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return per layer the spikes going in and the membrane before reset: (starts, samples, steps, n)."""
    signal = np.broadcast_to(spikes, (task.starts, *spikes.shape)).astype(float)
    signals, membranes = [signal], []
    for weight, bias, threshold in zip(values.weight, values.bias, values.threshold, strict=True):
        drive = np.einsum("koi,ksti->ksto", weight, signal) + bias[:, None, None]
        membrane = np.zeros_like(drive)
        after = np.zeros_like(drive[:, :, 0])
        for step in range(task.steps):
            membrane[:, :, step] = task.decay * after + drive[:, :, step]
            after = np.where(membrane[:, :, step] > threshold[:, None], 0.0, membrane[:, :, step])
        signal = (membrane > threshold[:, None, None]).astype(float)
        signals.append(signal)
        membranes.append(membrane)
    return signals, membranes


def backward(
    task: Task, values: Start, signals: list[np.ndarray], membranes: list[np.ndarray], error: np.ndarray
) -> Start:
    """Return the gradients of the loss whose derivative by the output spikes is `error`."""
    gradients = Start([], [], [])
    for index in reversed(range(len(membranes))):
        excess = membranes[index] - values.threshold[index][:, None, None]
        by_spike = error / (1.0 + 2.0 * np.abs(excess)) ** 2
        by_membrane = by_spike.copy()
        for step in reversed(range(task.steps - 1)):  # what the next step has left of v
            kept = task.decay * (1.0 - signals[index + 1][:, :, step])
            by_membrane[:, :, step] += kept * by_membrane[:, :, step + 1]
        gradients.weight.insert(0, np.einsum("ksto,ksti->koi", by_membrane, signals[index]))
        gradients.bias.insert(0, by_membrane.sum(axis=(1, 2)))
        gradients.threshold.insert(0, -by_spike.sum(axis=(1, 2)))
        error = np.einsum("ksto,koi->ksti", by_membrane, values.weight[index])
    return gradients


def cost(task: Task, values: Start, signals: list[np.ndarray]) -> np.ndarray:
    """Return the hardware that each start needs, (starts,): synapses, inhibition twice, and what to avoid.

    To be avoided at any price: a neuron that never fires or that nothing listens to, and one that fires
    although a spike inhibits it, since inhibition in the cells is a veto and not a subtraction.
    """
    total = np.zeros(task.starts)
    for index, weight in enumerate(values.weight):
        total += 100 * (~np.any(signals[index + 1], axis=(1, 2))).sum(axis=1)
        if not task.quantised:
            continue
        total += np.abs(weight).sum(axis=(1, 2)) + (weight < 0).sum(axis=(1, 2))
        total += 0.1 * (values.threshold[index] > 1).sum(axis=1)
        if index + 1 < len(values.weight):
            total += 100 * (~np.any(values.weight[index + 1], axis=1)).sum(axis=1)
        inhibited = np.einsum("koi,ksti->ksto", weight < 0, signals[index]) > 0
        total += 100 * (inhibited & (signals[index + 1] > 0)).sum(axis=(1, 2, 3))
    return total


def train(task: Task) -> tuple[Start, np.ndarray]:
    """Train all starts; return the cheapest right state that each came through and its cost, (starts,).

    The cost is infinite where a start never got the task right.
    """
    patterns = all_patterns(task.shape[0])
    spikes = np.repeat(patterns[:, None], task.steps, axis=1)
    target = np.repeat(task.target(patterns)[:, None], task.steps, axis=1).astype(float)
    generator = np.random.default_rng(np.random.SeedSequence([task.seed, *task.shape, 1]))
    start = begin(task)
    trained = [*start.weight, *start.threshold] if task.quantised else [*start.weight, *start.bias]
    mean, square = ([np.zeros_like(array) for array in trained] for _ in range(2))
    best = realised(task, begin(task))
    price = np.full(task.starts, np.inf)
    for iteration in range(1, task.iterations + 1):
        values = realised(task, start)
        signals, membranes = forward(task, values, spikes)
        right = np.all(signals[-1] == target, axis=(1, 2, 3))
        now = np.where(right, cost(task, values, signals), np.inf)
        for kept, value in zip(best.arrays(), values.arrays(), strict=True):
            kept[now < price] = value[now < price]
        price = np.minimum(price, now)
        gradients = backward(task, values, signals, membranes, signals[-1] - target)
        slopes = [*gradients.weight, *(gradients.threshold if task.quantised else gradients.bias)]
        for array, slope, m, s in zip(trained, slopes, mean, square, strict=True):  # Adam
            m += 0.1 * (slope - m)
            s += 0.01 * (slope**2 - s)
            array -= 0.02 * (m / (1 - 0.9**iteration)) / (np.sqrt(s / (1 - 0.99**iteration)) + 1e-8)
            if task.quantised:  # shaken, so that a start in which nothing fires any more comes out of it
                array += generator.normal(0.0, 0.05, array.shape)
                np.clip(array, -1.2, 2.0, out=array)
    return best, price


def build(task: Task, values: Start, chosen: int) -> Network:
    layers = tuple(
        Layer(
            name=f"neurons_{index}",
            weight_name=f"synapses_{index}",
            weight=values.weight[index][chosen].astype(np.float32),
            bias=values.bias[index][chosen].astype(np.float32),
            membrane_decay=np.asarray(task.decay),
            threshold=values.threshold[index][chosen].astype(np.float32),
        )
        for index in range(len(values.weight))
    )
    return Network(
        layers=layers, inputs=task.shape[0], time_step=TIME_STEP, name=task.name, precision="single"
    )


def make(task: Task, folder: Path) -> str:
    """Train, keep the cheapest, write it, and check what was written. Return a line about it."""
    values, price = train(task)
    learned, chosen = np.isfinite(price), int(np.argmin(price))
    if not learned.any():
        raise SystemExit(f"{task.name}: none of {task.starts} starts learned the task")
    patterns = all_patterns(task.shape[0])
    spikes = np.repeat(patterns[:, None], task.steps, axis=1)
    labels = task.target(patterns)
    labels = labels[:, 0] if labels.shape[1] == 1 else labels
    write_nir(build(task, values, chosen), folder / f"{task.name}.nir")
    np.savez_compressed(folder / f"{task.name}.npz", spikes=spikes, labels=labels)
    result = score(read_nir(folder / f"{task.name}.nir").run(spikes).counts, labels)
    if not result.correct.all():
        raise SystemExit(f"{task.name}: the written file gets {result}")
    about = (
        f"{int(learned.sum())} of {task.starts} starts learned it, kept {chosen} at cost {price[chosen]:g}"
    )
    return f"{task.name}: {about}; {result}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=NETWORKS, help="folder to write to")
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    for task in TASKS:
        print(make(task, folder))


if __name__ == "__main__":
    main()
