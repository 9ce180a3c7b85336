"""What verbs print, and how loud: shared by all of them.

Standard output carries what was asked for; notes on progress go through `note`, which
`cosim --quiet` silences.
"""

from __future__ import annotations

from dataclasses import dataclass

import click


@dataclass(frozen=True, kw_only=True, slots=True)
class Console:
    """`verbosity` is -1 with `--quiet`, 0 as a rule, 1 or more with `--verbose`."""

    verbosity: int = 0

    @property
    def quiet(self) -> bool:
        """True when only results and errors may be printed, and no progress bars."""
        return self.verbosity < 0


def console() -> Console:
    """Return the settings of the running command; the defaults outside of one."""
    context = click.get_current_context(silent=True)
    found = None if context is None else context.find_object(Console)
    return found or Console()


def note(message: str) -> None:
    """Print a remark on progress to standard error, unless `--quiet` was given."""
    if not console().quiet:
        click.echo(message, err=True)


def detail(message: str) -> None:
    """Print a remark to standard error that only `--verbose` asks for."""
    if console().verbosity > 0:
        click.echo(message, err=True)
