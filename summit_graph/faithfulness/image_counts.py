"""Counts of single images in memory, for graphs of other sets of images than a class's own."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse

from summit_graph.aggregate.baselines import ValueSums, baseline_adder, write_baseline
from summit_graph.aggregate.work import Job
from summit_graph.faithfulness.replacement import batches_of
from summit_graph.images import Dataset, Skipped
from summit_graph.model.counted import CountedModel
from summit_graph.records import Parameters


@dataclass(frozen=True, eq=False)
class ImageCounts:
    """Counts of some images of one class.

    Attributes:
        cells: int32 (images, cells), sparse, in the order of ``CellLayout``.
        relevance: float64 (images, channels); None where activations are counted.
    """

    cells: sparse.csr_array
    relevance: NDArray[np.float64] | None = None

    def total(self, drawn: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
        """The counts of all images, (cells,), or of drawn ones, some of them more than once."""
        return np.asarray(self._times(drawn) @ self.cells).astype(np.int64)

    def summed_relevance(self, drawn: NDArray[np.int64] | None = None) -> NDArray[np.float64] | None:
        """The relevance of all images, (channels,), or of drawn ones."""
        return None if self.relevance is None else self._times(drawn) @ self.relevance

    def _times(self, drawn: NDArray[np.int64] | None) -> NDArray[np.float64]:
        images = self.cells.shape[0]
        return np.ones(images) if drawn is None else np.bincount(drawn, minlength=images).astype(float)


def needs_baseline(model: CountedModel, parameters: Parameters) -> bool:
    """Whether these counts are taken from the mean over images of other classes."""
    return Job(model, Path(), parameters).needs_baseline


def baseline_sums(
    model: CountedModel,
    dataset: Dataset,
    classes: Collection[str],
    *,
    device: torch.device | str = "cpu",
    skipped: list[Skipped] | None = None,
) -> ValueSums:
    """Sums of the values that relevance is counted from, over the images of some classes.

    Args:
        skipped: files that do not decode are added to it; without it the first one is an error.
    """
    adder = baseline_adder(model, device=device)
    for name in classes:
        for pixels in batches_of(model, dataset, name, skipped):
            adder.add(pixels)
    return adder.read()


def count_images(
    model: CountedModel,
    parameters: Parameters,
    pixels: NDArray[np.uint8],
    *,
    output: int | None,
    baseline: ValueSums | None = None,
    device: torch.device | str = "cpu",
    on_image: Callable[[int, int], None] = lambda done, total: None,
) -> ImageCounts:
    """Count each image of one class.

    Args:
        pixels: uint8 (images, height, width, 3).
        output: the class's output; None for the predicted one, where relevance is counted.
        baseline: sums over the images that relevance is counted from; activations need none.
        on_image: called after each image with the number of images done, and of all.
    """
    with TemporaryDirectory(prefix="summit-graph-") as folder:
        job = Job(model, Path(folder), parameters, device=str(device))
        file = Path(folder) / "baseline.npz"
        if job.needs_baseline:
            assert baseline is not None
            write_baseline(file, baseline, ValueSums())
        counter = job.batch_counter()
        path = file if job.needs_baseline else None
        rows, relevance = [], []
        for at in range(len(pixels)):
            counts = counter.count(pixels[at : at + 1], output=output, baseline=path)
            rows.append(sparse.csr_array(counts.cells[None].astype(np.int32)))
            relevance += [] if counts.relevance is None else [counts.relevance]
            on_image(at + 1, len(pixels))
    return ImageCounts(sparse.vstack(rows, format="csr"), np.stack(relevance) if relevance else None)
