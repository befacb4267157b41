"""An attribution graph as text: JSON, the published Summit form, GraphML, DOT (SPEC 7)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from io import BytesIO
from itertools import groupby
from typing import TYPE_CHECKING, Any

from summit_graph.analysis.comparison import Comparison
from summit_graph.analysis.runs import joined_in, runs_of
from summit_graph.formats.csv_text import label_of
from summit_graph.formats.subgraphs import NO_SUBGRAPH, Subgraph
from summit_graph.names import visible
from summit_graph.pictures.index import Pictures
from summit_graph.records import AttributionGraph, Channel, ChannelLabel, Edge, Node, Support, measured_by

if TYPE_CHECKING:
    import networkx

#: What XML cannot hold, not even escaped: most control characters.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: The meaning of the counts in the form for reading.
COUNTS_EXPLAINED = (
    "A channel's images: where it is a top channel. "
    "In brackets: in how many images an influence is a top one."
)
NO_PICTURES = Pictures()
#: For each channel its largest influences as [previous, count].
LargestInfluences = Mapping[Channel, Sequence[tuple[int, int]]]


def to_json_text(graph: AttributionGraph, subgraph: Subgraph = NO_SUBGRAPH) -> str:
    """Nodes, edges, and what the channels of the last layer contribute to the class, as flat lists.

    Args:
        subgraph: the user's own labels, notes and groups of channels.
    """
    value: dict[str, Any] = {
        "network": graph.network,
        **graph.origin.to_json(),
        **graph.made_by,
        "class": graph.summary.name,
        "images": graph.summary.images or None,
        "nodes": [_node_json(node) for node in graph.nodes],
        "edges": [_edge_json(edge) for edge in graph.edges],
    }
    if graph.has_output:
        value["supports"] = [_support_json(support) for support in graph.supports]
        value["further_supports"] = graph.further_supports
    if subgraph != NO_SUBGRAPH:
        value["subgraph"] = subgraph.own_parts
    return json.dumps(value, ensure_ascii=False)


def to_text(graph: AttributionGraph, subgraph: Subgraph = NO_SUBGRAPH) -> str:
    """For reading: the class, the channels from the highest layer down, and each run of skips once."""
    runs = runs_of(graph.edges)
    in_runs = joined_in(runs)
    inputs: dict[Channel, list[Edge]] = {}
    for edge in sorted(graph.edges, key=lambda edge: -edge.count):
        if (edge.previous, edge.channel) not in in_runs:
            inputs.setdefault(edge.channel, []).append(edge)
    lines = _head_lines(graph)
    for layer, nodes in groupby(reversed(graph.nodes), key=lambda node: node.channel.layer):
        lines += [
            "",
            layer,
            *(_node_line(node, inputs.get(node.channel, ()), subgraph) for node in reversed([*nodes])),
        ]
    if runs:
        lines += ["", "passed on by skips", *("  " + " > ".join(map(str, run)) for run in runs)]
    return "\n".join(map(visible, lines))


def _head_lines(graph: AttributionGraph) -> list[str]:
    summary = graph.summary
    images = f"{summary.images:,} images, " if summary.images else ""
    numbers = f"{images}{len(graph.nodes)} channels, {len(graph.edges)} influences"
    by = f", {graph.made_by_text}" if graph.parameters else ""
    lines = [f"{summary.title}: {numbers}, network {graph.network}{by}", COUNTS_EXPLAINED]
    if graph.has_output:
        named = [f"{one.channel} ({one.count})" for one in graph.supports]
        lines += [
            "",
            "class",
            f"  contributions of {', '.join([*named, f'{graph.further_supports} further'])}",
        ]
    return lines


def _node_line(node: Node, inputs: Sequence[Edge], subgraph: Subgraph) -> str:
    """Indented: the channel with its label in brackets, and what influences it, the strongest first."""
    label = f" [{node.label.text}]" if node.label and node.label.text else ""
    own = "".join(f" {key} {value!r}" for key, value in subgraph.marks_of(node.channel).items())
    text = f"  {node.channel}{label}{own} in {node.count:,} {'image' if node.count == 1 else 'images'}"
    if not inputs:
        return text
    return f"{text}, influenced by {', '.join(f'{edge.previous} ({_way_text(edge)})' for edge in inputs)}"


def _way_text(edge: Edge) -> str:
    via = "" if edge.via is None else f" via {edge.via_stop or ''} {edge.via}".replace("  ", " ")
    return f"{edge.count}{' skip' if edge.skip else via}"


def to_summit_text(graph: AttributionGraph, layers: Sequence[str], largest: LargestInfluences) -> str:
    """The form of the authors' published data, with each channel's largest influences.

    Args:
        layers: all layers of the network, from the lowest up.
    """
    return to_layers_text(graph, layers, lambda channel: _influences(largest.get(channel, ())))


def to_layers_text(
    graph: AttributionGraph, layers: Sequence[str], attr_channels: Callable[[Channel], object]
) -> str:
    """Layers from the top, edges inside their upper channel; ``attr_channels`` is copied as given."""
    inputs: dict[Channel, list[tuple[int, int]]] = {}
    for edge in graph.edges:
        inputs.setdefault(edge.channel, []).append((edge.previous.index, edge.count))
    listed: dict[str, list[dict[str, Any]]] = {layer: [] for layer in reversed(layers)}
    for node in graph.nodes:
        listed[node.channel.layer].append(
            {
                "channel": node.channel.index,
                "count": node.count,
                "layer": node.channel.layer,
                "pagerank": node.pagerank,
                "prev_channels": _influences(inputs.get(node.channel, ())),
                "attr_channels": attr_channels(node.channel),
            }
        )
    return json.dumps(listed)


def to_graphml(
    graph: AttributionGraph, pictures: Pictures = NO_PICTURES, subgraph: Subgraph = NO_SUBGRAPH
) -> str:
    """GraphML: nodes with layer, count, pagerank; edges upwards, with count, via, via_stop and skip.

    The class is a node too (``output``), with edges from the channels that contribute to it. Every node has a
    ``label``, its name if it has no other, and ``picture``, the path of its picture, if there is one.
    """
    result = to_networkx(graph)
    for node in graph.nodes:
        picture = pictures.file_of(node.channel)
        shown = {"label": label_of(node)} | ({} if picture is None else {"picture": str(picture)})
        result.nodes[str(node.channel)].update(shown | subgraph.marks_of(node.channel))
    if graph.has_output:
        name = graph.summary.name
        result.add_node(name, output=True, title=graph.summary.title, label=graph.summary.title)
        for support in graph.supports:
            result.add_edge(str(support.channel), name, count=support.count, output=True)
    return _graphml(result)


def to_comparison_graphml(comparison: Comparison) -> str:
    """GraphML of the union: each node and edge has its classes (``in``) and each class's count."""
    import networkx

    graph: networkx.DiGraph = networkx.DiGraph()
    graph.graph |= {"network": comparison.network, **comparison.origin.to_json()}
    graph.graph |= measured_by(comparison.parameters)
    graph.graph["classes"] = ", ".join(comparison.classes)
    for node in comparison.channels:
        where = {"layer": node.channel.layer, "channel": node.channel.index}
        graph.add_node(str(node.channel), **where, **_holding(comparison, node.counts))
    for edge in comparison.edges:
        graph.add_edge(str(edge.previous), str(edge.channel), **_holding(comparison, edge.counts))
    return _graphml(graph)


def to_dot(graph: AttributionGraph, subgraph: Subgraph = NO_SUBGRAPH) -> str:
    """Graphviz DOT, a rank per layer, the class and the highest layer on top, edge widths by count.

    The channels of a supernode are one cluster (``newrank`` allows a cluster's nodes ranks).
    """
    counts = [edge.count for edge in graph.edges] + [support.count for support in graph.supports]
    most = max(counts, default=1)
    lines = [f"digraph {_quoted(graph.summary.name)} {{", *_dot_label(graph)]
    lines += ["  rankdir=BT;", *(["  newrank=true;"] if subgraph.supernodes else []), "  node [shape=box];"]
    rows: dict[str, list[str]] = {}
    for node in graph.nodes:
        rows.setdefault(node.channel.layer, []).append(_quoted(str(node.channel)))
    lines += [f"  {{ rank=same; {'; '.join(names)} }}" for names in reversed(rows.values())]
    lines += [_dot_node(node, subgraph) for node in graph.nodes]
    lines += _dot_clusters(graph, subgraph)
    lines += [
        _dot_edge(str(edge.previous), str(edge.channel), edge.count, most, dashed=edge.skip)
        for edge in graph.edges
    ]
    return "\n".join([*lines, *_dot_output(graph, most), "}"])


def _dot_node(node: Node, subgraph: Subgraph) -> str:
    """A node; its text has the user's label, else the channel's, if there is one, in a second line."""
    name = _quoted(str(node.channel))
    label = subgraph.labels.get(node.channel) or (node.label and node.label.text)
    shown = f"label={name[:-1]}\\n{_quoted(label)[1:]}, " if label else ""
    return f"  {name} [{shown}tooltip={_quoted(_tooltip(node))}];"


def _dot_clusters(graph: AttributionGraph, subgraph: Subgraph) -> list[str]:
    """Graphviz draws a box around the nodes of a subgraph whose name starts with cluster."""
    own = {str(node.channel) for node in graph.nodes}
    return [
        f"  subgraph cluster_{at} {{ label={_quoted(one.label)}; "
        f"{'; '.join(_quoted(name) for name in one.channels if name in own)} }}"
        for at, one in enumerate(subgraph.supernodes)
    ]


def _dot_label(graph: AttributionGraph) -> list[str]:
    """The measure, in the colour of what speaks against a class if that is counted."""
    if graph.parameters is None:
        return []
    text = _quoted(f"{graph.summary.title}: {graph.made_by_text}")
    return [f"  label={text};", *(["  edge [color=firebrick];"] if graph.parameters.is_against else [])]


def _dot_edge(lower: str, upper: str, count: int, most: int, *, dashed: bool = False) -> str:
    width, dashes = 0.5 + 3.5 * count / most, ", style=dashed" if dashed else ""
    return f"  {_quoted(lower)} -> {_quoted(upper)} [label={count}, penwidth={width:.2f}{dashes}];"


def _dot_output(graph: AttributionGraph, most: int) -> list[str]:
    """The class, and what the channels of the last layer contribute to it."""
    if not graph.has_output:
        return []
    name, title = graph.summary.name, graph.summary.title
    node = f"  {_quoted(name)} [shape=ellipse, label={_quoted(title)}];"
    supports = [_dot_edge(str(one.channel), name, one.count, most) for one in graph.supports]
    return [node, *supports]


def to_networkx(graph: AttributionGraph, subgraph: Subgraph = NO_SUBGRAPH) -> networkx.DiGraph:
    """A NetworkX graph: nodes named like ``mixed4c/447``, edges from the lower channel to the upper."""
    import networkx

    result: networkx.DiGraph = networkx.DiGraph()
    result.graph |= {"network": graph.network, **graph.origin.to_json(), **graph.made_by}
    result.graph["class"] = graph.summary.name
    for node in graph.nodes:
        result.add_node(
            str(node.channel),
            layer=node.channel.layer,
            channel=node.channel.index,
            count=node.count,
            pagerank=node.pagerank,
            **(_label_attributes(node) | subgraph.marks_of(node.channel)),
        )
    for edge in graph.edges:
        result.add_edge(str(edge.previous), str(edge.channel), count=edge.count, **_way(edge))
    return result


def _label_attributes(node: Node) -> dict[str, str | float]:
    """The label as attributes of a node; GraphML has no null."""
    label = node.label
    if label is None or label.text is None:
        return {}
    return {"label": label.text, "label_score": label.score, "label_source": label.source}


def _graphml(graph: networkx.DiGraph) -> str:
    """The graph as GraphML; a character that XML cannot hold becomes U+FFFD."""
    import networkx

    stream = BytesIO()
    networkx.write_graphml_xml(
        graph, stream
    )  # not the writer by lxml, where that is installed: it refuses them
    text = _NOT_XML.sub("\ufffd", stream.getvalue().decode("utf-8"))
    return text.replace("\r", "&#13;")  # else a parser reads a line feed


def _holding(comparison: Comparison, counts: Mapping[str, int]) -> dict[str, Any]:
    named = {f"count {name}": count for name, count in counts.items()}
    return {"in": comparison.holders(counts), "classes": ", ".join(counts), **named}


def _node_json(node: Node) -> dict[str, Any]:
    value = {
        "layer": node.channel.layer,
        "channel": node.channel.index,
        "count": node.count,
        "pagerank": node.pagerank,
    }
    return value | (label_json(node.label) if node.label else {})


def label_json(label: ChannelLabel) -> dict[str, Any]:
    """A label as keys of its channel; ``label`` is null where no text describes the channel well."""
    return {
        "label": label.text,
        "label_score": label.score,
        "label_source": label.source,
        "label_alternatives": [asdict(one) for one in label.alternatives],
    }


def _edge_json(edge: Edge) -> dict[str, Any]:
    return {
        "layer": edge.channel.layer,
        "channel": edge.channel.index,
        "previous_layer": edge.previous.layer,
        "previous": edge.previous.index,
        "count": edge.count,
        "via": edge.via,
        "via_stop": edge.via_stop,
        "skip": edge.skip,
    }


def _support_json(support: Support) -> dict[str, Any]:
    return {"layer": support.channel.layer, "channel": support.channel.index, "count": support.count}


def _way(edge: Edge) -> dict[str, int | str | bool]:
    """How an influence runs, as attributes: GraphML has no null."""
    known = {"via": edge.via, "via_stop": edge.via_stop, "skip": edge.skip or None}
    return {key: value for key, value in known.items() if value is not None}


def _influences(rows: Sequence[tuple[int, int]]) -> list[dict[str, int]]:
    return [{"prev_channel": previous, "inf": count} for previous, count in rows]


def _tooltip(node: Node) -> str:
    return f"in {node.count} images, PageRank {node.pagerank:.2g}"


def _quoted(text: str) -> str:
    escaped = visible(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
