"""The code on the page runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from cosim.lockstep import Session
from cosim.spice import find_library

pytestmark = pytest.mark.skipif(find_library() is None, reason="libngspice is not installed")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "lockstep.md"


def test_the_examples_run():
    first, second = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict = {}
    exec(first, names)
    assert names["result"].pulse_times("Xneuron").size > 50
    exec(second, names)
    deck = "settling\nXs a settling\nR1 a 0 1k\n.tran 10n 5u\n"
    model = names["Settling"](target=1e-3, time_constant=1e-6)
    result = Session(deck).bind("Xs", model).run(maximum_step=10e-9)
    # Forward Euler in the page's model, held over a step: an error of a step at most.
    assert result["V(A)"] == pytest.approx(1.0 - np.exp(-result.time / 1e-6), abs=2e-2)
