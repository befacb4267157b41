"""Attribution graphs as input of the graph component."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from summit_graph.analysis.row_order import order_rows
from summit_graph.analysis.runs import Run, find_runs, runs_of
from summit_graph.analysis.shares import percent
from summit_graph.defaults import EXAMPLES
from summit_graph.display.page_data import (
    ChannelGroups,
    ChartContent,
    GraphClass,
    GraphContent,
    GraphEdge,
    GraphMeaning,
    GraphNode,
    GraphOutput,
    Holders,
    NodeLabel,
    SimilarClass,
)
from summit_graph.display.wording import counted, describe_label
from summit_graph.pictures.index import Pictures
from summit_graph.records import (
    AttributionGraph,
    Channel,
    ChannelLabel,
    ClassSummary,
    Edge,
    GraphGroup,
    Layer,
    Node,
    Parameters,
)
from summit_graph.views.beyond import Beyond
from summit_graph.views.commonness import Commonness
from summit_graph.views.comparison import ComparedChannel, ComparedEdge, Comparison


@dataclass(frozen=True)
class Surroundings:
    """What is shown with a class's graph.

    Attributes:
        common: how common its channels are.
        beyond: influences that it lacks, around expanded channels.
        similar: the classes whose graphs are most similar.
        classes: how many the network has.
    """

    common: Mapping[Channel, Commonness] = field(default_factory=dict)
    beyond: Beyond = field(default_factory=Beyond)
    similar: Sequence[SimilarClass] = ()
    classes: int = 0


#: Classes that the headings and files of a comparison name: file systems allow names of 255 bytes.
NAMED = 4
#: Compared classes whose own channels are counted one by one.
LISTED = 8
NO_HOLDERS: Holders = {"part": None, "owner": None, "counts": None}


def channel_groups(
    groups: Sequence[GraphGroup], *, shown: bool = True, opened: Collection[str] = (), missing: str = ""
) -> ChannelGroups:
    """The groups of a graph's channels; ``opened`` are ids, ``missing`` says why there are no groups."""
    return {
        "shown": shown and bool(groups),
        "opened": [one.id for one in groups if one.id in opened],
        "groups": [
            {"id": one.id, "label": one.name, "channels": [str(channel) for channel in one.channels]}
            for one in groups
        ],
        "missing": "" if groups else missing,
    }


def graph_content(
    graph: AttributionGraph,
    *,
    layers: Sequence[Layer],
    pictures: Pictures,
    parameters: Parameters | None = None,
    surroundings: Surroundings | None = None,
) -> GraphContent:
    """One class's graph: channels with count and PageRank, influences with their way, the class's output."""
    summary, around = graph.summary, surroundings or Surroundings()
    branches = {layer.name: layer for layer in layers}
    own = {node.channel for node in graph.nodes}
    shown = [*graph.nodes, *around.beyond.nodes]
    nodes = [
        _node(
            node,
            branches[node.channel.layer],
            pictures,
            around.common.get(node.channel),
            extra=node.channel not in own or node.channel in graph.added,
        )
        for node in shown
    ]
    edges = [
        _edge(edge, extra=not graph.added.isdisjoint((edge.previous, edge.channel))) for edge in graph.edges
    ]
    edges += [_edge(edge, extra=True) for edge in around.beyond.edges]
    influences = [(edge.previous, edge.channel, edge.count) for edge in (*graph.edges, *around.beyond.edges)]
    runs = runs_of(graph.edges)
    return {
        "network": graph.network,
        "file": f"{graph.network}-{summary.name}",
        "layers": [layer.name for layer in layers],
        "classes": [_class(summary)],
        "nodes": _in_row_order(nodes, [node.channel for node in shown], influences, runs),
        "edges": edges,
        "output": _output(graph, parameters),
        "runs": _names_of(runs),
        **_meaning(graph),
        "facts": [
            *summary_facts(summary),
            *([("Counted by", graph.parameters.measure_text)] if graph.parameters else []),
            *([("Selected by", graph.selected_by)] if graph.selected_by != "pagerank" else []),
            ("Channels", str(len(graph.nodes))),
            ("Influences", str(len(graph.edges))),
        ],
        "class_count": around.classes,
        "similar": list(around.similar),
    }


def comparison_content(
    comparison: Comparison,
    *,
    summaries: Sequence[ClassSummary],
    layers: Sequence[Layer],
    pictures: Pictures,
    labels: Mapping[Channel, ChannelLabel] | None = None,
) -> GraphContent:
    """The union of several classes' graphs: each channel and influence with the classes that have it."""
    branches = {layer.name: layer for layer in layers}
    channels = [one.channel for one in comparison.channels]
    nodes = [
        _compared_node(
            one, branches[one.channel.layer], pictures, comparison, (labels or {}).get(one.channel)
        )
        for one in comparison.channels
    ]
    influences = [(one.previous, one.channel, max(one.counts.values())) for one in comparison.edges]
    skips = zip(influences, comparison.edges, strict=True)
    runs = find_runs(influence for influence, edge in skips if edge.skip)
    titles = {summary.name: summary.title for summary in summaries}
    is_against = bool(comparison.parameters and comparison.parameters.is_against)
    return {
        "network": comparison.network,
        "file": file_of(comparison),
        "layers": [layer.name for layer in layers],
        "classes": [_class(summary) for summary in summaries],
        "nodes": _in_row_order(nodes, channels, influences, runs, _sides_of(comparison)),
        "edges": [_compared_edge(one, comparison) for one in comparison.edges],
        "output": None,
        "runs": _names_of(runs),
        "against": is_against,
        "heading": f"Shared and unique channels of {_named([*titles.values()])}",
        "explanation": "The union of these classes' attribution graphs"
        + (": what speaks against each of them." if is_against else "."),
        "facts": _part_facts(comparison, titles),
        "class_count": 0,
        "similar": [],
    }


def file_of(comparison: Comparison) -> str:
    """The name of a comparison's files, without an ending."""
    named, others = comparison.classes[:NAMED], len(comparison.classes) - NAMED
    more = [f"and-{others}-more"] if others > 0 else []
    return "-".join([comparison.network, *named, *more])


def _named(titles: Sequence[str]) -> str:
    """All titles, or the first ones and how many more there are."""
    more = [f"and {len(titles) - NAMED} more"] if len(titles) > NAMED else []
    return ", ".join([*titles[:NAMED], *more])


def layer_chart(comparison: Comparison, summaries: Sequence[ClassSummary]) -> ChartContent:
    """Similarity of the classes in each layer, from the lowest up, by two measures from 0 to 1."""
    measures = {
        "shared channels (Jaccard)": [one.jaccard for one in comparison.layers],
        "activations (cosine)": [one.cosine for one in comparison.layers],
    }
    return {
        "layers": [one.layer for one in comparison.layers],
        "measures": [
            {"name": name, "values": values}
            for name, values in measures.items()
            if any(value is not None for value in values)
        ],
        "heading": f"Similarity by layer: {_named([summary.title for summary in summaries])}",
        "file": f"{file_of(comparison)}-layers",
    }


def summary_facts(summary: ClassSummary) -> list[tuple[str, str]]:
    """Images and accuracy of a class, as label and text."""
    found = [("Images", f"{summary.images:,}" if summary.images else "not published")]
    if summary.top1 is not None and summary.images:
        found.append(("Top-1 accuracy", percent(summary.top1 / summary.images)))
    if summary.top5 is not None and summary.images:
        found.append(("Top-5 accuracy", percent(summary.top5 / summary.images)))
    return found


def _in_row_order(
    nodes: Sequence[GraphNode],
    channels: Sequence[Channel],
    influences: Collection[tuple[Channel, Channel, int]],
    runs: Sequence[Run],
    sides: Mapping[Channel, float] | None = None,
) -> list[GraphNode]:
    """The nodes layer by layer from the lowest up, within a layer from left to right."""
    by_id = {node["id"]: node for node in nodes}
    rows = order_rows(channels, influences, runs, sides=sides)
    return [by_id[str(channel)] for row in rows.values() for channel in row]


def _sides_of(comparison: Comparison) -> dict[Channel, float]:
    """What only the first class has is left, what only the last one has is right."""
    places = {name: place for place, name in enumerate(comparison.classes)}
    return {one.channel: fmean(places[name] for name in one.counts) for one in comparison.channels}


def _label(label: ChannelLabel | None) -> NodeLabel | None:
    if label is None:
        return None
    return {"text": label.text, "shown": label.shown, "about": describe_label(label)}


def _names_of(runs: Sequence[Run]) -> list[list[str]]:
    return [[str(channel) for channel in run] for run in runs]


def _class(summary: ClassSummary) -> GraphClass:
    return {
        "name": summary.name,
        "title": summary.title,
        "images": summary.images,
        "histogram": None if summary.histogram is None else list(summary.histogram),
    }


def _node(
    node: Node, layer: Layer, pictures: Pictures, common: Commonness | None, *, extra: bool
) -> GraphNode:
    return {
        "id": str(node.channel),
        "count": node.count,
        "pagerank": node.pagerank,
        "branch": layer.branch_of(node.channel.index),
        "graphs": common.graphs if common else None,
        "lift": common.lift if common else None,
        "q": common.q if common else None,
        "extra": extra,
        "diversity": pictures.diversity_kinds(node.channel),
        "examples": _examples(node.channel, pictures),
        "label": _label(node.label),
        **NO_HOLDERS,
    }


def _compared_node(
    one: ComparedChannel,
    layer: Layer,
    pictures: Pictures,
    comparison: Comparison,
    label: ChannelLabel | None,
) -> GraphNode:
    return {
        "id": str(one.channel),
        "count": max(one.counts.values()),
        "pagerank": None,
        "branch": layer.branch_of(one.channel.index),
        "graphs": None,
        "lift": None,
        "q": None,
        "extra": False,
        "diversity": pictures.diversity_kinds(one.channel),
        "examples": _examples(one.channel, pictures),
        "label": _label(label),
        **_holders(comparison, one),
    }


def _edge(edge: Edge, *, extra: bool) -> GraphEdge:
    return {
        "lower": str(edge.previous),
        "upper": str(edge.channel),
        "count": edge.count,
        "via": edge.via,
        "via_stop": edge.via_stop,
        "skip": edge.skip,
        "extra": extra,
        **NO_HOLDERS,
    }


def _output(graph: AttributionGraph, parameters: Parameters | None) -> GraphOutput | None:
    if parameters is None or not graph.has_output:
        return None
    largest_first = sorted(graph.supports, key=lambda support: -support.count)
    return {
        "top": parameters.top_influences,
        "supports": [{"channel": str(one.channel), "count": one.count} for one in largest_first],
        "further": graph.further_supports,
    }


def _meaning(graph: AttributionGraph) -> GraphMeaning:
    title = graph.summary.title
    if graph.parameters and graph.parameters.is_against:
        return {
            "against": True,
            "heading": f"What speaks against {title}",
            "explanation": "The channels that lower this class's log-odds most in its own images, and the "
            "influences through which they do.",
        }
    return {
        "against": False,
        "heading": f"Attribution graph of {title}",
        "explanation": "The most important channels for this class and the influences between them. Low "
        "layers detect simple patterns, high layers parts and objects.",
    }


def _compared_edge(one: ComparedEdge, comparison: Comparison) -> GraphEdge:
    return {
        "lower": str(one.previous),
        "upper": str(one.channel),
        "count": max(one.counts.values()),
        "via": None,
        "via_stop": None,
        "skip": one.skip,
        "extra": False,
        **_holders(comparison, one),
    }


def _examples(channel: Channel, pictures: Pictures) -> int:
    return min(EXAMPLES, len(pictures.examples_of(channel)))


def _holders(comparison: Comparison, thing: ComparedChannel | ComparedEdge) -> Holders:
    part = comparison.holders(thing.counts)
    owner = next(iter(thing.counts)) if part == "only" else None
    return {"part": part, "owner": owner, "counts": dict(thing.counts)}


def part_of(comparison: Comparison, thing: ComparedChannel | ComparedEdge) -> str:
    """Which classes have a channel or an edge: ``shared``, ``some``, or ``only`` and the class's name."""
    part = comparison.holders(thing.counts)
    return f"only {next(iter(thing.counts))}" if part == "only" else part


def _part_facts(comparison: Comparison, titles: Mapping[str, str]) -> list[tuple[str, str]]:
    held = Counter(part_of(comparison, one) for one in comparison.channels)
    several = [("In some of them", "some")] if len(comparison.classes) > 2 else []
    own = [(f"Only {titles[name]}", f"only {name}") for name in comparison.classes]
    parts = [("Shared by all", "shared"), *several, *own]
    if len(own) > LISTED:
        held["only"] = sum(held[part] for _, part in own)
        parts = [("Shared by all", "shared"), *several, ("In only one of them", "only")]
    return [(label, counted(held[part], "channel", "channels")) for label, part in parts]
