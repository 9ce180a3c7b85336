"""Additive Runge-Kutta pairs: the linear part of the circuit implicit, the supercurrent explicit.

Both are due to C. A. Kennedy and M. H. Carpenter, "Additive Runge-Kutta schemes for
convection-diffusion-reaction equations", Appl. Numer. Math. 44 (2003) 139-181. The implicit
half is L-stable and stiffly accurate with one value on the diagonal, so one factorisation
of a constant matrix serves every stage of every step of equal length.

Not here: the circuit equations that the kernels put into these schemes (`kernel.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Tableau:
    """Coefficients of one pair with s stages.

    `explicit` and `implicit` are s × s, `weights`, `embedded` and `nodes` have length s.
    `embedded` is the companion of order `order - 1` that estimates the error of a step.
    """

    name: str
    order: int
    explicit: NDArray[np.float64]
    implicit: NDArray[np.float64]
    weights: NDArray[np.float64]
    embedded: NDArray[np.float64]
    nodes: NDArray[np.float64]

    @property
    def diagonal(self) -> float:
        """The value γ on the diagonal of every implicit stage."""
        return float(self.implicit[1, 1])


def _rows(rows: list[str], size: int) -> NDArray[np.float64]:
    matrix = np.zeros((size, size))
    for i, row in enumerate(rows):
        for j, entry in enumerate(row.split()):
            matrix[i, j] = float(Fraction(entry))
    return matrix


def _row(row: str) -> NDArray[np.float64]:
    return np.array([float(Fraction(entry)) for entry in row.split()])


def _tableau(name: str, order: int, explicit: list[str], implicit: list[str], embedded: str) -> Tableau:
    size = len(implicit)
    a_implicit = _rows(implicit, size)
    return Tableau(
        name=name,
        order=order,
        explicit=_rows(explicit, size),
        implicit=a_implicit,
        weights=a_implicit[-1].copy(),
        embedded=_row(embedded),
        nodes=a_implicit.sum(axis=1),
    )


_GAMMA3 = "1767732205903/4055673282236"

ARK3 = _tableau(
    "ark3",
    3,
    [
        "0",
        "1767732205903/2027836641118",
        "5535828885825/10492691773637 788022342437/10882634858940",
        "6485989280629/16251701735622 -4246266847089/9704473918619 10755448449292/10357097424841",
    ],
    [
        "0",
        f"{_GAMMA3} {_GAMMA3}",
        f"2746238789719/10658868560708 -640167445237/6845629431997 {_GAMMA3}",
        f"1471266399579/7840856788654 -4482444167858/7529755066697 11266239266428/11593286722821 {_GAMMA3}",
    ],
    "2756255671327/12835298489170 -10771552573575/22201958757719 "
    "9247589265047/10645013368117 2193209047091/5459859503100",
)

ARK4 = _tableau(
    "ark4",
    4,
    [
        "0",
        "1/2",
        "13861/62500 6889/62500",
        "-116923316275/2393684061468 -2731218467317/15368042101831 9408046702089/11113171139209",
        "-451086348788/2902428689909 -2682348792572/7519795681897 "
        "12662868775082/11960479115383 3355817975965/11060851509271",
        "647845179188/3216320057751 73281519250/8382639484533 "
        "552539513391/3454668386233 3354512671639/8306763924573 4040/17871",
    ],
    [
        "0",
        "1/4 1/4",
        "8611/62500 -1743/31250 1/4",
        "5012029/34652500 -654441/2922500 174375/388108 1/4",
        "15267082809/155376265600 -71443401/120774400 730878875/902184768 2285395/8070912 1/4",
        "82889/524892 0 15625/83664 69875/102672 -2260/8211 1/4",
    ],
    "4586570599/29645900160 0 178811875/945068544 814220225/1159782912 -3700637/11593932 61727/225920",
)

TABLEAUS = {"ark3": ARK3, "ark4": ARK4}
