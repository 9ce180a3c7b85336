"""A finite cell that no digits are left for is said, by every way, and never passes for exact."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.crossbar import passive, solve


@pytest.mark.parametrize("method", ["iterative", "direct", "transfer", "auto"])
@pytest.mark.parametrize("huge", [1e4, 1e8, 1e10, 1e12])
def test_what_converged_is_right_and_the_rest_names_its_cell(method: str, huge: float) -> None:
    cells = np.full((3, 4), 1e-5)
    cells[1, 2] = np.inf
    short = solve(passive(cells), np.full(3, 0.2)).outputs
    cells[1, 2] = huge
    found = solve(passive(cells), np.full(3, 0.2), method=method)
    if found.converged:
        assert huge == 1e4
        # The cell is a resistance of 1/huge beside lines of some ohms.
        np.testing.assert_allclose(found.outputs, short, rtol=1 / huge)
    else:
        assert huge > 1e4
        assert "cell [1, 2]" in found.message and "short (inf)" in found.message
