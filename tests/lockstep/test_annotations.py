"""Models that a deck names itself, and `cosim run` on such a deck."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cosim.cli import main
from cosim.errors import NetlistError
from cosim.lockstep import LeakyIntegrateAndFire, Session, is_annotated
from cosim.spice import UnsafeDeckError, find_library

needs_library = pytest.mark.skipif(find_library() is None, reason="libngspice is not installed")
DECK = """a neuron that is driven through a resistor
*cosim: bind Xn LeakyIntegrateAndFire capacitance=1p resistance=1meg threshold=0.6
V1 in 0 1
R1 in soma 400k
Xn soma axon lif
R2 axon 0 10k
.tran 1n 4u
"""


def test_an_annotation_is_found_and_a_comment_is_not():
    assert is_annotated(DECK)
    assert not is_annotated("title\n* cosim is a nice tool: bind\nR1 1 0 1\n")


@needs_library
def test_a_deck_may_name_its_models():
    told = Session(DECK).run().pulse_times("Xn")
    plain = DECK.replace("*cosim", "*")
    neuron = LeakyIntegrateAndFire(capacitance=1e-12, resistance=1e6, threshold=0.6)
    bound = Session(plain).bind("Xn", neuron).run().pulse_times("Xn")
    assert told.size > 3 and told == pytest.approx(bound, rel=1e-12)


@needs_library
def test_the_command_line_runs_it(tmp_path: Path):
    path, output = tmp_path / "mixed.cir", tmp_path / "out.h5"
    path.write_text(DECK)
    ran = CliRunner().invoke(main, ["run", str(path), "-o", str(output)])
    assert ran.exit_code == 0, ran.output
    assert "lockstep; 1 models" in ran.output and "XN" in ran.output
    assert output.is_file()


WRONG = {
    "model": ("LeakyIntegrateAndFire", "LeakyIntegrate", "did you mean 'LeakyIntegrateAndFire'"),
    "field": ("threshold=0.6", "treshold=0.6", "did you mean 'threshold'"),
    "missing": ("threshold=0.6", "", "needs threshold"),
    "number": ("threshold=0.6", "threshold=high", "not a number"),
    "twice": ("threshold=0.6", "threshold=0.6 threshold=0.7", "given twice"),
    "range": ("threshold=0.6", "threshold=0", "above 0"),
    "words": ("threshold=0.6", "threshold = 0.6 please", "cannot read 'please'"),
    "verb": ("bind", "bond", "expected `bind"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_annotation_is_an_error_with_its_line(name):
    right, wrong, says = WRONG[name]
    with pytest.raises(NetlistError, match=f"<deck>:2: .*{says}"):
        Session(DECK.replace(right, wrong)).run()


def test_an_instance_that_is_not_there_is_named():
    with pytest.raises(NetlistError, match=r"no instance 'xm'.*there are xn"):
        Session(DECK.replace("bind Xn", "bind Xm")).run()


def test_a_file_outside_the_deck_s_folder_is_not_read(tmp_path: Path):
    (tmp_path / "cell.cir").write_text(".model jj jj(icrit=0.1m, cap=0.1p, rn=4)\nB1 1 0 jj\n.tran 1p 1n\n")
    (tmp_path / "inside").mkdir()
    deck = "mixed\n*cosim: bind Xj JosephsonCircuit circuit={} nodes=1:2 sampling=1n stop=9n\nXj a j\n"
    deck += "R1 a 0 1\n.tran 1n 9n\n"
    path = tmp_path / "inside" / "deck.cir"
    for name in ("../cell.cir", str(tmp_path / "cell.cir"), "none.cir"):
        path.write_text(deck.format(name))
        with pytest.raises(UnsafeDeckError, match=r"deck.cir:2: no file .*may read"):
            Session(path).run()
    (tmp_path / "inside" / "cell.cir").write_text((tmp_path / "cell.cir").read_text())
    path.write_text(deck.format("cell.cir"))
    if find_library() is not None:
        assert Session(path).run().ok


def test_a_run_that_hides_points_is_refused():
    with pytest.raises(NetlistError, match=r"<deck>:7: .tran starts to save at 1u"):
        Session(DECK.replace(".tran 1n 4u", ".tran 1n 4u 1u")).run()
