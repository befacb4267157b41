"""Counts of any network equal the definition: every operator and shape of sum, with all kernels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import hypothesis.strategies as st
import pyarrow as pa
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import Tensor, nn
from torch.nn import functional

from summit_graph.aggregate.batches import Kernel
from summit_graph.counts.manifest import HOPS_SCHEMA
from summit_graph.counts.merging import merge_hops
from summit_graph.model.counted import CountedModel, counted_model
from summit_graph.model.inputs import prepare_input
from summit_graph.model.program.layers import Program
from summit_graph.records import Channel, Parameters
from tests.naive_programs import (
    HOP_KEYS,
    ROUNDING,
    Influence,
    count_naively,
    counts_of,
    merge_naively,
    number_of_paths,
    read_module,
)
from tests.program_models import CifarResNet, Net, conv, randomized
from tests.test_program_random import ChannelLast, Gated, Halves, Joined, networks

KERNELS: tuple[Kernel, ...] = ("reference", "fused")
#: Enumerating more paths takes too long.
MOST_PATHS = 100_000
#: Different numbers of top inputs, with and without skips.
FEW = Parameters(top_influences=1, mass=None, top_activations=2)
MANY = Parameters(top_influences=7, mass=0.5)
WITHOUT_SKIPS = Parameters(skips=False)


def assert_counts_are_true(
    module: nn.Module,
    size: int = 8,
    *several: Parameters,
    layers: Sequence[str] | None = None,
    images: int = 2,
    exact: bool = False,
    kernels: Sequence[Kernel] = KERNELS,
) -> int:
    """The counts of the kernels equal the definition, and the merged influences all enumerated paths.

    Args:
        several: how it is counted, one after the other.
        exact: weights are kept, and pixels are 0 to 3: nothing is rounded, and ties are exact.

    Returns:
        The number of counted hops.
    """
    source, program = read_module(
        module.eval() if exact else randomized(module), size, plain=exact, layers=layers
    )
    random = torch.Generator().manual_seed(1)
    highest, rounding = (4, 0.0) if exact else (256, ROUNDING)
    pixels = torch.randint(0, highest, (images, size, size, 3), generator=random, dtype=torch.uint8)
    inputs = prepare_input(pixels, source.input)
    found = 0
    for parameters in several or [Parameters()]:
        naive = count_naively(program, inputs, parameters, output=1, rounding=rounding)
        model = counted_model(source, program, parameters)
        for kernel in kernels:
            tables = counts_of(model, parameters, pixels, output=1, kernel=kernel)
            differing = sum(getattr(naive, name).check(rows) for name, rows in tables.items())
            assert differing <= 2e-4 * tables["hops"].total()
        assert_paths_are_merged(program, model, tables["hops"], parameters)
        found += tables["hops"].total()
    return found


def assert_paths_are_merged(
    program: Program, model: CountedModel, hops: Counter, parameters: Parameters
) -> None:
    """Merged influences are those of all enumerated paths, unless there are too many paths to enumerate."""
    if number_of_paths(program, hops) > MOST_PATHS:
        return
    rows = [dict(zip(HOP_KEYS, key, strict=True)) | {"count": count} for key, count in hops.items()]
    table = pa.Table.from_pylist(rows, HOPS_SCHEMA)
    merged = merge_hops(table, layers=model.layers, stops=model.stops, parameters=parameters).to_pylist()
    keys = ("layer", "channel", "previous_layer", "previous")
    found = {
        tuple(row[key] for key in keys): Influence(row["count"], row["via"], row["via_stop"], row["skip"])
        for row in merged
    }
    assert len(found) == len(merged)
    assert found == merge_naively(program, hops, parameters)


def chain(*modules: nn.Module, width: int) -> Net:
    """A stem, some modules in a row, and a classifier."""
    return Net(lambda m, x: m.body(x), width=width, body=nn.Sequential(conv(3, 4), *modules))


def block(forward: Callable[[Any, Tensor], Tensor], *, width: int = 4, **modules: nn.Module) -> Net:
    """A stem ``stem`` with ReLU, a function of model and maps, and a classifier."""
    return Net(lambda m, x: forward(m, functional.relu(m.stem(x))), width=width, stem=conv(3, 4), **modules)


class Dense(nn.Module):
    """Two layers of a dense block: all earlier channels are read and passed on."""

    def __init__(self, inputs: int, growth: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(inputs), conv(inputs, growth)
        self.norm2, self.reduce = nn.BatchNorm2d(inputs + growth), conv(inputs + growth, growth, 1)
        self.conv2 = conv(growth, growth)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.cat([x, self.conv1(functional.relu(self.norm1(x)))], 1)
        new = self.conv2(functional.relu(self.reduce(functional.relu(self.norm2(x)))))
        return torch.cat([x, new], 1)


class Flattened(nn.Module):
    """Convolutions, then linear operators over entire maps, as in VGG."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = nn.Sequential(
            conv(3, 4), nn.ReLU(), conv(4, 5), nn.BatchNorm2d(5), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.head = nn.Sequential(
            nn.Linear(80, 7), nn.ReLU(), nn.Dropout(), nn.Linear(7, 6), nn.ReLU(), nn.Linear(6, 5)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.flatten(self.maps(x), 1))


class TwoPools(nn.Module):
    """A classifier of the mean and the maximum of each map."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.fc = conv(3, 4), nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.stem(x))
        return self.fc(torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1))


class WithoutFirst(nn.Module):
    """A classifier whose first output is a dummy that is cut off."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.fc = conv(3, 6), nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(functional.relu(self.stem(x)).mean((2, 3)))[:, 1:]


class Scaled(nn.Module):
    """A parameter per channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * x


def after_bottleneck(m: Any, x: Tensor) -> Tensor:
    """The first convolution's normalization runs after the second convolution."""
    first = m.first(x)
    second = functional.relu(m.second_norm(m.second(x)))
    return m.last1(functional.relu(m.first_norm(first))) + m.last2(second)


def halves_differ(m: Any, x: Tensor) -> Tensor:
    """An identity of the map, and one of some of its channels with those of another stop."""
    other = functional.relu(m.conv(x))
    return x + torch.cat([x[:, :2], other[:, 2:]], 1)


def twice_joined(m: Any, x: Tensor) -> Tensor:
    """A residual sum that a concatenation has twice."""
    both = x + m.conv1(x)
    return torch.cat([both, both, m.conv2(x)], 1)


def relu_of_shared(m: Any, x: Tensor) -> Tensor:
    """A ReLU of a map, and a slice of the map that is read without it."""
    x = m.conv(x)
    some = x[:, :2]
    return m.all(functional.relu(x)) + m.some(some)


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "strides and dilation": lambda: chain(
        nn.ReLU(),
        conv(4, 6, stride=2, dilation=1),
        nn.ReLU(),
        nn.Conv2d(6, 6, 2, stride=(1, 2), dilation=(2, 1), padding=(1, 0)),
        nn.ReLU(),
        nn.Conv2d(6, 5, 3, dilation=2, padding=3),
        width=5,
    ),
    "asymmetric padding": lambda: chain(
        nn.ReLU(),
        nn.Conv2d(4, 6, 4, padding="same"),
        nn.ReLU(),
        nn.Conv2d(6, 5, (2, 3), padding=(0, 2)),
        nn.ReLU(),
        nn.Conv2d(5, 5, 1, padding=1),
        width=5,
    ),
    "groups": lambda: chain(
        nn.ReLU(),
        conv(4, 6, groups=2),
        conv(6, 6, 1, groups=3),
        nn.GELU(),
        conv(6, 12, groups=6),
        nn.ReLU(),
        nn.Conv2d(12, 6, 1, stride=2, groups=2),
        width=6,
    ),
    "1x1 with stride": lambda: chain(
        nn.ReLU(), nn.Conv2d(4, 6, 1, stride=2), nn.BatchNorm2d(6), nn.Conv2d(6, 5, 1, stride=(2, 1)), width=5
    ),
    "signed maps": lambda: chain(
        nn.GELU(), conv(4, 6), nn.SiLU(), conv(6, 6, 1), conv(6, 5, 5), nn.LeakyReLU(), conv(5, 4, 1), width=4
    ),
    "several convolutions in a sum": lambda: block(
        lambda m, x: functional.relu(m.norm3(m.conv3(x)) + m.norm1(m.conv1(x)) + m.norm(x)),
        conv3=conv(4, 4),
        norm3=nn.BatchNorm2d(4),
        conv1=conv(4, 4, 1),
        norm1=nn.BatchNorm2d(4),
        norm=nn.BatchNorm2d(4),
    ),
    "difference": lambda: block(
        lambda m, x: x - m.conv(functional.gelu(m.reduce(x))), reduce=conv(4, 3, 1), conv=conv(3, 4)
    ),
    "factors after the add": lambda: block(
        lambda m, x: functional.silu(m.norm(m.conv(functional.silu(x)) - x) * -2),
        conv=conv(4, 4),
        norm=nn.BatchNorm2d(4),
    ),
    "layer scale": lambda: block(lambda m, x: x + m.scale(m.conv(x)), conv=conv(4, 4), scale=Scaled(4)),
    "gate in a sum": lambda: block(
        lambda m, x: x + m.gate(m.norm(m.conv(x))), conv=conv(4, 4), norm=nn.BatchNorm2d(4), gate=Gated(4)
    ),
    "gates before a convolution and a skip": lambda: block(
        lambda m, x: m.down(m.gate(functional.silu(m.up(x)))) + m.skip(x),
        up=conv(4, 6),
        gate=Gated(6),
        down=conv(6, 4, 1),
        skip=Gated(4),
    ),
    "dense blocks": lambda: block(
        lambda m, x: m.second(functional.avg_pool2d(m.transition(functional.relu(m.first(x))), 2)),
        width=10,
        first=Dense(4, 3),
        transition=conv(10, 4, 1),
        second=Dense(4, 3),
    ),
    "branches": lambda: chain(
        Joined(
            [
                nn.Sequential(conv(4, 3, 1), nn.ReLU()),
                nn.Sequential(conv(4, 2, 1), nn.ReLU(), conv(2, 3), nn.ReLU()),
                nn.Sequential(nn.MaxPool2d(3, 1, 1), conv(4, 4, 1)),
            ]
        ),
        nn.ReLU(),
        conv(10, 4),
        width=4,
    ),
    "shuffled halves": lambda: chain(
        nn.ReLU(),
        Halves(nn.Sequential(conv(2, 2, 1), nn.ReLU(), conv(2, 2, groups=2), conv(2, 2, 1), nn.ReLU())),
        Halves(nn.Sequential(conv(2, 2, 1), nn.ReLU())),
        width=4,
    ),
    "channels last": lambda: block(
        lambda m, x: (lambda y: y + m.second(m.depthwise(y)))(x + m.first(x)),
        first=ChannelLast(4),
        depthwise=conv(4, 4, 5, groups=4),
        second=ChannelLast(4),
    ),
    "a map added to itself": lambda: block(lambda m, x: x + x - m.conv(x), conv=conv(4, 4)),
    "a map added to its reverse": lambda: block(
        lambda m, x: m.down(m.up(x) + torch.relu(m.up(x)).flip(1)), up=conv(4, 5), down=conv(5, 4)
    ),
    "identities of parts of a map": lambda: block(halves_differ, conv=conv(4, 4)),
    "only identities": lambda: block(lambda m, x: functional.gelu(x - 1) + torch.tanh(x)),
    "a map joined with itself": lambda: block(
        lambda m, x: m.conv(torch.cat([x, functional.max_pool2d(x, 3, 1, 1)], 1)), conv=conv(8, 4)
    ),
    "a sum joined with itself": lambda: block(twice_joined, width=12, conv1=conv(4, 4), conv2=conv(4, 4)),
    "empty channels": lambda: CifarResNet(2, 8),
    "flattened maps": Flattened,
    "mean and maximum": TwoPools,
    "outputs that are cut off": WithoutFirst,
    "a ReLU beside a slice": lambda: block(relu_of_shared, conv=conv(4, 4), all=conv(4, 4), some=conv(2, 4)),
    "operators out of order": lambda: block(
        after_bottleneck,
        first=conv(4, 3, 1),
        first_norm=nn.BatchNorm2d(3),
        second=conv(4, 3, 1),
        second_norm=nn.BatchNorm2d(3),
        last1=conv(3, 4),
        last2=conv(3, 4),
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_counts_equal_the_definition(name):
    """Activations, hops, outputs and merged influences of each kind of sum, with both kernels."""
    size = 16 if name == "empty channels" else 8
    assert_counts_are_true(NETWORKS[name](), size, Parameters(), FEW, MANY, WITHOUT_SKIPS, images=3)


def whole_numbers(module: nn.Module, seed: int) -> nn.Module:
    """The module with small integers as weights: sums are exact, so ties are exact."""
    random = torch.Generator().manual_seed(seed)
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        values = torch.randint(-1, 3, tensor.shape, generator=random)
        tensor.data = torch.ones_like(tensor) if name.endswith("running_var") else values.to(tensor.dtype)
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.eps = 0.0
    return module


TIED = {
    name: NETWORKS[name]
    for name in (
        *("strides and dilation", "asymmetric padding", "groups", "1x1 with stride", "dense blocks"),
        *("several convolutions in a sum", "branches", "shuffled halves", "layer scale"),
        *("a map added to itself", "a map added to its reverse", "identities of parts of a map"),
        *("a map joined with itself", "a sum joined with itself", "flattened maps", "mean and maximum"),
        *("outputs that are cut off", "a ReLU beside a slice", "operators out of order"),
    )
}


@pytest.mark.parametrize("name", TIED)
def test_ties_go_to_the_term_that_runs_first(name):
    """With integer weights and inputs, no count may differ."""
    module = TIED[name]().eval()
    for norm in module.modules():
        if isinstance(norm, nn.GELU):
            vars(norm)["forward"] = functional.relu
    assert_counts_are_true(
        whole_numbers(module, 0), 8, Parameters(mass=None, top_activations=2), FEW, MANY, exact=True
    )


def test_excluded_channels_take_no_part():
    """They are neither inputs nor outputs: of sums, inner sums, identities and the logits."""
    names = ("conv1/0", "conv1/3", "layer1.0/2", "layer2.0/5", "layer2.0/6", "layer3.1/7", "layer3.1/8")
    excluded = tuple(map(Channel.parse, names))
    assert_counts_are_true(
        CifarResNet(2, 8),
        16,
        Parameters(excluded=excluded, top_influences=7, mass=0.9),
        Parameters(excluded=excluded, skips=False),
    )


def test_excluded_channels_of_concatenations_take_no_part():
    """Also where later stops read the channels that a layer copies."""
    excluded = tuple(map(Channel.parse, ("first/0", "first/5", "first/9", "stem/1", "second/2")))
    assert_counts_are_true(NETWORKS["dense blocks"](), 8, Parameters(excluded=excluded, mass=0.9), images=3)


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("flattened maps", ["maps.0", "head.3"]),
        ("flattened maps", ["maps.2"]),
        ("dense blocks", ["stem", "second"]),
        ("mean and maximum", ["stem"]),
        ("a map added to itself", ["stem"]),
        ("channels last", ["stem", "**.down"]),
    ],
)
def test_named_layers_have_inner_stops_between_them(name, layers):
    """Stops that are no layers are counted between them; paths of any length are merged."""
    assert_counts_are_true(NETWORKS[name](), 8, Parameters(), WITHOUT_SKIPS, layers=layers, images=3)


RANDOM_PARAMETERS = st.builds(
    Parameters, top_influences=st.integers(1, 9), skips=st.booleans(), mass=st.sampled_from([0.03, 0.6, 1.0])
)


@pytest.mark.slow
@given(networks(), RANDOM_PARAMETERS)
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_counts_of_a_random_network_equal_the_definition(network, parameters):
    """Any combination of operators and blocks."""
    assert_counts_are_true(network, 8, parameters)
