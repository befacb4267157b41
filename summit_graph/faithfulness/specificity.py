"""The specificity of a graph: its channels replaced on images of its class and of the nearest other one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from summit_graph.analysis.contrast import Losses, contrast_json
from summit_graph.analysis.embedding import cosines_with
from summit_graph.faithfulness.rankings import at_random, best
from summit_graph.faithfulness.replacement import Replacement
from summit_graph.faithfulness.subject import Subject
from summit_graph.faithfulness.tested import TestedImages
from summit_graph.model.counted import LayerMaps
from summit_graph.records import Outcome

Floats = NDArray[np.float64]


class Nearest(NamedTuple):
    """The other class that is most similar.

    Attributes:
        name: of the class.
        output: the class's output; None where it is not known.
        by: what the similarity is of: "counts" in the network, or "activations" of the images.
        similarity: mean over layers of the cosine.
        folder: of its images.
        outcome: of those that are tested, where classes are split by outcome.
    """

    name: str
    output: int | None
    by: str
    similarity: float
    folder: str
    outcome: Outcome | None = None

    def to_json(self) -> dict[str, Any]:
        """As the section has it."""
        return {"name": self.name, "output": self.output, "by": self.by, "similarity": self.similarity}


def specificity_section(subject: Subject) -> dict[str, Any]:
    """The losses of both classes. The means are taken over all further classes, the same for both."""
    if not _candidates(subject):
        verdict = "No other class has two images: it cannot be said whether the graph is specific."
        return {"nearest": None, "verdict": verdict}
    nearest, pixels = nearest_with_images(subject)
    further = [name for name in subject.others if name != nearest.folder]
    means = subject.means_of(further) if further else subject.means
    replacement = Replacement(subject.model, means, device=subject.device)
    own = _losses(subject, replacement, subject.pixels, subject.summary.output)
    other = _losses(subject, replacement, pixels, nearest.output)
    contrast = contrast_json(
        own,
        other,
        name=subject.summary.name,
        other_name=nearest.name,
        against=subject.parameters.is_against,
        seed=subject.seed,
    )
    return {"nearest": nearest.to_json(), **contrast}


def nearest_with_images(subject: Subject) -> tuple[Nearest, NDArray[np.uint8]]:
    """The nearest class that has two images or more, and these, uint8 (images, height, width, 3)."""
    for nearest in nearest_by_counts(subject):
        pixels = subject.pixels_of(nearest.folder)
        if nearest.outcome is not None and nearest.output is not None:
            pixels = subject.with_outcome(pixels, nearest.output, nearest.outcome)
        if len(pixels) > 1:
            return nearest, pixels
    nearest = nearest_by_activations(subject)
    return nearest, subject.pixels_of(nearest.folder)


def nearest_by_counts(subject: Subject) -> Iterator[Nearest]:
    """Among the classes of the images, those that the network has counted, the nearest first.

    The last one is not split by outcome: whether a split class has images is known from their outcomes alone.
    """
    names, output = _candidates(subject), subject.summary.output
    for summary, similarity in subject.similar():
        if summary.folder in names and (summary.output is None or summary.output != output):
            yield Nearest(summary.name, summary.output, "counts", similarity, summary.folder, summary.outcome)
            if summary.outcome is None:
                return


def nearest_by_activations(subject: Subject) -> Nearest:
    """Among all classes of the images, by the mean over images and positions of each channel."""
    names = _candidates(subject)
    maps = [subject.means_of([name]) for name in (subject.summary.folder, *names)]
    cosines = []
    for where in subject.model.maps:
        rows = [_channel_means(where, one[where.tensor]) for one in maps]
        cosines.append(cosines_with(np.stack(rows), 0)[1:])
    mean = np.nan_to_num(np.mean(cosines, axis=0), nan=-1.0)
    at = int(mean.argmax())
    return Nearest(names[at], None, "activations", float(mean[at]), names[at])


def depends_on(subject: Subject) -> dict[str, Any]:
    """What the section depends on beside the subject's own images."""
    nearest = [[*one] for one in nearest_by_counts(subject)]
    return {"nearest": nearest, "images of all classes": subject.files_of(subject.images)}


def _candidates(subject: Subject) -> list[str]:
    """The other classes with enough images for an interval."""
    return [name for name in subject.others if len(subject.images.classes[name]) > 1]


def _channel_means(where: LayerMaps, mean: NDArray[np.float32]) -> Floats:
    """(channels,) of a layer's mean tensor without its dimension of images."""
    maps = where.layout.maps(torch.from_numpy(mean)[None])
    found: Floats = maps.double().mean((0, 2, 3)).numpy()
    return found


def _losses(
    subject: Subject, replacement: Replacement, pixels: NDArray[np.uint8], output: int | None
) -> Losses:
    """With the graph's channels replaced, and as many random ones of the same layers."""
    tested, scores = TestedImages(replacement, pixels, output), subject.scores
    random = best(at_random(scores.channels, len(pixels), subject.seed + 1), scores.sizes)
    sets = {
        name: tested.log_odds({layer: ~one for layer, one in chosen.items()})
        for name, chosen in (("graph", scores.selected), ("random", random))
    }
    nothing = {layer: np.zeros(number, bool) for layer, number in scores.channels.items()}
    return Losses(tested.log_odds(), tested.log_odds(nothing), sets)
