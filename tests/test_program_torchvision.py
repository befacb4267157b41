"""torchvision's networks: every sum is correct, layers and names are those determined by hand."""

from __future__ import annotations

from functools import cache

import pytest
import torch
import torchvision
from torch import nn

from summit_graph.model.program.layers import Program
from tests.program_models import assert_reading_is_true, inner_names, layer_names, read

#: Side of the images: the smallest that each network accepts.
FAST = {
    "alexnet": 64,
    "resnet18": 32,
    "squeezenet1_1": 32,
    "mobilenet_v3_small": 32,
    "shufflenet_v2_x0_5": 32,
    "googlenet": 32,
    "convnext_tiny": 32,
}
SLOW = {
    "vgg11": 32,
    "vgg16_bn": 32,
    "resnet50": 32,
    "resnext50_32x4d": 32,
    "wide_resnet50_2": 32,
    "densenet121": 32,
    "inception_v3": 96,
    "mobilenet_v2": 32,
    "mobilenet_v3_large": 32,
    "mnasnet0_5": 32,
    "shufflenet_v2_x1_0": 32,
    "efficientnet_b0": 32,
    "efficientnet_v2_s": 32,
    "regnet_y_400mf": 32,
}


#: Width of hidden linear operators; with torchvision's 4096 a test needs gigabytes.
HIDDEN = 32


def untrained(name: str) -> nn.Module:
    """A network of torchvision, without slow initialization and with narrow hidden linear operators."""
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    network = torchvision.models.get_model(name, weights=None, **options)
    if name == "alexnet" or name.startswith("vgg"):
        hidden = [one for one in network.classifier if isinstance(one, nn.Linear)]
        inputs = [hidden[0].in_features, *[HIDDEN] * (len(hidden) - 1)]
        for linear, width in zip(hidden, inputs, strict=True):
            outputs = min(linear.out_features, HIDDEN)
            linear.weight = nn.Parameter(torch.empty(outputs, width))
            linear.bias = nn.Parameter(torch.empty(outputs))
    return network


def read_and_check(name: str) -> Program:
    """The program of an untrained network; fails unless its sums are correct."""
    return assert_reading_is_true(untrained(name), {**FAST, **SLOW}[name])


@cache
def true_reading(name: str) -> Program:
    """The same, cached; only for small networks, because of the memory."""
    assert name in FAST
    return read_and_check(name)


@pytest.mark.parametrize("name", FAST)
def test_the_sums_of_a_network_are_correct(name):
    """Terms, biases and shifts add up to the value of every sum; the captured logits equal the module's."""
    assert not true_reading(name).refused


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_the_sums_of_a_slower_network_are_correct(name):
    """The same for networks whose capture takes longer."""
    assert not read_and_check(name).refused


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options", "operators", "module"),
    [
        (
            "vit_b_16",
            {"image_size": 32},
            ["scaled_dot_product_attention"],
            "encoder.layers.encoder_layer_0.self_attention",
        ),
        ("swin_t", {}, ["matmul", "softmax"], "features.1.0.attn"),
    ],
)
def test_attention_is_refused_with_operator_and_module(name, options, operators, module):
    """A model with attention between its layers is refused; the error names the operator and its module."""
    refused = read(torchvision.models.get_model(name, weights=None, **options), 32).refused
    found = [one.operator for one in refused if one.module == module and not one.rearranges]
    assert found == operators


def test_the_layers_of_a_residual_network_are_its_stem_and_its_blocks():
    """resnet18: conv1 and eight blocks; the first convolution of a block is an inner stop."""
    program = true_reading("resnet18")
    blocks = [f"layer{stage}.{block}" for stage in range(1, 5) for block in (0, 1)]
    assert layer_names(program) == ["conv1", *blocks]
    assert inner_names(program) == {block: [f"{block}.conv1"] for block in blocks}
    assert [layer.stop.channels for layer in program.layers] == [64, 64, 64, 128, 128, 256, 256, 512, 512]
    assert program.feeds_logits
    assert program.logits.name == "fc"


def test_a_block_with_a_new_width_has_two_convolutions_and_no_identity():
    """resnet18's layer2.0 adds its second convolution and the shortcut's; layer2.1 has an identity."""
    layers = {layer.name: layer.stop for layer in true_reading("resnet18").layers}
    assert [term.mixing is None for term in layers["layer2.0"].terms] == [False, False]
    assert [term.mixing is None for term in layers["layer2.1"].terms] == [False, True]


def test_the_layers_of_googlenet_are_its_stem_and_its_nine_inceptions():
    """A concatenation that all paths contain is a layer, and its four branches are its own sums."""
    program = true_reading("googlenet")
    inceptions = [f"inception{one}" for one in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")]
    assert layer_names(program) == ["conv1", "conv2", "conv3", *inceptions]
    assert inner_names(program)["inception3a"] == [
        "inception3a.branch2.0.conv",
        "inception3a.branch3.0.conv",
    ]
    assert all(len(layer.stop.parts) == 4 for layer in program.layers[3:])


@pytest.mark.slow
def test_the_layers_of_vgg_are_its_convolutions_and_hidden_linear_operators():
    """vgg11: eight convolutions, two of three linear operators; the first reads entire maps: a 7x7 kernel."""
    program = read(untrained("vgg11"), SLOW["vgg11"])
    convolutions = [f"features.{at}" for at in (0, 3, 6, 8, 11, 13, 16, 18)]
    assert layer_names(program) == [*convolutions, "classifier.0", "classifier.3"]
    assert program.layers[-2].stop.terms[0].mixing.weight.shape == (HIDDEN, 512, 7, 7)
    assert program.logits.name == "classifier.6"


@pytest.mark.slow
def test_the_layers_of_densenet_are_dense_blocks_and_transitions():
    """Only the last sum of a dense block is its own: parts with other readers are identities."""
    program = read(untrained("densenet121"), SLOW["densenet121"])
    assert layer_names(program) == [
        "features.conv0",
        "features.denseblock1",
        "features.transition1",
        "features.denseblock2",
        "features.transition2",
        "features.denseblock3",
        "features.transition3",
        "features.denseblock4",
    ]
    block = program.layers[1].stop
    assert [len(part.outputs) for part in block.parts] == [32, 64, 32, 32, 32, 32, 32]
    assert [part.sum.terms[0].mixing is None for part in block.parts] == [False, *[True] * 6]
    last = "features.denseblock1.denselayer6"
    assert inner_names(program)["features.denseblock1"][-1] == f"{last}.conv1"


def test_the_unchanged_half_in_shufflenet_is_an_identity_of_moved_channels():
    """stage2.1 concatenates the even channels of stage2.0 (after the shuffle) and its own branch."""
    program = true_reading("shufflenet_v2_x0_5")
    assert layer_names(program)[:3] == ["conv1.0", "stage2.0", "stage2.1"]
    own, identity = program.layers[2].stop.parts
    assert own.outputs.tolist() == list(range(24, 48))
    assert identity.outputs.tolist() == list(range(24))
    origin = program.origins[identity.sum.terms[0].reads]
    assert origin.places() == [program.layers[1].place]
    shuffled = [half * 24 + channel for channel in range(24) for half in (0, 1)]
    assert origin.numbers.tolist() == shuffled[:24]


@pytest.mark.slow
def test_expansions_in_efficientnet_are_layers_if_no_skip_bypasses_them():
    """efficientnet_b0: a block without a skip has two layers; gates are not stops or layers."""
    program = read(untrained("efficientnet_b0"), SLOW["efficientnet_b0"])
    assert layer_names(program)[:6] == [
        "features.0",
        "features.1.0",
        "features.2.0.block.0",
        "features.2.0",
        "features.2.1",
        "features.3.0.block.0",
    ]
    assert inner_names(program)["features.2.1"] == ["features.2.1.block.0.0"]
    assert not any(".fc" in stop.name for stop in program.stops)
