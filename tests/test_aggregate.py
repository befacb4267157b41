"""The rules of aggregation on hand-computed cases, and on small models against the naive definition."""

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from summit_graph.aggregate import fused_cpu
from summit_graph.aggregate.activations import select_by_mass, select_largest
from summit_graph.aggregate.batches import BatchCounter
from summit_graph.aggregate.buffers import CellLayout, Hop
from summit_graph.aggregate.kernel_inputs import hop_weight
from summit_graph.aggregate.reference import expand_influences, select_top_inputs
from summit_graph.errors import SummitGraphError
from summit_graph.model.architecture import InceptionV1
from summit_graph.records import Channel, Parameters
from tests.accuracy import measure_accuracy
from tests.naive import depthwise_influences, naive_counts, naive_mass, naive_top_inputs, table_counter
from tests.small_model import full_weights, small_pixels, small_weights

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


def test_maximum_includes_borders_and_zero_padding():
    """Positions whose kernel extends beyond the map are included; maxima computed by hand."""
    bottleneck = torch.tensor([[[[3.0, 0.0], [0.0, 0.0]]]])  # one image, one bottleneck, 2x2
    kernel = torch.zeros(2, 1, 3, 3)
    kernel[0, 0, 1, 1], kernel[0, 0, 0, 0] = -1.0, 2.0  # -3 at the value, +6 at its lower right neighbour
    kernel[1] = -1.0  # negative everywhere; no all-zero patch, so the maximum is not 0
    assert expand_influences(bottleneck, kernel)[0, :, 0].tolist() == [6.0, -3.0]


@pytest.mark.parametrize("side", [3, 5])
@pytest.mark.parametrize("size", [(7, 7), (1, 1), (4, 9)])
def test_expand_influences_equal_depthwise_convolutions(side, size):
    """Unfolded patches in chunks give the values of one depthwise convolution per output."""
    random = torch.Generator().manual_seed(3)
    bottlenecks = torch.randn(2, 5, *size, generator=random).relu()
    weight = torch.randn(4, 5, side, side, generator=random)
    influences = expand_influences(bottlenecks, weight)
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


def whole_numbers(random: np.random.Generator, *shape: int, zeros: float) -> np.ndarray:
    """Small integers as float32, many of them 0: sums are exact, so ties are exact."""
    values = random.integers(0, 4, shape).astype(np.float32)
    return values * (random.random(shape) >= zeros)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 5, 7]), st.integers(1, 7), st.integers(1, 70))
def test_fused_expand_counts_equal_a_sort(seed, side, number, inputs):
    """Any kernel side and map size, dead maps, all-zero patches, ties of the last place, excluded outputs."""
    random = np.random.default_rng(seed)
    outputs, height, width = random.integers(1, [25, 8, 8]).tolist()
    maps = whole_numbers(random, 2, inputs, height, width, zeros=random.choice([0.2, 0.9, 1.0]))
    weight = random.integers(-3, 3, (outputs, inputs, side, side)).astype(np.float32)
    kept = random.random(outputs) < 0.8
    counts = np.zeros((outputs, inputs), np.int32)
    border = side // 2
    planes = np.pad(maps, ((0, 0), (0, 0), (border, border), (border, border)))
    fused_cpu.count_expand(planes, *fused_cpu.pack_taps(torch.from_numpy(weight)), kept, number, counts)
    expected = np.zeros_like(counts)
    for image in range(2):
        rows = depthwise_influences(torch.from_numpy(maps[image, None]), torch.from_numpy(weight))
        for output in np.flatnonzero(kept):
            expected[output, naive_top_inputs(rows[output], number)] += 1
    assert np.array_equal(counts, expected)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 90), st.integers(1, 200))
def test_fused_products_equal_a_sort(seed, number, inputs):
    """More or fewer inputs than counted, many ties, dead inputs, excluded outputs."""
    random = np.random.default_rng(seed)
    outputs = int(random.integers(1, 20))
    largest = whole_numbers(random, 3, inputs, zeros=random.choice([0.0, 0.5, 1.0]))
    weight = random.integers(-2, 4, (outputs, inputs)).astype(np.float32)
    kept = random.random(outputs) < 0.8
    counts = np.zeros((outputs, inputs), np.int32)
    wide = fused_cpu.padded_rows(largest), fused_cpu.padded_rows(weight)
    fused_cpu.count_products(*wide, kept, number, counts)
    expected = np.zeros_like(counts)
    for z in largest:
        for output in np.flatnonzero(kept):
            expected[output, naive_top_inputs((weight[output] * z).tolist(), number)] += 1
    assert np.array_equal(counts, expected)


@pytest.mark.parametrize("patches", range(1, 10))
def test_patches_in_incomplete_groups_are_counted(patches):
    """For any number of patches, the groups of four read within the array and include every patch."""
    random = np.random.default_rng(patches)
    rows, kernel = random.random((patches, 9), np.float32), random.random((9, 16), np.float32)
    best = np.zeros(16, np.float32)
    in_python = getattr(fused_cpu.multiply_9, "py_func", fused_cpu.multiply_9)
    in_python(rows, kernel, best)  # reading past the end is an error there
    assert best == pytest.approx((rows @ kernel).max(axis=0))
    compiled = np.zeros(16, np.float32)
    fused_cpu.multiply_9(rows, kernel, compiled)
    assert compiled == pytest.approx(best)


def prepare_fused(model: InceptionV1, hop: Hop) -> None:
    fused_cpu.FusedInfluences(model, Parameters(), (hop,))


@pytest.mark.parametrize("prepare", [hop_weight, prepare_fused], ids=["reference", "fused"])
@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("inception_4c/1x1", (3, 3), "inception_4c/1x1 has a 3x3 kernel: a direct convolution must be 1x1"),
        ("inception_4c/5x5_reduce", (1, 3), "a 1x3 kernel: a reduce convolution must be 1x1"),
        ("inception_4c/3x3", (1, 7), "a 1x7 kernel: only square kernels of odd size"),
        ("inception_4c/5x5", (4, 4), "a 4x4 kernel: only square kernels of odd size"),
    ],
)
def test_unsupported_kernel_sizes_are_errors(name, shape, message, prepare):
    """An assumption about the architecture that does not hold is an error, never a wrong count."""
    model, hop = InceptionV1(small_weights()), hop_named(name)
    model.tensors = dict(model.tensors) | {f"{name}.weight": torch.ones(hop.outputs, hop.inputs, *shape)}
    with pytest.raises(SummitGraphError, match=message):
        prepare(model, hop)


def hop_named(convolution: str) -> Hop:
    """A hop of the small model."""
    hops = CellLayout.of(small_weights()).hops
    return next(hop for hop in hops if hop.convolution == convolution)


@pytest.mark.slow
def test_fused_counts_equal_the_reference_except_for_rounding_ties():
    """For a full-width model, the sum of absolute differences is at most 2e-5 of the counts."""
    weights, pixels = full_weights(), small_pixels(2)
    fused = BatchCounter(weights, Parameters(), kernel="fused").count(pixels).cells.astype(int)
    plain = BatchCounter(weights, Parameters(), kernel="reference").count(pixels).cells.astype(int)
    assert plain.sum() > 50_000
    assert np.abs(fused - plain).sum() <= 2e-5 * plain.sum()


def counted(weights, pixels, parameters, **options) -> tuple[Counter, Counter]:
    """Counts of one batch, read from the tables of the count files."""
    counter = BatchCounter(weights, parameters, **options)
    activations, hops = counter.buffers.layout.to_tables(counter.count(pixels).cells.astype(np.int32))
    return table_counter(activations, ("layer", "channel")), table_counter(hops, HOP_KEYS)


EXCLUDED = (Channel("mixed3a", 2), Channel("mixed4c", 0), Channel("mixed4c", 7), Channel("mixed5b", 18))


@pytest.mark.parametrize("kernel", ["reference", "fused"])
@pytest.mark.parametrize("family", ["caffe", "torchvision"])
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
    """All counts of all layers, for both families and kernels, with and without exclusions."""
    weights, pixels = small_weights(family), small_pixels(3)
    activations, hops = counted(weights, pixels, parameters, kernel=kernel)
    expected_activations, expected_hops = naive_counts(weights, torch.from_numpy(pixels), parameters)
    assert activations == expected_activations
    assert hops == expected_hops


def test_excluded_channels_are_not_counted():
    """They are excluded as top channels, as outputs and as inputs."""
    activations, hops = counted(small_weights(), small_pixels(2), Parameters(mass=1.0, excluded=EXCLUDED))
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
    weights, pixels = small_weights(), small_pixels(6)
    total: Counter = Counter()
    for at in range(6):
        total += counted(weights, pixels[at : at + 1], Parameters())[1]
    assert counted(weights, pixels, Parameters())[1] == total


def test_tables_are_sorted_by_key_and_typed():
    """As in count files: no zero counts, ascending keys."""
    counter = BatchCounter(small_weights(), Parameters())
    cells = counter.count(small_pixels(2)).cells.astype(np.int32)
    for table, keys in zip(
        counter.buffers.layout.to_tables(cells), (("layer", "channel"), HOP_KEYS), strict=True
    ):
        rows = [tuple(row[key] for key in keys) for row in table.to_pylist()]
        assert rows == sorted(set(rows))
        assert min(table["count"].to_pylist()) > 0


def test_mixed3a_has_activations_only():
    """There is no previous mixed layer."""
    activations, hops = counted(small_weights(), small_pixels(1), Parameters())
    assert "mixed3a" in {layer for layer, _ in activations}
    assert "mixed3a" not in {key[0] for key in hops}


def test_an_empty_batch_counts_nothing():
    """All files of the batch were unreadable."""
    batch = BatchCounter(small_weights(), Parameters()).count(small_pixels(1)[:0], output=2)
    assert (batch.cells.sum(), batch.accuracy.images) == (0, 0)
