"""Reading a program: sums, stops, layers and names of tiny networks, determined by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from summit_graph.errors import ModelError
from summit_graph.model.program.capture import capture, read_pt2
from summit_graph.model.program.layers import read_program
from summit_graph.model.program.layouts import EMPTY
from summit_graph.model.program.running import ForwardPass, recipe_of
from tests.program_models import (
    CifarResNet,
    Net,
    assert_reading_is_true,
    conv,
    inner_names,
    layer_names,
    randomized,
    read,
    run_program,
)

#: Forward functions of a network with 4 channels; what can be joined or overwritten in them, and what cannot.
FORWARDS = {
    "a normalization and its ReLU": lambda m, x: functional.relu(m.bn(m.a(x))),
    "a ReLU with limits": lambda m, x: functional.hardtanh(m.bn(m.a(x)), -0.1, 0.3),
    "a normalization that two read": lambda m, x: (lambda y: functional.relu(y) + m.b(y))(m.bn(m.a(x))),
    "a normalization of what is read again": lambda m, x: (lambda y: m.bn(y).relu() + m.b(y))(m.a(x)),
    "sums of both operands": lambda m, x: (lambda y: (y + m.b(y)) + (m.b(y) + y))(m.a(x).relu()),
    "a sum that broadcasts": lambda m, x: m.a(x).mean((2, 3), keepdim=True) + m.b(m.a(x)),
    "a sum with itself": lambda m, x: (lambda y: y + y)(m.a(x)),
    "an activation of a slice": lambda m, x: (lambda y: torch.cat([y[:, :2], functional.silu(y)], 1)[:, :4])(
        m.a(x)
    ),
    "activations in a row": lambda m, x: functional.hardswish(functional.silu(m.bn(m.a(x)))),
    "other activations in a row": lambda m, x: functional.mish(
        functional.elu(functional.leaky_relu(functional.gelu(m.a(x), approximate="tanh"), 0.3))
    ),
}


def kinds(program, layer: int) -> list[str]:
    """The terms of a layer: the module of each mixing operator, or ``identity``."""
    terms = program.layers[layer].stop.terms
    return ["identity" if term.mixing is None else term.operator for term in terms]


class TestSums:
    """Where a sum starts, continues and ends."""

    def test_batch_normalization_belongs_to_the_sum_of_its_convolution(self):
        """Its factor is weight / sqrt(variance + eps); the sum ends at the activation function."""
        bn = nn.BatchNorm2d(4, eps=0.5)
        net = Net(
            lambda m, x: m.b(functional.relu(m.bn(m.a(x)))).relu(), width=6, a=conv(3, 4), bn=bn, b=conv(4, 6)
        )
        program = assert_reading_is_true(net)
        assert layer_names(program) == ["a", "b"]
        term = program.layers[0].stop.terms[0]
        expected = bn.weight.double() / torch.sqrt(bn.running_var.double() + 0.5)
        torch.testing.assert_close(term.factors.constant, expected.detach())

    def test_a_convolution_read_by_a_convolution_is_a_stop(self):
        """Without an activation function between them (a linear bottleneck) the map may be negative."""
        net = Net(lambda m, x: m.b(m.a(x)).relu(), width=4, a=conv(3, 4), b=conv(4, 4))
        program = assert_reading_is_true(net)
        assert layer_names(program) == ["a", "b"]
        assert program.layers[0].tensor == program.layers[0].stop.value

    def test_open_sums_that_an_add_reads_are_its_terms(self):
        """Three convolutions, added by two adds, are one sum of three terms."""
        net = Net(
            lambda m, x: (m.a(x) + m.b(x) + m.c(x)).relu(),
            width=4,
            a=conv(3, 4),
            b=conv(3, 4, 1),
            c=conv(3, 4),
        )
        program = assert_reading_is_true(net)
        assert len(program.stops) == 2
        assert len(program.layers[0].stop.terms) == 3

    def test_the_input_of_a_skip_is_an_identity(self):
        """The block's input is a layer: it is added unchanged, with its own channels."""

        def forward(m, x):
            x = m.stem(x).relu()
            return (x + m.b(m.a(x).relu())).relu()

        net = Net(forward, width=4, stem=conv(3, 4), a=conv(4, 4), b=conv(4, 4))
        program = assert_reading_is_true(net)
        assert layer_names(program) == ["stem", "b"]
        mixing, identity = program.layers[1].stop.terms
        assert (mixing.mixing is None, identity.mixing is None) == (False, True)
        assert identity.reads == program.layers[0].tensor
        assert program.origins[identity.reads].places() == [program.layers[0].place]
        assert inner_names(program) == {"b": ["a"]}

    def test_ties_are_broken_by_program_order(self):
        """A convolution before the add precedes the identity, although the identity is the left operand."""

        def forward(m, x):
            x = m.stem(x).relu()
            return x + m.a(x)

        program = read(Net(forward, width=4, stem=conv(3, 4), a=conv(4, 4)))
        assert [term.mixing is None for term in program.layers[1].stop.terms] == [False, True]

    def test_a_sum_that_two_operators_read_ends_there(self):
        """A pre-activation block: the sum before it is read by its normalization and by the add."""

        def forward(m, x):
            x = m.stem(x)
            return x + m.a(m.bn(x).relu())

        net = Net(forward, width=4, stem=conv(3, 4), bn=nn.BatchNorm2d(4), a=conv(4, 4))
        program = assert_reading_is_true(net)
        assert layer_names(program) == ["stem", "a"]
        assert program.layers[0].tensor == program.layers[0].stop.value
        assert program.layers[1].stop.terms[1].reads == program.layers[0].stop.value

    def test_factors_before_an_add_belong_to_its_operands(self):
        """Half of a layer, minus a third of a convolution: factors 0.5 and -1/3."""

        def forward(m, x):
            x = m.stem(x).relu()
            return x * 0.5 - m.a(x) / 3

        program = assert_reading_is_true(Net(forward, width=4, stem=conv(3, 4), a=conv(4, 4)))
        factors = {
            term.mixing is None: term.factors.constant.tolist() for term in program.layers[1].stop.terms
        }
        assert factors[True] == [0.5] * 4
        assert factors[False] == pytest.approx([-1 / 3] * 4)

    def test_a_normalization_that_is_the_only_reader_of_an_add_belongs_to_its_sum(self):
        """Also if it is in the next module; both terms get its factor."""

        def forward(m, x):
            x = m.stem(x).relu()
            return m.bn(x + m.a(x)).relu()

        net = Net(forward, width=4, stem=conv(3, 4), a=conv(4, 4), bn=nn.BatchNorm2d(4))
        program = assert_reading_is_true(net)
        mixing, identity = program.layers[1].stop.terms
        assert torch.equal(mixing.factors.constant, identity.factors.constant)
        assert program.flow.steps[program.layers[1].stop.value].affine.shift is not None

    def test_a_tensor_added_to_itself_is_two_terms(self):
        """It is read twice, so its sum ends there."""
        net = Net(lambda m, x: functional.relu((y := m.a(x)) + y), width=4, a=conv(3, 4))
        program = assert_reading_is_true(net)
        assert [term.mixing for term in program.layers[-1].stop.terms] == [None, None]

    def test_an_activation_in_place_changes_what_the_skip_reads(self):
        """The skip reads the tensor after the ReLU, as in torch."""

        def forward(m, x):
            x = m.stem(x)
            return m.a(functional.relu(x, inplace=True)) + x

        program = assert_reading_is_true(Net(forward, width=4, stem=conv(3, 4), a=conv(4, 4)))
        assert (
            program.layers[1].stop.terms[1].reads == program.layers[0].tensor != program.layers[0].stop.value
        )


class TestRelays:
    """Operators that do not mix channels, and where channels come from."""

    def test_a_depthwise_convolution_is_a_relay(self):
        """It is not a stop or a layer, but ends the sum before it; with more outputs than inputs it mixes."""
        net = Net(
            lambda m, x: m.b(m.deep(m.a(x))),
            width=5,
            a=conv(3, 4),
            deep=conv(4, 4, groups=4),
            b=conv(4, 5),
        )
        program = assert_reading_is_true(net)
        assert layer_names(program) == ["a", "b"]
        assert program.origins[program.layers[1].stop.terms[0].reads].numbers.tolist() == [0, 1, 2, 3]
        net = Net(lambda m, x: m.deep(m.a(x)), width=8, a=conv(3, 4), deep=conv(4, 8, groups=4))
        program = assert_reading_is_true(net)
        assert layer_names(program) == ["a", "deep"]
        assert program.layers[1].stop.terms[0].mixing.weight.shape == (8, 1, 3, 3)

    def test_padding_with_empty_channels_moves_the_others(self):
        """Option A: four channels, two empty ones on each side; empty channels have no source."""

        def forward(m, x):
            x = m.stem(x).relu()
            skip = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 2))
            return (m.a(x) + skip).relu()

        program = assert_reading_is_true(Net(forward, width=8, stem=conv(3, 4), a=conv(4, 8, stride=2)))
        origin = program.origins[program.layers[1].stop.terms[1].reads]
        stem = program.layers[0].place
        assert origin.stops.tolist() == [EMPTY] * 2 + [stem] * 4 + [EMPTY] * 2
        assert origin.numbers[2:6].tolist() == [0, 1, 2, 3]

    def test_zeros_concatenated_with_a_tensor_are_empty_channels(self):
        """It is not a concatenation, because there is only one tensor."""

        def forward(m, x):
            x = m.stem(x).relu()
            return m.a(torch.cat([torch.zeros_like(x), x], 1))

        program = assert_reading_is_true(Net(forward, width=4, stem=conv(3, 4), a=conv(8, 4)))
        assert layer_names(program) == ["stem", "a"]
        origin = program.origins[program.layers[1].stop.terms[0].reads]
        assert origin.stops.tolist() == [EMPTY] * 4 + [program.layers[0].place] * 4

    def test_a_channel_shuffle_moves_channels(self):
        """Two groups of three: 0, 3, 1, 4, 2, 5."""

        def forward(m, x):
            x = m.stem(x)
            images, _, height, width = x.shape
            x = x.view(images, 2, 3, height, width).transpose(1, 2).reshape(images, 6, height, width)
            return m.a(x)

        program = assert_reading_is_true(Net(forward, width=4, stem=conv(3, 6), a=conv(6, 4)))
        origin = program.origins[program.layers[1].stop.terms[0].reads]
        assert origin.numbers.tolist() == [0, 3, 1, 4, 2, 5]

    def test_a_linear_operator_with_channels_last_is_a_1x1_convolution(self):
        """permute, layer norm, linear, permute: as in ConvNeXt, with its scale per channel."""

        def forward(m, x):
            x = m.stem(x)
            y = m.b(functional.gelu(m.a(m.norm(x.permute(0, 2, 3, 1)))))
            return x + (y * m.scale.weight[0]).permute(0, 3, 1, 2)

        net = Net(
            forward,
            width=4,
            stem=conv(3, 4),
            norm=nn.LayerNorm(4),
            a=nn.Linear(4, 9),
            b=nn.Linear(9, 4),
            scale=nn.Linear(4, 1),
        )
        program = assert_reading_is_true(net)
        assert inner_names(program) == {"b": ["a"]}
        assert program.layers[1].stop.terms[0].mixing.weight.shape == (4, 9, 1, 1)

    def test_a_linear_operator_after_flatten_is_a_convolution_of_the_entire_map(self):
        """(images, 4, 8, 8) -> flatten -> linear: its kernel is 8x8."""
        net = nn.Sequential(
            conv(3, 4), nn.Flatten(), nn.ReLU(), nn.Linear(256, 7), nn.ReLU(), nn.Linear(7, 5)
        )
        program = assert_reading_is_true(net, 8)
        assert layer_names(program) == ["0", "3"]
        assert program.layers[1].stop.terms[0].mixing.weight.shape == (7, 4, 8, 8)
        assert program.layers[0].layout.size == (8, 8)

    def test_a_gate_is_a_factor_and_its_computation_is_not_a_path(self):
        """Squeeze-and-excitation: the stop before it has one reader; its computation contains no stops."""

        def forward(m, x):
            x = m.a(x).relu()
            gate = torch.sigmoid(m.up(m.down(x.mean((2, 3), keepdim=True)).relu()))
            return x + m.b(x) * gate

        net = Net(forward, width=4, a=conv(3, 4), down=conv(4, 2, 1), up=conv(2, 4, 1), b=conv(4, 4))
        program = assert_reading_is_true(net)
        assert [stop.name for stop in program.stops] == ["a", "b", "fc"]
        mixing, identity = program.layers[1].stop.terms
        assert len(mixing.factors.gates) == 1
        assert identity.factors.gates == ()

    def test_a_gate_per_position_ends_the_sum(self):
        """It is a relay, but not linear per channel."""

        def forward(m, x):
            x = m.a(x)
            return m.b(x * torch.sigmoid(m.gate(x)))

        net = Net(forward, width=4, a=conv(3, 4), gate=conv(4, 1), b=conv(4, 4))
        program = assert_reading_is_true(net)
        assert layer_names(program) == ["a", "b"]
        assert program.layers[1].stop.terms[0].reads != program.layers[0].stop.value

    @pytest.mark.parametrize(
        "function",
        [
            lambda x: x * torch.sigmoid(x),
            lambda x: x * functional.relu6(x + 3) / 6,
            lambda x: 0.5 * x * (1 + torch.tanh(0.8 * (x + 0.044 * x**3))),
            lambda x: x / (1 + torch.exp(-x)),
            lambda x: torch.where(x > 0, x, 0.1 * x),
            lambda x: torch.maximum(x, 0.2 * x),
        ],
    )
    def test_an_activation_function_may_be_decomposed(self, function):
        """A product of functions of one tensor is its activation function: the layer's tensor."""
        net = Net(lambda m, x: m.b(function(m.a(x))), width=4, a=conv(3, 4), b=conv(4, 4))
        program = assert_reading_is_true(net)
        assert layer_names(program) == ["a", "b"]
        first = program.layers[0]
        assert first.tensor != first.stop.value
        assert program.flow.steps[first.tensor].operands == (first.stop.value,)

    @pytest.mark.parametrize(
        "function",
        [
            lambda x: functional.local_response_norm(x, 3),
            lambda x: (x - x.mean(1, keepdim=True)) / (x.var(1, keepdim=True) + 1e-5).sqrt(),
            lambda x: functional.normalize(x, dim=1),
            lambda x: functional.group_norm(x, 2),
            lambda x: functional.instance_norm(x),
            lambda x: functional.interpolate(x, scale_factor=2, mode="bilinear"),
            lambda x: functional.avg_pool2d(functional.pad(x, (1, 0, 2, 1), mode="reflect"), 2),
            lambda x: functional.lp_pool2d(x, 2, 2),
            lambda x: functional.adaptive_max_pool2d(x, 3, return_indices=True)[0],
            lambda x: functional.max_pool2d(x, 2, return_indices=True)[0],
            lambda x: x.flip(3).roll(1, 2),
            lambda x: functional.prelu(x, torch.full((4,), 0.2, dtype=x.dtype)),
            lambda x: functional.hardswish(x),
        ],
    )
    def test_normalization_and_pooling_are_relays(self, function):
        """Channel c in, channel c out, also for a decomposed normalization; all of them end the sum."""
        net = Net(lambda m, x: m.b(function(m.a(x))), width=4, a=conv(3, 4), b=conv(4, 4))
        program = assert_reading_is_true(net)
        assert layer_names(program) == ["a", "b"]
        assert program.origins[program.layers[1].stop.terms[0].reads].numbers.tolist() == [0, 1, 2, 3]


class TestConcatenations:
    """Channels of several tensors as one layer."""

    def test_branches_without_another_reader_are_its_own_sums(self):
        """Nested concatenations are one; a concatenation with a single tensor is none."""

        def forward(m, x):
            x = m.stem(x)
            inner = torch.cat([m.b(x).relu(), m.c(x).relu()], 1)
            return torch.cat([torch.cat([m.a(x)], 1), inner], 1)

        net = Net(forward, width=9, stem=conv(3, 4), a=conv(4, 2), b=conv(4, 3, 1), c=conv(4, 4))
        program = assert_reading_is_true(net)
        assert len(program.layers) == 2
        parts = program.layers[1].stop.parts
        assert [part.outputs.tolist() for part in parts] == [[2, 3, 4], [5, 6, 7, 8], [0, 1]]
        assert all(part.sum.mixing for part in parts)

    def test_a_part_with_another_reader_is_an_identity(self):
        """A dense block: its input and its first convolution are identities, the last is its own."""

        def forward(m, x):
            first = m.stem(x)
            second = m.a(first.relu())
            third = m.b(torch.cat([first, second], 1).relu())
            return torch.cat([first, second, third], 1)

        program = assert_reading_is_true(Net(forward, width=9, stem=conv(3, 4), a=conv(4, 2), b=conv(6, 3)))
        own, first, second = program.layers[1].stop.parts
        assert own.outputs.tolist() == [6, 7, 8]
        assert first.sum.terms[0].mixing is second.sum.terms[0].mixing is None
        assert program.origins[first.sum.terms[0].reads].places() == [program.layers[0].place]
        assert program.origins[second.sum.terms[0].reads].places() == [program.layers[1].inner[0]]
        origin = program.origins[own.sum.terms[0].reads]
        assert origin.numbers.tolist() == [0, 1, 2, 3, 0, 1]

    def test_a_part_may_have_own_channels_and_others(self):
        """A nested, shuffled concatenation: its convolution belongs to the outer one, its other half not."""

        def forward(m, x):
            x = m.stem(x)
            left, right = x.chunk(2, 1)
            inner = torch.cat([left, m.a(right)], 1).flip(1)
            return torch.cat([x.relu(), inner], 1)

        program = assert_reading_is_true(Net(forward, width=8, stem=conv(3, 4), a=conv(2, 2)))
        own, whole, half = program.layers[1].stop.parts
        assert [part.outputs.tolist() for part in (own, whole, half)] == [[4, 5], [0, 1, 2, 3], [6, 7]]
        assert own.rows.tolist() == [1, 0]
        assert half.places_read(half.sum.terms[0], program.origins) == [program.layers[0].place]

    def test_two_concatenated_pools_of_a_layer_are_identities(self):
        """The previous layer, read through relays, is not a sum of this one."""
        net = Net(
            lambda m, x: torch.cat(
                [functional.max_pool2d(y := m.a(x).relu(), 2), functional.avg_pool2d(y, 2)], 1
            ),
            width=8,
            a=conv(3, 4),
        )
        program = assert_reading_is_true(net)
        assert len(program.layers) == 2
        assert [part.sum.terms[0].mixing for part in program.layers[1].stop.parts] == [None, None]


class TestLayers:
    """Which stops are layers, and their names."""

    def test_the_layers_of_a_cifar_resnet_are_its_stem_and_its_blocks(self):
        """ResNet-20 with option A: nine blocks; only the shortcuts of a new width have empty channels."""
        program = assert_reading_is_true(CifarResNet(), 32)
        blocks = [f"layer{stage}.{block}" for stage in (1, 2, 3) for block in (0, 1, 2)]
        assert layer_names(program) == ["conv1", *blocks]
        assert inner_names(program) == {block: [f"{block}.conv1"] for block in blocks}
        assert [layer.layout.size for layer in program.layers[::3]] == [(32, 32), (32, 32), (16, 16), (8, 8)]
        skip = program.layers[4].stop.terms[1]
        assert program.origins[skip.reads].stops.tolist().count(EMPTY) == 16
        assert program.feeds_logits

    def test_the_tensor_of_a_layer_is_the_one_before_pooling(self):
        """And after the activation function that is the only reader of the stop."""
        net = Net(lambda m, x: functional.max_pool2d(m.a(x).relu(), 2), width=4, a=conv(3, 4))
        layer = read(net).layers[0]
        assert layer.layout.size == (16, 16)
        assert layer.tensor != layer.stop.value

    def test_the_classifier_is_not_a_layer(self):
        """Also if a softmax follows it; hidden linear operators are layers."""
        net = nn.Sequential(
            conv(3, 4),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(4, 6),
            nn.Linear(6, 5),
            nn.LogSoftmax(1),
        )
        program = assert_reading_is_true(net)
        assert layer_names(program) == ["0", "4"]
        assert program.logits.name == "5"

    def test_the_last_layer_feeds_the_logits_through_relays_and_one_mixing_operator(self):
        """It does not if a skip reaches the classifier, or if the output is the mean of a layer."""

        class Summed(nn.Module):
            def __init__(self):
                super().__init__()
                self.a, self.b, self.c = conv(3, 4), nn.Linear(4, 5), nn.Linear(4, 5)

            def forward(self, x):
                y = self.a(x).relu()
                return self.b(y.mean((2, 3))) + self.c(y.amax((2, 3)))

        assert not read(Summed()).feeds_logits
        assert read(Net(lambda m, x: m.a(x), width=4, a=conv(3, 4))).feeds_logits

    def test_a_layer_has_the_name_of_the_outermost_module_with_that_output(self):
        """A plain Sequential is not used, a subclass of it is; otherwise the path of the convolution."""

        class Unit(nn.Sequential):
            pass

        unit = Unit(conv(3, 4), nn.BatchNorm2d(4), nn.ReLU())
        plain = nn.Sequential(conv(4, 4), nn.BatchNorm2d(4), nn.ReLU())
        net = Net(lambda m, x: m.plain(m.unit(x)), width=4, unit=unit, plain=plain)
        assert layer_names(read(net)) == ["unit", "plain.0"]

    def test_a_module_that_is_used_twice_names_two_layers(self):
        """The second gets ``:2``."""
        net = Net(lambda m, x: m.a(m.a(m.stem(x)).relu()).relu(), width=4, stem=conv(3, 4), a=conv(4, 4))
        assert layer_names(read(net)) == ["stem", "a", "a:2"]

    def test_layers_are_selected_by_patterns(self):
        """``*`` matches within a part of a path, ``**`` across parts."""
        module = CifarResNet(2)
        assert layer_names(read(module, 32, layers=["layer3.*"])) == ["layer3.0", "layer3.1"]
        assert layer_names(read(module, 32, layers=["layer3.1", "conv1"])) == ["conv1", "layer3.1"]
        with pytest.raises(
            ModelError, match=r"no layer is named layer\*: all paths contain conv1, layer1\.0"
        ):
            read(module, 32, layers=["layer*"])

    def test_layers_that_a_path_bypasses_are_refused(self):
        """The skip of a block bypasses its first convolution."""
        with pytest.raises(
            ModelError, match=r"layer1\.0\.conv2 \(which layer1\.1 is computed from\) reads conv1;"
        ):
            read(CifarResNet(2), 32, layers=["conv1", "layer1.0.conv1", "layer1.1"])

    def test_a_layer_that_is_not_selected_becomes_an_inner_stop(self):
        """Without layer1.0 its channels are between conv1 and layer1.1."""
        program = read(CifarResNet(2), 32, layers=["conv1", "layer1.1"])
        assert inner_names(program) == {"layer1.1": ["layer1.0.conv1", "layer1.0.conv2", "layer1.1.conv1"]}


class TestRefusals:
    """Errors about unsupported operators name operator and module."""

    @pytest.mark.parametrize(
        ("function", "operator"),
        [
            (lambda x: x * x.roll(1, 1), "mul"),
            (lambda x: functional.pixel_shuffle(x, 2), "pixel_shuffle"),
            (lambda x: x.transpose(2, 3) @ x, "matmul"),
            (lambda x: x.softmax(2), "softmax"),
            (lambda x: x + x[:, :1], "add"),
            (lambda x: x.cumsum(1), "cumsum"),
            (lambda x: x.transpose(0, 1).contiguous().transpose(0, 1), "transpose"),
            (lambda x: x.mean(1, keepdim=True).expand_as(x), "mean"),
        ],
    )
    def test_an_unsupported_operator_between_layers_is_refused(self, function, operator):
        """A product of two tensors, rearranged positions, a matrix product …"""

        class Odd(nn.Module):
            def forward(self, x):
                return function(x)

        net = Net(lambda m, x: m.b(m.odd(m.a(x))), width=4, a=conv(3, 4), odd=Odd(), b=nn.LazyConv2d(4, 1))
        net(torch.zeros(1, 3, 8, 8))
        refused = read(net, 8).refused
        assert (refused[0].operator, refused[0].module) == (operator, "odd")

    def test_any_operator_is_allowed_before_the_first_and_after_the_last_layer(self):
        """Nothing there is counted."""

        def forward(m, x):
            y = m.b(m.a(x.cumsum(1)).relu())
            return y * torch.softmax(y.flatten(2), 2).view_as(y)

        program = read(Net(forward, width=4, a=conv(3, 4), b=conv(4, 4)))
        assert layer_names(program) == ["a", "b"]
        assert program.refused == ()
        assert not program.feeds_logits

    def test_training_mode_is_not_captured(self):
        """The module is captured in eval mode, independent of its current mode."""
        net = Net(
            lambda m, x: m.drop(m.bn(m.a(x))), width=4, a=conv(3, 4), bn=nn.BatchNorm2d(4), drop=nn.Dropout()
        )
        assert not read(net.train()).refused

    @pytest.mark.parametrize(
        ("net", "message"),
        [
            (nn.Sequential(conv(1, 4)), "cannot capture"),
            (conv(3, 4), r"output is a tensor of \(.*\), not one tensor of \(images, outputs\)"),
            (nn.Sequential(nn.Flatten(), nn.ReLU()), "the model has no layer"),
        ],
    )
    def test_a_model_that_is_not_a_classifier_is_refused(self, net, message):
        """The input does not have 3 channels, the output is not (images, outputs), or no operator mixes."""
        with pytest.raises(ModelError, match=message):
            read(net, 8)

    def test_code_that_depends_on_the_image_cannot_be_captured(self):
        """The error is one line with torch's reason."""
        net = Net(lambda m, x: m.a(x) if x.sum() > 0 else m.a(-x), width=4, a=conv(3, 4))
        with pytest.raises(
            ModelError, match=r"torch\.export cannot capture this model for RGB images of 16x16"
        ):
            read(net)


class TestPrograms:
    """Programs from files, and the forward pass."""

    def test_a_saved_program_is_read_like_its_module(self, tmp_path):
        """Also one that was lowered to torch's core operators, in another memory layout."""
        module = CifarResNet(1).eval()
        images = {0: torch.export.Dim("images")}
        program = torch.export.export(module, (torch.zeros(2, 3, 32, 32),), dynamic_shapes=(images,))
        pixels = torch.randn(3, 3, 32, 32).contiguous(memory_format=torch.channels_last)
        for name, one in {"plain": program, "lowered": program.run_decompositions()}.items():
            torch.export.save(one, tmp_path / f"{name}.pt2")
            captured = read_pt2(tmp_path / f"{name}.pt2")
            assert layer_names(read_program(captured)) == ["conv1", "layer1.0", "layer2.0", "layer3.0"]
            with torch.no_grad():
                torch.testing.assert_close(run_program(captured, pixels)[captured.output], module(pixels))

    def test_a_program_for_a_fixed_number_of_images_is_refused(self, tmp_path):
        """The message explains how to export it."""
        program = torch.export.export(CifarResNet(1).eval(), (torch.zeros(2, 3, 32, 32),))
        torch.export.save(program, tmp_path / "two.pt2")
        with pytest.raises(ModelError, match="exactly 2 images: export it with dynamic_shapes"):
            read_pt2(tmp_path / "two.pt2")

    def test_a_file_that_is_not_a_program_is_refused(self, tmp_path):
        """A missing file or another format is a one-line error."""
        (tmp_path / "bad.pt2").write_bytes(b"PK not a program")
        with pytest.raises(ModelError, match="not a program saved by"):
            read_pt2(tmp_path / "bad.pt2")
        with pytest.raises(ModelError, match="does not exist"):
            read_pt2(tmp_path / "none.pt2")

    @pytest.mark.parametrize("forward", FORWARDS.values(), ids=FORWARDS)
    @pytest.mark.parametrize("order", [torch.channels_last, torch.contiguous_format])
    def test_values_may_be_written_over_what_is_not_needed(self, forward, order):
        """Calls that are joined or write into an operand give the module's own values, in float32."""
        net = Net(
            lambda m, x: m.c(forward(m, x)),
            width=5,
            a=conv(3, 4, 1),
            b=conv(4, 4),
            bn=nn.BatchNorm2d(4),
            c=conv(4, 5),
        )
        module = randomized(net).to(memory_format=order)
        pixels = torch.randn(3, 3, 8, 8, generator=torch.Generator().manual_seed(1))
        captured = capture(module, (8, 8))
        with torch.no_grad():
            expected = module(pixels)
        for _ in range(2):
            found = run_program(captured, pixels.contiguous(memory_format=order))[captured.output]
            torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)

    def test_the_forward_pass_runs_only_the_needed_operators(self):
        """For the stem's value it needs only the stem's tensors."""
        captured = capture(CifarResNet(1), (32, 32))
        stem = read_program(captured).layers[0].tensor
        partial = ForwardPass(recipe_of(captured), [stem])
        assert len(partial.calls) < 6 < len(captured.order)
        assert len(partial.tensors) < 8 < len(captured.tensors)
        assert partial(torch.zeros(5, 3, 32, 32))[stem].shape == (5, 16, 32, 32)
