"""The form in which the Summit authors published their results: a folder with ``ag/ag-<output>.json``.

Each file is one class's attribution graph for their InceptionV1 on all of ImageNet: layers from the top, in
each a list of channels with ``count``, ``pagerank``, ``prev_channels`` (the edges) and ``attr_channels`` (the
three largest influences, selected or not; in the published files some of these are bottleneck numbers, so
they are kept as text and never read as channels). Pictures are next to it in ``feature-vis/``.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from summit_graph.counts.manifest_checks import MOST_CHANNELS, MOST_IMAGES
from summit_graph.errors import SummitGraphError
from summit_graph.formats.graph_text import to_layers_text
from summit_graph.images.labels import imagenet_labels
from summit_graph.names import shortened
from summit_graph.records import (
    AttributionGraph,
    Channel,
    ClassSummary,
    Edge,
    Layer,
    Node,
    by_position,
)

_GRAPH_FILE = re.compile(r"ag-(\d+)\.json")
_PICTURE_FILE = re.compile(r"(mixed\d[a-e])-(\d+)-channel\.\w+")
#: Layers, from the lowest up, and their widths in the model whose results were published ("inception5h"); the
#: widths are for data without pictures.
PUBLISHED_WIDTHS = {
    "mixed3a": 256,
    "mixed3b": 480,
    "mixed4a": 508,
    "mixed4b": 512,
    "mixed4c": 512,
    "mixed4d": 528,
    "mixed4e": 832,
    "mixed5a": 832,
    "mixed5b": 1024,
}
_LAYERS = tuple(PUBLISHED_WIDTHS)


class PublishedFormError(SummitGraphError):
    """A file that should hold an attribution graph in the published form does not."""


@dataclass(frozen=True, slots=True)
class PublishedGraph:
    """One class's attribution graph, and for each channel its ``attr_channels`` as JSON text."""

    graph: AttributionGraph
    attr_channels: Mapping[Channel, str]


@dataclass(frozen=True, slots=True)
class PublishedFolder:
    """Where published results are.

    Attributes:
        files: output index -> file, ascending.
        pictures: the folder ``feature-vis``, or None.
    """

    files: Mapping[int, Path]
    pictures: Path | None

    def read_graphs(self, network: str) -> Iterator[PublishedGraph]:
        """The classes' graphs one at a time, by output."""
        for file in self.files.values():
            yield read_published_graph(file, network=network)


def find_published(path: Path) -> PublishedFolder:
    """Published results at ``path``: a clone, its ``data`` or ``ag`` folder, or one ``ag-<output>.json``.

    Raises:
        PublishedFormError: there is no such file.
    """
    folders = [path, path / "ag", path / "data" / "ag"]
    candidates = (
        [path] if path.is_file() else [file for folder in folders for file in folder.glob("ag-*.json")]
    )
    files = {int(match[1]): file for file in candidates if (match := _GRAPH_FILE.fullmatch(file.name))}
    if not files:
        raise PublishedFormError(
            f"{path} holds no attribution graph in the published form (ag-<output>.json)"
        )
    ordered = dict(sorted(files.items()))
    pictures = next(iter(ordered.values())).absolute().parent.parent / "feature-vis"
    return PublishedFolder(ordered, pictures if pictures.is_dir() else None)


def read_published_graph(file: Path, *, network: str) -> PublishedGraph:
    """One file as an attribution graph of the class with that output's WordNet id.

    The files lack the number of images: ``images`` is 0.

    Raises:
        PublishedFormError: the file cannot be read, or is not in the published form.
    """
    summary = class_of_output(_output_of(file), file)
    try:
        value = json.loads(file.read_text("utf-8"))
        nodes, edges, attr_channels = _parse(value)
    except OSError as error:
        raise PublishedFormError(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else error
        raise PublishedFormError(
            f"{file} is not an attribution graph in the published form: {reason}"
        ) from None
    return PublishedGraph(AttributionGraph(network, summary, nodes, edges), attr_channels)


def class_of_output(output: int, file: Path) -> ClassSummary:
    """The class that a published file is about: an output of ImageNet's, named by its WordNet id."""
    outputs = imagenet_labels().outputs
    if output >= len(outputs):
        raise PublishedFormError(f"{file} is named after output {output}, but ImageNet has {len(outputs)}")
    entry = outputs[output]
    name = entry.wordnet_id or str(output)
    return ClassSummary(name, output, entry.names[0], images=0, top1=None, top5=None, histogram=None)


def published_layers(graphs: Iterable[AttributionGraph], pictures: Path | None) -> tuple[Layer, ...]:
    """Layers as wide as the data show them.

    The widths are those of the pictures, where the data has one of every channel; else those of the published
    model, where every channel fits into them; else just wide enough.
    """
    needed: Counter[str] = Counter(dict.fromkeys(_LAYERS, 0))
    for graph in graphs:
        for node in graph.nodes:
            needed[node.channel.layer] = max(needed[node.channel.layer], node.channel.index + 1)
    for known in (_pictured_widths(pictures), PUBLISHED_WIDTHS):
        if all(known.get(layer, 0) >= width for layer, width in needed.items()):
            return _layers_of(known)
    return _layers_of({name: max(1, width) for name, width in needed.items()})


def _layers_of(widths: Mapping[str, int]) -> tuple[Layer, ...]:
    return tuple(Layer(name, widths[name], position=at) for at, name in enumerate(_LAYERS))


def to_published_text(published: PublishedGraph) -> str:
    """The text of a published file with the same content; channels in ascending order."""
    kept = published.attr_channels
    return to_layers_text(published.graph, _LAYERS, lambda channel: json.loads(kept.get(channel, "[]")))


def _output_of(file: Path) -> int:
    match = _GRAPH_FILE.fullmatch(file.name)
    if not match:
        raise PublishedFormError(f"{file} is not named ag-<output>.json, so its class is unknown")
    return int(match[1])


def _pictured_widths(pictures: Path | None) -> dict[str, int]:
    widths: dict[str, int] = {}
    for file in (pictures / "channel").glob("*-channel.*") if pictures else ():
        if match := _PICTURE_FILE.fullmatch(file.name):
            widths[match[1]] = max(widths.get(match[1], 0), int(match[2]) + 1)
    return widths


def _parse(value: Any) -> tuple[tuple[Node, ...], tuple[Edge, ...], dict[Channel, str]]:
    if not isinstance(value, dict) or not all(isinstance(listed, list) for listed in value.values()):
        raise ValueError("it is not a list of channels for each layer")
    unknown = value.keys() - set(_LAYERS)
    if unknown:
        raise ValueError(f"{sorted(unknown)[0]!r} is not a mixed layer")
    entries = {_channel(layer, entry): entry for layer, listed in value.items() for entry in listed}
    if len(entries) < sum(map(len, value.values())):
        raise ValueError("a channel appears twice")
    channels = sorted(entries, key=by_position(_LAYERS))
    nodes = [_node(channel, entries[channel]) for channel in channels]
    edges = [edge for channel in channels for edge in _edges_into(channel, entries)]
    attr_channels = {
        channel: json.dumps(entry["attr_channels"])
        for channel, entry in entries.items()
        if "attr_channels" in entry
    }
    return tuple(nodes), tuple(edges), attr_channels


def _channel(layer: str, entry: Mapping[str, Any]) -> Channel:
    if entry.get("layer", layer) != layer:
        raise ValueError(f"channel {entry['channel']} of {layer} says that it is of {entry['layer']}")
    return Channel(layer, _natural(entry, "channel", most=MOST_CHANNELS - 1))


def _node(channel: Channel, entry: Mapping[str, Any]) -> Node:
    pagerank = entry["pagerank"]
    if isinstance(pagerank, bool) or not isinstance(pagerank, (int, float)) or not 0 <= pagerank <= 1:
        raise ValueError(f"the pagerank of {channel} is {pagerank!r}")
    return Node(channel, _natural(entry, "count"), float(pagerank))


def _edges_into(channel: Channel, entries: Mapping[Channel, Mapping[str, Any]]) -> list[Edge]:
    """The edges that end in ``channel``; both ends are channels of the graph; each appears once."""
    below = _LAYERS.index(channel.layer) - 1
    edges: dict[Channel, Edge] = {}
    for entry in entries[channel]["prev_channels"]:
        previous = Channel(_LAYERS[below] if below >= 0 else "", _natural(entry, "prev_channel"))
        if previous not in entries:
            raise ValueError(f"an edge into {channel} starts at {entry['prev_channel']}, which is not in it")
        if previous in edges:
            raise ValueError(f"the edge from {previous} to {channel} appears twice")
        edges[previous] = Edge(channel, previous, _natural(entry, "inf"), via=None)
    return [edges[previous] for previous in sorted(edges, key=lambda one: one.index)]


def _natural(entry: Mapping[str, Any], key: str, *, most: int = MOST_IMAGES) -> int:
    """A whole number from 0 to ``most``; the published files write some as text."""
    value = entry[key]
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError(f"{key} is {shortened(repr(value))}, not a whole number up to {most}")
    return value
