"""What a page loads, and what it leaves until it is asked for."""

from __future__ import annotations

from http import HTTPStatus

import requests
from playwright.sync_api import Page, expect

from summit_graph.store.connection import Database
from tests.browser.test_clicks import open_graph

#: What the page has loaded from addresses with this part, in the order of the requests.
_LOADED = """part => performance.getEntriesByType("resource").filter((one) => one.name.includes(part))
  .map((one) => ({ start: one.startTime, bytes: one.transferSize }))"""


def loaded(page: Page, part: str = "/summit/assets/") -> list[dict[str, float]]:
    found: list[dict[str, float]] = page.evaluate(_LOADED, part)
    return found


def test_all_components_are_one_script(page: Page, shapes: Database) -> None:
    """A page with two components requests it once, before Streamlit's scripts have run."""
    open_graph(page)
    expect(page.get_by_role("combobox", name="Class", exact=True)).to_be_visible()
    (script,) = loaded(page)
    assert script["start"] < min(one["start"] for one in loaded(page, "/_stcore/health"))


def test_a_browser_keeps_the_script(page: Page, shapes: Database) -> None:
    """The next page that it opens takes it from the browser's cache."""
    open_graph(page)
    page.goto("/?network=shapes")
    expect(page.locator("[data-class-row]").first).to_be_visible()
    (script,) = loaded(page)
    assert script["bytes"] == 0


def test_an_unchanged_page_names_the_script_too(address: str) -> None:
    """Streamlit's page is the same after an upgrade of the explorer; the script may be another."""
    with requests.Session() as session:
        first = session.get(address, headers={"Accept": "text/html"}, timeout=60)
        kept = {"Accept": "text/html", "If-None-Match": first.headers["etag"]}
        second = session.get(address, headers=kept, timeout=60)
    assert second.status_code == HTTPStatus.NOT_MODIFIED
    assert second.headers["link"] == first.headers["link"]


def test_the_script_of_another_version_is_not_served(address: str) -> None:
    """It would be kept for a year under the wrong address."""
    answer = requests.get(f"{address}/summit/assets/0123456789abcdef.js", timeout=60)
    assert answer.status_code == HTTPStatus.NOT_FOUND


def test_a_closed_section_is_drawn_when_it_is_opened(page: Page, shapes: Database) -> None:
    """Its code would load a script of Streamlit that takes longer than the graph."""
    page.goto("/ask?network=shapes")
    section = page.get_by_text("Show the Cypher")
    expect(section).to_be_visible()
    expect(page.get_by_text("MATCH", exact=False)).to_have_count(0)
    section.click()
    expect(page.get_by_text("MATCH", exact=False).first).to_be_visible()
