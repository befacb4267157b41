"""``summit-graph demo --live``: from the bundled images to the explorer, without any download."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from summit_graph.cli import live_demo
from summit_graph.store.connection import Database
from summit_graph.store.server.local import Endpoint
from tests.conftest import use_database


@pytest.fixture(scope="module")
def planted(filled: Database, database: Endpoint) -> Database:
    """The network that the live demo makes, with few pictures."""
    with pytest.MonkeyPatch.context() as patch:
        use_database(patch, database)
        patch.setattr(live_demo, "RENDERED", 8)
        live_demo.ingest_world(None)
    return filled


def test_the_classes_are_in_the_overview(planted: Database, page: Page) -> None:
    """With what to do next."""
    page.goto("/?network=planted")
    expect(page.locator("[data-class-row]")).to_have_count(9)
    expect(page.get_by_text("summit-graph demo --live")).to_be_visible()


def test_a_graph_has_pictures_and_examples(planted: Database, page: Page) -> None:
    """Rendered pictures of some channels, and patches of the drawn images."""
    page.goto("/graph?network=planted&class=zigzag corner")
    expect(page.locator("[data-channel]").first).to_be_visible()
    expect(page.locator("[data-channel] image").first).to_be_visible()
    page.locator("[data-channel]").first.click()
    expect(page.locator('.panel .patches img[src^="summit/examples/"]').first).to_be_visible()


def test_motifs_are_listed(planted: Database, page: Page) -> None:
    """Chains that recur in several classes."""
    page.goto("/motifs?network=planted")
    expect(page.locator("[data-motif]").first).to_be_visible()
