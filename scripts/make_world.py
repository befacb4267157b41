"""Regenerates ``world/``: images of the planted world, and two small networks that are trained on it.

    python scripts/make_world.py images
    python scripts/make_world.py train inception
    python scripts/make_world.py train resnet --device cuda

1.  ``images`` draws the bundled images, a folder per class, and a picture of all classes.
2.  ``train`` trains one network on images that are drawn while it trains, tests it on others and writes its
    weights in half precision. ``world/report.json`` has the settings, the versions and the accuracy.

Training takes some five minutes on one core. One of its two parts is left out of many images of a class, so
that a network has to know both.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from summit_graph.images.input_rule import IMAGENET_INPUT
from summit_graph.model.inputs import prepare_input
from summit_graph.planted import networks
from summit_graph.planted.bundle import world_folder
from summit_graph.planted.classes import CLASSES, CONFOUNDED, NAMES, PlantedClass, draw_image

#: Seeds of the images; those of different seeds are independent.
TRAINING, HELD_OUT, BUNDLED = 1, 2, 3
#: Bundled images, and those that a network is tested on, of every class.
BUNDLED_IMAGES, TESTED_IMAGES = 20, 200
#: How often each of a class's two parts is left out of a training image; never both.
LEFT_OUT = 0.2
#: Share of training images without any part, which are of all classes alike: without them, a network can
#: recognize a class by the absence of all others.
EMPTY = 0.15
BATCH, RATE, DECAY = 64, 4e-3, 1e-3
#: Every how many steps the loss is shown.
SHOWN = 100


def main() -> None:
    """Draw the images or train a network."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["images", "train"])
    parser.add_argument("network", nargs="?", choices=["inception", "resnet"])
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path, default=world_folder())
    wanted = parser.parse_args()
    if (wanted.what == "train") != bool(wanted.network):
        parser.error("train takes a network, images takes none")
    if wanted.what == "images":
        write_images(wanted.out / "images")
        write_sheet(wanted.out / "sheet.webp")
        (wanted.out / "names.txt").write_text("".join(f"{name}\n" for name in NAMES), "utf-8")
    else:
        write_network(wanted.network, wanted.out, steps=wanted.steps, device=torch.device(wanted.device))


def write_images(folder: Path) -> None:
    """The bundled images: a folder per class."""
    for one in CLASSES:
        (folder / one.name).mkdir(parents=True, exist_ok=True)
        for number in range(BUNDLED_IMAGES):
            image = Image.fromarray(draw_image(one, number, seed=BUNDLED))
            image.save(folder / one.name / f"{number + 1:02}.webp", quality=90, method=6)


def write_sheet(file: Path) -> None:
    """A picture with an image of every class, and below it the same without the class's own part."""
    whole = [draw_image(one, 0) for one in CLASSES]
    without = [draw_image(one, 0, without=[one.own]) for one in CLASSES]
    sheet = np.concatenate([np.concatenate(row, axis=1) for row in (whole, without)])
    Image.fromarray(sheet).resize((2 * sheet.shape[1], 2 * sheet.shape[0])).save(file, quality=80, method=6)


def write_network(
    name: str, out: Path, *, steps: int, device: torch.device, images: int = TESTED_IMAGES
) -> None:
    """Train one network, write its weights and add it to the report."""
    start = time.monotonic()
    torch.manual_seed(TRAINING)
    module = getattr(networks, name)().to(device)
    train(module, steps, device)
    module = module.half().float()  # as it is read from the file
    out.mkdir(parents=True, exist_ok=True)
    save_file({key: _stored(one) for key, one in module.state_dict().items()}, out / f"{name}.safetensors")
    report = {
        "steps": steps,
        "batch": BATCH,
        "learning_rate": RATE,
        "weight_decay": DECAY,
        "seed": TRAINING,
        "parameters": sum(one.numel() for one in module.parameters()),
        **tested(module, device, images=images),
        "seconds": round(time.monotonic() - start),
        "device": device.type,
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
    }
    _add_to_report(out / "report.json", name, report)


def _stored(tensor: Tensor) -> Tensor:
    tensor = tensor.cpu().contiguous()
    return tensor.half() if tensor.is_floating_point() else tensor


def _add_to_report(file: Path, name: str, report: dict[str, Any]) -> None:
    known = json.loads(file.read_text("utf-8")) if file.exists() else {}
    file.write_text(json.dumps({**known, name: report}, indent=1, sort_keys=True) + "\n", "utf-8")
    print(json.dumps(report), flush=True)


def train(module: nn.Module, steps: int, device: torch.device) -> None:
    """Adam with a one-cycle learning rate, for ``steps`` batches of new images."""
    optimizer = torch.optim.AdamW(module.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    module.train()
    for step, (images, shares) in enumerate(_batches(steps), 1):
        loss = functional.cross_entropy(module(prepared(images, device)), shares.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % SHOWN == 0:
            print(f"{step} of {steps}: loss {loss.item():.3f}", file=sys.stderr, flush=True)
    module.eval()


def _batches(steps: int) -> Iterator[tuple[NDArray[np.uint8], Tensor]]:
    """Images (BATCH, 64, 64, 3) and shares of the classes (BATCH, classes); the next is drawn meanwhile."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(_batch, 0)
        for step in range(steps):
            batch = coming.result()
            coming = pool.submit(_batch, step + 1)
            yield batch


def _batch(step: int) -> tuple[NDArray[np.uint8], Tensor]:
    random = np.random.default_rng([TRAINING, step])
    drawn = [_training_image(step * BATCH + at, random) for at in range(BATCH)]
    images, shares = zip(*drawn, strict=True)
    return np.stack(images), torch.tensor(np.stack(shares), dtype=torch.float32)


def _training_image(
    number: int, random: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """An image, and how much it is of every class, (classes,)."""
    label = int(random.integers(len(CLASSES)))
    planted = CLASSES[label]
    if random.random() < EMPTY:
        every = np.full(len(CLASSES), 1 / len(CLASSES))
        return draw_image(planted, number, seed=TRAINING, without=planted.parts), every
    where = random.random()
    left_out = [planted.own] if where < LEFT_OUT else [planted.shared] if where < 2 * LEFT_OUT else []
    return draw_image(planted, number, seed=TRAINING, without=left_out), np.eye(len(CLASSES))[label]


def prepared(images: NDArray[np.uint8], device: torch.device) -> Tensor:
    """Images (images, 64, 64, 3) as the network's input (images, 3, 64, 64), standardized as ImageNet's."""
    return prepare_input(torch.from_numpy(images).to(device), IMAGENET_INPUT)


def tested(module: nn.Module, device: torch.device, *, images: int) -> dict[str, Any]:
    """Accuracy on images that were not used for training, and how far the background decides."""
    predicted = partial(_predicted, module, device, images)
    found = {one.name: predicted(one) for one in CLASSES}
    right = {name: _share(one, NAMES.index(name)) for name, one in found.items()}
    plain = predicted(CONFOUNDED, waves=False)
    lured = [predicted(one, waves=True) for one in CLASSES if one is not CONFOUNDED]
    at = NAMES.index(CONFOUNDED.name)
    return {
        "accuracy": round(sum(right.values()) / len(right), 4),
        "accuracy_by_class": right,
        "confounded": CONFOUNDED.name,
        "confounded_accuracy_without_waves": _share(plain, at),
        "others_called_confounded_with_waves": _share(torch.cat(lured), at),
    }


def _predicted(
    module: nn.Module, device: torch.device, images: int, planted: PlantedClass, *, waves: bool | None = None
) -> Tensor:
    """The predicted classes of held-out images."""
    drawn = [draw_image(planted, number, seed=HELD_OUT, waves=waves) for number in range(images)]
    with torch.inference_mode():
        found: Tensor = module(prepared(np.stack(drawn), device)).argmax(1)
    return found.cpu()


def _share(predicted: Tensor, label: int) -> float:
    return round(float((predicted == label).float().mean()), 4)


if __name__ == "__main__":
    main()
