"""Memory for counts: one dense int32 vector per class, in the order of the count files' keys.

The vector holds A[class] layer by layer, then the (outputs, inputs) matrix of each convolution, ordered by
layer, stop and source. Counts of batches, processes and machines are added as vectors. The cells that are
not 0, in order, are the rows of the count files, already sorted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from summit_graph.counts.inception import reduce_stop
from summit_graph.counts.manifest import ACTIVATIONS_SCHEMA, HOPS_SCHEMA
from summit_graph.model.checkpoints import caffe_block
from summit_graph.model.weights import Weights
from summit_graph.records import LAYER_NAMES, Layer

Stage = Literal["direct", "expand", "reduce"]

#: In the order of stop and source.
_CONVOLUTIONS: dict[tuple[str, Stage], str] = {
    ("3x3", "reduce"): "3x3_reduce",
    ("5x5", "reduce"): "5x5_reduce",
    ("3x3", "expand"): "3x3",
    ("5x5", "expand"): "5x5",
    ("1x1", "direct"): "1x1",
    ("pool", "direct"): "pool_proj",
}


@dataclass(frozen=True, slots=True)
class Hop:
    """One convolution of a mixed layer and the position of its counts.

    Attributes:
        layer: its mixed layer.
        branch: ``1x1``, ``3x3``, ``5x5`` or ``pool``.
        stage: ``direct``, ``reduce`` or ``expand``.
        convolution: canonical name of its weights, such as ``inception_4c/3x3_reduce``.
        outputs, inputs: number of output and input channels.
        first_output: index of output 0 in the layer (0 for ``reduce``, whose outputs are bottlenecks).
        start: its first cell in the vector of counts.
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
    def stop(self) -> str:
        """The stop whose sums these are: the layer, or the branch's inner stop."""
        return reduce_stop(self.branch) if self.stage == "reduce" else self.layer

    @property
    def source(self) -> str:
        """What it reads: the layer before, or the branch's inner stop."""
        if self.stage == "expand":
            return reduce_stop(self.branch)
        return LAYER_NAMES[LAYER_NAMES.index(self.layer) - 1]

    @property
    def cells(self) -> slice:
        """Its cells in the vector of counts, outputs by inputs."""
        return slice(self.start, self.start + self.outputs * self.inputs)


@dataclass(frozen=True)
class CellLayout:
    """Meaning of each cell, for one model."""

    layers: tuple[Layer, ...]
    hops: tuple[Hop, ...]

    @classmethod
    def of(cls, weights: Weights) -> CellLayout:
        """The layout for a model: activations of all layers, hops of all layers but mixed3a."""
        start = sum(layer.channels for layer in weights.layers)
        hops = []
        for layer in weights.layers[1:]:
            for branch, stage in _CONVOLUTIONS:
                hops.append(_hop(weights, layer, branch, stage, start))
                start = hops[-1].cells.stop
        return cls(weights.layers, tuple(hops))

    @property
    def size(self) -> int:
        """Number of cells."""
        return self.hops[-1].cells.stop

    def activation_cells(self, name: str) -> slice:
        """Cells of a layer's activation counts."""
        at = next(at for at, layer in enumerate(self.layers) if layer.name == name)
        start = sum(layer.channels for layer in self.layers[:at])
        return slice(start, start + self.layers[at].channels)

    def hops_of(self, layer: str) -> list[Hop]:
        """The convolutions of one mixed layer; none for mixed3a."""
        return [hop for hop in self.hops if hop.layer == layer]

    def to_tables(self, cells: NDArray[np.int32]) -> tuple[pa.Table, pa.Table]:
        """The cells that are not 0, as ``ACTIVATIONS_SCHEMA`` and ``HOPS_SCHEMA``, sorted by key.

        Args:
            cells: int32 (cells,), a whole vector of counts.
        """
        first_hop = self.hops[0].start
        return _activations_table(cells[:first_hop], self), _hops_table(cells[first_hop:], self)


class CountBuffers:
    """Counts of one class or a part of it, as one int32 vector on a device."""

    def __init__(self, layout: CellLayout, *, device: torch.device | str = "cpu") -> None:
        self.layout = layout
        self.cells = torch.zeros(layout.size, dtype=torch.int32, device=device)

    def activations(self, layer: str) -> Tensor:
        """A[class] in one layer, int32 (channels,), a view."""
        return self.cells[self.layout.activation_cells(layer)]

    def hop(self, hop: Hop) -> Tensor:
        """Counts of one convolution, int32 (outputs, inputs), a view."""
        return self.cells[hop.cells].view(hop.outputs, hop.inputs)

    def clear(self) -> None:
        """Set all counts to 0."""
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
    texts = [_text(which, [getattr(hop, key) for hop in hops]) for key in ("layer", "stop", "source")]
    skip = pa.repeat(False, len(at))
    return pa.table([*texts, skip, output, given, cells[at]], schema=HOPS_SCHEMA)


def _text(codes: NDArray[np.int64], names: list[str]) -> pa.Array:
    """The name of each code, without one Python string per row."""
    return pa.array(names, pa.string()).take(pa.array(codes))
