"""Handwritten digits on arrays: what each imperfection costs, alone and all together.

    python scripts/digits_arrays.py [--data digits|mnist] [--folder FOLDER] [--seeds 10]
                                    [--output FOLDER] [--quick]

A network with one hidden layer of 128 rectifiers is trained in NumPy and put on arrays of 128 × 128
phase-change cells as differential pairs. Every seed trains its own network on its own split and draws
its own cells, so the intervals (95 %, Student's t over the seeds) hold both; losses are taken seed by
seed against the same network in floating point.

`digits` are scikit-learn's 1797 images of 8 × 8 (pip install scikit-learn), `mnist` the 28 × 28 ones: IDX
files, gzipped or not, in --folder; of a folder that holds the test images alone, a fifth is kept to test.

Cells: 0 … 25 µS with programming error, drift and read noise as Nandakumar et al. published them.
Other figures are assumptions, and at the top of this file.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import time
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402

from cosim.analysis import mean_interval as interval  # noqa: E402
from cosim.crossbar import (  # noqa: E402
    IDEAL_WIRING,
    Capacitance,
    CellRange,
    Dac,
    DifferentialPair,
    ReadOut,
    SarAdc,
    Wiring,
    passive,
    power,
    settle,
    solve,
)
from cosim.devices import (  # noqa: E402
    DAY,
    MONTH,
    NANDAKUMAR_2019,
    NANDAKUMAR_2019_DRIFT,
    NANDAKUMAR_2019_READ_NOISE,
    FittedDrift,
    FittedReadNoise,
    NormalSpread,
    ProgrammingError,
    StuckCells,
)
from cosim.mapping.dense import ArrayNetwork, DenseLayer, DenseNetwork, Hardware, on_arrays  # noqa: E402

HIDDEN = 128
CELLS = CellRange(low=0.0, high=25e-6)
#: Ω a segment of both kinds of lines, and of a driver.
LINE, DRIVER = 2.0, 100.0
STUCK = StuckCells(low_share=0.005, high_share=0.005, low=0.0, high=25e-6)
BITS, LEVELS = 8, 16
#: A wire of 0.2 fF/µm over a cell of half a micrometre, and the cell itself.
CAPACITANCE = Capacitance(word=0.1e-15, bit=0.1e-15, cell=0.05e-15)
RESISTANCES = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
SPREADS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8)

EXACT = Hardware(
    scheme=DifferentialPair(cells=CELLS),
    wiring=IDEAL_WIRING,
    readout=ReadOut(dac=Dac(bits=24, low=0.0), adc=None),
)
#: Inputs bit by bit, as in ISAAC, whose figures their energy and time are.
CONVERTERS = ReadOut(dac=Dac(bits=1, low=0.0), adc=SarAdc(bits=BITS, mismatch=0.01), input_slices=BITS)
WIRED = Wiring(word_line=LINE, bit_line=LINE, driver=DRIVER, capacitance=CAPACITANCE.word)
WRITTEN = (ProgrammingError(fit=NANDAKUMAR_2019),)


def drifted(seconds: float) -> FittedDrift:
    """Published drift after a time."""
    return FittedDrift(fit=NANDAKUMAR_2019_DRIFT, time=seconds)


def noisy(seconds: float) -> FittedReadNoise:
    """Published 1/f noise of a reading after a time."""
    return FittedReadNoise(fit=NANDAKUMAR_2019_READ_NOISE, time=seconds)


ALL = replace(EXACT, readout=CONVERTERS, wiring=WIRED, programmed=(*WRITTEN, STUCK))
CONDITIONS: dict[str, Hardware] = {
    "mapped, nothing lost": EXACT,
    f"{BITS}-bit converters": replace(EXACT, readout=CONVERTERS),
    f"{LEVELS} levels a cell": replace(EXACT, scheme=DifferentialPair(cells=replace(CELLS, levels=LEVELS))),
    "programming error": replace(EXACT, programmed=WRITTEN),
    "read noise after a day": replace(EXACT, aged=(noisy(DAY),)),
    "1 % stuck cells": replace(EXACT, programmed=(STUCK,)),
    f"lines of {LINE:g} Ω": replace(EXACT, wiring=WIRED),
    f"lines of {LINE:g} Ω, compensated": replace(EXACT, wiring=WIRED, compensate=(0.0, 25e-6)),
    "drift of a day": replace(EXACT, aged=(drifted(DAY),)),
    "drift of a month": replace(EXACT, aged=(drifted(MONTH),)),
    "drift of a month, rescaled": replace(EXACT, aged=(drifted(MONTH),), rescale=True),
    "all, fresh": ALL,
    "all, after a day": replace(ALL, aged=(drifted(DAY), noisy(DAY))),
    "all, after a month": replace(ALL, aged=(drifted(MONTH), noisy(MONTH))),
    "all, month, compensated, rescaled": replace(
        ALL, aged=(drifted(MONTH), noisy(MONTH)), rescale=True, compensate=(0.0, 25e-6)
    ),
}


@dataclass(frozen=True, kw_only=True)
class Data:
    """Images (P, pixels) from 0 to 1 and labels (P,)."""

    images: np.ndarray
    labels: np.ndarray


def load(name: str, folder: Path | None) -> Data:
    """All images of a set; exits with a message where they are not there."""
    if name == "digits":
        try:
            from sklearn.datasets import load_digits  # pyright: ignore[reportMissingImports]
        except ImportError:
            raise SystemExit("scikit-learn is not installed: pip install scikit-learn") from None
        images, labels = load_digits(return_X_y=True)
        return Data(images=np.asarray(images) / 16.0, labels=np.asarray(labels))
    if folder is None or not folder.is_dir():
        raise SystemExit(f"MNIST is read from IDX files in --folder; {folder} is no folder")
    images = [read_idx(path) for path in sorted(folder.glob("*images-idx3-ubyte*"))]
    labels = [read_idx(path) for path in sorted(folder.glob("*labels-idx1-ubyte*"))]
    if not images or len(images) != len(labels):
        raise SystemExit(f"{folder} holds {len(images)} IDX files of images and {len(labels)} of labels")
    pixels = np.concatenate(images)
    return Data(images=pixels.reshape(len(pixels), -1) / 255.0, labels=np.concatenate(labels))


def read_idx(path: Path) -> np.ndarray:
    """An IDX file of bytes."""
    raw = path.read_bytes()
    raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
    shape = np.frombuffer(raw, dtype=">i4", count=raw[3], offset=4)
    return np.frombuffer(raw, dtype=np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def split(data: Data, seed: int, test: int) -> tuple[Data, Data]:
    """Training and test images, drawn by the seed."""
    order = np.random.default_rng(seed).permutation(len(data.labels))
    parts = order[test:], order[:test]
    train, kept = (Data(images=data.images[part], labels=data.labels[part]) for part in parts)
    return train, kept


def train(data: Data, seed: int, *, epochs: int, hidden: int = HIDDEN) -> DenseNetwork:
    """Cross-entropy by Adam, batches of 64, weight decay 1e-4, a step that falls to zero as a cosine."""
    random = np.random.default_rng([seed, 1])
    sizes = (data.images.shape[1], hidden, 10)
    values = []
    for rows, columns in pairwise(sizes):
        values += [random.normal(size=(rows, columns)) * np.sqrt(2 / rows), np.zeros(columns)]
    first, second = [np.zeros_like(v) for v in values], [np.zeros_like(v) for v in values]
    wanted, total, done = np.eye(10)[data.labels], epochs * (len(data.labels) // 64), 0
    for _ in range(epochs):
        order = random.permutation(len(data.labels))
        for start in range(0, len(order) - 63, 64):
            batch = order[start : start + 64]
            x = data.images[batch]
            inner = np.maximum(x @ values[0] + values[1], 0.0)
            scores = inner @ values[2] + values[3]
            share = np.exp(scores - scores.max(axis=1, keepdims=True))
            error = (share / share.sum(axis=1, keepdims=True) - wanted[batch]) / len(batch)
            back = (error @ values[2].T) * (inner > 0)
            slopes = [x.T @ back, back.sum(axis=0), inner.T @ error, error.sum(axis=0)]
            done += 1
            rate = 2e-3 * 0.5 * (1 + np.cos(np.pi * done / total))
            for k, slope in enumerate(slopes):
                first[k] = 0.9 * first[k] + 0.1 * slope
                second[k] = 0.999 * second[k] + 0.001 * slope**2
                move = first[k] / (1 - 0.9**done) / (np.sqrt(second[k] / (1 - 0.999**done)) + 1e-8)
                values[k] -= rate * (move + 1e-4 * values[k])
    return DenseNetwork(
        layers=(DenseLayer(weights=values[0], bias=values[1]), DenseLayer(weights=values[2], bias=values[3]))
    )


@dataclass(kw_only=True)
class Study:
    """One trained network a seed, and how it does on hardware."""

    networks: list[DenseNetwork]
    trained: list[Data]
    tested: list[Data]

    def made(self, number: int, hardware: Hardware) -> ArrayNetwork:
        """Network `number` on its own cells."""
        images = self.trained[number].images[:100]
        return on_arrays(self.networks[number], hardware, calibration=images, seed=1000 + number)

    def accuracy(self, hardware: Hardware) -> np.ndarray:
        """Per cent of each seed."""
        return np.array(
            [
                100 * self.made(number, hardware).accuracy(test.images, test.labels)
                for number, test in enumerate(self.tested)
            ]
        )

    def ideal(self) -> np.ndarray:
        """Per cent of each seed in floating point."""
        return np.array(
            [
                100 * float((network.forward(test.images).argmax(axis=1) == test.labels).mean())
                for network, test in zip(self.networks, self.tested, strict=True)
            ]
        )


def prepare(data: Data, seeds: int, *, test: int, epochs: int, hidden: int = HIDDEN) -> Study:
    """Split and train once a seed."""
    parts = [split(data, seed, test) for seed in range(seeds)]
    return Study(
        networks=[train(first, seed, epochs=epochs, hidden=hidden) for seed, (first, _) in enumerate(parts)],
        trained=[first for first, _ in parts],
        tested=[second for _, second in parts],
    )


def table(study: Study, conditions: dict[str, Hardware]) -> dict[str, dict]:
    """Accuracy and paired loss of each condition; printed as it comes."""
    ideal = study.ideal()
    rows = {"floating point": {"accuracy": interval(ideal), "loss": (0.0, 0.0), "seeds": ideal.tolist()}}
    print(f"{'':36} {'accuracy %':>16} {'loss, points':>16}")
    print(line("floating point", rows["floating point"]))
    for name, hardware in conditions.items():
        found = study.accuracy(hardware)
        rows[name] = {"accuracy": interval(found), "loss": interval(ideal - found), "seeds": found.tolist()}
        print(line(name, rows[name]), flush=True)
    return rows


def line(name: str, row: dict) -> str:
    """One line of the table."""
    (mean, half), (loss, width) = row["accuracy"], row["loss"]
    return f"{name:36} {mean:9.2f} ± {half:4.2f} {loss:9.2f} ± {width:4.2f}"


def sweeps(study: Study, resistances: tuple[float, ...], spreads: tuple[float, ...]) -> dict[str, dict]:
    """Accuracy against line resistance, with and without compensation, and against spread."""
    found: dict[str, dict] = {"resistance": {"at": resistances}, "spread": {"at": spreads}}
    for name, limits in (("plain", None), ("compensated", (0.0, 25e-6))):
        lines = [Wiring(word_line=r, bit_line=r, driver=DRIVER) for r in resistances]
        found["resistance"][name] = [
            interval(study.accuracy(replace(EXACT, wiring=wiring, compensate=limits))) for wiring in lines
        ]
    found["spread"]["normal"] = [
        interval(study.accuracy(replace(EXACT, programmed=(NormalSpread(relative=s),)))) for s in spreads
    ]
    return found


def costs(study: Study) -> dict:
    """Energy [J] and latency [s] of one inference with everything on; settling of the largest array [s]."""
    made = study.made(0, ALL)
    images = study.tested[0].images[:64]
    layers = made.cost(images)
    largest = max(made.matrices[0].conductances, key=np.size)
    array = passive(largest, word_line_resistance=LINE, bit_line_resistance=LINE, driver_resistance=DRIVER)
    spent = power(solve(array, np.full(len(largest), 0.2), nodes=True))
    settled = settle(array, np.full(len(largest), 0.2), CAPACITANCE).settling_time(0.5 / 2**BITS).max()
    return {
        "layers": [{**asdict(cost), "total": cost.total} for cost in layers],
        "energy": sum(cost.total for cost in layers),
        "arrays": sum(cost.arrays + cost.charging for cost in layers),
        "latency": sum(cost.latency for cost in layers),
        "settling": float(settled),
        "shares": {
            name: float(getattr(spent, name)[0] / spent.heat[0])
            for name in ("cells", "word_lines", "bit_lines", "drivers", "sense")
        },
        "tiles": [len(matrix.tiled.tiles) for matrix in made.matrices],
    }


def draw(results: dict, study: Study, folder: Path) -> None:
    """Write the figures."""
    from cosim.plotting import cell_map, interval_curves, interval_dots, save

    rows = results["table"]
    ideal = rows["floating point"]["accuracy"][0]
    names = list(rows)
    save(
        interval_dots(names, [rows[n]["accuracy"][0] for n in names], [rows[n]["accuracy"][1] for n in names],
                      xlabel="accuracy (%)", level=ideal),
        folder / "accuracy.png",
    )  # fmt: skip
    curves = results["sweeps"]
    columns = {
        (kind, name): tuple(np.array(points).T)
        for kind in ("resistance", "spread")
        for name, points in curves[kind].items()
        if name != "at"
    }
    axes = interval_curves(
        curves["resistance"]["at"],
        {name: (pair[0], pair[1]) for (kind, name), pair in columns.items() if kind == "resistance"},
        xlabel="line resistance (Ω a segment)",
        ylabel="accuracy (%)",
        level=ideal,
    )
    save(axes, folder / "line_resistance.png")
    axes = interval_curves(
        100 * np.array(curves["spread"]["at"]),
        {name: (pair[0], pair[1]) for (kind, name), pair in columns.items() if kind == "spread"},
        xlabel="σ of a cell (% of its conductance)",
        ylabel="accuracy (%)",
        level=ideal,
    )
    save(axes, folder / "variability.png")
    cells = max(study.made(0, EXACT).matrices[0].conductances, key=np.size)
    array = passive(cells, word_line_resistance=LINE, bit_line_resistance=LINE, driver_resistance=DRIVER)
    inside = solve(array, np.full(len(cells), 0.2), nodes=True).nodes
    assert inside is not None
    share = 100 * (inside.word_voltage[0] - inside.bit_voltage[0]) / 0.2
    save(cell_map(share, label="cell voltage (% of the input)"), folder / "drop_map.png")
    save(cell_map(1e6 * cells, label="conductance (µS)"), folder / "conductance_map.png")


def main() -> None:
    """Run the study; see the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", choices=("digits", "mnist"), default="digits")
    parser.add_argument("--folder", type=Path, help="IDX files of MNIST")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--output", type=Path, help="folder for results.json and the figures")
    parser.add_argument("--quick", action="store_true", help="2 seeds, few points")
    options = parser.parse_args()
    begun, seeds = time.process_time(), 2 if options.quick else options.seeds
    data = load(options.data, options.folder)
    epochs = 5 if options.quick else 40 if options.data == "digits" else 15
    study = prepare(data, seeds, test=len(data.labels) // 5, epochs=epochs)
    print(f"{options.data}: {len(data.labels)} images, {seeds} networks trained in "
          f"{time.process_time() - begun:.0f} s of CPU")  # fmt: skip
    results = {"data": options.data, "seeds": seeds, "table": table(study, CONDITIONS)}
    results["sweeps"] = sweeps(study, RESISTANCES[::3] if options.quick else RESISTANCES,
                               SPREADS[::3] if options.quick else SPREADS)  # fmt: skip
    results["costs"] = bill = costs(study)
    print(
        f"an inference on {bill['tiles']} arrays: {bill['energy'] * 1e9:.2f} nJ, of which arrays "
        f"{bill['arrays'] * 1e12:.1f} pJ; {bill['latency'] * 1e9:.0f} ns; the largest array settles to half "
        f"a step in {bill['settling'] * 1e12:.0f} ps; its power goes into "
        + ", ".join(f"{name.replace('_', ' ')} {100 * share:.1f} %" for name, share in bill["shares"].items())
    )
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        (options.output / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        draw(results, study, options.output)
        print(f"wrote {options.output}")
    print(f"{time.process_time() - begun:.0f} s of CPU")


if __name__ == "__main__":
    main()
