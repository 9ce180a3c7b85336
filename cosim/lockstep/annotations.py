"""Models named in the deck itself, in comments that every other simulator ignores.

    *cosim: bind Xneuron LeakyIntegrateAndFire capacitance=1p resistance=1meg threshold=0.6

Then `cosim run deck.cir` and `Session(deck).run()` put the model there. Values are SPICE numbers; what is
no number, such as a neuron's cell or a preset of a device, is said at the model (`Model.from_text`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from cosim.errors import CosimError, NetlistError, did_you_mean
from cosim.lockstep.model import Model
from cosim.spice.cards import Line

_MARK = re.compile(r"\*\s*cosim\s*:\s*(.*)", re.IGNORECASE)
_ANYWHERE = re.compile(r"^\s*\*\s*cosim\s*:\s*bind\b", re.IGNORECASE | re.MULTILINE)
_VALUE = re.compile(r"([A-Za-z_]\w*)\s*=\s*(\S+)")


def is_annotated(text: str) -> bool:
    """True for a deck that names models itself."""
    return bool(_ANYWHERE.search(text))


def models_of(lines: Iterable[Line], known: Mapping[str, type[Model]]) -> dict[str, Model]:
    """The models that annotations of a deck name, by instance in lower case.

    Raises `NetlistError` with file and line for one that cannot be read or made.
    """
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
            models[instance] = _made(words[2], words[3] if len(words) > 3 else "", known)
        except (CosimError, TypeError, ValueError) as error:
            raise NetlistError(str(error), file=line.file, line=line.number) from error
    return models


def _made(name: str, rest: str, known: Mapping[str, type[Model]]) -> Model:
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
    return kind.from_text(values)
