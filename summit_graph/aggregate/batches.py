"""Counts of one batch of images: forward pass, top activations, top influences, accuracy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from summit_graph.aggregate import reference
from summit_graph.aggregate.activations import count_activations
from summit_graph.aggregate.buffers import CellLayout, CountBuffers
from summit_graph.aggregate.fused_cpu import FusedInfluences
from summit_graph.aggregate.top_images import TopImages, TopImagesBuffer
from summit_graph.images import Skipped
from summit_graph.model.architecture import Forward, InceptionV1, MixedMaps
from summit_graph.model.weights import Weights
from summit_graph.records import HISTOGRAM_BINS, LAYER_NAMES, Parameters

#: Implementation that counts influences; all give the same counts except for ties within float rounding.
Kernel = Literal["auto", "fused", "reference"]
DEFAULT_KERNEL: Kernel = "auto"


def choose_kernel(kernel: Kernel, device: torch.device | str) -> Kernel:
    """``auto`` is the device's fused kernel, or the reference on a GPU without Triton."""
    if kernel == "auto":
        on_cpu = torch.device(device).type == "cpu"
        return "fused" if on_cpu or find_spec("triton") else "reference"
    return kernel


@dataclass
class Accuracy:
    """How often the model predicts a class's own output.

    Attributes:
        images: number of images.
        top1, top5: images whose true output is the largest, or among the five largest.
        histogram: int64 (20,), images by softmax probability of the true output.
    """

    images: int = 0
    top1: int = 0
    top5: int = 0
    histogram: NDArray[np.int64] = field(default_factory=lambda: np.zeros(HISTOGRAM_BINS, np.int64))

    @classmethod
    def of(cls, images: int, counts: Tensor) -> Accuracy:
        """From the counts of ``count_accuracy``, int64 (2 + 20,)."""
        top1, top5, *histogram = counts.tolist()
        return cls(images, top1, top5, np.array(histogram, np.int64))

    def add(self, other: Accuracy) -> None:
        """Add the counts of other images."""
        self.images += other.images
        self.top1 += other.top1
        self.top5 += other.top5
        self.histogram += other.histogram


@dataclass(frozen=True)
class BatchCounts:
    """The counts of one batch.

    Attributes:
        cells: uint8 or int32 (cells,) in the order of ``CellLayout``; a single 0 if nothing was counted.
        skipped: files that do not decode.
        top_images: each channel's largest activations; None without examples.
    """

    cells: NDArray[np.integer]
    accuracy: Accuracy
    skipped: tuple[Skipped, ...] = ()
    top_images: TopImages | None = None

    @classmethod
    def nothing(cls) -> BatchCounts:
        """Counts of no image."""
        return cls(np.zeros(1, np.uint8), Accuracy())


class BatchCounter:
    """Counts batches on one device; ``read`` returns the sum and starts again from 0.

    With ``examples``, each channel's largest activations are collected in the same forward pass. Without
    ``counts``, only these are.
    """

    def __init__(
        self,
        weights: Weights,
        parameters: Parameters,
        *,
        device: torch.device | str = "cpu",
        kernel: Kernel = DEFAULT_KERNEL,
        counts: bool = True,
        examples: bool = False,
    ) -> None:
        self.model = InceptionV1(weights, device=device)
        self.parameters = parameters
        self.counts = counts
        channels = sum(layer.channels for layer in weights.layers)
        self.top_images = TopImagesBuffer(channels, device=device) if examples else None
        self.images = 0
        self.accuracy = accuracy_counts(device)
        self.buffers = CountBuffers(CellLayout.of(weights), device=device)
        self.count_influences = self._influence_counter(choose_kernel(kernel, device))

    def count(
        self, pixels: NDArray[np.uint8], *, output: int | None = None, numbers: Sequence[int] | None = None
    ) -> BatchCounts:
        """Counts of one batch, uint8 (images, 224, 224, 3); options as in ``add``."""
        self.add(torch.from_numpy(pixels), output=output, numbers=numbers)
        return self.read()

    def add(self, pixels: Tensor, *, output: int | None = None, numbers: Sequence[int] | None = None) -> None:
        """Count a batch; returns before the device has finished.

        Args:
            pixels: uint8 (images, 224, 224, 3).
            output: the images' true output.
            numbers: file numbers for ``BatchCounts.top_images``, ascending and above those of earlier calls
                since ``read``; 0, 1, 2 … by default.
        """
        if not len(pixels):
            return
        with torch.inference_mode():
            forward = self.model.forward(pixels)
            if self.counts:
                self._count(forward)
            if self.top_images:
                files = torch.tensor(range(len(pixels)) if numbers is None else numbers, dtype=torch.int32)
                self.top_images.add(forward.mixed, files.to(self.model.device))
            self.images += len(pixels)
            if output is not None:
                count_accuracy(forward.logits, output, self.accuracy)

    def read(self) -> BatchCounts:
        """The counts since the last ``read``; starts again from 0."""
        counts = BatchCounts(
            self._read_cells(),
            Accuracy.of(self.images, self.accuracy),
            top_images=self.top_images.read() if self.top_images else None,
        )
        self._clear()
        return counts

    def _count(self, forward: Forward) -> None:
        for maps in forward.mixed:
            count_activations(maps, self.buffers.activations(maps.name), self.parameters)
            if maps.name != LAYER_NAMES[0]:
                self.count_influences(maps, self.buffers)

    def _read_cells(self) -> NDArray[np.integer]:
        """A copy in the smallest type that holds the counts, because it is sent between processes."""
        if not self.counts:
            return BatchCounts.nothing().cells
        small = torch.uint8 if self.images <= 255 else torch.int32
        return self.buffers.cells.to(small, copy=True).cpu().numpy()

    def _clear(self) -> None:
        self.images = 0
        self.accuracy.zero_()
        self.buffers.clear()
        if self.top_images:
            self.top_images.clear()

    def _influence_counter(self, kernel: Kernel) -> Callable[[MixedMaps, CountBuffers], None]:
        if kernel == "fused" and self.model.device.type == "cpu":
            return FusedInfluences(self.model, self.parameters, self.buffers.layout.hops).count
        if kernel == "fused":
            from summit_graph.aggregate import fused_gpu  # Triton is installed only with torch for GPUs

            return fused_gpu.FusedInfluences(self.model, self.parameters, self.buffers.layout.hops).count
        return partial(reference.count_influences, self.model, parameters=self.parameters)


def count_accuracy(logits: Tensor, output: int, counts: Tensor) -> None:
    """Count images by rank and probability of the true output; ties go to the lower output.

    Args:
        logits: float32 (images, outputs).
        output: index of the true output.
        counts: int64 (2 + 20,), added to: images correct at top 1, at top 5, and by probability bin.
    """
    true = logits[:, output, None]
    ahead = (logits > true).sum(1) + (logits[:, :output] == true).sum(1)
    share = logits.double().softmax(1)[:, output]
    bins = (share * HISTOGRAM_BINS).floor().long().clamp_max(HISTOGRAM_BINS - 1)
    counts[0] += (ahead < 1).sum()
    counts[1] += (ahead < 5).sum()
    counts[2:].index_add_(0, bins, torch.ones_like(bins))


def accuracy_counts(device: torch.device | str) -> Tensor:
    """Zeros for ``count_accuracy``, int64 (2 + 20,)."""
    return torch.zeros(2 + HISTOGRAM_BINS, dtype=torch.int64, device=device)
