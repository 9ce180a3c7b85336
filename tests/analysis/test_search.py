"""The search for edges on regions that are known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cosim.analysis.criterion import Disagreement
from cosim.analysis.search import Edge, find_edges, share

NO = Disagreement(text="no")


def region(*intervals: tuple[float, float]):
    """Outcome of a point: it works inside any of the intervals."""

    def outcome(point: float) -> Disagreement | None:
        return None if any(a <= point <= b for a, b in intervals) else NO

    return outcome


@given(
    low=st.floats(0.11, 0.999),
    high=st.floats(1.001, 1.89),
    slots=st.integers(1, 70),
    resolution=st.sampled_from([0.05, 0.005, 0.0004]),
)
def test_edges_are_found_to_the_resolution_from_inside(
    low: float, high: float, slots: int, resolution: float
) -> None:
    works = region((low, high))
    edges = [Edge(start=1.0, limit=x, resolution=resolution, scan=0.1) for x in (0.1, 1.9)]
    find_edges(edges, lambda points: [works(p) for _, p in points], slots)
    for edge, truth in zip(edges, (low, high), strict=True):
        assert edge.outside is not None and edge.reason is NO
        assert works(edge.inside) is None and works(edge.outside) is NO
        assert abs(edge.outside - edge.inside) <= resolution * 1.0000001
        assert abs(edge.inside - truth) <= resolution * 1.0000001


@given(slots=st.integers(1, 40))
def test_an_island_does_not_extend_the_margin(slots: int) -> None:
    works = region((0.7, 1.23), (1.45, 1.62))
    edge = Edge(start=1.0, limit=1.9, resolution=0.005, scan=0.1)
    find_edges([edge], lambda points: [works(p) for _, p in points], slots)
    assert 1.225 <= edge.inside <= 1.23
    assert all(1.45 <= point <= 1.62 for point in edge.islands)


@given(slots=st.integers(1, 40), gap=st.floats(0.006, 0.012), island=st.floats(0.001, 0.012))
def test_a_gap_shortly_before_the_end_is_found(slots: int, gap: float, island: float) -> None:
    """Bisection alone may end on the island; the guard sees the gap if it is as wide as a step."""
    works = region((0.5, 1.30), (1.30 + gap, 1.30 + gap + island))
    edge = Edge(start=1.0, limit=1.9, resolution=0.005, scan=0.1, guard=0.025)
    find_edges([edge], lambda points: [works(p) for _, p in points], slots)
    assert 1.295 <= edge.inside <= 1.30


@given(slots=st.integers(10, 40))
def test_islands_that_were_seen_are_kept(slots: int) -> None:
    works = region((0.7, 1.23), (1.45, 1.62))
    edge = Edge(start=1.0, limit=1.9, resolution=0.005, scan=0.1)
    find_edges([edge], lambda points: [works(p) for _, p in points], slots)
    # The whole scan fits into one round, which sees 1.5 and 1.6 pass.
    assert len(edge.islands) >= 2


def test_what_works_to_the_limit_is_open_and_the_limit_was_tried() -> None:
    tried: list[float] = []

    def evaluate(points):
        tried.extend(p for _, p in points)
        return [None] * len(points)

    edge = Edge(start=1.0, limit=1.9, resolution=0.005, scan=0.1)
    find_edges([edge], evaluate, 4)
    assert edge.open and edge.inside == 1.9 and edge.outside is None
    assert tried == sorted(tried) and tried[-1] == 1.9 and len(tried) == 9


def test_an_edge_at_its_start_takes_no_point() -> None:
    edge = Edge(start=1.0, limit=1.0, resolution=0.005, scan=0.1)
    assert edge.done and edge.open and share([edge], 8) == [0]


def test_lanes_are_shared_out_and_never_wasted_while_edges_can_use_them() -> None:
    edges = [Edge(start=1.0, limit=x, resolution=0.005, scan=0.1) for x in (0.1, 1.9, 1.2)]
    assert share(edges, 9) == [4, 3, 2]
    assert sum(share(edges, 31)) == 9 + 9 + 2
    assert share(edges, 1) == [1, 1, 1]


def test_progress_grows_to_one() -> None:
    works = region((0.52, 1.31))
    edges = [Edge(start=1.0, limit=x, resolution=0.005, scan=0.1) for x in (0.1, 1.9)]
    seen: list[float] = []
    rounds = find_edges(edges, lambda points: [works(p) for _, p in points], 3, seen.append)
    assert len(seen) == rounds and seen == sorted(seen) and seen[-1] == 1.0
