"""Projections in GDS: none stays in the server's memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from summit_graph.ranking.communities import find_communities
from summit_graph.ranking.pagerank import Ranker
from summit_graph.records import Parameters
from summit_graph.store.connection import Database, open_gds
from summit_graph.store.networks import find_network
from summit_graph.system.owners import this_owner
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import manifest, random_class

#: What makes a projection, or is about to.
USERS: dict[str, Callable[[Database], object]] = {
    "rank": lambda database: Ranker(database, find_network(database, "shapes"), Parameters()),
    "communities": lambda database: find_communities(database, "shapes"),
}


@pytest.fixture
def loaded(fresh_database: Database) -> Database:
    loader = NetworkLoader(fresh_database, manifest(), "shapes")
    for number, name in enumerate(("bear", "lion", "emu"), start=1):
        loader.load_class(random_class(name, number))
    return fresh_database


@pytest.fixture
def left(loaded: Database) -> Iterator[dict[str, str]]:
    """Projections in the database: of an ended process, of one that lives, and of another program."""
    host, _, _ = this_owner().rsplit("|", 2)
    names = {
        "ended": f"summit-graph|classes of a|b|{host}|{2**22 + 1}|1.00",
        "alive": f"summit-graph|classes of a|b|{this_owner()}",
        "foreign": "recommendations",
    }
    gds = open_gds(loaded)
    for name in names.values():
        gds.graph.project.cypher(
            "MATCH (class:Class) RETURN gds.graph.project($name, class, null)", name=name
        )
    yield names
    for name in names.values():
        gds.graph.drop(name, fail_if_missing=False)


@pytest.mark.parametrize("user", USERS)
def test_those_of_ended_processes_are_dropped(user: str, loaded: Database, left: dict[str, str]) -> None:
    """By every command that makes one; other programs and live processes keep theirs."""
    USERS[user](loaded)
    names = {entry.graph_name for entry in open_gds(loaded).graph.list()}
    assert names == {left["alive"], left["foreign"]}


def test_one_process_may_look_for_communities_several_times_at_once(loaded: Database) -> None:
    """As two sessions of the explorer do; nothing stays."""
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(find_communities, [loaded] * 2, ["shapes"] * 2)
    assert one == other
    assert open_gds(loaded).graph.list() == []
