"""Many arrays at once, over threads: compiled kernels and BLAS run without the interpreter's lock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from numpy.typing import ArrayLike

from cosim.crossbar.array import Crossbar
from cosim.crossbar.drive import Drive
from cosim.crossbar.solution import Solution
from cosim.crossbar.transfer import TransferMatrix, transfer_matrix
from cosim.crossbar.ways import solve
from cosim.errors import SimulationError

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def over_threads(work: Callable[[Item], Answer], items: Sequence[Item], threads: int) -> list[Answer]:
    """`work` of each item, in their order, over `threads` threads."""
    if threads < 1:
        raise SimulationError(f"{threads} threads; expected 1 or more")
    if threads == 1 or len(items) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(min(threads, len(items))) as pool:
        return list(pool.map(work, items))


def solve_many(
    arrays: Sequence[Crossbar],
    drives: Sequence[Drive | ArrayLike],
    *,
    method: str = "auto",
    tolerance: float = 1e-10,
    nodes: bool = False,
    threads: int = 1,
) -> list[Solution]:
    """`solve` for B arrays, each with its own drive (one for all if only one is given), in their order.

    The answers do not depend on the number of threads. Raises `SimulationError` for a wrong number of
    drives, and what `solve` raises, with the array's number.
    """
    if len(drives) not in (1, len(arrays)):
        raise SimulationError(
            f"{len(drives)} drives for {len(arrays)} arrays; expected one, or one for each array"
        )

    def one(number: int) -> Solution:
        drive = drives[number if len(drives) > 1 else 0]
        try:
            return solve(arrays[number], drive, method=method, tolerance=tolerance, nodes=nodes)
        except SimulationError as error:
            raise SimulationError(f"array {number}: {error}") from error

    return over_threads(one, range(len(arrays)), threads)


def transfer_matrices(arrays: Sequence[Crossbar], *, threads: int = 1) -> list[TransferMatrix]:
    """The transfer matrix of each array, in their order."""
    return over_threads(transfer_matrix, arrays, threads)
