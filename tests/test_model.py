"""InceptionV1 against independent implementations of both families."""

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
from summit_graph.model.architecture import InceptionV1, shifted_response_norm
from summit_graph.model.checkpoints import canonical_tensors
from summit_graph.model.weights import Weights, read_weights
from summit_graph.records import LAYER_NAMES
from tests.accuracy import measure_accuracy
from tests.small_model import small_pixels, small_weights

SHARED = Path(__file__).parents[2] / "shared" / "data"


def caffe_forward(tensors, pixels):
    """BVLC GoogLeNet as in its deploy.prototxt, in plain torch: the mixed layers' outputs and logits."""

    def convolve(x, name, stride=1, padding=0):
        weight, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
        return functional.relu(functional.conv2d(x, weight, bias, stride, padding))

    def pool(x):
        return functional.max_pool2d(x, 3, 2, ceil_mode=True)

    x = pixels.permute(0, 3, 1, 2).float()[:, [2, 1, 0]]
    x = (x - torch.tensor([104.0, 117.0, 123.0])[:, None, None]).contiguous()
    x = functional.local_response_norm(pool(convolve(x, "conv1/7x7_s2", 2, 3)), 5, 1e-4, 0.75, 1.0)
    x = convolve(convolve(x, "conv2/3x3_reduce"), "conv2/3x3", 1, 1)
    x = pool(functional.local_response_norm(x, 5, 1e-4, 0.75, 1.0))
    outputs = []
    for block in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"):
        x = pool(x) if block in ("4a", "5a") else x
        name = f"inception_{block}"
        x = torch.cat(
            [
                convolve(x, f"{name}/1x1"),
                convolve(convolve(x, f"{name}/3x3_reduce"), f"{name}/3x3", 1, 1),
                convolve(convolve(x, f"{name}/5x5_reduce"), f"{name}/5x5", 1, 2),
                convolve(functional.max_pool2d(x, 3, 1, 1), f"{name}/pool_proj"),
            ],
            1,
        )
        outputs.append(x)
    x = functional.avg_pool2d(x, 7).flatten(1)
    return outputs, x @ tensors["loss3/classifier.weight"].T + tensors["loss3/classifier.bias"]


def test_caffe_family_agrees_with_its_prototxt():
    """Every mixed layer's output and the logits agree with a plain transcription of Caffe's model."""
    weights, pixels = small_weights("caffe"), torch.from_numpy(small_pixels(3))
    forward = InceptionV1(weights).forward(pixels)
    outputs, logits = caffe_forward(weights.tensors, pixels)
    for maps, expected in zip(forward.mixed, outputs, strict=True):
        torch.testing.assert_close(maps.output, expected, rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(forward.logits, logits, rtol=1e-4, atol=1e-2)


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
    """Folding, the 3x3 "5x5" branch, pools and transform_input agree with torchvision's own model."""
    family, tensors = canonical_tensors(torchvision_model.state_dict(), source="test")
    pixels = torch.from_numpy(small_pixels(2))
    standardized = (pixels.permute(0, 3, 1, 2) / 255 - torch.tensor([0.485, 0.456, 0.406])[:, None, None]) / (
        torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    )
    with torch.inference_mode():
        expected = torchvision_model(standardized)
    forward = InceptionV1(Weights.of("test", family, tensors)).forward(pixels)
    torch.testing.assert_close(forward.logits, expected, rtol=1e-3, atol=1e-4)


def test_the_input_of_a_layer_is_the_tensor_that_it_receives():
    """Layers 4a and 5a receive the pooled tensor, the others the output of the previous layer."""
    forward = InceptionV1(small_weights("caffe")).forward(torch.from_numpy(small_pixels(1)))
    for before, maps in zip(forward.mixed, forward.mixed[1:], strict=False):
        pooled = functional.max_pool2d(before.output, 3, 2, ceil_mode=True)
        assert torch.equal(maps.input, pooled if maps.name in ("mixed4a", "mixed5a") else before.output)
    assert [maps.name for maps in forward.mixed] == list(LAYER_NAMES)


@pytest.mark.parametrize("family", ["caffe", "torchvision"])
def test_maps_are_never_negative(family):
    """Inputs, bottlenecks and outputs follow a ReLU; the closed form for 1x1 requires this."""
    for maps in InceptionV1(small_weights(family)).forward(torch.from_numpy(small_pixels(2))).mixed:
        for tensor in (maps.input, maps.output, *maps.bottlenecks.values()):
            assert tensor.min() >= 0


@pytest.mark.parametrize("channels", [3, 64])
def test_both_response_normalizations_equal_that_of_torch(channels):
    """One pass on the CPU, shifted sums on other devices; also with few channels."""
    x = 50 * torch.randn(2, channels, 9, 7, generator=torch.Generator().manual_seed(1))
    expected = functional.local_response_norm(x, 5, 1e-4, 0.75, 1.0)
    torch.testing.assert_close(shifted_response_norm(x), expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(cpu_layers.response_norm(x), expected, rtol=1e-5, atol=1e-5)


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.sampled_from([(3, 2, 0), (2, 2, 0), (3, 1, 1)]))
def test_the_max_pool_on_the_cpu_equals_that_of_torch(height, width, window):
    """Bit for bit, for every shape that torch accepts, including windows that extend beyond the border."""
    size, stride, padding = window
    assume(min(height, width) + 2 * padding >= size)
    x = torch.randn(2, 5, height, width, generator=torch.Generator().manual_seed(height * 13 + width))
    expected = functional.max_pool2d(x, size, stride, padding, ceil_mode=True)
    assert torch.equal(cpu_layers.max_pool(x, size, stride, padding=padding), expected)


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
    model = InceptionV1(read_weights(SHARED / "bvlc_googlenet.safetensors"))
    dataset = read_dataset(SHARED / "imagenet-samples")
    files = [(name, file) for name, of_class in dataset.classes.items() for file in of_class]
    total = Accuracy()
    for at in range(0, len(files), 16):
        batch = files[at : at + 16]
        pixels = read_batch(dataset.root, [file for _, file in batch], skip_bad=False).pixels
        for (name, _), logits in zip(batch, model.forward(torch.from_numpy(pixels)).logits, strict=True):
            total.add(measure_accuracy(logits[None], imagenet_labels().match_class(name).output))
    assert total.images == 901
    assert abs(total.top1 - 677) <= 2
    assert abs(total.top5 - 839) <= 2
