"""Commands that read a class: graph, compare, neighbours, less-contributing, embed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from summit_graph.cli.console import print_data, print_json, print_table, say, spinner
from summit_graph.cli.options import (
    ClassArgument,
    JsonOption,
    NetworkOption,
    SubgraphOption,
    UriOption,
    check_layer,
    read_subgraph_option,
    say_measure,
    the_database,
)
from summit_graph.defaults import LESS_CONTRIBUTING, NEIGHBOURS
from summit_graph.display.wording import counted
from summit_graph.errors import UsageError
from summit_graph.records import measured_by

if TYPE_CHECKING:
    from summit_graph.analysis.comparison import Comparison
    from summit_graph.formats.subgraphs import Subgraph
    from summit_graph.records import AttributionGraph, Channel
    from summit_graph.store.connection import Database
    from summit_graph.views.classes import StoredClass

app = typer.Typer()

_GRAPHS_ONLY = (
    "This network has only attribution graphs: "
    "a channel outside a class's graph counts as 0 in its activations."
)


class GraphFormat(StrEnum):
    """Output formats of an attribution graph."""

    json = "json"
    summit = "summit"
    graphml = "graphml"
    dot = "dot"
    text = "text"
    neuronpedia = "neuronpedia"
    nodes_csv = "nodes-csv"
    edges_csv = "edges-csv"


#: The formats that have the labels and groups of a subgraph.
WITH_SUBGRAPH = (GraphFormat.json, GraphFormat.graphml, GraphFormat.dot, GraphFormat.text)


@app.command(epilog="Example: summit-graph graph 'brown bear' --format dot | dot -Tsvg > bear.svg")
def graph(
    class_: ClassArgument,
    form: Annotated[
        GraphFormat,
        typer.Option(
            "--format",
            "-f",
            help="json, summit (the authors' published format), graphml, dot, text to read, nodes-csv, "
            "edges-csv, or neuronpedia (the JSON of its and circuit-tracer's viewers).",
        ),
    ] = GraphFormat.json,
    as_json: Annotated[bool, typer.Option("--json", help="Same as --format json.")] = False,
    specific: Annotated[
        bool,
        typer.Option("--specific", help="Only channels that are specific to the class."),
    ] = False,
    skips: Annotated[
        bool,
        typer.Option("--skips/--no-skips", help="Influences that pass a channel on unchanged."),
    ] = True,
    core: Annotated[
        bool,
        typer.Option(
            "--core",
            help="Only channels and influences that stay in 80 % of the graphs when the class's images are "
            "drawn again (faithfulness --part stability).",
        ),
    ] = False,
    subgraph: SubgraphOption = None,
    groups: Annotated[
        bool,
        typer.Option(
            "--groups",
            help="Channels that do the same work (command groups) are supernodes, named by their labels.",
        ),
    ] = False,
    against: Annotated[
        bool,
        typer.Option(
            "--against",
            help="What speaks against the class: its graph in the network of the same model that was "
            "counted with --measure against.",
        ),
    ] = False,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Print the attribution graph of one class: its selected channels and the influences between them."""
    from summit_graph.store.networks import find_network
    from summit_graph.views.classes import read_consistently
    from summit_graph.views.companions import find_companion

    own = read_subgraph_option(subgraph)
    for option, is_given in (("--subgraph", subgraph), ("--groups", groups)):
        if is_given and form not in WITH_SUBGRAPH:
            raise UsageError(f"{option} goes with --format {', '.join(WITH_SUBGRAPH)}, not with {form.value}")
    if as_json and form is not GraphFormat.json:
        raise UsageError(f"--json and --format {form.value} exclude each other: give one")
    with the_database(uri) as database:
        found = find_network(database, network)
        if against:
            found = find_companion(database, found, "against")
        if form is GraphFormat.summit and found.parameters is None:
            _print_imported(database, found.name, class_, specific=specific)
            return

        part = _Part(own, groups, specific, skips, core)

        def format_class(stored: StoredClass) -> str:
            return _format_graph(database, found.name, stored, form, part)

        print_data(read_consistently(database, found.name, class_, format_class))


class _Part(NamedTuple):
    """The part of a graph that is asked for; ``groups``: with supernodes of the stored groups of channels."""

    subgraph: Subgraph
    groups: bool
    specific: bool
    skips: bool
    core: bool


def _format_graph(
    database: Database, network: str, stored: StoredClass, form: GraphFormat, part: _Part
) -> str:
    """The graph as text; everything in it is read from one state of the class."""
    from summit_graph.formats import graph_text
    from summit_graph.formats.csv_text import to_edges_csv, to_nodes_csv
    from summit_graph.formats.neuronpedia import to_neuronpedia
    from summit_graph.views.channel_groups import read_graph_groups
    from summit_graph.views.graphs import largest_influences_of, read_layers
    from summit_graph.views.pictures import read_pictures

    found = _read_part(database, network, stored, part)
    subgraph = part.subgraph.with_groups(read_graph_groups(database, found) if part.groups else ())

    def layers() -> list[str]:
        return [layer.name for layer in read_layers(database, network)]

    formats: dict[GraphFormat, Callable[[], str]] = {
        GraphFormat.json: lambda: graph_text.to_json_text(found, subgraph),
        GraphFormat.summit: lambda: graph_text.to_summit_text(
            found, layers(), largest_influences_of(database, stored)
        ),
        GraphFormat.graphml: lambda: graph_text.to_graphml(found, read_pictures(database, network), subgraph),
        GraphFormat.dot: lambda: graph_text.to_dot(found, subgraph),
        GraphFormat.text: lambda: graph_text.to_text(found, subgraph),
        GraphFormat.neuronpedia: lambda: to_neuronpedia(found, layers()),
        GraphFormat.nodes_csv: lambda: to_nodes_csv(found, read_pictures(database, network)),
        GraphFormat.edges_csv: lambda: to_edges_csv(found),
    }
    return formats[form]()


def _read_part(database: Database, network: str, stored: StoredClass, part: _Part) -> AttributionGraph:
    from summit_graph.views.beyond import with_pinned
    from summit_graph.views.faithfulness import core_part
    from summit_graph.views.graphs import graph_of

    found = graph_of(database, network, stored)
    part.subgraph.check_is_of(found)
    if part.core:
        found = core_part(database, found, stored)
    found = with_pinned(database, found, part.subgraph)
    if missing := part.subgraph.missing_in(found):
        say(missing)
    if not part.skips:
        found = found.without_skips()
    if part.specific:
        found = _specific_part(database, found, stored)
    return part.subgraph.part_of(found)


def _specific_part(database: Database, graph: AttributionGraph, stored: StoredClass) -> AttributionGraph:
    from summit_graph.analysis.specificity import FALSE_DISCOVERY_RATE
    from summit_graph.views.activations import specificity_of

    measured = specificity_of(database, graph.network, stored)
    part = graph.restricted_to(one.channel for one in measured if one.q <= FALSE_DISCOVERY_RATE)
    if not part.nodes:
        images = counted(stored.summary.images, "image", "images")
        say(f"No channel is significantly specific to {stored.summary.name} ({images} may be too few).")
    return part


def _print_imported(database: Database, network: str, class_: str, *, specific: bool) -> None:
    """The published format, with ``attr_channels`` as in the imported file."""
    from summit_graph.formats.published import to_published_text
    from summit_graph.views.activations import read_specificity
    from summit_graph.views.published import read_imported_graph

    if specific:
        read_specificity(database, network, class_)  # raises an error that explains what is missing
    print_data(to_published_text(read_imported_graph(database, network, class_)))


class ComparisonFormat(StrEnum):
    """Output formats of a comparison."""

    table = "table"
    json = "json"
    graphml = "graphml"


@app.command(epilog="Example: summit-graph compare 'brown bear' 'American black bear' --json")
def compare(
    classes: Annotated[list[str], typer.Argument(metavar="CLASS CLASS...", help="Two or more classes.")],
    form: Annotated[
        ComparisonFormat, typer.Option("--format", "-f", help="table, json or graphml.")
    ] = ComparisonFormat.table,
    as_json: JsonOption = False,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Compare attribution graphs: which channels and edges the classes share, and which only one has."""
    from summit_graph.formats.graph_text import to_comparison_graphml
    from summit_graph.store.networks import find_network
    from summit_graph.views.channel_labels import read_label_texts
    from summit_graph.views.comparison import read_comparison

    with the_database(uri) as database:
        counted_in = find_network(database, network)
        found = read_comparison(database, counted_in.name, classes)
        texts = read_label_texts(database, counted_in.name, [one.channel for one in found.channels])
    if as_json or form is ComparisonFormat.json:
        print_json(found.to_json())
    elif form is ComparisonFormat.graphml:
        print_data(to_comparison_graphml(found))
    else:
        say_measure(counted_in)
        _print_comparison(found, texts)


def _print_comparison(found: Comparison, texts: Mapping[Channel, str]) -> None:
    """Tables of layers, channels and edges, the highest layer first; of two classes, also of shares.

    Args:
        texts: labels of channels; the table of channels has them where there are any.
    """
    labels = found.labels()
    print_table(
        ["layer", "jaccard", "cosine", *(f"only {label}" for label in labels), "shared"],
        [
            [one.layer, one.jaccard, one.cosine, *_channel_numbers(found, one.layer)]
            for one in reversed(found.layers)
        ],
    )
    channels: list[list[Any]] = [
        [str(one.channel), found.holders(one.counts), *(one.counts.get(name) for name in found.classes)]
        + ([texts.get(one.channel)] if texts else [])
        for one in reversed(found.channels)
    ]
    print_table(["channel", "in", *labels, *(["label"] if texts else [])], channels)
    edges: list[list[Any]] = [
        [f"{one.previous} > {one.channel}", found.holders(one.counts)]
        + [one.counts.get(name) for name in found.classes]
        for one in reversed(found.edges)
    ]
    print_table(["edge", "in", *labels], edges)
    if found.more:
        of_class = dict(zip(found.classes, labels, strict=True))
        shares = [
            [str(one.channel), of_class[one.class_], one.share, one.other_share, one.z] for one in found.more
        ]
        print_table(["channel", "more often in", "share", "share of the other", "z"], shares)


def _channel_numbers(found: Comparison, layer: str) -> list[int]:
    """Number of channels that only one class has, for each class; then of those that all classes have."""
    holders = [set(one.counts) for one in found.channels if one.channel.layer == layer]
    return [*(holders.count({name}) for name in found.classes), holders.count(set(found.classes))]


@app.command(epilog="Example: summit-graph neighbours lion --layer mixed5b")
def neighbours(
    class_: ClassArgument,
    layer: Annotated[str | None, typer.Option("--layer", help="Only this layer, such as mixed4c.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Number of classes per layer.")] = NEIGHBOURS,
    as_json: JsonOption = False,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """List the classes most similar to a class in each layer, by the cosine of their activation counts."""
    from summit_graph.store.networks import find_network
    from summit_graph.views.activations import read_neighbours

    with the_database(uri) as database:
        found = find_network(database, network)
        check_layer(database, found.name, layer)
        nearest = read_neighbours(database, found.name, class_, limit=limit, layer=layer)
    if found.parameters is None:
        say(_GRAPHS_ONLY)
    rows = [
        {"layer": at, "class": one.name, "title": one.title, "cosine": one.cosine}
        for at, listed in nearest.items()
        for one in listed
    ]
    if as_json:
        print_json({"network": found.name, **measured_by(found.parameters), "neighbours": rows})
    else:
        say_measure(found)
        print_table(["layer", "class", "title", "cosine"], [list(row.values()) for row in rows])


@app.command("less-contributing", epilog="Example: summit-graph less-contributing lion --network birds")
def less_contributing(
    class_: ClassArgument,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Number of channels.")] = LESS_CONTRIBUTING,
    as_json: JsonOption = False,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """List channels that fire in most of a class's images and seldom speak for or against it.

    Needs networks of the same model by --measure relevance and --measure against. A larger --mass of these
    two makes the list stricter.
    """
    from summit_graph.store.networks import find_network
    from summit_graph.views.channel_labels import read_label_texts
    from summit_graph.views.less_contributing import read_less_contributing

    with the_database(uri) as database:
        name = find_network(database, network).name
        found = read_less_contributing(database, name, class_, limit=limit)
        texts = read_label_texts(database, name, [one.channel for one in found])
    rows = [asdict(one) | {"channel": str(one.channel), "label": texts.get(one.channel)} for one in found]
    if as_json:
        print_json({"network": name, "channels": rows})
    else:
        columns = ["channel", "count", "fires", "supports", "opposes", "of_largest", "label"]
        print_table(columns, [[row[column] for column in columns] for row in rows])


@app.command(epilog="Example: summit-graph embed --network birds")
def embed(network: NetworkOption = None, as_json: JsonOption = False, uri: UriOption = None) -> None:
    """Embed the classes in two dimensions with UMAP, layer by layer, and store their positions.

    Prints, for each pair of neighbouring layers, the class that moves most; `query moving_classes` lists
    more.
    """
    from summit_graph.store.networks import find_network
    from summit_graph.workflows.embed import embed_network

    with the_database(uri) as database, spinner("embedding the classes"):
        name = find_network(database, network).name
        found = embed_network(database, name)
    if not found.whole:
        say(_GRAPHS_ONLY)
    moves = [asdict(move) for move in found.moves]
    if as_json:
        print_json({"network": name, "classes": found.classes, "moves": moves})
    else:
        columns = ["lower", "upper", "class that moves most", "title", "moved"]
        print_table(columns, [list(move.values()) for move in moves])
    say(f"Embedded {counted(found.classes, 'class', 'classes')} of network {name}.")
