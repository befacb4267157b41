"""Exact influences on a GPU by Triton kernels, without storing maps; the counts are those of ``reference``.

For each mixing operator, a whole batch at once, without synchronizing with the host:

1. 3x3, 5x5 and larger kernels: the maps are padded with zeros. A program handles one input channel of one
   image and a tile of outputs. It iterates over the positions, several at a time, sums the k·k taps in
   registers (float32 multiply-adds, not TF32) and keeps the running maximum. Only the maxima, (images,
   outputs, bottlenecks), are written to memory.
2. 1x1 kernels: the influence is max(w, 0) · max z. A program handles one output of one image; its row of
   products stays in registers.
3. The largest value of a row is selected ``number`` times, ties going to the lowest index, and counted by an
   atomic addition to the class's buffer. Integer additions commute, so the counts are deterministic.

The order of summation differs from torch's, so values that tie within rounding may be counted differently.

Tested without a GPU: the logic in Triton's interpreter, and that the kernels compile for compute capabilities
8.0 and 9.0. Speed has not been measured on a GPU yet; the tile sizes are estimates.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.nn import functional

from summit_graph.aggregate.cells import SumCells, TermCells
from summit_graph.model.counted import CountedSum
from summit_graph.model.program.running import Values

#: Positions that a program handles at once; with one warp per program their values are broadcast loads.
POSITIONS = 8
#: Largest tile of outputs: 4 per thread, so each loaded value is used in 4 multiply-adds.
MOST_OUTPUTS = 128
LEAST_OUTPUTS = 32
WARPS = 1


def can_fuse(counted: CountedSum, cells: SumCells) -> bool:
    """Whether ``FusedSum`` counts this sum.

    It must be one ungrouped convolution over values of one source that are never negative. Its kernel must be
    square and of odd side, with zero padding that keeps the size. The reference counts other sums.
    """
    if len(counted.terms) != 1 or counted.terms[0].skip:
        return False
    (term,), (placed,) = counted.terms, cells.terms
    mixing, factors = term.term.mixing, term.term.factors
    assert mixing is not None
    tall, wide = mixing.weight.shape[2:]
    is_square = tall == wide and tall % 2 == 1 and set(mixing.padding) == {tall // 2}
    is_plain = mixing.groups == 1 and mixing.stride == (1, 1) and mixing.dilation == (1, 1)
    is_one_block = len(_starts(placed)) == 1
    return is_square and is_plain and is_one_block and term.nonnegative and not factors.gates


class FusedSum:
    """Counts the top influences on the channels of one sum; use within one thread.

    Args:
        counted: a sum for which ``can_fuse`` is true.
        cells: the cells of its terms.
        number: how many influences of an output are counted.
    """

    def __init__(
        self, counted: CountedSum, cells: SumCells, *, number: int, device: torch.device | str
    ) -> None:
        (term,), (placed,) = counted.terms, cells.terms
        assert term.term.mixing is not None
        self.number = number
        self.device = torch.device(device)
        self.term = term.term
        factors = self.term.factors.constant[counted.rows].float()[:, None, None, None]
        weight = term.term.mixing.weight[counted.rows] * factors
        self.side = weight.shape[2]
        self.weight = _laid_out(weight[:, :, 0, 0] if self.side == 1 else weight).to(self.device)
        self.kept = counted.kept.to(self.device)
        self.missing = (placed.base < 0).nonzero()[:, 0].to(self.device)
        start = int(_starts(placed))
        self.cells = slice(start, start + len(counted.rows) * len(placed.base))

    def count(self, values: Values, counts: Tensor) -> None:
        """Add each image's top influences; does not wait for the GPU.

        Args:
            values: those that the sum reads, by name.
            counts: int32 (cells,), the whole vector of counts.
        """
        assert self.term.layout is not None
        maps = self.term.layout.maps(values[self.term.reads])
        mine = counts[self.cells]
        with _launching_on(self.device):
            if self.side == 1:
                largest = maps.amax((2, 3)).contiguous()
                largest[:, self.missing] = 0
                count_products(largest, self.weight, self.kept, self.number, mine)
            else:
                planes = functional.pad(maps, [self.side // 2] * 4).contiguous()
                planes[:, self.missing] = 0
                count_largest(expand_influences(planes, self.weight), self.kept, self.number, mine)


def _starts(placed: TermCells) -> Tensor:
    """The first cell of the matrix of outputs and inputs; several if the cells are no such matrix."""
    inputs = torch.arange(len(placed.base))
    is_matrix = (placed.step == len(placed.base)) | (placed.base < 0)
    first = torch.where(is_matrix, placed.base - inputs, -inputs - 1)
    return first[placed.base >= 0].unique()


def expand_influences(planes: Tensor, taps: Tensor) -> Tensor:
    """The largest value of every single-channel convolution.

    Args:
        planes: float32 (images, inputs, H + k - 1, W + k - 1), contiguous, with a border of zeros.
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
        kept: bool (outputs,), False for excluded outputs.
        number: maximum number of inputs that an output counts.
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
def keep_largest_sums(
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
    """One bottleneck of one image and one tile of outputs; grid (images · inputs, tiles).

    Because of the border of zeros, loads need no bounds check. After the last position, that position is
    repeated, which does not change the maximum.
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
def add_top_influences(influences, kept, counts, inputs, number, INPUTS: tl.constexpr):
    """One output of one image; grid (outputs, images)."""
    output, image = tl.program_id(0), tl.program_id(1)
    lanes = tl.arange(0, INPUTS)
    row = image.to(tl.int64) * tl.num_programs(0) + output
    values = tl.load(influences + row * inputs + lanes, mask=lanes < inputs, other=0.0)
    _add_top(values, lanes, tl.load(kept + output), counts + output * inputs, number, INPUTS)


@triton.jit
def add_top_products(largest, weight, kept, counts, inputs, number, INPUTS: tl.constexpr):
    """One output of one image; grid (outputs, images)."""
    output, image = tl.program_id(0), tl.program_id(1)
    lanes = tl.arange(0, INPUTS)
    there = lanes < inputs
    given = tl.load(largest + image * inputs + lanes, mask=there, other=0.0)
    factor = tl.load(weight + output * inputs + lanes, mask=there, other=0.0)
    values = tl.maximum(factor, 0.0) * given
    _add_top(values, lanes, tl.load(kept + output), counts + output * inputs, number, INPUTS)


@triton.jit
def _add_top(values, lanes, kept, counts, number, INPUTS: tl.constexpr):
    """Add 1 for each of the ``number`` largest values above 0; ties go to the lowest lane."""
    values = tl.maximum(values, 0.0)
    for _ in range(number):
        largest = tl.max(values, axis=0)
        at = tl.min(tl.where(values == largest, lanes, INPUTS), axis=0)
        tl.atomic_add(counts + at, 1, mask=(largest > 0.0) & (kept != 0))
        values = tl.where(lanes == at, 0.0, values)


def _laid_out(weight: Tensor) -> Tensor:
    """(outputs, inputs) as it is; (outputs, inputs, k, k) -> (inputs, k, k, outputs). Contiguous."""
    return (weight if weight.ndim == 2 else weight.permute(1, 2, 3, 0)).contiguous()


def _launching_on(device: torch.device) -> AbstractContextManager[object]:
    """Make the device current: Triton launches on the current GPU, which is the first one by default."""
    return torch.cuda.device(device) if device.type == "cuda" else nullcontext()
