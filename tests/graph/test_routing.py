"""With a cluster's URI scheme, which a single server also accepts."""

from __future__ import annotations

import neo4j
import pytest

from summit_graph.store.connection import Address, Database, open_database
from summit_graph.store.server.local import Endpoint
from tests.graph.test_loading import BEAR, load, whole_graph


def test_everything_works_with_a_routing_uri(database: Endpoint, fresh_database: Database) -> None:
    """GDS projections are in the memory of one server, which is used directly."""
    load(fresh_database, BEAR)
    direct = whole_graph(fresh_database)
    uri = database.uri.replace("bolt", "neo4j", 1)
    with open_database(Address(uri, database.username, database.password)) as routed:
        load(routed, BEAR)
        assert whole_graph(routed).keys() == direct.keys()
        assert [len(rows) for rows in whole_graph(routed).values()] == [len(rows) for rows in direct.values()]
        assert isinstance(routed.driver, neo4j.Neo4jDriver)
        assert isinstance(routed.direct_driver, neo4j.BoltDriver)


@pytest.mark.parametrize(
    ("uri", "direct"),
    [
        ("neo4j://cluster:7687", "bolt://one:7688"),
        ("neo4j+s://cluster:7687", "bolt+s://one:7688"),
        ("neo4j+ssc://cluster:7687", "bolt+ssc://one:7688"),
    ],
)
def test_a_direct_connection_has_the_security_of_the_routing_uri(uri: str, direct: str) -> None:
    """With the same encryption, login and database."""
    address = Address(uri, "me", "secret", "summit")
    assert address.direct("one:7688") == Address(direct, "me", "secret", "summit")
