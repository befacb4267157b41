"""Groups of classes: how they are chosen, what is typical of them, and where a class moves."""

from __future__ import annotations

import re
import zlib
from base64 import urlsafe_b64encode

from playwright.sync_api import Page, expect

from summit_graph.analysis.motifs import select_typical_channels
from summit_graph.store.connection import Database
from summit_graph.views.graph_sets import read_graph_set
from tests.browser.conftest import NAMES


def members(page: Page) -> set[str | None]:
    """The classes that are marked as the group."""
    marked = page.locator(".dot.member")
    marked.first.wait_for()
    return {one.get_attribute("data-class-dot") for one in marked.all()}


def test_a_lasso_makes_a_group(page: Page, shapes: Database) -> None:
    """Drawn with Shift held, around all dots of the right half; the map does not move meanwhile."""
    page.goto("/?network=shapes")
    page.locator("[data-class-dot]").first.wait_for()
    box = page.locator(".stage").bounding_box()
    assert box
    left, right = box["x"] + box["width"] / 2, box["x"] + box["width"] - 4
    top, bottom = box["y"] + 4, box["y"] + box["height"] - 4
    places = {
        one.get_attribute("data-class-dot"): place["x"] + place["width"] / 2
        for one in page.locator("[data-class-dot]").all()
        if (place := one.bounding_box())
    }
    page.keyboard.down("Shift")
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom)):
        page.mouse.move(x, y, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    inside = {name for name, x in places.items() if x > left}
    assert members(page) == inside
    assert 0 < len(inside) < len(NAMES)
    expect(page).to_have_url(re.compile("members="))


def test_found_classes_make_a_group_with_the_searched_name(page: Page, shapes: Database) -> None:
    """A link leads to what is typical of it: the channels that the command finds, in its order."""
    page.goto("/?network=shapes")
    page.get_by_label("Search classes").fill("b")
    page.get_by_role("button", name="Make a group of the found classes").click()
    assert members(page) == {"bear", "bus"}
    page.get_by_role("link", name="Typical of b").click()
    expect(page).to_have_title("b · Group · Summit graph")
    expect(page.get_by_text("2 classes compared with the 3 others")).to_be_visible()
    expected = select_typical_channels(
        read_graph_set(shapes, "shapes"), ["bear", "bus"], min_support=1, limit=10
    )
    shown = page.locator("[data-channel-link]")
    shown.first.wait_for()
    names = [one.get_attribute("data-channel-link") for one in shown.all()][:10]
    assert names == [str(one.channel) for one in expected]


def test_motifs_of_a_group_lead_to_graphs_that_name_them(page: Page, shapes: Database) -> None:
    """Also a motif that is not stored. Escape clears it, as does a click beside the graph."""
    page.goto("/group?network=shapes&members=bear,bus&group=two&shape=chain")
    motif = page.locator("[data-motif]").first
    expect(motif).to_contain_text("of 2")
    motif.click()
    page.get_by_text("See it there").wait_for()
    page.get_by_role("link", name=re.compile("^bear$|^bus$")).first.click()
    expect(page.get_by_text("Motif:")).to_be_visible()
    page.locator("[data-channel]").first.press("Escape")
    expect(page).not_to_have_url(re.compile("motif="))
    expect(page.get_by_text("Motif:")).to_have_count(0)


def test_a_community_makes_a_group(page: Page, shapes: Database) -> None:
    """The dots have its colour, and the legend's entry selects its classes."""
    page.goto("/?network=shapes")
    page.get_by_role("button", name=re.compile("Colour the dots")).click()
    expect(page).to_have_url(re.compile("colours=communities"))
    entry = page.locator("[data-community]").first
    expect(entry).to_contain_text(re.compile(r"\d"))
    number = int((entry.text_content() or "").split()[-1])
    entry.click()
    assert len(members(page)) == number


def test_a_link_with_a_long_group_is_read(page: Page, shapes: Database) -> None:
    """Compressed; a damaged one is reported, and a class that is gone is named."""
    text = ",".join(["bear", "bus", *(f"gone {at}" for at in range(500))]).encode()
    packed = "~" + urlsafe_b64encode(zlib.compress(text)).decode().rstrip("=")
    page.goto(f"/group?network=shapes&group=many&members={packed}")
    expect(page.get_by_text("Typical of many")).to_be_visible()
    expect(page.get_by_text("has no class gone 0 and 499 more")).to_be_visible()
    page.goto(f"/group?network=shapes&group=many&members={packed[:40]}")
    expect(page.get_by_text("the group in the URL is damaged")).to_be_visible()


def test_the_trajectory_of_a_class_has_a_stop_in_every_layer(page: Page, shapes: Database) -> None:
    """On the selected class's dot in the shown layer; the classes can be listed by how far they move."""
    page.goto("/?network=shapes&class=lion&layer=mixed4c")
    page.get_by_role("button", name=re.compile("Draw the way")).click()
    expect(page).to_have_url(re.compile("trajectory=yes"))
    stops = page.locator("[data-stop]")
    expect(stops).to_have_count(9)
    stop = page.locator('[data-stop="mixed4c"] circle').bounding_box()
    dot = page.locator('[data-class-dot="lion"]').bounding_box()
    assert stop
    assert dot
    assert abs(stop["x"] + stop["width"] / 2 - dot["x"] - dot["width"] / 2) < 1.5
    expect(page.locator(".note")).to_contain_text("It moves most from")
    page.get_by_label("Sort by").select_option("movement")
    moved = page.locator(".similarity-cell")
    expect(moved.first).not_to_be_empty()
    values = [float(text) for text in moved.all_text_contents()]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0
