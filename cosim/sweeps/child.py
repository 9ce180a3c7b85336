"""The process in which cases run: gets bundles through a pipe, answers case by case.

Started by `hand.py`, in a session of its own, so that a case that
hangs is killed with everything that it started in its group. It ends when its parent does: a
thread waits on a second pipe that closes with the parent.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

#: Messages to the parent: ("begin", indices), ("outcomes", {index: Outcome}), ("end",) and
#: ("broken", text) when the work could not be made ready. From it: ("run", folder, groups), where
#: `groups` are indices that may run together.
Message = tuple[Any, ...]


def main() -> None:
    descriptor, life = int(sys.argv[1]), int(sys.argv[2])
    # What the kernel prints when the process dies, and where it hangs when asked: its last words.
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, args=(life,), daemon=True).start()
    serve(Connection(descriptor))


def serve(pipe: Connection) -> None:
    """Answer until the parent is gone."""
    performers: dict[str, Any] = {}
    while True:
        try:
            message = pipe.recv()
        except (EOFError, OSError):
            return
        _, folder, groups = message
        try:
            if folder not in performers:
                from cosim.sweeps.claims import one_at_a_time
                from cosim.sweeps.plan import load_plan

                plan = load_plan(folder)
                performer = plan.performer()
                with one_at_a_time(plan.folder):
                    performer.prepare()
                performers[folder] = plan, performer
            plan, performer = performers[folder]
            run_groups(plan, performer, groups, pipe)
            pipe.send(("end",))
        except (BrokenPipeError, ConnectionError):
            return
        except Exception as error:
            from cosim.errors import CosimError

            words = "" if isinstance(error, CosimError) else traceback.format_exc()
            pipe.send(("broken", f"{type(error).__name__}: {error}" if words else str(error), words))


def run_groups(plan: Any, performer: Any, groups: Sequence[Sequence[int]], pipe: Any) -> None:
    """Run the cases of each of `groups`, in groups that the work makes of them."""
    for indices in groups:
        for group in performer.groups(plan.space.cases(indices)):
            chosen = [case.index for case in group]
            pipe.send(("begin", chosen))
            pipe.send(("outcomes", dict(zip(chosen, perform(performer, group), strict=True))))


def perform(performer: Any, group: Sequence[Any]) -> list[Any]:
    """The outcomes of a group; an exception that the work let through fails each case of it."""
    from cosim.sweeps.outcome import Outcome

    try:
        return performer.perform(group)
    except Exception as error:
        words = traceback.format_exc()
        return [Outcome.failure(f"{type(error).__name__}: {error}", words=words) for _ in group]


def folder_key(folder: Path) -> str:
    return str(folder.resolve())


def _die_with_parent(life: int) -> None:
    os.read(life, 1)
    os.killpg(0, signal.SIGKILL)
