"""The corpus of hostile and broken decks: a named error each, nothing executed, nothing left behind."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hostile_decks import BROKEN, ENDLESS, HARMLESS, REFUSED, Case

from cosim.errors import CosimError, NetlistError, SimulationError
from cosim.results import Result
from cosim.spice import UnsafeDeckError, available, checked_lines, shutdown_workers, simulate
from cosim.spice.library import find_library

DECKS = Path(__file__).parent / "decks"
METHODS = ("program", "library") if find_library() else ("program",)
RC = "charging\nV1 1 0 pulse(0 1 0 1p 1p 1 2)\nR1 1 2 1k\nC1 2 0 1n\n.tran 10n 5u\n"

needs_ngspice = pytest.mark.skipif(available() is None, reason="ngspice is not installed")


needs_library = pytest.mark.skipif(find_library() is None, reason="libngspice is not installed")


class Place:
    """A folder with the corpus in it, canaries around it, and an eye on what appears."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.canary = folder / "canary"
        self.scratch = folder / "scratch"
        self.decks = folder / "decks"
        self.scratch.mkdir()
        shutil.copytree(DECKS, self.decks)
        for path in self.decks.iterdir():
            path.write_bytes(path.read_bytes().replace(b"@CANARY@", str(self.canary).encode()))
        outside = f"R9 1 0 1\n.control\nshell touch {self.canary}\n.endc\n"
        (folder / "outside.inc").write_text(outside)
        (folder / "away").mkdir()
        (folder / "away" / "outside.inc").write_text(outside)
        (self.decks / "link.inc").symlink_to("../outside.inc")
        (self.decks / "linked").symlink_to("../away")
        os.mkfifo(self.decks / "pipe.inc")
        for name in (".spiceinit", "spinit", "spice.rc"):
            shutil.copy(self.decks / "startup.txt", self.decks / name)
            shutil.copy(self.decks / "startup.txt", folder / name)
        self.before = self.everything()

    def everything(self) -> set[str]:
        return {
            str(path.relative_to(self.folder))
            for path in self.folder.rglob("*")
            if self.scratch not in path.parents
        }

    def run(self, name: str, method: str, time_limit: float = 20.0) -> Result:
        return simulate(self.decks / f"{name}.cir", method=method, time_limit=time_limit)

    def refused(self, name: str, case: Case, method: str = "auto", time_limit: float = 20.0) -> None:
        with pytest.raises(CosimError) as caught:
            self.run(name, method, time_limit)
        said = str(caught.value)
        assert caught.type is case.error, said
        assert "\n" not in said and re.search(case.says, said), said
        self.untouched()

    def untouched(self) -> None:
        assert not self.canary.exists(), "a command was executed"
        assert self.everything() == self.before, "a file was written outside the scratch folder"

    def empty(self) -> None:
        """No worker and no scratch file is left once the workers that wait are sent home."""
        shutdown_workers()
        assert list(self.scratch.iterdir()) == []
        assert working_in(self.folder) == []


def working_in(folder: Path) -> list[str]:
    """Return the processes whose working folder lies in `folder` (Linux only)."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if os.readlink(link).startswith(str(folder)) and f"/{os.getpid()}/" not in str(link):
                found.append(str(link))
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One folder for all decks of a module; HOME and the working folder are in it, with start-up files."""
    here = Place(tmp_path_factory.mktemp("corpus"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(here.scratch))
        patch.setenv("HOME", str(here.folder))
        patch.setenv("SPICE_SCRIPTS", str(here.folder))
        patch.chdir(here.folder)
        yield here
        here.empty()


def test_every_deck_has_its_row_and_they_are_many():
    rows = {**REFUSED, **BROKEN, **ENDLESS, **dict.fromkeys(HARMLESS)}
    assert set(rows) == {path.stem for path in DECKS.glob("*.cir")}
    assert len(rows) == len(REFUSED) + len(BROKEN) + len(ENDLESS) + len(HARMLESS) >= 100


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_before_anything_runs(place: Place, monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setattr("subprocess.Popen", None)
    place.refused(name, REFUSED[name])


@pytest.mark.parametrize("name", REFUSED)
def test_lock_step_refuses_it_too(place: Place, monkeypatch: pytest.MonkeyPatch, name: str):
    from cosim.lockstep import Session

    monkeypatch.setattr("subprocess.Popen", None)
    case = REFUSED[name]
    with pytest.raises(CosimError) as caught:
        Session(place.decks / f"{name}.cir").run()
    assert caught.type is case.error and re.search(case.says, str(caught.value)), str(caught.value)
    place.untouched()


@needs_ngspice
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", BROKEN)
def test_it_fails_with_ngspice_s_own_words(place: Place, name: str, method: str):
    place.refused(name, BROKEN[name], method)


@needs_ngspice
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ENDLESS)
def test_it_is_stopped(place: Place, name: str, method: str):
    started = time.perf_counter()
    place.refused(name, ENDLESS[name], method, time_limit=0.6)
    assert time.perf_counter() - started < 15.0


@needs_ngspice
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", HARMLESS)
def test_what_only_looks_dangerous_runs_and_does_nothing(place: Place, name: str, method: str):
    assert place.run(name, method).status == "completed"
    place.untouched()


@needs_ngspice
@pytest.mark.parametrize("method", METHODS)
def test_the_next_run_is_as_if_nothing_had_been(place: Place, method: str):
    """After decks that fail, and after one that sets everything that it can."""
    first = simulate(RC, method=method)
    greedy = (
        "t\n.param pi=3\n.csparam pi=3\n.csparam gmin=1\n.func sin(x)={5}\n.global 2\n.temp 100\n.ic v(2)=9\n"
        ".option method=gear reltol=0.5 abstol=1 trtol=50 itl4=2 filetype=ascii savecurrents temp=200\n"
        ".option interp cshunt=1n\n"
        "V1 1 0 1\nR1 1 2 1k tc=1\nC1 2 0 1n\n.model r1 r\n.save v(1)\n.tran 10n 5u uic\n"
    )
    for spoiler in (
        greedy,
        "t\n.subckt a b\nR1 1 0 1\n.tran 1n 2n\n",
        "t\nV1 1 0 1\nV2 1 0 2\n.tran 1n 2n\n",
    ):
        simulate(spoiler, check=False, method=method)
        again = simulate(RC, method=method)
        assert list(again.signals) == list(first.signals)
        assert np.array_equal(again.time, first.time) and np.array_equal(again["V(2)"], first["V(2)"])


HUGE = {
    "title whose tail is a command": (
        f"{'x' * 4999}*#shell touch @CANARY@\n{RC}",
        UnsafeDeckError,
        "first line exceeds 4000 bytes",
    ),
    "title of many bytes": (f"{'µ' * 2001}\n{RC}", UnsafeDeckError, "first line exceeds"),
    "deck": ("* " + "x" * (64 * 2**20), NetlistError, "exceeds 64 MiB"),
    "include": ("* t\n.include large.inc\n", NetlistError, "includes exceed 64 MiB"),
}


@pytest.mark.parametrize("name", HUGE)
def test_what_is_too_long_is_refused(place: Place, name: str):
    text, error, says = HUGE[name]
    (place.folder / "big").mkdir(exist_ok=True)
    with open(place.folder / "big" / "large.inc", "wb") as file:
        file.truncate(2**27)
    try:
        with pytest.raises(error, match=says):
            simulate(text.replace("@CANARY@", str(place.canary)), include_folders=[place.folder / "big"])
    finally:
        shutil.rmtree(place.folder / "big")
    place.untouched()


@needs_ngspice
def test_a_hundred_thousand_elements_end_by_the_time_limit(place: Place):
    chain = "".join(f"R{k} n{k} n{k + 1} 1\n" for k in range(100_000))
    with contextlib.suppress(SimulationError):  # whatever is reached first: the end, or the limit
        simulate(f"t\nV1 n0 0 1\n{chain}Re n100000 0 1\n.tran 1n 2n\n", time_limit=1.0)
    place.untouched()


@needs_ngspice
def test_commands_run_when_they_are_allowed_and_only_then(place: Place):
    text = (place.decks / "commands_control.cir").read_text()
    with pytest.raises(UnsafeDeckError, match="allow_control=True lets it pass"):
        simulate(text)
    assert not place.canary.exists()
    simulate(text, allow_control=True, check=False, time_limit=20.0)
    assert place.canary.exists()
    place.canary.unlink()
    with pytest.raises(UnsafeDeckError, match="outside the allowed folders"):
        simulate("* t\n.include /etc/passwd\n" + text, allow_control=True)
    simulate(RC)
    place.untouched()


#: What commands that are allowed may do to the run: each is an error of that run alone.
ALLOWED = {
    "a loop": ("while 1\nend", r"stopped after \S+ s"),
    "a shell that sleeps": ("shell sleep 60", r"stopped after \S+ s"),
    "quit": ("quit", "told to quit|no waveforms"),
    "quit with a code": ("quit 7", "told to quit|code 7|no waveforms"),
    "a segmentation fault": ("shell kill -SEGV 0", "died of signal 11"),
    "an abort": ("shell kill -ABRT 0", "died of signal 6"),
    "a kill": ("shell kill -KILL 0", "died of signal 9"),
}


@needs_ngspice
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ALLOWED)
def test_commands_that_end_ngspice_are_errors_of_their_run(place: Place, name: str, method: str):
    command, says = ALLOWED[name]
    text = f"t\nV1 1 0 1\nR1 1 0 1k\n.tran 1n 10n\n.control\n{command}\n.endc\n.end\n"
    with pytest.raises(SimulationError, match=f"ngspice failed: .*({says})") as caught:
        simulate(text, allow_control=True, method=method, time_limit=1.0)
    assert "\n" not in str(caught.value)
    assert simulate(RC, method=method).ok
    place.untouched()


@needs_library
@pytest.mark.slow
def test_a_thousand_runs_leave_no_memory_behind(place: Place):
    """One worker takes them all, good decks and larger ones in turn; its memory stays."""
    ladder = "t\nV1 n0 0 pulse(0 1 0 1p 1p 1 2)\n" + "".join(
        f"R{k} n{k} n{k + 1} 1\nC{k} n{k + 1} 0 1p\n" for k in range(40)
    )
    decks = [RC, ladder + ".tran 1n 200n\n"]
    shutdown_workers()

    def run_all(count: int) -> tuple[set[int], int]:
        for k in range(count):
            assert simulate(decks[k % 2], method="library").ok
        processes = {int(Path(link).parent.name) for link in working_in(place.folder)}
        return processes, sum(resident(number) for number in processes)

    workers, before = run_all(200)
    assert len(workers) == 1
    still, after = run_all(1000)
    assert still == workers
    assert after - before < 5 * 2**20, f"{(after - before) / 2**20:.2f} MiB"


@needs_ngspice
@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_no_accepted_beginning_of_a_line_makes_it_a_command(place: Place, method: str):
    """Every pair of characters before a command, where ngspice reads lines but builds nothing of them."""
    characters = [chr(code) for code in range(1, 128) if chr(code) not in "\n\r"] + ["\x85", "\xa0", "µ"]
    accepted = []
    for first, second in itertools.product(characters, repeat=2):
        line = f"{first}{second}shell touch {place.canary}"
        with contextlib.suppress(NetlistError):
            checked_lines(f"t\n{line}\n")
            accepted.append(line)
    assert len(accepted) > 16_000
    for begin in range(0, len(accepted), 1000):
        block = "\n".join(accepted[begin : begin + 1000])
        unused = f"t\nV1 1 0 1\nR1 1 0 1k\n.subckt unused a b\n{block}\n.ends\n.tran 1n 10n\n.end\n"
        for text in (unused, RC + f".end\n{block}\n"):
            with contextlib.suppress(CosimError):
                simulate(text, check=False, method=method, time_limit=20.0)
            place.untouched()


def resident(process: int) -> int:
    """Memory [B] that a process has in use."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
