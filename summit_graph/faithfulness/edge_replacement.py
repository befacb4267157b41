"""A model from which influences can be taken out: exact path patching between neighbouring layers.

The influence of channel i of a layer on channel o of the layer above is taken out by computing o's map with
i's map replaced by its mean over other images. All that lies between the two layers is computed again for o
alone: other channels of the layer read i as it is, and the layers above read the new map of o.

1. Terms that read the layer below through operators on single channels: the difference to the mean maps goes
   through a convolution whose weights are 0 but for the pairs that are taken out, once for all channels.
2. Terms that read inner stops: these are computed once for each distinct set of channels that are taken out.
   Where the first inner stop only has terms of the first kind, it is changed by the channels that are taken
   out alone, or from its value at the means by those that are kept, whichever are fewer.
3. A sum with gates, or a channel that a concatenation copies: everything between the layers is computed once
   for each distinct set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial, reduce
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from summit_graph.aggregate.batches import exact_float32
from summit_graph.analysis.edge_faithfulness import Edges
from summit_graph.errors import ModelError
from summit_graph.model.counted import CountedModel, CountedSum, CountedTerm, LayerMaps
from summit_graph.model.program.layouts import Layout
from summit_graph.model.program.running import ForwardPass, Instruction, Recipe
from summit_graph.model.program.steps import Mixing

#: Operators that compute each channel of their result from one channel.
_ON_SINGLE_CHANNELS = {
    *("relu", "hardtanh", "leaky_relu", "elu", "silu", "gelu", "hardswish", "sigmoid", "tanh", "clamp"),
    *("max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "mean", "dropout", "batch_norm"),
    *("_native_batch_norm_legit_no_training", "getitem", "pad", "constant_pad_nd", "cat", "slice", "split"),
    *("chunk", "flatten", "view", "reshape", "contiguous", "clone", "permute", "transpose"),
}
#: With a constant they do, too.
_WITH_CONSTANTS = {"add", "sub", "rsub", "mul", "div"}


class EdgeReplacement:
    """Runs a model above its first layer with influences taken out.

    Args:
        model: counted with skips and without excluded channels.
        means: what ``replacement.mean_values`` found.
        device: where it runs.
    """

    def __init__(
        self,
        model: CountedModel,
        means: Mapping[str, NDArray[np.float32]],
        *,
        device: torch.device | str = "cpu",
    ) -> None:
        self.model, self.device = model, torch.device(device)
        self.first = model.maps[0]
        floats = (one.dtype for one in model.recipe.tensors.values() if one.is_floating_point())
        dtype = next(floats, torch.float32)
        mean = {name: torch.from_numpy(one)[None].to(device, dtype) for name, one in means.items()}
        self._between = [_Between(model, *pair, mean, self.device) for pair in pairwise(model.maps)]
        self._seen: dict[str, Tensor] = {}
        self._out: dict[str, Tensor] = {}
        self._above = ForwardPass(
            model.recipe.after(self.first.tensor, model.output),
            [model.output],
            device=device,
            edits={name: partial(_in_turn, edits) for name, edits in self._edits().items()},
        )

    def logits(self, first: Tensor, out: Edges | None = None) -> Tensor:
        """The logits (images, outputs) with influences taken out.

        Args:
            first: the first layer's tensor, as ``Replacement.first_values`` gives it.
            out: which; a layer without an entry keeps all. By default none are taken out.
        """
        self._out = {layer: torch.from_numpy(one).to(self.device) for layer, one in (out or {}).items()}
        self._seen = {self.first.tensor: first}
        with exact_float32():
            found = self._above(first)[self.model.output]
        self._seen = {}
        return found

    def _edits(self) -> dict[str, list[Callable[[Tensor], Tensor]]]:
        """What happens to each value of a pass, in turn."""
        edits: dict[str, list[Callable[[Tensor], Tensor]]] = {}
        for between in self._between:
            for name in between.reads - {between.lower.tensor}:
                edits.setdefault(name, []).append(partial(self._see, name))
            for one in between.sums:
                edits.setdefault(one.counted.value, []).append(partial(self._change, between, one))
            edits.setdefault(between.upper.tensor, []).append(partial(self._finish, between))
        return edits

    def _see(self, name: str, value: Tensor) -> Tensor:
        if self._out:
            self._seen[name] = value
        return value

    def _change(self, between: _Between, one: _EdgeSum, value: Tensor) -> Tensor:
        out = self._out.get(between.upper.name)
        return value if out is None else one.without(value, self._seen, out)

    def _finish(self, between: _Between, value: Tensor) -> Tensor:
        """The layer's tensor; what only this layer reads is no longer needed."""
        out = self._out.get(between.upper.name)
        if out is not None:
            value = between.recomputed(value, self._seen, out)
        self._seen = {between.upper.tensor: value}
        return value


def _in_turn(edits: Sequence[Callable[[Tensor], Tensor]], value: Tensor) -> Tensor:
    return reduce(lambda found, edit: edit(found), edits, value)


class _Between:
    """What lies between a layer and the layer below it.

    Attributes:
        sums: the layer's sums that can be changed at their end.
        reads: names of the values that have to be seen.
    """

    def __init__(
        self,
        model: CountedModel,
        lower: LayerMaps,
        upper: LayerMaps,
        means: Mapping[str, Tensor],
        device: torch.device,
    ) -> None:
        self.lower, self.upper, self.device = lower, upper, device
        self.recipe = model.recipe.after(lower.tensor, upper.tensor)
        self.mean = means[lower.tensor]
        here = [one for one in model.sums if one.layer == upper.name]
        inner = [one for one in here if one.stop != upper.name]
        paths = _Paths(self.recipe, lower, self.mean, inner, device)
        own = [one for one in here if one.stop == upper.name and _ends_alone(one, here, paths)]
        self.sums = [_EdgeSum(one, paths) for one in own]
        self.reads = {lower.tensor, *(name for one in self.sums for name in one.reads)}
        paths.values_at_mean(self.reads)
        covered = torch.cat([torch.zeros(0, dtype=torch.long), *(one.outputs for one in own)])
        self._rest = ~torch.isin(torch.arange(upper.layout.channels), covered).to(device)

    @cached_property
    def _whole(self) -> ForwardPass:
        return ForwardPass(self.recipe, [self.upper.tensor], device=self.device)

    def recomputed(self, value: Tensor, seen: Mapping[str, Tensor], out: Tensor) -> Tensor:
        """The layer's tensor with the channels of no sum in ``sums`` computed again."""
        for mask, rows in _distinct(out & self._rest[:, None]):
            changed = torch.zeros_like(self._rest)
            changed[rows] = True
            below = _with_means(seen[self.lower.tensor], self.mean, mask, self.lower.layout)
            again = self._whole(below)[self.upper.tensor]
            value = torch.where(changed[self.upper.layout.labels[0].to(self.device)], again, value)
        return value


def _ends_alone(one: CountedSum, here: Sequence[CountedSum], paths: _Paths) -> bool:
    """Whether a sum has no gates, and its layer alone reads its end, each channel once and by itself."""
    is_copied = all(term.skip for term in one.terms)
    is_shared = sum(other.value == one.value for other in here) > 1 or len(one.rows.unique()) < len(one.rows)
    return not is_copied and not is_shared and _is_plain(one) and paths.ends_in_single_channels(one.value)


def _is_plain(one: CountedSum) -> bool:
    """Whether its factors are the same for all images, and its channels the second dimension."""
    has_gates = any(term.term.factors.gates for term in one.terms)
    return not has_gates and one.layout.is_along(1)


class _EdgeSum:
    """One of a layer's sums."""

    def __init__(self, counted: CountedSum, paths: _Paths) -> None:
        self.counted = counted
        self.outputs = counted.outputs.to(paths.device)
        direct = [term for term in counted.terms if paths.is_direct(term)]
        self.direct = [_Term(term, counted.rows, paths.device) for term in direct]
        others = [term for term in counted.terms if term not in direct]
        rows = counted.rows
        self.longer = [(_Term(one, rows, paths.device), paths.to(one.term.reads)) for one in others]
        self.paths = paths

    @property
    def reads(self) -> set[str]:
        """Names of the values that a change is computed from."""
        longer = {name for term, path in self.longer for name in (term.reads, *path.reads)}
        return {*(term.reads for term in self.direct), *longer}

    def without(self, value: Tensor, seen: Mapping[str, Tensor], out: Tensor) -> Tensor:
        """The value at the sum's end with influences taken out.

        Args:
            value: as it is.
            seen: the values below it, by name.
            out: bool (channels of the layer, channels of the layer below).
        """
        mine = out[self.outputs]
        if not mine.any():
            return value
        maps = self.counted.layout.maps(value).clone()
        for term in self.direct:
            maps += term.change(self.paths.to_mean(term, seen), mine)
        for term, path in self.longer:
            to_mean = [self.paths.to_mean(one, seen) for one in path.terms]
            before = term.maps(seen[term.reads])
            for mask, rows in _distinct(mine):
                after = term.maps(path.value(seen, to_mean, mask))
                maps[:, term.rows[rows]] += term.mixed(after - before, rows)
        return maps.reshape(value.shape)


class _Term:
    """A term of a sum; rows are the sum's counted channels."""

    def __init__(self, counted: CountedTerm, rows: Tensor, device: torch.device) -> None:
        term = counted.term
        assert term.layout is not None
        self.reads, self.layout = term.reads, term.layout
        self.mixing = None if term.mixing is None else _on(term.mixing, device)
        self.rows = rows.to(device)
        self.factors = term.factors.constant.to(device)[:, None, None]
        self.is_source = (counted.source >= 0).to(device)
        self.numbers = counted.numbers.clamp_min(0).to(device)

    def maps(self, value: Tensor) -> Tensor:
        """A value that it reads as (images, channels, height, width)."""
        return self.layout.maps(value)

    def change(self, difference: Tensor, out: Tensor) -> Tensor:
        """What a difference of single channels that it reads adds to the sum, (images, channels, …).

        Args:
            difference: (images, channels, height, width), of what it reads.
            out: bool (rows, channels of the layer below), the pairs through which it is added.
        """
        if self.mixing is None:
            seen = out.gather(1, self.numbers[self.rows, None])[:, 0] & self.is_source[self.rows]
            mask = seen.new_zeros(difference.shape[1]).index_fill(0, self.rows[seen], True)
            return difference * mask[:, None, None] * self.factors.to(difference)
        seen = out.gather(1, self.numbers[self._inputs]) & self.is_source[self._inputs]
        mask = seen.new_zeros(self.mixing.weight.shape[:2])
        mask[self.rows] = seen
        weight = self.mixing.weight * mask[:, :, None, None]
        return _convolved(difference, weight, self.mixing, self.mixing.groups) * self.factors.to(difference)

    def mixed(self, difference: Tensor, rows: Tensor) -> Tensor:
        """What a difference of what it reads adds to some of the rows, (images, rows, height, width)."""
        wanted = self.rows[rows]
        if self.mixing is None:
            return difference[:, wanted] * self.factors[wanted].to(difference)
        if self.mixing.groups > 1:
            found = _convolved(difference, self.mixing.weight, self.mixing, self.mixing.groups)[:, wanted]
        else:
            found = _convolved(difference, self.mixing.weight[wanted], self.mixing)
        return found * self.factors[wanted].to(difference)

    def added(self, difference: Tensor, mask: Tensor) -> Tensor:
        """What a difference adds to all channels of the sum, (images, channels, height, width).

        Args:
            mask: bool (channels of the layer below), those whose difference is added.
        """
        seen = mask[self.numbers] & self.is_source
        if self.mixing is None or self.mixing.groups > 1:
            difference = difference * seen[:, None, None]
            return self.mixed(difference, torch.arange(len(self.rows), device=difference.device))
        if not seen.any():
            return difference.new_zeros(())
        found = _convolved(difference[:, seen], self.mixing.weight[:, seen], self.mixing)
        return found * self.factors.to(difference)

    @cached_property
    def _inputs(self) -> Tensor:
        """The channels that each row's kernel reads, (rows, inputs of a group)."""
        assert self.mixing is not None
        width = self.mixing.weight.shape[1]
        first = self.rows // (self.mixing.outputs // self.mixing.groups) * width
        return first[:, None] + torch.arange(width, device=self.rows.device)


@dataclass(eq=False)
class _Paths:
    """The ways from a layer to the values that the sums above it read.

    Attributes:
        recipe: from the layer's tensor to the next layer's.
        lower: the layer.
        mean: the mean of its tensor.
        inner: the sums of the inner stops.
    """

    recipe: Recipe
    lower: LayerMaps
    mean: Tensor
    inner: Sequence[CountedSum]
    device: torch.device

    def __post_init__(self) -> None:
        self.at_mean: dict[str, Tensor] = {}

    def values_at_mean(self, names: set[str]) -> None:
        """Compute the values of these names from the layer's mean maps."""
        with exact_float32():
            self.at_mean |= ForwardPass(self.recipe, names, device=self.device)(self.mean)

    def is_direct(self, term: CountedTerm) -> bool:
        """Whether a term reads the layer through operators on single channels."""
        if term.sources != (self.lower.name,):
            return False
        return self._are_on_single_channels(self.recipe.only([term.term.reads]).instructions)

    def ends_in_single_channels(self, name: str) -> bool:
        """Whether only operators on single channels lead from a value to the next layer's tensor."""
        behind = {name}
        for one in self.recipe.instructions:
            if behind.intersection(one.reads):
                behind.add(one.name)
        return self._are_on_single_channels(
            [one for one in self.recipe.instructions if one.name in behind - {name}]
        )

    def _are_on_single_channels(self, steps: Sequence[Instruction]) -> bool:
        sizes = {one.name for one in steps if one.is_number_of(self.lower.tensor)}
        fixed = {*self.recipe.tensors, *sizes}
        return all(one.name in sizes or _is_on_single_channels(one, fixed) for one in steps)

    def to(self, name: str) -> _Path:
        """The way to a value."""
        for entry in self.inner:
            if self._is_entry(entry) and (tail := self._after(entry.value, name)):
                terms = [_Term(term, entry.rows, self.device) for term in entry.terms]
                return _Path(self, name, tail, entry.value, entry.layout, terms)
        return _Path(self, name, ForwardPass(self.recipe, [name], device=self.device))

    def _is_entry(self, one: CountedSum) -> bool:
        is_whole = len(one.rows) == one.layout.channels
        return is_whole and _is_plain(one) and all(map(self.is_direct, one.terms))

    def _after(self, entry: str, name: str) -> ForwardPass | None:
        """From a value to another one; None if that needs other values."""
        if all(one.name != entry for one in self.recipe.only([name]).instructions):
            return None
        try:
            return ForwardPass(self.recipe.after(entry, name), [name], device=self.device)
        except ModelError:
            return None

    def to_mean(self, term: _Term, seen: Mapping[str, Tensor]) -> Tensor:
        """The difference between what a term reads at the mean and as it is."""
        return term.maps(self.at_mean[term.reads]) - term.maps(seen[term.reads])


def _is_on_single_channels(one: Instruction, fixed: set[str]) -> bool:
    """With the names of the values that do not depend on the image."""
    target = one.target if isinstance(one.target, str) else f".{one.target.__name__}"
    name = target.split(".")[1]
    with_constant = len(set(one.reads) - fixed) == 1
    return name in _ON_SINGLE_CHANNELS or (name in _WITH_CONSTANTS and with_constant)


@dataclass(frozen=True, eq=False)
class _Path:
    """The way from a layer to a value through inner stops.

    Attributes:
        name: the value's.
        tail: from the entry, or without one from the layer, to the value.
        entry: name of the value at the end of the first inner stop's sum, which has direct terms alone.
        layout: of that value.
        terms: of that sum.
    """

    paths: _Paths
    name: str
    tail: ForwardPass
    entry: str | None = None
    layout: Layout | None = None
    terms: Sequence[_Term] = ()

    @property
    def reads(self) -> set[str]:
        """Names of the values that it is computed from."""
        return {self.entry, *(term.reads for term in self.terms)} if self.entry else set()

    def value(self, seen: Mapping[str, Tensor], to_mean: Sequence[Tensor], mask: Tensor) -> Tensor:
        """The value with channels of the layer at their means.

        Args:
            seen: the values as they are, by name.
            to_mean: of each term, ``_Paths.to_mean``.
            mask: bool (channels).
        """
        paths = self.paths
        if mask.all():
            return paths.at_mean[self.name]
        if self.entry is None:
            below = _with_means(seen[paths.lower.tensor], paths.mean, mask, paths.lower.layout)
            return self.tail(below)[self.name]
        return self.tail(self._entered(seen, to_mean, mask))[self.name]

    def _entered(self, seen: Mapping[str, Tensor], to_mean: Sequence[Tensor], mask: Tensor) -> Tensor:
        """The entry's value, from its own or its value at the means, whichever is nearer."""
        assert self.entry is not None
        assert self.layout is not None
        own, at_mean = seen[self.entry], self.paths.at_mean[self.entry]
        pairs = list(zip(self.terms, to_mean, strict=True))
        if 2 * int(mask.sum()) <= len(mask):
            changes = [term.added(difference, mask) for term, difference in pairs]
            return (self.layout.maps(own) + sum(changes)).reshape(own.shape)
        changes = [term.added(difference, ~mask) for term, difference in pairs]
        found = self.layout.maps(at_mean) - sum(changes)
        return found.expand(len(own), -1, -1, -1).reshape(own.shape)


def _with_means(value: Tensor, mean: Tensor, mask: Tensor, layout: Layout) -> Tensor:
    """A layer's tensor with channels replaced, bool (channels)."""
    if mask.all():
        return mean
    return torch.where(mask[layout.labels[0].to(mask.device)], mean, value)


def _distinct(out: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Each distinct row that has an entry, with the numbers of the rows that are equal to it."""
    rows = out.any(1).nonzero()[:, 0]
    if not len(rows):
        return
    masks, which = out[rows].unique(dim=0, return_inverse=True)
    for at, mask in enumerate(masks):
        yield mask, rows[which == at]


def _convolved(maps: Tensor, weight: Tensor, mixing: Mixing, groups: int = 1) -> Tensor:
    left, right, top, bottom = mixing.padding
    sides = (top, left)
    if left != right or top != bottom:
        maps, sides = functional.pad(maps, mixing.padding), (0, 0)
    return functional.conv2d(maps, weight, None, mixing.stride, sides, mixing.dilation, groups)


def _on(mixing: Mixing, device: torch.device) -> Mixing:
    weight = mixing.weight.to(device)
    return Mixing(weight, None, mixing.stride, mixing.padding, mixing.dilation, mixing.groups)
