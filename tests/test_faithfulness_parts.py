"""Specificity, stability and sanity of a graph, and graphs that are built from counts in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import networkx
import numpy as np
import pytest
import torch
from PIL import Image

from summit_graph.aggregate.batches import BatchCounter
from summit_graph.aggregate.outcomes import Predictions
from summit_graph.analysis.contrast import Losses, contrast_json
from summit_graph.analysis.faithfulness import ClassScores
from summit_graph.analysis.page_rank import page_rank, source_weights
from summit_graph.analysis.stability import CORE, GraphParts, core_of, jaccard, stability_json
from summit_graph.errors import UsageError
from summit_graph.faithfulness.image_counts import count_images
from summit_graph.faithfulness.parts import PARTS
from summit_graph.faithfulness.rebuilding import GraphBuilder
from summit_graph.faithfulness.sanity import random_graph, with_random_weights
from summit_graph.faithfulness.specificity import (
    nearest_by_activations,
    nearest_by_counts,
    nearest_with_images,
)
from summit_graph.faithfulness.subject import Subject
from summit_graph.images import read_dataset
from summit_graph.images.labels import Labels, Output
from summit_graph.model.counted import CountedModel
from summit_graph.model.program.running import ForwardPass
from summit_graph.records import (
    OUTCOMES,
    AttributionGraph,
    Channel,
    ClassSummary,
    Edge,
    Measure,
    Node,
    Outcome,
    Parameters,
)
from tests.counting_runs import start_counting
from tests.program_models import CifarResNet, count_module, randomized
from tests.test_relevance import pixels

SIZE = 8
A, B, C = Channel("a", 0), Channel("a", 1), Channel("b", 0)
SubjectOf = Callable[..., Subject]


@pytest.fixture(scope="module")
def model() -> CountedModel:
    return count_module(randomized(CifarResNet(1, 4)), size=SIZE)


def summary(name: str = "bee", output: int | None = 1, images: int = 6) -> ClassSummary:
    return ClassSummary(name, output, name, images, None, None, None)


@pytest.fixture
def subject_of(model: CountedModel, tmp_path: Path) -> SubjectOf:
    """A subject whose class has six images; two other classes have five each, ants of the bees' colours."""
    random = np.random.default_rng(0)
    for name, number, lowest in (("ant", 5, 0), ("bee", 6, 0), ("cow", 5, 200)):
        (tmp_path / name).mkdir()
        for at in range(number):
            image = random.integers(lowest, lowest + 56, size=(SIZE, SIZE, 3), dtype=np.uint8)
            Image.fromarray(image).save(tmp_path / name / f"{at}.png")
    dataset = read_dataset(tmp_path)
    found = Subject(
        model=model,
        counting_model=model,
        dataset=dataset,
        images=dataset,
        graph=AttributionGraph("n", summary(), (), ()),
        scores=ClassScores({}, {}, {}),
        influences={},
        parameters=Parameters(mass=None, top_activations=3),
    )
    of_images = found.count(model, found.pixels, dataset)
    cells, graph = of_images.total(), GraphBuilder(model, found.parameters).build(of_images)
    selected = {
        one.name: np.array([Channel(one.name, at) in graph.nodes for at in range(one.channels)])
        for one in model.layers
    }
    starts = np.cumsum([one.channels for one in model.layers])
    counts = dict(zip(selected, np.split(cells[: starts[-1]].astype(float), starts[:-1]), strict=True))
    stored = AttributionGraph(
        "n",
        summary(),
        tuple(Node(one, 1, 0.1) for one in graph.nodes),
        tuple(Edge(two, one, 1, None) for one, two in graph.edges),
    )
    return lambda **more: Subject(
        **{
            **{name: getattr(found, name) for name in found.__dataclass_fields__},
            "graph": stored,
            "scores": ClassScores(counts, counts, selected),
            **more,
        }
    )


@pytest.mark.parametrize(("part", "changes"), [("nodes", True), ("edges", True), ("sanity", False)])
def test_fewer_points_are_another_measurement_of_curves_alone(
    subject_of: SubjectOf, part: str, changes: bool
) -> None:
    """Of parts without points, the stored section is kept."""
    keys = [PARTS[part].key(part, subject_of(quick=quick)) for quick in (False, True)]
    assert (keys[0] != keys[1]) == changes


def test_a_changed_image_or_graph_is_another_measurement(subject_of: SubjectOf) -> None:
    """The key has the files' states, and those of the class's scores and graph."""
    before = subject_of()
    key = PARTS["nodes"].key("nodes", before)
    assert PARTS["nodes"].key("nodes", subject_of()) == key
    smaller = replace(before.graph, nodes=before.graph.nodes[1:], edges=())
    assert PARTS["nodes"].key("nodes", subject_of(graph=smaller)) != key
    (before.dataset.root / "ant" / "0.png").write_bytes(b"another")
    assert PARTS["nodes"].key("nodes", subject_of()) != key


# Graphs from counts


def test_scores_are_those_of_networkx() -> None:
    """With edges weighted by counts, parallel ones added, and a channel without an edge."""
    pairs, weights = np.array([[0, 1], [0, 2], [1, 2], [2, 1]]), np.array([5, 1, 2, 4])
    sources = np.array([1.0, 0.5, 0.0, 0.25])
    graph: networkx.Graph[int] = networkx.Graph()
    graph.add_nodes_from(range(4))
    for (one, two), weight in zip(pairs.tolist(), weights.tolist(), strict=True):
        before = graph.edges[one, two]["weight"] if graph.has_edge(one, two) else 0
        graph.add_edge(one, two, weight=weight + before)
    expected = networkx.pagerank(
        graph, alpha=0.85, personalization=dict(enumerate(sources)), tol=1e-14, max_iter=1000
    )
    np.testing.assert_allclose(page_rank(pairs, weights, sources), [expected[at] for at in range(4)])


def test_source_weights_are_relative_to_the_layer() -> None:
    """A layer that is never active has weights of 0."""
    assert source_weights([np.array([1, 4]), np.array([0, 0])]).tolist() == [0.25, 1, 0, 0]


@pytest.mark.parametrize("drawn", [None, [0, 0, 2]])
def test_counts_of_images_add_up(model: CountedModel, drawn: list[int] | None) -> None:
    """To the counts of the images together; images that are drawn twice count twice."""
    shown = pixels(3, SIZE).numpy()
    counts = count_images(model, Parameters(), shown, output=1)
    together = shown if drawn is None else shown[drawn]
    expected = BatchCounter(model, Parameters()).count(together, output=1).cells
    total = counts.total(None if drawn is None else np.array(drawn))
    assert (total == expected).all()


# Specificity


def losses(graph: float, images: int = 5) -> Losses:
    whole = np.full(images, 10.0)
    return Losses(whole, np.zeros(images), {"graph": np.full(images, graph), "random": whole})


@pytest.mark.parametrize(
    ("own", "other", "said"),
    [
        (2.0, 9.0, "the graph is specific to its class"),
        (2.0, 2.0, "not clearly specific"),
        (9.0, 2.0, "matter more for the other class"),
    ],
)
def test_the_verdict_compares_both_classes(own: float, other: float, said: str) -> None:
    """By the interval of the difference."""
    found = contrast_json(losses(own), losses(other, 7), name="bee", other_name="ant")
    assert said in found["verdict"]
    assert found["difference"][0] == pytest.approx((other - own) / 10)
    assert (found["own"]["images"], found["other"]["images"]) == (5, 7)


def test_what_speaks_against_a_class_raises_its_log_odds() -> None:
    """A graph is specific if replacing it raises those of its own class more."""
    found = contrast_json(losses(12.0), losses(10.0), name="bee", other_name="ant", against=True)
    assert found["verdict"] == (
        "The same channels add 0 % (0 to 0) of the log-odds of ant, the nearest other class, "
        "against 20 % (20 to 20): the graph is specific to its class."
    )


def test_a_class_that_is_not_seen_has_no_contrast() -> None:
    """The sentence names the class whose log-odds do not fall."""
    low = Losses(np.zeros(3), np.ones(3), {"graph": np.zeros(3), "random": np.zeros(3)})
    found = contrast_json(losses(2.0), low, name="bee", other_name="ant")
    assert found["difference"] is None
    assert "log-odds of ant" in found["verdict"]


def test_the_nearest_class_is_one_of_the_images_with_another_output(subject_of: SubjectOf) -> None:
    """By counts: a more similar class without images, or of the same output, is passed over."""
    similar = [(summary("dog"), 0.9), (summary("ant", 1), 0.8), (summary("cow", 2), 0.7)]
    (nearest,) = nearest_by_counts(subject_of(similar=lambda: similar))
    assert nearest.to_json() == {"name": "cow", "output": 2, "by": "counts", "similarity": 0.7}
    assert not [*nearest_by_counts(subject_of())]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_the_nearest_class_is_tested_on_its_own_images(
    subject_of: SubjectOf, model: CountedModel, outcome: Outcome
) -> None:
    """Those with its outcome; without two of them the next class is the nearest (kind: a class tested on
    images that are not its own)."""
    cows = subject_of().pixels_of("cow")
    are_right = Predictions(model).are_right(cows, 2)
    side = replace(summary(f"cow#{outcome}", 2), base="cow", outcome=outcome)
    nearest, tested = nearest_with_images(
        subject_of(similar=lambda: [(side, 0.8), (summary("ant", 0), 0.7), (summary("cow", 2), 0.6)])
    )
    own = cows[are_right == (outcome == "right")]
    assert (nearest.name, nearest.folder) == ((side.name, "cow") if len(own) > 1 else ("ant", "ant"))
    assert len(tested) == (len(own) if len(own) > 1 else 5)


def test_without_counts_the_nearest_class_is_the_one_with_similar_activations(subject_of: SubjectOf) -> None:
    """Ants have the bees' colours."""
    nearest = nearest_by_activations(subject_of())
    assert (nearest.name, nearest.output, nearest.by) == ("ant", None, "activations")


def test_without_two_images_of_another_class_there_is_no_contrast(subject_of: SubjectOf) -> None:
    """The section says so, and the other parts are measured."""
    whole = subject_of()
    single = {name: files if name == "bee" else files[:1] for name, files in whole.images.classes.items()}
    found = PARTS["specificity"].measure(subject_of(images=replace(whole.images, classes=single)))
    assert found["nearest"] is None
    assert "No other class has two images" in found["verdict"]


def test_specificity_measures_both_classes(subject_of: SubjectOf) -> None:
    """On all images of each, against as many random channels."""
    found = PARTS["specificity"].measure(subject_of())
    assert (found["own"]["images"], found["other"]["images"]) == (6, 5)
    assert {"graph", "random"} < set(found["own"])


# Influences


def counts_of(subject: Subject) -> dict[str, np.ndarray]:
    """One image for each influence of the graph."""
    pairs = pairwise(subject.model.layers)
    counts = {upper.name: np.zeros((upper.channels, lower.channels), np.int32) for lower, upper in pairs}
    for edge in subject.graph.edges:
        counts[edge.channel.layer][edge.channel.index, edge.previous.index] = 1
    return counts


def test_the_graph_s_influences_are_those_that_are_taken_out(subject_of: SubjectOf) -> None:
    """Those of the largest counts are the same ones where no others are counted."""
    subject = subject_of(quick=True)
    found = PARTS["edges"].measure(replace(subject, influences=counts_of(subject)))
    assert found["edges"] == len(subject.graph.edges)
    assert found["by_count"]["edges"] == [found["edges"]] * 2
    assert found["by_count"]["necessity"][0] == pytest.approx(found["sets"]["graph"]["necessity"])


@pytest.mark.parametrize("measure", ["activation", "relevance"])
def test_completeness_has_a_share_for_each_channel_with_an_influence(
    subject_of: SubjectOf, measure: Measure
) -> None:
    """By the network's measure; relevance is taken from the mean over other classes."""
    subject = subject_of(parameters=Parameters(measure=measure))
    found = PARTS["completeness"].measure(replace(subject, influences=counts_of(subject)))
    assert found["measure"] == measure
    assert {one["channel"] for one in found["channels"]} == {str(one.channel) for one in subject.graph.edges}
    assert 0 < found["mean"][0] < 1


# Stability


def graph_parts(nodes: set[Channel], edges: set[tuple[Channel, Channel]]) -> GraphParts:
    return GraphParts(frozenset(nodes), frozenset(edges))


def test_jaccard_is_the_share_of_the_union() -> None:
    """Of two empty sets it is 1."""
    assert jaccard({1, 2}, {2, 3}) == pytest.approx(1 / 3)
    assert jaccard(set(), set()) == 1


@pytest.mark.parametrize("measure", ["activation", "relevance"])
def test_images_counted_one_by_one_add_up_to_the_counted_class(
    subject_of: SubjectOf, tmp_path: Path, measure: Measure
) -> None:
    """Relevance is counted from the same mean over the images of other classes."""
    parameters = Parameters(measure=measure)
    subject = subject_of(parameters=parameters)
    labels = Labels(tuple(Output(None, (name,)) for name in ("ant", "bee", "cow")))
    run = start_counting(
        subject.dataset, subject.model, tmp_path / "work", labels=labels, parameters=parameters
    )
    (bee,) = [one for one in run if one.summary.name == "bee"]
    found = GraphBuilder(subject.model, parameters).layout.to_tables(
        subject.count(subject.model, subject.pixels, subject.dataset).total()
    )
    assert [one.to_pylist() for one in found] == [
        one.to_pylist() for one in (bee.activations, bee.hops, bee.outputs)
    ]


def stable() -> dict:
    """In five resamples, A and the influence on C stay in four, B in one."""
    whole = graph_parts({A, B, C}, {(A, C), (B, C)})
    without_b, empty = graph_parts({A, C}, {(A, C)}), graph_parts({C}, set())
    return stability_json(whole, {50: [empty], 100: [whole, without_b, without_b, without_b, empty]}, 9)


def test_what_survives_is_a_share_of_the_resamples() -> None:
    """Of as many images as the class has; fewer images give the overlap alone."""
    found = stable()
    assert found["nodes"] == {"a/0": 0.8, "a/1": 0.2, "b/0": 1.0}
    assert found["edges"] == {"a/0>b/0": 0.8, "a/1>b/0": 0.2}
    assert found["jaccard"]["50"]["nodes"][0] == pytest.approx(1 / 3)
    assert "2 of 3 channels and 1 of 2 influences stay in at least 80 %" in found["verdict"]


def test_the_core_is_what_survives_in_most_resamples() -> None:
    """Channels and influences; a channel that was never seen is not of the core."""
    graph = AttributionGraph(
        "n",
        summary(),
        tuple(Node(one, 1, 0.1) for one in (A, B, C, Channel("b", 1))),
        (Edge(C, A, 1, None), Edge(C, B, 1, None)),
    )
    core = core_of(graph, stable())
    assert [node.channel for node in core.nodes] == [A, C]
    assert core.edges == graph.edges[:1]
    assert CORE == 0.8


def test_stability_needs_the_counted_images(subject_of: SubjectOf) -> None:
    """Without them, and with others, the line names the option."""
    with pytest.raises(UsageError, match="--counted"):
        PARTS["stability"].measure(subject_of())
    whole = subject_of()
    with pytest.raises(UsageError, match="other images than those"):
        PARTS["stability"].measure(subject_of(counted=whole.dataset.first(3)))


def test_the_counted_images_give_the_class_s_counts(subject_of: SubjectOf) -> None:
    """And graphs of draws of them."""
    found = PARTS["stability"].measure(subject_of(counted=subject_of().dataset))
    assert found["images"] == 6
    assert set(found["jaccard"]) == {"25", "50", "100"}
    assert all(0 <= share <= 1 for share in found["nodes"].values())


def test_a_side_of_a_class_is_tested_on_its_own_images(subject_of: SubjectOf, model: CountedModel) -> None:
    """Those with its outcome (kind: a class tested on images that are not its own)."""
    whole = subject_of()
    (tested,) = {*Predictions(model).are_right(whole.pixels, 1)}
    sides = {outcome: replace(whole.graph.summary, base="bee", outcome=outcome) for outcome in OUTCOMES}
    full, empty = ("right", "wrong") if tested else ("wrong", "right")
    assert len(subject_of(graph=replace(whole.graph, summary=sides[full])).pixels) == 6
    with pytest.raises(UsageError, match="0 of the 6 images"):
        _ = subject_of(graph=replace(whole.graph, summary=sides[empty])).pixels


# Sanity


def test_weights_are_shuffled_from_the_top(model: CountedModel) -> None:
    """The model itself stays, each step keeps the weights of the layers below it, and has the same values."""
    before = {name: one.clone() for name, one in model.recipe.tensors.items()}
    layers, changed = [], []
    for layer, one in with_random_weights(model, seed=0):
        layers.append(layer)
        changed.append(
            {name for name, tensor in before.items() if not tensor.equal(one.recipe.tensors[name])}
        )
        for name, tensor in before.items():
            torch.testing.assert_close(one.recipe.tensors[name].sum(), tensor.sum())
    assert layers == ["output", *reversed([where.name for where in model.maps])]
    assert all(fewer < more for fewer, more in pairwise(changed))
    assert all(tensor.equal(model.recipe.tensors[name]) for name, tensor in before.items())


def test_shuffled_weights_are_also_those_that_are_counted(model: CountedModel) -> None:
    """The weights of the sums are those of the program: counts and outputs are of one model."""
    for _, one in with_random_weights(model, seed=0):
        weights = {tensor.data_ptr() for tensor in one.recipe.tensors.values()}
        mixing = [term.term.mixing for counted in one.sums for term in counted.terms if term.term.mixing]
        assert {each.weight.data_ptr() for each in mixing} <= weights
        shown = pixels(2, SIZE)
        assert torch.isfinite(
            ForwardPass(one.recipe, [one.output])(shown.permute(0, 3, 1, 2))[one.output]
        ).all()


def test_a_random_graph_has_the_sizes_of_the_graph() -> None:
    """Channels of each layer, and influences of each two layers between the drawn channels."""
    graph = graph_parts({A, B, C}, {(A, C)})
    found = random_graph(graph, {"a": 5, "b": 4}, np.random.default_rng(0))
    assert sorted(one.layer for one in found.nodes) == ["a", "a", "b"]
    ((below, above),) = found.edges
    assert (below.layer, above.layer) == ("a", "b")
    assert {below, above} <= found.nodes


def test_sanity_compares_with_random_weights_other_images_and_chance(subject_of: SubjectOf) -> None:
    """The reference is the graph of the tested images, which here are the counted ones."""
    found = PARTS["sanity"].measure(subject_of())
    assert found["stored"] == {"nodes": 1, "edges": 1}
    assert len(found["weights"]) == len(subject_of().model.maps) + 1
    assert 0 <= found["chance"]["nodes"][0] < 1
    assert "by chance" in found["verdict"]


def test_graphs_are_built_as_the_network_was_counted(subject_of: SubjectOf) -> None:
    """With its excluded channels, whose influences do not compete (kind: counting a model of other rules)."""
    whole = subject_of()
    (lowest, _), *_ = whole.model.channels.items()
    excluded = tuple(node.channel for node in whole.graph.nodes if node.channel.layer == lowest)
    parameters = Parameters(mass=None, top_activations=3, top_influences=1, excluded=excluded)
    counted = count_module(randomized(CifarResNet(1, 4)), parameters, size=SIZE)
    subject = subject_of(counting_model=counted, parameters=parameters)

    def edges(model: CountedModel) -> int:
        return len(
            GraphBuilder(model, parameters).build(subject.count(model, subject.pixels, subject.dataset)).edges
        )

    found = PARTS["sanity"].measure(subject)
    assert found["sizes"]["edges"] == edges(counted) != edges(whole.model)
