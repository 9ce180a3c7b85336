"""Write `netlists/analog/*.cir`: the analog cells, each on a bench of its own, for ngspice.

    python scripts/analog_decks.py

`tests/circuits/test_analog_decks.py` keeps the files in step with this script and runs them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from cosim.circuits import assemble, drive, jtl, sfq_dc, source
from cosim.circuits.analog import (
    SEDRA_SMITH_500NM,
    AmplifierParameters,
    LifParameters,
    LineParameters,
    Process,
    amplifier,
    analog_deck,
    axon_hillock,
    beside,
    cold,
    lif,
    memristor,
    one_transistor_array,
    one_transistor_cell,
)
from cosim.devices import JIANG_2016, KVATINSKY_2015, STRUKOV_2008, YAKOPCIC_2013, DeviceModel

FOLDER = Path(__file__).resolve().parent.parent / "netlists" / "analog"


def loop(title: str, device: DeviceModel, amplitude: float, period: float) -> str:
    """Two periods of a sine: the pinched loop of current against voltage."""
    cell = memristor(device, name="DEVICE", initial=0.5)
    cards = [f"V1 a 0 sin(0 {amplitude!r} {1 / period!r})", cell.instance("1", "a", "0", "x")]
    return analog_deck(title, [cell], cards, stop=2 * period, step=period / 500, options="reltol=1e-4")


def behavioural_neuron() -> str:
    cell = lif(LifParameters())
    cards = ["I1 0 m pwl(0 0.8u 1u 0.8u 1.001u 1.5u 2u 1.5u 2.001u 4u)", cell.instance("1", "m", "out")]
    return analog_deck("Leaky neuron: silent, slow, fast", [cell], cards, stop=3e-6, step=0.5e-9)


def cmos_neuron(title: str, process: Process) -> str:
    cell = axon_hillock(process=process)
    reset = process.nmos.parameters["vto"] + 0.2
    cards = [
        "I1 0 m 2u",
        f"Vd d 0 {process.supply}",
        f"Vp p 0 {reset:.3g}",
        cell.instance("1", "m", "out", "d", "p"),
    ]
    return analog_deck(title, [cell], cards, stop=5e-6, step=5e-9)


def one_cell() -> str:
    """Set, read, reset, read."""
    cell = one_transistor_cell(JIANG_2016, initial=0.9)
    cards = [
        "Vb b 0 pwl(0 0 1n 0 1.1n 2 30n 2 30.1n 0 34n 0 34.1n 0.1 38n 0.1 38.1n 0 74n 0 74.1n 0.1 78n 0.1)",
        "Vs s 0 pwl(0 0 40n 0 40.1n 2 70n 2 70.1n 0)",
        "Vw w 0 pwl(0 1.6 38n 1.6 38.1n 3.3)",
        cell.instance("1", "b", "w", "s", "x"),
    ]
    return analog_deck("1T1R cell: set, read, reset, read", [cell], cards, stop=80e-9, step=0.1e-9)


def array() -> str:
    """Read of 3 × 4 cells, their lines with resistance."""
    cell = one_transistor_cell(JIANG_2016)
    states = 0.1 + 0.5 * np.random.default_rng(1).random((3, 4)).round(3)
    whole = one_transistor_array(cell, states, LineParameters(bit_resistance=20.0, source_resistance=10.0))
    nodes = [f"{kind}{k}" for kind, count in (("w", 3), ("b", 4), ("s", 3)) for k in range(1, count + 1)]
    cards = [f"Vw{i} w{i} 0 3.3" for i in (1, 2, 3)] + [f"Vs{i} 0 s{i} 0" for i in (1, 2, 3)]
    cards += [f"Vb{j} b{j} 0 {level}" for j, level in enumerate((0.05, 0.1, 0.02, 0.08), start=1)]
    cards.append(whole.instance("1", *nodes))
    return analog_deck("Array of 3 x 4 1T1R cells with line resistance", [whole], cards, stop=1e-9)


def converter() -> str:
    """Three pulses: the level goes up, down, up."""
    feed, line, cell = source(), jtl(), sfq_dc()
    statements = [
        drive("Iin", "i", [100e-12, 900e-12, 1700e-12]),
        feed.instance("Xs", "i", "w"),
        line.instance("Xj", "w", "a"),
        cell.instance("Xc", "a", "q"),
    ]
    deck = assemble((feed, line, cell), statements, stop=2.5e-9, description="SFQ/DC converter and amplifier")
    stage = amplifier(AmplifierParameters())
    cards = [stage.instance("amp", "q", "o"), "Rload o 0 1meg"]
    signals = {"V(Q)": "v(q)", "V(O)": "v(o)"}
    return beside(deck, [stage], cards, signals, maximum_step=0.1e-12, phases=["BI|XC"]).text


def mixed() -> str:
    """A deck that `cosim run` takes to lock-step."""
    first, second = (
        amplifier(name="FIRST"),
        amplifier(AmplifierParameters(input_resistance=10e3), name="SECOND"),
    )
    device = memristor(JIANG_2016, name="CELL", initial=0.6)
    fire = lif(LifParameters(capacitance=50e-15, leak_resistance=40e3, threshold=20e-3, refractory=0.3e-9))
    cards = [
        "*cosim: bind Xsfq SfqNeuron cell=2,0,1 inputs=0 trains=0:0.1n,0.9n,2.5n;1:1.7n,3.3n "
        "output_level=0.3343m output_resistance=3.5 edge=2p rise_delay=8p fall_delay=5p",
        "Xsfq q sfq_neuron",
        first.instance("f", "q", "g"),
        second.instance("g", "g", "h"),
        device.instance("m", "h", "m", "x"),
        fire.instance("lif", "m", "out"),
    ]
    return analog_deck(
        "SFQ neuron, SFQ/DC, amplifier, resistive cell, analog neuron: cosim run mixed.cir",
        [first, second, device, fire], cards, stop=4e-9, step=2e-12,
    )  # fmt: skip


DECKS: dict[str, Callable[[], str]] = {
    "linear_drift": lambda: loop("Linear ion drift, Strukov 2008", STRUKOV_2008, 1.0, 0.5),
    "vteam": lambda: loop("VTEAM, Kvatinsky 2015", KVATINSKY_2015, 0.5, 2e-10),
    "yakopcic": lambda: loop("Yakopcic 2013, first set", YAKOPCIC_2013, 0.45, 2e-3),
    "stanford_pku": lambda: loop("Stanford-PKU, Jiang 2016", JIANG_2016, 1.6, 2e-7),
    "lif": behavioural_neuron,
    "axon_hillock": lambda: cmos_neuron("Axon hillock, 0.5 um CMOS", SEDRA_SMITH_500NM),
    "axon_hillock_4k": lambda: cmos_neuron("Axon hillock, card estimated for 4 K", cold(SEDRA_SMITH_500NM)),
    "one_transistor_cell": one_cell,
    "one_transistor_array": array,
    "sfq_dc_amplifier": converter,
    "mixed": mixed,
}


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    for name, make in DECKS.items():
        (FOLDER / f"{name}.cir").write_text(make(), encoding="utf-8")
        print(FOLDER / f"{name}.cir")


if __name__ == "__main__":
    main()
