"""Projections in Neo4j GDS: each is named after the process that made it, and is dropped after its use.

A projection takes memory of the server until it is dropped; that of a killed process is dropped by the next
command that makes one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from summit_graph.store.connection import Database, open_gds
from summit_graph.store.queries import read_query
from summit_graph.system.owners import owner_lives, this_owner

if TYPE_CHECKING:
    from graphdatascience import Graph, GraphDataScience

_KIND = "summit-graph"
#: Parts of an owner's name.
_OWNER_PARTS = 3


def open_for_projections(database: Database) -> GraphDataScience:
    """GDS on the server, where the projections of killed processes are dropped.

    Raises:
        DatabaseError: GDS is missing or too old, or the connection breaks.
    """
    gds = open_gds(database)
    _drop_those_of_dead_processes(gds)
    return gds


@contextmanager
def projected(gds: GraphDataScience, query: str, what: str, **parameters: Any) -> Iterator[Graph]:
    """A graph that is projected by a query, dropped at the end.

    Args:
        query: the query; it takes ``parameters`` and the projection's name.
        what: what is projected; distinguishes the projections that this process has at the same time.
    """
    name = f"{_KIND}|{what}|{this_owner()}"
    graph = gds.graph.project.cypher(read_query(query).text, graph=name, **parameters).graph
    try:
        yield graph
    finally:
        gds.graph.drop(graph, fail_if_missing=False)


def _drop_those_of_dead_processes(gds: GraphDataScience) -> None:
    for entry in gds.graph.list():
        kind, *what = entry.graph_name.split("|")
        if kind == _KIND and not owner_lives("|".join(what[-_OWNER_PARTS:])):
            gds.graph.drop(entry.graph_name, fail_if_missing=False)
