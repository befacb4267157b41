"""The URLs and HTML attributes that links and other projects' tests may rely on (SPEC 8)."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from playwright.sync_api import Page, expect

from summit_graph.analysis.row_order import order_rows
from summit_graph.counts.inception import LAYER_NAMES
from summit_graph.store.connection import Database
from summit_graph.views.comparison import read_comparison
from summit_graph.views.graphs import read_attribution_graph
from tests.browser.conftest import NAMES, RIGHT

THREE = ("bear", "bus", "lion")
PAGES = ("", "graph", "channel", "compare", "group", "motifs", "find", "ask")


def open_comparison(page: Page) -> None:
    page.goto("/compare?network=shapes&" + "&".join(f"class={name}" for name in THREE))
    page.locator("[data-channel]").first.wait_for()


def test_channels_of_three_classes_are_marked_by_class(page: Page, shapes: Database) -> None:
    """Each is in all classes, in some, or in only one, which is named."""
    open_comparison(page)
    found = read_comparison(shapes, "shapes", THREE)
    expected = {str(one.channel): held(found.holders(one.counts), one.counts) for one in found.channels}
    assert marks(page, "data-channel") == expected
    assert {"some", "only"} <= {part for part, _ in expected.values()}


def test_influences_of_three_classes_are_marked_by_class(page: Page, shapes: Database) -> None:
    """With the same attributes."""
    open_comparison(page)
    found = read_comparison(shapes, "shapes", THREE)
    assert marks(page, "data-edge") == {
        f"{one.previous}>{one.channel}": held(found.holders(one.counts), one.counts) for one in found.edges
    }


def held(part: str, counts: Mapping[str, int]) -> tuple[str, str | None]:
    return part, next(iter(counts)) if part == "only" else None


def marks(page: Page, mark: str) -> dict[str | None, tuple[str | None, str | None]]:
    return {
        one.get_attribute(mark): (one.get_attribute("data-in"), one.get_attribute("data-class"))
        for one in page.locator(f"[{mark}]").all()
    }


def test_every_layer_has_its_row(page: Page, shapes: Database) -> None:
    """There are nine rows."""
    page.goto("/graph?network=shapes&class=bear")
    page.locator("[data-channel]").first.wait_for()
    rows = page.locator("[data-layer]").evaluate_all("all => all.map(one => one.dataset.layer)")
    assert sorted(rows) == sorted(LAYER_NAMES)


def test_a_minimum_of_influence_hides_weaker_influences(page: Page, shapes: Database) -> None:
    """They are not visible (not merely transparent) and do not react to the pointer."""
    page.goto("/graph?network=shapes&class=bear")
    page.locator("[data-channel]").first.wait_for()
    counts = [int(one.get_attribute("data-count") or 0) for one in page.locator("[data-edge]").all()]
    least = sorted(counts)[len(counts) // 2]
    page.get_by_label("Minimum influence").fill(str(least))
    shown = page.locator("[data-edge]").evaluate_all(
        "all => all.filter(one => getComputedStyle(one).display !== 'none').map(one => +one.dataset.count)"
    )
    assert sorted(shown) == sorted(count for count in counts if count >= least)


def test_the_list_has_the_channels_of_the_picture(page: Page, shapes: Database) -> None:
    """Every channel that the filter does not hide, with its count."""
    page.goto("/graph?network=shapes&class=bear")
    page.locator("[data-channel]").first.wait_for()
    counts = {one.get_attribute("data-channel"): int(one.get_attribute("data-count") or 0)
              for one in page.locator("[data-channel]").all()}  # fmt: skip
    least = sorted(counts.values())[len(counts) // 2]
    page.get_by_label("Minimum count").fill(str(least))
    page.get_by_role("button", name="Show the graph as a list").click()
    listed = page.get_by_role("region", name="The graph as a list").locator("li strong").all_inner_texts()
    wanted = [name.replace("/", " · ") for name, count in counts.items() if name and count >= least]
    assert sorted(listed) == sorted(wanted)


def test_channels_are_placed_in_the_computed_order(page: Page, shapes: Database) -> None:
    """From left to right in each layer, so that few influences cross."""
    graph = read_attribution_graph(shapes, "shapes", "bear")
    page.goto("/graph?network=shapes&class=bear")
    page.locator("[data-channel]").first.wait_for()
    lefts = page.locator("[data-channel]").evaluate_all(
        "all => all.map(one => [one.dataset.channel, one.getBoundingClientRect().left])"
    )
    influences = [(edge.previous, edge.channel, edge.count) for edge in graph.edges]
    for layer, row in order_rows((node.channel for node in graph.nodes), influences).items():
        placed = sorted((left, name) for name, left in lefts if name.startswith(f"{layer}/"))
        assert [name for _, name in placed] == [str(channel) for channel in row]


def test_channels_and_classes_have_accessible_names_and_tab_stops(page: Page, shapes: Database) -> None:
    """For users of the keyboard or a screen reader."""
    page.goto("/graph?network=shapes&class=bear")
    page.locator("[data-channel]").first.wait_for()
    named = page.locator("[data-channel]").evaluate_all("all => all.every(one => one.ariaLabel && one.role)")
    assert named
    assert page.locator('[data-channel][tabindex="0"]').count() == 1
    page.goto("/?network=shapes")
    page.locator("[data-class-row]").first.wait_for()
    assert page.locator('[data-class-row][tabindex="0"]').count() == 1
    assert page.locator('[data-class-dot][tabindex="0"]').count() == 1
    assert page.locator('[data-layer-tab][tabindex="0"]').count() == 1


def test_classes_can_be_selected_by_keyboard(page: Page, shapes: Database) -> None:
    """Down moves to the next row, Enter selects it."""
    page.goto("/?network=shapes")
    page.locator('[data-class-row="bear"]').focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator('[data-class-row="bus"]')).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("class=bus"))


@pytest.mark.parametrize("where", PAGES)
def test_every_page_shows_its_cypher(page: Page, shapes: Database, where: str) -> None:
    """After a click on the button."""
    page.goto(f"/{where}?network=shapes&class=bear&class=bus&channel=mixed4c/1&members=bear,bus&q=b")
    page.get_by_text("Show the Cypher").click()
    expect(page.locator("code").filter(has_text="MATCH").first).to_be_visible()


def test_the_dots_of_visible_rows_are_marked(page: Page, shapes: Database) -> None:
    """The dots of visible rows are marked; scrolling marks other dots."""
    page.goto("/?network=shapes")
    rows = page.locator(".rows")
    rows.evaluate("one => { one.style.flex = 'none'; one.style.height = '104px'; }")
    rows.evaluate("one => one.dispatchEvent(new Event('scroll'))")
    in_view = page.locator("[data-class-dot].in-view")
    expect(in_view).to_have_count(2)
    before = in_view.evaluate_all("all => all.map(one => one.dataset.classDot)")
    rows.evaluate("one => one.scrollTo(0, 1000)")
    expect(page.locator(f'[data-class-dot="{before[-1]}"]')).not_to_have_class(re.compile("in-view"))
    expect(in_view).to_have_count(2)


def test_the_dots_move_smoothly_to_another_layer(page: Page, shapes: Database) -> None:
    """Through intermediate positions; without animation if reduced motion is preferred."""
    page.emulate_media(reduced_motion="no-preference")
    page.goto("/?network=shapes&layer=mixed5b")
    page.locator("[data-class-dot]").first.wait_for()
    seen = page.locator("[data-class-dot]").first.evaluate(
        """dot => new Promise((done) => {
          const seen = new Set([dot.getAttribute("cx")]);
          const watch = new MutationObserver(() => seen.add(dot.getAttribute("cx")));
          watch.observe(dot, { attributes: true });
          dot.getRootNode().querySelector('[data-layer-tab="mixed3a"]').click();
          setTimeout(() => done(seen.size), 1500);
        })"""
    )
    assert seen > 2


def test_classes_are_sorted_by_similarity(page: Page, shapes: Database) -> None:
    """The selected class is first, and similarities decrease."""
    page.goto("/?network=shapes&class=lion")
    page.get_by_label("Sort by").select_option("similarity")
    expect(page.locator("[data-class-row]").first).to_have_attribute("data-class-row", "lion")
    similarities = [
        float(text) for text in page.locator("[data-class-row] .similarity-cell").all_inner_texts()
    ]
    assert similarities == sorted(similarities, reverse=True)
    assert similarities[0] == 1


@pytest.mark.parametrize(("order", "reverse"), [("best", True), ("worst", False)])
def test_classes_are_sorted_by_accuracy(page: Page, shapes: Database, order: str, reverse: bool) -> None:
    """In descending or ascending order of the share of correctly classified images."""
    page.goto("/?network=shapes")
    page.get_by_label("Sort by").select_option(order)
    by_accuracy = [name for _, name in sorted(zip(RIGHT, NAMES, strict=True), reverse=reverse)]
    expect(page.locator("[data-class-row]").first).to_have_attribute("data-class-row", by_accuracy[0])
    assert [
        row.get_attribute("data-class-row") for row in page.locator("[data-class-row]").all()
    ] == by_accuracy
