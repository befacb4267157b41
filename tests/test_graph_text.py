"""Graphs as text: names of every sort break no format."""

from __future__ import annotations

import re

import networkx
import pytest

from summit_graph.analysis.comparison import ComparedChannel, Comparison
from summit_graph.formats.graph_text import to_comparison_graphml, to_dot, to_graphml
from summit_graph.records import AttributionGraph, Channel, ClassSummary, Edge, Node

LOWER, UPPER = Channel("mixed3a", 1), Channel("mixed3b", 2)
#: Syntax of XML and DOT, line ends, and characters that XML cannot hold.
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
def test_graphml_is_read_whatever_a_class_is_called(name: str, read: str) -> None:
    """A parser gets the name back, but for what XML cannot hold (our text read in another's syntax)."""
    found = networkx.parse_graphml(to_graphml(graph_of(name)))
    assert found.graph["class"] == read
    assert list(found.edges) == [("mixed3a/1", "mixed3b/2")]


def test_a_comparison_s_graphml_is_read_whatever_classes_are_called() -> None:
    """Names are keys of counts there (our text read in another's syntax)."""
    names = (AWKWARD, "x\x1b")
    channels = (ComparedChannel(LOWER, {AWKWARD: 3, "x\x1b": 2}),)
    text = to_comparison_graphml(Comparison("shapes", names, names, channels, (), ()))
    assert networkx.parse_graphml(text).nodes["mixed3a/1"]["count x\ufffd"] == 2


def test_dot_has_one_quoted_name_whatever_a_class_is_called() -> None:
    """No quotation mark ends it early, no control character reaches a terminal."""
    first, *_ = to_dot(graph_of(AWKWARD + UNHOLDABLE)).splitlines()
    assert re.fullmatch(r'digraph "(\\.|[^"\\])*" \{', first)
    assert "\\\\x1b" in first
    assert not re.search("[\x00-\x1f]", first)
