"""Reservoir engine beside Brian2's C++ standalone mode and NEST: same network, same input spikes.

    python scripts/bench/reservoir.py [--quick] [--json FILE] [--brian2-python PYTHON] [--nest-python PYTHON]

Brian2 does not import on the newest NumPy, so it may live in an environment of its own: give its
interpreter. Its build is not counted, its program's CPU time is, for as many seconds of model time as ours.
Rates must agree within 3 %; with Brian2 they agree spike for spike, since input and weights are the same
numbers. Ratios are the peer's time over ours, medians of interleaved runs, one thread.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np

PEERS = Path(__file__).parent / "reservoir_peers"
CHANNELS = 100
#: Synapses of a neuron: those of a 3-D grid of the Maass kind, and of a dense cortical column.
GRID, DENSE = 17, 100
#: Rates of each input [1/s] that make the networks fire some 60, 20 and 5 times a second.
DRIVE, LESS, LEAST = 50.0, 23.0, 14.0


def network(
    neurons: int, step: float, seconds: int, fan_out: int, drive: float = DRIVE
) -> dict[str, np.ndarray]:
    """Return edges and one second of input spikes, repeated `seconds` times: 80/20, asynchronous activity.

    `drive` [1/s] is the rate of each input channel.
    """
    generator = np.random.default_rng(0)
    source = np.repeat(np.arange(neurons), fan_out)
    target = generator.integers(0, neurons, source.size)
    weight = np.where(source < 0.8 * neurons, 4.0, -20.0) / fan_out
    input_source = np.repeat(np.arange(CHANNELS), neurons // 10)
    input_target = generator.integers(0, neurons, input_source.size)
    grid = round(1.0 / step)
    hit = generator.random((grid, CHANNELS)) < drive * step
    row, channel = np.nonzero(hit[: grid - 1])
    time_ = np.concatenate([row * step + second for second in range(seconds)])
    return {
        "neurons": np.array(neurons),
        "channels": np.array(CHANNELS),
        "step": np.array(step),
        "seconds": np.array(float(seconds)),
        "source": source,
        "target": target,
        "weight": weight,
        "input_source": input_source,
        "input_target": input_target,
        "input_weight": np.full(input_source.size, 0.9),
        "input_time": time_,
        "input_channel": np.tile(channel, seconds),
    }


def prepared(n: dict[str, np.ndarray]):
    """Return our reservoir and its one long sample."""
    from cosim.encoding import events
    from cosim.reservoir import Lif, Reservoir, from_edges

    neurons, step = int(n["neurons"]), float(n["step"])
    reservoir = Reservoir(
        neuron=Lif(refractory=2e-3 - step),
        inputs=from_edges(CHANNELS, neurons, n["input_source"], n["input_target"], n["input_weight"], step),
        recurrent=from_edges(neurons, neurons, n["source"], n["target"], n["weight"], 2e-3),
    )
    return reservoir, events(n["input_time"], n["input_channel"], CHANNELS, float(n["seconds"]))


def timed(action) -> tuple[float, float, object]:
    """Return CPU and wall seconds of a call, and its answer."""
    cpu, wall = time.process_time(), time.perf_counter()
    answer = action()
    return time.process_time() - cpu, time.perf_counter() - wall, answer


def program_time(command: list[str], folder: Path) -> tuple[float, float]:
    """Return CPU and wall seconds of a program."""
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.perf_counter() - wall


def built(
    python: str, peer: str, n: dict[str, np.ndarray], folder: Path
) -> tuple[list[str], Path, int] | str:
    """Let the peer build its program; return its command, folder and number of spikes, or why not."""
    np.savez(folder / "network.npz", **n)
    done = subprocess.run(
        [python, str(PEERS / f"{peer}.py"), str(folder)], capture_output=True, text=True, cwd=folder
    )
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["no message"])[-1]
    answer = json.loads(done.stdout.strip().splitlines()[-1])
    return answer["command"], Path(answer["folder"]), int(answer["spikes"])


def compared(case: str, peer: str, python: str, n: dict[str, np.ndarray], repeats: int) -> dict | None:
    """Run ours and the peer in turn; return the row, or None with a line that says why not."""
    from cosim.reservoir import run

    reservoir, sample = prepared(n)
    step = float(n["step"])

    def ours():
        return run(reservoir, [sample], step=step, threads=1)

    ours()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = built(python, peer, n, folder)
        if isinstance(program, str):
            click.echo(f"{case:<50} {peer}: not measured ({program})")
            return None
        command, place, spikes = program
        mine, theirs = [], []
        for _ in range(repeats):
            mine.append(timed(ours))
            theirs.append(program_time(command, place))
    count = int(mine[0][2].counts.sum())
    difference = abs(count - spikes) / spikes
    if difference > 0.03:
        click.echo(f"{case:<50} {peer}: rates differ by {difference:.1%}: not comparable")
        return None
    cpu, wall = (statistics.median(row[i] for row in mine) for i in (0, 1))
    peer_cpu, peer_wall = (statistics.median(row[i] for row in theirs) for i in (0, 1))
    seconds = float(n["seconds"])
    rate = count / seconds / int(n["neurons"])
    click.echo(
        f"{case:<50} {peer:<8} ours {cpu / seconds * 1e3:8.2f} ms, peer "
        f"{peer_cpu / seconds * 1e3:8.2f} ms a second "
        f"of model time (CPU): {peer_cpu / cpu:6.1f}×; {rate:.1f} spikes/s a neuron, counts "
        f"differ by {difference:.2%}"
    )
    return {
        "case": case,
        "peer": peer,
        "ratio_cpu": peer_cpu / cpu,
        "ratio_wall": peer_wall / wall,
        "accuracy": difference,
    }


def scaling(n: dict[str, np.ndarray]) -> None:
    """Print what batches gain from two threads, and how cost grows with activity."""
    from cosim.encoding import events
    from cosim.reservoir import run

    reservoir, sample = prepared(n)
    short = events(sample.time[sample.time < 1.0], sample.channel[sample.time < 1.0], CHANNELS, 1.0)
    batch = [short] * 16
    step = float(n["step"])
    for threads in (1, 2):
        cpu, wall, _ = timed(lambda threads=threads: run(reservoir, batch, step=step, threads=threads))
        click.echo(
            f"batch of 16, {threads} thread(s): {wall / 16 * 1e3:.2f} ms wall, "
            f"{cpu / 16 * 1e3:.2f} ms CPU a sample"
        )
    for share in (0.0, 0.5, 1.0, 1.5, 2.0):
        picked = np.random.default_rng(1).random(short.count) < share / 2
        thin = events(short.time[picked], short.channel[picked], CHANNELS, 1.0)
        cpu, _, answer = timed(lambda thin=thin: run(reservoir, [thin] * 4, step=step, threads=1))
        rate = answer.rates().mean()
        click.echo(
            f"activity {rate:6.1f} spikes/s a neuron: {cpu / 4 * 1e3:7.2f} ms a second, "
            f"{answer.synaptic_events.mean():.3g} synaptic events"
        )


@click.command()
@click.option("--quick", is_flag=True, help="Only 1000 neurons of 17 synapses at 1 ms, at three activities.")
@click.option("--json", "output", type=click.Path(dir_okay=False, path_type=Path), help="Rows go there.")
@click.option("--brian2-python", default=sys.executable, help="Interpreter that imports Brian2.")
@click.option("--nest-python", default=sys.executable, help="Interpreter that imports NEST.")
def main(quick: bool, output: Path | None, brian2_python: str, nest_python: str) -> None:
    """Compare CPU time with the peers."""
    cases = [(1000, 1e-3, 10, GRID, drive) for drive in (DRIVE, LESS, LEAST)]
    if not quick:
        cases += [
            (1000, 1e-3, 10, DENSE, DRIVE),
            (1000, 1e-4, 4, GRID, DRIVE),
            (8000, 1e-3, 4, GRID, DRIVE),
            (8000, 1e-3, 4, GRID, LEAST),
            (8000, 1e-4, 1, GRID, DRIVE),
        ]
    rows = []
    for neurons, step, seconds, fan_out, drive in cases:
        n = network(neurons, step, seconds, fan_out, drive)
        case = f"{neurons} neurons, {step * 1e3:g} ms, {fan_out} synapses, inputs {drive:g}/s"
        for peer, python in (("brian2", brian2_python), ("nest", nest_python)):
            row = compared(case, peer, python, n, 3 if quick else 5)
            if row is not None:
                rows.append(row)
    scaling(network(1000, 1e-3, 1, GRID))
    if output is not None:
        output.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
