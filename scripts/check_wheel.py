"""Check the installed package against the checkout: every deck and generator must have travelled.

Run it with the interpreter of an environment that holds the wheel, from any folder.
"""

from __future__ import annotations

import sys
from importlib import resources
from pathlib import Path

#: What is kept beside the decks for people who read the repository, not for the program.
IGNORED = {"__pycache__"}


def missing_files(repository: Path) -> list[str]:
    """Return the files of `circuits/` and `netlists/` that the installed package lacks."""
    missing = []
    for room in ("circuits", "netlists"):
        installed = resources.files(f"cosim.{room}")
        for path in sorted((repository / room).rglob("*")):
            inside = path.relative_to(repository / room)
            if path.is_dir() or IGNORED.intersection(inside.parts):
                continue
            if not installed.joinpath(*inside.parts).is_file():
                missing.append(f"{room}/{inside}")
    return missing


def main() -> int:
    """Print what is missing; return the exit code."""
    repository = Path(__file__).resolve().parent.parent
    import cosim

    location = Path(cosim.__file__).resolve()
    if repository in location.parents:
        print(f"cosim is the checkout itself ({location}), not an installed wheel", file=sys.stderr)
        return 1
    missing = missing_files(repository)
    for name in missing:
        print(f"not in the wheel: {name}; add its kind to package-data in pyproject.toml", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
