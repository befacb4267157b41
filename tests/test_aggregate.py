"""The rules of aggregation on hand-computed cases, and on small models against the naive definition."""

from collections import Counter
from functools import cache, partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from summit_graph.aggregate import batches, fused_convolutions, fused_cpu
from summit_graph.aggregate.activations import select_by_mass, select_largest
from summit_graph.aggregate.batches import BatchCounter
from summit_graph.aggregate.reference import largest_of_convolutions
from summit_graph.aggregate.top_terms import select_top_inputs
from summit_graph.errors import UsageError
from summit_graph.model.counted import CountedModel
from summit_graph.model.inputs import prepare_input
from summit_graph.model.program.steps import Mixing
from summit_graph.records import Channel, Parameters
from tests.accuracy import measure_accuracy
from tests.naive import depthwise_influences, naive_counts, naive_mass, naive_top_inputs, table_counter
from tests.program_models import Net, count_module, randomized
from tests.small_model import FAMILIES, full_counted, small_counted, small_pixels, small_weights

HOP_KEYS = ("layer", "stop", "source", "output", "input")


def taken(mask: torch.Tensor) -> list[int]:
    """Indices of the True entries of a single row."""
    return mask[0].nonzero()[:, 0].tolist()


@pytest.mark.parametrize(
    ("values", "mass", "expected"),
    [
        ([5.0, 3.0, 2.0], 0.5, [0]),  # 5 of 10 is exactly the mass
        ([5.0, 3.0, 2.0], 0.51, [0, 1]),
        ([2.0, 5.0, 3.0], 0.8, [1, 2]),  # 8 of 10
        ([2.0, 5.0, 3.0], 1.0, [0, 1, 2]),
        ([4.0, 4.0, 4.0], 0.3, [0]),  # ties: the lowest index first
        ([4.0, 4.0, 4.0], 0.34, [0, 1]),
        ([0.0, 1.0, 0.0, 1.0], 1.0, [1, 3]),  # dead channels are never selected
        ([0.0, 0.0, 0.0], 0.03, []),  # a dead layer selects none
        ([1e-30, 1.0], 1.0, [1]),  # in float64 the sum is 1.0, which the largest reaches
        ([0.1, 0.1, 0.1], 1.0, [0, 1, 2]),  # the total is summed in the order of the cumulative sum
    ],
)
def test_channels_are_selected_until_the_mass_is_reached(values, mass, expected):
    """The largest activations until their cumulative sum is at least p times the total."""
    assert taken(select_by_mass(torch.tensor([values]), mass)) == expected


@pytest.mark.parametrize(
    ("values", "number", "expected"),
    [([1.0, 3.0, 2.0], 2, [1, 2]), ([2.0, 2.0, 2.0], 2, [0, 1]), ([0.0, 1.0, 0.0], 2, [1]), ([1.0], 5, [0])],
)
def test_a_fixed_number_of_channels_is_selected(values, number, expected):
    """Method 1: the largest; ties go to the lower index, dead channels are never selected."""
    assert taken(select_largest(torch.tensor([values]), number)) == expected


@given(
    st.lists(st.sampled_from([0.0, 0.25, 1.0, 1.0 / 3, 7.5]), min_size=1, max_size=30), st.floats(0.001, 1.0)
)
def test_select_by_mass_equals_a_loop(values, mass):
    """The same channels as a loop in float64, with many ties."""
    single = torch.tensor([values])
    exact = single[0].double().tolist()
    ranked = sorted((at for at, value in enumerate(exact) if value > 0), key=lambda at: (-exact[at], at))
    expected = naive_mass([exact[at] for at in ranked], ranked, mass)
    assert taken(select_by_mass(single, mass)) == sorted(expected)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 6))
def test_top_inputs_equal_a_sort(seed, inputs, number):
    """Ties go to the lower index and only influences > 0 count, also if fewer than ``number``."""
    whole = np.random.default_rng(seed).integers(-2, 3, (2, 4, inputs))
    influences = torch.from_numpy(whole.astype(np.float32))
    top, counted = select_top_inputs(influences, number)
    for image in range(2):
        for output in range(4):
            chosen = sorted(top[image, output][counted[image, output]].tolist())
            expected = naive_top_inputs(influences[image, output].tolist(), number)
            assert chosen == sorted(expected)


def test_only_positive_influences_count():
    """-0.0, zero and negative influences do not count."""
    influences = torch.tensor([[[0.5, -1.0, 0.0, -0.0, 2.0, 0.0, 0.0]]])
    top, counted = select_top_inputs(influences, 5)
    assert sorted(top[counted].tolist()) == [0, 4]


def largest_values(maps: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """The reference's influences through a kernel (outputs, inputs, k, k) that keeps the maps' size."""
    outputs, border = len(weight), weight.shape[-1] // 2
    mixing = Mixing(weight, None, padding=(border, border, border, border))
    return largest_of_convolutions(maps, mixing, torch.arange(outputs), torch.ones(1, outputs))


def test_maximum_includes_borders_and_zero_padding():
    """Positions whose kernel extends beyond the map are included; maxima computed by hand."""
    bottleneck = torch.tensor([[[[3.0, 0.0], [0.0, 0.0]]]])  # one image, one bottleneck, 2x2
    kernel = torch.zeros(2, 1, 3, 3)
    kernel[0, 0, 1, 1], kernel[0, 0, 0, 0] = -1.0, 2.0  # -3 at the value, +6 at its lower right neighbour
    kernel[1] = -1.0  # negative everywhere; no all-zero patch, so the maximum is not 0
    assert largest_values(bottleneck, kernel)[0, :, 0].tolist() == [6.0, -3.0]


@pytest.mark.parametrize("side", [3, 5])
@pytest.mark.parametrize("size", [(7, 7), (1, 1), (4, 9)])
def test_influences_equal_depthwise_convolutions(side, size):
    """Unfolded patches in chunks give the values of one depthwise convolution per output."""
    random = torch.Generator().manual_seed(3)
    bottlenecks = torch.randn(2, 5, *size, generator=random).relu()
    weight = torch.randn(4, 5, side, side, generator=random)
    influences = largest_values(bottlenecks, weight)
    for image in range(2):
        expected = torch.tensor(depthwise_influences(bottlenecks[image, None], weight))
        torch.testing.assert_close(influences[image], expected)


def test_accuracy_is_by_rank_with_ties_to_the_lower_output():
    """In the second image output 2 ties with output 1, so it is only in the top five."""
    logits = torch.tensor([[0.0, 1, 5, 0, 0, 0, 0], [0, 4, 4, 0, 0, 0, 0], [9, 9, 0, 9, 9, 9, 9]])
    accuracy = measure_accuracy(logits, 2)
    assert (accuracy.images, accuracy.top1, accuracy.top5) == (3, 1, 2)
    shares = [np.exp(5) / (np.exp(5) + np.e + 5), np.exp(4) / (2 * np.exp(4) + 5), 1 / (6 * np.exp(9) + 1)]
    assert np.flatnonzero(accuracy.histogram).tolist() == sorted(int(20 * share) for share in shares)


def test_probability_1_is_in_the_last_bin():
    """The bin is min(19, floor(20·1.0))."""
    assert measure_accuracy(torch.tensor([[1000.0, 0.0]]), 0).histogram[19] == 1


def test_without_an_output_only_images_are_counted():
    """Accuracy is 0 without a true output."""
    accuracy = measure_accuracy(torch.zeros(4, 3), None)
    assert (accuracy.images, accuracy.top1, accuracy.histogram.sum()) == (4, 0, 0)


def whole_numbers(random: np.random.Generator, *shape: int, zeros: float, low: int = 0) -> np.ndarray:
    """Small integers as float32, many of them 0: sums are exact, so ties are exact."""
    values = random.integers(low, 4, shape).astype(np.float32)
    return values * (random.random(shape) >= zeros)


def empty_lists(images: int, outputs: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Values and candidates of no top input."""
    shape = (images, outputs, number)
    return np.zeros(shape, np.float32), np.full(shape, -1, np.int64)


def assert_top_inputs(
    inputs: np.ndarray, influences: list[list[list[float]]], kept: np.ndarray, start: int
) -> None:
    """The lists hold each kept output's top inputs in order, numbered from ``start``."""
    number = inputs.shape[2]
    for image, rows in enumerate(influences):
        for output, row in enumerate(rows):
            top = naive_top_inputs(row, number) if kept[output] else []
            expected = [start + one for one in top] + [-1] * (number - len(top))
            assert inputs[image, output].tolist() == expected


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    side=st.sampled_from([(1, 1), (3, 3), (5, 5), (7, 7), (1, 3), (2, 2), (4, 3)]),
    larger=st.sampled_from([8, 8, 45]),
    number=st.integers(1, 7),
    width=st.integers(1, 40),
    groups=st.integers(1, 3),
    stride=st.sampled_from([(1, 1), (2, 2), (2, 1)]),
    dilation=st.sampled_from([(1, 1), (2, 2), (1, 2)]),
    low=st.sampled_from([0, -3]),
)
def test_fused_convolutions_equal_a_sort(seed, side, larger, number, width, groups, stride, dilation, low):
    """Any kernel, map size, stride, dilation and groups; negative and dead maps, ties, excluded outputs."""
    random = np.random.default_rng(seed)
    outputs = groups * int(random.integers(1, 40))
    padding = [int(random.integers(0, one + 1)) for one in side]
    room = [dilation[at] * (side[at] - 1) + 1 - 2 * padding[at] for at in (0, 1)]
    height, width_of_map = (max(1, one) + int(random.integers(0, larger)) for one in room)
    zeros = random.choice([0.2, 0.9, 1.0])
    maps = whole_numbers(random, 2, groups * width, height, width_of_map, zeros=zeros, low=low)
    weight = torch.from_numpy(random.integers(-3, 3, (outputs, width, *side)).astype(np.float32))
    kept = random.random(outputs) < 0.8
    best, inputs = empty_lists(2, outputs, number)
    planes = np.pad(maps, ((0, 0), (0, 0), *((one, one) for one in padding)))
    steps = np.array([*stride, *dilation])
    kernel = fused_convolutions.KernelTaps.of(weight, groups, nonnegative=low == 0)
    bounds = [np.minimum(planes.min((2, 3)), 0), np.maximum(planes.max((2, 3)), 0)]
    fused_convolutions.insert_convolutions(planes, *bounds, kernel, side, steps, kept, width, 3, best, inputs)
    options = {"stride": stride, "padding": tuple(padding), "dilation": dilation, "groups": groups}
    influences = [depthwise_influences(torch.from_numpy(one[None]), weight, **options) for one in maps]
    assert_top_inputs(inputs, influences, kept, 3)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    number=st.integers(1, 90),
    width=st.integers(1, 200),
    groups=st.integers(1, 3),
    signed=st.booleans(),
)
def test_fused_products_equal_a_sort(seed, number, width, groups, signed):
    """More or fewer inputs than counted, many ties, negative maps, dead inputs, groups, excluded outputs."""
    random = np.random.default_rng(seed)
    outputs = groups * int(random.integers(1, 8))
    zeros = random.choice([0.0, 0.5, 1.0])
    high = whole_numbers(random, 3, groups, width, zeros=zeros)
    low = -whole_numbers(random, 3, groups, width, zeros=zeros) if signed else None
    weight = random.integers(-2, 4, (outputs, width)).astype(np.float32)
    kept = random.random(outputs) < 0.8

    def padded(values):
        return fused_cpu.padded_rows(values.reshape(3 * groups, -1)).reshape(3, groups, -1)

    best, inputs = empty_lists(3, outputs, number)
    bounds = padded(high), padded(low) if signed else None
    fused_cpu.insert_products(*bounds, fused_cpu.padded_rows(weight), kept, 3, best, inputs)
    group = np.arange(outputs) * groups // outputs
    influences = np.maximum(weight * high[:, group], weight * low[:, group] if signed else 0)
    assert_top_inputs(inputs, influences.tolist(), kept, 3)


@pytest.mark.parametrize("patches", range(1, 10))
def test_patches_in_incomplete_groups_are_counted(patches):
    """For any number of patches, the groups of four read within the array and include every patch."""
    random = np.random.default_rng(patches)
    rows, kernel = random.random((patches, 9), np.float32), random.random((9, 16), np.float32)
    best = np.zeros(16, np.float32)
    multiply_9 = fused_convolutions.multiply_9
    in_python = getattr(multiply_9, "py_func", multiply_9)
    in_python(rows, kernel, best)  # reading past the end is an error there
    assert best == pytest.approx((rows @ kernel).max(axis=0))
    compiled = np.zeros(16, np.float32)
    multiply_9(rows, kernel, compiled)
    assert compiled == pytest.approx(best)


#: Kernel and options of a convolution from 6 channels; most are not InceptionV1's.
CONVOLUTIONS = {
    "1x1": nn.Conv2d(6, 8, 1),
    "1x1, stride 2": nn.Conv2d(6, 8, 1, stride=2),
    "1x1, padded": nn.Conv2d(6, 8, 1, padding=1),
    "1x1, two groups": nn.Conv2d(6, 8, 1, groups=2),
    "3x3": nn.Conv2d(6, 8, 3, padding=1),
    "3x3, stride 2 and dilation 2": nn.Conv2d(6, 8, 3, stride=2, padding=2, dilation=2),
    "3x3, three groups": nn.Conv2d(6, 9, 3, padding=1, groups=3),
    "1x7": nn.Conv2d(6, 8, (1, 7), padding=(0, 3)),
    "4x4 without padding": nn.Conv2d(6, 8, 4),
    "2x3, different strides": nn.Conv2d(6, 8, (2, 3), stride=(2, 1), padding=(1, 0), dilation=(1, 2)),
    "more outputs than inputs, one input each": nn.Conv2d(6, 12, 3, padding=1, groups=6),
}


@cache
def convolving(name: str, *, signed: bool) -> tuple[nn.Conv2d, CountedModel]:
    """A stem, and the model of it and one of these convolutions, without or with a ReLU between."""
    stem, last = nn.Conv2d(3, 6, 3, padding=1), CONVOLUTIONS[name]

    def forward(m, x):
        return m.last(m.stem(x) if signed else m.stem(x).relu())

    return stem, count_module(randomized(Net(forward, width=last.out_channels, stem=stem, last=last)))


@pytest.mark.parametrize("kernel", ["reference", "fused"])
@pytest.mark.parametrize("signed", [False, True], ids=["ReLU", "signed"])
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_any_kernel_is_counted_by_the_definition(name, signed, kernel):
    """Any size, stride, padding, dilation and groups, over maps with and without negative values."""
    (stem, model), pixels = convolving(name, signed=signed), small_pixels(3, side=16)
    with torch.no_grad():
        maps = stem(prepare_input(torch.from_numpy(pixels), model.input))
    found = counted(model, pixels, Parameters(top_influences=2), kernel=kernel)[1]
    images = maps if signed else maps.relu()
    assert found == Counter(
        key for one in images for key in naive_last(one[None], CONVOLUTIONS[name], number=2)
    )


def naive_last(maps: torch.Tensor, last: nn.Conv2d, *, number: int) -> list[tuple]:
    """The keys of the hops that one image counts in a convolution called ``last``."""
    options = {name: getattr(last, name) for name in ("stride", "padding", "dilation", "groups")}
    width = last.weight.shape[1]
    return [
        ("last", "last", "stem", output, output * last.groups // last.out_channels * width + given)
        for output, row in enumerate(depthwise_influences(maps, last.weight.detach(), **options))
        for given in naive_top_inputs(row, number)
    ]


@pytest.mark.slow
def test_fused_counts_equal_the_reference_except_for_rounding_ties():
    """For a full-width model, the sum of absolute differences is at most 2e-5 of the counts."""
    model, pixels = full_counted(), small_pixels(2)
    fused = BatchCounter(model, Parameters(), kernel="fused").count(pixels).cells.astype(int)
    plain = BatchCounter(model, Parameters(), kernel="reference").count(pixels).cells.astype(int)
    assert plain.sum() > 50_000
    assert np.abs(fused - plain).sum() <= 2e-5 * plain.sum()


def counted(model, pixels, parameters=None, **options) -> tuple[Counter, Counter]:
    """Counts of one batch, read from the tables of the count files."""
    counter = BatchCounter(model, parameters or Parameters(), **options)
    activations, hops, _ = counter.layout.to_tables(counter.count(pixels).cells.astype(np.int32))
    return table_counter(activations, ("layer", "channel")), table_counter(hops, HOP_KEYS)


EXCLUDED = (Channel("mixed3a", 2), Channel("mixed4c", 0), Channel("mixed4c", 7), Channel("mixed5b", 18))


@pytest.mark.parametrize("kernel", ["reference", "fused"])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "parameters",
    [
        Parameters(),
        Parameters(mass=0.6, excluded=EXCLUDED),
        Parameters(mass=None, top_activations=3, top_influences=2, excluded=EXCLUDED),
        Parameters(mass=1.0, top_influences=50),
    ],
    ids=["paper", "excluded", "numbers", "everything"],
)
def test_counts_equal_the_naive_definition(family, parameters, kernel):
    """All counts of all layers, for every family and kernel, with and without exclusions."""
    pixels = small_pixels(3)
    activations, hops = counted(small_counted(family, parameters), pixels, parameters, kernel=kernel)
    expected_activations, expected_hops = naive_counts(
        small_weights(family), torch.from_numpy(pixels), parameters
    )
    assert activations == expected_activations
    assert hops == expected_hops


def test_images_are_counted_one_by_one_where_maps_are_large(monkeypatch):
    """Kind: memory. A batch may take several forward passes; counts and examples are the same."""
    model, pixels = small_counted(), small_pixels(3)
    together = BatchCounter(model, Parameters(), examples=True).count(pixels, output=3)
    monkeypatch.setattr(batches, "VALUE_BYTES", 1)
    assert batches.images_together(model) == 1
    alone = BatchCounter(model, Parameters(), examples=True).count(pixels, output=3)
    assert np.array_equal(alone.cells, together.cells)
    assert alone.accuracy.top5 == together.accuracy.top5
    assert np.array_equal(alone.top_images.files, together.top_images.files)


class LittleMemory(BatchCounter):
    """Runs out of memory in the middle of a forward pass of more than two images, like a small GPU."""

    def _keep(self):
        return partial(self._restore, [one.clone() for one in self._counted()], self.images)

    def _count_output(self, values):
        if len(next(iter(values.values()))) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        super()._count_output(values)

    most = 2


def test_counts_do_not_depend_on_the_memory():
    """Kind: memory. Images that do not fit are counted in halves; nothing is counted twice."""
    model, pixels = small_counted(), small_pixels(5)
    plenty, little = (
        kind(model, Parameters(), examples=True).count(pixels, output=3)
        for kind in (BatchCounter, LittleMemory)
    )
    assert np.array_equal(little.cells, plenty.cells)
    assert (little.accuracy.images, little.accuracy.top5) == (5, plenty.accuracy.top5)
    assert np.array_equal(little.top_images.files, plenty.top_images.files)


def test_a_gpu_too_small_for_one_image_is_named(monkeypatch):
    """One line that names the device and the remedy."""
    monkeypatch.setattr(LittleMemory, "most", 0)
    with pytest.raises(UsageError, match="too little free memory for one image: use --device cpu"):
        LittleMemory(small_counted(), Parameters()).count(small_pixels(3), output=3)


def test_excluded_channels_are_not_counted():
    """They are excluded as top channels, as outputs and as inputs."""
    parameters = Parameters(mass=1.0, excluded=EXCLUDED)
    activations, hops = counted(small_counted("caffe", parameters), small_pixels(2), parameters)
    assert not {Channel(*key) for key in activations} & set(EXCLUDED)
    outputs = {Channel(layer, output) for layer, stop, _, output, _ in hops if stop == layer}
    assert not outputs & set(EXCLUDED)
    assert outputs
    below = {"mixed3b": "mixed3a", "mixed4d": "mixed4c"}
    inputs = {Channel(below[key[0]], key[4]) for key in hops if key[2] == below.get(key[0])}
    assert inputs
    assert not inputs & set(EXCLUDED)


def test_counts_do_not_depend_on_batches():
    """Six images in one batch or one by one: the same counts."""
    model, pixels = small_counted(), small_pixels(6)
    total: Counter = Counter()
    for at in range(6):
        total += counted(model, pixels[at : at + 1])[1]
    assert counted(model, pixels)[1] == total


def test_tables_are_sorted_by_key_and_typed():
    """As in count files: no zero counts, ascending keys."""
    counter = BatchCounter(small_counted(), Parameters())
    cells = counter.count(small_pixels(2), output=3).cells.astype(np.int32)
    channel = ("layer", "channel")
    for table, keys in zip(counter.layout.to_tables(cells), (channel, HOP_KEYS, channel), strict=True):
        rows = [tuple(row[key] for key in keys) for row in table.to_pylist()]
        assert rows == sorted(set(rows))
        assert min(table["count"].to_pylist()) > 0


def test_mixed3a_has_activations_only():
    """There is no previous mixed layer."""
    activations, hops = counted(small_counted(), small_pixels(1))
    assert "mixed3a" in {layer for layer, _ in activations}
    assert "mixed3a" not in {key[0] for key in hops}


def test_an_empty_batch_counts_nothing():
    """All files of the batch were unreadable."""
    batch = BatchCounter(small_counted(), Parameters()).count(small_pixels(1)[:0], output=2)
    assert (batch.cells.sum(), batch.accuracy.images) == (0, 0)
