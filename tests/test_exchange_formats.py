"""Forms of a graph that other programs read: a published JSON Schema, Neuronpedia's JSON, GraphML, CSV."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import networkx
import pytest

from summit_graph.formats.csv_text import to_edges_csv, to_nodes_csv
from summit_graph.formats.graph_schema import graph_schema
from summit_graph.formats.graph_text import to_graphml, to_json_text
from summit_graph.formats.neuronpedia import to_neuronpedia
from summit_graph.pictures.index import Pictures
from summit_graph.records import AttributionGraph, ChannelLabel, Parameters
from tests.test_graph_text import AWKWARD, LOWER, UPPER, graph_of, with_output, with_skip

LAYERS = ("mixed3a", "mixed3b")


def labelled() -> AttributionGraph:
    """A graph whose upper channel has a label and whose class has an output."""
    graph = with_output()
    first, *others = graph.nodes
    named = [replace(one, label=ChannelLabel("dog", 0.9, "concepts")) for one in others]
    return replace(graph, nodes=(first, *named), summary=replace(graph.summary, output=7, top1=2))


GRAPHS = {
    "plain": graph_of("bear"),
    "awkward": graph_of(AWKWARD),
    "skips": with_skip(),
    "output": with_output(),
    "labelled": labelled(),
    "relevance": replace(graph_of("bear"), parameters=Parameters(measure="relevance")),
    "imported": replace(graph_of("bear"), summary=replace(graph_of("bear").summary, images=0)),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_the_json_follows_its_schema(name: str) -> None:
    """And the schema names every key, so that it cannot fall behind."""
    schema = graph_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    value = json.loads(to_json_text(GRAPHS[name]))
    jsonschema.validate(value, schema)
    assert value.keys() <= schema["properties"].keys()
    for kind in ("node", "edge", "support"):
        for one in value.get(f"{kind}s", ()):
            assert one.keys() <= schema["$defs"][kind]["properties"].keys()


def test_the_schema_refuses_a_graph_that_lacks_a_count() -> None:
    """It is no schema that accepts anything."""
    value = json.loads(to_json_text(graph_of("bear")))
    del value["nodes"][0]["count"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(value, graph_schema())


TEXT, INTEGER, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}


def with_required(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


#: What Neuronpedia's graph-schema.json and circuit-tracer's graph_models.Model both require.
VIEWERS = with_required(
    metadata=with_required(
        slug=TEXT, scan=TEXT, prompt=TEXT, prompt_tokens=list_of(TEXT), transcoder_list=list_of(TEXT)
    ),
    qParams=with_required(
        pinnedIds=list_of(TEXT), supernodes=list_of(list_of(TEXT)), linkType=TEXT, clickedId=TEXT, sg_pos=TEXT
    ),
    nodes=list_of(
        with_required(
            node_id=TEXT,
            feature=INTEGER,
            layer=TEXT,
            ctx_idx=INTEGER,
            feature_type=TEXT,
            jsNodeId=TEXT,
            clerp=TEXT,
        )
    ),
    links=list_of(with_required(source=TEXT, target=TEXT, weight=NUMBER)),
)


@pytest.mark.parametrize("name", GRAPHS)
def test_neuronpedia_and_circuit_tracer_accept_the_graph(name: str) -> None:
    """Every required key; links join nodes of the graph; ids and places in the prompt are valid."""
    value = json.loads(to_neuronpedia(GRAPHS[name], LAYERS))
    jsonschema.validate(value, VIEWERS)
    ids = [node["node_id"] for node in value["nodes"]]
    assert len(set(ids)) == len({node["jsNodeId"] for node in value["nodes"]}) == len(ids)
    assert {end for link in value["links"] for end in (link["source"], link["target"])} <= set(ids)
    assert all(node["ctx_idx"] < len(value["metadata"]["prompt_tokens"]) for node in value["nodes"])
    assert [node["feature_type"] for node in value["nodes"]].count("logit") == 1


def test_neuronpedia_shows_labels_and_pagerank() -> None:
    """Labels are ``clerp``; influence is cumulative, the highest PageRank first; the class is the logit."""
    lower, upper, logit = json.loads(to_neuronpedia(labelled(), LAYERS))["nodes"]
    assert (lower["clerp"], upper["clerp"]) == ("mixed3a/1", "mixed3b/2 dog")
    assert (lower["influence"], upper["influence"]) == (0.5, 1.0)
    assert upper["feature"] == (1 + 2) * (1 + 2 + 1) // 2 + 2
    assert (logit["feature"], logit["layer"], logit["clerp"]) == (7, "3", 'Output "bear" (p=0.667)')


#: The types that Gephi's manual lists.
GEPHI_TYPES = {"boolean", "int", "long", "float", "double", "string"}


@pytest.mark.parametrize("name", GRAPHS)
def test_graphml_has_labels_layers_and_pictures(name: str) -> None:
    """In types that Gephi, Cytoscape and yEd read; a node's attribute has one type."""
    graph, pictures = GRAPHS[name], Pictures({(LOWER, "channel"): Path("/pictures/1.webp")})
    text = to_graphml(graph, pictures)
    keys = ElementTree.fromstring(text).findall("{*}key")
    assert {key.get("attr.type") for key in keys} <= GEPHI_TYPES
    assert len({(key.get("for"), key.get("attr.name")) for key in keys}) == len(keys)
    found = networkx.parse_graphml(text)
    assert found.nodes["mixed3a/1"]["label"] == "mixed3a/1"
    assert found.nodes["mixed3a/1"]["picture"] == str(Path("/pictures/1.webp"))
    assert found.nodes["mixed3b/2"]["layer"] == "mixed3b"
    assert all(data.get("label") for _, data in found.nodes(data=True))


def test_csv_has_a_row_for_each_node_and_edge() -> None:
    """Columns as Gephi names them; what is unknown is an empty cell."""
    nodes = list(csv.DictReader(StringIO(to_nodes_csv(labelled(), Pictures()))))
    edges = list(csv.DictReader(StringIO(to_edges_csv(with_skip()))))
    assert [(one["id"], one["label"]) for one in nodes] == [("mixed3a/1", "mixed3a/1"), ("mixed3b/2", "dog")]
    assert nodes[0]["picture"] == ""
    assert [(one["source"], one["target"], one["weight"], one["via"]) for one in edges] == [
        (str(LOWER), str(UPPER), "2", ""),
        ("mixed3a/9", str(UPPER), "2", "4"),
    ]
