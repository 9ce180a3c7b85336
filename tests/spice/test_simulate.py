"""Runs of ngspice: right answers, and every way in which a run can go wrong."""

from __future__ import annotations

import contextlib
import math
import os
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from cosim.constants import FLUX_QUANTUM
from cosim.errors import DependencyError, NetlistError, SimulationError
from cosim.spice import Limits, available, how_to_install, simulate
from cosim.spice.cards import spice_number

needs_ngspice = pytest.mark.skipif(available() is None, reason="ngspice is not installed")

RC = """charging
.param r=1k
+ c = 1n
.subckt cell a b r=2k
R1 a m {r}
L1 m b 1p
.ends
V1 in 0 pulse(0 1 0 1p 1p 1 2)
X1 in out cell r={r}
C1 out 0 {c}
.tran 10n 5u uic
"""

JUNCTION = f"""one junction, driven over its critical current
.subckt jj a b phase
B1 a b i=0.1m*sin(v(phase))
R1 a b 4
C1 a b 0.05p
G1 0 phase a b 1
C2 phase 0 {FLUX_QUANTUM / (2 * math.pi)!r} ic=0
R2 phase 0 1e15
.ends
I1 0 1 pwl(0 0 5p 0.15m)
X1 1 0 p jj
.tran 0.05p 100p 0 0.05p uic
"""


@dataclass
class Rendered:
    text: str
    probes: dict[str, str]
    units: dict[str, str] = field(default_factory=dict)


@needs_ngspice
def test_an_rc_circuit_charges_as_it_must():
    result = simulate(RC, maximum_step=2e-9)
    assert result.status == "completed" and result.time[-1] == pytest.approx(5e-6)
    assert result["v(out)"] == pytest.approx(1.0 - np.exp(-result.time / 1e-6), abs=2e-5)
    assert result.units["V(OUT)"] == "V" and result["V(M.X1)"].shape == result.time.shape
    assert result.units["I(L1|X1)"] == "A"
    assert result.provenance["ngspice_version"] == available()
    assert ".tran 10n 5u 0" in str(result.provenance["netlist"])


@needs_ngspice
def test_parameters_and_stop_are_overridden():
    result = simulate(RC, parameters={"R": 500.0, "c": 2e-9}, stop=2e-6, maximum_step=1e-9)
    assert result.time[-1] == pytest.approx(2e-6)
    assert result["v(out)"] == pytest.approx(1.0 - np.exp(-result.time / 1e-6), abs=2e-5)
    with pytest.raises(NetlistError, match="'rr'; did you mean 'r'"):
        simulate(RC, parameters={"rr": 1.0})


@needs_ngspice
def test_a_rendered_deck_gives_its_labels_and_slips():
    probes = {"P(B1|X1)": "p", "V(1,0)": "v(1,0)", "V(0,1)": "v(0,1)"}
    result = simulate(Rendered(JUNCTION, probes, {"P(B1|X1)": "rad"}))
    assert list(result.signals) == list(probes) and result.units["P(B1|X1)"] == "rad"
    assert np.diff(result.time).max() <= 5.001e-14
    slips = result.pulse_times("b1.x1")
    mean = np.trapezoid(result["V(1,0)"], result.time)
    assert result["P(B1|X1)"][-1] == pytest.approx(mean * 2 * math.pi / FLUX_QUANTUM, rel=1e-3)
    assert slips.size == round(mean / FLUX_QUANTUM) > 10
    assert result["V(0,1)"] == pytest.approx(-result["V(1,0)"])
    coarse = simulate(Rendered(JUNCTION, probes), maximum_step=2e-13)
    assert coarse.time.size < result.time.size


@needs_ngspice
def test_a_probe_that_was_not_saved_is_named():
    with pytest.raises(SimulationError, match=r"no vector 'pp'.*\.save"):
        simulate(Rendered(JUNCTION, {"P(B1|X1)": "pp"}))


@needs_ngspice
def test_a_file_may_include_from_its_folder(tmp_path):
    (tmp_path / "deck.cir").write_text("t\n.include parts.inc\nV1 1 0 1\n.tran 1n 10n\n")
    (tmp_path / "parts.inc").write_text("R1 1 0 1k\n")
    assert simulate(tmp_path / "deck.cir").time[-1] == pytest.approx(10e-9)
    with pytest.raises(NetlistError, match="No such file"):
        simulate(tmp_path / "none.cir")


BROKEN = {
    "syntax": ("t\nV1 1 0 1\nR1 1 0 xyz\nQzz\n.tran 1n 10n\n", SimulationError, "xyz"),
    "undefined parameter": ("t\nV1 1 0 1\nR1 1 0 {nope}\n.tran 1n 10n\n", SimulationError, "nope"),
    "missing subcircuit": ("t\nV1 1 0 1\nX1 1 0 nope\n.tran 1n 10n\n", SimulationError, "nope"),
    "singular": ("t\nV1 1 0 1\nV2 1 0 2\n.tran 1n 10n\n", SimulationError, "singular"),
    "no points": ("t\nV1 1 0 1\nB1 2 0 v=ln(-v(1))\nR1 2 0 1\n.tran 1n 10n\n", SimulationError, "failed"),
    "no transient": ("t\nV1 1 0 1\nR1 1 0 1\n.op\n", SimulationError, "no .tran"),
    "two transients": ("t\nR1 1 0 1\n.tran 1n 2n\n.tran 1n 3n\n", NetlistError, "second"),
    "short transient": ("t\nR1 1 0 1\n.tran 1n\n", NetlistError, "1 times"),
    "transient that ends before it starts": ("t\nR1 1 0 1\n.tran 1n -2n\n", NetlistError, "ends"),
    "empty": ("", SimulationError, "no .tran"),
    "title only": (".tran 1n 2n\n", SimulationError, "no .tran"),
    "binary": ("t\n" + "\x01\x02\xff" * 50 + "\n.tran 1n 2n\n", SimulationError, "ngspice failed"),
    "unclosed subcircuit": ("t\n.subckt a b\nR1 b 0 1\n.tran 1n 2n\n", SimulationError, "ngspice failed"),
    "recursive subcircuit": (
        "t\n.subckt a b\nX1 b a\n.ends\nX1 1 a\nV1 1 0 1\n.tran 1n 2n\n",
        SimulationError,
        "ngspice failed",
    ),
}


@needs_ngspice
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_deck_is_a_one_line_error_with_last_words(name):
    text, error, says = BROKEN[name]
    with pytest.raises(error, match=says) as caught:
        simulate(text, time_limit=20.0)
    assert "\n" not in str(caught.value)


LONG = "t\nV1 1 0 sin(0 1 1g)\nR1 1 0 1\n.tran 1p 1\n"


def leftovers() -> set[str]:
    return {name for name in os.listdir(tempfile.gettempdir()) if name.startswith("cosim-ngspice-")}


def working_in(folder: Path) -> list[str]:
    """Return the processes whose working folder lies in `folder` (Linux only)."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if os.readlink(link).startswith(str(folder)):
                found.append(str(link))
    return found


@needs_ngspice
def test_a_run_that_takes_too_long_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    started = time.perf_counter()
    with pytest.raises(SimulationError, match="stopped after"):
        simulate(LONG, time_limit=1.0)
    assert time.perf_counter() - started < 10.0
    result = simulate(LONG, time_limit=1.0, check=False)
    assert result.status == "failed" and "stopped after" in result.message
    assert result.time.size > 0 and result["v(1)"].size == result.time.size
    assert leftovers() == set() and working_in(tmp_path) == []


@needs_ngspice
@pytest.mark.parametrize(
    ("method", "limits"),
    [
        ("library", Limits(wall_time=20.0, memory=2**20)),
        ("program", Limits(wall_time=20.0, memory=2**20)),
        ("program", Limits(wall_time=20.0, file_size=2**20)),
    ],
)
def test_limits_on_memory_and_files_hold(method, limits):
    result = simulate(LONG.replace("1p 1", "1p 10u"), limits=limits, check=False, method=method)
    assert result.status == "failed"


@needs_ngspice
def test_ngspice_that_quits_is_a_failure():
    text = RC + ".control\nquit\n.endc\n"
    with pytest.raises(SimulationError, match="told to quit"):
        simulate(text, allow_control=True)


@needs_ngspice
def test_an_interrupt_kills_the_run_and_cleans_up(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def interrupt() -> None:
        import _thread

        _thread.interrupt_main()

    timer = threading.Timer(0.7, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        simulate(LONG, time_limit=60.0)
    timer.join()
    assert leftovers() == set() and working_in(tmp_path) == []


@needs_ngspice
def test_the_user_s_startup_file_is_not_read(tmp_path, monkeypatch):
    proof = tmp_path / "proof"
    (tmp_path / ".spiceinit").write_text(f"shell touch {proof}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SPICE_SCRIPTS", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    simulate(RC)
    assert not proof.exists()


def test_without_ngspice_the_message_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("COSIM_NGSPICE", str(tmp_path / "none"))
    assert available() is None
    assert "apt install ngspice" in how_to_install()
    with pytest.raises(DependencyError, match="install"):
        simulate(RC)
    impostor = tmp_path / "impostor"
    impostor.write_text("#!/bin/sh\necho something else\n")
    impostor.chmod(0o755)
    monkeypatch.setenv("COSIM_NGSPICE", str(impostor))
    assert available() is None
    with pytest.raises(DependencyError, match="version"):
        simulate(RC)


@pytest.mark.parametrize("stop", [0.0, -1.0, math.inf, math.nan])
def test_times_must_be_positive(stop):
    with pytest.raises(SimulationError, match="positive"):
        simulate(RC, stop=stop)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.05p", 5e-14),
        ("1meg", 1e6),
        ("10ns", 1e-8),
        ("1e-3k", 1.0),
        (".5", 0.5),
        ("{x}", None),
        ("p", None),
    ],
)
def test_spice_numbers(text, value):
    assert spice_number(text) == (None if value is None else pytest.approx(value))
