"""Influences taken out of a model: exact for every kind of sum, and what is measured with it."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from torch import Tensor, nn

from summit_graph.analysis.edge_faithfulness import (
    BETWEEN,
    ClassEdges,
    MeasuredEdges,
    Received,
    completeness_report,
    edge_report,
    edge_rows,
)
from summit_graph.analysis.faithfulness import Curve
from summit_graph.faithfulness.completeness import measure_completeness
from summit_graph.faithfulness.edge_curve import EdgeTest, edge_sets, largest_counts, measure_edges
from summit_graph.faithfulness.edge_replacement import EdgeReplacement
from summit_graph.faithfulness.replacement import Replacement
from summit_graph.model.counted import CountedModel
from summit_graph.model.program.running import ForwardPass
from summit_graph.records import Channel, Measure, Parameters
from tests.program_models import CifarResNet, count_module, randomized
from tests.small_model import small_counted, small_pixels
from tests.test_counting_programs import NETWORKS
from tests.test_faithfulness import means_of
from tests.test_program_random import networks
from tests.test_relevance import pixels

Edges = dict[str, np.ndarray]


def edges_of(model: CountedModel, share: float, seed: int = 0) -> Edges:
    """Random influences; some channels lose none, all, the same as another one, or nearly all."""
    random = np.random.default_rng(seed)
    found = {}
    for lower, upper in pairwise(model.layers):
        out = random.random((upper.channels, lower.channels)) < share
        out[0] = False
        out[1:3] = True
        out[-1:] = ~out[-1:]
        found[upper.name] = out
    return found


def logits_naively(model: CountedModel, means: dict, first: Tensor, out: Edges) -> Tensor:
    """Every channel of every layer computed on its own from the layer below it."""
    values = {model.maps[0].tensor: first}
    for lower, upper in pairwise(model.maps):
        stretch = ForwardPass(model.recipe.after(lower.tensor, upper.tensor), [upper.tensor])
        below, mean = values[lower.tensor], torch.from_numpy(means[lower.tensor])
        value = stretch(below)[upper.tensor].clone()
        for channel, row in enumerate(torch.from_numpy(out[upper.name])):
            replaced = torch.where(row[lower.layout.labels[0]], mean, below)
            mine = (upper.layout.labels[0] == channel).expand(value.shape)
            value[mine] = stretch(replaced)[upper.tensor][mine]
        values[upper.tensor] = value
    last = model.maps[-1].tensor
    return ForwardPass(model.recipe.after(last, model.output), [model.output])(values[last])[model.output]


def assert_edges_are_true(model: CountedModel, shown: Tensor, others: Tensor) -> None:
    """With no, few, many and all influences taken out; in float64 if the model is."""
    means = means_of(model, others)
    first = Replacement(model, means).first_values(shown.numpy())
    replacement = EdgeReplacement(model, means)
    every = {name: np.ones_like(one) for name, one in edges_of(model, 0).items()}
    torch.testing.assert_close(replacement.logits(first), Replacement(model, means).logits(first))
    some = [edges_of(model, share, seed=at) for at, share in enumerate((0.15, 0.9))]
    for out in ({name: ~one for name, one in every.items()}, *some, every):
        with torch.inference_mode():
            expected = logits_naively(model, means, first, out)
        torch.testing.assert_close(replacement.logits(first, out), expected, rtol=1e-6, atol=1e-7)


def counted(module: nn.Module, size: int) -> CountedModel:
    return count_module(randomized(module).double(), size=size)


@pytest.mark.parametrize("name", NETWORKS)
def test_taking_out_influences_equals_computing_each_channel_on_its_own(name: str) -> None:
    """Each kind of sum: convolutions, skips, inner stops, gates, concatenations, normalizations."""
    size = 16 if name == "empty channels" else 8
    model = counted(NETWORKS[name](), size)
    assert_edges_are_true(model, pixels(3, size), pixels(4, size, seed=2))


@pytest.mark.slow
@given(networks())
@settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
def test_influences_of_random_networks_are_taken_out_exactly(network: nn.Module) -> None:
    """Any supported operator."""
    assert_edges_are_true(counted(network, 8), pixels(2, 8), pixels(3, 8, seed=2))


def test_influences_of_inception_are_taken_out_exactly() -> None:
    """Direct branches and those through a bottleneck, in float32."""
    model = small_counted()
    means = means_of(model, torch.from_numpy(small_pixels(2, seed=2)))
    first = Replacement(model, means).first_values(small_pixels(2))
    out = edges_of(model, 0.3)
    with torch.inference_mode():
        expected = logits_naively(model, means, first, out)
    found = EdgeReplacement(model, means).logits(first, out)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_a_block_s_channel_reads_the_mean_where_its_influence_is_taken_out() -> None:
    """By the module alone: its block run on an input with one channel replaced gives that channel."""
    module = randomized(CifarResNet(1, 4))
    model = count_module(module, size=8)
    means = means_of(model, pixels(4, 8, seed=2))
    first = Replacement(model, means).first_values(pixels(3, 8).numpy())
    out = {"layer1.0": np.zeros((4, 4), bool)}
    out["layer1.0"][2, 1] = True
    with torch.no_grad():
        replaced = first.clone()
        replaced[:, 1] = torch.from_numpy(means[model.maps[0].tensor][1])
        lower, middle, upper = (module.get_submodule(f"layer{at}") for at in (1, 2, 3))
        block = lower(first)
        block[:, 2] = lower(replaced)[:, 2]
        expected = module.get_submodule("linear")(upper(middle(block)).mean((2, 3)))
    torch.testing.assert_close(EdgeReplacement(model, means).logits(first, out), expected)


# Sets of influences, and what is measured with them


def class_edges(model: CountedModel, seed: int = 0) -> ClassEdges:
    """Two channels of each layer are the graph's, with one influence between them."""
    random = np.random.default_rng(seed)
    counts, selected, between = {}, {}, {}
    for lower, upper in pairwise(model.layers):
        shape = upper.channels, lower.channels
        counts[upper.name] = random.integers(0, 9, shape).astype(np.int32)
        selected[upper.name], between[upper.name] = np.zeros(shape, bool), np.zeros(shape, bool)
        selected[upper.name][0, 1] = True
        between[upper.name][:2, :2] = True
    return ClassEdges(counts, selected, between)


def test_the_largest_counts_are_taken_and_ties_go_to_the_lower_channels() -> None:
    """Three of 4, 2, 2, 2 and none of a count of 0."""
    counts = {"b": np.array([[0, 2, 4], [2, 2, 0]], np.int32)}
    found = largest_counts(counts, {"b": 3})["b"]
    assert found.tolist() == [[False, True, True], [True, False, False]]
    assert largest_counts(counts, {"b": 6})["b"].sum() == 4


def test_random_influences_are_others_between_the_same_channels(model: CountedModel) -> None:
    """As many as the graph has, none of them the graph's; those of the same layers may be any."""
    edges = class_edges(model)
    sets = edge_sets(edges, seed=0)
    assert list(sets) == ["graph", BETWEEN, "random"]
    for layer, number in edges.sizes.items():
        for one in sets[BETWEEN]:
            assert one[layer].sum() == number
            assert not (one[layer] & (edges.selected[layer] | ~edges.between[layer])).any()
        assert {int(one[layer].sum()) for one in sets["random"]} == {number}


def test_a_graph_of_all_influences_between_its_channels_has_no_others() -> None:
    """Fewer than wanted, here none."""
    full = {"b": np.ones((2, 2), bool)}
    edges = ClassEdges({"b": np.ones((2, 2), np.int32)}, full, full)
    assert not any(one["b"].any() for one in edge_sets(edges, seed=0)[BETWEEN])


@pytest.fixture(scope="module")
def model() -> CountedModel:
    return count_module(randomized(CifarResNet(1, 4)), size=8)


@pytest.fixture(scope="module")
def edge_test(model: CountedModel) -> EdgeTest:
    return EdgeTest(model, means_of(model, pixels(4, 8, seed=2)), pixels(6, 8).numpy(), output=1)


def test_without_any_influence_all_images_have_the_same_log_odds(edge_test: EdgeTest) -> None:
    """Nothing of the image is left above the first layer."""
    assert np.ptp(edge_test.whole) > 1e-2
    assert np.ptp(edge_test.nothing) < 1e-4


def test_each_draw_is_tested_on_its_part_of_the_images(model: CountedModel, edge_test: EdgeTest) -> None:
    """The second of two draws on every second image; more draws than images are left out."""
    one, other = edges_of(model, 0.3), edges_of(model, 0.6, seed=1)
    both = edge_test.without([one, other])
    assert np.allclose(both[::2], edge_test.without([one])[::2], rtol=1e-4)
    assert np.allclose(both[1::2], edge_test.without([other])[1::2], rtol=1e-4)
    assert np.allclose(edge_test.only([one]), edge_test.without([{k: ~v for k, v in one.items()}]))
    assert len(edge_test.without([one] * 9)) == 6


def test_the_curve_has_a_row_for_each_number_of_influences(model: CountedModel, edge_test: EdgeTest) -> None:
    """And progress for each set."""
    edges, steps = class_edges(model), []
    found = measure_edges(edge_test, edges, factors=(1, 3), on_progress=lambda *step: steps.append(step))
    pairs = len(edges.sizes)
    assert found.by_count.kept.shape == found.by_count.replaced.shape == (2, 6)
    assert list(found.numbers_by_count) == [pairs, 3 * pairs]
    assert found.numbers == {"graph": pairs, BETWEEN: pairs, "random": pairs}
    assert steps == [(at, 5) for at in range(5)]
    report = edge_report(found, edges)
    assert json.loads(json.dumps(report)) == report
    assert [name for name, *_ in edge_rows(report)][-1] == "largest counts, 3 x"


def edges_measured(lost: float, lost_by_others: float, *, between: int = 2) -> MeasuredEdges:
    def curve(m: float) -> Curve:
        return Curve(np.zeros((1, 4)), np.full((1, 4), m))

    sets = {"graph": curve(10 - lost), BETWEEN: curve(10 - lost_by_others), "random": curve(10)}
    numbers = {"graph": 2, BETWEEN: between, "random": 2}
    return MeasuredEdges(np.full(4, 10.0), np.zeros(4), sets, numbers, (1,), curve(9), [2])


def test_the_verdict_names_what_the_influences_cost(model: CountedModel) -> None:
    """Beside others between the same channels, where there are some."""
    edges = class_edges(model)
    assert edge_report(edges_measured(4, 0.5), edges)["verdict"] == (
        "Taking out these 2 influences costs 40 % (40 to 40); "
        "2 random ones between the same channels 5 % (5 to 5), 2 random ones of the same layers 0 % (0 to 0)."
    )
    alone = edge_report(edges_measured(4, 0, between=0), edges)["verdict"]
    assert "costs 40 % (40 to 40); there are no others between the same channels, 2 random ones" in alone
    against = edge_report(edges_measured(-4, 0.5), edges, against=True)["verdict"]
    assert against.startswith("Taking out these 2 influences adds 40 % (40 to 40); 2 random ones")
    few = edge_report(edges_measured(4, 1, between=1), edges)["verdict"]
    assert "; a random one between the same channels 10 % (10 to 10), 2 random" in few


def test_influences_of_images_that_do_not_show_the_class_have_no_share(model: CountedModel) -> None:
    """Where taking out everything raises the log-odds."""
    low = replace(edges_measured(1, 1), whole=np.zeros(4), nothing=np.ones(4))
    found = edge_report(low, class_edges(model))
    assert found["sets"]["graph"]["necessity"] is None
    assert "cannot be tested" in found["verdict"]


# Completeness


def received_of(
    model: CountedModel,
    selected: Edges,
    parameters: Parameters | None = None,
    *,
    images: int = 3,
    size: int = 8,
) -> Received:
    shown = pixels(images, size).numpy()
    return measure_completeness(model, shown, selected, parameters or Parameters(), output=1)


def everything(model: CountedModel) -> Edges:
    return {
        upper.name: np.ones((upper.channels, lower.channels), bool) for lower, upper in pairwise(model.layers)
    }


@pytest.mark.parametrize("measure", ["activation", "relevance"])
@pytest.mark.parametrize("name", NETWORKS)
def test_all_influences_together_bring_what_a_channel_receives(name: str, measure: Measure) -> None:
    """Through convolutions, skips and inner stops; less where an inner channel itself receives nothing."""
    size = 16 if name == "empty channels" else 8
    model = count_module(randomized(NETWORKS[name]()), size=size)
    parameters = Parameters(measure=measure)
    found = received_of(model, everything(model), parameters, size=size)
    if len(model.layers) == 1:
        assert found.whole.shape == (3, 0)
        return
    assert (found.through <= found.whole * (1 + 1e-6) + 1e-9).all()
    assert found.through.sum() > 0.5 * found.whole.sum()
    some = edges_of(model, 0.3)
    others = {layer: ~one for layer, one in some.items()}
    both = [received_of(model, one, parameters, size=size) for one in (some, others)]
    assert sum(one.through.sum() for one in both) == pytest.approx(found.through.sum(), rel=1e-6)


class ByHand(nn.Module):
    """Two layers of two channels, of ones and twos, and an inner stop of two channels between them."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.inner, self.last, self.fc = (
            nn.Conv2d(*sides, 1, bias=at == 0) for at, sides in enumerate(((3, 2), (2, 2), (2, 2), (2, 2)))
        )
        weights = [[[0, 0, 0], [0, 0, 0]], [[1, 1], [3, -1]], [[1, 2], [0, 1]], [[1, 0], [0, 1]]]
        for one, weight in zip(self.children(), weights, strict=True):
            assert isinstance(one, nn.Conv2d)
            one.weight.data = torch.tensor(weight, dtype=torch.float32)[:, :, None, None]
        self.stem.bias = nn.Parameter(torch.tensor([1.0, 2.0]))

    def forward(self, x: Tensor) -> Tensor:
        stem = self.stem(x).relu()
        return self.fc(stem + self.last(self.inner(stem).relu())).mean((2, 3))


def test_what_comes_through_an_inner_channel_is_divided_by_what_it_receives() -> None:
    """Worked out by hand.

    The stem is 1, 2. The inner channels are 3, of which 1 and 2 come from the stem's, and 1, to which the
    first channel brings 3 and the second nothing positive. Channel 0 receives 1 from the skip, 3 and 2 from
    the inner ones: 1 + 1 + 2 = 4 of 6 from the stem's first. Channel 1 receives 2 from the skip and 1: 1 of
    3.
    """
    model = count_module(ByHand().eval(), size=8)
    layer = model.layers[-1].name
    found = received_of(model, {layer: np.array([[True, False], [True, False]])}, images=1)
    assert found.channels == [Channel(layer, 0), Channel(layer, 1)]
    assert found.whole.tolist() == [[6, 3]]
    assert found.through.tolist() == [[4, 1]]


def test_the_mean_share_of_the_graph_s_channels_is_reported() -> None:
    """Of two images, added before the division; a channel that receives nothing has no share."""
    received = Received(
        [Channel("b", 0), Channel("b", 1)], np.array([[1.0, 0], [2, 0]]), np.array([[2.0, 0], [4, 0]])
    )
    edges = ClassEdges({}, {"b": np.eye(2, dtype=bool)}, {})
    found = completeness_report(received, edges, "activation")
    assert found["channels"][0] == {"channel": "b/0", "edges": 1, "share": [0.5, 0.5, 0.5]}
    assert found["channels"][1]["share"] is None
    assert found["verdict"] == (
        "The graph's influences carry 50 % (50 to 50) of the positive activation that its channels receive."
    )


def test_a_channel_that_receives_nothing_in_a_draw_is_left_out_of_its_mean() -> None:
    """Of both channels' shares, 1 each, the mean is 1 (kind: a missing number that counts as 0)."""
    once = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    edges = ClassEdges({}, {"b": np.eye(2, dtype=bool)}, {})
    found = completeness_report(Received([Channel("b", 0), Channel("b", 1)], once, once), edges, "against")
    assert found["mean"] == [1, 1, 1]
    assert "of the relevance against the class that" in found["verdict"]
