"""InceptionV1 against torchvision's own model, its fast operators against torch's, and the real weights."""

import math
from pathlib import Path

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional
from torchvision.models import GoogLeNet

from summit_graph.aggregate.batches import Accuracy
from summit_graph.images import read_batch, read_dataset
from summit_graph.images.labels import imagenet_labels
from summit_graph.model import cpu_layers
from summit_graph.model.checkpoints import canonical_tensors
from summit_graph.model.inception import Inception
from summit_graph.model.inputs import prepare_input
from summit_graph.model.program.running import ForwardPass, recipe_of
from summit_graph.model.sources import open_model
from summit_graph.model.weights import Weights, read_weights
from tests.accuracy import measure_accuracy
from tests.plain_inception import PlainInception
from tests.plain_inception5h import Inception5h
from tests.small_model import small_pixels

SHARED = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="module")
def torchvision_model() -> GoogLeNet:
    torch.manual_seed(5)
    model = GoogLeNet(num_classes=12, aux_logits=False, transform_input=True, init_weights=False).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.01, 0.1)
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.1)
    return model


def test_torchvision_family_agrees_with_torchvision(torchvision_model):
    """Folding, the 3x3 "5x5" branch, pools and transform_input agree; so does the tests' plain model."""
    family, tensors = canonical_tensors(torchvision_model.state_dict(), source="test")
    pixels = torch.from_numpy(small_pixels(2))
    standardized = (pixels.permute(0, 3, 1, 2) / 255 - torch.tensor([0.485, 0.456, 0.406])[:, None, None]) / (
        torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    )
    weights = Weights.of("test", family, tensors)
    with torch.inference_mode():
        expected = torchvision_model(standardized)
        logits = Inception(weights)(prepare_input(pixels, weights.input))
    torch.testing.assert_close(logits, expected, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(PlainInception(weights)(pixels)[1], expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("outputs", [10, 1008])
@pytest.mark.parametrize("full", [False, True])
def test_inception5h_agrees_with_a_module_of_its_own_names(tmp_path, full, outputs):
    """Its state dict gives the same logits, with borders on two sides only and the same input rule."""
    plain = Inception5h(full=full, outputs=outputs).eval()
    torch.save(plain.state_dict(), tmp_path / "weights.pth")
    weights = read_weights(tmp_path / "weights.pth")
    pixels = torch.from_numpy(small_pixels(2))
    with torch.inference_mode():
        expected = plain(pixels.permute(0, 3, 1, 2) - 117.0)
        logits = Inception(weights)(prepare_input(pixels, weights.input))
    assert (weights.family, weights.outputs) == ("inception5h", outputs)
    torch.testing.assert_close(logits, expected, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(PlainInception(weights)(pixels)[1], expected, rtol=1e-3, atol=1e-4)


def test_inception5h_has_the_published_widths():
    """Its mixed4a has 508 channels, not the 512 of GoogLeNet."""
    tensors = canonical_tensors(Inception5h(full=True).state_dict(), source="test")[1]
    weights = Weights.of("inception5h", "inception5h", tensors)
    assert [one.channels for one in weights.layers] == [256, 480, 508, 512, 512, 528, 832, 832, 1024]


@pytest.mark.parametrize("channels", [3, 64])
@pytest.mark.parametrize(("size", "beta"), [(5, 0.75), (9, 0.5)])
def test_both_response_normalizations_equal_that_of_torch(channels, size, beta):
    """One pass on the CPU, shifted sums on other devices; also with few channels."""
    x = 50 * torch.randn(2, channels, 9, 7, generator=torch.Generator().manual_seed(1))
    expected = functional.local_response_norm(x, size, 1e-4, beta, 1.0)
    shifted = cpu_layers.shifted_response_norm(x, size, beta)
    torch.testing.assert_close(shifted, expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(cpu_layers.response_norm(x, size, beta), expected, rtol=1e-5, atol=1e-5)


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.sampled_from([(3, 2, 0), (2, 2, 0), (3, 1, 1)]))
def test_the_max_pool_on_the_cpu_equals_that_of_torch(height, width, window):
    """Bit for bit, for every shape that torch accepts, including windows that extend beyond the border."""
    size, stride, padding = window
    assume(min(height, width) + 2 * padding >= size)
    x = torch.randn(2, 5, height, width, generator=torch.Generator().manual_seed(height * 13 + width))
    expected = functional.max_pool2d(x, size, stride, padding, ceil_mode=True)
    assert torch.equal(cpu_layers.max_pool(x, size, stride, padding=padding), expected)


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("limits", [(-math.inf, math.inf), (0, math.inf), (0, 6)])
def test_the_batch_normalization_on_the_cpu_equals_that_of_torch(in_place, limits):
    """To within rounding, also NaN and infinite values; it writes into its input only if asked to."""
    random = torch.Generator().manual_seed(2)
    x = 4 * torch.randn(2, 33, 5, 6, generator=random).to(memory_format=torch.channels_last)
    x[0, 1, 2, 3], x[1, 2, 3, 4] = math.nan, math.inf
    weight, bias, mean, variance = (torch.rand(33, generator=random) for _ in range(4))
    expected = functional.batch_norm(x, mean, variance, weight, bias, eps=1e-3).clamp(*limits)
    low, high = limits
    before = x.clone()
    found = cpu_layers.batch_norm(
        x, weight, bias, mean, variance, 1e-3, low=low, high=high, in_place=in_place
    )
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6, equal_nan=True)
    assert (found.data_ptr() == x.data_ptr()) == in_place
    assert in_place or torch.equal(x.nan_to_num(), before.nan_to_num())


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data")
def test_the_real_weights_are_recognised():
    """The safetensors file of BVLC GoogLeNet is recognised as bvlc, with 1000 outputs and 5488 channels."""
    weights = read_weights(SHARED / "bvlc_googlenet.safetensors")
    assert (weights.name, weights.family, weights.outputs) == ("bvlc", "caffe", 1000)
    assert sum(layer.channels for layer in weights.layers) == 5488


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data")
def test_the_real_model_has_the_expected_accuracy():
    """677 of the 901 sample images at top 1 and 839 in the top 5, with a tolerance of 2."""
    source = open_model(weights=str(SHARED / "bvlc_googlenet.safetensors"))
    forward = ForwardPass(recipe_of(source.captured), [source.captured.output])
    dataset = read_dataset(SHARED / "imagenet-samples")
    files = [(name, file) for name, of_class in dataset.classes.items() for file in of_class]
    total = Accuracy()
    for at in range(0, len(files), 16):
        batch = files[at : at + 16]
        pixels = read_batch(dataset.root, [file for _, file in batch], skip_bad=False).pixels
        with torch.inference_mode():
            (found,) = forward(prepare_input(torch.from_numpy(pixels), source.input)).values()
        for (name, _), logits in zip(batch, found, strict=True):
            total.add(measure_accuracy(logits[None], imagenet_labels().match_class(name).output))
    assert total.images == 901
    assert abs(total.top1 - 677) <= 2
    assert abs(total.top5 - 839) <= 2
