"""The report: one page that stands alone, and that a real browser draws without a complaint."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from cosim.cli import main
from cosim.errors import ResultFileError
from cosim.report import report_page, write_report
from cosim.results import Array, Group, Result, find_pulses, provenance, write_csv, write_file, write_result

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def run_file(folder: Path) -> Path:
    time = np.linspace(0.0, 1e-10, 400)
    phase = 14.0 * time / time[-1]
    result = Result(
        time=time,
        signals={"P(B1)": phase, "V(5)": 1e-3 * np.sin(phase)},
        pulses=find_pulses(time, {"B1": phase}),
        stats={"steps": 400},
        provenance=provenance(netlist="* <b>deck</b> & co\n", seed=1),
    )
    write_result(folder / "run.h5", result)
    write_csv(folder / "run.csv", result)
    return folder / "run.h5"


def sweep_file(folder: Path) -> Path:
    bias, current = np.linspace(0.5, 1.5, 6), np.linspace(0.8, 1.2, 5)
    works = (np.abs(bias[:, None] - current) < 0.3).astype(float)
    status = np.full(works.shape, "completed", dtype=object)
    cause = np.full(works.shape, "", dtype=object)
    delay = 2e-11 / bias[:, None] * current
    status[0, 0], cause[0, 0], works[0, 0], delay[0, 0] = (
        "failed",
        "its process died of SIGSEGV",
        np.nan,
        np.nan,
    )
    both = ("BIAS", "IC")
    write_file(
        folder / "sweep.h5",
        Group(
            arrays={
                "BIAS": Array(values=bias, dimensions=("BIAS",)),
                "IC": Array(values=current, dimensions=("IC",)),
                "status": Array(values=status, dimensions=both),
                "cause": Array(values=cause, dimensions=both),
                "works": Array(values=works, dimensions=both),
                "delay": Array(values=delay, dimensions=both, units="s"),
            },
            attributes={
                "content": "sweep",
                "name": "a <sweep>",
                "measured": "works, delay",
                "specification": "{}",
            },
        ),
    )
    return folder / "sweep.h5"


class Page(HTMLParser):
    """What a page refers to, and what it holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.identifiers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        self.identifiers += [value for name, value in attrs if name == "id"]


@pytest.mark.parametrize("make", [run_file, sweep_file])
def test_the_page_needs_nothing_from_outside(tmp_path, make):
    page = Page(report_page(make(tmp_path)))
    assert page.links and all(link.startswith("data:") for link in page.links)
    assert not {"script", "iframe", "object", "embed"} & set(page.tags)
    assert "provenance" in page.identifiers


def test_what_is_on_the_page_of_a_sweep(tmp_path):
    text = report_page(sweep_file(tmp_path))
    identifiers = Page(text).identifiers
    assert {"figure-shmoo-works", "figure-shmoo-delay", "parameters", "measurements", "failures"} <= set(
        identifiers
    )
    assert "its process died of SIGSEGV" in text
    assert "a &lt;sweep&gt;" in text and "<sweep>" not in text
    assert ">29<" in text.replace("<b>", ">"), "completed cases"


def test_what_is_on_the_page_of_a_run(tmp_path):
    text = report_page(run_file(tmp_path))
    assert {"figure-waveforms", "figure-raster", "signals", "slips"} <= set(Page(text).identifiers)
    assert "&lt;b&gt;deck&lt;/b&gt; &amp; co" in text, "texts of the user are escaped"
    assert "100 ps" in text


def test_a_table_of_waveforms_has_a_page_too(tmp_path):
    run_file(tmp_path)
    assert "figure-waveforms" in Page(report_page(tmp_path / "run.csv")).identifiers


def test_the_same_file_gives_the_same_page(tmp_path):
    source = sweep_file(tmp_path)
    assert report_page(source) == report_page(source)


def test_the_verb(tmp_path):
    source = run_file(tmp_path)
    answer = CliRunner().invoke(main, ["report", str(source)])
    assert answer.exit_code == 0, answer.output
    assert (tmp_path / "run.html").read_text().startswith("<!doctype html>")
    wrong = CliRunner().invoke(main, ["report", str(source), "-o", str(tmp_path / "page.pdf")])
    assert wrong.exit_code == 1 and "ends in .html" in wrong.output


def test_a_file_that_is_none_of_ours(tmp_path):
    (tmp_path / "x.h5").write_bytes(b"no")
    with pytest.raises(ResultFileError, match="truncated, damaged or not HDF5"):
        write_report(tmp_path / "x.html", tmp_path / "x.h5")
    assert not (tmp_path / "x.html").exists()


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here: sudo apt-get install chromium")
def test_a_browser_finds_the_figures_and_has_no_complaint(tmp_path):
    page = tmp_path / "sweep.html"
    write_report(page, sweep_file(tmp_path))
    # A copy asks the browser itself how large it drew each figure.
    probe = tmp_path / "probe.html"
    script = (
        "<script>addEventListener('load', () => {document.title = 'sizes ' + "
        "[...document.images].map(i => i.naturalWidth + 'x' + i.getBoundingClientRect().height).join(' ');"
        "});</script>"
    )
    probe.write_text(
        page.read_text(encoding="utf-8").replace("</body>", f"{script}</body>"), encoding="utf-8"
    )

    def browse(source: Path, *options: str) -> subprocess.CompletedProcess[str]:
        assert BROWSER is not None
        command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
        command += [f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1100,2000", *options]
        return subprocess.run(
            [*command, source.as_uri()], capture_output=True, text=True, timeout=120, check=False
        )

    shown = browse(page, f"--screenshot={tmp_path / 'page.png'}")
    assert (tmp_path / "page.png").stat().st_size > 20_000, shown.stderr
    assert "CONSOLE" not in shown.stderr, "the console complains"
    found = browse(probe, "--dump-dom")
    sizes = re.search(r"<title>sizes ([^<]*)</title>", found.stdout)
    assert sizes, found.stderr
    drawn = [tuple(float(number) for number in size.split("x")) for size in sizes[1].split()]
    assert len(drawn) == 2
    assert all(width > 500 and height > 200 for width, height in drawn)
    assert "CONSOLE" not in found.stderr
