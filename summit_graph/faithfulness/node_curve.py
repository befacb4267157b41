"""Measures the node curves of one class: the graph's ranking beside its baselines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from summit_graph.aggregate.batches import exact_float32
from summit_graph.aggregate.gradients import GradientPass, images_at_once
from summit_graph.aggregate.relevance import channel_relevance
from summit_graph.analysis.faithfulness import ClassScores, Curve, Measured, numbers_at
from summit_graph.faithfulness.rankings import (
    Order,
    at_random,
    best,
    by_score,
    with_counts_of,
)
from summit_graph.faithfulness.replacement import Kept, Replacement
from summit_graph.faithfulness.tested import TestedImages
from summit_graph.model.counted import CountedModel
from summit_graph.model.inputs import prepare_input

Floats = NDArray[np.float64]


def measure_nodes(
    model: CountedModel,
    means: Mapping[str, NDArray[np.float32]],
    pixels: NDArray[np.uint8],
    scores: ClassScores,
    *,
    output: int | None,
    shares: Sequence[float],
    against: bool = False,
    seed: int = 0,
    device: torch.device | str = "cpu",
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Measured:
    """Log-odds of the images with the best channels of each layer kept or replaced.

    Args:
        model: the network's model.
        means: mean values over images of other classes.
        pixels: the class's images, uint8 (images, height, width, 3).
        scores: of the class.
        output: the class's output; None for the one that is predicted for each image.
        shares: percent of each layer, ascending; the last is 100, where nothing has to be measured.
        against: whether gradient x activation is that of the negated log-odds.
        seed: of the random orders.
        on_progress: called with the number of forward passes done, and of all.
    """
    tested = TestedImages(Replacement(model, means, device=device), pixels, output)
    orders = rankings(model, pixels, tested.outputs, scores, against=against, seed=seed, device=device)
    sets = _sets(orders, scores)
    total = 2 * (len(orders) * (len(shares) - 1) + len(sets) + 1)
    done = 0

    def measured(kept: Kept | None) -> Floats:
        nonlocal done
        done += 1
        on_progress(done, total)
        return tested.log_odds(kept)

    whole = measured(None)
    nothing = measured({layer: np.zeros(number, bool) for layer, number in scores.channels.items()})

    def curve(masks: Sequence[Kept]) -> Curve:
        kept = [measured(mask) for mask in masks]
        replaced = [measured({layer: ~one for layer, one in mask.items()}) for mask in masks]
        return Curve(np.stack(kept), np.stack(replaced))

    found = {name: curve([mask]) for name, mask in sets.items()}
    curves = {name: curve(_masks(order, shares, scores)) for name, order in orders.items()}
    curves = {name: _with_all(one, whole, nothing) for name, one in curves.items()}
    return Measured(whole, nothing, shares, curves, found, tested.outputs.cpu().numpy())


def rankings(
    model: CountedModel,
    pixels: NDArray[np.uint8],
    outputs: Tensor,
    scores: ClassScores,
    *,
    against: bool,
    seed: int,
    device: torch.device | str,
) -> dict[str, Order]:
    """The graph's order and its baselines; gradient x activation is measured on the images themselves."""
    images, channels = len(pixels), scores.channels
    known = {name: by_score(one) for name, one in scores.orders.items()}
    return {
        **known,
        "gradient x activation": by_score(gradient_scores(model, pixels, outputs, device, against=against)),
        "random, similar counts": with_counts_of(known["graph"], scores.counts, images, seed),
        "random": at_random(channels, images, seed + 1),
    }


def gradient_scores(
    model: CountedModel,
    pixels: NDArray[np.uint8],
    outputs: Tensor,
    device: torch.device | str,
    *,
    against: bool = False,
) -> dict[str, Floats]:
    """The relevance of each channel from the baseline 0, added over the images."""
    gradients, at_once = GradientPass(model, device=device, against=against), images_at_once(model)
    totals: dict[str, Floats] = {}
    for start in range(0, len(pixels), at_once):
        part = torch.from_numpy(pixels[start : start + at_once]).to(device)
        with exact_float32(torch.no_grad):
            found = gradients(prepare_input(part, model.input), outputs[start : start + at_once])
            for where in model.maps:
                relevance = channel_relevance(found, where.tensor, where.layout, {}).double().sum(0)
                totals[where.name] = totals.get(where.name, 0) + relevance.cpu().numpy()
    return totals


def _sets(orders: Mapping[str, Order], scores: ClassScores) -> dict[str, Kept]:
    """The graph's own channels, and as many of each layer by the baselines."""
    others = {name: best(order, scores.sizes) for name, order in orders.items() if name != "graph"}
    return {"graph": scores.selected, **others}


def _masks(order: Order, shares: Sequence[float], scores: ClassScores) -> list[Kept]:
    return [best(order, numbers_at(share, scores.channels)) for share in shares[:-1]]


def _with_all(curve: Curve, whole: Floats, nothing: Floats) -> Curve:
    """With the last share, 100 %."""
    return Curve(np.concatenate([curve.kept, whole[None]]), np.concatenate([curve.replaced, nothing[None]]))
