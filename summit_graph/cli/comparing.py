"""Commands that hold classes against each other: compare, neighbours, motifs, embed; and import."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summit_graph.cli.console import counted, print_data, print_json, print_table, progress_bar, say, spinner
from summit_graph.cli.options import (
    ClassArgument,
    ClassOption,
    JsonOption,
    NetworkOption,
    UriOption,
    the_database,
)
from summit_graph.errors import UsageError
from summit_graph.names import split_list

if TYPE_CHECKING:
    from summit_graph.analysis.comparison import Comparison
    from summit_graph.analysis.motifs import GraphSet, MinedMotifs, Motif, Typical
    from summit_graph.store.connection import Database

app = typer.Typer()


class ComparisonFormat(StrEnum):
    """The forms a comparison is printed in."""

    table = "table"
    json = "json"
    graphml = "graphml"


@app.command(epilog="Example: summit-graph compare 'brown bear' 'American black bear' --json")
def compare(
    classes: Annotated[list[str], typer.Argument(metavar="CLASS CLASS...", help="Two classes or more.")],
    form: Annotated[
        ComparisonFormat, typer.Option("--format", "-f", help="table, json or graphml.")
    ] = ComparisonFormat.table,
    as_json: JsonOption = False,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Show what the attribution graphs of some classes share, and where they part."""
    from summit_graph.formats.graph_text import show_comparison_graphml
    from summit_graph.store.networks import find_network
    from summit_graph.views.comparison import read_comparison

    with the_database(uri) as database:
        found = read_comparison(database, find_network(database, network).name, classes)
    if as_json or form is ComparisonFormat.json:
        print_json(found.to_json())
    elif form is ComparisonFormat.graphml:
        print_data(show_comparison_graphml(found))
    else:
        _print_comparison(found)


def _print_comparison(found: Comparison) -> None:
    layers = {one.layer: one for one in found.layers}
    labels = found.labels()
    print_table(
        ["layer", "jaccard", "cosine", *(f"only {label}" for label in labels), "shared"],
        [[layer, one.jaccard, one.cosine, *_sizes(found, layer)] for layer, one in reversed(layers.items())],
    )
    rows: list[list[Any]] = [
        [str(one.channel), found.holders(one.counts), *(one.counts.get(name) for name in found.classes)]
        for one in reversed(found.channels)
    ]
    print_table(["channel", "in", *labels], rows)
    edges: list[list[Any]] = [
        [f"{one.previous} > {one.channel}", found.holders(one.counts)]
        + [one.counts.get(name) for name in found.classes]
        for one in reversed(found.edges)
    ]
    print_table(["edge", "in", *labels], edges)


def _sizes(found: Comparison, layer: str) -> list[int]:
    held = [set(one.counts) for one in found.channels if one.channel.layer == layer]
    return [*(held.count({name}) for name in found.classes), held.count(set(found.classes))]


@app.command(epilog="Example: summit-graph neighbours lion --layer mixed5b")
def neighbours(
    class_: ClassArgument,
    layer: Annotated[str | None, typer.Option("--layer", help="Only this layer, such as mixed4c.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many classes a layer.")] = 5,
    as_json: JsonOption = False,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """List the classes most like one class, layer by layer: the cosine of their activation counts."""
    from summit_graph.store.networks import find_network
    from summit_graph.views.activations import read_neighbours

    _check_layer(layer)
    with the_database(uri) as database:
        found = find_network(database, network)
        nearest = read_neighbours(database, found.name, class_, limit=limit, layer=layer)
    if found.parameters is None:
        say(_GRAPHS_ALONE)
    rows = [
        {"layer": at, "class": one.name, "title": one.title, "cosine": one.cosine}
        for at, listed in nearest.items()
        for one in listed
    ]
    if as_json:
        print_json({"network": found.name, "neighbours": rows})
    else:
        print_table(["layer", "class", "title", "cosine"], [list(row.values()) for row in rows])


_GRAPHS_ALONE = (
    "This network holds attribution graphs alone: "
    "a channel outside a class's graph counts as 0 in its activations."
)


@app.command(epilog="Example: summit-graph embed --network birds")
def embed(network: NetworkOption = None, as_json: JsonOption = False, uri: UriOption = None) -> None:
    """Lay out the classes with UMAP, layer by layer, each layer starting from the one before.

    Prints the class that moves most from each layer to the next; `query moving_classes` lists more.
    """
    from dataclasses import asdict

    from summit_graph.store.networks import find_network
    from summit_graph.workflows.embed import embed_network

    with the_database(uri) as database, spinner("laying out the classes"):
        name = find_network(database, network).name
        found = embed_network(database, name)
    if not found.whole:
        say(_GRAPHS_ALONE)
    if as_json:
        moves = [asdict(move) for move in found.moves]
        print_json({"network": name, "classes": found.classes, "moves": moves})
    else:
        rows = [list(asdict(move).values()) for move in found.moves]
        print_table(["lower", "upper", "class that moves most", "title", "moved"], rows)
    say(f"Laid out {counted(found.classes, 'class', 'classes')} of network {name}.")


ShapeOption = Annotated[
    str,
    typer.Option(
        "--shape",
        help="chain, fan-in, fan-out or diamond (edges join neighbouring layers only, so there are no "
        "triangles), or channel with --group.",
    ),
]
SizeOption = Annotated[int | None, typer.Option("--size", help="Channels of a chain, 2 to 9 (3 without it).")]
SupportOption = Annotated[int, typer.Option("--min-support", min=1, help="Only motifs of so many classes.")]
LimitOption = Annotated[int, typer.Option("--limit", min=0, help="At most so many motifs; 0 for all.")]
NullOption = Annotated[
    int, typer.Option("--null", min=0, help="Rewirings of the null model; 0 leaves the statistics out.")
]
MotifLayerOption = Annotated[
    str | None, typer.Option("--layer", help="Only motifs with a channel in this layer.")
]
GroupOption = Annotated[
    str | None,
    typer.Option(
        "--group",
        help="What is typical of these classes against the rest: a file with a class a line, or classes "
        "separated by commas (a name that has commas in double quotes).",
        metavar="FILE|CLASS,…",
    ),
]
CommunityOption = Annotated[
    str | None,
    typer.Option(
        "--community",
        help="The same for this class's community of similar classes (Leiden).",
        metavar="CLASS",
    ),
]
StoreOption = Annotated[bool, typer.Option("--store", help="Keep the motifs in the graph as :Motif.")]


@app.command(epilog="Examples: summit-graph motifs --min-support 100; summit-graph motifs --group cats.txt")
def motifs(
    shape: ShapeOption = "chain",
    size: SizeOption = None,
    min_support: SupportOption = 2,
    limit: LimitOption = 100,
    null: NullOption = 100,
    layer: MotifLayerOption = None,
    class_: ClassOption = None,
    group: GroupOption = None,
    community: CommunityOption = None,
    store: StoreOption = False,
    as_json: JsonOption = False,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Find the structures that recur in the attribution graphs of many classes, and tell them from chance."""
    from summit_graph.analysis.motifs import mine_motifs
    from summit_graph.store.networks import find_network
    from summit_graph.views.graph_sets import read_graph_set

    _check_layer(layer)
    _check_shape(shape, size, grouped=group is not None or community is not None)
    shown: dict[str, Any] = {"min_support": min_support, "layer": layer, "limit": limit or None}
    with the_database(uri) as database, spinner("mining motifs"):
        name = find_network(database, network).name
        graphs = read_graph_set(database, name, class_)
        members = _members(database, name, group, community)
        if shape == "channel":
            rows = _typical_channels(graphs, members or [], **shown)
        else:
            mined = mine_motifs(graphs, shape=shape, size=size, min_support=min_support, rewirings=null)
            rows = _typical(mined, members, **shown) if members else _common(mined, **shown)
            if store:
                _store(database, name, mined, **shown)
    _print_motifs(name, len(graphs.classes), members, rows, as_json=as_json)


def _check_shape(shape: str, size: int | None, *, grouped: bool) -> None:
    from summit_graph.analysis.motifs import checked_size

    if shape != "channel":
        checked_size(shape, size)
    elif not grouped:
        raise UsageError("--shape channel needs --group or --community: channels are typical of some classes")


def _common(mined: MinedMotifs, **shown: Any) -> list[dict[str, Any]]:
    return [_row(motif) for motif in mined.select(**shown)]


def _typical(
    mined: MinedMotifs, members: Sequence[str], *, min_support: int, layer: str | None, limit: int | None
) -> list[dict[str, Any]]:
    """The motifs most typical of the group first."""
    from summit_graph.analysis.motifs import typical_motifs

    typical = typical_motifs(mined, members)
    order = mined.order(min_support=min_support, layer=layer)
    chosen = order[typical.p[order].argsort(kind="stable")][:limit]
    return [
        _row(motif) | {"group": _group_row(typical, at)}
        for at, motif in zip(chosen.tolist(), mined.records(chosen), strict=True)
    ]


def _typical_channels(
    graphs: GraphSet, members: Sequence[str], *, min_support: int, layer: str | None, limit: int | None
) -> list[dict[str, Any]]:
    from summit_graph.analysis.motifs import typical_channels

    typical = typical_channels(graphs, members)
    support = (typical.inside + typical.outside).tolist()
    chosen = [
        at
        for at in typical.p.argsort(kind="stable").tolist()
        if support[at] >= min_support and layer in (None, graphs.channels[at].layer)
    ]
    return [
        {"shape": "channel", "channels": [str(graphs.channels[at])], "support": support[at]}
        | {"group": _group_row(typical, at)}
        for at in chosen[:limit]
    ]


def _group_row(typical: Typical, at: int) -> dict[str, Any]:
    from math import isfinite

    odds_ratio = float(typical.odds_ratio[at])
    return {
        "inside": int(typical.inside[at]),
        "outside": int(typical.outside[at]),
        "odds_ratio": odds_ratio if isfinite(odds_ratio) else None,
        "p": float(typical.p[at]),
        "q": float(typical.q[at]),
    }


def _row(motif: Motif) -> dict[str, Any]:
    return {
        "shape": motif.shape,
        "channels": [str(channel) for channel in motif.channels],
        "support": motif.support,
        "classes": list(motif.classes),
        "expected": motif.expected,
        "z": motif.z,
        "p": motif.p,
        "q": motif.q,
    }


def _store(
    database: Database,
    network: str,
    mined: MinedMotifs,
    *,
    min_support: int,
    layer: str | None,
    limit: int | None,
) -> None:
    from summit_graph.store.motifs import write_motifs

    kept = mined.select(min_support=min_support, layer=layer, limit=limit)
    write_motifs(database, network, kept, shape=mined.shape, size=mined.vertices.shape[1])
    say(f"Stored {counted(len(kept), 'motif', 'motifs')} in network {network}.")


def _print_motifs(
    network: str, classes: int, members: Sequence[str] | None, rows: list[dict[str, Any]], *, as_json: bool
) -> None:
    if as_json:
        group = {"group": list(members)} if members else {}
        print_json({"network": network, "classes": classes, **group, "motifs": rows})
        return
    statistics = ["inside", "outside", "odds_ratio", "p", "q"] if members else ["expected", "z", "p", "q"]
    print_table(
        ["motif", "classes", *statistics],
        [
            [" > ".join(row["channels"]), row["support"]]
            + [(row["group"] if members else row)[key] for key in statistics]
            for row in rows
        ],
    )


def _members(database: Database, network: str, group: str | None, community: str | None) -> list[str] | None:
    """The names of the classes that are held against the rest."""
    from summit_graph.views.classes import find_class

    if group is not None and community is not None:
        raise UsageError("give --group or --community, not both")
    if group is not None:
        return sorted({find_class(database, network, text).summary.name for text in _listed(group)})
    if community is None:
        return None
    from summit_graph.ranking.communities import find_communities

    name = find_class(database, network, community).summary.name
    return next(names for names in find_communities(database, network) if name in names)


def _listed(group: str) -> list[str]:
    """A file's lines, or names separated by commas; one that has commas in double quotes."""
    texts = Path(group).read_text("utf-8").splitlines() if _is_file(group) else split_list(group)
    return [text.strip() for text in texts if text.strip()]


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except OSError:  # many names are too long for a file's
        return False


def _check_layer(layer: str | None) -> None:
    from summit_graph.records import LAYER_NAMES

    if layer is not None and layer not in LAYER_NAMES:
        raise UsageError(f"there is no layer {layer!r}: choose one of {', '.join(LAYER_NAMES)}")


@app.command("import", epilog="Example: summit-graph import summit/data --network published")
def import_(
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="Published results (ag/ag-<output>.json), or our own export."),
    ],
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Bring published attribution graphs, or a network that was exported, into the graph."""
    from summit_graph.workflows.import_network import import_path

    with the_database(uri) as database, progress_bar("reading the files", unit="classes") as bar:

        def hear(name: str, classes: int) -> None:
            bar.show(description=name, total=classes)
            bar.advance()

        imported = import_path(database, path, network=network, on_class=hear)
    pictures = f"; their pictures stay in {imported.pictures}" if imported.pictures else ""
    classes = counted(imported.classes, "class", "classes")
    say(f"Imported {classes} into network {imported.network}{pictures}.")
    say(f"Next: summit-graph embed --network {imported.network}, then summit-graph explore")
