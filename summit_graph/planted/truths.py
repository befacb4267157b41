"""Which part of the planted world each channel responds to, measured by leaving the part out of images.

1.  Draw images that have the part, and the same images without it.
2.  A channel's activation is the largest value of its map. The part's effect on it is the mean difference
    between both, in standard deviations of the channel's activation over images of all classes.
3.  A channel is *of* the part that has the largest effect on it, if that is at least ``CLEAR``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from summit_graph.aggregate.batches import exact_float32
from summit_graph.model.counted import CountedModel
from summit_graph.model.inputs import prepare_input
from summit_graph.model.program.running import ForwardPass
from summit_graph.planted.classes import CLASSES, PARTS, PlantedClass, classes_with, draw_image

Floats = NDArray[np.float64]

#: The smallest effect that counts, in standard deviations.
CLEAR = 0.5
#: Seed of the images, which are used for nothing else; and their number, of every class.
SEED, IMAGES = 4, 40
BATCH = 60
#: What a channel is of that no part has a clear effect on.
NO_PART = ""


def channel_parts(model: CountedModel, *, images: int = IMAGES) -> dict[str, list[str]]:
    """The part that each channel of each layer is of, ``NO_PART`` for none."""
    return clearest_parts(part_effects(model, images=images))


def clearest_parts(effects: Mapping[str, Floats]) -> dict[str, list[str]]:
    """The part that each channel is of, from the effects of all parts."""
    return {layer: [_clearest(one) for one in of_layer.T] for layer, of_layer in effects.items()}


def _clearest(effects: Floats) -> str:
    """The part with the largest effect on a channel, (parts,)."""
    return PARTS[int(effects.argmax())] if effects.max() >= CLEAR else NO_PART


def part_effects(model: CountedModel, *, images: int = IMAGES) -> dict[str, Floats]:
    """The effect of each part on each channel: by layer, float64 (parts, channels)."""
    whole = {one.name: activations(model, _drawn(one, images)) for one in CLASSES}
    spread = {
        layer: np.concatenate([one[layer] for one in whole.values()]).std(0) for layer in model.channels
    }
    found: dict[str, list[Floats]] = {layer: [] for layer in model.channels}
    for part in PARTS:
        classes = classes_with(part)
        without = [activations(model, _drawn(one, images, without=(part,))) for one in classes]
        for layer, effects in found.items():
            lost = [
                whole[one.name][layer] - other[layer] for one, other in zip(classes, without, strict=True)
            ]
            effects.append(np.concatenate(lost).mean(0) / np.maximum(spread[layer], 1e-12))
    return {layer: np.stack(effects) for layer, effects in found.items()}


def _drawn(planted: PlantedClass, images: int, *, without: Iterable[str] = ()) -> NDArray[np.uint8]:
    """Images of a class, (images, 64, 64, 3); all of the class with waves have them."""
    draw = partial(draw_image, planted, seed=SEED, without=tuple(without), waves=planted.confounded)
    return np.stack([draw(number) for number in range(images)])


def activations(model: CountedModel, pixels: NDArray[np.uint8]) -> Mapping[str, Floats]:
    """The largest value of each channel's map: by layer, float64 (images, channels)."""
    run = ForwardPass(model.recipe, [one.tensor for one in model.maps])
    found: dict[str, list[Floats]] = {layer: [] for layer in model.channels}
    for start in range(0, len(pixels), BATCH):
        with exact_float32(torch.inference_mode):
            values = run(prepare_input(torch.from_numpy(pixels[start : start + BATCH]), model.input))
        for one in model.maps:
            found[one.name].append(one.layout.maps(values[one.tensor]).amax((2, 3)).double().numpy())
    return {layer: np.concatenate(parts) for layer, parts in found.items()}
