"""Options that several verbs share, so that one name means one thing everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cosim.commands.console import Console, console

if TYPE_CHECKING:
    from cosim.mapping import SfqDesign
    from cosim.network import Network

Command = Callable[..., Any]


class Quantity(click.ParamType):
    """A positive number with SPICE's suffixes, in SI: `300p`, `0.05ps`, `2.5e-10`."""

    name = "number"

    def __init__(self, *, zero: bool = False) -> None:
        self._zero = zero

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        from cosim.netlist import parse_number

        try:
            number = parse_number(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a number such as 300p or 2.5e-10", param, ctx)
        if number < 0.0 or (number == 0.0 and not self._zero):
            self.fail(f"{value!r} must be positive", param, ctx)
        return number


class Assignment(click.ParamType):
    """`NAME=VALUE` with a SPICE number, signed."""

    name = "name=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        if isinstance(value, tuple):
            return value
        from cosim.netlist import parse_number

        name, equals, text = str(value).partition("=")
        if not (equals and name.strip()):
            self.fail(f"{value!r} is not of the form NAME=VALUE, e.g. SIC=1.1", param, ctx)
        try:
            return name.strip().upper(), parse_number(text)
        except ValueError:
            self.fail(f"{name.strip()}: {text!r} is not a number such as 1.1 or 40u", param, ctx)


def _quiet(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.obj = Console(verbosity=-1)
    elif not isinstance(context.obj, Console):
        context.obj = console()


def output_option(text: str) -> Command:
    """`-o`: where the result goes."""
    return click.option("-o", "--output", type=click.Path(path_type=Path), help=text)


quiet_option: Command = click.option(
    "-q", "--quiet", is_flag=True, expose_value=False, callback=_quiet, help="Print results and errors only."
)
parameter_option: Command = click.option(
    "--param",
    "parameters",
    type=Assignment(),
    multiple=True,
    help="Set a .param of the deck, e.g. SIC=1.1; repeat for more.",
)


def engine_option(*choices: str) -> Command:
    """`--engine`: which simulator; the first choice is the default."""
    return click.option(
        "--engine", type=click.Choice(choices, case_sensitive=False), default=choices[0], show_default=True
    )


def network_options(command: Command) -> Command:
    """What reading a .nir file may need."""
    command = click.option(
        "--reset",
        type=click.Choice(["zero", "subtract", "subtract_delayed"]),
        help="Reset rule of the training, where the file holds none.",
    )(command)
    return click.option(
        "--time-step",
        type=Quantity(),
        help="Seconds a step, where the file holds none (snnTorch: 1e-4).",
    )(command)


def mapping_options(command: Command) -> Command:
    """What mapping to SFQ cells may need."""
    for option in (
        click.option("--nearest", is_flag=True, help="Take the nearest neurons where weights do not fit."),
        click.option(
            "--parasitics/--no-parasitics",
            default=False,
            show_default=True,
            help="Series inductances of junctions and shunts.",
        ),
        click.option(
            "--period", type=Quantity(), default="300p", show_default=True, help="Length of a slot."
        ),
    ):
        command = option(command)
    return command


def read_network(path: Path, time_step: float | None, reset: str | None) -> Network:
    """Read a .nir file with the options of `network_options`."""
    from cosim.network import read_nir

    return read_nir(path, time_step=time_step, reset=reset)  # type: ignore[arg-type]


def map_network(network: Network, period: float, parasitics: bool, nearest: bool) -> SfqDesign:
    """Map a network with the options of `mapping_options`."""
    from cosim.circuits import Parasitics
    from cosim.mapping import map_to_sfq

    with misfits_reported(network, period):
        return map_to_sfq(
            network, period=period, parasitics=Parasitics() if parasitics else None, nearest=nearest
        )


@contextmanager
def misfits_reported(network: Network, period: float) -> Iterator[None]:
    """When weights do not fit, print what the nearest neurons would make of them before the error."""
    from cosim.errors import MappingError
    from cosim.mapping import map_to_sfq, mapping_report

    try:
        yield
    except MappingError:
        with suppress(MappingError):
            click.echo(mapping_report(map_to_sfq(network, period=period, nearest=True)))
            click.echo()
        raise


def is_network(path: Path) -> bool:
    """True for a file that is meant to be a trained network."""
    return path.suffix.lower() == ".nir"


def examples(*lines: str) -> str:
    """The epilog of a verb's help."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
