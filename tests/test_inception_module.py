"""InceptionV1 as a module: the same values as the explicit implementation, read as the nine mixed layers."""

from __future__ import annotations

import pytest
import torch

from summit_graph.model.architecture import InceptionV1
from summit_graph.model.inception import MIXED_LAYERS, Inception
from summit_graph.model.program.capture import capture
from summit_graph.model.program.layers import read_program
from summit_graph.model.program.running import run_program
from summit_graph.records import LAYER_NAMES
from tests.program_models import inner_names
from tests.small_model import small_pixels, small_weights


@pytest.fixture(scope="module", params=["caffe", "torchvision"])
def weights(request):
    """A narrow InceptionV1 of each family."""
    return small_weights(request.param)


@pytest.fixture(scope="module")
def program(weights):
    """The module's program with the layers that are counted by default."""
    captured = capture(Inception(weights), (224, 224))
    return read_program(captured, layers=MIXED_LAYERS, short_stop_names=True)


def test_the_program_has_the_nine_mixed_layers_and_their_reduce_stops(program):
    """Layers and stops have their usual names; each layer has four sums, one per branch."""
    assert [layer.name for layer in program.layers] == list(LAYER_NAMES)
    assert inner_names(program) == {name: ["3x3_reduce", "5x5_reduce"] for name in LAYER_NAMES[1:]}
    assert [len(part.outputs) for part in program.layers[0].stop.parts] == [5, 6, 4, 4]
    assert program.feeds_logits


def test_the_module_agrees_with_the_explicit_implementation(weights, program):
    """Layers' maps and logits agree to within rounding."""
    model = InceptionV1(weights)
    pixels = torch.from_numpy(small_pixels(2))
    forward = model.forward(pixels)
    wanted = [program.captured.output, *(layer.tensor for layer in program.layers)]
    values = run_program(program.captured, model.normalized(pixels).contiguous(), *wanted)
    torch.testing.assert_close(values[wanted[0]], forward.logits, rtol=1e-4, atol=1e-4)
    for layer, maps in zip(program.layers, forward.mixed, strict=True):
        torch.testing.assert_close(values[layer.tensor], maps.output, rtol=1e-4, atol=1e-3)


def test_each_branch_reads_the_tensor_that_it_receives(program):
    """In mixed4a: the pooled tensor, its 3x3 pool, and the two bottlenecks after their ReLU."""
    layer = program.layers[2]
    readers = {part.sum.last: part.sum.terms[0] for part in layer.stop.parts}
    origins = [program.origins[term.reads].places() for term in readers.values()]
    before, inner = program.layers[1].place, list(layer.inner)
    assert origins == [[before], [inner[0]], [inner[1]], [before]]
    assert len({term.reads for term in readers.values()}) == 4
