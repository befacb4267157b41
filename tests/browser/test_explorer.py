"""The explorer in a real browser: the screen shows what is in the database."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from summit_graph.analysis.motifs import mine_motifs
from summit_graph.store.connection import Database
from summit_graph.store.motifs import write_motifs
from summit_graph.views.graph_sets import read_graph_set
from summit_graph.views.graphs import read_attribution_graph
from summit_graph.views.motifs import read_motifs
from tests.browser.conftest import HOSTILE, NAMES


@pytest.mark.parametrize("name", ["bear", HOSTILE])
def test_a_graph_shows_the_content_of_the_database(page: Page, shapes: Database, name: str) -> None:
    """Channels and edges with their counts; a class's name is never interpreted as markup."""
    graph = read_attribution_graph(shapes, "shapes", name)
    page.goto(f"/graph?network=shapes&class={quote(name)}")
    page.locator("[data-channel]").first.wait_for()
    assert _marks(page, "data-channel") == {str(node.channel): str(node.count) for node in graph.nodes}
    edges = {f"{edge.previous}>{edge.channel}": str(edge.count) for edge in graph.edges}
    assert _marks(page, "data-edge") == edges
    assert page.locator(".panel h3").inner_text() == f"Attribution graph of {name}"
    assert page.locator("img[onerror]").count() == 0


def test_the_overview_lists_every_class(page: Page, shapes: Database) -> None:
    """Each class has a row and a dot; names are text."""
    page.goto("/?network=shapes")
    page.locator("[data-class-row]").first.wait_for()
    for mark in ("data-class-row", "data-class-dot"):
        assert {one.get_attribute(mark) for one in page.locator(f"[{mark}]").all()} == set(NAMES)
    assert page.locator("[data-layer-tab]").count() == 9
    assert page.locator("img[onerror]").count() == 0


def test_a_row_highlights_its_dot(page: Page, shapes: Database) -> None:
    """A layer selected in the minimap is also in the URL."""
    page.goto("/?network=shapes")
    page.locator('[data-class-row="bus"]').hover()
    expect(page.locator('[data-class-dot="bus"]')).to_have_class(re.compile(r"\blit\b"))
    page.locator('[data-layer-tab="mixed4d"]').click()
    expect(page).to_have_url(re.compile("layer=mixed4d"))
    expect(page.locator('[data-layer-tab="mixed4d"]')).to_have_attribute("aria-selected", "true")


def test_search_tolerates_typing_errors(page: Page, shapes: Database) -> None:
    """A mistyped name finds its class; Enter selects it for all pages; Back removes the selection."""
    page.goto("/?network=shapes")
    page.get_by_label("Search classes").fill("tnech")
    expect(page.locator("[data-class-row]:visible")).to_have_count(1)
    page.get_by_label("Search classes").press("Enter")
    expect(page).to_have_url(re.compile("class=tench"))
    link = page.get_by_role("link", name="Graph", exact=True)
    expect(link).to_have_attribute("href", re.compile("class=tench"))  # waits for the page's response
    link.click()
    expect(page.locator(".panel h3")).to_have_text("Attribution graph of tench")
    expect(page).to_have_url(re.compile(r"/graph\?.*class=tench"))
    page.go_back()
    page.locator("[data-class-row]").first.wait_for()
    expect(page.locator('[data-class-row="tench"]')).to_have_class(re.compile(r"\bchosen\b"))


def test_a_motif_links_to_its_classes(page: Page, shapes: Database) -> None:
    """Also far down the list; a link highlights the motif's channels in the class's graph."""
    page.goto("/motifs?network=shapes")
    row = page.locator("[data-motif]").first
    row.click()
    expect(page).to_have_url(re.compile("motif="))
    links = page.get_by_text("See it there")
    page.locator("[data-motif]").last.scroll_into_view_if_needed()
    expect(links).to_be_in_viewport()
    page.get_by_role("link", name=re.compile("bear|bus|lion|tench")).first.click()
    expect(page.locator(".node.lit")).to_have_count(3)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("/graph?network=shapes&class=nobody", "has no class 'nobody'"),
        ("/graph?network=nowhere", "there is no network 'nowhere'"),
        ("/channel?network=shapes&channel=mixed4c", "is not a channel"),
        ("/channel?network=shapes&channel=mixed9z/1", "there is no layer 'mixed9z'"),
        ("/channel?network=shapes&channel=mixed4c/99999", "has no channel"),
        ("/compare?network=shapes&class=bear&class=%3Cimg%20src%3Dx%20onerror%3Dalert(2)%3E", "has no class"),
    ],
)
def test_an_invalid_url_is_explained(page: Page, shapes: Database, where: str, words: str) -> None:
    """With a button that clears the selection."""
    page.goto(where)
    expect(page.get_by_text(words)).to_be_visible()
    expect(page.get_by_role("button", name="Clear selection")).to_be_visible()
    assert page.locator("img[onerror]").count() == 0


def test_a_question_is_answered(page: Page, shapes: Database) -> None:
    """A Cypher query gives a table and pictures of its channels; a writing query is refused."""
    page.goto("/ask?network=shapes")
    page.get_by_role("tab", name="Your own Cypher").click()
    own = page.get_by_role("tabpanel", name="Your own Cypher")
    own.get_by_role("button", name="Ask").click()
    own.locator("[data-channel-link]").first.wait_for()
    expect(own.get_by_text("10 rows")).to_be_visible()
    own.get_by_label("Cypher", exact=True).fill("CREATE (n) RETURN n")
    own.get_by_role("button", name="Ask").click()
    expect(own.get_by_text("only queries that read the graph")).to_be_visible()


def test_the_two_channels_of_a_fan_are_side_by_side(page: Page, shapes: Database) -> None:
    """A plus is between two channels of one layer, and an arrow before the channel that they influence."""
    fans = mine_motifs(read_graph_set(shapes, "shapes"), shape="fan-in").select(min_support=1, limit=5)
    write_motifs(shapes, "shapes", fans, shape="fan-in", size=3)
    fan = next(one for one in read_motifs(shapes, "shapes") if one.shape == "fan-in")
    page.goto("/motifs?network=shapes")
    joins = page.locator(f'[data-motif="{fan.id}"] .arrow')
    expect(joins).to_have_text(["+", "→"])


def _marks(page: Page, mark: str) -> dict[str | None, str | None]:
    """Every element with the data attribute, with its count."""
    found = page.locator(f"[{mark}]").all()
    return {one.get_attribute(mark): one.get_attribute("data-count") for one in found}
