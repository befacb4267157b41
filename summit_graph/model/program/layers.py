"""Stops and layers: the channels that are counted, and where each channel of a tensor comes from.

1. A complete sum is a stop. A value read later has the channels of the stops that it is a relay of.
2. Layers are the stops and concatenations that every path from the image to the logits contains, or those
   whose names are given.
3. In a concatenation that is a layer, a part whose sum has no other reader is one of the layer's own sums;
   any other part is an identity.
4. A layer's sums read the previous layer, or inner stops between the two.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from torch import Tensor

from summit_graph.errors import ModelError
from summit_graph.model.program.capture import Captured
from summit_graph.model.program.flow import Flow, on_all_paths, read_flow
from summit_graph.model.program.layouts import EMPTY, Layout
from summit_graph.model.program.names import fits, layer_name, module_path, with_numbers
from summit_graph.model.program.steps import Refusal
from summit_graph.model.program.sums import Sum, Term, read_sums, taken_over

#: The sources of a channel of the image, and of a channel that cannot be followed.
IMAGE = -2
UNREAD = -3


@dataclass(frozen=True, eq=False)
class Origin:
    """Where each channel of a value comes from.

    Attributes:
        stops: (channels) indices into ``Program.stops``; EMPTY for an empty channel, IMAGE for the image's.
        numbers: (channels) the channel's number in its stop.
    """

    stops: Tensor
    numbers: Tensor

    def places(self) -> list[int]:
        """The stops that the value comes from, in program order, preceded by UNREAD and IMAGE."""
        return [int(stop) for stop in self.stops.unique() if stop != EMPTY]


@dataclass(frozen=True, eq=False)
class Part:
    """Channels of a stop that belong to one sum.

    Attributes:
        sum: the sum.
        outputs: the channels' numbers in the stop.
        rows: the channels' numbers in the sum.
    """

    sum: Sum
    outputs: Tensor
    rows: Tensor

    def places_read(self, term: Term, origins: dict[str, Origin]) -> list[int]:
        """Indices of the stops that a term reads for these channels, in program order."""
        origin = origins[term.reads]
        if term.mixing is None and term.layout is not None:
            origin = Origin(origin.stops[self.rows], origin.numbers[self.rows])
        return origin.places()


@dataclass(frozen=True, eq=False)
class Stop:
    """Channels that later operators read.

    Attributes:
        name: a layer's name, or the path of the module of its last mixing operator.
        value: the tensor's name in the program.
        layout: of that value.
        last: name of its last mixing operator, add or concatenation.
        parts: its sums; more than one for a concatenation.
    """

    name: str
    value: str
    layout: Layout
    last: str
    parts: tuple[Part, ...]

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.layout.channels

    @property
    def terms(self) -> list[Term]:
        """The terms of all sums."""
        return [term for part in self.parts for term in part.sum.terms]


@dataclass(frozen=True, eq=False)
class Layer:
    """A stop whose channels are counted.

    Attributes:
        stop: its channels.
        place: index of the stop in ``Program.stops``.
        tensor: name of the value whose maxima are the layer's activations.
        layout: of that value.
        inner: indices of the stops between the previous layer and this one, in the order of their last
            mixing operators or adds.
    """

    stop: Stop
    place: int
    tensor: str
    layout: Layout
    inner: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """``layer1.0``."""
        return self.stop.name


@dataclass(frozen=True, eq=False)
class Program:
    """A model as the counting uses it.

    Attributes:
        flow: its operators.
        stops: all stops, in program order.
        logits: the stop that the output is, or is a relay of; None if the output cannot be followed.
        layers: in order.
        refused: unsupported operators between the first and the last layer.
        origins: where the channels come from of each value that a term reads, and of the output.
    """

    flow: Flow
    stops: tuple[Stop, ...]
    logits: Stop | None
    layers: tuple[Layer, ...]
    refused: tuple[Refusal, ...] = ()
    origins: dict[str, Origin] = field(default_factory=dict)

    @property
    def captured(self) -> Captured:
        """The captured program."""
        return self.flow.captured

    @cached_property
    def feeds_logits(self) -> bool:
        """Whether the last layer feeds the logits through relays and one mixing operator."""
        terms = self.logits.terms if self.logits else []
        if len(terms) != 1 or terms[0].mixing is None or not self.layers:
            return False
        return self.origins[terms[0].reads].places() == [self.layers[-1].place]


def read_program(
    captured: Captured, *, layers: Sequence[str] | None = None, short_stop_names: bool = False
) -> Program:
    """Find the stops and layers of a captured model. Unsupported operators are in ``Program.refused``.

    Args:
        layers: patterns of the layers' names, where ``*`` matches within a part of a path and ``**`` across
            parts; None for every stop that all paths contain.
        short_stop_names: name inner stops by the last part of their path only, as in InceptionV1.

    Raises:
        ModelError: the model has no layer, no layer matches a pattern, or a path bypasses a layer.
    """
    flow = read_flow(captured)
    sums = read_sums(flow)
    logits = _logits(flow, sums)
    chosen = _chosen(flow, sums, logits, layers)
    if not chosen:
        raise ModelError("the model has no layer: no convolution or sum is on all paths to its output")
    places = _places(flow, sums, chosen, logits)
    names = _stop_names(flow, sums, chosen, places, short=short_stop_names)
    stops = tuple(_stop(places, sums, value, names[value]) for value in places.stops)
    numbers = [places.stops[value] for value in chosen]
    found = [Layer(stops[at], at, *tensor_of(flow, stops[at])) for at in numbers]
    refused = _refused(flow, [layer.stop.value for layer in found])
    end = stops[places.stops[logits]] if logits else None
    origins = _origins(places, stops)
    if not refused:
        found = [found[0], *(_connected(flow, stops, origins, *pair) for pair in itertools.pairwise(found))]
    return Program(flow, stops, end, tuple(found), refused, origins)


def _logits(flow: Flow, sums: dict[str, Sum]) -> str | None:
    """The value at the end of the sum that computes the logits; None if the output cannot be followed."""
    name = flow.captured.output
    while name not in sums and flow.steps[name].kind in ("linear", "relay"):
        name = flow.steps[name].operands[0]
    return name if name in sums or flow.steps[name].kind == "concatenation" else None


def _chosen(
    flow: Flow, sums: dict[str, Sum], logits: str | None, patterns: Sequence[str] | None
) -> dict[str, str]:
    """Value -> name of each layer, in program order."""
    everywhere = on_all_paths(flow)
    joined = {name for name in everywhere if _joins_sums(flow, sums, name)}
    stops = [name for name in flow.steps if (name in sums or name in joined) and name != logits]
    default = [name for name in stops if name in everywhere]
    ordered = [*default, *(name for name in stops if name not in everywhere)]
    paths = [
        layer_name(flow, sums[name].last if name in sums else name, _naming_operator(flow, sums, name))
        for name in ordered
    ]
    names = dict(zip(ordered, with_numbers(paths), strict=True))
    if patterns is None:
        return {name: names[name] for name in default}
    for pattern in patterns:
        if not any(fits(name, [pattern]) for name in names.values()):
            known = ", ".join(names[name] for name in default)
            raise ModelError(f"no layer is named {pattern}: all paths contain {known or 'none'}")
    return {name: names[name] for name in stops if fits(names[name], patterns)}


def _joins_sums(flow: Flow, sums: dict[str, Sum], name: str) -> bool:
    """Whether a value is a concatenation that contains sums; some models concatenate the image's channels."""
    return flow.steps[name].kind == "concatenation" and not sums.keys().isdisjoint(flow.before(name))


@dataclass(frozen=True, eq=False)
class _Places:
    """Which values are stops.

    Attributes:
        stops: index of each stop by its value, in program order.
        own: index of each sum that belongs to a concatenation, by its value; these follow those of the stops.
    """

    flow: Flow
    stops: dict[str, int]
    own: dict[str, int]
    seen: dict[str, Origin] = field(default_factory=dict)

    def origin(self, name: str) -> Origin:
        """Where the channels of a value come from."""
        if name not in self.seen:
            self.seen[name] = self._origin(name)
        return self.seen[name]

    def _origin(self, name: str) -> Origin:
        step = self.flow.steps[name]
        if name in self.stops or name in self.own:
            return _whole({**self.stops, **self.own}[name], step.layout)
        if step.kind == "image" or step.layout is None:
            return _whole(IMAGE if step.kind == "image" else UNREAD, step.layout)
        return self.entering(name)

    def entering(self, name: str) -> Origin:
        """Where the channels of a relay or a concatenation come from, by its operands."""
        step = self.flow.steps[name]
        operands = [self.origin(operand) for operand in step.operands]
        if step.moved is None:
            return operands[0]
        stops = torch.full((step.moved.layout.channels,), EMPTY)
        numbers = stops.clone()
        for at, origin in enumerate(operands):
            mine = step.moved.operands == at
            stops[mine] = origin.stops[step.moved.numbers[mine]]
            numbers[mine] = origin.numbers[step.moved.numbers[mine]]
        return Origin(stops, numbers)


def _whole(place: int, layout: Layout | None) -> Origin:
    channels = 1 if layout is None else layout.channels
    return Origin(torch.full((channels,), place), torch.arange(channels))


def _places(flow: Flow, sums: dict[str, Sum], chosen: dict[str, str], logits: str | None) -> _Places:
    whole = {*chosen, logits}
    joined = {name for name in whole if name is not None and name not in sums}
    own = [name for name in sums if name not in whole and _is_own(flow, name, joined)]
    stops = [name for name in flow.steps if name in whole or (name in sums and name not in own)]
    places = {name: at for at, name in enumerate(stops)}
    return _Places(flow, places, {name: at for at, name in enumerate(own, start=len(places))})


def _is_own(flow: Flow, value: str, joined: set[str]) -> bool:
    """Whether one of the concatenations that are layers is the only reader of a sum."""
    reached: set[str] = set()
    waiting = [value]
    while waiting:
        for reader in flow.readers[waiting.pop()]:
            step = flow.steps.get(reader)
            if step and step.kind in ("linear", "relay", "concatenation") and reader not in joined:
                waiting.append(reader)
            else:
                reached.add(reader)
    return len(reached) == 1 and reached <= joined


def _stop_names(
    flow: Flow, sums: dict[str, Sum], chosen: dict[str, str], places: _Places, *, short: bool
) -> dict[str, str]:
    others = [value for value in places.stops if value not in chosen]
    paths = [module_path(flow, _naming_operator(flow, sums, value)) for value in others]
    if short:
        shortened = [path.rsplit(".", 1)[-1] for path in paths]
        return {**chosen, **dict(zip(others, shortened, strict=True))}
    numbered = with_numbers(paths, chosen.values())
    return {**chosen, **dict(zip(others, numbered, strict=True))}


def _naming_operator(flow: Flow, sums: dict[str, Sum], value: str) -> str:
    """A stop's last mixing operator (for a concatenation, of its own sums), or the stop's last add."""
    if value in sums:
        last, own = sums[value].last, [sums[value]]
    else:
        last, own = value, [one for name, one in sums.items() if _is_own(flow, name, {value})]
    mixing = [term.operator for one in own for term in one.mixing]
    return max(mixing, key=lambda name: flow.positions[name], default=last)


def _stop(places: _Places, sums: dict[str, Sum], value: str, name: str) -> Stop:
    step = places.flow.steps[value]
    assert step.layout is not None
    if value in sums:
        every = torch.arange(step.layout.channels)
        return Stop(name, value, step.layout, sums[value].last, (Part(sums[value], every, every),))
    parts = (*_own_parts(places, sums, value), *_identities(places, value))
    return Stop(name, value, step.layout, value, parts)


def _own_parts(places: _Places, sums: dict[str, Sum], value: str) -> Iterator[Part]:
    """The sums that belong to a concatenation, as parts."""
    origin = places.entering(value)
    for name, place in places.own.items():
        outputs = (origin.stops == place).nonzero()[:, 0]
        if len(outputs):
            yield Part(sums[name], outputs, origin.numbers[outputs])


def _identities(places: _Places, value: str) -> Iterator[Part]:
    """The channels of a concatenation that are copied from other stops, as parts."""
    moved = places.flow.steps[value].moved
    assert moved is not None
    origin = places.entering(value)
    others = (origin.stops != EMPTY) & (origin.stops < len(places.stops))
    for at in range(len(places.flow.steps[value].operands)):
        outputs = (others & (moved.operands == at)).nonzero()[:, 0]
        if len(outputs):
            yield Part(taken_over(places.flow, value, at), outputs, moved.numbers[outputs])


def tensor_of(flow: Flow, stop: Stop) -> tuple[str, Layout]:
    """A stop's value after the element-wise function that is its only reader, if there is one."""
    reader = flow.only_reader(stop.value)
    step = flow.steps.get(reader) if reader else None
    if reader and step and step.layout and step.kind == "relay" and step.elementwise:
        return reader, step.layout
    return stop.value, stop.layout


def _origins(places: _Places, stops: Sequence[Stop]) -> dict[str, Origin]:
    read = [term.reads for stop in stops for term in stop.terms]
    return {name: places.origin(name) for name in (*read, places.flow.captured.output)}


def _connected(
    flow: Flow, stops: Sequence[Stop], origins: dict[str, Origin], before: Layer, layer: Layer
) -> Layer:
    """A layer with the inner stops between it and the previous layer.

    Raises:
        ModelError: a path bypasses the previous layer.
    """
    inner: set[int] = set()
    waiting = [layer.place]
    while waiting:
        reading = stops[waiting.pop()]
        for place in _places_read(reading, origins) - {before.place} - inner:
            if place < before.place:
                raise ModelError(_passed_by(stops, before, layer, reading, place))
            inner.add(place)
            waiting.append(place)
    return replace(layer, inner=tuple(sorted(inner, key=lambda place: flow.positions[stops[place].last])))


def _places_read(stop: Stop, origins: dict[str, Origin]) -> set[int]:
    terms = [(part, term) for part in stop.parts for term in part.sum.terms]
    return {place for part, term in terms for place in part.places_read(term, origins)}


def _passed_by(stops: Sequence[Stop], before: Layer, layer: Layer, reading: Stop, place: int) -> str:
    special = {IMAGE: "the image", UNREAD: "an operator that is not supported"}
    source = special.get(place) or stops[place].name
    through = "" if reading is layer.stop else f" (which {layer.name} is computed from)"
    return (
        f"a path bypasses layer {before.name}: {reading.name}{through} reads {source}; "
        "omit --layers, or name only layers that all paths contain"
    )


def _refused(flow: Flow, layers: Sequence[str]) -> tuple[Refusal, ...]:
    """The unsupported operators between the first and the last layer, unknown ones first."""
    between = flow.behind(layers[0]) & flow.before(layers[-1])
    steps = [step for name, step in flow.steps.items() if name in between]
    found = dict.fromkeys(step.refusal for step in steps if step.refusal is not None)
    return tuple(sorted(found, key=lambda refusal: refusal.rearranges))
