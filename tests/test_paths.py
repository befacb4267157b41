"""Strongest paths: by hand, and against all paths of random graphs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summit_graph.analysis.paths import Path, strongest_path
from summit_graph.records import AttributionGraph, Channel, ClassSummary, Edge, Node

Counts = dict[tuple[Channel, Channel], int]
A, B, C, D = (Channel("mixed3a", 1), Channel("mixed3b", 1), Channel("mixed3b", 2), Channel("mixed4a", 1))
E = Channel("mixed4b", 1)
LEVELS = [
    [Channel(name, index) for index in range(3)] for name in ("mixed3a", "mixed3b", "mixed4a", "mixed4b")
]
PAIRS = [
    (lower, upper)
    for at, level in enumerate(LEVELS)
    for above in LEVELS[at + 1 :]
    for lower in level
    for upper in above
]


def graph_of(counts: Counts) -> AttributionGraph:
    ends = {end for pair in counts for end in pair}
    return AttributionGraph(
        "shapes",
        ClassSummary("bear", None, "bear", 10, None, None, None),
        tuple(Node(one, 1, 0.1) for one in sorted(ends, key=lambda one: (one.layer, one.index))),
        tuple(Edge(upper, lower, count, None) for (lower, upper), count in counts.items()),
    )


def paths_between(counts: Counts, start: Channel, end: Channel) -> Iterator[list[int]]:
    """The counts along each path."""
    for (lower, upper), count in counts.items():
        if lower == start and upper == end:
            yield [count]
        elif lower == start:
            yield from ([count, *further] for further in paths_between(counts, upper, end))


def test_the_weakest_influence_decides() -> None:
    """Over B the sum is 1 + 9 = 10, over C it is 3 + 4 = 7, and its weakest influence is stronger."""
    counts = {(A, B): 1, (B, D): 9, (A, C): 3, (C, D): 4}
    assert strongest_path(graph_of(counts), A, D) == Path((A, C, D), 3, 7)


def test_of_equally_strong_paths_the_largest_sum_is_taken() -> None:
    """The end's only influence is the weakest: 9 + 9 + 2 over C; the direct influence of A on D has 5."""
    counts = {(A, B): 3, (B, D): 9, (A, C): 9, (C, D): 9, (A, D): 5, (D, E): 2}
    assert strongest_path(graph_of(counts), A, E) == Path((A, C, D, E), 2, 20)


@pytest.mark.parametrize(("start", "end"), [(D, A), (A, A), (B, C), (A, Channel("mixed5b", 9))])
def test_other_channels_have_no_path(start: Channel, end: Channel) -> None:
    """Downwards, to itself, within a layer, or to a channel that the graph lacks."""
    assert strongest_path(graph_of({(A, B): 1, (A, C): 1, (B, D): 1}), start, end) is None


@given(st.dictionaries(st.sampled_from(PAIRS), st.integers(1, 5), min_size=1))
def test_no_path_is_stronger(counts: Counts) -> None:
    """Against every path, for each pair of channels."""
    graph = graph_of(counts)
    for start in LEVELS[0]:
        for end in LEVELS[-1]:
            found = strongest_path(graph, start, end)
            every = [(min(path), sum(path)) for path in paths_between(counts, start, end)]
            assert (found and (found.weakest, found.total)) == max(every, default=None)
            if found:
                steps = [counts[pair] for pair in zip(found.channels, found.channels[1:], strict=False)]
                assert (min(steps), sum(steps)) == (found.weakest, found.total)
