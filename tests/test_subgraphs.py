"""Subgraphs: the record, its file and its address."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from summit_graph.errors import SummitGraphError, UsageError
from summit_graph.formats.graph_text import to_dot, to_graphml, to_json_text, to_text
from summit_graph.formats.subgraphs import (
    MOST_BYTES,
    NO_SUBGRAPH,
    Subgraph,
    from_address,
    parse_subgraph,
    read_subgraph,
    schema_text,
    to_address,
    to_subgraph_text,
)
from summit_graph.records import AttributionGraph, Channel, ClassSummary, Edge, GraphGroup, Node

ROOT = Path(__file__).parents[1]
HEAD = {"format": "summit-graph-subgraph", "version": 1}
FUR = {"channel": "mixed4c/1", "label": "fur 毛", "note": "soft"}
OWN = {
    **HEAD,
    "network": "shapes",
    "class": "bear",
    "only_pinned": True,
    "pinned": [FUR, {"channel": "mixed4b/2"}],
    "supernodes": [{"label": "head", "channels": ["mixed4c/1", "mixed4b/2"]}],
}


def own(**changes: object) -> Subgraph:
    return parse_subgraph(json.dumps(OWN | changes), name="own.json")


@pytest.fixture
def graph() -> AttributionGraph:
    """Three channels; one influences another."""
    channels = [Channel("mixed4b", 2), Channel("mixed4b", 3), Channel("mixed4c", 1)]
    nodes = tuple(Node(channel, 5, 0.1) for channel in channels)
    edges = (Edge(channels[2], channels[0], 4, None),)
    summary = ClassSummary("bear", 294, "brown bear", 10, None, None, None)
    return AttributionGraph("shapes", summary, nodes, edges)


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Labels of every language stay."""
    file = tmp_path / "own.json"
    file.write_text(to_subgraph_text(own()), "utf-8")
    assert read_subgraph(file) == own()


def test_the_address_has_all_but_network_and_class() -> None:
    """They are parameters of their own; the text has letters that an address keeps as they are."""
    text = to_address(own())
    assert text.replace("-", "").replace("_", "").isalnum()
    assert from_address(text) == own(network="", **{"class": ""})
    assert to_address(NO_SUBGRAPH) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[", "is not JSON"),
        ("[" * 20_000, "is not JSON"),
        ("3", "no subgraph"),
        ('{"nodes": []}', "no subgraph"),
        (json.dumps(OWN | {"version": 2}), "version: Input should be 1"),
        (json.dumps(OWN | {"title": ""}), "title: Extra inputs"),
        (json.dumps(HEAD | {"pinned": [{"channel": "mixed4c"}]}), "pinned[0].channel: 'mixed4c' is not"),
        (json.dumps(HEAD | {"pinned": [FUR, FUR]}), "mixed4c/1 is pinned twice"),
        (json.dumps(HEAD | {"pinned": [FUR | {"label": "x" * 81}]}), "pinned[0].label: String should have"),
        (json.dumps(HEAD | {"supernodes": [{"label": "a", "channels": ["b/1"]}]}), "b/1 is in a supernode"),
        (json.dumps(OWN | {"note": "x" * MOST_BYTES}), "more than 24,000 bytes"),
    ],
)
def test_what_is_no_subgraph_is_said_in_a_line(text: str, words: str) -> None:
    """With the file and the field (kind: damaged input)."""
    with pytest.raises(UsageError) as caught:
        parse_subgraph(text, name="own.json")
    message = str(caught.value)
    assert message.startswith("own.json")
    assert words in message
    assert "\n" not in message


@pytest.mark.parametrize("text", ["abc", "é", to_address(own())[:-3], to_address(own())[:20]])
def test_a_damaged_address_is_said(text: str) -> None:
    """Kind: damaged input, such as a link that lost its end."""
    with pytest.raises(UsageError, match="in the address is damaged"):
        from_address(text)


def test_an_address_does_not_unpack_to_gigabytes() -> None:
    """Kind: small input, large result."""
    import base64
    import zlib

    bomb = zlib.compress(b'{"note": "' + b"x" * 50_000_000)
    with pytest.raises(UsageError, match="damaged"):
        from_address(base64.urlsafe_b64encode(bomb).decode())


def test_a_subgraph_that_no_address_holds_is_refused() -> None:
    """The largest notes of many channels."""
    pinned = [{"channel": f"mixed4c/{at}", "note": "x" * 2000} for at in range(13)]
    with pytest.raises(SummitGraphError, match="shorten its notes"):
        to_address(Subgraph.model_validate(HEAD | {"pinned": pinned}))


def test_another_network_and_missing_channels_are_said(graph: AttributionGraph) -> None:
    """Kind: saved state that no longer fits."""
    own().check_is_of(graph)
    with pytest.raises(UsageError, match="is of class bear of network atlas, not of bear of shapes"):
        own(network="atlas").check_is_of(graph)
    assert own().missing_in(graph) is None
    missing = own(pinned=[FUR, {"channel": "mixed4b/2"}, {"channel": "mixed5a/9"}]).missing_in(graph)
    assert missing == "mixed5a/9 of this subgraph is not in the graph of bear in network shapes."


def test_every_form_has_the_labels(graph: AttributionGraph) -> None:
    """JSON, GraphML, DOT and text; only pinned channels where the others are hidden."""
    part = own().part_of(graph)
    assert [node.channel.index for node in part.nodes] == [2, 1]
    assert json.loads(to_json_text(part, own()))["subgraph"] == own().own_parts
    for text in (to_graphml(part, subgraph=own()), to_dot(part, own()), to_text(part, own())):
        assert "fur 毛" in text
        assert "head" in text
    assert "subgraph" not in json.loads(to_json_text(graph))


def test_the_schema_is_that_of_the_record() -> None:
    """``docs/subgraph.schema.json`` is what ``schema_text`` makes from the record."""
    assert (ROOT / "docs" / "subgraph.schema.json").read_text("utf-8") == schema_text()


def test_the_schema_accepts_what_is_written() -> None:
    """By a validator of JSON Schema, which also refuses what the reader refuses."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(schema_text())
    jsonschema.validate(json.loads(to_subgraph_text(own())), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(OWN | {"version": 2}, schema)


def test_groups_of_channels_are_further_supernodes(graph: AttributionGraph) -> None:
    """As clusters of DOT, attributes of GraphML and words of the text; not as pins."""
    channels = tuple(node.channel for node in graph.nodes[:2])
    found = NO_SUBGRAPH.with_groups([GraphGroup("mixed4b group 1", "fur", channels)])
    assert found.pinned == []
    assert json.loads(to_json_text(graph, found))["subgraph"]["supernodes"] == [
        {"label": "fur", "channels": ["mixed4b/2", "mixed4b/3"], "note": "", "open": False}
    ]
    dot = to_dot(graph, found)
    assert 'subgraph cluster_0 { label="fur"; "mixed4b/2"; "mixed4b/3" }' in dot
    assert "newrank=true" in dot
    assert to_graphml(graph, subgraph=found).count(">fur<") == 2
    assert to_text(graph, found).count("supernode 'fur'") == 2


def test_a_channel_stays_in_the_users_supernode(graph: AttributionGraph) -> None:
    """What is left of its group is no supernode if it is one channel."""
    channels = tuple(node.channel for node in graph.nodes[:2])
    found = own().with_groups([GraphGroup("mixed4b group 1", "fur", channels)])
    assert [one.label for one in found.supernodes] == ["head"]


def test_a_long_name_of_a_group_is_shortened(graph: AttributionGraph) -> None:
    """A label has at most 80 characters (kind: a generated text that the user's limit does not foresee)."""
    channels = tuple(node.channel for node in graph.nodes[:2])
    [made] = NO_SUBGRAPH.with_groups([GraphGroup("mixed4b group 1", "x" * 200, channels)]).supernodes
    assert len(made.label) == 80
