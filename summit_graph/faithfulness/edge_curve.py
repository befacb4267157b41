"""Measures the influences of one class's graph beside others of the same layers and channels.

From a script, with the numbers of any influences::

    test = EdgeTest(model, means, pixels, output=294)
    test.necessity(edges)    # [share, low, high]
    test.sufficiency(edges)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from summit_graph.analysis.edge_faithfulness import BETWEEN, ClassEdges, Counts, Edges, MeasuredEdges
from summit_graph.analysis.faithfulness import Curve
from summit_graph.analysis.shares import Scale, interval
from summit_graph.faithfulness.edge_replacement import EdgeReplacement
from summit_graph.faithfulness.replacement import Replacement
from summit_graph.faithfulness.tested import TestedImages, log_odds_in_batches
from summit_graph.model.counted import CountedModel

Floats = NDArray[np.float64]
#: Random influences are drawn this many times; each draw is tested on a part of the images.
DRAWS = 5
#: The largest counts are many influences: they are tested on the first images alone.
CURVE_IMAGES = 10


class EdgeTest:
    """The log-odds of a class's images with influences taken out.

    Args:
        model: the network's model, counted with skips and without excluded channels.
        means: mean values over images of other classes.
        pixels: the class's images, uint8 (images, height, width, 3).
        output: the class's output; None for the one that is predicted for each image.
        device: where the model runs.
        seed: of the resampling.
    """

    def __init__(
        self,
        model: CountedModel,
        means: Mapping[str, NDArray[np.float32]],
        pixels: NDArray[np.uint8],
        *,
        output: int | None = None,
        device: torch.device | str = "cpu",
        seed: int = 0,
    ) -> None:
        tested = TestedImages(Replacement(model, means, device=device), pixels, output)
        self._first, self._outputs = tested.first, tested.outputs
        self._replacement = EdgeReplacement(model, means, device=device)
        self.whole = tested.log_odds()
        self.nothing = self.only([{name: ~every for name, every in _every_edge(model).items()}])
        self._scale = Scale.of(self.whole, self.nothing, seed)

    def without(self, draws: Sequence[Edges], *, images: int | None = None) -> Floats:
        """float64 (images,), with influences taken out.

        Args:
            draws: each of several is tested on its part of the images.
            images: number of images, the first ones; by default all.
        """
        first, outputs = self._first[:images], self._outputs[:images]
        draws = draws[: len(first)]
        found = np.empty(len(first))
        for at, out in enumerate(draws):
            mine = slice(at, None, len(draws))
            found[mine] = self._log_odds(first[mine], outputs[mine], out)
        return found

    def only(self, draws: Sequence[Edges], *, images: int | None = None) -> Floats:
        """float64 (images,), with all other influences taken out, as ``without``."""
        others = [{layer: ~one for layer, one in edges.items()} for edges in draws]
        return self.without(others, images=images)

    def _log_odds(self, first: Tensor, outputs: Tensor, out: Edges) -> Floats:
        return log_odds_in_batches(lambda rows: self._replacement.logits(first[rows], out), outputs)

    def necessity(self, *draws: Edges) -> list[float] | None:
        """The share that is lost without influences, with its interval: [value, low, high]."""
        return interval(self._scale.lost(self.without(draws)[None])[0])

    def sufficiency(self, *draws: Edges) -> list[float] | None:
        """The share that is kept by influences alone, as ``necessity``."""
        return interval(self._scale.kept(self.only(draws)[None])[0])


def measure_edges(
    test: EdgeTest,
    edges: ClassEdges,
    *,
    factors: Sequence[float],
    seed: int = 0,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> MeasuredEdges:
    """Log-odds with the graph's influences, random ones and those of the largest counts kept or taken out.

    Args:
        test: of the class's images.
        edges: of the class.
        factors: how many times as many influences as the graph has, ascending.
        seed: of the random influences.
        on_progress: called with the number of sets measured, and of all.
    """
    draws = edge_sets(edges, seed=seed)
    largest = [largest_counts(edges.counts, _times(edges.sizes, factor)) for factor in factors]
    total, done = len(draws) + len(largest), 0

    def measured(some: Sequence[Edges], images: int | None = None) -> tuple[Floats, Floats]:
        nonlocal done
        on_progress(done, total)
        done += 1
        return test.only(some, images=images), test.without(some, images=images)

    sets = {name: measured(some) for name, some in draws.items()}
    kept, replaced = zip(*(measured([one], CURVE_IMAGES) for one in largest), strict=True)
    return MeasuredEdges(
        whole=test.whole,
        nothing=test.nothing,
        sets={name: Curve(*(one[None] for one in both)) for name, both in sets.items()},
        numbers={name: _number(some[0]) for name, some in draws.items()},
        factors=factors,
        by_count=Curve(np.stack(kept), np.stack(replaced)),
        numbers_by_count=[_number(one) for one in largest],
    )


def edge_sets(edges: ClassEdges, *, seed: int) -> dict[str, list[Edges]]:
    """The graph's influences, and as many random others on each layer."""
    random = np.random.default_rng(seed)
    others = {layer: one & ~edges.selected[layer] for layer, one in edges.between.items()}
    every = {layer: np.ones_like(one) for layer, one in edges.selected.items()}
    return {
        "graph": [edges.selected],
        BETWEEN: [random_edges(others, edges.sizes, random) for _ in range(DRAWS)],
        "random": [random_edges(every, edges.sizes, random) for _ in range(DRAWS)],
    }


def random_edges(among: Edges, numbers: Mapping[str, int], random: np.random.Generator) -> Edges:
    """As many of these influences on each layer; all where there are fewer."""
    found = {}
    for layer, one in among.items():
        places = np.flatnonzero(one)
        found[layer] = _only_at(random.permutation(places)[: numbers[layer]], one.shape)
    return found


def largest_counts(counts: Counts, numbers: Mapping[str, int]) -> Edges:
    """The counted influences on each layer from the largest count down; ties go to the lower channels."""
    found = {}
    for layer, one in counts.items():
        order = np.argsort(-one.ravel(), kind="stable")[: numbers[layer]]
        found[layer] = _only_at(order, one.shape) & (one > 0)
    return found


def _only_at(places: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    found = np.zeros(shape, bool)
    found.flat[places] = True
    return found


def _every_edge(model: CountedModel) -> Edges:
    pairs = pairwise(model.channels.items())
    return {name: np.ones((width, below), bool) for (_, below), (name, width) in pairs}


def _times(sizes: Mapping[str, int], factor: float) -> dict[str, int]:
    return {layer: round(factor * number) for layer, number in sizes.items()}


def _number(edges: Edges) -> int:
    return sum(int(one.sum()) for one in edges.values())
