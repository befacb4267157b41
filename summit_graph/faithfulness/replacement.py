"""A model whose channels can be replaced by their means over other images, layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from summit_graph.aggregate.baselines import ValueAdder
from summit_graph.aggregate.batches import exact_float32
from summit_graph.errors import UsageError
from summit_graph.images import Dataset, Skipped, read_batch
from summit_graph.model.counted import CountedModel, LayerMaps
from summit_graph.model.inputs import prepare_input
from summit_graph.model.program.running import ForwardPass

#: Images in one forward pass.
BATCH = 25
#: The channels of each layer that are kept: bool (channels,), or (images, channels).
Kept = Mapping[str, NDArray[np.bool_]]


def layer_adder(model: CountedModel, *, device: torch.device | str = "cpu") -> ValueAdder:
    """Adds up each layer's tensor; the means are what ``Replacement`` replaces channels by."""
    return ValueAdder(model, {where.tensor: Tensor.double for where in model.maps}, device=device)


def mean_values(
    model: CountedModel,
    dataset: Dataset,
    classes: Iterable[str],
    *,
    device: torch.device | str = "cpu",
    on_class: Callable[[], None] = lambda: None,
    skipped: list[Skipped] | None = None,
) -> dict[str, NDArray[np.float32]]:
    """The mean of each layer's tensor over the images of some classes, by the value's name.

    Args:
        skipped: files that do not decode are added to it; without it the first one is an error.

    Raises:
        UsageError: the classes have no readable image.
    """
    adder = layer_adder(model, device=device)
    for name in classes:
        for pixels in batches_of(model, dataset, name, skipped):
            adder.add(pixels)
        on_class()
    total = adder.read()
    if not total.images:
        raise UsageError(f"{dataset.name} has no readable image of another class: the means need some")
    return total.means()


def pixels_of(
    model: CountedModel, dataset: Dataset, class_name: str, *, skipped: list[Skipped] | None = None
) -> NDArray[np.uint8]:
    """All images of a class, uint8 (images, height, width, 3); ``skipped`` as in ``mean_values``.

    Raises:
        UsageError: it has fewer than two readable images.
    """
    batches = list(batches_of(model, dataset, class_name, skipped))
    images = sum(map(len, batches))
    if images < 2:
        found = "one readable image" if images else "no readable image"
        raise UsageError(f"class {class_name!r} has {found} in {dataset.name}: two or more are needed")
    return np.concatenate(batches)


def batches_of(
    model: CountedModel, dataset: Dataset, class_name: str, skipped: list[Skipped] | None
) -> Iterator[NDArray[np.uint8]]:
    """The images of a class, uint8 (images, height, width, 3) each; ``skipped`` as in ``mean_values``."""
    number = len(dataset.classes[class_name])
    for start in range(0, number, BATCH):
        files = dataset.files(class_name, range(start, min(start + BATCH, number)))
        batch = read_batch(dataset.root, files, skip_bad=skipped is not None, rule=model.input)
        if skipped is not None:
            skipped += batch.skipped
        if len(batch.pixels):
            yield batch.pixels


class Replacement:
    """Runs a model with all but some channels of its layers replaced.

    Args:
        means: what ``mean_values`` found.
    """

    def __init__(
        self,
        model: CountedModel,
        means: Mapping[str, NDArray[np.float32]],
        *,
        device: torch.device | str = "cpu",
    ) -> None:
        self.model, self.device = model, torch.device(device)
        self.means = {name: torch.from_numpy(one)[None].to(device) for name, one in means.items()}
        self.first = model.maps[0]
        self._kept: dict[str, Tensor] = {}
        edits = {where.tensor: partial(self._replaced, where) for where in model.maps[1:]}
        self._below = ForwardPass(model.recipe, [self.first.tensor], device=device)
        self._above = ForwardPass(
            model.recipe.after(self.first.tensor, model.output), [model.output], device=device, edits=edits
        )

    def first_values(self, pixels: NDArray[np.uint8]) -> Tensor:
        """The first layer's tensor, from which ``logits`` starts."""
        with exact_float32():
            inputs = prepare_input(torch.from_numpy(pixels).to(self.device), self.model.input)
            return self._below(inputs)[self.first.tensor]

    def logits(self, first: Tensor, kept: Kept | None = None) -> Tensor:
        """The logits (images, outputs) with channels replaced that are not kept; by default all are kept."""
        self._kept = {layer: torch.from_numpy(one).to(self.device) for layer, one in (kept or {}).items()}
        with exact_float32():
            return self._above(self._replaced(self.first, first))[self.model.output]

    def _replaced(self, where: LayerMaps, value: Tensor) -> Tensor:
        kept = self._kept.get(where.name)
        if kept is None:
            return value
        labels = where.layout.labels[0].to(self.device)
        kept = kept if kept.ndim == 2 else kept[None]
        return torch.where(kept[:, labels], value, self.means[where.tensor])
