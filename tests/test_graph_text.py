"""Graphs as text: any name gives valid GraphML and DOT."""

from __future__ import annotations

import re

import networkx
import pytest

from summit_graph.analysis.comparison import ComparedChannel, Comparison
from summit_graph.formats.graph_text import to_comparison_graphml, to_dot, to_graphml
from summit_graph.records import AttributionGraph, Channel, ClassSummary, Edge, Node

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
