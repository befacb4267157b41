"""Tests of the Triton kernels, on a GPU or in Triton's interpreter; test_aggregate_gpu.py runs them.

They are in a separate file because the interpreter must be selected before Triton is imported.
"""

import os

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from summit_graph.aggregate import fused_gpu, relevance, triton_kernels
from summit_graph.aggregate.batches import BatchCounter
from summit_graph.aggregate.reference import largest_of_convolutions
from summit_graph.aggregate.relevance import RelevanceCounter
from summit_graph.aggregate.triton_kernels import Window
from summit_graph.model.program.steps import Mixing
from summit_graph.records import Channel, Parameters
from tests.naive import naive_top_inputs
from tests.program_models import CifarResNet, Net, conv, count_module, randomized
from tests.small_model import small_counted, small_pixels
from tests.test_aggregate import CONVOLUTIONS
from tests.test_counting_programs import Dense, Flattened, block, chain
from tests.test_program_random import ChannelLast, Gated

DEVICE = "cpu" if os.environ.get("TRITON_INTERPRET") == "1" else "cuda"
needs_gpu = pytest.mark.skipif(DEVICE == "cpu", reason="takes minutes in the interpreter")


def found_sums(maps: Tensor, mixing: Mixing, factors: Tensor | None = None) -> Tensor:
    """The kernel's largest sums of maps (images, inputs, H, W), (images, outputs, inputs of a group)."""
    outputs, width, *sides = mixing.weight.shape
    grouped = mixing.weight.flatten(2).unflatten(0, (mixing.groups, -1))
    taps = grouped.permute(0, 2, 3, 1).flatten(0, 1).contiguous()
    found = torch.full((len(maps), outputs, width), torch.nan, device=DEVICE)
    window = Window((sides[0], sides[1]), mixing.stride, mixing.dilation)
    planes = functional.pad(maps, mixing.padding).contiguous().to(DEVICE)
    scale = None if factors is None else factors.to(DEVICE)
    triton_kernels.largest_sums(planes, taps.to(DEVICE), window, found, scale)
    return found.cpu()


def reference_sums(maps: Tensor, mixing: Mixing, factors: Tensor | None = None) -> Tensor:
    """The same by the reference."""
    rows = torch.arange(mixing.outputs)
    return largest_of_convolutions(
        maps, mixing, rows, torch.ones(1, len(rows)) if factors is None else factors
    )


def same_size(weight: Tensor) -> Mixing:
    """A convolution with a square kernel that keeps the maps' size."""
    border = weight.shape[-1] // 2
    return Mixing(weight, None, padding=(border, border, border, border))


@pytest.mark.parametrize("side", [3, 5])
@pytest.mark.parametrize("size", [(7, 7), (1, 1), (4, 9), (1, 5)])
@pytest.mark.parametrize("outputs", [1, 37, 130])
def test_largest_sums_equal_the_reference(side, size, outputs):
    """Also for numbers of positions and outputs that are not multiples of a tile."""
    random = torch.Generator().manual_seed(outputs)
    maps = torch.randn(2, 3, *size, generator=random).relu()
    mixing = same_size(torch.randn(outputs, 3, side, side, generator=random))
    torch.testing.assert_close(found_sums(maps, mixing), reference_sums(maps, mixing))


#: Sides, strides, dilations, padding, groups.
WINDOWS = [
    ((1, 7), (1, 1), (1, 1), (3, 3, 0, 0), 1),
    ((3, 3), (2, 2), (1, 1), (1, 1, 1, 1), 1),
    ((3, 3), (2, 1), (1, 2), (2, 1, 0, 1), 2),
    ((4, 2), (1, 3), (2, 1), (0, 0, 0, 0), 3),
    ((1, 1), (1, 1), (1, 1), (1, 1, 1, 1), 1),
]


@pytest.mark.parametrize("factored", [False, True])
@pytest.mark.parametrize(("sides", "stride", "dilation", "padding", "groups"), WINDOWS)
def test_any_window_is_summed(sides, stride, dilation, padding, groups, factored):
    """Maps with negative values; factors of either sign that depend on the image."""
    random = torch.Generator().manual_seed(groups)
    maps = torch.randn(2, 6, 9, 11, generator=random)
    weight = torch.randn(12, 6 // groups, *sides, generator=random)
    mixing = Mixing(weight, None, stride, padding, dilation, groups)
    factors = torch.randn(2, 12, generator=random) if factored else None
    expected = reference_sums(maps, mixing, factors)
    torch.testing.assert_close(found_sums(maps, mixing, factors), expected)


@pytest.mark.parametrize("side", [3, 5, 7])
def test_integers_are_exact_and_a_dead_map_has_no_influence(side):
    """Sums of small integers have no rounding, so the values are equal bit for bit; a zero map gives 0."""
    random = torch.Generator().manual_seed(1)
    maps = torch.randint(0, 4, (2, 4, 5, 6), generator=random).float()
    maps[:, 2] = 0
    mixing = same_size(torch.randint(-3, 3, (9, 4, side, side), generator=random).float())
    influences = found_sums(maps, mixing)
    assert torch.equal(influences, reference_sums(maps, mixing))
    assert not influences[:, :, 2].any()


def test_a_negative_maximum_is_returned():
    """The maximum does not start at 0: without an all-zero patch it is -3."""
    maps, weight = torch.full((1, 1, 2, 2), 0.0), torch.full((1, 1, 3, 3), -1.0)
    maps[0, 0, 0, 0] = 3.0
    assert found_sums(maps, same_size(weight)).tolist() == [[[-3.0]]]


@pytest.mark.parametrize("width", [1, 5, 7, 8, 17, 28, 32, 35])
def test_few_positions_are_summed_twice(width):
    """The positions of a row that a program sums at once leave at most a third of them to repeat."""
    at_once = triton_kernels._positions(width)
    assert 1 <= at_once <= width
    assert -(-width // at_once) * at_once <= width * 4 / 3


@pytest.mark.parametrize("number", [1, 2, 5, 50])
@pytest.mark.parametrize("candidates", [1, 5, 9, 70])
def test_largest_influences_equal_a_sort(number, candidates):
    """Many ties, fewer positive influences than counted, excluded outputs, counts that are not 0 before."""
    random = np.random.default_rng(10 * number + candidates)
    influences = random.integers(-2, 3, (3, 4, candidates)).astype(np.float32)
    cells = np.arange(4 * candidates, dtype=np.int32).reshape(4, candidates)
    cells[1] = -1
    counts = torch.ones(4 * candidates, dtype=torch.int32, device=DEVICE)
    given = on_device(influences), on_device(cells), counts
    triton_kernels.count_largest(*given, number=number, shared=False)
    expected = np.ones((4, candidates), np.int32)
    for image in influences:
        for output in (0, 2, 3):
            expected[output, naive_top_inputs(image[output].tolist(), number)] += 1
    assert np.array_equal(counts.cpu().numpy().reshape(4, candidates), expected)


def test_a_cell_of_two_candidates_is_counted_once_an_image():
    """The second and the third candidate share cell 1; both are among the largest of both images."""
    influences = np.array([[[1, 5, 4, 0]], [[0, 3, 3, 2]]], np.float32)
    cells = on_device(np.array([[0, 1, 1, 2]], np.int32))
    counts = torch.zeros(3, dtype=torch.int32, device=DEVICE)
    triton_kernels.count_largest(on_device(influences), cells, counts, number=3, shared=True)
    assert counts.tolist() == [1, 2, 1]


@pytest.mark.parametrize("factored", [False, True])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize(("groups", "width"), [(1, 1), (1, 19), (2, 67), (1, 1100)])
def test_largest_products_are_those_of_the_bounds(groups, width, signed, factored):
    """The larger of w · min z and w · max z, or max(w, 0) · max z; in groups, with factors of an image."""
    random = torch.Generator().manual_seed(width)
    bounds = torch.randint(-3 if signed else 0, 4, (2, 3, groups * width), generator=random)
    low, high = bounds.float().sort(0).values.to(DEVICE)
    weight = torch.randint(-2, 4, (4, width), generator=random).float().to(DEVICE)
    factors = torch.randint(-1, 3, (3, 4), generator=random).float().to(DEVICE)
    found = torch.full((3, 4, width), torch.nan, device=DEVICE)
    scale = factors if factored else None
    triton_kernels.largest_products(low, high, weight, found, signed=signed, factors=scale)
    scaled = weight * factors[:, :, None] if factored else weight.expand(3, -1, -1)
    least, most = (one.unflatten(1, (groups, -1)).repeat_interleave(4 // groups, 1) for one in (low, high))
    if signed:
        assert torch.equal(found, torch.maximum(scaled * least, scaled * most))
    else:
        assert torch.equal(found, scaled.clamp_min(0) * most)


class KernelCounter(BatchCounter):
    """Counts every sum with the kernels, also in the interpreter, where the device is the CPU."""

    def _influence_counter(self, counted, cells):
        assert fused_gpu.can_fuse(counted)
        number = self.parameters.top_influences
        return fused_gpu.FusedSum(counted, cells, number=number, device=self.device)


@needs_gpu
@pytest.mark.parametrize("family", ["caffe", "torchvision"])
def test_counts_of_a_model_equal_the_reference(family):
    """All hops of all layers, in both families (whose "5x5" kernels are 5x5 and 3x3), with exclusions."""
    excluded = (Channel("mixed3a", 2), Channel("mixed4c", 0), Channel("mixed5b", 18))
    parameters = Parameters(top_influences=3, excluded=excluded)
    model, pixels = small_counted(family, parameters), small_pixels(2)
    plain = BatchCounter(model, parameters, kernel="reference")
    counter = KernelCounter(model, parameters, device=DEVICE)
    for images in (2, 1):  # a smaller batch after a larger one
        cells = counter.count(pixels[:images]).cells
        assert np.array_equal(cells, plain.count(pixels[:images]).cells)


NETWORKS = {
    "identities and strides": CifarResNet(1, 4),
    "kernels over whole maps": Flattened(),
    "blocks of several terms": chain(Dense(4, 3), nn.ReLU(), conv(10, 6, 1), width=6),
    "gates": block(lambda m, x: m.b(m.gated(m.a(x)).relu()), a=conv(4, 4), gated=Gated(4), b=conv(4, 4)),
    "channels last, signed": block(lambda m, x: m.b(m.last(x)), last=ChannelLast(4), b=conv(4, 4)),
}
#: Any convolution, which takes too long in the interpreter.
SIGNED = {
    f"{name}, signed": Net(
        lambda m, x: m.last(m.stem(x)), width=last.out_channels, stem=conv(3, 6), last=last
    )
    for name, last in CONVOLUTIONS.items()
}


@pytest.mark.parametrize("name", [*NETWORKS, *(pytest.param(name, marks=needs_gpu) for name in SIGNED)])
def test_counts_of_any_network_equal_the_reference(name):
    """Each kind of term and sum."""
    module = (NETWORKS | SIGNED)[name]
    model, pixels = count_module(randomized(module), size=8), small_pixels(2, side=8)
    parameters = Parameters(top_influences=2)
    plain = BatchCounter(model, parameters, kernel="reference").count(pixels).cells
    counter = KernelCounter(model, parameters, device=DEVICE)
    assert np.array_equal(counter.count(pixels).cells, plain)


def test_few_images_at_a_time_count_the_same(monkeypatch):
    """Where the influences of all images are too many for the memory."""
    model, pixels = count_module(randomized(Flattened()), size=8), small_pixels(3, side=8)
    whole = KernelCounter(model, Parameters(), device=DEVICE).count(pixels).cells
    monkeypatch.setattr(fused_gpu, "MOST_INFLUENCES", 1)
    assert np.array_equal(KernelCounter(model, Parameters(), device=DEVICE).count(pixels).cells, whole)


def test_relevance_is_counted_the_same(monkeypatch):
    """The kernel selects what torch does, also on a GPU with relevance from patches."""
    module = block(lambda m, x: m.b(m.a(x).relu()) + m.c(x), a=conv(4, 5), b=conv(5, 4), c=conv(4, 4))
    parameters = Parameters(measure="relevance", baseline="zero", top_influences=2)
    model, pixels = count_module(randomized(module), size=8), small_pixels(3, side=8)
    plain = RelevanceCounter(model, parameters).count(pixels, output=1)
    monkeypatch.setattr(relevance, "top_terms", lambda device: fused_gpu.GpuTopTerms)
    found = RelevanceCounter(model, parameters, device=DEVICE).count(pixels, output=1)
    assert np.array_equal(found.cells, plain.cells)
    assert found.relevance == pytest.approx(plain.relevance, abs=1e-5)


@pytest.mark.parametrize(("sides", "stride", "dilation", "padding", "groups"), [WINDOWS[1], WINDOWS[3]])
def test_relevance_from_patches_is_that_of_the_kernels_gradient(sides, stride, dilation, padding, groups):
    """Any stride, dilation and padding."""
    random = torch.Generator().manual_seed(1)
    maps, weight = torch.randn(2, 6, 9, 11, generator=random), torch.randn(5, 6, *sides, generator=random)
    mixing = Mixing(weight, None, stride, padding, dilation)
    padded = functional.pad(maps, padding)
    gradient = torch.randn(functional.conv2d(padded, weight, None, stride, 0, dilation).shape)
    found = relevance._relevance_of_patches(padded, mixing, gradient)
    torch.testing.assert_close(found, relevance.kernel_relevance(maps, mixing, gradient))


def on_device(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(values).to(DEVICE)
