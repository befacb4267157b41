"""Exact influences in plain PyTorch (paper 5.2): the definition that the fused kernels must reproduce.

The influence of input i on output o of a convolution is max over positions of (Z_i * K[o, i]), and

1. every Z follows a ReLU, so Z >= 0, and only influences > 0 count;
2. for a 1x1 kernel the maximum of w·z is therefore max(w, 0) · max z, equal bit for bit to the map's maximum;
   the pool branch's max pool does not change max z;
3. the 3x3 and 5x5 kernels of the bottlenecks are applied as products with unfolded patches, a few bottlenecks
   at a time so that the maps stay in the cache;
4. for each output the largest inputs are counted; ties go to the lower index.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from summit_graph.aggregate.buffers import CountBuffers
from summit_graph.aggregate.kernel_inputs import hop_weight, kept_outputs, largest_inputs
from summit_graph.model.architecture import InceptionV1, MixedMaps
from summit_graph.records import Parameters

#: Maximum number of values of single-channel maps in memory at a time.
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
        number: maximum number of inputs.

    Returns:
        Input indices, int64, and whether they count (influence > 0), bool; both (images, outputs, up to
        ``number``), unordered. Ties go to the lower index. topk alone does not guarantee this, so rows where
        the last selected input ties with the next one are sorted stably.
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
