"""Memory for counts: one dense int32 vector per class, and what each cell of it means.

The vector holds the activation counts of all layers, then a block of cells for each source that the channels
of a sum read, then the counts of the last layer's channels for the class's own output. Counts of batches,
processes and machines are added as vectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from summit_graph.counts.manifest import ACTIVATIONS_SCHEMA, HOPS_SCHEMA, RELEVANCE_SCHEMA, sorted_rows
from summit_graph.model.counted import CountedModel, CountedSum, CountedTerm


@dataclass(frozen=True, eq=False)
class Block:
    """The counts of the channels of a sum that read one source: a matrix, or a column for identities.

    Attributes:
        layer, stop, source, skip: the key of its rows in ``hops.parquet``.
        outputs: int64 (rows,), the stop's channels.
        inputs: int64 (columns,), the source's channels; for identities (rows,), each output's own.
        start: its first cell in the vector.
    """

    layer: str
    stop: str
    source: str
    skip: bool
    outputs: NDArray[np.int64]
    inputs: NDArray[np.int64]
    start: int

    @property
    def columns(self) -> int:
        """Number of cells of an output."""
        return 1 if self.skip else len(self.inputs)

    @property
    def stop_cell(self) -> int:
        """The cell behind its last one."""
        return self.start + len(self.outputs) * self.columns


@dataclass(frozen=True, eq=False)
class TermCells:
    """The cells of a term: output row ``r`` and input ``i`` have the cell ``base[i] + r * step[i]``.

    Attributes:
        base, step: int64 (inputs,), ``base`` -1 where an input is not counted.
    """

    base: Tensor
    step: Tensor


@dataclass(frozen=True, eq=False)
class SumCells:
    """The cells of a sum's terms, in their order; ``shared`` if two terms have cells in common."""

    terms: tuple[TermCells, ...]
    shared: bool


class CellLayout:
    """Meaning of each cell, for one model."""

    def __init__(self, model: CountedModel) -> None:
        self.layers = model.layers
        self.logits = model.logits
        self.blocks: list[Block] = []
        self._widths = {
            **{(stop.layer, stop.name): stop.channels for stop in model.stops},
            **{(layer.name, below.name): below.channels for below, layer in pairwise(model.layers)},
        }
        self._at = sum(layer.channels for layer in model.layers)
        self.sums = [self._add_sum(one) for one in model.sums]
        self.outputs = slice(self._at, self._at + model.layers[-1].channels if model.logits else self._at)
        self.size = self.outputs.stop

    def sum_of_output(self, output: int) -> tuple[CountedSum, SumCells]:
        """The logits' sum for one output alone, and the last layer's cells for it."""
        assert self.logits is not None
        counted = self.logits
        row = (counted.outputs == output).nonzero()[:, 0]
        alone = replace(counted, outputs=counted.outputs[row], rows=counted.rows[row], kept=counted.kept[row])
        terms = []
        for term in counted.terms:
            base = torch.where(term.source < 0, -1, self.outputs.start + term.numbers)
            terms.append(TermCells(base, torch.zeros_like(base)))
        return alone, _sum_cells(counted, terms)

    def activation_cells(self, name: str) -> slice:
        """Cells of a layer's activation counts."""
        at = next(at for at, layer in enumerate(self.layers) if layer.name == name)
        start = int(self._starts[at])
        return slice(start, start + self.layers[at].channels)

    def to_tables(self, cells: NDArray[np.integer[Any]]) -> tuple[pa.Table, pa.Table, pa.Table]:
        """The cells that are not 0 as activations, hops and outputs, each sorted by key.

        Args:
            cells: integers (cells,), a whole vector of counts.
        """
        return self._activations(cells), self._hops(cells), self._outputs(cells)

    def relevance_table(self, sums: NDArray[np.float64]) -> pa.Table:
        """The channels' summed relevance, (channels of all layers,), sorted by key."""
        which = np.repeat(np.arange(len(self.layers)), np.diff(self._starts))
        indices = np.arange(len(sums)) - self._starts[which]
        names = _text(which, [layer.name for layer in self.layers])
        return sorted_rows("relevance", pa.table([names, indices, sums], schema=RELEVANCE_SCHEMA))

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        return np.cumsum([0, *(layer.channels for layer in self.layers)])

    def _add_sum(self, counted: CountedSum) -> SumCells:
        matrices: dict[str, Block] = {}
        columns: dict[str, list[tuple[Tensor, Block]]] = {}
        return _sum_cells(
            counted, [self._add_term(counted, term, matrices, columns) for term in counted.terms]
        )

    def _add_term(
        self,
        counted: CountedSum,
        term: CountedTerm,
        matrices: dict[str, Block],
        columns: dict[str, list[tuple[Tensor, Block]]],
    ) -> TermCells:
        base, step = torch.full_like(term.source, -1), torch.zeros_like(term.source)
        for at, source in enumerate(term.sources):
            mine = (term.source == at).nonzero()[:, 0]
            if term.skip:
                known = columns.setdefault(source, [])
                base[mine], step[mine] = self._columns(counted, source, mine, term.numbers, known), 1
            else:
                block = self._matrix(counted, source, matrices)
                base[mine], step[mine] = block.start + term.numbers[mine], block.columns
        return TermCells(base, step)

    def _matrix(self, counted: CountedSum, source: str, found: dict[str, Block]) -> Block:
        """The block for a source that mixing operators read."""
        if source not in found:
            every = torch.arange(self._widths[counted.layer, source])
            found[source] = self._block(counted, source, False, counted.outputs, every)
        return found[source]

    def _columns(
        self,
        counted: CountedSum,
        source: str,
        mine: Tensor,
        numbers: Tensor,
        found: list[tuple[Tensor, Block]],
    ) -> Tensor:
        """The first cell of the column in which each row's identity is counted.

        Identities of several terms share the cell of a row if they have the same input there.

        Args:
            mine: the rows, as numbers in the sum.
            numbers: the input of each row of the sum.
            found: the inputs and the columns of the source's identities so far; added to.
        """
        starts = torch.full_like(mine, -1)
        for known, block in found:
            starts[known[mine] == numbers[mine]] = block.start
        if bool((starts < 0).any()):
            block = self._block(counted, source, True, counted.outputs, numbers[counted.rows])
            found.append((numbers, block))
            starts[starts < 0] = block.start
        return starts

    def _block(self, counted: CountedSum, source: str, skip: bool, outputs: Tensor, inputs: Tensor) -> Block:
        block = Block(counted.layer, counted.stop, source, skip, outputs.numpy(), inputs.numpy(), self._at)
        self._at = block.stop_cell
        self.blocks.append(block)
        return block

    def _activations(self, cells: NDArray[np.integer[Any]]) -> pa.Table:
        counts = cells[: self._starts[-1]]
        at = np.flatnonzero(counts)
        layer = np.searchsorted(self._starts, at, side="right") - 1
        names = _text(layer, [one.name for one in self.layers])
        return _sorted(pa.table([names, at - self._starts[layer], counts[at]], schema=ACTIVATIONS_SCHEMA))

    def _hops(self, cells: NDArray[np.integer[Any]]) -> pa.Table:
        parts = list(self._rows(cells))
        which = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
        numbers = [np.concatenate([np.zeros(0, np.int64), *column]) for column in zip(*parts, strict=True)]
        texts = [
            _text(which, [getattr(one, key) for one in self.blocks]) for key in ("layer", "stop", "source")
        ]
        skip = np.array([one.skip for one in self.blocks], bool)[which]
        return _sorted(
            pa.table([*texts, skip, *(numbers or [np.zeros(0, np.int64)] * 3)], schema=HOPS_SCHEMA)
        )

    def _rows(self, cells: NDArray[np.integer[Any]]) -> Iterator[tuple[NDArray[np.int64], ...]]:
        """Output, input and count of each block's cells that are not 0."""
        for block in self.blocks:
            counts = cells[block.start : block.stop_cell]
            at = np.flatnonzero(counts)
            row, column = np.divmod(at, block.columns)
            yield block.outputs[row], block.inputs[row if block.skip else column], counts[at].astype(np.int64)

    def _outputs(self, cells: NDArray[np.integer[Any]]) -> pa.Table:
        counts = cells[self.outputs]
        at = np.flatnonzero(counts)
        names = pa.repeat(self.layers[-1].name, len(at))
        return pa.table([names, at, counts[at]], schema=ACTIVATIONS_SCHEMA)


def _sum_cells(counted: CountedSum, terms: Sequence[TermCells]) -> SumCells:
    bases: dict[bool, list[Tensor]] = {True: [], False: []}
    for term, cells in zip(counted.terms, terms, strict=True):
        bases[term.skip].append(cells.base)
    mixed = torch.cat(bases[False])[:, None] if bases[False] else None
    own = torch.stack(bases[True]) if bases[True] else None  # one candidate of each row per term
    return SumCells(tuple(terms), shared=any(one is not None and _repeats(one) for one in (mixed, own)))


def _repeats(cells: Tensor) -> bool:
    """Whether a column has a cell, which is not negative, more than once."""
    ordered = cells.sort(0).values
    return bool(((ordered[1:] == ordered[:-1]) & (ordered[1:] >= 0)).any())


def _sorted(rows: pa.Table) -> pa.Table:
    keys = [(name, "ascending") for name in rows.schema.names if name != "count"]
    return rows.sort_by(keys).combine_chunks()


def _text(codes: NDArray[np.int64], names: list[str]) -> pa.Array:
    """The name of each code, without one Python string per row."""
    return pa.array(names, pa.string()).take(pa.array(codes))
