"""The specificity of a graph: its channels replaced on images of its class and of the nearest other one."""

from __future__ import annotations

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

Floats = NDArray[np.float64]


class Nearest(NamedTuple):
    """The other class that is most similar.

    Attributes:
        name: of the class.
        output: the class's output; None where it is not known.
        by: what the similarity is of: "counts" in the network, or "activations" of the images.
        similarity: mean over layers of the cosine.
    """

    name: str
    output: int | None
    by: str
    similarity: float


def specificity_section(subject: Subject) -> dict[str, Any]:
    """The losses of both classes. The means are taken over all further classes, the same for both."""
    if not _candidates(subject):
        verdict = "No other class has two images: it cannot be said whether the graph is specific."
        return {"nearest": None, "verdict": verdict}
    nearest = nearest_by_counts(subject) or nearest_by_activations(subject)
    further = [name for name in subject.others if name != nearest.name]
    means = subject.means_of(further) if further else subject.means
    replacement = Replacement(subject.model, means, device=subject.device)
    own = _losses(subject, replacement, subject.pixels, subject.summary.output)
    other = _losses(subject, replacement, subject.pixels_of(nearest.name), nearest.output)
    contrast = contrast_json(
        own,
        other,
        name=subject.summary.name,
        other_name=nearest.name,
        against=subject.parameters.is_against,
        seed=subject.seed,
    )
    return {"nearest": nearest._asdict(), **contrast}


def nearest_by_counts(subject: Subject) -> Nearest | None:
    """Among the classes of the images that the network has counted; None if it has counted none of them."""
    names, output = _candidates(subject), subject.summary.output
    for summary, similarity in subject.similar():
        if summary.folder in names and (summary.output is None or summary.output != output):
            return Nearest(summary.folder, summary.output, "counts", similarity)
    return None


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
    return Nearest(names[at], None, "activations", float(mean[at]))


def depends_on(subject: Subject) -> dict[str, Any]:
    """What the section depends on beside the subject's own images."""
    nearest = nearest_by_counts(subject)
    return {"nearest": nearest and [*nearest], "images of all classes": subject.files_of(subject.images)}


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
