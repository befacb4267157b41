"""Influences taken out of a model: exact for every kind of sum, and what is measured with it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from torch import Tensor, nn

from summit_graph.faithfulness.edge_replacement import EdgeReplacement
from summit_graph.faithfulness.replacement import Replacement
from summit_graph.model.counted import CountedModel
from summit_graph.model.program.running import ForwardPass
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
