"""Shared records: layers, branches, channels, parameters, class summaries, attribution graphs.

Terms and §-numbers are those of the Summit paper (Hohman, Park, Robinson, Chau, VAST 2019).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from summit_graph import __version__
from summit_graph.errors import UsageError
from summit_graph.names import did_you_mean

#: The four parallel paths of one of InceptionV1's layers, in the order of their concatenation.
BRANCHES = ("1x1", "3x3", "5x5", "pool")
HISTOGRAM_BINS = 20

#: What channels and influences are counted by; ``against`` is relevance for the negated log-odds.
Measure = Literal["activation", "relevance", "against"]
#: The value of a channel that its relevance is counted from.
Baseline = Literal["mean", "zero"]
#: The output that relevance is for.
Target = Literal["class", "predicted"]
#: How class folders are matched with outputs: by WordNet id and name, also by decimal index, or not at all.
Match = Literal["auto", "index", "none"]
#: Whether the model predicts a class's output for its images.
Outcome = Literal["right", "wrong"]
#: The score that a graph's channels are selected by: PageRank (the paper), the counts, or summed relevance.
SelectedBy = Literal["pagerank", "counts", "relevance"]
#: Where PageRank is computed: in Graph Data Science on the server, or in this process.
Engine = Literal["gds", "local"]
#: For ``rank`` also a session of Aura Graph Analytics, which is only used where it is asked for.
RankingEngine = Literal["gds", "local", "sessions"]
MEASURES, BASELINES, TARGETS = get_args(Measure), get_args(Baseline), get_args(Target)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
#: Where a channel's label comes from: the classes that it fires for, a list of words that a model of images
#: and text compares with its images, or statistics of its pictures.
LabelSource = Literal["concepts", "vocabulary", "appearance"]
LABEL_SOURCES: tuple[LabelSource, ...] = get_args(LabelSource)
#: What the score of a label is, by its source.
LABEL_SCORES: dict[LabelSource, str] = {"concepts": "AUC", "vocabulary": "similarity", "appearance": "score"}

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


#: Widths of the branches of one of InceptionV1's layers, in the order of ``BRANCHES``.
Branches = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a network.

    Attributes:
        name: unique within the network.
        branches: how many channels each of InceptionV1's branches contributes; None for other networks and
            where a count folder or an imported network lacks the widths.
        size: height and width of its maps; None if unknown.
        position: its place among the network's layers, 0 for the lowest; this orders layers, never the name.
    """

    name: str
    channels: int
    branches: Branches | None = None
    size: tuple[int, int] | None = None
    position: int = field(kw_only=True)

    def slice_of(self, branch: str) -> slice:
        """The branch's channels within the layer."""
        if self.branches is None:
            raise ValueError(f"the branch widths of {self.name} are unknown")
        at = BRANCHES.index(branch)
        start = sum(self.branches[:at])
        return slice(start, start + self.branches[at])

    def branch_of(self, index: int) -> str | None:
        """The branch that channel ``index`` comes from, or None where the widths are unknown."""
        if self.branches is None:
            return None
        for branch in BRANCHES:
            if index < self.slice_of(branch).stop:
                return branch
        raise IndexError(f"{self.name} has {self.channels} channels, not {index + 1}")


@dataclass(frozen=True, slots=True)
class Reads:
    """What some channels of a stop read: the channels of one source.

    Attributes:
        channels: the reading channels, as ranges (first, behind the last), ascending.
        source: the layer before, or an inner stop between the two layers.
        skip: an identity: each of the channels reads one channel of the source.
    """

    channels: tuple[tuple[int, int], ...]
    source: str
    skip: bool = False


@dataclass(frozen=True, slots=True)
class CountedStop:
    """Channels whose sums are counted: an inner stop below a layer, or the layer itself.

    Attributes:
        name: unique within ``layer``; the layer's own name for its own sums.
        layer: the layer of these sums, or the layer above the inner stop.
        channels: number of channels.
        reads: what they read, in the order that ties go by.
    """

    name: str
    layer: str
    channels: int
    reads: tuple[Reads, ...]


@dataclass(frozen=True, slots=True)
class Channel:
    """One output channel of a layer, written ``mixed4c/447``.

    Channels have no order of their own: ``by_position`` sorts them by a network's layers.
    """

    layer: str
    index: int

    def __str__(self) -> str:
        return f"{self.layer}/{self.index}"

    @classmethod
    def parse(cls, text: str) -> Channel:
        """Parse ``<layer>/<index>``; the layer's name may contain slashes itself.

        Whether a network has the channel is not checked (``views.channels.find_layer``).

        Raises:
            UsageError: the text is not of this form.
        """
        layer, _, index = text.rpartition("/")
        if not layer or not _INDEX.fullmatch(index):
            raise UsageError(
                f"{text!r} is not a channel: write <layer>/<index>, like mixed4c/447 or layer1.0/12"
            )
        return cls(layer, int(index))


def missing_channel(channel: Channel, layers: Iterable[Layer]) -> str | None:
    """Why a network of these layers lacks the channel; None if it has it."""
    widths = {layer.name: layer.channels for layer in layers}
    if channel.layer not in widths:
        near = did_you_mean(channel.layer, widths)
        return f"there is no layer {channel.layer!r}, only {', '.join(widths)}{near}"
    if channel.index >= widths[channel.layer]:
        return f"{channel.layer} has {widths[channel.layer]} channels"
    return None


def by_position(layers: Iterable[str]) -> Callable[[Channel], tuple[int, int]]:
    """A sort key of channels: the place of their layer in ``layers`` (from the lowest up), then the index."""
    places = {layer: place for place, layer in enumerate(layers)}
    return lambda channel: (places[channel.layer], channel.index)


@dataclass(frozen=True, slots=True)
class Alternative:
    """A text that describes a channel, with its score and source as in ``ChannelLabel``."""

    text: str
    score: float
    source: LabelSource


@dataclass(frozen=True, slots=True)
class ChannelLabel:
    """What a channel responds to, in words.

    Attributes:
        text: such as ``dog`` or ``dog or cat, not wolf``; None if no text describes the channel well.
        score: how well the text describes the channel, larger is better: for concepts an AUC, 0.5 to 1;
            without a text, that of the best one that was tried.
        source: where the text, or the best one that was tried, comes from.
        alternatives: other texts, the best of each source first; without a text, those that were tried.
    """

    text: str | None
    score: float
    source: LabelSource
    alternatives: tuple[Alternative, ...] = ()

    @property
    def concepts(self) -> int | None:
        """How many concepts describe the channel: 1 if it is clear; None if none do, or of another source."""
        if self.text is None or self.source != "concepts":
            return None
        return 1 + self.text.count(" or ") + self.text.count(", not ")

    @property
    def shown(self) -> str:
        """The text; without one, what was tried: ``no concept (best: dog, AUC 0.61)``."""
        if self.text is not None:
            return self.text
        kind = "concept" if self.source == "concepts" else "label"
        if not self.alternatives:
            return f"no {kind}"
        best = self.alternatives[0]
        return f"no {kind} (best: {best.text}, {LABEL_SCORES[best.source]} {best.score:.2f})"


@dataclass(frozen=True, slots=True)
class Labelling:
    """How and when a network's channels were labelled.

    Attributes:
        sources: in the order of preference.
        classes, newest: number of the network's classes then, and the largest of their ids.
        concepts: the user's own concepts as JSON text (class or concept -> those directly above it); None
            without any.
    """

    sources: tuple[LabelSource, ...]
    classes: int
    newest: int
    concepts: str | None = None


@dataclass(frozen=True, slots=True)
class Parameters:
    """How a network is counted; networks and count folders with other parameters never mix.

    Attributes:
        mass: share p of a layer's activation that the top channels hold (paper 5.1, Method 2); None
            under ``top_activations``.
        top_activations: a fixed number of top channels per layer (Method 1), or None.
        top_influences: how many largest inputs of an output are counted (paper 5.2).
        excluded: non-semantic channels that are left out (paper 7.4).
        images_per_class: number of images counted per class, the first in sorted order; None for all.
        split: share of each class's images that is kept out of counting, for tests; None for none.
        skips: whether the identities of adds (skip connections) compete with an output's other inputs.
        measure: what channels and influences are counted by: their largest activation (the paper), their
            relevance for the output (paper 8), or their relevance against it.
        baseline: the value that relevance is counted from: the mean over images of other classes, or 0.
        target: the output that relevance is for: the class's own, or each image's predicted one.
    """

    mass: float | None = 0.03
    top_activations: int | None = None
    top_influences: int = 5
    excluded: tuple[Channel, ...] = ()
    images_per_class: int | None = None
    skips: bool = True
    measure: Measure = "activation"
    baseline: Baseline = "mean"
    target: Target = "class"
    split: float | None = None

    def __post_init__(self) -> None:
        if (self.mass is None) == (self.top_activations is None):
            raise UsageError("give either a mass or a number of top activations, not both")
        if self.mass is not None and not 0 < self.mass <= 1:
            raise UsageError(f"mass is a share of the activation, above 0 and at most 1, not {self.mass}")
        if self.top_activations is not None and self.top_activations < 1:
            raise UsageError(f"the number of top activations is at least 1, not {self.top_activations}")
        if self.top_influences < 1:
            raise UsageError(f"the number of top influences is at least 1, not {self.top_influences}")
        if self.images_per_class is not None and self.images_per_class < 1:
            raise UsageError(f"the number of images per class is at least 1, not {self.images_per_class}")
        if self.split is not None and not 0 < self.split < 1:
            raise UsageError(f"the split is a share of the images, above 0 and below 1, not {self.split}")
        self._check_relevance()
        excluded = sorted(set(self.excluded), key=lambda channel: (channel.layer, channel.index))
        object.__setattr__(self, "excluded", tuple(excluded))

    def _check_relevance(self) -> None:
        for name, known in (("measure", MEASURES), ("baseline", BASELINES), ("target", TARGETS)):
            if getattr(self, name) not in known:
                raise UsageError(f"{name} is {' or '.join(known)}, not {getattr(self, name)!r}")
        if not self.by_relevance and (self.baseline, self.target) != (BASELINES[0], TARGETS[0]):
            raise UsageError("a baseline and a target belong to --measure relevance: add it")

    @property
    def by_relevance(self) -> bool:
        """Whether relevance is counted instead of activations."""
        return self.measure != "activation"

    @property
    def is_against(self) -> bool:
        """Whether what speaks against the output is counted."""
        return self.measure == "against"

    @property
    def measured(self) -> dict[str, str]:
        """The measure and what belongs to it, as in JSON."""
        names = ("measure", "baseline", "target") if self.by_relevance else ("measure",)
        return {name: getattr(self, name) for name in names}

    @property
    def measure_text(self) -> str:
        """``activation``, or such as ``relevance for the class, baseline mean``."""
        if not self.by_relevance:
            return self.measure
        output = "the class" if self.target == "class" else "the predicted output"
        return f"relevance {'against' if self.is_against else 'for'} {output}, baseline {self.baseline}"

    def excluded_in(self, layer: str) -> list[int]:
        """The indices of the excluded channels of ``layer``, ascending."""
        return [channel.index for channel in self.excluded if channel.layer == layer]

    def to_json(self) -> dict[str, Any]:
        """The form in a manifest and on the Network node; rarely used options are left out if unset."""
        rare = {"images_per_class": self.images_per_class, "split": self.split}
        return {
            "mass": self.mass,
            "top_activations": self.top_activations,
            "top_influences": self.top_influences,
            "excluded": [str(channel) for channel in self.excluded],
            "skips": self.skips,
            **{name: value for name, value in rare.items() if value is not None},
            **(self.measured if self.by_relevance else {}),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Parameters:
        """The inverse of ``to_json``; ``skips`` and what belongs to relevance may be missing."""
        return cls(
            mass=value["mass"],
            top_activations=value["top_activations"],
            top_influences=value["top_influences"],
            excluded=tuple(Channel.parse(text) for text in value["excluded"]),
            images_per_class=value.get("images_per_class"),
            split=value.get("split"),
            skips=value.get("skips", True),
            **{name: value[name] for name in ("measure", "baseline", "target") if name in value},
        )


def measured_by(parameters: Parameters | None) -> dict[str, str]:
    """The measure of a network, as in JSON; empty for an imported network."""
    return parameters.measured if parameters else {}


@dataclass(frozen=True, slots=True)
class ClassSummary:
    """A class's summary: everything but its channels.

    Attributes:
        name: the folder's name.
        output: index of the model's output it belongs to, or None.
        title: the output's first name, else the folder's name.
        images: number of images counted.
        top1, top5: images whose true output is the largest / among the five largest; None without output.
        histogram: images by softmax probability of the true output, 20 equal bins; None without output.
        base, outcome: of a class that has only the images with one outcome, the whole class's name and the
            outcome; else None.
    """

    name: str
    output: int | None
    title: str
    images: int
    top1: int | None
    top5: int | None
    histogram: tuple[int, ...] | None
    base: str | None = None
    outcome: Outcome | None = None

    @property
    def folder(self) -> str:
        """The name of the folder or tar that its images are in."""
        return self.base or self.name


@dataclass(frozen=True, slots=True)
class Node:
    """A channel of an attribution graph; ``pagerank`` is its share of the network's total score.

    ``label`` is None if the network's channels are not labelled.
    """

    channel: Channel
    count: int
    pagerank: float
    label: ChannelLabel | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """``previous`` influences ``channel`` in ``count`` images.

    Attributes:
        via: the channel of the inner stop that it passes through; None for a direct influence.
        skip: whether it is an identity: a skip connection, or a channel that is passed on.
        via_stop: the inner stop's name, if the channel's branch does not determine it.
    """

    channel: Channel
    previous: Channel
    count: int
    via: int | None
    skip: bool = False
    via_stop: str | None = None


@dataclass(frozen=True, slots=True)
class Support:
    """``channel`` is among the largest contributions to the class's output in ``count`` images."""

    channel: Channel
    count: int


@dataclass(frozen=True, slots=True)
class GraphGroup:
    """A stored group of channels: those that an attribution graph has.

    Attributes:
        id: layer and number, ``mixed4c group 1``.
    """

    id: str
    name: str
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """The model that something is counted in; None where that is unknown, as for an imported network."""

    model: str | None = None
    weights_sha256: str | None = None

    def to_json(self) -> dict[str, str]:
        """What is known, with the version of this program."""
        known = {"model": self.model, "weights_sha256": self.weights_sha256}
        return {
            **{name: value for name, value in known.items() if value},
            "software": f"summit-graph {__version__}",
        }


@dataclass(frozen=True, slots=True)
class AttributionGraph:
    """The channels that matter for one class and the influences between them (paper 5.3).

    Nodes are sorted by layer from the lowest up, then by index; edges by channel and previous channel.

    Attributes:
        supports: the class's output at the top of the graph: what the selected channels of the last layer
            contribute to it, sorted by index.
        further_supports: how many other channels of the last layer contribute to it.
        parameters: how the network was counted; None if it was imported.
        selected_by: the score that the channels were selected by.
        origin: the network's model.
        added: the channels that the user has pinned and that were not selected; their PageRank is 0.
    """

    network: str
    summary: ClassSummary
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    supports: tuple[Support, ...] = ()
    further_supports: int = 0
    parameters: Parameters | None = None
    selected_by: SelectedBy = "pagerank"
    origin: Origin = field(default=Origin(), compare=False)
    added: frozenset[Channel] = frozenset()

    @property
    def made_by(self) -> dict[str, str]:
        """The measure and what the channels are selected by, as in JSON; empty for an imported graph."""
        return {**self.parameters.measured, "selected_by": self.selected_by} if self.parameters else {}

    @property
    def made_by_text(self) -> str:
        """Such as ``counted by activation``; what the channels are selected by if it is not PageRank."""
        if self.parameters is None:
            return ""
        selected = "" if self.selected_by == "pagerank" else f", selected by {self.selected_by}"
        return f"counted by {self.parameters.measure_text}{selected}"

    @property
    def has_output(self) -> bool:
        """Whether it is counted which channels contribute to the class's output."""
        return bool(self.supports) or self.further_supports > 0

    def without_skips(self) -> AttributionGraph:
        """The graph without influences that pass a channel on unchanged; all channels stay."""
        return replace(self, edges=tuple(edge for edge in self.edges if not edge.skip))

    def with_added(
        self, nodes: Iterable[Node], edges: Iterable[Edge], *, layers: Iterable[str]
    ) -> AttributionGraph:
        """The graph with further channels and influences; ``layers`` are from the lowest up."""
        place, more = by_position(layers), tuple(nodes)
        return replace(
            self,
            nodes=tuple(sorted((*self.nodes, *more), key=lambda node: place(node.channel))),
            edges=tuple(
                sorted((*self.edges, *edges), key=lambda edge: (place(edge.channel), place(edge.previous)))
            ),
            added=self.added | {node.channel for node in more},
        )

    def restricted_to(self, channels: Iterable[Channel]) -> AttributionGraph:
        """The graph of these channels and the edges between them."""
        kept = set(channels)
        supports = tuple(support for support in self.supports if support.channel in kept)
        return replace(
            self,
            nodes=tuple(node for node in self.nodes if node.channel in kept),
            edges=tuple(edge for edge in self.edges if {edge.channel, edge.previous} <= kept),
            supports=supports,
            further_supports=self.further_supports + len(self.supports) - len(supports),
        )
