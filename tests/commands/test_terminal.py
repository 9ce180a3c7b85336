"""On a terminal a bar moves; elsewhere a line a stage."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="pseudo-terminals are a matter of Unix")


@pytest.mark.slow
def test_a_bar_on_a_terminal(deck: Path) -> None:
    import fcntl
    import struct
    import subprocess
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-m", "cosim", "run", deck.name], stderr=theirs, stdout=subprocess.PIPE
    ) as process:
        os.close(theirs)
        printed = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # what Linux says when the other end is closed
                break
            if not part:
                break
            printed += part
        process.communicate()
    os.close(ours)
    assert process.returncode == 0
    assert "100% |" in printed.decode("utf-8")
    assert printed.startswith(b"\rjosephson")
