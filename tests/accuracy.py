"""Accuracy of one batch, as tests look at it."""

from __future__ import annotations

from torch import Tensor

from summit_graph.aggregate.batches import Accuracy, accuracy_counts, count_accuracy


def measure_accuracy(logits: Tensor, output: int | None) -> Accuracy:
    """What ``count_accuracy`` counts; without a true output images alone are counted."""
    counts = accuracy_counts(logits.device)
    if output is not None:
        count_accuracy(logits, output, counts)
    return Accuracy.of(len(logits), counts)
