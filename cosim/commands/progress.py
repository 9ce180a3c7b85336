"""Progress of long verbs: a bar for each stage on a terminal, a plain line elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

import click

from cosim.commands.console import console


class Stages:
    """Call it with a stage and the fraction of it that is done; use it as a context manager."""

    def __init__(self) -> None:
        self._bars = sys.stderr.isatty() and not console().quiet
        self._plain = not self._bars and not console().quiet
        self._bar: Any = None
        self._stage = ""
        self._began = 0.0

    def __call__(self, stage: str, fraction: float) -> None:
        if stage != self._stage:
            self._close()
            self._open(stage)
        if self._bar is not None:
            self._bar.update(max(0.0, round(100.0 * fraction, 1) - self._bar.n))

    def _open(self, stage: str) -> None:
        self._stage, self._began = stage, time.perf_counter()
        if self._bars:
            from tqdm import tqdm

            shape = "{desc:<24}{percentage:3.0f}% |{bar:30}| {elapsed}<{remaining}"
            self._bar = tqdm(total=100.0, desc=stage, bar_format=shape, file=sys.stderr)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.update(max(0.0, 100.0 - self._bar.n))
            self._bar.close()
            self._bar = None
        elif self._plain and self._stage:
            click.echo(f"{self._stage}: {time.perf_counter() - self._began:.1f} s", err=True)
        self._stage = ""

    def __enter__(self) -> Stages:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._close()
        elif self._bar is not None:
            self._bar.close()
