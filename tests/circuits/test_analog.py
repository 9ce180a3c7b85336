"""The analog cells in ngspice: against closed forms, against `cosim.devices` and `cosim.crossbar`."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from cosim.circuits.analog import (
    SEDRA_SMITH_500NM,
    AmplifierParameters,
    AxonHillockParameters,
    CellParameters,
    LifParameters,
    LineParameters,
    amplifier,
    analog_deck,
    axon_hillock,
    cold,
    definitions,
    lif,
    memristor,
    one_transistor_array,
    one_transistor_cell,
)
from cosim.crossbar import Crossbar, Drive, Lines, Transistor, solve, solve_transistors
from cosim.devices import (
    BENGEL_2020,
    JIANG_2016,
    KVATINSKY_2015,
    STRUKOV_2008,
    YAKOPCIC_2013,
    DeviceModel,
    LinearDrift,
    apply_pulse,
    conductance,
)
from cosim.errors import NetlistError
from cosim.results import Result
from cosim.spice import available, simulate

needs_ngspice = pytest.mark.skipif(available() is None, reason="ngspice is not installed")

WINDOWED = LinearDrift(on_resistance=100, off_resistance=16e3, thickness=10e-9, mobility=1e-14, window=2)
#: Device, a voltage at which it moves, a width in which it moves a part of its range.
DEVICES = {
    "strukov": (STRUKOV_2008, 1.0, 4e-2),
    "windowed": (WINDOWED, 1.0, 4e-2),
    "kvatinsky": (KVATINSKY_2015, -0.5, 2e-11),
    "yakopcic": (YAKOPCIC_2013, 0.3, 3e-4),
    "jiang": (JIANG_2016, 1.4, 2e-9),
    "bengel": (BENGEL_2020, -0.75, 2e-7),
}


def bounds_of(device: DeviceModel) -> tuple[float, float]:
    """Of one device."""
    low, high = device.bounds
    return float(np.asarray(low)), float(np.asarray(high))


def rising(result: Result, signal: str, level: float) -> np.ndarray:
    """Instants at which a signal rises through `level`, between its points by a straight line."""
    time, value = result.time, result[signal]
    at = np.flatnonzero((value[:-1] < level) & (value[1:] >= level))
    return time[at] + (level - value[at]) / (value[at + 1] - value[at]) * (time[at + 1] - time[at])


@needs_ngspice
@pytest.mark.parametrize("name", DEVICES)
def test_a_device_follows_its_pulses(name: str):
    """Pulses of both signs and four heights; state and current at eight instants of each."""
    device, voltage, width = DEVICES[name]
    low, high = bounds_of(device)
    edge = 1e-4 * width
    corners, instants, expected = [(0.0, 0.0)], [], []
    time, state = 0.1 * width, low + 0.4 * (high - low)
    for level, length in [
        (voltage, 1),
        (0, 0.5),
        (-voltage, 0.5),
        (0.8 * voltage, 1),
        (-1.5 * voltage, 0.25),
    ]:
        corners += [(time, corners[-1][1]), (time + edge, level)]
        for _ in range(8):
            state = float(apply_pulse(device, state, level, length * width / 8, tolerance=1e-9))
            time += length * width / 8
            instants.append(time + edge / 2)
            expected.append(state)
    wave = " ".join(f"{t!r} {v!r}" for t, v in corners)
    cell = memristor(device, initial=0.4)
    cards = [f"V1 a 0 pwl({wave})", cell.instance("1", "a", "0", "x")]
    text = analog_deck(name, [cell], cards, stop=time, step=width / 100, options="reltol=1e-5 abstol=1e-15")
    result = simulate(text)
    share = (np.asarray(expected) - low) / (high - low)
    found = np.interp(instants, result.time, result["V(X)"])
    assert np.ptp(share) > 0.05, "the pulses should move the state"
    assert found == pytest.approx(share, abs=5e-4)
    current = device.current(low + (high - low) * result["V(X)"], result["V(A)"])
    assert -result["I(V1)"] == pytest.approx(current, abs=1e-4 * np.abs(current).max())


@needs_ngspice
@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("sign", [1, -1])
def test_no_voltage_takes_a_state_past_its_bounds(name: str, sign: int):
    device, voltage, width = DEVICES[name]
    cell = memristor(device)
    level = 2 * sign * voltage
    cards = [
        f"V1 a 0 pwl(0 0 {width!r} {level!r} {20 * width!r} {level!r})",
        cell.instance("1", "a", "0", "x", parameters={"initial": 0.3}),
    ]
    result = simulate(analog_deck("strong", [cell], cards, stop=30 * width))
    assert result["V(X)"][0] == pytest.approx(0.3)
    assert result["V(X)"].min() > -1e-5 and result["V(X)"].max() < 1 + 1e-5
    low, high = bounds_of(device)
    end = (float(apply_pulse(device, low + 0.3 * (high - low), level, 20 * width)) - low) / (high - low)
    assert result["V(X)"][-1] == pytest.approx(end, abs=0.02)


@needs_ngspice
@pytest.mark.parametrize("current", [1.2e-6, 2e-6, 5e-6])
def test_the_behavioural_neuron_fires_when_its_closed_form_says(current: float):
    parameters = LifParameters()
    cell = lif(parameters)
    cards = [f"I1 0 m {current!r}", cell.instance("1", "m", "out")]
    for step, tolerance in [(parameters.refractory / 40, 1.2e-2), (parameters.refractory / 200, 5e-3)]:
        result = simulate(analog_deck("neuron", [cell], cards, stop=6.5 * 2.2e-7, step=step))
        intervals = np.diff(rising(result, "V(OUT)", 0.5))
        assert len(intervals) >= 5
        assert intervals == pytest.approx(parameters.period(current), abs=tolerance * parameters.refractory)
    assert math.isinf(parameters.period(1e-6))


@needs_ngspice
def test_the_behavioural_neuron_is_silent_below_its_threshold():
    cell = lif()
    cards = ["I1 0 m 0.95u", cell.instance("1", "m", "out")]
    result = simulate(analog_deck("neuron", [cell], cards, stop=2e-6, step=2e-9))
    assert result["V(OUT)"].max() == 0 and result["V(M)"][-1] == pytest.approx(0.095, rel=1e-3)


@needs_ngspice
@pytest.mark.parametrize("current", [1e-6, 3e-6])
def test_the_cmos_neuron_s_interval_is_charge_over_current(current: float):
    """Within 8 %: transistors load the membrane, and the inverters need time."""
    parameters = AxonHillockParameters()
    cell, supply = axon_hillock(parameters), SEDRA_SMITH_500NM.supply
    cards = [
        f"I1 0 m {current!r}", f"Vd d 0 {supply}", "Vp p 0 0.9",
        cell.instance("1", "m", "out", "d", "p"),
    ]  # fmt: skip
    stop = 10e-12 / current
    result = simulate(analog_deck("neuron", [cell], cards, stop=stop, step=stop / 1000))
    begin, middle = rising(result, "V(OUT)", supply / 2), supply / 2
    falls = np.flatnonzero((result["V(OUT)"][:-1] > middle) & (result["V(OUT)"][1:] <= middle))
    ends = result.time[falls]
    count = min(len(begin) - 1, len(ends))
    assert count >= 3
    assert begin[1 : count + 1] - ends[:count] == pytest.approx(
        parameters.interval(current, supply), rel=0.08
    )
    assert supply * 0.99 < result["V(OUT)"].max() < supply * 1.1


@needs_ngspice
def test_transistors_have_the_triode_of_their_cards():
    """On-resistance at small voltage: 1 / (µ Cox W / (L − 2 LD) (Vgs − Vt)); level 1 adds λ only."""
    for process in (SEDRA_SMITH_500NM, cold(SEDRA_SMITH_500NM)):
        n = process.nmos
        text = (
            f"on\n{n.card}\nVg g 0 3.3\nVd d 0 pulse(0 1m 0 1p 1p 1 2)\n"
            f"M1 d g 0 0 {n.name} w=4u l=0.5u\n.tran 1n 1u\n"
        )
        drive = 3.3 - n.parameters["vto"]
        length = 0.5e-6 - 2 * n.parameters["ld"]
        expected = 1e-3 * n.transconductance() * 4e-6 / length * drive
        assert -simulate(text)["I(VD)"][-1] == pytest.approx(expected, rel=2e-3)
    warm, chill = SEDRA_SMITH_500NM.nmos, cold(SEDRA_SMITH_500NM).nmos
    assert chill.parameters["vto"] == pytest.approx(warm.parameters["vto"] + 0.15)
    assert chill.parameters["uo"] == 2 * warm.parameters["uo"]


@needs_ngspice
def test_the_select_transistor_limits_the_current_of_a_cell_that_turns_on():
    """Set from the largest gap: the gate decides how far it closes; a closed gate leaves it alone."""
    cell = one_transistor_cell(JIANG_2016, CellParameters(width=1e-6), initial=1.0)
    ends, peaks = [], []
    for gate in (0.0, 1.4, 2.0, 3.3):
        cards = [
            f"Vg w 0 {gate}", "Vb b 0 pulse(0 2.2 1n 0.1n 0.1n 50n 1)", "Vs 0 s 0",
            cell.instance("1", "b", "w", "s", "x"),
        ]  # fmt: skip
        result = simulate(analog_deck("set", [cell], cards, stop=50e-9, step=0.2e-9))
        ends.append(result["V(X)"][-1])
        peaks.append(np.abs(result["I(VS)"][result.time > 2e-9]).max())
    assert ends[0] == pytest.approx(1.0, abs=1e-6) and ends == sorted(ends, reverse=True)
    assert ends[2] < 0.95 and ends[3] < 0.8
    n = SEDRA_SMITH_500NM.nmos
    factor = n.transconductance() / 2 * 1e-6 / (0.5e-6 - 2 * n.parameters["ld"])
    saturation = factor * (1.4 - n.parameters["vto"]) ** 2
    assert saturation < peaks[1] < saturation * (1 + 2.2 * n.parameters["lambda"])
    assert peaks[0] < 1e-9


@needs_ngspice
def test_an_array_reads_as_the_crossbar_solver_says():
    """Line resistance of cells with transistors: each cell's conductance is that of the device in series
    with its transistor, measured alone."""
    cell = one_transistor_cell(JIANG_2016)
    states = np.random.default_rng(1).uniform(0.1, 0.6, (3, 4))
    lines = LineParameters(bit_resistance=20.0, source_resistance=10.0)
    array = one_transistor_array(cell, states, lines)
    inputs = np.array([0.05, 0.1, 0.02, 0.08])
    nodes = [f"{kind}{k + 1}" for kind, count in (("w", 3), ("b", 4), ("s", 3)) for k in range(count)]
    cards = [f"Vw{i} w{i} 0 3.3" for i in (1, 2, 3)] + [f"Vs{i} 0 s{i} 0" for i in (1, 2, 3)]
    cards += [f"Vb{j + 1} b{j + 1} 0 {float(v)!r}" for j, v in enumerate(inputs)]
    result = simulate(analog_deck("array", [array], [*cards, array.instance("1", *nodes)], stop=1e-9))
    read = np.array([result[f"I(VS{i})"][-1] for i in (1, 2, 3)])
    n = SEDRA_SMITH_500NM.nmos
    on = n.transconductance() * 4e-6 / (0.5e-6 - 2 * n.parameters["ld"]) * (3.3 - n.parameters["vto"])
    low, high = bounds_of(JIANG_2016)
    device = conductance(JIANG_2016, low + states * (high - low), 0.05)
    bars = Crossbar(
        conductance=1 / (1 / device + 1 / on),
        word_lines=Lines(segment=10.0),
        bit_lines=Lines(segment=20.0, near=0.0, far=np.inf),
    )
    expected = -solve(bars, Drive(top=inputs)).currents.left[0]
    assert np.abs(read) == pytest.approx(np.abs(expected), rel=0.01)
    ideal = (1 / (1 / device + 1 / on)) @ inputs
    assert np.abs(read / ideal - 1).max() > 0.05, "the lines should matter"


@needs_ngspice
@pytest.mark.parametrize("gate", [1.0, 1.3, 3.3])
def test_transistors_in_saturation_and_triode_agree_with_the_array_solver(gate: float):
    """Without λ and body effect, which the solver has in another form or not at all."""
    plain = {**SEDRA_SMITH_500NM.nmos.parameters, "lambda": 0.0, "gamma": 0.0}
    process = replace(SEDRA_SMITH_500NM, nmos=replace(SEDRA_SMITH_500NM.nmos, parameters=plain))
    cell = one_transistor_cell(STRUKOV_2008, process=process)
    states = np.random.default_rng(2).uniform(0.5, 0.98, (3, 4))
    lines = LineParameters(bit_resistance=20.0, source_resistance=10.0)
    array = one_transistor_array(cell, states, lines)
    inputs = np.array([0.6, 1.0, 0.3, 0.8])
    nodes = [f"{kind}{k + 1}" for kind, count in (("w", 3), ("b", 4), ("s", 3)) for k in range(count)]
    cards = [f"Vw{i} w{i} 0 {gate}" for i in (1, 2, 3)] + [f"Vs{i} 0 s{i} 0" for i in (1, 2, 3)]
    cards += [f"Vb{j + 1} b{j + 1} 0 {float(v)!r}" for j, v in enumerate(inputs)]
    result = simulate(analog_deck("array", [array], [*cards, array.instance("1", *nodes)], stop=1e-9))
    read = np.array([abs(result[f"I(VS{i})"][-1]) for i in (1, 2, 3)])
    # The solver's word lines meet the devices, its bit lines the sources.
    bars = Crossbar(
        conductance=conductance(STRUKOV_2008, states).T,
        word_lines=Lines(segment=20.0),
        bit_lines=Lines(segment=10.0, near=0.0, far=np.inf),
    )
    transistor = Transistor(
        threshold=plain["vto"],
        transconductance=process.nmos.transconductance() * 4e-6 / (0.5e-6 - 2 * plain["ld"]),
        channel_modulation=0.0,
    )
    found = solve_transistors(bars, transistor, gate, Drive(left=inputs), along="columns")
    assert found.converged
    assert read == pytest.approx(np.abs(found.currents.top[0]), rel=1e-4)


@needs_ngspice
def test_the_amplifier_has_its_gain_pole_limit_and_noise():
    parameters = AmplifierParameters(noise_density=0.2e-9)
    quiet, noisy = amplifier(), amplifier(parameters, name="NOISY")
    pole = 1 / (2 * math.pi * parameters.bandwidth)
    cards = ["V1 i 0 pulse(0 1m 1n 1f 1f 1 2)", quiet.instance("1", "i", "o"), "R1 o 0 1e9"]
    step = simulate(analog_deck("step", [quiet], cards, stop=1e-9 + 12 * pole, step=pole / 100))
    assert step["V(O)"][-1] == pytest.approx(0.02, rel=1e-3)
    assert np.interp(1e-9 + pole, step.time, step["V(O)"]) == pytest.approx(
        0.02 * (1 - math.exp(-1)), rel=2e-3
    )
    assert -step["I(V1)"][-1] == pytest.approx(1e-3 / parameters.input_resistance, rel=1e-6)
    cards = ["V1 i 0 1", quiet.instance("1", "i", "o"), "R1 o 0 50"]
    assert simulate(analog_deck("limit", [quiet], cards, stop=1e-8))["V(O)"][-1] == pytest.approx(0.5)
    cards = ["V1 i 0 0", noisy.instance("1", "i", "o"), "R1 o 0 1e9"]
    stop = 2000 * pole
    noise = simulate(analog_deck("noise", [noisy], cards, stop=stop, step=parameters.noise_step))
    even = np.interp(np.linspace(0.02 * stop, stop, 20000), noise.time, noise["V(O)"])
    # About 2000/2 independent values: a relative error of 1/√2000; five of them.
    assert even.std() == pytest.approx(parameters.output_noise, rel=0.12)


def test_what_cannot_be_is_named():
    cell = memristor(KVATINSKY_2015)
    with pytest.raises(NetlistError, match="ports p n x, got nodes a b"):
        cell.instance("1", "a", "b")
    with pytest.raises(NetlistError, match="no parameter 'start'; it has initial"):
        cell.instance("1", "a", "b", "x", parameters={"start": 0.1})
    with pytest.raises(NetlistError, match=r"initial 1\.5"):
        memristor(KVATINSKY_2015, initial=1.5)
    with pytest.raises(NetlistError, match="float has no netlist twin; known: LinearDrift"):
        memristor(1.0)  # type: ignore[arg-type]
    with pytest.raises(NetlistError, match="two different cells are named MEMRISTOR"):
        definitions((cell, memristor(YAKOPCIC_2013)))
    with pytest.raises(NetlistError, match=r"shape \(2,\): expected a matrix"):
        one_transistor_array(one_transistor_cell(KVATINSKY_2015), [0.1, 0.2])
    with pytest.raises(NetlistError, match="expected bl wl sl x"):
        one_transistor_array(cell, [[0.1]])
    with pytest.raises(NetlistError, match="above 0"):
        lif(LifParameters(threshold=0.0))


def test_definitions_are_written_once_parts_first():
    cell = one_transistor_cell(JIANG_2016)
    text = definitions((one_transistor_array(cell, [[0.1, 0.2]]), cell, axon_hillock()))
    heads = [line.split()[1] for line in text.splitlines() if line.startswith(".subckt")]
    assert heads == ["CELL_DEVICE", "CELL", "ARRAY", "AXONHILLOCK"]
    assert text.count(".model NMOS500 ") == 1
    assert max(map(len, text.splitlines())) < 1000
