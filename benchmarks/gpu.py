"""Speed of counting on a GPU; ``make bench`` prints this too if torch finds one.

Measures the forward pass and counting of the same images from memory, in turns: of InceptionV1 by both
measures, and of other models with random weights. Then the differences between the counts of GPU and CPU,
decoding of JPEGs re-encoded at ImageNet's usual 500x375, and a complete run.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from torch import nn

from benchmarks.aggregation import material
from benchmarks.models import calibrated, counted, random_model
from summit_graph.aggregate.batches import BatchCounter, exact_float32
from summit_graph.aggregate.pieces import BATCH_IMAGES
from summit_graph.aggregate.relevance import RelevanceCounter
from summit_graph.aggregate.run import count_classes
from summit_graph.aggregate.work import Job
from summit_graph.images import Dataset, decode_image, read_batch, read_dataset
from summit_graph.images.files import File
from summit_graph.images.input_rule import IMAGENET_INPUT
from summit_graph.images.labels import imagenet_labels
from summit_graph.model.counted import CountedModel
from summit_graph.model.inputs import prepare_input
from summit_graph.model.program.running import ForwardPass
from summit_graph.records import Parameters
from summit_graph.system.resources import usable_cores
from tests.small_model import count_weights

ROUNDS = 10
OTHER_MODELS = ("resnet18", "resnet50", "mobilenet_v2", "convnext_tiny")
CALIBRATING_IMAGES = 16
FROM_ZERO = Parameters(measure="relevance", baseline="zero")
#: The CPU counts about 20 images/s.
COMPARED_IMAGES = 128
#: JPEGs for decoding, and for the complete run.
DECODED_IMAGES, RUN_IMAGES = 2000, 8000
USUAL_SIZE = (500, 375)


def main() -> None:
    """Measure and print."""
    console = Console()
    if not torch.cuda.is_available():
        console.print("[dim]no CUDA GPU: nothing to measure[/dim]")
        return
    with tempfile.TemporaryDirectory() as folder:
        weights, dataset, source = material(Path(folder))
        jpegs = reencoded(dataset, Path(folder) / "jpegs", images=RUN_IMAGES)
        console.print(f"[dim]{torch.cuda.get_device_name()}; {source}; {usable_cores()} cores[/dim]")
        model = count_weights(weights)
        for line in speeds(model, read_batch(jpegs.root, first_files(jpegs), skip_bad=False).pixels):
            console.print(line)
        for line in (differences(model, jpegs), decoding(jpegs)):
            console.print(line)
        console.print(whole_run(model, jpegs, Path(folder) / "work"))


def reencoded(dataset: Dataset, root: Path, *, images: int) -> Dataset:
    """JPEGs of 500x375 pixels in one class, repeating the dataset's images."""
    (root / "all").mkdir(parents=True)
    files = [dataset.root / file for files in dataset.classes.values() for file in files]
    for at in range(images):
        if at < len(files):
            usual = decode_image(files[at]).resize(USUAL_SIZE)
            usual.save(root / "all" / f"{at:05}.jpg", quality=90)
        else:
            (root / "all" / f"{at:05}.jpg").hardlink_to(root / "all" / f"{at % len(files):05}.jpg")
    return read_dataset(root)


def first_files(dataset: Dataset) -> Sequence[File]:
    """Those of one batch."""
    return dataset.files("all", range(BATCH_IMAGES["cuda"]))


def speeds(model: CountedModel, pixels: NDArray[np.uint8]) -> Iterator[str]:
    """A line for each model and measure."""
    counter = BatchCounter(model, Parameters(), device="cuda", examples=True)
    yield f"InceptionV1: {from_memory(counter, pixels)}"
    counter = RelevanceCounter(model, FROM_ZERO, device="cuda")
    yield f"InceptionV1, relevance: {from_memory(counter, pixels)}"
    for name in OTHER_MODELS:
        other = counted(name, calibrated_model(name, pixels))
        yield f"{name}: {from_memory(BatchCounter(other, Parameters(), device='cuda'), pixels)}"


def calibrated_model(name: str, pixels: NDArray[np.uint8]) -> nn.Module:
    """A model with random weights, and the statistics of a few images."""
    few = torch.from_numpy(pixels[:CALIBRATING_IMAGES])
    return calibrated(random_model(name), prepare_input(few, IMAGENET_INPUT))


def from_memory(counter: BatchCounter, pixels: NDArray[np.uint8]) -> str:
    """Images/s of the forward pass and of all but decoding, their ratio, and peak memory."""
    given, model = torch.from_numpy(pixels).cuda(), counter.model
    forward_pass = ForwardPass(model.recipe, [model.output], device="cuda")
    torch.cuda.reset_peak_memory_stats()

    def run_forward() -> None:
        with exact_float32():
            forward_pass(prepare_input(given, model.input))

    ways = {"forward": run_forward, "counting": lambda: counter.add(given, output=0)}
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(-2, ROUNDS):  # the first turns warm up and compile
        for way, action in ways.items():
            took = timed(action)
            seconds[way] += [took] if turn >= 0 else []
    forward, counting = (len(given) / median(seconds[way]) for way in ("forward", "counting"))
    peak = torch.cuda.max_memory_allocated() / 2**20
    return (
        f"forward {forward:,.0f} images/s, counting {counting:,.0f} images/s, "
        f"share {counting / forward:.2f}; peak {peak:,.0f} MiB on the GPU"
    )


def timed(action: Callable[[], object]) -> float:
    """Seconds until the GPU has finished."""
    torch.cuda.synchronize()
    start = time.perf_counter()
    action()
    torch.cuda.synchronize()
    return time.perf_counter() - start


def differences(model: CountedModel, dataset: Dataset) -> str:
    """Sum of absolute differences between GPU and CPU counts, relative to the sum of counts."""
    total, apart = 0, 0
    counters = [BatchCounter(model, Parameters(), device=device) for device in ("cuda", "cpu")]
    for at in range(0, COMPARED_IMAGES, 16):
        pixels = read_batch(dataset.root, dataset.files("all", range(at, at + 16)), skip_bad=False).pixels
        gpu, cpu = (counter.count(pixels).cells.astype(np.int64) for counter in counters)
        total, apart = total + int(cpu.sum()), apart + int(np.abs(gpu - cpu).sum())
    share = f"sum |d| / sum = {apart / total:.1e} ({apart:,} of {total:,})"
    return f"GPU against CPU, {COMPARED_IMAGES} images: {share}"


def decoding(dataset: Dataset) -> str:
    """Images/s decoded on all cores, as in a run."""
    batches = [dataset.files("all", range(at, at + 100)) for at in range(0, DECODED_IMAGES, 100)]
    read = partial(read_batch, dataset.root, skip_bad=False)
    with ProcessPoolExecutor(usable_cores(), get_context("spawn")) as pool:
        list(pool.map(read, batches[: usable_cores()]))  # start the processes
        start = time.perf_counter()
        for _ in pool.map(read, batches):
            pass
        seconds = time.perf_counter() - start
    return f"decoding 500x375 JPEGs, {usable_cores()} processes: {DECODED_IMAGES / seconds:,.0f} images/s"


def whole_run(model: CountedModel, dataset: Dataset, work: Path) -> str:
    """Images/s of a run, decoding included, without its start."""
    seen: list[tuple[float, int]] = []
    run = count_classes(
        dataset,
        Job(model, work, device="cuda", examples=True),
        match_class=partial(imagenet_labels().match_class, match="none"),
        on_progress=lambda done, images, skipped: seen.append((time.perf_counter(), done)),
    )
    for _ in run:
        pass
    (start, first), (end, last) = seen[2], seen[-1]
    return f"complete run, {run.processes} decoding processes: {(last - first) / (end - start):,.0f} images/s"


if __name__ == "__main__":
    main()
