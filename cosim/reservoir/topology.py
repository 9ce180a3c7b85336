"""Who is connected to whom: grids, random graphs, small worlds, adjacency matrices; and Dale's signs.

Every function returns `Synapses` without self-connections (unless an adjacency matrix has them), the same for
the same seed. Weights are magnitudes; `dale` gives them signs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import NetworkError
from cosim.reservoir.synapses import Synapses, from_edges


@dataclass(frozen=True, kw_only=True)
class Kinds:
    """Which neurons excite and which inhibit (Dale's law: all synapses of a neuron have one sign)."""

    excitatory: NDArray[np.bool_] = field(repr=False)
    """(neurons,)"""

    @classmethod
    def drawn(cls, neurons: int, *, excitatory_share: float = 0.8, seed: int) -> Kinds:
        """Choose round(share · neurons) excitatory neurons at random."""
        if not 0 <= excitatory_share <= 1:
            raise NetworkError(f"excitatory_share = {excitatory_share}; expected 0 to 1")
        excitatory = np.zeros(neurons, dtype=bool)
        chosen = np.random.default_rng(np.random.SeedSequence([seed, 1])).permutation(neurons)
        excitatory[chosen[: round(excitatory_share * neurons)]] = True
        return cls(excitatory=excitatory)

    def table(self, ee: float, ei: float, ie: float, ii: float, synapses: Synapses) -> NDArray[np.float64]:
        """Return (synapses,) the value of each synapse by the kinds of its (source, target)."""
        values = np.array([[ii, ie], [ei, ee]])
        source, target = self.excitatory[synapses.source()], self.excitatory[synapses.target]
        return values[source.astype(int), target.astype(int)]


def dale(synapses: Synapses, kinds: Kinds) -> Synapses:
    """Return the synapses with the magnitude of their weights, negative where the source inhibits."""
    sign = np.where(kinds.excitatory[synapses.source()], 1.0, -1.0)
    return synapses.with_weights(np.abs(synapses.weight) * sign)


def grid_positions(shape: tuple[int, int, int]) -> NDArray[np.float64]:
    """Return (neurons, 3) places on a grid with unit spacing."""
    if len(shape) != 3 or min(shape) < 1:
        raise NetworkError(f"grid: shape {shape}; expected three numbers from 1 on")
    return np.stack(np.meshgrid(*(np.arange(n, dtype=np.float64) for n in shape), indexing="ij"), -1).reshape(
        -1, 3
    )


def grid_3d(
    shape: tuple[int, int, int],
    kinds: Kinds,
    *,
    probability: tuple[float, float, float, float] = (0.3, 0.2, 0.4, 0.1),
    length: float = 2.0,
    weight: float = 1.0,
    delay: float = 0.0,
    seed: int,
) -> Synapses:
    """Connect neurons of a grid with probability C·exp(−(d/λ)²), d their distance.

    Maass, Natschläger and Markram, Neural Computation 14, 2531 (2002), doi:10.1162/089976602760407955.

    Args:
        shape: numbers of neurons along the axes; neuron (x, y, z) is (x·shape[1] + y)·shape[2] + z.
        kinds: who excites.
        probability: C from excitatory to excitatory, exc. to inhibitory, inh. to exc., inh. to inh.
        length: λ in grid spacings.
        weight, delay: of all synapses; delay [s].
    """
    places = grid_positions(shape)
    neurons = len(places)
    if kinds.excitatory.shape != (neurons,):
        raise NetworkError(f"grid: {kinds.excitatory.size} kinds for {neurons} neurons")
    if not (length > 0 and all(0 <= c <= 1 for c in probability)):
        raise NetworkError(
            f"grid: length = {length}, probability = {probability}; expected above 0, and 0 to 1"
        )
    ee, ei, ie, ii = probability
    table = np.array([[ii, ie], [ei, ee]])
    generator = np.random.default_rng(np.random.SeedSequence([seed, 2]))
    is_excitatory = kinds.excitatory.astype(int)
    sources, targets = [], []
    for source in range(neurons):
        square = np.sum((places - places[source]) ** 2, axis=1)
        chance = table[is_excitatory[source], is_excitatory] * np.exp(-square / length**2)
        chance[source] = 0.0
        found = np.flatnonzero(generator.random(neurons) < chance)
        targets.append(found)
        sources.append(np.full(found.size, source))
    return from_edges(neurons, neurons, np.concatenate(sources), np.concatenate(targets), weight, delay)


def erdos_renyi(
    sources: int,
    targets: int,
    density: float,
    *,
    weight: float = 1.0,
    delay: float = 0.0,
    loops: bool = False,
    seed: int,
) -> Synapses:
    """Connect each pair with probability `density`; `loops=False` leaves out i → i."""
    if not 0 <= density <= 1:
        raise NetworkError(f"erdos_renyi: density = {density}; expected 0 to 1")
    generator = np.random.default_rng(np.random.SeedSequence([seed, 3]))
    source_list, target_list = [], []
    for source in range(sources):
        found = np.flatnonzero(generator.random(targets) < density)
        found = found if loops else found[found != source]
        target_list.append(found)
        source_list.append(np.full(found.size, source))
    return from_edges(
        sources, targets, np.concatenate(source_list), np.concatenate(target_list), weight, delay
    )


def random_inputs(
    channels: int,
    neurons: int,
    density: float,
    *,
    weight: float = 1.0,
    delay: float = 0.0,
    negative_share: float = 0.0,
    seed: int,
) -> Synapses:
    """Connect input channels to neurons with probability `density`, a share of the synapses negative."""
    synapses = erdos_renyi(channels, neurons, density, weight=weight, delay=delay, loops=True, seed=seed)
    flips = np.random.default_rng(np.random.SeedSequence([seed, 4])).random(synapses.count) < negative_share
    return synapses.with_weights(np.where(flips, -weight, weight))


def small_world(
    neurons: int, neighbours: int, rewire: float, *, weight: float = 1.0, delay: float = 0.0, seed: int
) -> Synapses:
    """Connect each neuron of a ring to its `neighbours` next ones on both sides together, then rewire.

    Watts and Strogatz, Nature 393, 440 (1998), doi:10.1038/30918, directed: the end of each connection moves
    with probability `rewire` to a neuron that is not yet a target of its source.
    """
    if neighbours % 2 or not 0 < neighbours < neurons:
        raise NetworkError(f"small_world: neighbours = {neighbours}; expected an even number below {neurons}")
    if not 0 <= rewire <= 1:
        raise NetworkError(f"small_world: rewire = {rewire}; expected 0 to 1")
    generator = np.random.default_rng(np.random.SeedSequence([seed, 5]))
    hops = np.concatenate([np.arange(-neighbours // 2, 0), np.arange(1, neighbours // 2 + 1)])
    targets = np.empty((neurons, neighbours), dtype=np.int64)
    for source in range(neurons):
        ends = (source + hops) % neurons
        moving = np.flatnonzero(generator.random(neighbours) < rewire)
        free = np.setdiff1d(np.arange(neurons), np.append(ends, source))
        moving = moving[: free.size]
        ends[moving] = generator.choice(free, moving.size, replace=False)
        targets[source] = ends
    return from_edges(
        neurons, neurons, np.repeat(np.arange(neurons), neighbours), targets.ravel(), weight, delay
    )


def spectral_radius(synapses: Synapses) -> float:
    """Return the largest magnitude of an eigenvalue of the weight matrix (of sources onto themselves)."""
    from scipy.sparse import csr_array
    from scipy.sparse.linalg import ArpackNoConvergence, eigs

    if synapses.sources != synapses.targets:
        raise NetworkError(f"spectral_radius: {synapses.sources} sources on {synapses.targets} targets")
    if synapses.sources < 200:
        return float(np.abs(np.linalg.eigvals(synapses.dense())).max(initial=0.0))
    matrix = csr_array(
        (synapses.weight, synapses.target, synapses.offsets), shape=(synapses.sources, synapses.targets)
    )
    start = np.random.default_rng(0).standard_normal(synapses.sources)
    try:
        return float(np.abs(eigs(matrix, k=6, v0=start, return_eigenvectors=False, maxiter=5000)).max())
    except ArpackNoConvergence:
        return float(np.abs(np.linalg.eigvals(synapses.dense())).max())


def scaled_to_radius(synapses: Synapses, radius: float) -> Synapses:
    """Return the synapses with all weights scaled so that the spectral radius is `radius`."""
    present = spectral_radius(synapses)
    if not present > 0 or not math.isfinite(radius):
        raise NetworkError(f"spectral radius is {present}; it cannot be scaled to {radius}")
    return synapses.with_weights(synapses.weight * (radius / present))


def from_adjacency(adjacency: ArrayLike, *, weight: float = 1.0, delay: float = 0.0) -> Synapses:
    """Connect i → j where adjacency[i, j] is not 0, with weight · adjacency[i, j]."""
    matrix = np.asarray(adjacency, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise NetworkError(f"adjacency of shape {matrix.shape}; expected a square matrix")
    source, target = np.nonzero(matrix)
    return from_edges(len(matrix), len(matrix), source, target, weight * matrix[source, target], delay)
