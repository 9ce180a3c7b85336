"""What holds for the project as a whole: floors of imports, start-up cost, sizes, words."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from shared_data import REPOSITORY

#: Room → floor. A module imports from its own room and from lower floors only.
FLOORS = {
    "constants": 0,
    "errors": 0,
    "netlist": 1,
    "devices": 1,
    "results": 1,
    "encoding": 1,
    "netlists": 1,
    "circuits": 2,
    "josephson": 2,
    "spice": 2,
    "crossbar": 2,
    "spiking": 3,
    "reservoir": 3,
    "lockstep": 4,
    "network": 4,
    "mapping": 5,
    "analysis": 6,
    "training": 6,
    "evaluation": 7,
    "sweeps": 8,
    "plotting": 9,
    "report": 10,
    "commands": 11,
    "cli": 12,
    "__main__": 13,
    "__init__": 13,
}
#: `circuits` stands above the rooms that share its floor: generators are built on `netlist` alone.
HEAVY = ("numba", "scipy", "h5py", "matplotlib", "nir", "torch", "xarray", "PySpice", "pandas")
LINE_LIMIT = 400


def package_modules() -> list[tuple[str, Path]]:
    """Return (room, path) of every module of the package; links are followed once."""
    package = REPOSITORY / "cosim"
    modules = []
    for folder in (package, REPOSITORY / "circuits", REPOSITORY / "netlists"):
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(package if folder == package else REPOSITORY).with_suffix("").parts
            if folder == package and parts[0] in ("circuits", "netlists"):
                continue
            modules.append((parts[0], path))
    return modules


def imported_rooms(path: Path, package: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Yield (line, room) of each import of `cosim`, at the top of the module or inside functions.

    `package` is the dotted package of the module, against which relative imports are resolved.
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
        if isinstance(node, ast.Import):
            targets = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            base += node.module.split(".") if node.module else []
            targets = [[*base, alias.name] for alias in node.names]
        else:
            continue
        for target in targets:
            if target[0] == "cosim" and len(target) > 1 and target[1] in FLOORS:
                yield node.lineno, target[1]


@pytest.mark.parametrize(
    ("room", "path"), package_modules(), ids=lambda value: value.name if isinstance(value, Path) else value
)
def test_imports_go_downward(room: str, path: Path) -> None:
    assert room in FLOORS, f"{path}: a new room needs a floor in this test and in docs/architecture.md"
    parts = path.relative_to(REPOSITORY).parts
    package = ("cosim", *(part for part in parts[:-1] if part != "cosim"))
    upward = [
        f"{path.relative_to(REPOSITORY)}:{line}: {room} (floor {FLOORS[room]}) imports "
        f"{other} (floor {FLOORS[other]})"
        for line, other in imported_rooms(path, package)
        if other != room and FLOORS[other] >= FLOORS[room]
    ]
    assert not upward, "\n".join(upward)


def test_the_import_check_sees_every_spelling(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        "import cosim.cli\nfrom cosim import report\nfrom cosim.mapping import x\n"
        "def f():\n    from ..analysis import y\nfrom . import z\nfrom cosim import __version__\n"
    )
    found = set(imported_rooms(module, ("cosim", "netlist")))
    assert {room for _, room in found} == {"cli", "report", "mapping", "analysis", "netlist"}


def loaded_by(code: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after `code`."""
    answer = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sorted(sys.modules), file=sys.stderr)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return {name.partition(".")[0] for name in answer.stderr.split()}


@pytest.mark.parametrize(
    "code",
    [
        "import cosim",
        "from cosim.cli import main; main(['--help'], standalone_mode=False)",
        "from cosim.cli import main; main(['--version'], standalone_mode=False)",
    ],
    ids=["import", "help", "version"],
)
def test_start_up_loads_nothing_heavy(code: str) -> None:
    loaded = loaded_by(code)
    assert "cosim" in loaded
    assert not loaded & set(HEAVY)


def test_no_module_is_too_long() -> None:
    long = {
        str(path.relative_to(REPOSITORY)): lines
        for _, path in package_modules()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LINE_LIMIT
    }
    assert not long, f"more than {LINE_LIMIT} lines: {long}"


def tracked_text() -> Iterator[tuple[str, str]]:
    """Yield (name, text) of every tracked text file; skip where this is no git checkout."""
    try:
        listing = subprocess.run(
            ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=60
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout: the list of tracked files is not known")
    for name in filter(None, listing.split("\0")):
        path = REPOSITORY / name
        if not path.is_file() or path.is_symlink():
            continue
        try:
            yield name, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def test_no_path_of_a_private_machine_is_tracked() -> None:
    absolute = re.compile(r"(?<![\w.$}])/(?:work|home/\w+|Users/\w+|root)/[\w.]")
    found = [
        f"{name}:{number}: {line.strip()}"
        for name, text in tracked_text()
        for number, line in enumerate(text.splitlines(), start=1)
        if absolute.search(line)
    ]
    assert not found, "\n".join(found)


def test_the_readme_names_no_verb_that_is_not_there() -> None:
    from cosim.commands import VERBS

    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    table = readme[readme.index("<!-- verbs") : readme.index("<!-- /verbs -->")]
    named = re.findall(r"^\| `cosim (\w+)", table, flags=re.MULTILINE)
    assert named
    assert set(named) <= set(VERBS)


def markdown_files() -> list[Path]:
    top = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")
    return [REPOSITORY / name for name in top] + sorted((REPOSITORY / "docs").rglob("*.md"))


@pytest.mark.parametrize("path", markdown_files(), ids=lambda path: path.name)
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    broken = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert not broken


def test_the_index_links_every_page() -> None:
    index = (REPOSITORY / "docs" / "index.md").read_text(encoding="utf-8")
    pages = {path.relative_to(REPOSITORY / "docs").as_posix() for path in markdown_files()[3:]} - {"index.md"}
    assert not {page for page in pages if f"]({page})" not in index}
