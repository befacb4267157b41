"""What the reference and the fused kernels share: weights, inputs and excluded channels of a convolution."""

from __future__ import annotations

import torch
from torch import Tensor

from summit_graph.aggregate.buffers import Hop
from summit_graph.errors import SummitGraphError
from summit_graph.model.architecture import InceptionV1, MixedMaps
from summit_graph.records import Parameters, previous_layer


def hop_weight(model: InceptionV1, hop: Hop) -> Tensor:
    """The weight of one convolution, without the spatial dimensions where they are 1x1.

    Returns:
        float32 (outputs, inputs) for direct and reduce, (outputs, inputs, k, k) for expand.

    Raises:
        SummitGraphError: a direct or reduce kernel is not 1x1, or an expand kernel is not square and odd.
            The kernels assume this and would count something else.
    """
    weight = model.weight(hop.convolution)
    height, width = weight.shape[2:]
    if hop.stage == "expand":
        if height != width or height % 2 == 0:
            raise SummitGraphError(
                f"{hop.convolution} has a {height}x{width} kernel: only square kernels of odd size "
                "can be counted"
            )
        return weight
    if (height, width) != (1, 1):
        raise SummitGraphError(
            f"{hop.convolution} has a {height}x{width} kernel: a {hop.stage} convolution must be 1x1"
        )
    return weight[:, :, 0, 0]


def largest_inputs(maps: MixedMaps, parameters: Parameters) -> Tensor:
    """Each input channel's maximum over space, 0 for excluded channels.

    Returns:
        float32 (images, channels of the previous layer).
    """
    largest = maps.input.amax((2, 3))
    if previous := previous_layer(maps.name):
        largest[:, parameters.excluded_in(previous)] = 0
    return largest


def kept_outputs(hop: Hop, parameters: Parameters) -> Tensor:
    """Which outputs are not excluded, bool (outputs,). Bottlenecks cannot be excluded."""
    kept = torch.ones(hop.outputs, dtype=torch.bool)
    if hop.stage != "reduce":
        excluded = (index - hop.first_output for index in parameters.excluded_in(hop.layer))
        kept[[index for index in excluded if 0 <= index < hop.outputs]] = False
    return kept


class PaddedMaps:
    """Pads maps with zeros into buffers that are reused from batch to batch; use within one thread."""

    def __init__(self) -> None:
        self._buffers: dict[Hop, Tensor] = {}

    def pad(self, hop: Hop, maps: Tensor, border: int) -> Tensor:
        """A convolution's input maps with a border of zeros, valid until the next call for this hop.

        Args:
            maps: float32 (images, channels, H, W).

        Returns:
            float32 (images, channels, H + 2·border, W + 2·border), contiguous.
        """
        images, channels, height, width = maps.shape
        shape = (channels, height + 2 * border, width + 2 * border)
        buffer = self._buffers.get(hop)
        if buffer is None or len(buffer) < images or buffer.shape[1:] != shape:
            buffer = self._buffers[hop] = torch.zeros(images, *shape, device=maps.device)
        buffer[:images, :, border : border + height, border : border + width] = maps
        return buffer[:images]
