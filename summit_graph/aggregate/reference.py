"""Exact influences of any sum in plain PyTorch (paper 5.2): the definition that fused kernels must reproduce.

The influence of input i on output o through a mixing operator is max over positions of s · (Z_i * K[o, i]), s
being the product of the factors between the operator and the end of the sum; of an identity it is max of
s · Z_o. Maps may be negative. All terms of a sum compete.

1. For a 1x1 kernel the maximum is the larger of w · max z and w · min z, over the positions that are read.
2. Other kernels are applied as products with unfolded patches, a few inputs at a time so that the maps stay
   in the cache.
3. For each output the largest influences above 0 are counted; ties go to the term that runs first, then to
   the lower input.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from summit_graph.aggregate.cells import SumCells
from summit_graph.aggregate.top_terms import TermCandidates, TopTerms
from summit_graph.model import cpu_layers
from summit_graph.model.counted import CountedSum
from summit_graph.model.program.running import Values
from summit_graph.model.program.steps import Mixing
from summit_graph.model.program.sums import Term

#: Maximum number of values of single-channel maps in memory at a time.
MAP_CELLS = 400_000
#: Maximum number of influences in memory at a time.
MOST_INFLUENCES = 32_000_000


class ReferenceSum:
    """Counts the top influences on the channels of one sum; arguments as of ``TopTerms``."""

    def __init__(
        self,
        counted: CountedSum,
        cells: SumCells,
        *,
        number: int,
        device: torch.device | str = "cpu",
    ) -> None:
        pairs = zip(counted.terms, cells.terms, strict=True)
        self.terms = [TermInfluences(term, placed, counted.rows, device=device) for term, placed in pairs]
        self.top = TopTerms(counted, cells, self.terms, number=number, device=device)

    def count(self, values: Values, counts: Tensor) -> None:
        """Add each image's top influences.

        Args:
            values: those that the sum reads, by name.
            counts: int32 (cells,), the whole vector of counts.
        """
        images = len(next(iter(values.values())))
        at_once = max(1, MOST_INFLUENCES // self.top.size)
        for start in range(0, images, at_once):
            part = {name: value[start : start + at_once] for name, value in values.items()}
            self.top.add(torch.cat([term.influences(part) for term in self.terms], dim=2), counts)


class TermInfluences(TermCandidates):
    """The influences that enter a sum through one term."""

    def influences(self, values: Values) -> Tensor:
        """float32 (images, rows, width); 0 for inputs that are not counted."""
        maps = self.maps(values)
        factors = self.factors(values).to(maps.dtype)
        if self.mixing is None:
            low, high = channel_bounds(maps[:, self.rows], nonnegative=self.nonnegative)
            found = torch.maximum(factors * low, factors * high)[:, :, None]
        elif is_pointwise(self.mixing):
            found = self._products(maps, factors)
        else:
            found = largest_of_convolutions(maps, self.mixing, self.rows, factors)
        return self.counted(found)

    def _products(self, maps: Tensor, factors: Tensor) -> Tensor:
        """The closed form of 1x1 kernels."""
        assert self.mixing is not None
        down, across = self.mixing.stride
        low, high = channel_bounds(maps[:, :, ::down, ::across], nonnegative=self.nonnegative)
        weight = self.mixing.weight[self.rows, :, 0, 0] * factors[:, :, None]  # (images or 1, rows, width)
        if self.mixing.groups == 1:
            low, high = low[:, None], high[:, None]
        else:
            inputs = self.first[:, None] + torch.arange(self.width, device=self.first.device)
            low, high = low[:, inputs], high[:, inputs]
        if self.nonnegative:
            return weight.clamp_min(0) * high
        return torch.maximum(weight * low, weight * high)


def largest_of_convolutions(maps: Tensor, mixing: Mixing, rows: Tensor, factors: Tensor) -> Tensor:
    """The largest value of every single-channel convolution, times the output's factor.

    Args:
        maps: float32 (images, channels, H, W).
        mixing: the convolution.
        rows: int64 (rows,), its outputs that are wanted.
        factors: float32 (images or 1, rows).

    Returns:
        float32 (images, rows, inputs of a group).
    """
    outputs, width, tall, wide = mixing.weight.shape
    per_group = outputs // mixing.groups
    kernels = mixing.weight.reshape(mixing.groups, per_group, width, -1).transpose(1, 2)
    kernels = kernels.reshape(mixing.groups * width, per_group, -1)  # (inputs, outputs of the group, taps)
    every = torch.ones(len(factors), outputs, device=maps.device, dtype=maps.dtype)
    every[:, rows] = factors
    scales = every.reshape(len(every), mixing.groups, 1, per_group).expand(-1, -1, width, -1)
    scales = scales.reshape(len(every), -1, per_group)  # (images or 1, inputs, outputs of the group)
    padded = padded_maps(maps, mixing)
    found = maps.new_empty(len(maps), len(kernels), per_group)
    for image, planes in enumerate(padded):
        scale = scales[image if len(scales) > 1 else 0]
        found[image] = _largest_products(planes, kernels, scale, mixing, (tall, wide))
    found = found.reshape(len(maps), mixing.groups, width, per_group).transpose(2, 3)
    return found.reshape(len(maps), outputs, width)[:, rows]


def _largest_products(
    planes: Tensor, kernels: Tensor, scale: Tensor, mixing: Mixing, side: tuple[int, int]
) -> Tensor:
    """(inputs, outputs of a group) of one image."""
    sample = functional.unfold(planes[:1, None], side, mixing.dilation, 0, mixing.stride)
    chunk = max(1, MAP_CELLS // (kernels.shape[1] * sample.shape[-1]))
    found = planes.new_empty(kernels.shape[:2])
    for start in range(0, len(planes), chunk):
        part = slice(start, start + chunk)
        patches = functional.unfold(planes[part, None], side, mixing.dilation, 0, mixing.stride)
        found[part] = torch.bmm(kernels[part] * scale[part, :, None], patches).amax(2)
    return found


def channel_bounds(maps: Tensor, *, nonnegative: bool) -> tuple[Tensor, Tensor]:
    """Each channel's smallest and largest value, (images, channels).

    Args:
        maps: (images, channels, H, W).
        nonnegative: whether no value is below 0; then 0 is returned as the smallest.
    """
    if maps.device.type == "cpu" and maps.dtype == torch.float32:
        return cpu_layers.channel_bounds(maps, nonnegative=nonnegative)
    high = maps.amax((2, 3))
    return (torch.zeros_like(high) if nonnegative else maps.amin((2, 3))), high


def padded_maps(maps: Tensor, mixing: Mixing) -> Tensor:
    """Maps with the operator's border of zeros."""
    return functional.pad(maps, mixing.padding) if any(mixing.padding) else maps


def is_pointwise(mixing: Mixing) -> bool:
    return mixing.weight.shape[2:] == (1, 1) and not any(mixing.padding)


def covers_map(term: Term) -> bool:
    """Whether the kernel covers the entire map, as behind a flattening."""
    assert term.mixing is not None
    assert term.layout is not None
    return not any(term.mixing.padding) and tuple(term.mixing.weight.shape[2:]) == term.layout.size


def has_whole_groups(term: Term, rows: Tensor) -> bool:
    """Whether the rows, int64, are all outputs of the term's operator in order, or it has no groups."""
    mixing = term.mixing
    return mixing is None or mixing.groups == 1 or torch.equal(rows, torch.arange(mixing.outputs))
