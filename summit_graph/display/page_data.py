"""The data that the pages pass to the JavaScript components, as plain JSON.

``app/assets/data.js`` declares the same types under the same names; ``tests/test_page_data.py`` checks it.
"""

from __future__ import annotations

from typing import Literal, TypedDict

#: Which of the compared classes have a channel or an influence: all, several, or one.
Part = Literal["shared", "some", "only"]


class Holders(TypedDict):
    """Which of the compared classes have a channel or an influence; all None in the graph of one class.

    Attributes:
        part: shared by all, held by some, or by one only.
        owner: the name of the only class that has it.
        counts: class -> number of its images.
    """

    part: Part | None
    owner: str | None
    counts: dict[str, int] | None


class NodeLabel(TypedDict):
    """What a channel responds to, in words.

    Attributes:
        text: None if no text describes the channel well.
        shown: the text; without one, what was tried.
        about: where it comes from, its score, and alternatives.
    """

    text: str | None
    shown: str
    about: str


class GraphNode(Holders):
    """A channel of an attribution graph.

    Attributes:
        id: the channel, ``mixed4c/447``.
        count: in how many images it is a top channel; of several classes the largest.
        pagerank: None in a comparison.
        branch: None if it is unknown.
        graphs: in how many classes' attribution graphs it is; None in a comparison.
        lift: how many times as often as in the images of all other classes; None if no other image has it.
        q: the false discovery rate of its specificity; None if it is unknown.
        extra: whether it is not in the attribution graph, but next to an expanded channel.
        diversity: the kinds of its further pictures.
        examples: how many dataset examples it has.
        label: None if it is not labelled.
    """

    id: str
    count: int
    pagerank: float | None
    branch: str | None
    graphs: int | None
    lift: float | None
    q: float | None
    extra: bool
    diversity: list[str]
    examples: int
    label: NodeLabel | None


class GraphEdge(Holders):
    """An influence of a channel on one of the layer above it.

    Attributes:
        lower: the channel that has the influence.
        upper: the channel that is influenced.
        count: in how many images it is a top influence; of several classes the largest.
        via: the inner channel that it passes through; None if there is none or it is unknown.
        via_stop: the inner stop of that channel, if the branch of ``upper`` does not determine it.
        skip: whether the channel is passed on unchanged.
        extra: whether it is not in the attribution graph, but around an expanded channel.
    """

    lower: str
    upper: str
    count: int
    via: int | None
    via_stop: str | None
    skip: bool
    extra: bool


class GraphSupport(TypedDict):
    """In how many images a channel of the last layer is among the largest contributions to the class."""

    channel: str
    count: int


class GraphOutput(TypedDict):
    """The class itself, at the top of its graph.

    Attributes:
        top: how many largest contributions are counted in each image.
        supports: the channels of the graph that contribute to the class, the largest count first.
        further: how many other channels of the last layer contribute to it.
    """

    top: int
    supports: list[GraphSupport]
    further: int


class GraphClass(TypedDict):
    """A class of the shown graph; ``histogram`` as in the overview."""

    name: str
    title: str
    images: int
    histogram: list[int] | None


class SimilarClass(TypedDict):
    """A class whose graph shares channels with the shown one.

    Attributes:
        jaccard: the share of the channels of either graph that both have.
    """

    name: str
    title: str
    shared: int
    jaccard: float


class GraphMeaning(TypedDict):
    """What a graph shows.

    Attributes:
        against: whether it is what speaks against the class.
    """

    against: bool
    heading: str
    explanation: str


class GraphContent(GraphMeaning):
    """The stored data of the graph of one class, or of several compared ones.

    Attributes:
        file: the name of a downloaded file, without its ending.
        layers: from the lowest up.
        nodes: layer by layer from the lowest up, within a layer from left to right.
        output: None in a comparison, and where it is not known what contributes to the class.
        runs: channels that skips pass on through several layers, from the lowest up.
        facts: label and text.
        class_count: how many classes the network has.
        similar: the classes whose graphs share the most channels, the nearest first.
    """

    network: str
    file: str
    layers: list[str]
    classes: list[GraphClass]
    nodes: list[GraphNode]
    edges: list[GraphEdge]
    output: GraphOutput | None
    runs: list[list[str]]
    facts: list[tuple[str, str]]
    class_count: int
    similar: list[SimilarClass]


class PinnedChannel(TypedDict):
    """A channel that the user has pinned."""

    channel: str
    label: str
    note: str


class Supernode(TypedDict):
    """Channels that are drawn as one node, or one by one if it is ``open``."""

    label: str
    channels: list[str]
    note: str
    open: bool


#: A subgraph as ``formats.subgraphs`` writes it.
Subgraph = TypedDict(
    "Subgraph",
    {
        "format": str,
        "version": int,
        "network": str,
        "class": str,
        "note": str,
        "only_pinned": bool,
        "pinned": list[PinnedChannel],
        "supernodes": list[Supernode],
        "provenance": dict[str, str],
    },
)


class GroupNode(TypedDict):
    """A stored group of channels that do the same work: those that the graph has."""

    id: str
    label: str
    channels: list[str]


class ChannelGroups(TypedDict):
    """The groups of a graph's channels.

    Attributes:
        shown: whether each is drawn as one node.
        opened: the ids of the groups whose channels are drawn nevertheless.
        missing: why there are none; empty if there are.
    """

    shown: bool
    opened: list[str]
    groups: list[GroupNode]
    missing: str


class MadeFrom(TypedDict):
    """What a downloaded picture is made from: network, model, weights, measure, version of this program."""

    provenance: dict[str, str]


class GraphState(TypedDict):
    """What the URL selects in a graph.

    Attributes:
        answered: the number of the last change by the component that the URL has.
        place: the network and the classes of the URL; a change made in another place is not taken.
        highlight: the channels of the selected motif or path.
        highlighted_by: the parameter of the URL that names them; empty if none are.
        selected: the selected channel.
        channel_url_prefix: the address of a channel's page up to the channel's name; empty if there is none.
        examples_command: the command that finds patches; null for an imported network.
        expandable: whether influences that the graph lacks can be shown.
        expanded: the channels whose influences are shown.
        subgraph: what the user has pinned; None where channels cannot be pinned.
        channel_groups: None in a comparison.
        embedded: whether the view is in another page, without controls.
    """

    answered: int
    place: str
    highlight: list[str]
    highlighted_by: str
    selected: str | None
    channel_url_prefix: str
    examples_command: str | None
    expandable: bool
    expanded: list[str]
    subgraph: Subgraph | None
    channel_groups: ChannelGroups | None
    embedded: bool


class GraphData(GraphContent, GraphState, MadeFrom):
    """The data of the component ``graph``; redrawn when ``key`` changes."""

    key: str


class SearchedClass(TypedDict):
    """A class, and what finds it.

    Attributes:
        names: further texts that find it: other names of its output, its WordNet id, its index.
    """

    name: str
    title: str
    names: list[str]


class OverviewClass(SearchedClass):
    """A class in the overview.

    Attributes:
        top1: how many of its images have the class as their largest output.
        histogram: images by the probability that the model gives to the true class, from 0 to 1.
    """

    images: int
    top1: int | None
    histogram: list[int] | None


class Concept(TypedDict):
    """A concept above some classes.

    Attributes:
        members: the places of its classes.
    """

    names: list[str]
    members: list[int]


class ClassSearchData(TypedDict):
    """What the classes of a network are found by; the components read it from ``ClassChoiceData.url``."""

    classes: list[SearchedClass]
    concepts: list[Concept]


class ChosenClass(TypedDict):
    """A chosen class; ``shown`` is its title, with its name if that differs."""

    name: str
    shown: str


class ClassChoiceData(TypedDict):
    """The data of the component ``class_choice``: a field that chooses one class, or several.

    Attributes:
        label: the name of the field.
        labelled: whether its name is shown above it.
        placeholder: shown while no class is chosen.
        several: whether several classes can be chosen.
        chosen: in the order of the choice.
        only: the names of the classes that can be chosen; None: all.
        url: the address of ``ClassSearchData``; it changes with the network's classes.
    """

    label: str
    labelled: bool
    placeholder: str
    several: bool
    chosen: list[ChosenClass]
    only: list[str] | None
    url: str


class Community(TypedDict):
    """Similar classes."""

    title: str
    members: list[str]


class OverviewContent(TypedDict):
    """All classes of a network; redrawn when ``key`` changes.

    Attributes:
        layers: from the lowest up.
        concepts: find the classes that are below them.
        positions: layer -> x and y of each class, in the order of the classes; None where there is none.
        note: the meaning of the distance of two dots.
        layer: the selected layer.
        chosen: the selected class.
        similarity: layer -> similarity of each class to the chosen one, in thousandths.
        order: the chosen order of the list; None: by similarity where a class is chosen, else by name.
        group: the classes of the selected group.
        communities: the largest first; None where the dots have no colours.
        trajectory: whether the way of the chosen class through the layers is drawn.
        movement: layer -> how far each class moves from the layer below, in thousandths; None if not shown.
        aspects: changes with the group, the communities, the trajectory and the movement.
    """

    key: str
    network: str
    layers: list[str]
    classes: list[OverviewClass]
    concepts: list[Concept]
    positions: dict[str, list[tuple[float, float] | None] | None]
    note: str
    layer: str
    chosen: str | None
    similarity: dict[str, list[int]] | None
    order: str | None
    group: list[str]
    communities: list[Community] | None
    trajectory: bool
    movement: dict[str, list[int]] | None
    aspects: str


class OverviewData(OverviewContent, MadeFrom):
    """The data of the component ``overview``."""


class GalleryItem(TypedDict):
    """A picture, with a link to its channel where it names one."""

    picture: str
    alt: str
    name: str | None
    captions: list[str]
    channel: str | None


class GalleryGroup(TypedDict):
    """Pictures of one size under a title.

    Attributes:
        side: in pixels.
        more: what is not shown; None if all is.
    """

    title: str | None
    hint: str | None
    side: int
    items: list[GalleryItem]
    more: str | None


class GalleryContent(TypedDict):
    """Groups of pictures.

    Attributes:
        file: the name of a downloaded picture, without its ending; None for no download.
        heading: the title of a downloaded picture.
        channel_url_prefix: the address of a channel's page up to the channel's name.
    """

    file: str | None
    heading: str
    groups: list[GalleryGroup]
    channel_url_prefix: str


class GalleryData(GalleryContent, MadeFrom):
    """The data of the component ``gallery``; redrawn when ``key`` changes."""

    key: str


class MotifChannel(TypedDict):
    """A channel of a motif; ``label`` is None without one."""

    channel: str
    name: str
    label: str | None


class InGroup(TypedDict):
    """In how many classes of a group something is, and in how many others.

    Attributes:
        size: number of classes of the group.
        others: number of the other classes.
        lift: the share of the group's classes over the share of the others; None if no other class has it.
    """

    inside: int
    size: int
    outside: int
    others: int
    lift: float | None


class Motif(TypedDict):
    """A motif: its channels from the lowest layer up, and the signs between them.

    Attributes:
        group: how typical of a group it is; None where no group is shown.
        support: how many classes have it.
        expected: how many are expected by chance; None (as is ``q``) if it was stored without statistics.
    """

    id: str
    shape: str
    support: int
    expected: float | None
    q: float | None
    group: InGroup | None
    joins: list[str]
    channels: list[MotifChannel]


class MotifsContent(TypedDict):
    """A list of motifs; ``chosen`` is the selected one's id."""

    network: str
    file: str
    heading: str
    motifs: list[Motif]
    chosen: str | None


class MotifsData(MotifsContent, MadeFrom):
    """The data of the component ``motifs``; redrawn when ``key`` changes."""

    key: str


class ChartMeasure(TypedDict):
    """A measure of each layer, from 0 to 1; None if it is unknown."""

    name: str
    values: list[float | None]


class ChartContent(TypedDict):
    """Measures of the layers, from the lowest layer up."""

    layers: list[str]
    measures: list[ChartMeasure]
    heading: str
    file: str


class ChartData(ChartContent, MadeFrom):
    """The data of the component ``chart``, with what it is made from."""


class InlinePictures(TypedDict):
    """A channel's pictures as data: URLs.

    Attributes:
        kinds: kind -> feature visualization.
        examples: the strongest first.
    """

    kinds: dict[str, str]
    examples: list[str]


class StandaloneData(TypedDict):
    """What a page without a server has besides the data of its component.

    Attributes:
        component: its name, such as ``graph``.
        css: the component's styles.
        pictures: channel -> its pictures.
    """

    component: str
    css: str
    pictures: dict[str, InlinePictures]
