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


def test_an_entry_of_the_legend_shows_one_part_alone(page: Page, shapes: Database) -> None:
    """In a comparison; the same entry shows all again."""
    page.goto("/compare?network=shapes&class=bear&class=lion")
    shown = page.locator("[data-channel]:visible")
    shown.first.wait_for()
    number = shown.count()
    entry = page.locator(".legend").get_by_role("button", name="only lion", exact=True)
    entry.click()
    expect(page.locator('[data-channel][data-class="bear"]:visible')).to_have_count(0)
    expect(page.locator('[data-channel][data-class="lion"]:visible').first).to_be_visible()
    entry.click()
    expect(shown).to_have_count(number)


def test_channels_of_few_of_the_compared_classes_can_be_hidden(page: Page, shapes: Database) -> None:
    """An entry of the legend still shows what only one class has."""
    page.goto("/compare?network=shapes&class=bear&class=lion&class=bus&class=tench")
    page.locator("[data-channel]").first.wait_for()
    page.get_by_label("Least classes").fill("2")
    expect(page.locator('[data-channel][data-in="only"]:visible')).to_have_count(0)
    expect(page.locator('[data-channel][data-in="some"]:visible').first).to_be_visible()
    page.locator(".legend").get_by_role("button", name="only lion", exact=True).click()
    expect(page.locator('[data-channel][data-class="lion"]:visible').first).to_be_visible()


def test_filters_of_motifs_are_in_the_url(page: Page, shapes: Database) -> None:
    """A link shows the same motifs."""
    page.goto("/motifs?network=shapes&with=mixed3a")
    expect(page.get_by_role("combobox", name="With a channel of")).to_have_value("mixed3a")
    expect(page.locator("[data-motif] figcaption").first).to_contain_text("mixed3a")
    page.get_by_text("Significant").click()
    expect(page).to_have_url(re.compile("significant=yes"))


def test_channels_that_similar_classes_lack(page: Page, shapes: Database) -> None:
    """On demand, with the number of classes that have them."""
    page.goto("/graph?network=shapes&class=bear")
    page.get_by_text("Show channels that similar classes lack").click()
    expect(page.get_by_text(re.compile(r"in \d+ of 10 similar classes")).first).to_be_visible()


def test_a_path_between_two_channels_is_highlighted(page: Page, shapes: Database) -> None:
    """Two channels are chosen below the graph; the path is in the URL, is named, and Escape clears it."""
    page.goto("/graph?network=shapes&class=bear")
    page.locator("[data-channel]").first.wait_for()
    page.get_by_text("Show the strongest path").click()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile("path=.*&path=mixed5b"))
    expect(page.get_by_text(re.compile("Path: .*weakest influence"))).to_be_visible()
    expect(page.locator(".edge.lit").first).to_be_attached()
    assert page.locator(".node.lit").count() >= 2
    page.locator("[data-channel]").first.focus()
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("path="))
    expect(page.locator(".node.lit")).to_have_count(0)


def test_channels_without_a_path_are_reported(page: Page, shapes: Database) -> None:
    """Kind: an address that names what the graph lacks."""
    page.goto("/graph?network=shapes&class=bear&path=mixed3a/0&path=mixed3a/1")
    expect(page.get_by_text("No path in this graph is between")).to_be_visible()
    page.goto("/graph?network=shapes&class=bear&path=nothing&path=mixed3a/1")
    expect(page.get_by_text("nothing").first).to_be_visible()
