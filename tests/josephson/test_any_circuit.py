"""Heaps of elements: every circuit that can be read runs, or says in our words why it does not."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from josephson.decks import MODEL

from cosim.errors import CosimError
from cosim.josephson import simulate
from cosim.netlist import flatten, parse

NODES = st.sampled_from(["0", "1", "2", "3", "4"])
VALUES = st.sampled_from(
    ["0", "1", "2.5", "-1", "1e-12", "1e-15", "1k", "1e12", "1p", "5p", "-2p", "1f", "1u"]
)
WAVES = st.sampled_from(
    ["dc 1m", "100u", "pwl(0 0 1p 100u)", "sin(0 1m 50g)", "pulse(0 1m 1p 0 0 1p 3p)", "sin(1 1 20g 1p 0 30)"]
)
NAMES = st.sampled_from(["R1", "L1", "C1", "B1", "V1", "I1", "E1", "R2", "L2", "B2", "T1", "H1"])


@st.composite
def cards(draw: st.DrawFn) -> str:
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 9))):
        kind = draw(st.sampled_from("RLCBKTVIPEFGHRLCB"))
        name, a, b = f"{kind}{1 + sum(line[0] == kind for line in lines)}", draw(NODES), draw(NODES)
        match kind:
            case "B":
                lines.append(f"{name} {a} {b} jj1 area={draw(st.sampled_from(['1', '0.3', '20']))}")
            case "K":
                lines.append(f"{name} L1 L2 {draw(st.sampled_from(['0.5', '-0.9', '0.999']))}")
            case "T":
                delay = draw(st.sampled_from(["1p", "0.3p"]))
                lines.append(f"{name} {a} {b} {draw(NODES)} {draw(NODES)} z0=5 td={delay}")
            case "V" | "I" | "P":
                lines.append(f"{name} {a} {b} {draw(WAVES)}")
            case "E" | "G":
                lines.append(f"{name} {a} {b} {draw(NODES)} {draw(NODES)} {draw(VALUES)}")
            case "F" | "H":
                lines.append(f"{name} {a} {b} {draw(NAMES)} {draw(VALUES)}")
            case "L":
                star = draw(st.sampled_from(["", "", " istar=50u"]))
                lines.append(f"{name} {a} {b} {draw(VALUES)}{star}")
            case _:
                lines.append(f"{name} {a} {b} {draw(VALUES)}")
    for name in draw(st.lists(NAMES, max_size=3)):
        lines.append(f".print {draw(st.sampled_from('vpi'))}({name})")
    return "\n".join([*lines, "R9 1 0 5", "R8 2 0 5", "R7 3 0 5", "R6 4 0 5", ".tran 0.1p 6p"])


@settings(max_examples=150)
@given(cards())
def test_any_circuit_runs_or_says_why_not(text: str) -> None:
    try:
        circuit = flatten(parse(MODEL + text), on_missing_probe=lambda error: None)
        result = simulate(circuit, step=0.1e-12)
    except CosimError:
        return
    assert result.status in ("completed", "failed", "inaccurate")
    if result.status == "completed":
        assert all(np.all(np.isfinite(signal)) for signal in result.signals.values())
        assert len(result.time) == 61
