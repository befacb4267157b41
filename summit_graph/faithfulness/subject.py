"""What the parts of a test read: the model, the class's images, its graph, and the means of other classes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import chain
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from summit_graph.aggregate.baselines import ValueSums
from summit_graph.aggregate.outcomes import Predictions
from summit_graph.analysis.edge_faithfulness import Counts
from summit_graph.analysis.faithfulness import ClassScores
from summit_graph.errors import UsageError
from summit_graph.faithfulness.image_counts import ImageCounts, baseline_sums, count_images, needs_baseline
from summit_graph.faithfulness.replacement import batches_of, mean_values, pixels_of
from summit_graph.images import Dataset, Skipped, state_of
from summit_graph.model.counted import CountedModel
from summit_graph.records import AttributionGraph, ClassSummary, Outcome, Parameters

#: Called with what is being done, the number of steps done, and of all steps.
Show = Callable[[str, int, int], None]


def show_nothing(description: str, done: int, total: int) -> None:
    """Shows no progress."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One class of a network, and the images that its graph is tested on.

    Attributes:
        model: the network's model, with skips and without excluded channels.
        counting_model: the same, with the skips and excluded channels that the network was counted with.
        dataset: the class's images, and those of other classes that the means are taken from.
        images: all images that may be tested, as many of each class.
        graph: the class's attribution graph.
        scores: the scores of its channels.
        parameters: how the network was counted.
        influences: the counts of all its influences.
        device: where the model runs.
        seed: of random channels and of resampling.
        quick: fewer points of the curves.
        skip_bad: whether files that do not decode are skipped; they are added to ``skipped``.
        show: shows the progress.
        counted: the images that the class was counted on, with those of other classes; None if not known.
        similar: reads the network's other classes with the similarity of their counts, the nearest first.
    """

    model: CountedModel
    counting_model: CountedModel
    dataset: Dataset
    images: Dataset
    graph: AttributionGraph
    scores: ClassScores
    parameters: Parameters
    influences: Counts
    device: torch.device | str = "cpu"
    seed: int = 0
    quick: bool = False
    skip_bad: bool = False
    skipped: list[Skipped] = field(default_factory=list)
    show: Show = show_nothing
    counted: Dataset | None = None
    similar: Callable[[], Sequence[tuple[ClassSummary, float]]] = tuple

    @property
    def summary(self) -> ClassSummary:
        """Of the class."""
        return self.graph.summary

    @property
    def others(self) -> list[str]:
        """The other classes of the images."""
        return [name for name in self.dataset.classes if name != self.summary.folder]

    @cached_property
    def means(self) -> dict[str, NDArray[np.float32]]:
        """The mean of each layer's tensor over images of the other classes, by the value's name."""
        return self.means_of(self.others)

    @cached_property
    def pixels(self) -> NDArray[np.uint8]:
        """The class's images, uint8 (images, height, width, 3)."""
        return self.pixels_of(self.summary.folder)

    @cached_property
    def state(self) -> str:
        """A digest of the class's scores and graph."""
        digest = hashlib.sha256(repr((self.graph.edges, self.graph.supports)).encode())
        for values in (self.scores.pagerank, self.scores.counts, self.scores.selected):
            for name, one in values.items():
                digest.update(name.encode() + one.tobytes())
        return digest.hexdigest()

    def key(self, part: str, **options: Any) -> str:
        """A digest of all that a part depends on."""
        what = {
            "part": part,
            "state": self.state,
            "model": self.model.model_key,
            "output": self.summary.output,
            "outcome": self.summary.outcome,
            "images": self.files_of(self.dataset),
            "device": torch.device(self.device).type,
            "seed": self.seed,
            **options,
        }
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()

    def files_of(self, dataset: Dataset) -> Mapping[str, list[Any]]:
        """The files of each class in their present state."""
        return {
            name: [state_of(dataset.root, file) for file in dataset.files(name, range(len(files)))]
            for name, files in dataset.classes.items()
        }

    def means_of(self, classes: list[str]) -> dict[str, NDArray[np.float32]]:
        """The mean of each layer's tensor over the images of some classes, by the value's name."""
        done = 0

        def advance() -> None:
            nonlocal done
            done += 1
            self.show("averaging other classes", done, len(classes))

        self.show("averaging other classes", 0, len(classes))
        return mean_values(
            self.model, self.dataset, classes, device=self.device, on_class=advance, skipped=self._bad
        )

    def pixels_of(self, folder: str, dataset: Dataset | None = None) -> NDArray[np.uint8]:
        """The images of a folder, uint8 (images, height, width, 3); by default those that are tested.

        Of the class's own folder, where it is split by outcome, those with its outcome.

        Raises:
            UsageError: there are fewer than two images.
        """
        found = pixels_of(self.model, dataset or self.images, folder, skipped=self._bad)
        return self._own(found) if folder == self.summary.folder else found

    def with_outcome(self, pixels: NDArray[np.uint8], output: int, outcome: Outcome) -> NDArray[np.uint8]:
        """The images for which the model predicts the output, or with "wrong" the others."""
        are_right = Predictions(self.model, device=self.device).are_right(pixels, output)
        return pixels[are_right == (outcome == "right")]

    def _own(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Those of the folder's images that are the class's."""
        outcome, output = self.summary.outcome, self.summary.output
        if outcome is None or output is None:
            return pixels
        found = self.with_outcome(pixels, output, outcome)
        if len(found) < 2:
            raise UsageError(
                f"class {self.summary.name!r} has {len(found)} of the {len(pixels)} images of "
                f"{self.summary.folder!r}: two or more are needed; give more with --images-per-class"
            )
        return found

    def pixels_of_all(self) -> NDArray[np.uint8]:
        """The images of all classes, as ``pixels``."""
        batches = (batches_of(self.model, self.dataset, name, self._bad) for name in self.dataset.classes)
        return np.concatenate([*chain.from_iterable(batches)])

    def count(self, model: CountedModel, pixels: NDArray[np.uint8], dataset: Dataset) -> ImageCounts:
        """Count each image as one of the class's.

        Args:
            model: the subject's ``counting_model``, or one with other weights.
            dataset: where relevance takes its baseline from: the images of other classes.
        """
        return count_images(
            model,
            self.parameters,
            pixels,
            output=self.summary.output,
            baseline=self.baseline(model, dataset),
            device=self.device,
            on_image=self.showing("counting"),
        )

    def baseline(self, model: CountedModel, dataset: Dataset) -> ValueSums | None:
        """Sums of what relevance is counted from, over the images of other classes; None if it needs none."""
        if not needs_baseline(model, self.parameters):
            return None
        others = [name for name in dataset.classes if name != self.summary.folder]
        return baseline_sums(model, dataset, others, device=self.device, skipped=self._bad)

    def showing(self, description: str) -> Callable[[int, int], None]:
        """Shows the steps of one thing that is done."""
        return partial(self.show, description)

    @property
    def _bad(self) -> list[Skipped] | None:
        return self.skipped if self.skip_bad else None
