"""Users and passwords. Kind: a secret that others can read, and an error with the wrong cause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from summit_graph.errors import DatabaseError
from summit_graph.store.connection import Address, Database, open_database
from summit_graph.store.server.local import Endpoint

SECRET = "canary-secret"


@pytest.fixture
def expired(fresh_database: Database, database: Endpoint) -> Address:
    """A login that must be changed before it is used."""
    create = "CREATE OR REPLACE USER expired SET PASSWORD $secret CHANGE REQUIRED"
    with fresh_database.driver.session(database="system") as session:
        session.run(create, secret=SECRET).consume()
    return replace(Address.of(database), username="expired", password=SECRET)


def test_an_expired_password_is_reported_as_expired(expired: Address) -> None:
    """It is not reported as missing permissions; the password is not repeated."""
    with (
        pytest.raises(DatabaseError, match="has expired: change it") as caught,
        open_database(expired) as found,
    ):
        found.read("view/server_version")
    assert "NEO4J_PASSWORD" in str(caught.value)
    assert SECRET not in str(caught.value)
