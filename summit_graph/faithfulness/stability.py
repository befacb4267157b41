"""The stability of a graph: its class's images are drawn again, and the graph is built from each draw."""

from __future__ import annotations

from typing import Any

import numpy as np

from summit_graph.analysis.stability import GraphParts, stability_json
from summit_graph.errors import UsageError
from summit_graph.faithfulness.image_counts import ImageCounts
from summit_graph.faithfulness.rebuilding import GraphBuilder
from summit_graph.faithfulness.subject import Subject

RESAMPLES = 100
#: Percent of the images that are drawn, with replacement.
DRAWN = (25, 50, 100)


def stability_section(subject: Subject) -> dict[str, Any]:
    """Which parts of the graph survive in resamples of the images that the class was counted on.

    Raises:
        UsageError: these images are not known, or their counts are not the class's.
    """
    counted = subject.counted
    if counted is None:
        raise UsageError("stability needs the images that the class was counted on: name them with --counted")
    pixels = subject.pixels_of(subject.summary.folder, counted)
    counts = subject.count(subject.counting_model, pixels, counted)
    builder = GraphBuilder(subject.counting_model, subject.parameters, subject.graph.selected_by)
    _check_counts(subject, counts)
    random, images = np.random.default_rng(subject.seed), len(pixels)
    drawn: dict[int, list[GraphParts]] = {percent: [] for percent in DRAWN}
    for done in range(RESAMPLES):
        for percent, graphs in drawn.items():
            rows = random.integers(images, size=max(1, round(percent / 100 * images)))
            graphs.append(builder.build(counts, rows))
        subject.show("drawing images again", done + 1, RESAMPLES)
    return stability_json(GraphParts.of(subject.graph), drawn, images)


def depends_on(subject: Subject) -> dict[str, Any]:
    """What the section depends on beside the subject's own images."""
    return {"counted": subject.counted and subject.files_of(subject.counted)}


def _check_counts(subject: Subject, counts: ImageCounts) -> None:
    """The sum over the images is what the network has: otherwise these are other images."""
    stored = np.concatenate([*subject.scores.counts.values()])
    found = counts.total()[: len(stored)]
    differing = int((found != stored).sum())
    if differing:
        raise UsageError(
            f"--counted has other images than those that {subject.summary.name!r} was counted on: the counts "
            f"of {differing} channels differ: name the images that were given to ingest"
        )
