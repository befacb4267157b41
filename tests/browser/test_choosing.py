"""Choosing a class in the overview, and looking at channels in a graph."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from summit_graph.store.connection import Database

RESTING = 1000  # milliseconds that the pointer rests somewhere


def test_a_chosen_class_leads_the_list(page: Page, shapes: Database) -> None:
    """Sorted by similarity to it, from the top; another order that is chosen stays, also in the URL."""
    page.goto("/?network=shapes")
    page.locator('[data-class-row="lion"]').click()
    rows = page.locator("[data-class-row]")
    expect(rows.first).to_have_attribute("data-class-row", "lion")
    expect(page.get_by_label("Sort by")).to_have_value("similarity")
    page.get_by_label("Sort by").select_option("worst")
    expect(page).to_have_url(re.compile("order=worst"))
    page.locator('[data-class-row="tench"]').click()
    expect(page).to_have_url(re.compile("class=tench"))
    expect(page.get_by_label("Sort by")).to_have_value("worst")


def test_a_double_click_opens_a_graph(page: Page, shapes: Database) -> None:
    """That of the row of the first click: the row may have moved before the second."""
    page.goto("/?network=shapes")
    page.locator('[data-class-row="tench"]').dblclick()
    expect(page.locator(".panel h3")).to_have_text("Attribution graph of tench")
    page.go_back()
    page.locator('[data-class-row="bus"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator(".panel h3")).to_have_text("Attribution graph of bus")


def test_a_channel_stays_shown_on_the_way_to_the_panel(page: Page, shapes: Database) -> None:
    """And while the pointer is in the panel; patches come before numbers; a quick crossing shows nothing."""
    page.goto("/graph?network=shapes&class=bear")
    channel = page.locator("[data-channel]").first
    channel.hover()
    name = (channel.get_attribute("data-channel") or "").replace("/", " · ")
    heading = page.locator(".panel h3")
    expect(heading).to_have_text(name)
    page.locator(".panel h4").first.hover()
    page.wait_for_timeout(RESTING)
    expect(heading).to_have_text(name)
    expect(page.locator(".panel h4").first).to_contain_text("Top-activating patches")
    page.mouse.move(5, 5)
    expect(heading).to_have_text("Attribution graph of bear")
