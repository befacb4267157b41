"""Exact influences in plain PyTorch (paper 5.2): the definition of what the fast kernels count.

The influence of input i on output o of a convolution is max over positions of (Z_i * K[o, i]), and

1. every Z follows a ReLU, so Z >= 0, and only influences > 0 count;
2. for a 1x1 kernel the maximum of w·z is therefore max(w, 0) · max z, bit for bit what the map would give;
   the pool branch's max pool leaves max z as it is;
3. the 3x3 and 5x5 kernels of the bottlenecks are products of unfolded patches, a few bottlenecks at a time so
   that the maps stay in the cache;
4. per output the largest inputs are counted, equal ones from the lowest index.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from summit_graph.aggregate.buffers import CountBuffers
from summit_graph.aggregate.kernel_inputs import hop_weight, kept_outputs, largest_inputs
from summit_graph.model.architecture import InceptionV1, MixedMaps
from summit_graph.records import Parameters

#: How many numbers of single-channel maps are there at a time.
MAP_CELLS = 400_000


def count_influences(
    model: InceptionV1, maps: MixedMaps, buffers: CountBuffers, *, parameters: Parameters
) -> None:
    """Add each image's top influences on one mixed layer to ``buffers``."""
    largest = largest_inputs(maps, parameters)
    for hop in buffers.layout.hops_of(maps.name):
        weight = hop_weight(model, hop)
        if hop.stage == "expand":
            influences = expand_influences(maps.bottlenecks[hop.branch], weight)
        else:
            influences = weight[None].clamp_min(0) * largest[:, None, :]
        top, counted = select_top_inputs(influences, parameters.top_influences)
        counted &= kept_outputs(hop, parameters).to(counted.device)[None, :, None]
        _add(buffers.hop(hop), top, counted)


def expand_influences(bottlenecks: Tensor, weight: Tensor) -> Tensor:
    """The largest value of every single-channel convolution, with zero padding.

    Args:
        bottlenecks: float32 (images, inputs, H, W).
        weight: float32 (outputs, inputs, k, k).

    Returns:
        float32 (images, outputs, inputs).
    """
    images, inputs, height, width = bottlenecks.shape
    outputs, side = weight.shape[0], weight.shape[-1]
    kernels = weight.flatten(2).transpose(0, 1).contiguous()  # (inputs, outputs, k·k)
    chunk = max(1, MAP_CELLS // (outputs * height * width))
    influences = bottlenecks.new_empty(images, inputs, outputs)
    for image in range(images):
        planes = bottlenecks[image].unsqueeze(1)  # (inputs, 1, H, W)
        for start in range(0, inputs, chunk):
            # (bottlenecks of the chunk, k·k, H·W)
            patches = functional.unfold(planes[start : start + chunk], side, padding=side // 2)
            products = torch.bmm(kernels[start : start + chunk], patches)
            influences[image, start : start + chunk] = products.amax(2)
    return influences.transpose(1, 2)


def select_top_inputs(influences: Tensor, number: int) -> tuple[Tensor, Tensor]:
    """The ``number`` largest inputs of every output.

    Args:
        influences: float32 (images, outputs, inputs).
        number: how many at most.

    Returns:
        Input indices and whether they count (their influence is > 0), both (images, outputs, up to
        ``number``), in no certain order. Of equal inputs the lowest indices are taken, which topk alone does
        not promise: where the last one taken equals the first one left, a stable sort decides.
    """
    inputs = influences.shape[2]
    if inputs <= number:
        everything = torch.arange(inputs, device=influences.device).expand(influences.shape)
        return everything, influences > 0
    values, top = influences.topk(number + 1, dim=2)
    tied = (values[..., number - 1] == values[..., number]) & (values[..., number] > 0)
    if bool(tied.any()):
        top[tied] = influences[tied].sort(dim=1, descending=True, stable=True).indices[:, : number + 1]
    return top[..., :number], values[..., :number] > 0


def _add(counts: Tensor, top: Tensor, counted: Tensor) -> None:
    """Count every (output, input) of a batch; ``counts`` is int32 (outputs, inputs)."""
    by_output = top.transpose(0, 1).flatten(1)  # (outputs, images · number)
    counts.scatter_add_(1, by_output, counted.transpose(0, 1).flatten(1).to(counts.dtype))
