"""Models named in the deck itself, in comments that every other simulator ignores.

    *cosim: bind Xneuron LeakyIntegrateAndFire capacitance=1p resistance=1meg threshold=0.6

Then `cosim run deck.cir` and `Session(deck).run()` put the model there. Values are SPICE numbers; what is
no number, such as a neuron's cell or a preset of a device, is said at the model (`Model.from_text`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from cosim.errors import CosimError, NetlistError, did_you_mean
from cosim.lockstep.model import Model
from cosim.spice.cards import Line
from cosim.spice.safety import UnsafeDeckError

_MARK = re.compile(r"\*\s*cosim\s*:\s*(.*)", re.IGNORECASE)
_ANYWHERE = re.compile(r"^\s*\*\s*cosim\s*:\s*bind\b", re.IGNORECASE | re.MULTILINE)
_VALUE = re.compile(r"([A-Za-z_]\w*)\s*=\s*(\S+)")


def is_annotated(text: str) -> bool:
    """True for a deck that names models itself."""
    return bool(_ANYWHERE.search(text))


def models_of(
    lines: Iterable[Line], known: Mapping[str, type[Model]], folders: Iterable[str | Path] = ()
) -> dict[str, Model]:
    """The models that annotations of a deck name, by instance in lower case.

    Files that a model reads may lie in `folders`, as includes may. Raises `NetlistError` with file and line
    for an annotation that cannot be read or made, `UnsafeDeckError` for a file elsewhere.
    """
    allowed = [Path(folder).resolve() for folder in folders]
    models: dict[str, Model] = {}
    for line in lines:
        found = _MARK.fullmatch(line.text.strip())
        if not found:
            continue
        words = found[1].split(None, 3)
        try:
            if len(words) < 3 or words[0].lower() != "bind":
                raise CosimError("expected `bind INSTANCE MODEL name=value …` after `*cosim:`")
            instance = words[1].lower()
            if instance in models:
                raise CosimError(f"a second model for {words[1]}")
            models[instance] = _made(words[2], words[3] if len(words) > 3 else "", known, allowed)
        except UnsafeDeckError as error:
            raise UnsafeDeckError(str(error), file=line.file, line=line.number) from error
        except (CosimError, TypeError, ValueError) as error:
            raise NetlistError(str(error), file=line.file, line=line.number) from error
    return models


def _made(name: str, rest: str, known: Mapping[str, type[Model]], folders: list[Path]) -> Model:
    by_name = {key.lower(): kind for key, kind in known.items()}
    kind = by_name.get(name.lower())
    if kind is None:
        raise CosimError(
            f"no model {name!r}{did_you_mean(name, known)}; there are {', '.join(sorted(known))}"
        )
    if _VALUE.sub("", rest).strip():
        raise CosimError(f"cannot read {_VALUE.sub('', rest).strip()!r}: values are written name=value")
    values: dict[str, str] = {}
    for key, value in _VALUE.findall(rest):
        if key in values:
            raise CosimError(f"{key} is given twice")
        values[key] = value
    for field in kind.files:
        if field in values:
            values[field] = _inside(values[field], folders)
    return kind.from_text(values)


def _inside(name: str, folders: list[Path]) -> str:
    """The path of a file in one of the folders."""
    for folder in folders:
        path = (folder / name).resolve()
        if path.is_relative_to(folder) and path.is_file():
            return str(path)
    there = ", ".join(map(str, folders)) or "none"
    raise UnsafeDeckError(f"no file {name!r} in the folders that a deck may read from ({there})")
