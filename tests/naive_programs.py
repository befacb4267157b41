"""The counting of any network, implemented literally and slowly: the reference for the counts of all kernels.

Only the structure of a program (sums, terms, factors, where channels come from) is read from the package, and
that is tested by the truth of its sums. Values come from a plain interpreter of the captured operators. A
single-channel convolution is a real ``conv2d`` whose maps are searched; there is no closed form, bound, chunk
or buffer. A second part enumerates all paths between two layers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa
import torch
from torch import Tensor, nn
from torch.fx.node import map_arg
from torch.nn import functional

from summit_graph.aggregate.batches import BatchCounter, Kernel
from summit_graph.images.input_rule import InputRule
from summit_graph.model.counted import CountedModel
from summit_graph.model.program.capture import Captured, capture
from summit_graph.model.program.layers import Layer, Part, Program, Stop, read_program
from summit_graph.model.program.layouts import EMPTY
from summit_graph.model.program.steps import Mixing
from summit_graph.model.program.sums import Term
from summit_graph.model.sources import ModelSource
from summit_graph.records import Parameters

#: Influences that differ by less than this share of an output's largest may be ordered otherwise.
ROUNDING = 1e-6
HOP_KEYS = ("layer", "stop", "source", "skip", "output", "input")
ACTIVATION_KEYS = ("layer", "channel")
Key = tuple[Any, ...]


@dataclass
class Counts:
    """Counts of one table by its keys.

    Attributes:
        exact: by the definition, in float32.
        sure: only what no rounding can remove.
        possible: with what rounding may add.
    """

    exact: Counter[Key] = field(default_factory=Counter)
    sure: Counter[Key] = field(default_factory=Counter)
    possible: Counter[Key] = field(default_factory=Counter)

    def add(self, chosen: Chosen) -> None:
        """Count each key of one image at most once."""
        self.exact.update(set(chosen.exact))
        self.sure.update(set(chosen.sure))
        self.possible.update(set(chosen.possible))

    def check(self, found: Mapping[Key, int]) -> int:
        """Fail unless the counts are those of the definition; return how many differ by rounding."""
        for key in {*self.possible, *found}:
            low, high = self.sure[key], self.possible[key]
            assert low <= found.get(key, 0) <= high, (key, found.get(key, 0), self.exact[key], (low, high))
        return sum(self.exact[key] != found.get(key, 0) for key in self.possible)


class Chosen(NamedTuple):
    """The keys that one image counts for one output, as in ``Counts``."""

    exact: list[Key]
    sure: list[Key]
    possible: list[Key]


@dataclass
class NaiveCounts:
    """All tables of one class."""

    activations: Counts = field(default_factory=Counts)
    hops: Counts = field(default_factory=Counts)
    outputs: Counts = field(default_factory=Counts)


def count_naively(
    program: Program,
    images: Tensor,
    parameters: Parameters,
    *,
    output: int | None,
    rounding: float = ROUNDING,
) -> NaiveCounts:
    """Counts of images, float32 (images, 3, height, width), by the definition.

    Args:
        output: the images' own output.
        rounding: 0 where all values are exact, such as small integers.
    """
    values = interpreted(program.captured, images)
    seen = [NaiveImage(program, values, image, parameters, rounding) for image in range(len(images))]
    return counts_of_images(program, seen, output=output)


def counts_of_images(program: Program, images: Sequence[NaiveImage], *, output: int | None) -> NaiveCounts:
    """The counts of some images together."""
    counts = NaiveCounts()
    for seen in images:
        for layer in program.layers:
            counts.activations.add(seen.top_channels(layer))
        for layer in program.layers[1:]:
            for stop in [*(program.stops[place] for place in layer.inner), layer.stop]:
                for chosen in seen.hops(layer, stop):
                    counts.hops.add(chosen)
        if output is not None and program.feeds_logits:
            counts.outputs.add(seen.supports(output))
    return counts


def interpreted(captured: Captured, images: Tensor, *, gradients: bool = False) -> dict[str, Any]:
    """The value of every operator, by name.

    Kernels are in the memory order in which the package keeps them: another order rounds differently.
    """
    values: dict[str, Any] = {captured.input: images}
    for name, tensor in captured.tensors.items():
        values[name] = tensor.contiguous(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor
    with torch.set_grad_enabled(gradients):
        for node in captured.order:
            args, kwargs = map_arg((node.args, node.kwargs), lambda one: values[one.name])
            assert callable(node.target)
            values[node.name] = node.target(*args, **kwargs)
    return values


@dataclass(frozen=True)
class NaiveImage:
    """One image's values."""

    program: Program
    values: dict[str, Any]
    image: int
    parameters: Parameters
    rounding: float

    def maps(self, name: str, layout: Any) -> Tensor:
        """(channels, height, width)"""
        maps: Tensor = layout.maps(self.values[name])[self.image]
        return maps

    def measured(self, name: str, layout: Any) -> list[float]:
        """What the channels of a value are counted by: their largest activations."""
        return [float(one.max()) for one in self.maps(name, layout)]

    def top_channels(self, layer: Layer) -> Chosen:
        """The layer's top channels, by mass or by number; only positive maxima take part."""
        excluded = self.parameters.excluded_in(layer.name)
        measured = self.measured(layer.tensor, layer.layout)
        largest = {at: one for at, one in enumerate(measured) if at not in excluded}
        ranked = sorted((at for at in largest if largest[at] > 0), key=lambda at: (-largest[at], at))
        values = [largest[at] for at in ranked]
        keys: list[Key] = [(layer.name, at) for at in ranked]
        number, fewest, most = self._numbers(values)
        return _around(keys, values, number, fewest, most, self.rounding)

    def _numbers(self, values: list[float]) -> tuple[int, int, int]:
        """How many of the descending values are taken; the fewest and the most with rounding."""
        if self.parameters.mass is None:
            return (self.parameters.top_activations or 0,) * 3
        mass = self.parameters.mass
        shares = (mass, mass * (1 - self.rounding), mass * (1 + self.rounding))
        number, fewest, most = (_reaching(values, share) for share in shares)
        return number, fewest, most

    def hops(self, layer: Layer, stop: Stop) -> Iterator[Chosen]:
        """What each channel of a stop counts."""
        excluded = self.parameters.excluded_in(layer.name) if stop is layer.stop else []
        for part in stop.parts:
            for output, row in zip(part.outputs.tolist(), part.rows.tolist(), strict=True):
                if output not in excluded:
                    yield self._chosen(
                        part, row, lambda *one, o=output: (layer.name, stop.name, *one[:2], o, one[2])
                    )

    def supports(self, output: int) -> Chosen:
        """The last layer's channels among the largest contributions to an output."""
        assert self.program.logits is not None
        (part,) = self.program.logits.parts
        row = channel_of_output(self.program, output)
        return self._chosen(part, row, lambda source, _, input_: (source, input_))

    def _chosen(self, part: Part, row: int, key_of: Callable[[str, bool, int], Key]) -> Chosen:
        """All terms of a sum compete; ``key_of`` gets source, skip and input."""
        keys, values = [], []
        for term in sorted(part.sum.terms, key=lambda one: one.order):
            if term.mixing is None and not self.parameters.skips and self._is_of_add(term):
                continue
            for source, input_, value in self._influences(part, term, row):
                keys.append(key_of(source, term.mixing is None, input_))
                values.append(value)
        ranked = sorted(range(len(keys)), key=lambda at: -values[at])  # stable: ties in the order of terms
        ranked = [at for at in ranked if values[at] > 0]
        number = self.parameters.top_influences
        return _around(
            [keys[at] for at in ranked], [values[at] for at in ranked], number, number, number, self.rounding
        )

    def _is_of_add(self, term: Term) -> bool:
        return self.program.flow.steps[term.operator].kind == "add"

    def _influences(self, part: Part, term: Term, row: int) -> list[tuple[str, int, float]]:
        """Source and input of every single-channel map of a term, and what it is counted by."""
        maps = self.read_maps(term)
        factor = self._factor(term, row)
        if term.mixing is None:
            inputs, results = [row], (factor * maps[row])[None]
        else:
            inputs, results = single_channel_maps(maps, term.mixing, row)
            results = factor * results
        strengths = self.strengths(results, part, row)
        named = [self._source(term.reads, one) for one in inputs]
        return [(*one, value) for one, value in zip(named, strengths, strict=True) if one is not None]

    def read_maps(self, term: Term) -> Tensor:
        """What a term reads, (channels, height, width)."""
        return self.maps(term.reads, term.layout)

    def strengths(self, results: Tensor, part: Part, row: int) -> list[float]:
        """What single-channel maps (inputs, height, width) of a sum's channel are counted by."""
        values: list[float] = results.flatten(1).max(1).values.tolist()
        return values

    def _factor(self, term: Term, row: int) -> Tensor:
        """The product of the linear operators' factors between a term and the end of its sum."""
        product = float(term.factors.constant[row])
        for gate in term.factors.gates:
            numbers = self.values[gate.value][self.image].reshape(-1)
            number = float(numbers[row] if len(numbers) > 1 else numbers[0])
            product *= 1 / number if gate.inverse else number
        return torch.tensor(product, dtype=self.values[self.program.captured.output].dtype)

    def _source(self, name: str, channel: int) -> tuple[str, int] | None:
        """The stop and number that a channel comes from; None for an empty or excluded channel."""
        origin = self.program.origins[name]
        place, number = int(origin.stops[channel]), int(origin.numbers[channel])
        if place == EMPTY:
            return None
        stop = self.program.stops[place]
        is_layer = any(layer.stop is stop for layer in self.program.layers)
        return None if is_layer and number in self.parameters.excluded_in(stop.name) else (stop.name, number)


def single_channel_maps(maps: Tensor, mixing: Mixing, output: int) -> tuple[list[int], Tensor]:
    """The inputs that an output's kernel sees, and the map of each with its slice of the kernel.

    Every group of the convolution has one input channel and one output channel.
    """
    width, per_group = mixing.weight.shape[1], mixing.weight.shape[0] // mixing.groups
    first = output // per_group * width
    inputs = list(range(first, first + width))
    padded = functional.pad(maps[inputs], mixing.padding)
    kernels = mixing.weight[output][:, None]
    found = functional.conv2d(
        padded[None], kernels, None, mixing.stride, dilation=mixing.dilation, groups=width
    )
    return inputs, found[0]


def channel_of_output(program: Program, output: int) -> int:
    """The channel of the logits' stop that an output is a relay of."""
    assert program.logits is not None
    name = program.captured.output
    while name != program.logits.value:
        step = program.flow.steps[name]
        output = output if step.moved is None else int(step.moved.numbers[output])
        (name,) = step.operands
    return output


def _reaching(values: Sequence[float], mass: float) -> int:
    """How many of the values it takes until their sum is at least ``mass`` times the total."""
    total, cumulated = sum(values), 0.0
    for at, value in enumerate(values):
        if cumulated >= mass * total:
            return at
        cumulated += value
    return len(values)


def _around(
    keys: list[Key], values: list[float], number: int, fewest: int, most: int, rounding: float
) -> Chosen:
    """The first of the descending values, and which of them rounding may exchange."""
    slack = rounding * max(values, default=0)
    refused = values[fewest] if fewest < len(values) else 0.0
    taken = values[most - 1] if 0 < most <= len(values) else 0.0
    sure = [
        key for key, value in zip(keys[:fewest], values, strict=False) if not slack or value > refused + slack
    ]
    possible = [key for at, key in enumerate(keys) if at < most or (slack and values[at] >= taken - slack)]
    return Chosen(keys[:number], sure, possible)


# Counts by the package


def read_module(
    module: nn.Module, size: int, *, plain: bool = False, layers: Sequence[str] | None = None
) -> tuple[ModelSource, Program]:
    """A module as a model's source, and its program.

    Args:
        plain: whether the input is the pixels' own values, 0 to 255.
    """
    mean, std = ((0.0,) * 3, (1.0,) * 3) if plain else ((0.45, 0.5, 0.4), (0.25, 0.2, 0.25))
    rule = InputRule("RGB", 255.0 if plain else 1.0, mean, std, resize=size, crop=size)
    captured = capture(module, (size, size))
    return ModelSource("a network", captured, rule), read_program(captured, layers=layers)


def counts_of(
    model: CountedModel, parameters: Parameters, pixels: Tensor, *, output: int | None, kernel: Kernel
) -> dict[str, Counter[Key]]:
    """The package's counts of one batch: the tables of a class as counters."""
    counter = BatchCounter(model, parameters, kernel=kernel)
    tables = counter.layout.to_tables(counter.count(pixels.numpy(), output=output).cells)
    keys = (ACTIVATION_KEYS, HOP_KEYS, ACTIVATION_KEYS)
    names = ("activations", "hops", "outputs")
    return {name: rows_of(*pair) for name, *pair in zip(names, tables, keys, strict=True)}


def rows_of(table: pa.Table, keys: Sequence[str]) -> Counter[Key]:
    """A count table as a counter by its keys; fails if a key occurs twice."""
    rows = [(tuple(row[key] for key in keys), row["count"]) for row in table.to_pylist()]
    assert len({key for key, _ in rows}) == len(rows), [
        key for key, n in Counter(k for k, _ in rows).items() if n > 1
    ]
    return Counter(dict(rows))


# Influences between neighbouring layers


@dataclass(frozen=True)
class Influence:
    """One row of ``influences.parquet`` without its keys."""

    count: int
    via: int | None
    via_stop: str | None
    skip: bool


@dataclass(frozen=True)
class _Path:
    """A path into a channel of a layer.

    Attributes:
        start: the channel of the layer before.
        count: the smallest count of its steps.
        skip: whether its only step is an identity.
        via: the inner stop and channel nearest to the end; None for a path of one step.
    """

    start: int
    count: int
    skip: bool
    via: tuple[str, int] | None


def merge_naively(program: Program, hops: Mapping[Key, int], parameters: Parameters) -> dict[Key, Influence]:
    """All influences by (layer, channel, layer before, its channel), by enumerating all paths."""
    found: dict[Key, Influence] = {}
    for before, layer in zip(program.layers, program.layers[1:], strict=False):
        steps: dict[tuple[str, int], list[tuple[str, int, bool, int]]] = {}
        for (owner, stop, source, skip, output, input_), count in hops.items():
            if owner == layer.name:
                steps.setdefault((stop, output), []).append((source, input_, skip, count))
        limit = _limit(program, before, layer, steps, parameters)
        order = {stop.name: program.flow.positions[stop.last] for stop in program.stops}
        for channel in range(layer.stop.channels):
            paths = list(_paths(steps, (layer.name, channel), before.name))
            for start, one in _kept(paths, order, limit).items():
                found[layer.name, channel, before.name, start] = one
    return found


def number_of_paths(program: Program, hops: Mapping[Key, int]) -> int:
    """How many paths ``merge_naively`` enumerates."""
    total = 0
    for before, layer in zip(program.layers, program.layers[1:], strict=False):
        ways: Counter[tuple[str, int]] = Counter()
        for stop in [*(program.stops[place].name for place in sorted(layer.inner)), layer.name]:
            for owner, name, source, _, output, input_ in hops:
                if (owner, name) == (layer.name, stop):
                    ways[stop, output] += 1 if source == before.name else ways[source, input_]
        total += sum(ways[layer.name, output] for output in range(layer.stop.channels))
    return total


def _paths(
    steps: Mapping[tuple[str, int], list[tuple[str, int, bool, int]]], end: tuple[str, int], before: str
) -> Iterator[_Path]:
    for source, input_, skip, count in steps.get(end, []):
        if source == before:
            yield _Path(input_, count, skip, None)
            continue
        for path in _paths(steps, (source, input_), before):
            yield _Path(path.start, min(count, path.count), False, (source, input_))


def _kept(paths: list[_Path], order: Mapping[str, int], limit: int) -> dict[int, Influence]:
    """The direct pairs of a channel, and the largest of the others."""
    direct: dict[int, Influence] = {}
    longer: dict[int, Influence] = {}
    for start in sorted({path.start for path in paths}):
        mine = [path for path in paths if path.start == start]
        own = [path for path in mine if path.via is None]
        others = [path for path in mine if path.via is not None]
        best = max((path.count for path in own), default=0)
        if own and best >= max((path.count for path in others), default=0):
            skip = any(path.skip and path.count == best for path in own)
            direct[start] = Influence(best, None, None, skip)
        else:
            largest = max(path.count for path in others)
            ways = [path.via for path in others if path.via is not None and path.count == largest]
            stop, via = min(ways, key=lambda way: (order[way[0]], way[1]))
            longer[start] = Influence(largest, via, stop, False)
    largest_first = sorted(longer, key=lambda start: (-longer[start].count, start))
    return {**direct, **{start: longer[start] for start in largest_first[:limit]}}


def _limit(
    program: Program,
    before: Layer,
    layer: Layer,
    steps: Mapping[tuple[str, int], list[tuple[str, int, bool, int]]],
    parameters: Parameters,
) -> int:
    """How many pairs that are not direct each channel of a layer keeps."""
    every, alone = [], []
    for part in layer.stop.parts:
        for output, row in zip(part.outputs.tolist(), part.rows.tolist(), strict=True):
            terms = [(term, _sources(program, term, row)) for term in part.sum.terms]
            mixes = any(term.mixing is not None and sources for term, sources in terms)
            if output in parameters.excluded_in(layer.name) or not mixes:
                continue
            if not parameters.skips:
                terms = [one for one in terms if one[0].mixing is not None]
            every.append(output)
            if set().union(*(sources for _, sources in terms)) == {before.name}:
                alone.append(output)
    averaged = alone or every
    if not averaged:
        return parameters.top_influences
    inputs = [{step[:2] for step in steps.get((layer.name, output), [])} for output in averaged]
    return sum(map(len, inputs)) // len(averaged)


def _sources(program: Program, term: Term, row: int) -> set[str]:
    """Names of the stops whose channels a term reads for a row of its sum."""
    origin = program.origins[term.reads]
    inputs = [row]
    if term.mixing is not None:
        width, per_group = term.mixing.weight.shape[1], term.mixing.weight.shape[0] // term.mixing.groups
        inputs = list(range(row // per_group * width, (row // per_group + 1) * width))
    places = {int(origin.stops[one]) for one in inputs}
    return {program.stops[place].name for place in places if place != EMPTY}
