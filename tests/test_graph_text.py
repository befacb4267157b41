"""Graphs as text: any name gives valid GraphML and DOT."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import networkx
import pytest

from summit_graph.analysis.comparison import ComparedChannel, Comparison
from summit_graph.formats.graph_text import (
    COUNTS_EXPLAINED,
    to_comparison_graphml,
    to_dot,
    to_graphml,
    to_json_text,
    to_text,
)
from summit_graph.records import (
    Alternative,
    AttributionGraph,
    Channel,
    ChannelLabel,
    ClassSummary,
    Edge,
    Node,
    Parameters,
    Support,
)

LOWER, UPPER = Channel("mixed3a", 1), Channel("mixed3b", 2)
#: Syntax of XML and DOT, line ends, and characters that XML cannot represent.
AWKWARD = "a \"b\" \\ <c> & 'd' {e} ]]> \t \n \r\n --> \\"
UNHOLDABLE = "\x00\x1b\x0b\ufffe"


def graph_of(name: str) -> AttributionGraph:
    nodes = (Node(LOWER, 3, 0.5), Node(UPPER, 2, 0.5))
    return AttributionGraph(
        "shapes", ClassSummary(name, None, name, 3, None, None, None), nodes, (Edge(UPPER, LOWER, 2, None),)
    )


@pytest.mark.parametrize(
    ("name", "read"), [(AWKWARD, AWKWARD), (f"a{UNHOLDABLE}b", "a\ufffd\ufffd\ufffd\ufffdb")]
)
def test_graphml_is_valid_for_any_class_name(name: str, read: str) -> None:
    """A parser returns the name, except for characters invalid in XML (kind: text in another syntax)."""
    found = networkx.parse_graphml(to_graphml(graph_of(name)))
    assert found.graph["class"] == read
    assert list(found.edges) == [("mixed3a/1", "mixed3b/2")]


def test_graphml_of_a_comparison_is_valid_for_any_class_name() -> None:
    """There, names are keys of counts (kind: text in another syntax)."""
    names = (AWKWARD, "x\x1b")
    channels = (ComparedChannel(LOWER, {AWKWARD: 3, "x\x1b": 2}),)
    text = to_comparison_graphml(Comparison("shapes", names, names, channels, (), ()))
    assert networkx.parse_graphml(text).nodes["mixed3a/1"]["count x\ufffd"] == 2


def test_dot_is_valid_for_any_class_name() -> None:
    """Quotation marks in the name are escaped, and control characters do not reach a terminal."""
    first, *_ = to_dot(graph_of(AWKWARD + UNHOLDABLE)).splitlines()
    assert re.fullmatch(r'digraph "(\\.|[^"\\])*" \{', first)
    assert "\\\\x1b" in first
    assert not re.search("[\x00-\x1f]", first)


def labelled() -> AttributionGraph:
    """One channel with a label, one that no text describes well."""
    lower, upper = graph_of("bear").nodes
    dog = ChannelLabel('"dog"', 0.9, "concepts", (Alternative("cat", 0.8, "concepts"),))
    nodes = (replace(lower, label=dog), replace(upper, label=ChannelLabel(None, 0.6, "concepts")))
    return replace(graph_of("bear"), nodes=nodes)


def test_every_form_has_the_labels_of_channels() -> None:
    """JSON has alternatives too, and null without a text; others leave it out; DOT has a second line."""
    first, second = json.loads(to_json_text(labelled()))["nodes"]
    assert (first["label"], first["label_score"], first["label_source"]) == ('"dog"', 0.9, "concepts")
    assert first["label_alternatives"] == [{"text": "cat", "score": 0.8, "source": "concepts"}]
    assert second["label"] is None
    found = networkx.parse_graphml(to_graphml(labelled())).nodes
    assert found["mixed3a/1"]["label"] == '"dog"'
    assert "label_score" not in found["mixed3b/2"]
    assert 'label="mixed3a/1\\n\\"dog\\"", tooltip' in to_dot(labelled())
    assert 'mixed3a/1 ["dog"] in 3 images' in to_text(labelled())


def test_a_graph_without_labels_has_no_keys_of_labels() -> None:
    """Programs that read earlier exports see the same JSON."""
    assert "label" not in to_json_text(graph_of("bear"))


def with_skip() -> AttributionGraph:
    """One skip, and one influence through an inner stop."""
    graph = graph_of("bear")
    skip = replace(graph.edges[0], skip=True)
    through = replace(graph.edges[0], previous=Channel("mixed3a", 9), via=4, via_stop="conv1")
    return replace(graph, nodes=(*graph.nodes, Node(through.previous, 1, 0.1)), edges=(skip, through))


def test_every_form_says_which_influences_are_skips() -> None:
    """JSON and GraphML also name the inner stop; DOT draws a skip dashed."""
    edges = json.loads(to_json_text(with_skip()))["edges"]
    assert [(edge["skip"], edge["via"], edge["via_stop"]) for edge in edges] == [
        (True, None, None),
        (False, 4, "conv1"),
    ]
    found = networkx.parse_graphml(to_graphml(with_skip())).edges
    assert found["mixed3a/1", "mixed3b/2"] == {"count": 2, "skip": True}
    assert found["mixed3a/9", "mixed3b/2"] == {"count": 2, "via": 4, "via_stop": "conv1"}
    dashed = [line for line in to_dot(with_skip()).splitlines() if "dashed" in line]
    assert [line.split(" [")[0].strip() for line in dashed] == ['"mixed3a/1" -> "mixed3b/2"']


def test_skips_are_left_out_without_their_channels() -> None:
    """``graph --no-skips``."""
    graph = with_skip().without_skips()
    assert [edge.via for edge in graph.edges] == [4]
    assert graph.nodes == with_skip().nodes


def with_output() -> AttributionGraph:
    """One selected channel of the last layer contributes to the class, and two others."""
    return replace(graph_of("bear"), supports=(Support(UPPER, 3),), further_supports=2)


def test_every_form_has_the_class_at_the_top() -> None:
    """JSON lists what contributes to it; in GraphML and DOT it is a node, whose name no channel has."""
    value = json.loads(to_json_text(with_output()))
    assert value["supports"] == [{"layer": "mixed3b", "channel": 2, "count": 3}]
    assert value["further_supports"] == 2
    found = networkx.parse_graphml(to_graphml(with_output()))
    assert found.nodes["bear"] == {"output": True, "title": "bear", "label": "bear"}
    assert found.edges["mixed3b/2", "bear"] == {"count": 3, "output": True}
    assert '  "mixed3b/2" -> "bear" [label=3, penwidth=4.00];' in to_dot(with_output()).splitlines()


def test_a_graph_without_an_output_has_no_class_in_it() -> None:
    """Imported graphs, and counts from before outputs were counted."""
    assert list(json.loads(to_json_text(graph_of("bear")))) == [
        "network",
        "software",
        "class",
        "images",
        "nodes",
        "edges",
    ]
    assert "bear" not in networkx.parse_graphml(to_graphml(graph_of("bear")))
    assert "ellipse" not in to_dot(graph_of("bear"))


def test_every_form_says_the_measure() -> None:
    """Kind: counts of which nobody knows what was counted."""
    counted = Parameters(measure="against", baseline="zero")
    graph = replace(graph_of("bear"), parameters=counted, selected_by="counts")
    measured = {"measure": "against", "baseline": "zero", "target": "class", "selected_by": "counts"}
    assert measured.items() <= json.loads(to_json_text(graph)).items()
    assert measured.items() <= networkx.parse_graphml(to_graphml(graph)).graph.items()
    text = "counted by relevance against the class, baseline zero, selected by counts"
    assert text in to_text(graph)
    assert text in to_dot(graph)


def test_a_comparison_says_the_measure() -> None:
    """In JSON and GraphML (kind: counts of which nobody knows what was counted)."""
    found = Comparison("shapes", ("a", "b"), ("a", "b"), (), (), (), Parameters())
    assert found.to_json()["measure"] == "activation"
    assert networkx.parse_graphml(to_comparison_graphml(found)).graph["measure"] == "activation"


def test_channels_that_are_left_out_still_contribute() -> None:
    """``graph --specific``: they become further ones."""
    rest = with_output().restricted_to([LOWER])
    assert (rest.nodes, rest.edges, rest.supports) == ((Node(LOWER, 3, 0.5),), (), ())
    assert rest.further_supports == 3


def test_text_lists_a_run_once() -> None:
    """A skip of a run is not an influence of a channel's line; the class is above the highest layer."""
    nodes = sorted(with_skip().nodes, key=lambda node: str(node.channel))
    graph = replace(with_skip(), nodes=tuple(nodes), supports=(Support(UPPER, 3),), further_supports=2)
    assert to_text(graph).splitlines() == [
        "bear: 3 images, 3 channels, 2 influences, network shapes",
        COUNTS_EXPLAINED,
        "",
        "class",
        "  contributions of mixed3b/2 (3), 2 further",
        "",
        "mixed3b",
        "  mixed3b/2 in 2 images, influenced by mixed3a/9 (2 via conv1 4)",
        "",
        "mixed3a",
        "  mixed3a/1 in 3 images",
        "  mixed3a/9 in 1 image",
        "",
        "passed on by skips",
        "  mixed3a/1 > mixed3b/2",
    ]
    assert "passed on" not in to_text(graph.without_skips())
