"""What a deck may not say, and that includes stay inside their folders."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosim.errors import NetlistError
from cosim.spice import UnsafeDeckError, available, checked_lines, simulate

HARMLESS = "* harmless\nV1 1 0 1\nR1 1 0 1k\n.tran 1n 10n\n.end\n"
SHELL = "shell touch {proof}\n"
BLOCK = ".control\n" + SHELL + ".endc\n"

#: Texts that run a command, or might; `{proof}` is a file that must not appear.
HOSTILE = {
    "block": "* t\n" + BLOCK,
    "block in capitals": "* t\n.CONTROL\n" + SHELL + ".ENDC\n",
    "block with a tail": "* t\n.controlled\n" + SHELL + ".endc\n",
    "indented block": "* t\n \t.Control\n" + SHELL + ".endc\n",
    "block after the end": HARMLESS + BLOCK,
    "block first": BLOCK + HARMLESS,
    "block after a dangling continuation": "* t\nR1 1 0 1\n* c\n+\n" + BLOCK,
    "block after a carriage return": "* t\r.control\r" + SHELL + ".endc\r",
    "block after a form feed": "* t\n\f.control\n" + SHELL + ".endc\n",
    "block after a vertical tab": "* t\n\v.control\n" + SHELL + ".endc\n",
    "block with DOS line ends": "* t\r\n.control\r\n" + SHELL + ".endc\r\n",
    "block in a subcircuit": "* t\n.subckt a b\n" + BLOCK + ".ends\n",
    "block in a condition": "* t\n.if (1)\n" + BLOCK + ".endif\n",
    "stray end of block": "* t\n.endc\n",
    "command in a comment": "* t\nV1 1 0 1\n*#shell touch {proof}\nR1 1 0 1\n.tran 1n 2n\n",
    "indented command in a comment": "* t\nV1 1 0 1\n  *# shell touch {proof}\nR1 1 0 1\n.tran 1n 2n\n",
    "command in the title": "*#shell touch {proof}\n" + HARMLESS,
    "script": "*ng_script\nshell touch {proof}\n",
    "script in capitals": "*NG_Script_with_params\nshell touch {proof}\n",
    "script with a blank": "* ng_script\nshell touch {proof}\n",
    "unknown card": "* t\n.exec touch {proof}\n",
    "card of another program": "* t\n.hdl {proof}\n",
    "code model that reads a file": '* t\na1 %v([1]) fs\n.model fs filesource(file="/etc/passwd")\n',
    "code model spread over lines": "* t\n.model fs\n+ d_source\n* c\n+ (input_file=secret)\n",
    "code model with blanks": "* t\n.MODEL   fs  (  D_PROCESS  process_file=x)\n",
    "code model that loads a library": '* t\n.model c d_cosim simulation="./x.so"\n',
    "numerical device that writes": "* t\n.model n nbjt level=1\n+ output rootfile={proof}\n",
    "unknown model with a file": "* t\n.model n other(datafile=x)\n",
    "include of a password file": "* t\n.include /etc/passwd\n",
    "include upwards": "* t\n.inc ../../etc/passwd\n",
    "include of home": "* t\n.include ~/x\n",
    "include of a variable": "* t\n.include $HOME/x\n",
    "library outside": "* t\n.lib '/etc/passwd' tt\n",
    "include of a device": "* t\n.include /dev/zero\n",
    "odd include": "* t\n.inclusion /etc/passwd\n",
    "NUL": "* t\n.contro\0l\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_decks_are_refused_and_nothing_runs(name, tmp_path):
    proof = tmp_path / "proof"
    text = HOSTILE[name].replace("{proof}", str(proof))
    with pytest.raises(UnsafeDeckError) as caught:
        simulate(text)
    assert "\n" not in str(caught.value) and "<deck>" in str(caught.value)
    (tmp_path / "inner.inc").write_text("* i\n.include inside.inc\n")
    (tmp_path / "inside.inc").write_text(text)
    with pytest.raises(UnsafeDeckError):
        checked_lines("* t\n.include inner.inc\n", folders=[tmp_path])
    assert not proof.exists()


def test_the_place_is_that_of_the_included_file(tmp_path):
    (tmp_path / "bad.inc").write_text("R1 1 0 1\n\n" + BLOCK)
    with pytest.raises(UnsafeDeckError) as caught:
        checked_lines("* t\n.include 'bad.inc'\n", folders=[tmp_path])
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "bad.inc"), 3)


def test_includes_become_text(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a b.inc").write_text("R1 1 0 {x}\n.inc c.inc\n")
    (tmp_path / "sub" / "c.inc").write_bytes(b"R2 1 0 2 ; \xb5\n")
    (tmp_path / "sub" / "corners.lib").write_text(
        ".lib tt\n.param x=1\n.endl tt\n.LIB 'ff'\n.param x=2\n.endl\n.lib open\n"
    )
    deck = '* t\n.include "sub/a b.inc"\n.lib sub/corners.lib FF ; fast\nV1 1 0 1\n'
    lines = checked_lines(deck, folders=[tmp_path])
    assert [line.text for line in lines if line.text] == [
        "* t",
        "R1 1 0 {x}",
        "R2 1 0 2 ; µ",
        ".param x=2",
        "V1 1 0 1",
    ]
    with pytest.raises(NetlistError, match="no section 'ss'"):
        checked_lines("* t\n.lib sub/corners.lib ss\n", folders=[tmp_path])
    with pytest.raises(NetlistError, match=r"no \.endl"):
        checked_lines("* t\n.lib sub/corners.lib open\n", folders=[tmp_path])


def test_includes_that_cannot_be(tmp_path):
    (tmp_path / "loop.inc").write_text(".include loop.inc\n")
    (tmp_path / "link.inc").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe.inc")
    for name, error, says in [
        ("loop.inc", NetlistError, "deeper"),
        ("link.inc", UnsafeDeckError, "outside"),
        ("pipe.inc", NetlistError, "no such file"),
        ("none.inc", NetlistError, "no such file"),
        ("", NetlistError, "needs one file"),
        ("a.inc b.inc", NetlistError, "needs one file"),
    ]:
        with pytest.raises(error, match=says) as caught:
            checked_lines(f"* t\n.include {name}\n", folders=[tmp_path])
        assert "\n" not in str(caught.value)


def test_harmless_decks_pass_with_banners_and_comments():
    text = (
        "title with .control in it\n*############\n* a comment with .control and shell\n*# ---\n"
        "V1 1 0 1 ; shell\nR1 1 0 1\n.options reltol=1e-4\n.meas tran x max v(1)\n"
        ".model m1 nmos level=1\n.model d1 d(is=1e-14)\n.ic v(1)=0\n.TRAN 1n 10n\n.END\n"
    )
    assert [line.text for line in checked_lines(text)] == text.split("\n")


@given(st.text(max_size=200))
def test_any_text_passes_or_gives_our_error(text):
    try:
        lines = checked_lines(text)
    except NetlistError:
        return
    assert "\n".join(line.text for line in lines) == text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.skipif(available() is None, reason="ngspice is not installed")
def test_commands_run_only_when_asked_for(tmp_path):
    proof = tmp_path / "proof"
    text = f"* t\nV1 1 0 1\nR1 1 0 1k\n.tran 1n 10n\n.control\nshell touch {proof}\nrun\n.endc\n.end\n"
    with pytest.raises(UnsafeDeckError):
        simulate(text)
    assert not proof.exists()
    simulate(text, allow_control=True, check=False)
    assert proof.exists()
