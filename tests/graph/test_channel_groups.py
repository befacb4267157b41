"""Groups of channels in the database."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from summit_graph.analysis.channel_groups import Redundancy
from summit_graph.api import connect
from summit_graph.cli import main
from summit_graph.errors import SummitGraphError, UnknownNameError
from summit_graph.records import AttributionGraph, Channel, ChannelLabel, ClassSummary, Node
from summit_graph.store.channel_groups import write_groups
from summit_graph.store.connection import Database
from summit_graph.store.networks import find_network
from summit_graph.store.removal import remove_network
from summit_graph.views.channel_groups import (
    GroupMember,
    StoredGroup,
    groups_in,
    read_graph_groups,
    read_group_state,
    read_groups,
    without_groups,
)
from summit_graph.views.graphs import read_attribution_graph
from summit_graph.views.state import read_version
from summit_graph.workflows.channel_groups import group_channels
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import class_tables, manifest, random_class
from tests.shapes import NETWORK, add_groups, add_labels, load_shapes

#: Counts of eight channels of the lowest layer, of ten images: 0, 1 and 2 fire together, so do 3 and 4.
COUNTS = {
    "bear": [10, 9, 10, 0, 0, 0, 0, 0],
    "lion": [8, 8, 7, 0, 0, 0, 0, 0],
    "bus": [0, 0, 0, 9, 10, 0, 0, 0],
    "car": [0, 0, 0, 7, 6, 0, 0, 10],
}


@pytest.fixture(scope="module")
def planted(filled: Database) -> Database:
    """A network whose lowest layer has two groups."""
    return load_shapes(
        filled,
        [
            class_tables(name, [("mixed3a", at, count) for at, count in enumerate(counts) if count])
            for name, counts in COUNTS.items()
        ],
    )


@pytest.mark.parametrize(("engine", "method"), [("gds", "leiden"), ("local", "louvain")])
def test_both_engines_find_the_planted_groups(planted: Database, engine, method) -> None:
    """Leiden in GDS and Louvain here; what is stored is read again."""
    found = group_channels(planted, find_network(planted, NETWORK), engine=engine)
    assert [[one.index for one in group.channels] for group in found.groups] == [[0, 1, 2], [3, 4]]
    stored = read_groups(planted, NETWORK)
    assert [(one.layer, one.number, one.similarity) for one in stored] == [
        (one.layer, one.number, one.similarity) for one in found.groups
    ]
    assert [[str(one.alike.nearest) for one in group.members] for group in stored][1] == [
        "mixed3a/4",
        "mixed3a/3",
    ]
    state = read_group_state(planted, NETWORK)
    assert (state.method, state.classes, state.current) == (method, 4, True)


def test_new_groups_replace_the_former_ones(planted: Database) -> None:
    """Groups and redundancies (kind: leftovers of an earlier run)."""
    group_channels(planted, find_network(planted, NETWORK), engine="local")
    add_groups(planted)
    assert [(group.layer, group.number) for group in read_groups(planted, NETWORK)] == [("mixed4c", 1)]
    with planted.driver.session() as session:
        rows = session.run("MATCH (c:Channel) WHERE c.redundancy IS NOT NULL RETURN c.layer AS layer").value()
    assert rows == ["mixed4c", "mixed4c"]


def test_groups_are_named_by_labels(planted: Database) -> None:
    """Their channels' labels; None where they have none."""
    add_groups(planted)
    assert read_groups(planted, NETWORK)[0].name is None
    add_labels(planted)
    assert read_groups(planted, NETWORK, layer="mixed4c")[0].name == "bear"
    assert read_groups(planted, NETWORK, layer="mixed4d") == []


def test_a_graph_has_its_groups_as_supernodes(planted: Database, environment, capsys, tmp_path) -> None:
    """On the command line and in Python; two groups with one name are told apart by layer and number."""
    own = [node.channel for node in read_attribution_graph(planted, NETWORK, "bear").nodes]
    lowest = [channel.index for channel in own if channel.layer == "mixed3a"]
    add_groups(planted, layer="mixed3a", indices=(*lowest[:2], 200))

    def graph(*options: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["graph", "bear", "--network", NETWORK, *options])
        assert not ended.value.code
        return capsys.readouterr().out

    [made] = json.loads(graph("--groups"))["subgraph"]["supernodes"]
    assert (made["label"], made["channels"]) == (
        "mixed3a group 1",
        [f"mixed3a/{index}" for index in lowest[:2]],
    )
    assert "subgraph" not in json.loads(graph())
    with connect() as summit:
        nodes = summit.graph("bear", groups=True).nodes
        summit.graph("bear", groups=True).to_html(tmp_path / "bear.html")
    assert nodes[made["channels"][0]]["supernode"] == "mixed3a group 1"
    assert '"channel_groups": {"shown": true' in (tmp_path / "bear.html").read_text("utf-8")


def test_grouping_changes_the_version_of_a_network(planted: Database) -> None:
    """Open pages show new groups at once (kind: a result that a kept answer hides)."""
    before = read_version(planted, NETWORK)
    add_groups(planted)
    assert read_version(planted, NETWORK) != before


def test_groups_with_the_same_name_are_told_apart() -> None:
    """By layer and number; a group with one channel in the graph is left out."""
    channels = [Channel("mixed4c", index) for index in range(5)]
    label = ChannelLabel("dog", 0.9, "concepts")
    members = [GroupMember(Redundancy(one, one, 0.5), label) for one in channels]
    groups = [
        StoredGroup("mixed4c", number, 0.5, tuple(members[start : start + 2]))
        for number, start in ((1, 0), (2, 2), (3, 3))
    ]
    nodes = tuple(Node(channel, 1, 0.1) for channel in channels[:4])
    graph = AttributionGraph(NETWORK, ClassSummary("bear", None, "bear", 10, None, None, None), nodes, ())
    found = groups_in(graph, groups)
    assert [(one.id, one.name) for one in found] == [
        ("mixed4c group 1", "dog (mixed4c group 1)"),
        ("mixed4c group 2", "dog (mixed4c group 2)"),
    ]


def test_the_command_groups_once(planted: Database, environment, capsys) -> None:
    """It groups again only if the classes changed, or with --again; Python reads the same groups."""
    add_groups(planted)

    def groups(*options: str) -> dict:
        with pytest.raises(SystemExit) as ended:
            main(["groups", "--network", NETWORK, "--json", *options])
        assert not ended.value.code
        return json.loads(capsys.readouterr().out)

    assert [one["layer"] for one in groups()["groups"]] == ["mixed4c"]
    found = groups("--again")
    assert {"network", "measure", "method", "groups"} == set(found)
    assert [one["number"] for one in found["groups"]] == [1, 2]
    assert groups("--layer", "mixed4c")["groups"] == []
    with connect() as summit:
        table = summit.groups()
    assert table["channel"].tolist() == [f"mixed3a/{at}" for at in range(5)]
    assert set(table["redundancy"] > 0.8) == {True}


def test_a_changed_class_makes_groups_out_of_date(fresh_database: Database) -> None:
    """The number of classes is the same (kind: a change that a count does not show)."""
    load_shapes(fresh_database, [random_class("bear", 1), random_class("lion", 2)])
    group_channels(fresh_database, find_network(fresh_database, NETWORK), engine="local")
    NetworkLoader(fresh_database, manifest(), NETWORK).load_class(random_class("lion", 3))
    assert not read_group_state(fresh_database, NETWORK).current


def test_groups_are_deleted_with_their_network(fresh_database: Database) -> None:
    """No group is left, and none is written for a network that was removed meanwhile."""
    load_shapes(fresh_database, [random_class("bear", 1), random_class("lion", 2)])
    network = find_network(fresh_database, NETWORK)
    grouping = group_channels(fresh_database, network, engine="local")
    add_groups(fresh_database)
    remove_network(fresh_database, network)
    with fresh_database.driver.session() as session:
        assert session.run("MATCH (group:ChannelGroup) RETURN count(group)").single()[0] == 0
    with pytest.raises(UnknownNameError, match="removed while its channels were grouped"):
        write_groups(fresh_database, NETWORK, grouping, classes=[1], created=network.created)


def test_one_class_is_refused(fresh_database: Database) -> None:
    """Channels are alike over classes: one alone says nothing."""
    load_shapes(fresh_database, [random_class("bear", 1)])
    with pytest.raises(SummitGraphError, match="fewer than two classes"):
        group_channels(fresh_database, find_network(fresh_database, NETWORK))


def test_a_graph_without_stored_groups_says_what_makes_them(fresh_database: Database) -> None:
    """One line with the command; none for an imported network, which has no counts."""
    load_shapes(fresh_database, [random_class("bear", 1)])
    graph = read_attribution_graph(fresh_database, NETWORK, "bear")
    with pytest.raises(SummitGraphError, match=f"run `summit-graph groups --network {NETWORK}`"):
        read_graph_groups(fresh_database, graph)
    imported = replace(find_network(fresh_database, NETWORK), parameters=None)
    assert "it was imported" in without_groups(imported)
