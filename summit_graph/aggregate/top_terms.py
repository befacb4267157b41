"""Which terms of a sum contribute most: the selection and counting that influences and relevance share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from summit_graph.aggregate.cells import SumCells, TermCells
from summit_graph.aggregate.top_inputs import insert
from summit_graph.model.counted import CountedSum, CountedTerm
from summit_graph.model.cpu_layers import compiled
from summit_graph.model.program.running import Values
from summit_graph.model.program.steps import Mixing


class TopTerms:
    """Counts, for each output of one sum, the candidates that contribute most; a candidate is a term's input.

    Args:
        counted: the sum.
        cells: the cells of its terms.
        terms: the candidates of each term.
        number: how many candidates of an output are counted.
        device: where the values are.

    Attributes:
        size: number of contributions of one image.
    """

    def __init__(
        self,
        counted: CountedSum,
        cells: SumCells,
        terms: Sequence[TermCandidates],
        *,
        number: int,
        device: torch.device | str = "cpu",
    ) -> None:
        self.number = number
        self.shared = cells.shared
        self.kept = counted.kept.to(device)
        self.terms = terms
        self.starts = torch.tensor([0, *(one.width for one in terms)], device=device).cumsum(0)
        self.size = max(1, len(self.kept) * sum(one.width for one in terms))

    def add(self, contributions: Tensor, counts: Tensor, rows: Tensor | None = None) -> None:
        """Add the largest contributions above 0 of each output of each image.

        Args:
            contributions: float32 (images, rows, candidates of all terms), or those of some outputs alone,
                (outputs, candidates).
            counts: int32 (cells,), the whole vector of counts.
            rows: int64 (outputs,), their rows.
        """
        if rows is None:
            rows = torch.arange(len(self.kept), device=counts.device).repeat(len(contributions))
            contributions = contributions.flatten(0, 1)
        top, counted = (one[0] for one in select_top_inputs(contributions[None], self.number))
        counted &= self.kept[rows, None]
        cells = self._cells_of(top, rows).masked_fill(~counted, -1)
        if self.shared:
            cells = _once_an_image(cells)
        found = cells[cells >= 0]
        counts.index_add_(0, found, torch.ones_like(found, dtype=counts.dtype))

    def add_wanted(self, contributions: Sequence[Tensor], wanted: Tensor, counts: Tensor) -> None:
        """Add the largest contributions above 0 of some outputs of each image.

        Args:
            contributions: of each term, float32 (images, rows, width of the term).
            wanted: bool (images, rows), the outputs that count.
            counts: int32 (cells,), the whole vector of counts.
        """
        chosen = torch.cat([one[wanted] for one in contributions], dim=1)
        self.add(chosen, counts, wanted.nonzero()[:, 1])

    def _cells_of(self, top: Tensor, rows: Tensor) -> Tensor:
        """The cells of candidates, int64 (outputs, number)."""
        which = torch.searchsorted(self.starts, top.contiguous(), right=True) - 1
        cells = torch.full_like(top, -1)
        rows = rows[:, None].expand(top.shape)
        for at, term in enumerate(self.terms):
            mine = which == at
            cells[mine] = term.cells_of(rows[mine], top[mine] - self.starts[at])
        return cells


class TermCandidates:
    """The inputs that contribute to a sum through one term.

    Attributes:
        rows: int64 (rows,), the counted channels of the sum.
        width: how many inputs compete for each output.
        first: int64 (rows,), the first of them.
        mixing: the operator, or None for an identity.
        missing: bool (rows, width), the inputs that are not counted; None if all are.
    """

    def __init__(
        self, counted: CountedTerm, cells: TermCells, rows: Tensor, *, device: torch.device | str = "cpu"
    ) -> None:
        self.term = counted.term
        self.rows = rows.to(device)
        self.base, self.step = cells.base.to(device), cells.step.to(device)
        mixing = self.term.mixing
        self.width = 1 if mixing is None else mixing.weight.shape[1]
        self.first = (
            self.rows if mixing is None else self.rows // (mixing.outputs // mixing.groups) * self.width
        )
        self.mixing = None if mixing is None else _moved(mixing, device)
        self.nonnegative = counted.nonnegative
        self._factors = replace(self.term.factors, constant=self.term.factors.constant.to(device))
        self.missing = self._missing()

    def cells_of(self, rows: Tensor, candidates: Tensor) -> Tensor:
        """The cells of an output's candidates, both int64 of the same shape."""
        inputs = self.first[rows] + candidates
        base = self.base[inputs]
        return torch.where(base < 0, base, base + rows * self.step[inputs])

    def factors(self, values: Values) -> Tensor:
        """All factors between the term and the end of the sum, float64 (images or 1, rows), on the device."""
        return self._factors.of(values)[:, self.rows]

    def maps(self, values: Values) -> Tensor:
        """The maps that it reads, (images, channels, H, W)."""
        assert self.term.layout is not None
        return self.term.layout.maps(values[self.term.reads])

    def counted(self, contributions: Tensor) -> Tensor:
        """Contributions (images, rows, width), 0 for inputs that are not counted."""
        return contributions if self.missing is None else contributions.masked_fill(self.missing, 0)

    def _missing(self) -> Tensor | None:
        inputs = self.first[:, None] + torch.arange(self.width, device=self.first.device)
        missing = self.base[inputs] < 0
        return missing if bool(missing.any()) else None

    def cells(self) -> Tensor:
        """The cell of each candidate of each row, int64 (rows, width); -1 where an input is not counted."""
        rows = torch.arange(len(self.rows), device=self.rows.device)[:, None]
        candidates = torch.arange(self.width, device=self.rows.device)
        return self.cells_of(*torch.broadcast_tensors(rows, candidates))


def select_top_inputs(influences: Tensor, number: int) -> tuple[Tensor, Tensor]:
    """The ``number`` largest inputs of every output.

    Args:
        influences: float (…, inputs).
        number: maximum number of inputs.

    Returns:
        Input indices, int64, and whether they count (influence > 0), bool; both (…, up to ``number``),
        unordered. Ties go to the lower index.
    """
    if influences.device.type == "cpu":
        return _inserted(influences, number)
    inputs = influences.shape[-1]
    if inputs <= number:
        everything = torch.arange(inputs, device=influences.device).expand(influences.shape)
        return everything, influences > 0
    values, top = influences.topk(number + 1, dim=-1)
    # topk does not order ties: where the last selected input ties with the next one, sort stably
    tied = (values[..., number - 1] == values[..., number]) & (values[..., number] > 0)
    if bool(tied.any()):
        top[tied] = influences[tied].sort(dim=1, descending=True, stable=True).indices[:, : number + 1]
    return top[..., :number], values[..., :number] > 0


def _inserted(influences: Tensor, number: int) -> tuple[Tensor, Tensor]:
    """The same by insertion, on the CPU several times faster than ``topk``."""
    number = min(number, influences.shape[-1])
    rows = influences.reshape(-1, influences.shape[-1]).contiguous()
    top = torch.full((len(rows), number), -1)
    insert_largest(rows.numpy(), torch.zeros_like(top, dtype=rows.dtype).numpy(), top.numpy())
    top = top.reshape(*influences.shape[:-1], number)
    return top.clamp_min(0), top >= 0


@compiled
def insert_largest(influences, best, top):
    """Insert each row's values above 0 into ``best`` (rows, number), sorted; their indices into ``top``."""
    for row in range(influences.shape[0]):
        for index in range(influences.shape[1]):
            insert(best[row], top[row], influences[row, index], index)


def _once_an_image(cells: Tensor) -> Tensor:
    """Cells (outputs, number) with all but one of equal ones of an output replaced by -1."""
    ordered = cells.sort(dim=-1).values
    again = ordered[..., 1:] == ordered[..., :-1]
    ordered[..., 1:][again] = -1
    return ordered


def _moved(mixing: Mixing, device: torch.device | str) -> Mixing:
    weight = mixing.weight.to(device)
    return Mixing(weight, None, mixing.stride, mixing.padding, mixing.dilation, mixing.groups)
