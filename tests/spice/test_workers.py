"""Workers and their owners: nobody is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cosim.spice import find_library, library_features, pool, shutdown_workers, simulate
from cosim.spice.process import Limits

pytestmark = [
    pytest.mark.skipif(find_library() is None, reason="libngspice is not installed"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]

DECK = "a resistor\nV1 1 0 1\nR1 1 0 1k\n.tran 1n 10n\n"
ENDLESS = "endless\nV1 1 0 sin(0 1 1g)\nR1 1 0 1\n.tran 1p 1\n"
OWNER = """
import sys, threading, time
from cosim.spice import pool, simulate
deck = sys.argv[1]
def show():
    while not pool._idle and len(sys.argv) < 3:
        time.sleep(0.05)
    print("READY", flush=True)
threading.Thread(target=show).start()
simulate(deck, time_limit=60.0)
time.sleep(60.0)
"""


def alive(process: int) -> bool:
    """False for a process that is gone, or dead and not yet waited for."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def workers_in(folder: Path) -> list[int]:
    """Processes whose working folder lies in `folder`."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if os.readlink(link).startswith(f"{folder}/cosim-ngspice-"):
                found.append(int(link.parent.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("deck", [DECK, ENDLESS], ids=["idle", "at work"])
def test_a_worker_whose_owner_is_killed_ends_and_leaves_nothing(tmp_path, deck):
    arguments = [sys.executable, "-c", OWNER, deck] + (["at once"] if deck is ENDLESS else [])
    owner = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(tmp_path)}
    )
    assert owner.stdout is not None and owner.stdout.readline() == "READY\n"
    until = time.monotonic() + 20.0
    while not workers_in(tmp_path) and time.monotonic() < until:
        time.sleep(0.05)
    (worker,) = workers_in(tmp_path)
    time.sleep(0.7)
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    until = time.monotonic() + 10.0
    while (alive(worker) or list(tmp_path.iterdir())) and time.monotonic() < until:
        time.sleep(0.05)
    assert not alive(worker)
    assert list(tmp_path.iterdir()) == []


def test_a_worker_serves_many_runs_and_goes_when_told():
    shutdown_workers()
    simulate(DECK)
    (worker,) = pool._idle
    simulate(DECK)
    assert pool._idle == [worker] and worker.alive
    folder = worker.folder
    shutdown_workers()
    assert not worker.alive and not folder.exists() and pool._idle == []


def test_a_worker_that_died_between_runs_is_replaced():
    simulate(DECK)
    for worker in pool._idle:
        os.kill(worker._process.pid, signal.SIGKILL)
        worker._process.wait()
    assert simulate(DECK).ok


def test_a_run_that_failed_costs_its_worker():
    shutdown_workers()
    worker = pool.acquire()
    answer = worker.work(pool.Job(deck=DECK.replace("1k", "{nothing}") + ".end\n"), Limits(wall_time=10.0))
    assert answer.finished.plots == [] and not worker.alive
    pool.release(worker)
    assert pool._idle == []


def test_the_library_is_asked_what_it_has():
    features = library_features()
    assert features is not None
    assert str(features["version"])[0].isdigit() and features["XSPICE"] in (True, False)


def test_a_message_that_is_none_is_a_lost_connection():
    from cosim.spice.messages import ConnectionLost, DeadlinePassed, receive, send

    reading, writing = os.pipe()
    with pytest.raises(DeadlinePassed):
        receive(reading, time.monotonic() + 0.05)
    send(writing, {"status": "done"}, [b"abc"])
    header, blocks = receive(reading)
    assert header["status"] == "done" and bytes(blocks[0]) == b"abc"
    os.write(writing, b"\xff" * 8)
    with pytest.raises(ConnectionLost, match="header of"):
        receive(reading)
    os.write(writing, (5).to_bytes(8, "little") + b"[1,2]")
    with pytest.raises(ConnectionLost, match="cannot be read"):
        receive(reading)
    os.close(writing)
    with pytest.raises(ConnectionLost, match="end of stream"):
        receive(reading)
    os.close(reading)
