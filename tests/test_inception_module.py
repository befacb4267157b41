"""InceptionV1 as a module: the values of a plain transcription, read as the nine mixed layers."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from summit_graph.counts.inception import LAYER_NAMES
from summit_graph.model.inception import Inception
from summit_graph.model.inputs import prepare_input
from summit_graph.model.program.receptive_fields import read_fields
from tests.plain_inception import PlainInception
from tests.plain_inception5h import Inception5h
from tests.program_models import assert_reading_is_true, inner_names, run_program
from tests.small_model import FAMILIES, small_counted, small_pixels, small_program, small_weights


@pytest.fixture(scope="module", params=FAMILIES)
def family(request):
    """Each family of a narrow InceptionV1."""
    return request.param


@pytest.fixture(scope="module")
def program(family):
    """The module's program with the layers that are counted by default."""
    return small_program(family)[1]


@pytest.fixture(scope="module")
def images(family):
    """Two images as the program's input."""
    return prepare_input(torch.from_numpy(small_pixels(2)), small_weights(family).input)


def test_the_program_has_the_nine_mixed_layers_and_their_reduce_stops(program):
    """Layers and stops have their usual names; each layer has four sums, one per branch."""
    assert [layer.name for layer in program.layers] == list(LAYER_NAMES)
    assert inner_names(program) == {name: ["3x3_reduce", "5x5_reduce"] for name in LAYER_NAMES[1:]}
    assert [len(part.outputs) for part in program.layers[0].stop.parts] == [5, 6, 4, 4]
    assert program.feeds_logits


def test_the_program_agrees_with_a_plain_transcription(family, program, images):
    """Every layer's maps and the logits agree to within rounding with plain torch functions."""
    plain, logits = PlainInception(small_weights(family))(torch.from_numpy(small_pixels(2)))
    wanted = [program.captured.output, *(layer.tensor for layer in program.layers)]
    values = run_program(program.captured, images, *wanted)
    torch.testing.assert_close(values[wanted[0]], logits, rtol=1e-4, atol=1e-2)
    for layer, maps in zip(program.layers, plain, strict=True):
        torch.testing.assert_close(values[layer.tensor], maps.output, rtol=1e-4, atol=1e-3)


def test_the_input_of_a_layer_is_the_tensor_that_it_receives(family, program, images):
    """Layers 4a and 5a receive the pooled tensor, the others the output of the previous layer."""
    reads = [layer.stop.parts[0].sum.terms[0].reads for layer in program.layers[1:]]
    before = [layer.tensor for layer in program.layers[:-1]]
    values = run_program(program.captured, images, *reads, *before)
    for name, read, below in zip(LAYER_NAMES[1:], reads, before, strict=True):
        side = 2 if (family, name) == ("torchvision", "mixed5a") else 3
        pooled = functional.max_pool2d(values[below], side, 2, ceil_mode=True)
        expected = pooled if name in ("mixed4a", "mixed5a") else values[below]
        assert torch.equal(values[read], expected)


def test_what_is_counted_is_never_negative(family, program, images):
    """Every term reads values behind a ReLU, and that is known; the closed form for 1x1 is then short."""
    terms = [term for counted in small_counted(family).sums for term in counted.terms]
    assert all(term.nonnegative for term in terms)
    values = run_program(program.captured, images, *{term.term.reads for term in terms})
    assert min(value.min() for value in values.values()) >= 0


def test_each_branch_reads_the_tensor_that_it_receives(program):
    """In mixed4a: the pooled tensor, its 3x3 pool, and the two bottlenecks after their ReLU."""
    layer = program.layers[2]
    readers = {part.sum.last: part.sum.terms[0] for part in layer.stop.parts}
    origins = [program.origins[term.reads].places() for term in readers.values()]
    before, inner = program.layers[1].place, list(layer.inner)
    assert origins == [[before], [inner[0]], [inner[1]], [before]]
    assert len({term.reads for term in readers.values()}) == 4


def test_the_terms_of_every_sum_add_up_to_its_value(family):
    """With biases; also where the stem is padded on two sides only, or normalized."""
    assert_reading_is_true(Inception(small_weights(family)), 224)


def test_inception5h_is_read_from_its_own_module_too():
    """With pools after padding by -inf and torch's own response normalization, as ``module:callable``."""
    program = assert_reading_is_true(Inception5h(), 224)
    assert [layer.stop.channels for layer in program.layers[-9:]] == [19] * 9
    fields = read_fields(program.flow)[program.layers[-9].tensor]
    assert fields is not None
    assert (
        fields.down.first
        == fields.across.first
        == small_counted("inception5h").maps[0].sums[1].fields.down.first
    )
