"""Tests of the Triton kernels, on a GPU or in Triton's interpreter; test_aggregate_gpu.py runs them.

They are in a separate file because the interpreter must be selected before Triton is imported.
"""

import os

import numpy as np
import pytest
import torch
from torch.nn import functional

from summit_graph.aggregate import fused_gpu
from summit_graph.aggregate.batches import BatchCounter
from summit_graph.aggregate.reference import largest_of_convolutions
from summit_graph.model.program.steps import Mixing
from summit_graph.records import Channel, Parameters
from tests.naive import naive_top_inputs
from tests.small_model import small_counted, small_pixels

DEVICE = "cpu" if os.environ.get("TRITON_INTERPRET") == "1" else "cuda"


def fused_influences(bottlenecks: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """The kernel's influences of maps (images, inputs, H, W) and a kernel (outputs, inputs, k, k)."""
    planes = functional.pad(bottlenecks, (weight.shape[-1] // 2,) * 4).contiguous()
    taps = weight.permute(1, 2, 3, 0).contiguous()
    return fused_gpu.expand_influences(planes.to(DEVICE), taps.to(DEVICE)).cpu()


def reference_influences(bottlenecks: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """The same by the reference."""
    outputs, border = len(weight), weight.shape[-1] // 2
    mixing = Mixing(weight, None, padding=(border, border, border, border))
    return largest_of_convolutions(bottlenecks, mixing, torch.arange(outputs), torch.ones(1, outputs))


@pytest.mark.parametrize("side", [3, 5])
@pytest.mark.parametrize("size", [(7, 7), (1, 1), (4, 9), (1, 5)])
@pytest.mark.parametrize("outputs", [1, 37, 130])
def test_influences_equal_the_reference(side, size, outputs):
    """Also for numbers of positions and outputs that are not multiples of a tile."""
    random = torch.Generator().manual_seed(outputs)
    bottlenecks = torch.randn(2, 3, *size, generator=random).relu()
    weight = torch.randn(outputs, 3, side, side, generator=random)
    expected = reference_influences(bottlenecks, weight)
    torch.testing.assert_close(fused_influences(bottlenecks, weight), expected)


@pytest.mark.parametrize("side", [3, 5, 7])
def test_integers_are_exact_and_a_dead_map_has_no_influence(side):
    """Sums of small integers have no rounding, so the values are equal bit for bit; a zero map gives 0."""
    random = torch.Generator().manual_seed(1)
    bottlenecks = torch.randint(0, 4, (2, 4, 5, 6), generator=random).float()
    bottlenecks[:, 2] = 0
    weight = torch.randint(-3, 3, (9, 4, side, side), generator=random).float()
    influences = fused_influences(bottlenecks, weight)
    assert torch.equal(influences, reference_influences(bottlenecks, weight))
    assert not influences[:, :, 2].any()


def test_a_negative_maximum_is_returned():
    """The maximum does not start at 0: without an all-zero patch it is -3."""
    bottlenecks, weight = torch.full((1, 1, 2, 2), 0.0), torch.full((1, 1, 3, 3), -1.0)
    bottlenecks[0, 0, 0, 0] = 3.0
    assert fused_influences(bottlenecks, weight).tolist() == [[[-3.0]]]


@pytest.mark.parametrize("number", [1, 2, 5, 50])
@pytest.mark.parametrize("inputs", [1, 5, 9, 70])
def test_top_inputs_equal_a_sort(number, inputs):
    """Many ties, fewer positive influences than counted, excluded outputs, counts that are not 0 before."""
    random = np.random.default_rng(10 * number + inputs)
    influences = random.integers(-2, 3, (3, 4, inputs)).astype(np.float32)
    kept = np.array([True, False, True, True])
    counts = torch.ones(4, inputs, dtype=torch.int32, device=DEVICE)
    fused_gpu.count_largest(on_device(influences), on_device(kept), number, counts)
    expected = np.ones((4, inputs), np.int32)
    for image in influences:
        for output in np.flatnonzero(kept):
            expected[output, naive_top_inputs(image[output].tolist(), number)] += 1
    assert np.array_equal(counts.cpu().numpy(), expected)


@pytest.mark.parametrize("number", [1, 5])
@pytest.mark.parametrize("inputs", [1, 19, 67])
def test_top_products_equal_a_sort(number, inputs):
    """max(w, 0) · max z, with many ties, dead inputs, excluded outputs."""
    random = np.random.default_rng(inputs)
    largest = random.integers(0, 3, (3, inputs)).astype(np.float32)
    weight = random.integers(-2, 4, (4, inputs)).astype(np.float32)
    kept = np.array([True, True, False, True])
    counts = torch.zeros(4, inputs, dtype=torch.int32, device=DEVICE)
    fused_gpu.count_products(on_device(largest), on_device(weight), on_device(kept), number, counts)
    expected = np.zeros((4, inputs), np.int32)
    for z in largest:
        for output in np.flatnonzero(kept):
            expected[output, naive_top_inputs((weight[output] * z).tolist(), number)] += 1
    assert np.array_equal(counts.cpu().numpy(), expected)


class KernelCounter(BatchCounter):
    """Counts every sum with the kernels, also in the interpreter, where the device is the CPU."""

    def _influence_counter(self, counted, cells):
        assert fused_gpu.can_fuse(counted, cells)
        number = self.parameters.top_influences
        return fused_gpu.FusedSum(counted, cells, number=number, device=self.device)


@pytest.mark.parametrize("family", ["caffe", "torchvision"])
def test_counts_of_a_model_equal_the_reference(family, monkeypatch):
    """All hops of all layers, in both families (whose "5x5" kernels are 5x5 and 3x3), with exclusions."""
    if DEVICE == "cpu":
        monkeypatch.setattr(fused_gpu, "POSITIONS", 1024)  # fewer operations for the interpreter
    excluded = (Channel("mixed3a", 2), Channel("mixed4c", 0), Channel("mixed5b", 18))
    parameters = Parameters(top_influences=3, excluded=excluded)
    model, pixels = small_counted(family, parameters), small_pixels(2)
    plain = BatchCounter(model, parameters, kernel="reference")
    counter = KernelCounter(model, parameters, device=DEVICE)
    for images in (2, 1):  # a smaller batch after a larger one
        cells = counter.count(pixels[:images]).cells
        assert np.array_equal(cells, plain.count(pixels[:images]).cells)


def on_device(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(values).to(DEVICE)
