"""Where counts grow: one dense vector of integers per class, laid out in the order of the count files' keys.

Cells first hold A[class], layer after layer, then every convolution's (outputs, inputs) matrix, ordered by
layer, branch and stage. So batches, processes and machines add up by adding vectors, and the cells that are
not zero, read in order, are the count files' rows, already sorted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from summit_graph.counts.folder import ACTIVATIONS_SCHEMA, HOPS_SCHEMA
from summit_graph.model.checkpoints import caffe_block
from summit_graph.model.weights import Weights
from summit_graph.records import Layer

Stage = Literal["direct", "expand", "reduce"]

_CONVOLUTIONS = {
    ("1x1", "direct"): "1x1",
    ("3x3", "expand"): "3x3",
    ("3x3", "reduce"): "3x3_reduce",
    ("5x5", "expand"): "5x5",
    ("5x5", "reduce"): "5x5_reduce",
    ("pool", "direct"): "pool_proj",
}


@dataclass(frozen=True, slots=True)
class Hop:
    """One convolution of a mixed layer, and where its counts lie.

    Attributes:
        layer: the mixed layer it belongs to.
        branch: ``1x1``, ``3x3``, ``5x5`` or ``pool``.
        stage: ``direct``, ``reduce`` or ``expand``.
        convolution: the canonical name of its weights, ``inception_4c/3x3_reduce``.
        outputs, inputs: how many of each it has.
        first_output: the layer's channel that output 0 is (0 for ``reduce``: its outputs are bottlenecks).
        start: its first cell in the vector of counts, outputs by inputs.
    """

    layer: str
    branch: str
    stage: Stage
    convolution: str
    outputs: int
    inputs: int
    first_output: int
    start: int

    @property
    def cells(self) -> slice:
        """Its place in the vector of counts."""
        return slice(self.start, self.start + self.outputs * self.inputs)


@dataclass(frozen=True)
class CellLayout:
    """Which cell counts what, for one model."""

    layers: tuple[Layer, ...]
    hops: tuple[Hop, ...]

    @classmethod
    def of(cls, weights: Weights) -> CellLayout:
        """The layout for a model: activations of every layer, hops of every layer but mixed3a."""
        start = sum(layer.channels for layer in weights.layers)
        hops = []
        for layer in weights.layers[1:]:
            for branch, stage in _CONVOLUTIONS:
                hops.append(_hop(weights, layer, branch, stage, start))  # type: ignore[arg-type]
                start = hops[-1].cells.stop
        return cls(weights.layers, tuple(hops))

    @property
    def size(self) -> int:
        """How many cells there are."""
        return self.hops[-1].cells.stop

    def activation_cells(self, name: str) -> slice:
        """Where a layer's activation counts lie."""
        at = next(at for at, layer in enumerate(self.layers) if layer.name == name)
        start = sum(layer.channels for layer in self.layers[:at])
        return slice(start, start + self.layers[at].channels)

    def hops_of(self, layer: str) -> list[Hop]:
        """The convolutions of one mixed layer; none for mixed3a."""
        return [hop for hop in self.hops if hop.layer == layer]

    def to_tables(self, cells: NDArray[np.int32]) -> tuple[pa.Table, pa.Table]:
        """The cells that are not zero, as ``ACTIVATIONS_SCHEMA`` and ``HOPS_SCHEMA``, sorted by key."""
        first_hop = self.hops[0].start
        return _activations_table(cells[:first_hop], self), _hops_table(cells[first_hop:], self)


class CountBuffers:
    """The counts of one class, or of a part of it, as one int32 vector on a device."""

    def __init__(self, layout: CellLayout, *, device: torch.device | str = "cpu") -> None:
        self.layout = layout
        self.cells = torch.zeros(layout.size, dtype=torch.int32, device=device)

    def activations(self, layer: str) -> Tensor:
        """The counts A[class] of one layer, (channels,), a view."""
        return self.cells[self.layout.activation_cells(layer)]

    def hop(self, hop: Hop) -> Tensor:
        """The counts of one convolution, (outputs, inputs), a view."""
        return self.cells[hop.cells].view(hop.outputs, hop.inputs)

    def clear(self) -> None:
        """Start anew in the same memory."""
        self.cells.zero_()


def _hop(weights: Weights, layer: Layer, branch: str, stage: Stage, start: int) -> Hop:
    convolution = f"{caffe_block(layer.name)}/{_CONVOLUTIONS[branch, stage]}"
    outputs, inputs = weights.tensors[f"{convolution}.weight"].shape[:2]
    first_output = 0 if stage == "reduce" else layer.slice_of(branch).start
    return Hop(layer.name, branch, stage, convolution, outputs, inputs, first_output, start)


def _activations_table(cells: NDArray[np.int32], layout: CellLayout) -> pa.Table:
    at = np.flatnonzero(cells)
    starts = np.cumsum([0, *(layer.channels for layer in layout.layers)])
    layer = np.searchsorted(starts, at, side="right") - 1
    names = _text(layer, [layer.name for layer in layout.layers])
    return pa.table([names, at - starts[layer], cells[at]], schema=ACTIVATIONS_SCHEMA)


def _hops_table(cells: NDArray[np.int32], layout: CellLayout) -> pa.Table:
    hops = layout.hops
    at = np.flatnonzero(cells)
    starts = np.array([hop.start for hop in hops]) - hops[0].start
    which = np.searchsorted(starts, at, side="right") - 1
    inputs = np.array([hop.inputs for hop in hops])[which]
    output, given = np.divmod(at - starts[which], inputs)
    output += np.array([hop.first_output for hop in hops])[which]
    texts = [_text(which, [getattr(hop, key) for hop in hops]) for key in ("layer", "branch", "stage")]
    return pa.table([*texts, output, given, cells[at]], schema=HOPS_SCHEMA)


def _text(codes: NDArray[np.int64], names: list[str]) -> pa.Array:
    """The name of each code, without a Python string per row."""
    return pa.array(names, pa.string()).take(pa.array(codes))
