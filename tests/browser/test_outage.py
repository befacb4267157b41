"""A database that freezes or stops while the explorer is open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from summit_graph.store.connection import Database
from summit_graph.store.server.local import Endpoint
from tests.browser.conftest import explorer_at
from tests.browser.relay import Relay


@pytest.fixture(scope="module")
def relay(database: Endpoint) -> Iterator[Relay]:
    """A relay that accepts connections to the database."""
    place = urlsplit(database.uri)
    relay = Relay((place.hostname or "127.0.0.1", place.port or 7687))
    relay.start()
    yield relay
    relay.stop()


@pytest.fixture(scope="module")
def relayed(browser: Browser, database: Endpoint, relay: Relay) -> Iterator[Page]:
    """A page of an explorer whose database is behind the relay."""
    with explorer_at(replace(database, uri=f"bolt://127.0.0.1:{relay.port}")) as address:
        page = browser.new_page(base_url=address)
        yield page
        page.close()


def test_a_frozen_database_is_reported_and_awaited(shapes: Database, relay: Relay, relayed: Page) -> None:
    """Four seconds after the page asks it; the page is drawn when the database answers again."""
    relayed.goto("/graph?network=shapes&class=bear")
    relayed.locator("[data-channel]").first.wait_for()
    with relay.frozen():
        relayed.reload()
        expect(relayed.get_by_text("has not answered for 4 s")).to_be_visible()
    expect(relayed.locator("[data-channel]").first).to_be_visible()


def test_a_stopped_database_is_reported_and_awaited(shapes: Database, relay: Relay, relayed: Page) -> None:
    """The refused connection is an error at once; the page is drawn when the database is started again."""
    relayed.goto("/graph?network=shapes&class=bear")
    relayed.locator("[data-channel]").first.wait_for()
    relay.stop()
    expect(relayed.get_by_text("no database answers")).to_be_visible()
    relay.start()
    expect(relayed.locator("[data-channel]").first).to_be_visible()
