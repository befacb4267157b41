"""Counting runs for tests: one call with all options of a run, in this process by default."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from summit_graph.aggregate.run import ClassCounting, OnProgress, Split, count_classes
from summit_graph.aggregate.work import Job
from summit_graph.images import Dataset
from summit_graph.images.labels import Labels
from summit_graph.model.counted import CountedModel
from summit_graph.records import Match


def start_counting(
    dataset: Dataset,
    model: CountedModel,
    work_dir: Path,
    *,
    labels: Labels,
    match: Match = "auto",
    split: Split | None = None,
    on_progress: OnProgress | None = None,
    **job: Any,
) -> ClassCounting:
    """Start a run over the dataset; ``job`` has fields of ``Job``."""
    return count_classes(
        dataset,
        Job(model, work_dir, **job),
        match_class=partial(labels.match_class, match=match),
        split=split or Split(processes=1),
        on_progress=on_progress,
    )
