"""Figures of devices and of programming: I–V loops, write and verify, disturb, noise.

python scripts/device_figures.py [-o docs/images] [--quick]
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from cosim.crossbar import Lines
from cosim.crossbar.programming import HALF, THIRD, VerifyPlan, WritePath, disturb, write_verify
from cosim.devices import (
    BENGEL_2020,
    BENGEL_2020_SPREADS,
    JIANG_2016,
    KVATINSKY_2015,
    STRUKOV_2008,
    YAKOPCIC_2013,
    MeasuredDevice,
    NoiseSpectrum,
    NormalSpread,
    PulseCurve,
    TelegraphNoise,
    apply_pulse,
    trace,
    triangle,
    vary,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Device, its first state, sweep amplitudes [V] and ramp [V/s].
LOOPS = {
    "linear drift\nSTRUKOV_2008": (STRUKOV_2008, 0.1, (1.0, -1.0), 1.0),
    "VTEAM\nKVATINSKY_2015": (KVATINSKY_2015, 2.9e-9, (-0.35, 0.35), 1e6),
    "Yakopcic\nYAKOPCIC_2013": (YAKOPCIC_2013, 0.11, (0.45, -0.45), 200.0),
    "Stanford–PKU\nJIANG_2016": (JIANG_2016, 1.5e-9, (1.6, -1.8), 1e7),
    "JART VCM v1b\nBENGEL_2020": (BENGEL_2020, 8e23, (-1.3, 1.6), 1e3),
}


def loop(axes: Axes, name: str, samples: int) -> Axes:
    """|I| against V of one device under a triangular sweep."""
    device, start, amplitudes, ramp = LOOPS[name]
    time, volts = triangle(amplitudes, ramp, samples)
    found = trace(device, start, time, volts, tolerance=1e-5)
    current = np.abs(found.current)
    current[np.abs(volts) < 0.01 * np.abs(volts).max()] = np.nan
    axes.semilogy(volts, current, lw=1.2)
    axes.set_title(f"{name}, {ramp:g} V/s", fontsize=8)
    axes.set_xlabel("V")
    axes.set_ylabel("|I| [A]")
    return axes


def measured() -> MeasuredDevice:
    """A device by curves, with a spread of each step; its points come from a formula, not from a lab."""
    n = np.arange(65)
    up = 2e-6 + 4.8e-5 * (1 - np.exp(-n / 20)) / (1 - np.exp(-64 / 20))
    down = 5e-5 - 4.8e-5 * (1 - np.exp(-n / 12)) / (1 - np.exp(-64 / 12))
    spread = np.full(65, 2.5e-7)
    return MeasuredDevice(
        curves=(
            PulseCurve(voltage=1.0, width=1e-7, conductance=up, spread=spread),
            PulseCurve(voltage=-1.0, width=1e-7, conductance=down, spread=spread),
        )
    )


def pulses(axes: Axes) -> Axes:
    """Potentiation and depression of the measured device, with scatter."""
    device, random = measured(), np.random.default_rng(1)
    state = np.full(12, 2e-6)
    history = [state]
    for pulse in range(128):
        state = apply_pulse(device, state, 1.0 if pulse < 64 else -1.0, 1e-7, random=random)
        history.append(state)
    axes.plot(1e6 * np.array(history), color="C0", lw=0.5, alpha=0.5)
    axes.set_title("data-driven\nPulseCurve (synthetic)", fontsize=8)
    axes.set_xlabel("pulse")
    axes.set_ylabel("G [µS]")
    return axes


def loops(path: Path, samples: int) -> None:
    """All models in one figure."""
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, 3, figsize=(8.4, 5.0), layout="constrained")
    for place, name in zip(axes.flat, LOOPS, strict=False):
        loop(place, name, samples)
    pulses(axes.flat[5])
    figure.savefig(path / "device_loops.png", dpi=130)
    plt.close(figure)


def verification(path: Path, size: int) -> None:
    """How the error of arrays falls with pulses, for three devices."""
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(8.0, 3.2), layout="constrained")
    shape = (size, size)
    cases = {
        "Stanford–PKU, 2 % spread": (
            vary(JIANG_2016, {"enhancement": NormalSpread(relative=0.02)}, shape, seed=1),
            1.7e-9,
            (2e-5, 1e-4),
            VerifyPlan(
                set_voltages=(0.9, 2.2),
                reset_voltages=(0.9, 2.5),
                step=0.02,
                width=1e-8,
                tolerance=1e-6,
                budget=150,
            ),
        ),
        "JART, published spreads": (
            vary(BENGEL_2020, BENGEL_2020_SPREADS, shape, seed=1),
            20e25,
            (2e-4, 5.5e-4),
            VerifyPlan(
                set_voltages=(0.5, 1.2),
                reset_voltages=(0.6, 2.0),
                step=0.02,
                width=1e-7,
                tolerance=5e-6,
                budget=150,
                retreat=0.1,
                narrowing=0.8,
            ),
        ),
        "data-driven, noisy readings": (
            measured(),
            2e-6,
            (5e-6, 4.5e-5),
            VerifyPlan(
                set_voltages=(1.0, 1.0),
                reset_voltages=(1.0, 1.0),
                step=0.0,
                width=5e-8,
                tolerance=5e-7,
                budget=150,
                read_noise=0.01,
            ),
        ),
    }
    for color, (name, (device, start, (low, high), plan)) in enumerate(cases.items()):
        targets = np.random.default_rng(0).uniform(low, high, shape)
        done = write_verify(WritePath(device=device), targets, start, plan, seed=1)
        axes[0].semilogy(done.progress / (high - low), color=f"C{color}", label=name)
        axes[1].hist(done.pulses.ravel(), bins=30, histtype="step", color=f"C{color}", label=name)
        click.echo(
            f"{name}: {100 * done.verified.mean():.1f} % verified, {done.pulses.mean():.0f} pulses a cell, "
            f"RMS error {np.sqrt(np.mean(done.error**2)):.2e} S"
        )
    axes[0].set_xlabel("pulse")
    axes[0].set_ylabel("RMS error / range")
    axes[0].legend(fontsize=7)
    axes[1].set_xlabel("pulses a cell")
    axes[1].set_ylabel("cells")
    figure.savefig(path / "write_verify.png", dpi=130)
    plt.close(figure)


def disturbance(path: Path, size: int) -> None:
    """What 100 pulses on one cell do to all others, V/2 and V/3, with line resistance."""
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(8.0, 3.4), layout="constrained")
    start = np.full((size, size), 0.4)
    row, column = size // 4, 3 * size // 4
    for place, scheme in zip(axes, (HALF, THIRD), strict=True):
        wires = WritePath(
            device=YAKOPCIC_2013,
            scheme=scheme,
            word_lines=Lines(segment=0.2),
            bit_lines=Lines(segment=0.2, near=np.inf, far=0.0),
        )
        found = disturb(wires, start, row, column, 0.5, 2e-6, count=100)
        change = 100 * found.relative
        image = place.imshow(change, cmap="RdBu_r", vmin=-100 * found.worst, vmax=100 * found.worst)
        place.set_title(
            f"V/{2 if scheme is HALF else 3}: worst {100 * found.worst:.2f} %, cell sees "
            f"{found.voltage[row, column]:.3f} V",
            fontsize=8,
        )
        place.set_xlabel("bit line")
        place.set_ylabel("word line")
        figure.colorbar(image, ax=place, label="change of G [%]")
        click.echo(f"{scheme.name}: worst {100 * found.worst:.3f} %, cell {found.voltage[row, column]:.4f} V")
    figure.savefig(path / "disturb.png", dpi=130)
    plt.close(figure)


def noise(path: Path, samples: int) -> None:
    """Spectra of generated series over their formulas."""
    from matplotlib import pyplot as plt
    from scipy.signal import welch

    figure, axes = plt.subplots(1, 2, figsize=(8.0, 3.2), layout="constrained")
    random, step = np.random.default_rng(1), 1e-4
    spectrum = NoiseSpectrum.with_corner(white=1e-9, corner=300.0)
    telegraph = TelegraphNoise(amplitude=0.02, high_time=0.03, low_time=0.01)
    series = {
        "white and 1/f, corner 300 Hz": (spectrum.series(samples, step, (16,), random=random), spectrum),
        "telegraph, 30 and 10 ms": (-0.02 * telegraph.series(samples, step, (16,), random=random), telegraph),
    }
    for color, (name, (values, law)) in enumerate(series.items()):
        frequency, density = welch(values, fs=1 / step, nperseg=samples // 8, axis=0)
        axes[0].loglog(frequency[1:], density[1:].mean(axis=1), color=f"C{color}", lw=0.8, label=name)
        axes[0].loglog(frequency[1:], law.density(frequency[1:]), "k--", lw=0.8)
        axes[1].plot(step * np.arange(3000), 1 + values[:3000, 0] - 0.05 * color, color=f"C{color}", lw=0.6)
    axes[0].set_xlabel("frequency [Hz]")
    axes[0].set_ylabel("S / G² [1/Hz]")
    axes[0].legend(fontsize=7)
    axes[1].set_xlabel("time [s]")
    axes[1].set_ylabel("G(t) / G (second lowered)")
    figure.savefig(path / "device_noise.png", dpi=130)
    plt.close(figure)


@click.command()
@click.option("-o", "output", default="docs/images", type=click.Path(file_okay=False, path_type=Path))
@click.option("--quick", is_flag=True, help="Small arrays, coarse sweeps.")
def main(output: Path, quick: bool) -> None:
    """Draw all figures."""
    output.mkdir(parents=True, exist_ok=True)
    loops(output, 60 if quick else 300)
    verification(output, 8 if quick else 32)
    disturbance(output, 8 if quick else 24)
    noise(output, 2**12 if quick else 2**16)


if __name__ == "__main__":
    main()
