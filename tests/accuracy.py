"""Accuracy of one batch, for tests."""

from __future__ import annotations

from torch import Tensor

from summit_graph.aggregate.batches import Accuracy, accuracy_counts, count_accuracy


def measure_accuracy(logits: Tensor, output: int | None) -> Accuracy:
    """The result of ``count_accuracy``; without a true output only images are counted."""
    counts = accuracy_counts(logits.device)
    if output is not None:
        count_accuracy(logits, output, counts)
    return Accuracy.of(len(logits), counts)
