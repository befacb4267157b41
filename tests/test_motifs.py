"""Motifs across classes: what is found, its support and its significance."""

from __future__ import annotations

from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summit_graph.analysis.motifs import (
    GraphSet,
    mine_motifs,
    select_typical_channels,
    select_typical_motifs,
    typical_channels,
    typical_motifs,
)
from summit_graph.analysis.motifs.null_model import count_edges, count_forks
from summit_graph.analysis.motifs.significance import (
    measure_significance,
    upper_tails,
)
from summit_graph.analysis.statistics import false_discovery_rates, fisher_upper_tail
from summit_graph.counts.inception import LAYER_NAMES
from summit_graph.errors import UsageError
from summit_graph.formats.published import find_published
from summit_graph.records import Channel
from tests.random_graphs import channel, graph_set, graphs_of, noise

PUBLISHED = Path(__file__).parents[2] / "shared" / "data" / "summit-published"

A, B, C, D, E = channel(0, 3), channel(1, 1), channel(1, 2), channel(2, 5), channel(3, 8)
DIAMOND = [(A, B), (A, C), (B, D), (C, D)]


def shown(graphs: GraphSet, **options: Any) -> dict[tuple[str, ...], tuple[str, ...]]:
    """All motifs as {channels: classes}."""
    mined = mine_motifs(graphs, rewirings=0, **options)
    return {tuple(map(str, motif.channels)): motif.classes for motif in mined.select(min_support=1)}


@pytest.fixture
def three_classes() -> GraphSet:
    """x has a diamond with a tail, y the diamond's left side, z one edge."""
    return graphs_of({"x": [*DIAMOND, (D, E)], "y": [(A, B), (B, D)], "z": [(A, B)]})


def test_chains_of_three(three_classes: GraphSet) -> None:
    """A chain is found in exactly the classes that contain both its edges."""
    assert shown(three_classes) == {
        ("mixed3a/3", "mixed3b/1", "mixed4a/5"): ("x", "y"),
        ("mixed3a/3", "mixed3b/2", "mixed4a/5"): ("x",),
        ("mixed3b/1", "mixed4a/5", "mixed4b/8"): ("x",),
        ("mixed3b/2", "mixed4a/5", "mixed4b/8"): ("x",),
    }


def test_fan_in_fan_out_and_diamond(three_classes: GraphSet) -> None:
    """The channels of fans and diamonds are listed from the lowest layer up."""
    assert shown(three_classes, shape="fan-in") == {("mixed3b/1", "mixed3b/2", "mixed4a/5"): ("x",)}
    assert shown(three_classes, shape="fan-out") == {("mixed3a/3", "mixed3b/1", "mixed3b/2"): ("x",)}
    assert shown(three_classes, shape="diamond") == {
        ("mixed3a/3", "mixed3b/1", "mixed3b/2", "mixed4a/5"): ("x",)
    }


def test_order_limit_and_layer(three_classes: GraphSet) -> None:
    """Motifs are sorted by support, then channels; --layer keeps those with a channel in the layer."""
    mined = mine_motifs(three_classes, size=2, rewirings=0)
    assert [motif.support for motif in mined.select(min_support=1)] == [3, 2, 1, 1, 1]
    assert [motif.channels for motif in mined.select(min_support=1, limit=3)] == [(A, B), (B, D), (A, C)]
    assert [motif.channels for motif in mined.select(min_support=1, layer="mixed4b")] == [(D, E)]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(2, 4))
def test_chains_agree_with_brute_force(seed: int, size: int) -> None:
    """For random graphs, the chains are those found by trying every combination of channels."""
    graphs = noise(seed, classes=3, width=4, nodes=3, density=0.4)
    edges = set(zip(graphs.edge_class.tolist(), graphs.lower.tolist(), graphs.upper.tolist(), strict=True))
    expected: dict[tuple[str, ...], list[str]] = {}
    for path in product(range(len(graphs.channels)), repeat=size):
        for at, name in enumerate(graphs.classes):
            if all((at, low, up) in edges for low, up in pairwise(path)):
                key = tuple(str(graphs.channels[vertex]) for vertex in path)
                expected.setdefault(key, []).append(name)
    found = shown(graphs, size=size, min_support=1)
    assert found == {key: tuple(classes) for key, classes in expected.items()}


def test_long_chains_grow_from_frequent_ones() -> None:
    """A long chain that reaches the minimum support is found; occurrences bound the number of tests."""
    graphs = noise(3, classes=30, width=12, nodes=5, density=0.5, layers=6)
    whole = mine_motifs(graphs, size=5, min_support=1, rewirings=0)
    grown = mine_motifs(graphs, size=5, min_support=2, rewirings=0)
    assert grown.select(min_support=2) == whole.select(min_support=2)
    assert len(grown.support) < len(whole.support) <= grown.tests == len(whole.occurrence_class)


@pytest.mark.parametrize(
    ("shape", "size", "message"),
    [
        ("triangle", None, "neighbouring layers only"),
        ("star", None, "choose one of"),
        ("chain", 1, "2 to 9"),
        ("chain", 10, "2 to 9"),
        ("diamond", 3, "has 4 channels"),
    ],
)
def test_invalid_shapes_are_usage_errors(
    three_classes: GraphSet, shape: str, size: int | None, message: str
) -> None:
    """An unknown shape or size is a usage error that gives the reason."""
    with pytest.raises(UsageError, match=message):
        mine_motifs(three_classes, shape=shape, size=size)


def test_graphs_without_edges_have_no_motifs() -> None:
    """Classes without edges have no motifs."""
    for classes, members in (([], []), (["x"], [("x", A)])):
        graphs = GraphSet.from_rows(LAYER_NAMES, classes, members, [])
        for shape in ("chain", "fan-in", "diamond"):
            assert mine_motifs(graphs, shape=shape).select() == []


def test_forced_edges_have_probability_one() -> None:
    """If the degrees allow one graph only, its edges have probability 1 and no others are listed."""
    star = graphs_of({"x": [(A, B), (A, C)]})
    edges = count_edges(star, rewirings=20, seed=1)
    assert (edges.chance.tolist(), len(edges.class_)) == ([1.0, 1.0], 2)
    forks = count_forks(star, upwards=True, rewirings=20, seed=1)
    assert forks.chance.tolist() == [1.0]


def test_rewiring_is_uniform() -> None:
    """Two channels with one edge each to two others: both matchings occur equally often."""
    one_to_one = graphs_of({"x": [(channel(0, 0), channel(1, 0)), (channel(0, 1), channel(1, 1))]})
    chances = count_edges(one_to_one, rewirings=4000, seed=5).chance
    assert chances == pytest.approx([0.5] * 4, abs=0.03)


def test_rewiring_matches_all_graphs_with_these_degrees() -> None:
    """Probabilities are shares of all bipartite graphs with the same degrees, here enumerated."""
    lows, ups = 3, 4
    matrices = np.array(list(product([0, 1], repeat=lows * ups))).reshape(-1, lows, ups)
    wanted = np.array([[1, 1, 1, 0], [1, 0, 0, 1], [0, 1, 0, 0]])
    same = matrices[
        (matrices.sum(1) == wanted.sum(0)).all(1) & (matrices.sum(2) == wanted.sum(1)).all(1)
    ].astype(float)
    edges = [(channel(0, low), channel(1, up)) for low, up in np.argwhere(wanted)]
    counted = count_edges(graphs_of({"x": edges}), rewirings=20_000, seed=2)
    found = np.zeros((lows, ups))
    found[counted.lower, counted.upper - lows] = counted.chance
    assert found == pytest.approx(same.mean(0), abs=0.02)
    forks = count_forks(graphs_of({"x": edges}), upwards=False, rewirings=20_000, seed=2)
    for center, left, right, chance in zip(
        forks.center - lows, forks.left, forks.right, forks.chance, strict=True
    ):
        assert chance == pytest.approx((same[:, left, center] * same[:, right, center]).mean(), abs=0.02)


def test_statistics_depend_on_the_seed_and_not_on_other_classes() -> None:
    """The same seed gives the same statistics; a class's probabilities do not depend on other classes."""
    graphs = noise(1, classes=12, width=8, nodes=5, density=0.5)
    assert mine_motifs(graphs, seed=7).select() == mine_motifs(graphs, seed=7).select()
    assert mine_motifs(graphs, seed=7).select() != mine_motifs(graphs, seed=8).select()
    alone = count_edges(graphs.of_classes(["class004"]), rewirings=50, seed=7)
    among = count_edges(graphs, rewirings=50, seed=7)
    assert among.chance[among.class_ == 4].tolist() == alone.chance.tolist()


def test_null_model_works_for_any_number_of_layers() -> None:
    """With seventy layers, too, each class and pair of layers is rewired separately: single edges stay."""
    names = [f"features.{at}" for at in range(70)]
    chain = list(pairwise(Channel(name, 0) for name in names))
    edges = count_edges(graphs_of({"x": chain, "y": chain}, names), rewirings=20, seed=1)
    assert edges.chance.tolist() == [1.0] * 138


def test_layers_are_ordered_by_place_not_by_name() -> None:
    """A chain runs upwards through layers whose names sort downwards, and may be as long as the network."""
    names = ["stem", "layer1.10", "layer1.9", "head:2", "a/b"]
    chain = list(pairwise(Channel(name, 12) for name in names))
    graphs = graphs_of({"x": chain, "y": chain}, names)
    (found,) = mine_motifs(graphs, size=5, rewirings=0).select()
    assert [channel.layer for channel in found.channels] == names
    assert len(mine_motifs(graphs, size=2, rewirings=0).select(layer="a/b")) == 1
    with pytest.raises(UsageError, match="2 to 5 channels"):
        mine_motifs(graphs, size=6)


def test_upper_tail_of_equal_probabilities_is_binomial() -> None:
    """With equal probabilities the Poisson-binomial tail is the binomial one, also for small p."""
    from scipy.stats import binom

    support = np.array([0, 1, 5, 90, 100])
    chance = np.full(500, 0.3)
    found = upper_tails(chance, np.arange(0, 600, 100), support)
    assert found == pytest.approx(binom.sf(support - 1, 100, 0.3), rel=1e-9)


def test_significance_by_hand() -> None:
    """Two classes with probabilities 1/2 and 1/4: expected 3/4, variance 7/16, both 1/8, any 5/8."""
    significance = measure_significance(np.array([0, 0]), np.array([0.5, 0.25]), np.array([2]))
    assert significance.expected.tolist() == [0.75]
    assert significance.z[0] == pytest.approx(1.25 / (7 / 16) ** 0.5)
    assert significance.p[0] == pytest.approx(1 / 8)
    assert significance.p_given_seen[0] == pytest.approx(1 / 5)


def test_benjamini_hochberg_by_hand() -> None:
    """Each q is the smallest p·tests/rank from its rank on; missing tests count as p = 1."""
    p = np.array([0.04, 0.01, 0.03])
    assert false_discovery_rates(p) == pytest.approx([0.04, 0.03, 0.04])
    assert false_discovery_rates(p, tests=6) == pytest.approx([0.08, 0.06, 0.08])


@given(st.lists(st.floats(0, 1), max_size=12), st.integers(0, 30))
def test_missing_tests_count_as_p_of_1(values: list[float], missing: int) -> None:
    """q is that of the complete family, in which the missing tests have p = 1."""
    whole = false_discovery_rates(np.array([*values, *[1.0] * missing]))
    found = false_discovery_rates(np.array(values), tests=len(values) + missing)
    assert found == pytest.approx(whole[: len(values)], rel=1e-12)


def test_fisher_takes_one_sample_size_or_one_per_test() -> None:
    """3 of 4 hits in 4 of 10: (C(4,3)·C(6,1) + 1) / C(10,4) = 25/210; all of 2 in 5 of 10: 2/9."""
    p = fisher_upper_tail(np.array([3, 2, 3]), np.array([4, 2, 4]), size=np.array([4, 5, 4]), total=10)
    assert p == pytest.approx([25 / 210, 2 / 9, 25 / 210])
    assert fisher_upper_tail(np.array([3]), np.array([4]), size=4, total=10) == pytest.approx([25 / 210])


def test_planted_motifs_are_found() -> None:
    """A chain planted in a sixth of the classes is discovered, and nothing that does not overlap it."""
    planted = [(channel(layer, 900), channel(layer + 1, 900)) for layer in range(2)]
    graphs = noise(
        11, classes=120, width=25, nodes=6, density=0.3, planted=planted, planted_in=20
    )  # fmt: skip
    motifs = mine_motifs(graphs).select()
    found = [motif for motif in motifs if motif.q is not None and motif.q < 0.05]
    chain = tuple(channel(layer, 900) for layer in range(3))
    assert chain in [motif.channels for motif in found]
    assert all({channel(0, 900), channel(1, 900)} & set(motif.channels) for motif in found)


@pytest.mark.parametrize(
    "made",
    [
        {"classes": 40, "width": 20, "nodes": 6, "density": 0.5},
        {"classes": 30, "width": 6, "nodes": 6, "density": 0.8},
        {"classes": 3, "width": 60, "nodes": 40, "density": 0.03},
    ],
    ids=["usual", "dense", "few classes, sparse"],
)
@pytest.mark.parametrize(("shape", "size"), [("chain", 3), ("chain", 4), ("fan-in", 3), ("diamond", 4)])
def test_false_discovery_rate_is_controlled_on_noise(made: dict[str, Any], shape: str, size: int) -> None:
    """At a false discovery rate of 5 %, about one in twenty runs on pure noise finds anything."""
    runs = 20
    false = 0
    for seed in range(runs):
        mined = mine_motifs(noise(seed, **made), shape=shape, size=size)
        false += bool(mined.q is not None and (mined.q < 0.05).any())
    assert false <= 4  # more than 4 of 20 at 5 % has a probability of 1 in 400


def test_typical_of_a_group_by_hand() -> None:
    """Fisher's test on 3 of 3 inside and 1 of 5 outside: p = C(4,3)/C(8,3), odds ratio infinite."""
    names = [f"c{at}" for at in range(8)]
    edges = {name: [(A, B), *([(B, D)] if name in ("c0", "c1", "c2", "c3") else [])] for name in names}
    graphs = graphs_of(edges)
    mined = mine_motifs(graphs, rewirings=0)
    typical = typical_motifs(mined, ["c0", "c1", "c2"])
    assert (typical.inside.tolist(), typical.outside.tolist()) == ([3], [1])
    assert typical.p[0] == pytest.approx(4 / 56)
    assert typical.odds_ratio[0] == np.inf
    assert typical.lift[0] == pytest.approx(5)
    [(motif, counts)] = select_typical_motifs(mined, ["c0", "c1", "c2"], min_support=1)
    assert (motif.channels, counts.inside, counts.outside) == ((A, B, D), 3, 1)
    channels = typical_channels(graphs, ["c0", "c1", "c2"])
    assert dict(zip(graphs.channels, channels.p, strict=True)) == pytest.approx({A: 1, B: 1, D: 4 / 56})
    first = select_typical_channels(graphs, ["c0", "c1", "c2"], min_support=1, limit=1)[0]
    assert (first.channel, first.classes) == (D, ("c0", "c1", "c2", "c3"))


def test_odds_ratio_by_hand() -> None:
    """Two of three inside and one of four outside: odds of 2 over odds of 1/3."""
    names = [f"c{at}" for at in range(7)]
    edges = {name: [(A, B), *([(A, C)] if name in ("c0", "c1", "c5") else [])] for name in names}
    mined = mine_motifs(graphs_of(edges), size=2, rewirings=0)
    assert typical_motifs(mined, ["c0", "c1", "c2"]).odds_ratio[1] == pytest.approx(6)


@pytest.mark.parametrize("group", [[], ["x", "y", "z"], ["nobody"]])
def test_an_invalid_group_is_a_usage_error(three_classes: GraphSet, group: list[str]) -> None:
    """A group of no class, of all classes or of an unknown class is a usage error."""
    with pytest.raises(UsageError, match="group"):
        typical_motifs(mine_motifs(three_classes, rewirings=0), group)


@pytest.mark.shared
def test_published_graphs() -> None:
    """All chains of three in the 900 published graphs: 389,340, of which 64 in at least 100 classes."""
    graphs = graph_set(found.graph for found in find_published(PUBLISHED).read_graphs("authors"))
    mined = mine_motifs(graphs, rewirings=0)
    first = mined.select(limit=1)[0]
    assert len(mined.support) == 389_340
    assert (mined.support >= 100).sum() == 64
    assert [str(one) for one in first.channels] == ["mixed4a/208", "mixed4b/408", "mixed4c/415"]
    assert first.support == 320
