"""Memory of aggregation during a run: ``python -m benchmarks.memory IMAGES --weights FILE``.

Prints the memory of the main process and of the largest counting process at regular intervals. Runs with many
classes and many images show whether it grows with either.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import psutil

from summit_graph.aggregate.run import count_classes
from summit_graph.aggregate.work import Job
from summit_graph.images import read_dataset
from summit_graph.images.labels import imagenet_labels
from summit_graph.model.weights import read_weights
from tests.small_model import count_weights


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("--weights", type=Path, required=True, help="a file of weights")
    parser.add_argument("--every", type=int, default=1000, help="images between two lines of output")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        count(asked.images, asked.weights, Path(folder), every=asked.every)


def count(images: Path, weights: Path, folder: Path, *, every: int) -> None:
    """Count all classes on all cores, and print a line after every ``every`` images."""
    printed, classes = 0, 0

    def look(done: int, images: int, skipped: int) -> None:
        nonlocal printed
        if done >= printed + every:
            printed = done - done % every
            print(f"{done:,} of {images:,} images, {classes} classes: {show_memory()}", flush=True)

    run = count_classes(
        read_dataset(images),
        Job(count_weights(read_weights(weights)), folder),
        match_class=imagenet_labels().match_class,
        on_progress=look,
    )
    for _ in run:
        classes += 1
    print(f"{classes} classes done: {show_memory()}")


def show_memory() -> str:
    """Resident memory of this process and of the largest of its children."""
    this = psutil.Process()
    largest = max((child.memory_info().rss for child in this.children(recursive=True)), default=0)
    return f"adding up {this.memory_info().rss / 2**20:.0f} MiB, counting {largest / 2**20:.0f} MiB at most"


if __name__ == "__main__":
    main()
