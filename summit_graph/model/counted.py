"""A model as it is counted: what runs, what the layers are, which sums are counted and from where they read.

Made once from the reading of a program; plain data that can be sent to other processes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from summit_graph.errors import ModelError, UsageError
from summit_graph.images.input_rule import InputRule, model_key
from summit_graph.model.program.describing import explain_refusals
from summit_graph.model.program.flow import on_all_paths
from summit_graph.model.program.layers import Layer as ProgramLayer
from summit_graph.model.program.layers import Origin, Part, Program, Stop, read_program, tensor_of
from summit_graph.model.program.layouts import Layout
from summit_graph.model.program.nonnegative import nonnegative_values
from summit_graph.model.program.receptive_fields import Box, Fields, read_fields
from summit_graph.model.program.running import Recipe, recipe_of
from summit_graph.model.program.steps import Step
from summit_graph.model.program.sums import Term
from summit_graph.model.sources import ModelSource
from summit_graph.records import CountedStop, Layer, Parameters, Reads, missing_channel


@dataclass(frozen=True, eq=False)
class SumMaps:
    """Where the maps of some channels are before their activation function.

    Attributes:
        value: name of the value at the end of their sum.
        layout: of that value.
        outputs: the channels' numbers in the layer.
        rows: their numbers in the value.
        fields: the receptive field of a position; None for the whole image.
    """

    value: str
    layout: Layout
    outputs: Tensor
    rows: Tensor
    fields: Fields | None


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """Where a layer's maps are in a forward pass.

    Attributes:
        name: the layer's.
        tensor: name of the value whose maxima are the layer's activations.
        layout: of that value.
        entrance: name of the last value below the layer's own sums that all paths to the layer contain.
        entrance_layout: of that value.
        sums: where they are before the activation function.
    """

    name: str
    tensor: str
    layout: Layout
    entrance: str
    entrance_layout: Layout
    sums: tuple[SumMaps, ...]

    @cached_property
    def sum_of(self) -> dict[int, tuple[SumMaps, int]]:
        """The sum of each channel, and the channel's number in it; empty channels have none."""
        return {
            output: (one, row)
            for one in self.sums
            for output, row in zip(one.outputs.tolist(), one.rows.tolist(), strict=True)
        }

    def box_of(self, channel: int, position: int, *, side: int) -> Box:
        """The receptive field of a flat position of a channel's map, in a picture of that side.

        It is the whole picture where the channel is of no sum, such as an empty one.
        """
        owner = self.sum_of.get(channel)
        fields = owner and owner[0].fields
        return fields.box(position, width=self.layout.size[1], side=side) if fields else (0, 0, side, side)


@dataclass(frozen=True, eq=False)
class CountedTerm:
    """A term of a sum for some of the sum's channels.

    Attributes:
        term: the mixing operator or identity.
        sources: names of the sources, in program order; the layer before is called by its own name.
        source: (inputs) the place in ``sources`` of each input that the term may read, -1 for none: the
            inputs of the operator, or for an identity the sum's channels.
        numbers: (inputs) the input's channel in its source.
        nonnegative: whether the value that it reads is never below 0.
    """

    term: Term
    sources: tuple[str, ...]
    source: Tensor
    numbers: Tensor
    nonnegative: bool

    @property
    def skip(self) -> bool:
        """Whether it is an identity."""
        return self.term.mixing is None


@dataclass(frozen=True, eq=False)
class CountedSum:
    """Channels of a stop whose values are one sum.

    Attributes:
        layer: the layer of these sums, or the layer above the stop.
        stop: the stop's name; the layer's own for its own sums.
        outputs: (rows) the channels' numbers in the stop.
        rows: (rows) their numbers in the sum.
        kept: bool (rows), False for excluded channels.
        terms: in the order that ties go by.
        value: name of the value at the end of the sum.
        layout: of that value.
        tensor: name of the stop's value after its activation function.
        tensor_layout: of that value.
    """

    layer: str
    stop: str
    outputs: Tensor
    rows: Tensor
    kept: Tensor
    terms: tuple[CountedTerm, ...]
    value: str
    layout: Layout
    tensor: str
    tensor_layout: Layout

    def reads(self) -> frozenset[str]:
        """Names of the values that it is computed from."""
        gates = [gate.value for one in self.terms for gate in one.term.factors.gates]
        return frozenset([*(one.term.reads for one in self.terms), *gates])


@dataclass(frozen=True, eq=False)
class CountedModel:
    """A model, its layers, and what is counted in it.

    Attributes:
        name: as it was asked for, or the weights' name.
        sha256: identity of its weights.
        input: how images become its input.
        outputs: number of its outputs.
        layers: in order.
        stops: what is counted between them, in program order.
        maps: where the layers' maps are.
        sums: the sums that are counted, in program order.
        logits: the outputs' own sum, where the last layer feeds it directly.
        recipe: the program.
        output: name of the logits.
        categories: names of its outputs, where the source has them.
        weights: name of the weights, or "file"; None for InceptionV1, which is named after them, and where
            the model comes with them.
        assumed: a sentence on an assumption about the input that no file records, or None.
    """

    name: str
    sha256: str
    input: InputRule
    outputs: int
    layers: tuple[Layer, ...]
    stops: tuple[CountedStop, ...]
    maps: tuple[LayerMaps, ...]
    sums: tuple[CountedSum, ...]
    logits: CountedSum | None
    recipe: Recipe
    output: str
    categories: tuple[str, ...] | None = None
    weights: str | None = None
    assumed: str | None = None

    @property
    def model_key(self) -> str:
        """Identity of the model: weights and input rule."""
        return model_key(self.sha256, self.input)

    @cached_property
    def channels(self) -> dict[str, int]:
        """Number of channels of each layer."""
        return {layer.name: layer.channels for layer in self.layers}


def read_source(source: ModelSource, *, layers: Sequence[str] = ()) -> Program:
    """The reading of a source's program, with these layers or those that are counted by default."""
    # Short names are unique only below the layers that are counted by default.
    short = source.short_stop_names and not layers
    return read_program(source.captured, layers=layers or source.layers, short_stop_names=short)


def counted_model(
    source: ModelSource, program: Program, parameters: Parameters | None = None
) -> CountedModel:
    """What is counted of a program.

    Args:
        source: where the model comes from.
        program: the reading of its program.
        parameters: which channels are excluded, and whether identities of adds compete in a sum.

    Raises:
        ModelError: between its layers are operators that cannot be read.
        UsageError: a channel is excluded that the model has not.
    """
    if program.refused:
        raise ModelError(f"{source.name} is refused: {explain_refusals(program.refused)}")
    parameters = parameters or Parameters()
    layers = tuple(_layer(source, layer, at) for at, layer in enumerate(program.layers))
    for channel in parameters.excluded:
        if reason := missing_channel(channel, layers):
            raise UsageError(f"--exclude {channel}: {reason}")
    reading = _Reading(program, parameters)
    return CountedModel(
        name=source.network_name,
        sha256=source.sha256,
        input=source.input,
        outputs=program.captured.outputs,
        layers=layers,
        stops=tuple(reading.stops()),
        maps=tuple(reading.maps(layer) for layer in program.layers),
        sums=tuple(one for layer, stop in reading.counted() for one in reading.sums(layer, stop)),
        logits=reading.logits(),
        recipe=recipe_of(program.captured),
        output=program.captured.output,
        categories=source.categories,
        weights=None if source.weights == source.network_name else source.weights,
        assumed=source.assumed,
    )


@dataclass(frozen=True)
class _Reading:
    """Sums and stops of a program, as they are counted."""

    program: Program
    parameters: Parameters

    @cached_property
    def nonnegative(self) -> frozenset[str]:
        return nonnegative_values(self.program.flow)

    @cached_property
    def fields(self) -> dict[str, Fields | None]:
        return read_fields(self.program.flow)

    def maps(self, layer: ProgramLayer) -> LayerMaps:
        """Where a layer's maps are."""
        sums = [
            SumMaps(part.sum.value, part.sum.layout, part.outputs, part.rows, self.fields[part.sum.value])
            for part in layer.stop.parts
        ]
        return LayerMaps(layer.name, layer.tensor, layer.layout, *self._entrance(layer), tuple(sums))

    def _entrance(self, layer: ProgramLayer) -> tuple[str, Layout]:
        """The last value below a layer's own sums that all paths to it contain, and its layout."""
        flow = self.program.flow
        own = min(flow.positions[term.operator] for term in layer.stop.terms)
        leading = on_all_paths(flow, layer.stop.value)
        below = ((name, flow.steps[name].layout) for name in flow.steps if name in leading)
        readable = [(name, layout) for name, layout in below if layout and flow.positions[name] < own]
        return readable[-1]  # the image is the first of them

    def counted(self) -> Iterator[tuple[ProgramLayer, Stop]]:
        """Each stop that is counted, with the layer it belongs to, in program order."""
        for layer in self.program.layers[1:]:
            for place in layer.inner:
                yield layer, self.program.stops[place]
            yield layer, layer.stop

    def sums(self, layer: ProgramLayer, stop: Stop) -> Iterator[CountedSum]:
        for part in stop.parts:
            if terms := tuple(self._term(part, term) for term in self._terms(part)):
                yield self._sum(layer, stop, part, terms)

    def logits(self) -> CountedSum | None:
        """The outputs' sum; None where the last layer does not feed it directly."""
        stop = self.program.logits
        if not self.program.feeds_logits or stop is None:
            return None
        (part,) = stop.parts
        origin = self.program.origins[self.program.captured.output]
        outputs = (origin.stops >= 0).nonzero()[:, 0]
        moved = Part(part.sum, outputs, part.rows[origin.numbers[outputs]])
        terms = tuple(self._term(moved, term) for term in part.sum.terms)
        return self._sum(self.program.layers[-1], stop, moved, terms)

    def stops(self) -> Iterator[CountedStop]:
        for layer, stop in self.counted():
            found: dict[tuple[str, bool], set[int]] = {}
            for counted in self.sums(layer, stop):
                for term in counted.terms:
                    for at, source in enumerate(term.sources):
                        channels = _reading_channels(counted, term, at)
                        found.setdefault((source, term.skip), set()).update(channels)
            reads = tuple(Reads(_ranges(found[key]), *key) for key in found)
            yield CountedStop(stop.name, layer.name, stop.channels, reads)

    def _sum(self, layer: ProgramLayer, stop: Stop, part: Part, terms: tuple[CountedTerm, ...]) -> CountedSum:
        kept = torch.ones(len(part.outputs), dtype=torch.bool)
        if stop is layer.stop:
            kept = ~torch.isin(part.outputs, torch.tensor(self.parameters.excluded_in(layer.name)))
        tensor, tensor_layout = tensor_of(self.program.flow, stop)
        return CountedSum(
            layer=layer.name,
            stop=stop.name,
            outputs=part.outputs,
            rows=part.rows,
            kept=kept,
            terms=terms,
            value=part.sum.value,
            layout=part.sum.layout,
            tensor=tensor,
            tensor_layout=tensor_layout,
        )

    def _terms(self, part: Part) -> list[Term]:
        """Without the identities of adds, if skips do not take part."""
        steps = self.program.flow.steps
        if self.parameters.skips:
            return list(part.sum.terms)
        return [one for one in part.sum.terms if not _is_skip(one, steps)]

    def _excluded_of(self, place: int) -> list[int]:
        """The excluded channels of a stop, if it is a layer."""
        layer = next((one for one in self.program.layers if one.place == place), None)
        return self.parameters.excluded_in(layer.name) if layer else []

    def _term(self, part: Part, term: Term) -> CountedTerm:
        origin = self.program.origins[term.reads]
        used = (
            origin if term.mixing is not None else Origin(origin.stops[part.rows], origin.numbers[part.rows])
        )
        places = [place for place in used.places() if place >= 0]
        source = torch.full_like(origin.stops, -1)
        for at, place in enumerate(places):
            excluded = torch.tensor(self._excluded_of(place), dtype=torch.long)
            source[(origin.stops == place) & ~torch.isin(origin.numbers, excluded)] = at
        names = tuple(self.program.stops[place].name for place in places)
        nonnegative = term.reads in self.nonnegative
        return CountedTerm(term, names, source, origin.numbers, nonnegative)


def _layer(source: ModelSource, layer: ProgramLayer, position: int) -> Layer:
    branches = source.branches.get(layer.name)
    return Layer(layer.name, layer.stop.channels, branches, layer.layout.size, position=position)


def _is_skip(term: Term, steps: dict[str, Step]) -> bool:
    return term.mixing is None and steps[term.operator].kind == "add"


def _reading_channels(counted: CountedSum, term: CountedTerm, at: int) -> list[int]:
    """The stop's channels for which a term reads one of its sources."""
    mine = (term.source == at).nonzero()[:, 0]
    mixing = term.term.mixing
    if mixing is None:
        seen = torch.isin(counted.rows, mine)
    else:
        groups = torch.div(mine, mixing.weight.shape[1], rounding_mode="floor").unique()
        seen = torch.isin(
            torch.div(counted.rows, mixing.outputs // mixing.groups, rounding_mode="floor"), groups
        )
    return counted.outputs[seen].tolist()


def _ranges(channels: set[int]) -> tuple[tuple[int, int], ...]:
    """Sorted numbers as ranges (first, behind the last)."""
    found: list[list[int]] = []
    for channel in sorted(channels):
        if found and found[-1][1] == channel:
            found[-1][1] = channel + 1
        else:
            found.append([channel, channel + 1])
    return tuple((first, last) for first, last in found)
