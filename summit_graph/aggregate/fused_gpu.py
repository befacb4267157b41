"""Exact influences on a GPU without storing a map: counts what reference.py counts, in Triton kernels.

Per mixed layer, for a whole batch at once and on the device alone:

1. 3x3 and 5x5 kernels: the bottlenecks' maps are copied within a border of zeros. A program takes one
   bottleneck of one image and a tile of outputs. It walks over the positions, some at a time, sums the k·k
   taps in registers (plain float32 multiply-adds, so no TF32) and keeps the running maximum. Only the maxima,
   (images, outputs, bottlenecks), reach memory.
2. 1x1 kernels: the influence is max(w, 0) · max z. A program takes one output of one image, and its row of
   products never leaves the registers.
3. Either way a row's largest value is taken ``number`` times, the lowest index where several equal it, and
   counted by an atomic addition to the class's buffer. Integer additions commute, so counts are certain.

The order of summation differs from torch's, so values that tie to within rounding may be counted otherwise.

Tested without a GPU: the logic by Triton's interpreter, and that the kernels compile for compute capabilities
8.0 and 9.0. Speed has not been measured on a GPU yet; the tile sizes
are by reckoning.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
import triton
import triton.language as tl
from torch import Tensor

from summit_graph.aggregate.buffers import CountBuffers, Hop
from summit_graph.aggregate.kernel_inputs import (
    PaddedMaps,
    hop_weight,
    kept_outputs,
    largest_inputs,
)
from summit_graph.model.architecture import InceptionV1, MixedMaps
from summit_graph.records import Parameters

#: Positions that a program looks at together; with a warp per program their values are read by broadcast.
POSITIONS = 8
#: Outputs of a tile at most: 4 a thread, so that each value that is read serves 4 multiply-adds.
MOST_OUTPUTS = 128
LEAST_OUTPUTS = 32
WARPS = 1


class FusedInfluences:
    """Counts influences with weights laid out once and padded maps reused; use within one thread."""

    def __init__(self, model: InceptionV1, parameters: Parameters, hops: tuple[Hop, ...]) -> None:
        self.parameters = parameters
        self.device = model.device
        self._kept = {hop: kept_outputs(hop, parameters).to(self.device) for hop in hops}
        self._weights = {hop: _laid_out(hop_weight(model, hop)) for hop in hops}
        self._padded = PaddedMaps()

    def count(self, maps: MixedMaps, buffers: CountBuffers) -> None:
        """Add each image's top influences on one mixed layer to ``buffers``; the device is not waited for."""
        largest = largest_inputs(maps, self.parameters).contiguous()
        number = self.parameters.top_influences
        with _launching_on(self.device):
            for hop in buffers.layout.hops_of(maps.name):
                weight, kept, counts = self._weights[hop], self._kept[hop], buffers.hop(hop)
                if hop.stage == "expand":
                    planes = self._padded.pad(hop, maps.bottlenecks[hop.branch], weight.shape[1] // 2)
                    count_largest(expand_influences(planes, weight), kept, number, counts)
                else:
                    count_products(largest, weight, kept, number, counts)


def expand_influences(planes: Tensor, taps: Tensor) -> Tensor:
    """The largest value of every single-channel convolution.

    Args:
        planes: float32 (images, inputs, H + k - 1, W + k - 1), contiguous, with zeros around each map.
        taps: float32 (inputs, k, k, outputs), contiguous.

    Returns:
        float32 (images, outputs, inputs).
    """
    images, inputs, padded_height, padded_width = planes.shape
    side, outputs = taps.shape[1], taps.shape[3]
    tile = min(MOST_OUTPUTS, max(LEAST_OUTPUTS, triton.next_power_of_2(outputs)))
    influences = planes.new_empty(images, outputs, inputs)
    keep_largest_sums[images * inputs, triton.cdiv(outputs, tile)](
        planes,
        taps,
        influences,
        inputs,
        outputs,
        HEIGHT=padded_height - side + 1,
        WIDTH=padded_width - side + 1,
        SIDE=side,
        POSITIONS=POSITIONS,
        OUTPUTS=tile,
        num_warps=WARPS,
    )
    return influences


def count_largest(influences: Tensor, kept: Tensor, number: int, counts: Tensor) -> None:
    """Count the top inputs of every output by their influences.

    Args:
        influences: float32 (images, outputs, inputs), contiguous.
        kept: bool (outputs,): outputs that are not excluded.
        number: how many inputs of an output count at most.
        counts: int32 (outputs, inputs), contiguous, added to.
    """
    images, outputs, inputs = influences.shape
    lanes = triton.next_power_of_2(inputs)
    add_top_influences[outputs, images](influences, kept, counts, inputs, number, INPUTS=lanes, num_warps=1)


def count_products(largest: Tensor, weight: Tensor, kept: Tensor, number: int, counts: Tensor) -> None:
    """Count the top inputs of every output of a 1x1 convolution.

    Args:
        largest: float32 (images, inputs), contiguous: max z.
        weight: float32 (outputs, inputs), contiguous.
        kept, number, counts: as in ``count_largest``.
    """
    outputs, inputs = weight.shape
    lanes = triton.next_power_of_2(inputs)
    add_top_products[outputs, len(largest)](
        largest, weight, kept, counts, inputs, number, INPUTS=lanes, num_warps=1
    )


@triton.jit
def keep_largest_sums(  # type: ignore[no-untyped-def]
    planes,
    taps,
    influences,
    inputs,
    outputs,
    HEIGHT: tl.constexpr,
    WIDTH: tl.constexpr,
    SIDE: tl.constexpr,
    POSITIONS: tl.constexpr,
    OUTPUTS: tl.constexpr,
):
    """One bottleneck of one image by one tile of outputs; grid (images · inputs, tiles).

    The border of zeros spares every load its bounds, and where positions run out the last one is looked at
    again, which moves no maximum.
    """
    PADDED: tl.constexpr = WIDTH + SIDE - 1
    plane = tl.program_id(0)
    image, bottleneck = plane // inputs, plane % inputs
    output = tl.program_id(1) * OUTPUTS + tl.arange(0, OUTPUTS)
    there = output < outputs
    first_value = planes + plane.to(tl.int64) * ((HEIGHT + SIDE - 1) * PADDED)
    first_tap = taps + bottleneck * (SIDE * SIDE) * outputs + output
    best = tl.full((OUTPUTS,), float("-inf"), tl.float32)
    for start in range(0, HEIGHT * WIDTH, POSITIONS):
        position = tl.minimum(start + tl.arange(0, POSITIONS), HEIGHT * WIDTH - 1)
        corner = first_value + position // WIDTH * PADDED + position % WIDTH
        total = tl.zeros((POSITIONS, OUTPUTS), tl.float32)
        for tap in tl.static_range(SIDE * SIDE):
            value = tl.load(corner + (tap // SIDE * PADDED + tap % SIDE))
            weight = tl.load(first_tap + tap * outputs, mask=there, other=0.0)
            total = tl.fma(value[:, None], weight[None, :], total)
        best = tl.maximum(best, tl.max(total, axis=0))
    row = image.to(tl.int64) * outputs + output
    tl.store(influences + row * inputs + bottleneck, best, mask=there)


@triton.jit
def add_top_influences(influences, kept, counts, inputs, number, INPUTS: tl.constexpr):  # type: ignore[no-untyped-def]
    """One output of one image; grid (outputs, images)."""
    output, image = tl.program_id(0), tl.program_id(1)
    lanes = tl.arange(0, INPUTS)
    row = image.to(tl.int64) * tl.num_programs(0) + output
    values = tl.load(influences + row * inputs + lanes, mask=lanes < inputs, other=0.0)
    _add_top(values, lanes, tl.load(kept + output), counts + output * inputs, number, INPUTS)


@triton.jit
def add_top_products(largest, weight, kept, counts, inputs, number, INPUTS: tl.constexpr):  # type: ignore[no-untyped-def]
    """One output of one image; grid (outputs, images)."""
    output, image = tl.program_id(0), tl.program_id(1)
    lanes = tl.arange(0, INPUTS)
    there = lanes < inputs
    given = tl.load(largest + image * inputs + lanes, mask=there, other=0.0)
    factor = tl.load(weight + output * inputs + lanes, mask=there, other=0.0)
    values = tl.maximum(factor, 0.0) * given
    _add_top(values, lanes, tl.load(kept + output), counts + output * inputs, number, INPUTS)


@triton.jit
def _add_top(values, lanes, kept, counts, number, INPUTS: tl.constexpr):  # type: ignore[no-untyped-def]
    """+1 for each of the ``number`` largest values above 0, equal ones from the lowest lane."""
    values = tl.maximum(values, 0.0)
    for _ in range(number):
        largest = tl.max(values, axis=0)
        at = tl.min(tl.where(values == largest, lanes, INPUTS), axis=0)
        tl.atomic_add(counts + at, 1, mask=(largest > 0.0) & (kept != 0))
        values = tl.where(lanes == at, 0.0, values)


def _laid_out(weight: Tensor) -> Tensor:
    """(outputs, inputs) of a 1x1 kernel; (inputs, k, k, outputs) of an expand kernel."""
    return (weight if weight.ndim == 2 else weight.permute(1, 2, 3, 0)).contiguous()


def _launching_on(device: torch.device) -> AbstractContextManager[object]:
    """Triton launches on the current GPU, which a thread's first one need not be."""
    return torch.cuda.device(device) if device.type == "cuda" else nullcontext()
