"""Graphs of hand-wired networks: what they find, and what they must miss by their nature."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from summit_graph.analysis.stability import GraphParts
from summit_graph.faithfulness.image_counts import ImageCounts
from summit_graph.faithfulness.rebuilding import GraphBuilder
from summit_graph.model.counted import CountedModel
from summit_graph.model.inputs import prepare_input
from summit_graph.records import Measure, Parameters
from tests.wired_networks import (
    BRANCHES,
    GREEN,
    IMAGES,
    PARTS,
    RED,
    RULE,
    SHAPES,
    WIDTH,
    Reads,
    Wired,
    WiredInception,
    WiredResidual,
    add_crosstalk,
    connect,
    count_part,
    count_pixels,
    count_wired,
    draw,
    truth,
)

#: What a method must reach where it can.
GOAL = 0.9
#: A channel of mixed2 that no path runs through, in the 1x1 branch.
SPARE = 7
NETWORKS: dict[str, Callable[[], Wired]] = {"InceptionV1": WiredInception, "ResNet": WiredResidual}
MEASURES: tuple[Measure, ...] = ("activation", "relevance")
on_both = pytest.mark.parametrize("network", NETWORKS)
by_both = pytest.mark.parametrize("measure", MEASURES)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def parameters(measure: Measure, **more: Any) -> Parameters:
    return Parameters(measure=measure, **more)


def graph_of(module: Wired, part: str, measure: Measure) -> GraphParts:
    """The class's graph, counted, merged, ranked and selected with the default parameters."""
    model = count_wired(module, parameters(measure))
    return GraphBuilder(model, parameters(measure)).build(count_part(model, parameters(measure), part))


def score(found: GraphParts, true: GraphParts) -> np.ndarray:
    """[[of the channels], [of the influences]], each [precision, recall]."""
    return np.array(
        [
            [len(one & two) / max(1, len(one)), len(one & two) / len(two)]
            for one, two in zip(found, true, strict=True)
        ]
    )


def influences_of(
    model: CountedModel, counts: ImageCounts, drawn: np.ndarray | None = None
) -> dict[tuple[str, str], int]:
    """The counts of the merged influences, by [previous, channel], of all images or some."""
    builder = GraphBuilder(model, Parameters())
    pairs, weights = builder.influences(counts.total(drawn))
    names = [str(channel) for channel in builder.channels]
    return {
        (names[one], names[two]): count for (one, two), count in zip(pairs, weights.tolist(), strict=True)
    }


@on_both
def test_the_wiring_is_true(network: str) -> None:
    """The right output is the largest, and by far: without the part, its path is silent."""
    module = NETWORKS[network]()
    for output, part in enumerate(PARTS):
        logits = module(prepare_input(torch.from_numpy(draw(part)), RULE))
        others = logits[:, [at for at in range(len(PARTS)) if at != output]]
        assert logits[:, output].min() > 5
        assert others.max() < 2


@on_both
@by_both
def test_graphs_are_the_paths(network: str, measure: Measure) -> None:
    """With crosstalk everywhere, over all classes and two draws of it."""
    found = []
    for seed in range(2):
        module = add_crosstalk(NETWORKS[network](), seed=seed)
        model = count_wired(module, parameters(measure))
        builder = GraphBuilder(model, parameters(measure))
        for part in PARTS:
            graph = builder.build(count_part(model, parameters(measure), part))
            found.append(score(graph, truth(module, part)))
    assert np.mean(found, axis=0).min() >= GOAL


def test_wired_hops_are_counted_in_every_image() -> None:
    """Into the bottlenecks and out of them, and directly; every branch is part of some path."""
    module = add_crosstalk(WiredInception())
    model = count_wired(module, parameters("activation"))
    layout, seen = GraphBuilder(model, Parameters()).layout, set()
    for number, part in enumerate(PARTS):
        _, hops, _ = layout.to_tables(count_part(model, parameters("activation"), part).total())
        counts = {
            (*row["stop"].split("."), row["output"], row["input"]): row["count"] for row in hops.to_pylist()
        }
        for previous, channel in truth(module, part).edges:
            branch = BRANCHES[channel.index // WIDTH]
            if branch in ("3x3", "5x5"):
                assert counts[channel.layer, "reduce", branch, number, previous.index] == IMAGES
                assert counts[channel.layer, channel.index, number] == IMAGES
            else:
                assert counts[channel.layer, channel.index, previous.index] == IMAGES
            seen.add((channel.layer, branch))
    assert len(seen) == 2 * len(BRANCHES)


@pytest.mark.parametrize(
    "decoyed",
    [
        pytest.param(partial(WiredInception, loud=PARTS), id="InceptionV1-loud"),
        pytest.param(partial(WiredInception, general=True), id="InceptionV1-general"),
        pytest.param(partial(WiredResidual, leave=PARTS), id="ResNet-copies"),
        pytest.param(partial(WiredResidual, general=True), id="ResNet-general"),
    ],
)
def test_decoys_are_in_graphs_of_activations_and_not_in_those_of_relevance(
    decoyed: Callable[[], Wired],
) -> None:
    """What fires most need not matter: activations do not know who reads a channel."""
    module = add_crosstalk(decoyed())
    parts = ("red line", "blue square")
    found = {
        measure: np.mean(
            [score(graph_of(module, part, measure), truth(module, part)) for part in parts], axis=0
        )
        for measure in MEASURES
    }
    assert found["activation"].max() < 0.7
    assert found["relevance"].min() >= GOAL


# --- What both measures miss by their nature ---------------------------------------------------------------


@by_both
def test_only_the_largest_inputs_are_counted(measure: Measure) -> None:
    """Of eight equal inputs five: ``--top-influences`` has to be 8."""
    module = WiredInception()
    inputs = {module.wire("mixed1", "1x1", number, {GREEN: 1.0}): 1.0 for number in range(WIDTH)}
    spare = module.wire("mixed2", "1x1", SPARE, inputs)
    module.read(0, module.wire("mixed3", "1x1", SPARE, {spare: 1.0}))
    for limit in (5, 8):
        options = parameters(measure, top_influences=limit)
        model = count_wired(module, options)
        merged = influences_of(model, count_part(model, options, "green dot"))
        assert sum(channel == f"mixed2/{spare}" for _, channel in merged) == limit


@by_both
def test_a_graph_has_one_of_two_equal_paths(measure: Measure) -> None:
    """Each is more than 7.5 % of its layer's score: the channels are right, and half of them."""
    module = WiredInception()
    twin = [
        module.wire("mixed1", "3x3", SPARE, {RED: 1.0}, SHAPES["red line"]),
        module.wire("mixed2", "5x5", SPARE, {WIDTH + SPARE: 1.0}),
        module.wire("mixed3", "pool", SPARE, {2 * WIDTH + SPARE: 1.0}),
    ]
    module.read(PARTS.index("red line"), twin[-1])
    found = graph_of(add_crosstalk(module), "red line", measure).nodes
    both = {*module.paths["red line"], *twin}
    assert len(found) == len(module.names)
    assert {channel.index for channel in found} <= both


@by_both
def test_in_sparse_layers_influences_through_bottlenecks_are_lost(measure: Measure) -> None:
    """A channel keeps as many as a 1x1 channel has on average, rounded down: without crosstalk none."""
    module = WiredInception()
    graph = graph_of(module, "green dot", measure)
    true = truth(module, "green dot")
    assert graph.nodes == true.nodes
    assert not graph.edges
    assert all(channel.index // WIDTH in (1, 2) for _, channel in true.edges)  # 3x3 and 5x5


def test_hops_of_different_images_are_joined_to_a_path() -> None:
    """An influence that no image has, and half of the images each hop of it.

    A bottleneck detects the red line and the blue square; one channel that reads it fires for the line alone,
    one for the square alone.
    """
    module = WiredInception()
    line, square = (module.paths[part][0] for part in ("red line", "blue square"))
    channels = [wire_with_a_shared_bottleneck(module, own, line, square) for own in (line, square)]
    wire_direct_channels(module, {line: 1.0, square: 1.0})
    options = parameters("relevance")
    model = count_wired(module, options)
    shown = np.concatenate([draw(part, speckle=1) for part in ("red line", "blue square")])
    counts = count_pixels(model, options, shown, 0)
    for at, channel in ((line, channels[1]), (square, channels[0])):
        pair = (f"mixed1/{at}", f"mixed2/{channel}")
        assert influences_of(model, counts)[pair] == IMAGES
        for kind in np.split(np.arange(len(shown)), 2):
            assert pair not in influences_of(model, counts, kind)


def wire_with_a_shared_bottleneck(module: WiredInception, own: int, *both: int) -> int:
    """A channel of mixed2 that fires where its own input does; it reads a bottleneck of both, too."""
    number = 5 if own == both[0] else 6
    channel = module.wire("mixed2", "3x3", number, {own: 1.0})
    connect(module.mixed("mixed2").reduce["3x3"], SPARE, dict.fromkeys(both, 1.0))
    connect(module.mixed("mixed2").branch["3x3"], number, {SPARE: 1.0})
    torch.nn.init.constant_(module.get_parameter("mixed2.branch.3x3.bias")[number], -1)
    module.read(0, module.wire("mixed3", "1x1", number, {channel: 1.0}))
    return channel


def wire_direct_channels(module: WiredInception, reads: Reads) -> None:
    """Let all channels of mixed2 without bottlenecks read the same; the first output reads them all."""
    channels = [module.wire("mixed2", branch, at, reads) for branch in ("1x1", "pool") for at in range(WIDTH)]
    module.read(0, module.wire("mixed3", "1x1", SPARE, dict.fromkeys(channels, 1.0)))


def test_an_influence_that_is_cancelled_is_counted_by_activations() -> None:
    """A skip into a channel that the block erases: the channel never fires, and only relevance knows."""
    module = WiredResidual()
    part, pair = "blue square", ("block1/10", "block2/10")
    for measure, count in zip(MEASURES, (IMAGES, 0), strict=True):
        model = count_wired(module, parameters(measure))
        merged = influences_of(model, count_part(model, parameters(measure), part))
        assert merged.get(pair, 0) == count
