"""The `cosim` command: finds the verb, sets how loud it is, and turns errors into exit codes.

Exit codes: 0 done; 1 an error that the user can mend (one line on standard error); 2 a wrong
call; 130 interrupted. An exception that is not a `CosimError` is a bug and keeps its traceback.
The verbs themselves live in `cosim.commands`, and are imported when they are called.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from typing import Any, NoReturn

import click

from cosim import __version__
from cosim.commands import VERBS
from cosim.commands.console import Console
from cosim.errors import CosimError, did_you_mean

INTERRUPTED = 130


class LazyGroup(click.Group):
    """A click group whose commands are named by `VERBS` and imported on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        target = VERBS.get(cmd_name)
        if target is None:
            return None
        module, _, attribute = target.partition(":")
        return getattr(importlib.import_module(module), attribute)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in VERBS and not name.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"no verb {name!r}{did_you_mean(name, VERBS)}; `cosim --help` lists them")
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """Run the command and exit; with `standalone_mode=False`, return or raise instead."""
        if not standalone_mode:
            return super().main(*args, standalone_mode=False, **extra)
        try:
            code = super().main(*args, standalone_mode=False, **extra)
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader (`| head`) is gone: nothing may be written to it at exit either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except (click.Abort, KeyboardInterrupt):
            _fail("interrupted", INTERRUPTED)
        except click.UsageError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.ClickException as error:
            _fail(error.format_message(), error.exit_code)
        except CosimError as error:
            logging.getLogger("cosim").debug("where the error was raised", exc_info=error)
            _fail(str(error), 1)
        except OSError as error:
            if error.filename is None:
                raise
            logging.getLogger("cosim").debug("where the error was raised", exc_info=error)
            _fail(f"{error.filename}: {error.strerror}", 1)
        sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, code: int) -> NoReturn:
    """Print the message as one line and exit."""
    click.echo("cosim: error: " + " ".join(message.split()), err=True)
    sys.exit(code)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cosim")
@click.option("-q", "--quiet", is_flag=True, help="Print results and errors only.")
@click.option("-v", "--verbose", count=True, help="Say more; twice: tracebacks of errors too.")
@click.pass_context
def main(context: click.Context, quiet: bool, verbose: int) -> None:
    """Trained spiking networks onto cryogenic and analog hardware.

    Give it a trained network and a technology: it builds the hardware as a netlist, simulates it
    at device level and behaviourally, and says whether it works, by how much, how fast and at
    what energy. `cosim demo` shows the whole path.
    """
    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose exclude each other")
    context.obj = Console(verbosity=-1 if quiet else verbose)
    level = logging.ERROR if quiet else (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    logging.getLogger("cosim").setLevel(level)


if __name__ == "__main__":
    main()
