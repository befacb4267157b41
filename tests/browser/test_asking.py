"""Questions of the Ask page, and what the other pages show before anything is chosen."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from summit_graph.settings import Home
from summit_graph.store.connection import Database
from summit_graph.store.server.local import Endpoint
from tests.browser.conftest import explorer_at


def test_a_question_is_answered_when_it_is_chosen(page: Page, shapes: Database) -> None:
    """Questions are grouped by what they are about; the two classes of the form are different ones."""
    page.goto("/ask?network=shapes&class=bear")
    expect(page.get_by_text(re.compile(r"^(The first )?\d+ rows$"))).to_be_visible()
    page.get_by_text("Two classes").click()
    expect(page).to_have_url(re.compile("query="))
    expect(page.get_by_label("Another class")).to_be_visible()
    chosen = page.get_by_role("combobox", name=re.compile("lass$"))
    first, second = (chosen.nth(at).input_value() for at in (0, 1))
    assert first == "bear"
    assert second not in ("", first)
    page.get_by_role("combobox", name="Question").click()
    expect(page.get_by_role("option", name="Channels that are in the attribution graphs")).to_be_visible()
    expect(page.get_by_role("option", name=re.compile("version"))).to_have_count(0)


def test_pages_offer_a_start(page: Page, shapes: Database) -> None:
    """The overview says what it shows, with terms; the channel's page has the most used channels."""
    page.goto("/?network=shapes")
    expect(page.get_by_text("Every dot is a class of images")).to_be_visible()
    page.get_by_role("button", name="Terms").click()
    expect(page.get_by_text("Attribution graph:")).to_be_visible()
    page.goto("/channel?network=shapes")
    page.locator("[data-channel-link]").first.click()
    expect(page.get_by_role("heading", name="Feature visualizations")).to_be_visible()
    expect(page).to_have_url(re.compile("channel="))


@pytest.fixture
def no_query_is_left() -> Iterator[None]:
    """The explorer's home is that of other tests, too."""
    yield
    shutil.rmtree(Home().queries)


def test_a_text_is_shared_and_saved(page: Page, shapes: Database, no_query_is_left: None) -> None:
    """A link opens its text in the box, not run; asked, it can be saved, and is then a question."""
    page.goto(f"/ask?network=shapes&cypher={quote('MATCH (c:Class) RETURN c.name AS named')}")
    box = page.get_by_label("Cypher", exact=True)
    expect(box).to_have_value("MATCH (c:Class) RETURN c.name AS named")
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    box.fill("MATCH (c:Class) RETURN count(c) AS classes")
    page.get_by_role("button", name="Ask").last.click()
    expect(page).to_have_url(re.compile("cypher=.*count"))
    expect(page.get_by_text("1 row", exact=True)).to_be_visible()
    page.get_by_label("Name", exact=True).fill("shared_count")
    page.get_by_label("What it answers").fill("How many classes there are.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved as")).to_be_visible()
    expect(box).to_be_visible()
    page.get_by_role("tab", name="Questions").click()
    page.get_by_text("Your own", exact=True).click()
    expect(page).to_have_url(re.compile("query=shared_count"))
    expect(page.get_by_role("tab", name="Questions")).to_have_attribute("aria-selected", "true")


def test_own_queries_of_the_option_are_offered(
    page: Page, shapes: Database, database: Endpoint, tmp_path: Path
) -> None:
    """``explore --queries DIR``: the page Ask has them under "Your own" and shows their answer."""
    (tmp_path / "mine.cypher").write_text(
        "// My classes.\n// params:  $network string (Network.name)\n// returns: name\n"
        "MATCH (class:Class {network: $network}) RETURN class.name AS name"
    )
    with explorer_at(database, options=["--queries", str(tmp_path)]) as address:
        page.goto(f"{address}/ask?network=shapes")
        page.get_by_text("Your own", exact=True).click()
        expect(page.get_by_role("combobox", name="Question")).to_have_value("My classes.")
        expect(page.get_by_text("5 rows", exact=True)).to_be_visible()
        page.goto("about:blank")  # a page whose explorer has ended reports errors
