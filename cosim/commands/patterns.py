"""Which input patterns a verb plays: `all`, `transitions`, bits, or a file of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cosim.commands.console import note

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cosim.network import Network

#: Largest number of patterns whose transitions are played.
_MOST_FOR_TRANSITIONS = 32
_MOST = 256

patterns_option = click.option(
    "--patterns",
    default="all",
    show_default=True,
    metavar="WHICH",
    help="all, transitions (every ordered pair once), bits as in 00,01,11, or a file: NPZ with `spikes`, or "
    "text with the bits of one slot a line.",
)


def read_patterns(which: str, network: Network) -> NDArray[np.uint8]:
    """Return (slots, inputs) bits. Raises `CosimError` for what is none of the four forms."""
    from cosim.errors import NetworkError, did_you_mean
    from cosim.network import all_patterns, sample_patterns, transition_sequence

    inputs = network.inputs
    if which in ("all", "transitions"):
        most = _MOST if which == "all" else _MOST_FOR_TRANSITIONS
        if inputs <= 16 and 2**inputs <= most:
            patterns = all_patterns(inputs)
        else:
            patterns = sample_patterns(inputs, limit=16)
            note(f"{len(patterns)} of 2^{inputs} patterns, drawn with seed 0; name a file for others")
        return patterns if which == "all" else transition_sequence(patterns)
    if Path(which).exists():
        return _of_file(Path(which), inputs)
    if set(which) <= set("01, "):
        return _of_words(which.replace(",", " ").split(), inputs, f"--patterns {which}")
    raise NetworkError(
        f"--patterns {which!r} is no file, no list of bits such as 00,01 and not one of all, transitions"
        f"{did_you_mean(which, ('all', 'transitions'))}"
    )


def _of_words(words: list[str], inputs: int, where: str) -> NDArray[np.uint8]:
    import numpy as np

    from cosim.errors import NetworkError

    for word in words:
        if len(word) != inputs or set(word) - set("01"):
            raise NetworkError(
                f"{where}: {word!r} is no pattern of the network's {inputs} inputs (0 or 1 each)"
            )
    if not words:
        raise NetworkError(f"{where}: no patterns")
    return np.array([[int(bit) for bit in word] for word in words], dtype=np.uint8)


def _of_file(path: Path, inputs: int) -> NDArray[np.uint8]:
    from cosim.errors import NetworkError
    from cosim.network import check_spikes

    if path.suffix.lower() == ".npz":
        from cosim.commands.evaluate import read_data

        spikes = check_spikes(read_data(path)[0], inputs)
        return spikes.reshape(-1, inputs)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise NetworkError(f"{path}: cannot be read as text: {error}") from error
    kept = [line.partition("#")[0] for line in lines]
    words = ["".join(line.replace(",", " ").split()) for line in kept if line.strip()]
    return _of_words(words, inputs, str(path))
