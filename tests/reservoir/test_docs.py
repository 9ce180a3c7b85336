"""The example on the page about reservoirs runs and learns."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reservoirs.md"


def test_the_pages_example_classifies() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    names: dict = {}
    exec(compile(code, str(PAGE), "exec"), names)
    states = names["features"](names["answer"].counts[30:])
    assert names["readout"].score(states, names["classes"][30:]) >= 0.7
