"""Counts of one batch of images: forward pass, top activations, top influences, accuracy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from summit_graph.aggregate.activations import count_activations
from summit_graph.aggregate.cells import CellLayout, SumCells
from summit_graph.aggregate.fused_cpu import FusedSum, KnownBounds, PaddedMaps, can_fuse
from summit_graph.aggregate.memory import add_in_parts
from summit_graph.aggregate.reference import ReferenceSum, channel_bounds, is_pointwise
from summit_graph.aggregate.top_images import Maxima, TopImages, TopImagesBuffer, find_maxima
from summit_graph.images import Skipped
from summit_graph.model.counted import CountedModel, CountedSum, LayerMaps
from summit_graph.model.inputs import prepare_input
from summit_graph.model.program.capture import MOST_IMAGES
from summit_graph.model.program.layouts import Layout
from summit_graph.model.program.running import ForwardPass, Values, Visit
from summit_graph.records import HISTOGRAM_BINS, Parameters

#: Implementation that counts influences; all give the same counts except for ties within float rounding.
Kernel = Literal["auto", "fused", "reference"]
DEFAULT_KERNEL: Kernel = "auto"


#: The largest value that is counted may have this many bytes for the images of one forward pass on a CPU,
#: together with its padded copy if a convolution reads it. 16 images of MobileNetV2 fit.
VALUE_BYTES = 80 << 20


def images_together(model: CountedModel) -> int:
    """How many images a CPU takes through one forward pass, so that large maps fit into memory."""
    values = [_elements(maps.layout) for maps in model.maps]
    for term in (term.term for one in model.sums for term in one.terms):
        if term.layout is not None:
            is_padded = term.mixing is not None and not is_pointwise(term.mixing)
            values.append(_elements(term.layout) * (2 if is_padded else 1))
    return min(max(1, VALUE_BYTES // (4 * max(values))), MOST_IMAGES)


def _elements(layout: Layout) -> int:
    return layout.channels * layout.size[0] * layout.size[1]


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
        relevance: float64 (channels of all layers,), summed over the images; None where activations are
            counted.
    """

    cells: NDArray[np.integer]
    accuracy: Accuracy
    skipped: tuple[Skipped, ...] = ()
    top_images: TopImages | None = None
    relevance: NDArray[np.float64] | None = None

    @classmethod
    def nothing(cls) -> BatchCounts:
        """Counts of no image."""
        return cls(np.zeros(1, np.uint8), Accuracy())


class BatchCounter:
    """Counts batches on one device; ``read`` returns the sum and starts again from 0.

    Everything is counted during the forward pass, as soon as the values are computed, and each value is freed
    after its last use. With ``examples``, each channel's largest activations are collected in the same pass.
    Without ``counts``, only these are.
    """

    _without_gradients: Callable[[], AbstractContextManager[Any]] = staticmethod(torch.inference_mode)

    def __init__(
        self,
        model: CountedModel,
        parameters: Parameters,
        *,
        device: torch.device | str = "cpu",
        kernel: Kernel = DEFAULT_KERNEL,
        counts: bool = True,
        examples: bool = False,
    ) -> None:
        self.model = model
        self.parameters = parameters
        self.device = torch.device(device)
        self.kernel = choose_kernel(kernel, device)
        self.layout = CellLayout(model)
        self.cells = torch.zeros(self.layout.size, dtype=torch.int32, device=device)
        channels = sum(layer.channels for layer in model.layers)
        self.top_images = TopImagesBuffer(channels, device=device) if examples else None
        self.images = 0
        self.accuracy = accuracy_counts(device)
        self._maxima: list[Maxima] = []
        self._together = images_together(model) if self.device.type == "cpu" else MOST_IMAGES
        self._known: KnownBounds = {}
        self._padded = PaddedMaps()
        self._output: int | None = None
        self._sums_of_outputs: dict[int, InfluenceCounter] = {}
        self._prepare(counts)

    def _prepare(self, counts: bool) -> None:
        """Build what ``_run`` needs."""
        visits = list(self._visits(counts))
        self._forward = ForwardPass(self.model.recipe, [self.model.output], visits=visits, device=self.device)

    def count(self, pixels: NDArray[np.uint8], **options: Any) -> BatchCounts:
        """Counts of one batch, uint8 (images, height, width, 3); options as in ``add``."""
        self.add(torch.from_numpy(pixels), **options)
        return self.read()

    def add(
        self,
        pixels: Tensor,
        *,
        output: int | None = None,
        numbers: Sequence[int] | None = None,
        baseline: Path | None = None,
    ) -> None:
        """Count a batch; returns before the device has finished.

        Args:
            pixels: uint8 (images, height, width, 3), RGB.
            output: the images' true output.
            numbers: file numbers for ``BatchCounts.top_images``, ascending and above those of earlier calls
                since ``read``; 0, 1, 2 … by default.
            baseline: file of the mean maps that relevance is counted from; activations need none.
        """
        if not len(pixels):
            return
        self._output = output
        files = torch.tensor(range(len(pixels)) if numbers is None else numbers, dtype=torch.int32)
        passes = -(-len(pixels) // self._together)
        together = -(-len(pixels) // passes)
        fitting = add_in_parts(
            lambda part: self._add(pixels[part], files[part], output),
            len(pixels),
            together=together,
            keep=self._keep,
            device=self.device,
        )
        if fitting < together:
            self._together = fitting

    def _keep(self) -> Callable[[], None]:
        """Remember what is counted so far; nothing on a CPU, which does not run out of memory."""
        copies = [] if self.device.type == "cpu" else [one.clone() for one in self._counted()]
        return partial(self._restore, copies, self.images)

    def _restore(self, copies: Sequence[Tensor], images: int) -> None:
        for now, kept in zip(self._counted(), copies, strict=True):
            now.copy_(kept)
        self.images = images
        self._maxima.clear()
        self._known.clear()

    def _counted(self) -> list[Tensor]:
        """The tensors that a batch is added to."""
        return [self.cells, self.accuracy, *(self.top_images.tensors() if self.top_images else [])]

    def _add(self, pixels: Tensor, files: Tensor, output: int | None) -> None:
        with exact_float32(self._without_gradients):
            logits = self._run(prepare_input(pixels.to(self.device, non_blocking=True), self.model.input))
            if self.top_images:
                self.top_images.add(self._maxima, files.to(self.device, non_blocking=True))
            self._maxima.clear()
            self._known.clear()
            self.images += len(pixels)
            if output is not None:
                count_accuracy(logits.float(), output, self.accuracy)

    def _run(self, images: Tensor) -> Tensor:
        """Count images (images, 3, height, width), normalized; returns the logits."""
        return self._forward(images)[self.model.output]

    def read(self) -> BatchCounts:
        """The counts since the last ``read``; starts again from 0."""
        counts = BatchCounts(
            self._read_cells(),
            Accuracy.of(self.images, self.accuracy),
            top_images=self.top_images.read() if self.top_images else None,
            relevance=self._read_relevance(),
        )
        self._clear()
        return counts

    def _read_relevance(self) -> NDArray[np.float64] | None:
        """The channels' summed relevance, if it is counted."""
        return None

    def _read_cells(self) -> NDArray[np.integer]:
        """In the smallest type that holds them: a cell grows by at most 1 for each image."""
        small = torch.uint8 if self.images < 256 else torch.int32
        return self.cells.to(small, copy=True).cpu().numpy()

    def _clear(self) -> None:
        self.images = 0
        self.accuracy.zero_()
        self.cells.zero_()
        if self.top_images:
            self.top_images.clear()

    def _visits(self, counts: bool) -> Iterator[Visit]:
        """What is counted where in the forward pass."""
        for maps in self.model.maps:
            yield Visit(frozenset([maps.tensor]), partial(self._see_layer, maps, counts))
        if counts:
            for counted, cells in zip(self.model.sums, self.layout.sums, strict=True):
                yield Visit(
                    counted.reads(), partial(self._count_sum, self._influence_counter(counted, cells))
                )
        if counts and self.model.logits:
            yield Visit(self.model.logits.reads(), self._count_output)

    def _see_layer(self, where: LayerMaps, counts: bool, values: Values) -> None:
        maps = where.layout.maps(values[where.tensor])
        if self.top_images:
            self._maxima.append(find_maxima(maps))
            largest = self._maxima[-1][0].T
        else:
            largest = channel_bounds(maps, nonnegative=True)[1]
        if counts:
            self._count_channels(where, largest)

    def _count_channels(self, where: LayerMaps, strengths: Tensor) -> None:
        """Count a layer's top channels by their strengths (images, channels)."""
        cells = self.cells[self.layout.activation_cells(where.name)]
        count_activations(strengths, cells, self.parameters, self.parameters.excluded_in(where.name))

    def _count_sum(self, counter: InfluenceCounter, values: Values) -> None:
        counter.count(values, self.cells)

    def _count_output(self, values: Values) -> None:
        """The influences on the class's own output."""
        if self._output is None:
            return
        if self._output not in self._sums_of_outputs:
            counted, cells = self.layout.sum_of_output(self._output)
            self._sums_of_outputs[self._output] = self._influence_counter(counted, cells)
        self._sums_of_outputs[self._output].count(values, self.cells)

    def _influence_counter(self, counted: CountedSum, cells: SumCells) -> InfluenceCounter:
        number = self.parameters.top_influences
        if self.kernel == "fused" and self.device.type == "cpu" and can_fuse(counted):
            return FusedSum(counted, cells, number=number, known=self._known, padded=self._padded)
        if self.kernel == "fused" and self.device.type != "cpu":
            from summit_graph.aggregate import fused_gpu  # Triton is installed only with torch for GPUs

            if fused_gpu.can_fuse(counted):
                return fused_gpu.FusedSum(counted, cells, number=number, device=self.device)
        return self._reference(counted, cells)

    def _reference(self, counted: CountedSum, cells: SumCells) -> ReferenceSum:
        return ReferenceSum(counted, cells, number=self.parameters.top_influences, device=self.device)


class InfluenceCounter(Protocol):
    """Counts the top influences on the channels of one sum: the reference or a fused kernel."""

    def count(self, values: Values, counts: Tensor) -> None:
        """Add each image's top influences to the whole vector of counts."""


@contextmanager
def exact_float32(
    without_gradients: Callable[[], AbstractContextManager[Any]] = torch.inference_mode,
) -> Iterator[None]:
    """Inference without TF32: half precision and TF32 move counts visibly (SPEC 2)."""
    matmul = torch.backends.cuda.matmul
    before, matmul.allow_tf32 = matmul.allow_tf32, False
    try:
        with without_gradients(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            yield
    finally:
        matmul.allow_tf32 = before


def count_accuracy(logits: Tensor, output: int, counts: Tensor) -> None:
    """Count images by rank and probability of the true output; ties go to the lower output.

    Args:
        logits: float32 (images, outputs).
        output: index of the true output.
        counts: int64 (2 + 20,), added to: images correct at top 1, at top 5, and by probability bin.
    """
    ahead = ranks_of(logits, output)
    share = logits.double().softmax(1)[:, output]
    bins = (share * HISTOGRAM_BINS).floor().long().clamp_max(HISTOGRAM_BINS - 1)
    counts[0] += (ahead < 1).sum()
    counts[1] += (ahead < 5).sum()
    counts[2:].index_add_(0, bins, torch.ones_like(bins))


def ranks_of(logits: Tensor, output: int) -> Tensor:
    """How many outputs of (images, outputs) are before ``output``, int64 (images,); 0: it is predicted."""
    true = logits[:, output, None]
    return (logits > true).sum(1) + (logits[:, :output] == true).sum(1)


def accuracy_counts(device: torch.device | str) -> Tensor:
    """Zeros for ``count_accuracy``, int64 (2 + 20,)."""
    return torch.zeros(2 + HISTOGRAM_BINS, dtype=torch.int64, device=device)
