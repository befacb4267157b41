"""The command that groups channels: groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from summit_graph.cli.console import print_json, print_table, say, spinner
from summit_graph.cli.options import JsonOption, NetworkOption, UriOption, check_layer, the_database
from summit_graph.records import measured_by

if TYPE_CHECKING:
    from summit_graph.views.channel_groups import StoredGroup

app = typer.Typer()

GroupLayerOption = Annotated[str | None, typer.Option("--layer", help="Only groups of this layer.")]
AgainOption = Annotated[
    bool, typer.Option("--again", help="Group the channels again, also if the classes are the same.")
]


@app.command(epilog="Example: summit-graph groups --layer mixed4c")
def groups(
    layer: GroupLayerOption = None,
    again: AgainOption = False,
    as_json: JsonOption = False,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Find channels of a layer that do the same work: fire for the same classes and read the same inputs."""
    from summit_graph.store.networks import find_network
    from summit_graph.views.channel_groups import read_group_state, read_groups
    from summit_graph.workflows.channel_groups import group_channels

    with the_database(uri) as database:
        found = find_network(database, network)
        check_layer(database, found.name, layer)
        state = read_group_state(database, found.name)
        if again or state is None or not state.current:
            with spinner("grouping channels"):
                group_channels(database, found, say=say)
            state = read_group_state(database, found.name)
        shown = read_groups(database, found.name, layer=layer)
    if as_json:
        method = state.method if state else None
        about = {"network": found.name, **measured_by(found.parameters), "method": method}
        print_json({**about, "groups": [_json(group) for group in shown]})
        return
    print_table(["layer", "group", "name", "similarity", "channels"], [_row(group) for group in shown])


def _row(group: StoredGroup) -> list[Any]:
    indices = " ".join(str(member.alike.channel.index) for member in group.members)
    return [group.layer, group.number, group.name, group.similarity, indices]


def _json(group: StoredGroup) -> dict[str, Any]:
    return {
        "layer": group.layer,
        "number": group.number,
        "name": group.name,
        "similarity": group.similarity,
        "channels": [member.to_json() for member in group.members],
    }
