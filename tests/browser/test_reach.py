"""Everything can be reached: on small windows, after zooming, by keyboard, and from the browser's history."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from summit_graph.store.connection import Database


@pytest.mark.parametrize("width", [1024, 768, 420])
def test_small_windows_keep_every_part(page: Page, shapes: Database, width: int) -> None:
    """Map and list, graph and panel are wide enough to use, and nothing is beside the window."""
    page.set_viewport_size({"width": width, "height": 800})
    for address, drawn, parts in (
        ("/?network=shapes&class=bear", "[data-class-row]", (".canvas", ".rows")),
        ("/graph?network=shapes&class=bear", "[data-channel]", (".canvas", ".panel")),
    ):
        page.goto(address)
        page.locator(drawn).first.wait_for()
        for part in parts:
            box = page.locator(part).bounding_box()
            assert box
            assert box["width"] >= 270, (address, part, box)
            assert box["x"] + box["width"] <= width
            assert box["height"] >= 300
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_another_layer_is_never_an_empty_map(page: Page, shapes: Database) -> None:
    """Zoomed in to a corner without dots, another layer is shown as a whole."""
    page.goto("/?network=shapes&layer=mixed5b")
    page.locator("[data-class-dot]").first.wait_for()
    box = page.locator(".canvas").bounding_box()
    assert box
    for _ in range(12):
        page.mouse.move(box["x"] + 3, box["y"] + 3)
        page.mouse.wheel(0, -400)
    page.locator('[data-layer-tab="mixed3a"]').click()
    expect(page.locator("[data-class-dot]:visible").first).to_be_in_viewport()


def test_every_tab_stop_of_the_overview_has_a_name(page: Page, shapes: Database) -> None:
    """Kind: SVG groups that browsers make tab stops because they listen for the focus."""
    page.goto("/?network=shapes")
    page.locator("[data-class-row]").first.wait_for()
    page.locator("[data-layer-tab]").first.focus()
    tags = []
    for _ in range(6):
        page.keyboard.press("Tab")
        tags.append(
            page.evaluate("""() => {
              let one = document.activeElement;
              while (one.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
              return one.tagName;
            }""")
        )
    assert "circle" in tags
    assert "g" not in tags


def test_the_focus_is_visible_in_the_header(page: Page, shapes: Database) -> None:
    """Kind: a framework's elements that show the focus by a faint background alone."""
    page.goto("/graph?network=shapes&class=bear")
    page.locator("[data-channel]").first.wait_for()
    seen = []
    for _ in range(6):
        page.keyboard.press("Tab")
        seen += page.evaluate(
            "[document.activeElement].filter(one => one.tagName === 'A')"
            ".map(one => getComputedStyle(one).outlineStyle)"
        )
    assert seen
    assert set(seen) == {"solid"}


def test_the_summary_is_reached_by_keyboard(page: Page, shapes: Database) -> None:
    """Escape leads from a focused channel to the summary, Tab then to its links."""
    page.goto("/graph?network=shapes&class=bear")
    page.locator("[data-channel]").first.focus()
    expect(page.locator(".panel h3")).not_to_have_text("Attribution graph of bear")
    page.keyboard.press("Escape")
    expect(page.locator(".panel h3")).to_have_text("Attribution graph of bear")
    focused = page.locator("[data-similar]:focus")
    reached = False
    for _ in range(8):
        page.keyboard.press("Tab")
        reached = reached or focused.count() > 0
    assert reached


def test_the_tab_names_what_is_shown(page: Page, shapes: Database) -> None:
    """The class, the classes or the channel. A channel in the URL that does not exist is reported."""
    page.goto("/graph?network=shapes&class=bear&channel=mixed4c/99999")
    expect(page).to_have_title("bear · Graph · Summit graph")
    expect(page.get_by_text(re.compile(r"mixed4c has \d+ channels"))).to_be_visible()
    page.goto("/compare?network=shapes&class=bear&class=lion&channel=nonsense")
    expect(page).to_have_title("bear, lion · Compare · Summit graph")
    expect(page.get_by_text("nonsense is not a channel")).to_be_visible()
    page.goto("/channel?network=shapes&channel=mixed4c/1")
    expect(page).to_have_title(re.compile("^mixed4c/1 · "))


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (768, 1024)])
def test_the_sheet_is_in_view_below_the_graph(page: Page, shapes: Database, width: int, height: int) -> None:
    """Without scrolling; the graph has most of the window's height, and the panel is beside it."""
    page.set_viewport_size({"width": width, "height": height})
    page.goto("/graph?network=shapes&class=bear")
    expect(page.get_by_role("button", name="Sheet as PDF (A4)")).to_be_in_viewport(ratio=1)
    canvas, panel = (page.locator(part).bounding_box() for part in (".canvas", ".panel"))
    assert canvas
    assert panel
    assert canvas["height"] > height / 2
    assert panel["x"] >= canvas["x"] + canvas["width"]
