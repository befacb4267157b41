"""Lists of the top inputs of outputs, in descending order, and how they are counted; compiled."""

from __future__ import annotations

import numpy as np

from summit_graph.model.cpu_layers import compiled


@compiled
def insert(values, inputs, value, at):
    """Insert a value into the descending list of largest values; ties by ascending number, 0 never."""
    last = values.shape[0] - 1
    if value < values[last] or (value == values[last] and at >= inputs[last]):
        return
    while last > 0 and (value > values[last - 1] or (value == values[last - 1] and at < inputs[last - 1])):
        values[last] = values[last - 1]
        inputs[last] = inputs[last - 1]
        last -= 1
    values[last] = value
    inputs[last] = at


@compiled
def add_found(inputs, starts, first, base, step, shared, counts):
    """Add 1 to the cell of each top input, once an image.

    Args:
        inputs: int64 (images, outputs, number), candidates; a negative one ends the list.
        starts: int64 (terms + 1,), the first candidate of each term.
        first: int64 (terms, outputs), the place in ``base`` of each output's first input.
        base, step: int64, the cell of output row ``r`` is ``base + r * step``.
        shared: whether two candidates may have the same cell.
        counts: int32 (cells,), added to.
    """
    cells = np.empty(inputs.shape[2], np.int64)
    for image in range(inputs.shape[0]):
        for output in range(inputs.shape[1]):
            for at, candidate in enumerate(inputs[image, output]):
                if candidate < 0:
                    break
                term = 0
                while starts[term + 1] <= candidate:
                    term += 1
                place = first[term, output] + candidate - starts[term]
                cells[at] = base[place] + output * step[place]
                if not shared or not (cells[:at] == cells[at]).any():
                    counts[cells[at]] += 1
