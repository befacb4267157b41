"""What the graph's page shows around a graph."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from summit_graph.store.connection import Database


def test_a_graph_leads_to_similar_classes(page: Page, shapes: Database) -> None:
    """They are listed with the number of shared channels, below the class's histogram."""
    page.goto("/graph?network=shapes&class=bear")
    similar = page.locator("[data-similar]").first
    expect(page.locator(".panel .histogram")).to_be_visible()
    name = similar.get_attribute("data-similar") or ""
    similar.click()
    expect(page.locator(".panel h3")).to_have_text(f"Attribution graph of {name}")
    expect(page).to_have_url(re.compile(re.escape(urlencode({"class": name}))))


def test_channels_of_many_classes_can_be_hidden(page: Page, shapes: Database) -> None:
    """The panel states in how many graphs a channel is, and its rank; the slider hides common ones."""
    page.goto("/graph?network=shapes&class=bear")
    channels = page.locator("[data-channel]")
    channels.first.click()
    panel = page.locator(".panel")
    expect(panel).to_contain_text(re.compile(r"In the graphs of\s*\d+ of \d+ classes"))
    expect(panel).to_contain_text(re.compile(r"\d+(st|nd|rd|th) of \d+, \d+ % of the layer's score"))
    page.keyboard.press("Escape")
    page.get_by_label("Most classes").fill("1")
    expect(page.locator("[data-channel]:visible")).to_have_count(0)


def test_influences_beyond_the_graph_are_drawn_on_demand(page: Page, shapes: Database) -> None:
    """Around the expanded channel, also from the URL; the same button hides them."""
    page.goto("/graph?network=shapes&class=bear")
    page.locator('[data-layer="mixed4c"] [data-channel]').first.click()
    number = page.locator("[data-channel]").count()
    page.get_by_role("button", name="Show other influences").click()
    extra = page.locator(".node.extra")
    expect(extra.first).to_be_visible()
    expect(page).to_have_url(re.compile("expand=mixed4c"))
    assert page.locator("[data-channel]").count() == number + extra.count()
    assert page.locator(".edge.extra").count() > 0
    page.get_by_role("button", name="Hide other influences").click()
    expect(extra).to_have_count(0)
