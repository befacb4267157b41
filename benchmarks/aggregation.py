"""Speed of aggregation relative to its forward pass; ``make bench`` prints the table.

All methods count the same images with the same weights in one process with one thread, in turns, measured in
CPU time, so that a busy machine slows them equally. Peak memory is that of a process that runs one method
only. The last line is a complete run on all cores. Real weights and images are used if ``../shared/data`` has
them, otherwise random full-width weights and random images.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table

from summit_graph.aggregate.activations import count_activations
from summit_graph.aggregate.batches import BatchCounter, Kernel, exact_float32
from summit_graph.aggregate.cells import CellLayout
from summit_graph.aggregate.fused_cpu import FusedSum, KnownBounds, PaddedMaps
from summit_graph.aggregate.pieces import BATCH_IMAGES
from summit_graph.aggregate.reference import ReferenceSum
from summit_graph.aggregate.run import count_classes
from summit_graph.aggregate.top_terms import select_top_inputs
from summit_graph.aggregate.work import Job
from summit_graph.images import Dataset, read_batch, read_dataset
from summit_graph.images.labels import imagenet_labels
from summit_graph.model.counted import CountedModel
from summit_graph.model.inputs import prepare_input
from summit_graph.model.program.running import ForwardPass, Values
from summit_graph.model.weights import Weights, read_weights
from summit_graph.records import Parameters
from summit_graph.system.resources import usable_cores
from tests.naive import naive_influences
from tests.plain_inception import PlainInception
from tests.small_model import count_weights, full_weights

SHARED = Path(__file__).parents[2] / "shared" / "data"
ROUNDS = 4
WAYS = ("forward", "naive", "reference", "fused")
#: The naive method takes about a second per image.
NAIVE_IMAGES = 2


@dataclass
class Timings:
    """CPU seconds per image of one method, one entry per round."""

    whole: list[float] = field(default_factory=list)
    influences: list[float] = field(default_factory=list)


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        weights, dataset, source = material(Path(folder))
        console.print(f"[dim]{source}; {usable_cores()} cores; batches of {BATCH_IMAGES['cpu']}[/dim]")
        decoding, timings = measure(weights, dataset)
        memory = {way: peak_memory(way, Path(folder)) for way in WAYS}
        console.print(table(decoding, timings, memory))
        console.print(whole_run(count_weights(weights), dataset, Path(folder)))


def material(folder: Path) -> tuple[Weights, Dataset, str]:
    """Weights, images and a description of them."""
    if SHARED.is_dir():
        weights = read_weights(SHARED / "bvlc_googlenet.safetensors")
        return weights, read_dataset(SHARED / "imagenet-samples"), "BVLC weights, ImageNet images"
    return full_weights(), generated_dataset(folder / "images"), "random full-width weights and images"


def generated_dataset(root: Path, *, images: int = 200) -> Dataset:
    """Random JPEGs of ImageNet's usual size."""
    random = np.random.default_rng(0)
    for at in range(images):
        (root / f"class{at % 4}").mkdir(parents=True, exist_ok=True)
        coarse = Image.fromarray(random.integers(0, 256, (24, 32, 3), dtype=np.uint8))
        coarse.resize((500, 375)).save(root / f"class{at % 4}" / f"{at}.jpg", quality=90)
    return read_dataset(root)


def measure(weights: Weights, dataset: Dataset) -> tuple[list[float], dict[str, Timings]]:
    """CPU seconds per image for decoding and for each method, round by round over the same batches."""
    every = [file for files in dataset.classes.values() for file in files]
    size = BATCH_IMAGES["cpu"]
    methods, plain = Methods(count_weights(weights)), PlainInception(weights)
    timings = {way: Timings() for way in WAYS}
    decoding: list[float] = []
    for turn in range(-1, ROUNDS):  # the first turn warms up and compiles
        files = every[turn * size % len(every) :][:size]
        pixels, seconds = timed(lambda files=files: read_batch(dataset.root, files, skip_bad=False).pixels)
        new = {way: Timings() for way in WAYS} if turn < 0 else timings
        decoding += [seconds / len(files)] if turn >= 0 else []
        take_turn(methods, pixels, new)
        if turn < 2:
            take_naive_turn(plain, pixels, new)
    return decoding, timings


class Methods:
    """All methods but the naive one, with one model."""

    def __init__(self, model: CountedModel) -> None:
        ways: tuple[Kernel, ...] = ("reference", "fused")
        self.forward = Forward(model, [model.output])
        self.values = Forward(model, frozenset().union(*(one.reads() for one in model.sums)))
        self.counters = {way: BatchCounter(model, Parameters(), kernel=way) for way in ways}
        self.influences = {way: Influences(model, way) for way in ways}


class Forward:
    """Only the forward pass, as it runs while counting; a call returns the values needed for counting."""

    def __init__(self, model: CountedModel, wanted: Collection[str]) -> None:
        self.input = model.input
        self.run = ForwardPass(model.recipe, wanted)

    def __call__(self, pixels: np.ndarray) -> Values:
        with exact_float32():
            return self.run(prepare_input(torch.from_numpy(pixels), self.input))


def take_turn(methods: Methods, pixels: np.ndarray, timings: dict[str, Timings]) -> None:
    """Measure one batch with each method but the naive one."""
    seconds = timed(lambda: methods.forward(pixels))[1]
    timings["forward"].whole.append(seconds / len(pixels))
    values = methods.values(pixels)
    for way, counter in methods.counters.items():
        whole = timed(lambda counter=counter: counter.count(pixels))[1]
        timings[way].whole.append(whole / len(pixels))
        alone = timed(lambda way=way: methods.influences[way].count(values))[1]
        timings[way].influences.append(alone / len(pixels))


def take_naive_turn(plain: PlainInception, pixels: np.ndarray, timings: dict[str, Timings]) -> None:
    """Measure a few images with the naive method."""
    few = torch.from_numpy(pixels[:NAIVE_IMAGES])
    alone = timed(lambda: naive_counting(plain, few))[1] / len(few)
    timings["naive"].whole.append(alone)
    timings["naive"].influences.append(alone - timings["forward"].whole[-1])


class Influences:
    """Top influences of given values, without a forward pass."""

    def __init__(self, model: CountedModel, way: str) -> None:
        layout = CellLayout(model)
        number = Parameters().top_influences
        self.known: KnownBounds = {}
        padded = PaddedMaps()
        self.cells = torch.zeros(layout.size, dtype=torch.int32)
        self.counters = [
            (
                counted.reads(),
                FusedSum(counted, cells, number=number, known=self.known, padded=padded)
                if way == "fused"
                else ReferenceSum(counted, cells, number=number),
            )
            for counted, cells in zip(model.sums, layout.sums, strict=True)
        ]

    def count(self, values: Values) -> None:
        """Count all sums but the logits'."""
        with torch.inference_mode():
            for reads, counter in self.counters:
                counter.count({name: values[name] for name in reads}, self.cells)
            self.known.clear()


def naive_counting(plain: PlainInception, pixels: torch.Tensor) -> None:
    """As in the paper: each single-channel convolution's map, its maximum, the five largest."""
    with torch.inference_mode():
        for maps in plain(pixels)[0]:
            counts = torch.zeros(maps.output.shape[1], dtype=torch.int32)
            count_activations(maps.output.amax((2, 3)), counts, Parameters(), [])
            for influences in naive_influences(plain, maps):
                select_top_inputs(influences, 5)


def timed(action: Callable[[], Any]) -> tuple[Any, float]:
    """The action's result and its CPU seconds."""
    start = time.process_time()
    result = action()
    return result, time.process_time() - start


def peak_memory(way: str, folder: Path) -> float:
    """Peak memory in MiB of a process that runs only this method on four batches."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(run_alone, (way, folder / f"memory-{way}"))


def run_alone(way: str, folder: Path) -> float:
    """Run one method on four batches; returns this process's peak resident memory in MiB."""
    torch.set_num_threads(1)
    weights, dataset, _ = material(folder)
    files = [file for files in dataset.classes.values() for file in files]
    run = one_method(way, weights)
    for at in range(0, 4 * BATCH_IMAGES["cpu"], BATCH_IMAGES["cpu"]):
        run(read_batch(dataset.root, files[at : at + BATCH_IMAGES["cpu"]], skip_bad=False).pixels)
    status = Path("/proc/self/status").read_text()  # getrusage would include the parent's peak
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def one_method(way: str, weights: Weights) -> Callable[[np.ndarray], Any]:
    """What a method does with a batch; the naive one takes its first image only."""
    if way == "naive":
        plain = PlainInception(weights)
        return lambda pixels: naive_counting(plain, torch.from_numpy(pixels[:1]))
    model = count_weights(weights)
    if way == "forward":
        return Forward(model, [model.output])
    return BatchCounter(model, Parameters(), kernel="fused" if way == "fused" else "reference").count


def table(decoding: Sequence[float], timings: dict[str, Timings], memory: dict[str, float]) -> Table:
    """One row per method."""
    shown = Table(title="Aggregation on one core")
    headings = (
        "method",
        "images/s",
        "of forward",
        "with decoding",
        "of forward",
        "influences ms",
        "peak MiB",
    )
    for heading in headings:
        shown.add_column(heading, justify="left" if heading == "method" else "right")
    read = median(decoding)
    forward = median(timings["forward"].whole)
    for way, timing in timings.items():
        whole = median(timing.whole)
        influences = f"{1000 * median(timing.influences):.1f}" if timing.influences else ""
        shown.add_row(
            way,
            f"{1 / whole:.1f}",
            f"{forward / whole:.2f}",
            f"{1 / (whole + read):.1f}",
            f"{(forward + read) / (whole + read):.2f}",
            influences,
            f"{memory[way]:.0f}",
        )
    return shown


def whole_run(model: CountedModel, dataset: Dataset, folder: Path) -> str:
    """Images per second of wall time of a run on all cores, without its start."""
    few = Dataset(dataset.root, {"all": [file for files in dataset.classes.values() for file in files][:200]})
    seen: list[tuple[float, int]] = []
    run = count_classes(
        few,
        Job(model, folder / "work"),
        match_class=partial(imagenet_labels().match_class, match="none"),
        on_progress=lambda done, images, skipped: seen.append((time.perf_counter(), done)),
    )
    for _ in run:
        pass
    (start, first), (end, last) = seen[run.processes], seen[-1]
    rate = (last - first) / (end - start)
    return f"complete run, {run.processes} processes, decoding and counting: {rate:.1f} images/s"


if __name__ == "__main__":
    main()
