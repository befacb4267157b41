"""What every kernel needs besides its loop: a convolution's weight in the form that the kernel can count."""

from __future__ import annotations

from torch import Tensor

from summit_graph.aggregate.buffers import Hop
from summit_graph.errors import SummitGraphError
from summit_graph.model.architecture import InceptionV1


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
