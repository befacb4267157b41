"""Speed of counting other models relative to their plain forward pass; ``make bench`` prints the table.

Both take the images of one batch of a run. Weights are random: batch normalizations get the statistics of the
images, so that maps have usual values. Each model runs in a separate process with one thread, measured in CPU
time; the peak memory is that of a counting process of a run. ``MODELS=all`` takes all models below,
``MODELS=resnet50,vgg16`` these two. EfficientNet-Lite0 needs the package ``efficientnet_lite_pytorch``.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

import psutil
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from summit_graph.aggregate.batches import BatchCounter
from summit_graph.aggregate.pieces import BATCH_IMAGES
from summit_graph.aggregate.work import Job, Task, keep_freed_memory
from summit_graph.aggregate.workers import counting_processes
from summit_graph.images import read_dataset
from summit_graph.images.input_rule import IMAGENET_INPUT
from summit_graph.model.counted import CountedModel, counted_model
from summit_graph.model.inputs import prepare_input
from summit_graph.model.program.capture import capture
from summit_graph.model.program.layers import read_program
from summit_graph.model.sources import ModelSource
from summit_graph.records import Parameters
from tests.small_model import small_pixels, write_images

FEW = ("resnet18", "mobilenet_v2")
LITE = "efficientnet_lite0"
ALL = (*FEW, "resnet50", "vgg16", "efficientnet_b0", LITE, "convnext_tiny")
IMAGES = BATCH_IMAGES["cpu"]
ROUNDS = 3


def main() -> None:
    """Measure and print."""
    console = Console()
    table = Table("model", "forward images/s", "counting images/s", "share", "peak MiB")
    table.columns[0].no_wrap = True
    for name in available(chosen(os.environ.get("MODELS", "")), console):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            forward, counting, memory = alone.submit(measure, name).result()
        share = f"{forward / counting:.2f}"
        table.add_row(name, f"{1 / forward:.1f}", f"{1 / counting:.1f}", share, str(memory))
    console.print(table)


def chosen(text: str) -> Sequence[str]:
    """The models that ``MODELS`` names."""
    return ALL if text == "all" else text.split(",") if text else FEW


def available(names: Sequence[str], console: Console) -> Iterator[str]:
    """The models whose package is installed."""
    for name in names:
        if name == LITE and find_spec("efficientnet_lite_pytorch") is None:
            console.print(f"[dim]{LITE} is skipped: efficientnet_lite_pytorch is not installed[/dim]")
        else:
            yield name


def measure(name: str) -> tuple[float, float, int]:
    """CPU seconds per image of the plain forward pass and of counting, and the peak memory in MiB."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    keep_freed_memory()
    pixels = small_pixels(IMAGES)
    images = prepare_input(torch.from_numpy(pixels), IMAGENET_INPUT)
    module = calibrated(random_model(name), images)
    model = counted(name, module)
    counter = BatchCounter(model, Parameters())
    with torch.inference_mode():
        forward = seconds(lambda: module(images))
    counting = seconds(lambda: counter.count(pixels, output=0))
    return forward / IMAGES, counting / IMAGES, peak_memory(model)


def counted(name: str, module: nn.Module) -> CountedModel:
    """What is counted of a module for ImageNet's images."""
    captured = capture(module, (IMAGENET_INPUT.crop, IMAGENET_INPUT.crop))
    return counted_model(ModelSource(name, captured, IMAGENET_INPUT), read_program(captured))


def random_model(name: str) -> nn.Module:
    """A model with random weights."""
    if name != LITE:
        from torchvision import models  # counting processes import this module, but not torchvision

        return models.get_model(name, weights=None)
    from efficientnet_lite_pytorch import EfficientNet

    lite: nn.Module = EfficientNet.from_name("efficientnet-lite0")
    return lite


def peak_memory(model: CountedModel) -> int:
    """The peak resident memory in MiB of the larger of two counting processes."""
    with tempfile.TemporaryDirectory() as folder:
        dataset = read_dataset(write_images(Path(folder) / "images", {"one": IMAGES}))
        task = Task(dataset.root, dataset.files("one", range(IMAGES)), 0, 0, last=True)
        with counting_processes(Job(model, Path(folder)), 2) as submit:
            for result in [submit(task) for _ in range(4)]:
                result()
            return max(peak_of(child.pid) for child in psutil.Process().children())


def peak_of(process: int) -> int:
    """A process's own peak in MiB; ``getrusage`` would include its parent's."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) >> 10


def calibrated(module: nn.Module, images: Tensor) -> nn.Module:
    """The module in eval mode, its batch normalizations with the statistics of these images."""
    module = module.to(memory_format=torch.channels_last)
    module.eval()
    for one in module.modules():
        if isinstance(one, nn.BatchNorm2d):
            one.momentum = 1.0
            one.train()
    with torch.no_grad():
        module(images)
    return module.eval()


def seconds(work: Callable[[], object]) -> float:
    """The least CPU time of some rounds, after one that compiles kernels."""
    work()
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


if __name__ == "__main__":
    main()
