"""Builds attribution graphs from counts in memory, as ``load`` and ``rank`` do in the database."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from summit_graph.aggregate.cells import CellLayout
from summit_graph.analysis.page_rank import page_rank, source_weights
from summit_graph.analysis.selection import positive_relevance, select_channels
from summit_graph.analysis.stability import GraphParts
from summit_graph.counts.merging import merge_hops
from summit_graph.faithfulness.image_counts import ImageCounts
from summit_graph.model.counted import CountedModel
from summit_graph.records import Channel, Parameters, SelectedBy

Ints = NDArray[np.int64]


class GraphBuilder:
    """Builds graphs of one model.

    Args:
        model: whose cells the counts are.
        parameters: how they were counted.
        selected_by: the score that channels are selected by.
    """

    def __init__(
        self, model: CountedModel, parameters: Parameters, selected_by: SelectedBy = "pagerank"
    ) -> None:
        self.model, self.parameters, self.selected_by = model, parameters, selected_by
        self.layout = CellLayout(model)
        self.names = pa.array([layer.name for layer in model.layers])
        widths = [layer.channels for layer in model.layers]
        self.starts = np.cumsum([0, *widths[:-1]])
        self.channels = [Channel(layer.name, at) for layer in model.layers for at in range(layer.channels)]
        self.included = np.array([channel not in parameters.excluded for channel in self.channels])

    def build(self, counts: ImageCounts, drawn: Ints | None = None) -> GraphParts:
        """The graph of all images, or of drawn ones; an empty one if nothing was counted."""
        cells = counts.total(drawn)
        if not cells[: len(self.channels)].any():
            return GraphParts(frozenset(), frozenset())
        pairs, weights = self.influences(cells)
        if self.selected_by == "relevance":
            scores = self._relevance(counts, drawn)
        else:
            scores = self.scores(cells, pairs, weights)
        chosen = select_channels(self._by_layer(scores), self._by_pair(pairs))
        assert chosen is not None  # all influences are known
        selected = np.zeros(len(scores), bool)
        for start, layer in zip(self.starts, chosen.channels, strict=True):
            selected[start + layer] = True
        nodes = frozenset(self.channels[at] for at in np.flatnonzero(selected))
        inside = pairs[selected[pairs].all(axis=1)]
        return GraphParts(nodes, frozenset((self.channels[one], self.channels[two]) for one, two in inside))

    def scores(self, cells: NDArray[np.integer], pairs: Ints, weights: Ints) -> NDArray[np.float64]:
        """PageRank or scaled counts, float64 (channels,), with what ``influences`` returned."""
        sources = source_weights(self._by_layer(cells[: len(self.channels)]))
        return sources if self.selected_by == "counts" else page_rank(pairs, weights, sources)

    def _relevance(self, counts: ImageCounts, drawn: Ints | None) -> NDArray[np.float64]:
        """``positive_relevance``, float64 (channels,)."""
        summed = counts.summed_relevance(drawn)
        assert summed is not None  # graphs are selected by it only where it is counted
        return positive_relevance(summed, self.included)

    def influences(self, cells: NDArray[np.integer]) -> tuple[Ints, Ints]:
        """Merged influences: (influences, 2) of [previous, channel] by position, and their counts."""
        _, hops, _ = self.layout.to_tables(cells)
        merged = merge_hops(
            hops, layers=self.model.layers, stops=self.model.stops, parameters=self.parameters
        )
        previous = self._positions(merged["previous_layer"], merged["previous"])
        channel = self._positions(merged["layer"], merged["channel"])
        return np.stack([previous, channel], axis=1), merged["count"].to_numpy().astype(np.int64)

    def _positions(self, layers: pa.ChunkedArray, indices: pa.ChunkedArray) -> Ints:
        places = pc.index_in(layers, self.names).to_numpy().astype(np.int64)
        return self.starts[places] + indices.to_numpy()

    def _by_layer(self, values: NDArray[Any]) -> list[NDArray[Any]]:
        return np.split(values, self.starts[1:])

    def _by_pair(self, pairs: Ints) -> list[Ints]:
        """Per pair of neighbouring layers, [previous index, channel index]."""
        upper = np.searchsorted(self.starts, pairs[:, 1], side="right") - 1
        return [pairs[upper == at] - self.starts[[at - 1, at]] for at in range(1, len(self.starts))]
