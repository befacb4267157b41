"""The command that mines motifs: motifs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summit_graph.cli.console import print_json, print_table, say, spinner
from summit_graph.cli.options import (
    ClassOption,
    JsonOption,
    NetworkOption,
    UriOption,
    check_layer,
    say_measure,
    the_database,
)
from summit_graph.defaults import LOWEST_SUPPORT, MOTIFS, REWIRINGS
from summit_graph.display.wording import counted
from summit_graph.errors import UsageError
from summit_graph.names import split_list
from summit_graph.records import Channel, measured_by

if TYPE_CHECKING:
    from summit_graph.analysis.motifs import GraphSet, InGroup, MinedMotifs, Motif
    from summit_graph.store.connection import Database
    from summit_graph.store.networks import Network

app = typer.Typer()

ShapeOption = Annotated[
    str,
    typer.Option(
        "--shape",
        help="chain, fan-in, fan-out or diamond; with --group also channel.",
    ),
]
SizeOption = Annotated[
    int | None,
    typer.Option("--size", help="Channels of a chain, 2 to the number of layers.", show_default="3"),
]
SupportOption = Annotated[
    int, typer.Option("--min-support", min=1, help="Smallest number of classes of a motif.")
]
LimitOption = Annotated[int, typer.Option("--limit", min=0, help="Largest number of motifs; 0 for all.")]
NullOption = Annotated[
    int, typer.Option("--null", min=0, help="Rewirings of the null model; 0 omits the statistics.")
]
MotifLayerOption = Annotated[
    str | None, typer.Option("--layer", help="Only motifs with a channel in this layer.")
]
GroupOption = Annotated[
    str | None,
    typer.Option(
        "--group",
        help="Rank motifs by how typical they are of these classes: names separated by commas, or a file "
        "with one class per line. Put a name that contains commas in double quotes.",
        metavar="FILE|CLASS,…",
    ),
]
CommunityOption = Annotated[
    str | None,
    typer.Option(
        "--community",
        help="Same as --group with the community (Leiden) of classes similar to this one.",
        metavar="CLASS",
    ),
]
StoreOption = Annotated[bool, typer.Option("--store", help="Store the motifs in the graph as :Motif nodes.")]


@app.command(epilog="Examples: summit-graph motifs --min-support 100; summit-graph motifs --group cats.txt")
def motifs(
    shape: ShapeOption = "chain",
    size: SizeOption = None,
    min_support: SupportOption = LOWEST_SUPPORT,
    limit: LimitOption = MOTIFS,
    null: NullOption = REWIRINGS,
    layer: MotifLayerOption = None,
    class_: ClassOption = None,
    group: GroupOption = None,
    community: CommunityOption = None,
    store: StoreOption = False,
    as_json: JsonOption = False,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Find structures that recur in the attribution graphs of many classes, and test them against chance."""
    from summit_graph.analysis.motifs import mine_motifs
    from summit_graph.store.networks import find_network
    from summit_graph.views.channel_labels import read_label_texts
    from summit_graph.views.graph_sets import read_graph_set

    _check_shape(shape, size, grouped=group is not None or community is not None)
    shown: dict[str, Any] = {"min_support": min_support, "layer": layer, "limit": limit or None}
    with the_database(uri) as database, spinner("mining motifs"):
        found = find_network(database, network)
        name = found.name
        check_layer(database, name, layer)
        graphs = read_graph_set(database, name, class_)
        members = _members(database, name, group, community)
        if shape == "channel":
            rows = _typical_channels(graphs, members or [], **shown)
        else:
            mined = mine_motifs(graphs, shape=shape, size=size, min_support=min_support, rewirings=null)
            rows = _typical(mined, members, **shown) if members else _common(mined, **shown)
            if store:
                _store(database, found, mined, **shown)
        named = {one for row in rows for one in row["channels"]}
        texts = read_label_texts(database, name, map(Channel.parse, sorted(named)))
    _print_motifs(found, len(graphs.classes), members, rows, texts, as_json=as_json)


def _check_shape(shape: str, size: int | None, *, grouped: bool) -> None:
    from summit_graph.analysis.motifs import checked_size

    if shape != "channel":
        checked_size(shape, size)
    elif not grouped:
        raise UsageError("--shape channel needs --group or --community: give one")


def _common(mined: MinedMotifs, **shown: Any) -> list[dict[str, Any]]:
    return [_row(motif) for motif in mined.select(**shown)]


def _typical(mined: MinedMotifs, members: Sequence[str], **shown: Any) -> list[dict[str, Any]]:
    """Motifs by how typical they are of the group."""
    from summit_graph.analysis.motifs import select_typical_motifs

    found = select_typical_motifs(mined, members, **shown)
    return [_row(motif) | {"group": _group_row(counts)} for motif, counts in found]


def _typical_channels(graphs: GraphSet, members: Sequence[str], **shown: Any) -> list[dict[str, Any]]:
    from summit_graph.analysis.motifs import select_typical_channels

    return [
        {"shape": "channel", "channels": [str(one.channel)], "support": len(one.classes)}
        | {"group": _group_row(one.counts)}
        for one in select_typical_channels(graphs, members, **shown)
    ]


def _group_row(counts: InGroup) -> dict[str, Any]:
    return {
        name: value if isfinite(value) else None  # only classes of the group contain it
        for name, value in counts._asdict().items()
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
    network: Network,
    mined: MinedMotifs,
    *,
    min_support: int,
    layer: str | None,
    limit: int | None,
) -> None:
    from summit_graph.store.motifs import write_motifs

    kept = mined.select(min_support=min_support, layer=layer, limit=limit)
    size = mined.vertices.shape[1]
    write_motifs(database, network.name, kept, shape=mined.shape, size=size, created=network.created)
    say(f"Stored {counted(len(kept), 'motif', 'motifs')} in network {network.name}.")


def _print_motifs(
    network: Network,
    classes: int,
    members: Sequence[str] | None,
    rows: list[dict[str, Any]],
    texts: Mapping[Channel, str],
    *,
    as_json: bool,
) -> None:
    """Print the motifs; the table has the labels of the channels where there are any."""
    if as_json:
        about = {"network": network.name, **measured_by(network.parameters), "classes": classes}
        group = {"group": list(members)} if members else {}
        print_json({**about, **group, "motifs": rows})
        return
    say_measure(network)
    statistics = (
        ["inside", "outside", "lift", "odds_ratio", "p", "q"] if members else ["expected", "z", "p", "q"]
    )
    print_table(
        ["motif", "classes", *statistics, *(["labels"] if texts else [])],
        [
            [" > ".join(row["channels"]), row["support"]]
            + [(row["group"] if members else row)[key] for key in statistics]
            + ([_labels(row["channels"], texts)] if texts else [])
            for row in rows
        ],
    )


def _labels(channels: Sequence[str], texts: Mapping[Channel, str]) -> str:
    """The labels of a motif's channels in their order; a dash for a channel without one."""
    return " > ".join(texts.get(Channel.parse(one), "-") for one in channels)


def _members(database: Database, network: str, group: str | None, community: str | None) -> list[str] | None:
    """Names of the classes of the group, None if no group is given."""
    from summit_graph.views.classes import find_class

    if group is not None and community is not None:
        raise UsageError("give --group or --community, not both")
    if group is not None:
        return sorted({find_class(database, network, text).summary.name for text in group_names(group)})
    if community is None:
        return None
    from summit_graph.ranking.communities import find_communities

    name = find_class(database, network, community).summary.name
    return next(names for names in find_communities(database, network) if name in names)


def group_names(group: str) -> list[str]:
    """The lines of a file, or names separated by commas (``names.split_list``)."""
    texts = _read_lines(Path(group)) if _is_file(group) else split_list(group)
    return [text.strip() for text in texts if text.strip()]


def _read_lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not UTF-8 text: save it as UTF-8, one class per line") from None


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except OSError:  # many names together are longer than a file name may be
        return False
