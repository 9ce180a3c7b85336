"""Speed of the behavioural twin against the circuit, at the agreement that it reaches.

    python scripts/bench/twin.py [--quick] [--json]

The same pattern sequences of the XOR network run as events and, junction by junction, in our engine
(batches of 16) and in ngspice where it is installed. One thread everywhere; ratios count.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import click
import numpy as np

from cosim.josephson import simulate, simulate_batch
from cosim.mapping import bench, event_network, map_to_sfq
from cosim.netlist import flatten
from cosim.network import read_nir
from cosim.spiking import Pulses, run

NETWORK = Path(__file__).resolve().parents[2] / "netlists" / "networks" / "xor_221.nir"


def seconds(call, repeats: int) -> float:
    """Shortest time of some calls, after one that compiles."""
    call()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


def measure(quick: bool) -> dict[str, float]:
    """Wall time a sequence of four patterns, and the largest difference of arrival times."""
    design = map_to_sfq(read_nir(NETWORK))
    patterns = np.array([[0, 1], [1, 0], [1, 1], [0, 0]])
    network = event_network(design)
    samples = 500 if quick else 5000
    pulses = Pulses.slots(np.repeat(patterns[None], samples, axis=0), design.period)
    repeats = 1 if quick else 3
    bare = seconds(lambda: run(network, pulses, guard=0.0), repeats) / samples
    guarded = seconds(lambda: run(network, pulses), repeats) / samples
    desk = bench(design, patterns)
    circuit = flatten(desk.deck)
    single = seconds(lambda: simulate(circuit), repeats)
    batch = seconds(lambda: simulate_batch([circuit] * 16, threads=1), repeats) / 16
    twin_counts = run(network, Pulses.slots(patterns[None], design.period), guard=0.0).counts()[0]
    result = simulate(circuit)
    counts = [len(result.pulse_times(name)) for name in desk.neuron_junctions if name]
    found = {
        "twin_us": bare * 1e6,
        "twin_with_guard_us": guarded * 1e6,
        "josephson_single_us": single * 1e6,
        "josephson_batch_us": batch * 1e6,
        "ratio_to_single": single / bare,
        "ratio_to_batch": batch / bare,
        "samples_per_second": 1.0 / bare,
        "equal_counts": float(np.array_equal(twin_counts, counts)),
    }
    from cosim import spice

    if spice.available() is not None:
        other = seconds(lambda: spice.simulate(desk.deck), 1)
        found |= {"ngspice_us": other * 1e6, "ratio_to_ngspice": other / bare}
    return found


@click.command()
@click.option("--quick", is_flag=True, help="A few seconds.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def main(quick: bool, as_json: bool) -> None:
    """Print the figures."""
    found = measure(quick)
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, value in found.items():
        click.echo(f"{name:24s} {value:14.1f}")
    if "ngspice_us" not in found:
        click.echo("ngspice is not installed and was not measured")


if __name__ == "__main__":
    main()
