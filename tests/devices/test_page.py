"""The page on devices: its example runs, its files are what the readers take."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from shared_data import REPOSITORY

from cosim.crossbar.programming import read_pulses
from cosim.devices import read_curves

PAGE = (REPOSITORY / "docs" / "devices.md").read_text(encoding="utf-8")


def block(starts: str) -> str:
    """The block of the page that begins with `starts`."""
    found = re.search(rf"```\w*\n({re.escape(starts)}.*?)```", PAGE, flags=re.DOTALL)
    assert found, starts
    return found[1]


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(block("import numpy"), "docs/devices.md", "exec"), names)
    done = names["done"]
    assert done.verified.all()  # pyright: ignore[reportAttributeAccessIssue]
    assert len(read_pulses("pulses.csv")) == done.pulses.sum()  # pyright: ignore[reportAttributeAccessIssue]


def test_the_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "pulses.csv").write_text(block("# cosim pulse list"), encoding="utf-8")
    assert len(read_pulses(tmp_path / "pulses.csv")) == 2
    curves = block("voltage,width") + "-1.0,1e-7,1,4.5e-05,\n"
    (tmp_path / "device.csv").write_text(curves, encoding="utf-8")
    assert [curve.voltage for curve in read_curves(tmp_path / "device.csv").curves] == [1.0, -1.0]
