"""Several clicks and keys in a row: the screen and the URL show the last one."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from summit_graph.analysis.motifs import mine_motifs
from summit_graph.store.connection import Database
from summit_graph.store.motifs import write_motifs
from summit_graph.views.graph_sets import read_graph_set
from summit_graph.views.graphs import read_attribution_graph
from summit_graph.views.motifs import StoredMotif, read_motif, read_motif_classes, read_motifs
from tests.browser.conftest import NAMES, HeldAnswers, choose_class

QUIET = 1500  # milliseconds in which a response to an earlier click would arrive


def open_graph(page: Page, more: str = "") -> Locator:
    """The channels of a class's graph, from the topmost layer down."""
    page.goto(f"/graph?network=shapes&class=bear{more}")
    page.locator("[data-channel]").first.wait_for()
    return page.locator("[data-channel]")


def name_of(channel: Locator) -> str:
    return channel.get_attribute("data-channel") or ""


def selected(page: Page) -> list[str | None]:
    return [one.get_attribute("data-channel") for one in page.locator(".node.selected").all()]


@pytest.mark.parametrize("pause", [0, QUIET])
def test_the_second_channel_is_selected(page: Page, shapes: Database, pause: int) -> None:
    """Clicked immediately or some time after another one."""
    channels = open_graph(page)
    for at in (0, 3, 1):
        channels.nth(at).click()
        page.wait_for_timeout(pause)
    expect(page).to_have_url(re.compile(quote(name_of(channels.nth(1)), safe="")))
    page.wait_for_timeout(QUIET)
    assert selected(page) == [name_of(channels.nth(1))]


@pytest.mark.parametrize("pause", [0, QUIET])
def test_the_second_layer_is_selected(page: Page, shapes: Database, pause: int) -> None:
    """Clicked immediately or some time after another one."""
    page.goto("/?network=shapes")
    for layer in ("mixed4d", "mixed3a", "mixed4b"):
        page.locator(f'[data-layer-tab="{layer}"]').click()
        page.wait_for_timeout(pause)
    expect(page).to_have_url(re.compile("layer=mixed4b"))
    page.wait_for_timeout(QUIET)
    expect(page.locator('[data-layer-tab][aria-selected="true"]')).to_have_attribute(
        "data-layer-tab", "mixed4b"
    )


@pytest.mark.parametrize("pause", [0, QUIET])
def test_one_escape_clears_the_selection(page: Page, shapes: Database, pause: int) -> None:
    """Pressed immediately after the click or later."""
    channel = open_graph(page).first
    channel.click()
    page.wait_for_timeout(pause)
    channel.press("Escape")
    page.wait_for_timeout(QUIET)
    expect(page).not_to_have_url(re.compile("channel="))
    assert selected(page) == []


def test_escape_overrides_a_pending_response(page: Page, shapes: Database, answers: HeldAnswers) -> None:
    """The response to the click arrives after the key was handled."""
    channel = open_graph(page).first
    answers.hold()
    channel.click()
    page.wait_for_timeout(QUIET)
    channel.press("Escape")
    page.wait_for_timeout(QUIET)
    answers.release()
    page.wait_for_timeout(QUIET)
    expect(page).not_to_have_url(re.compile("channel="))
    assert selected(page) == []


def test_back_selects_the_previous_channel(page: Page, shapes: Database) -> None:
    """After several channels were selected in turn."""
    channels = open_graph(page)
    for at in (0, 3):
        channels.nth(at).click()
        expect(page).to_have_url(re.compile(quote(name_of(channels.nth(at)), safe="")))
        page.wait_for_timeout(QUIET)
    page.go_back()
    expect(channels.first).to_have_attribute("aria-pressed", "true")
    assert selected(page) == [name_of(channels.first)]


def test_back_shows_the_previous_class(page: Page, shapes: Database) -> None:
    """With a selected channel: there is no intermediate state."""
    channel = open_graph(page).first
    channel.click()
    expect(page).to_have_url(re.compile("channel="))
    before = page.url
    choose_class(page, "lion")
    expect(page.locator(".panel h3")).to_have_text("Attribution graph of lion")
    page.wait_for_timeout(QUIET)
    page.go_back()
    expect(page).to_have_url(before)
    expect(channel).to_have_attribute("aria-pressed", "true")


def test_a_selected_channel_has_the_pressed_state(page: Page, shapes: Database) -> None:
    """For screen readers, which do not see its frame."""
    channel = open_graph(page).first
    channel.click()
    expect(page.locator('[data-channel][aria-pressed="true"]')).to_have_count(1)
    expect(channel).to_have_attribute("aria-pressed", "true")


def motif_of(shapes: Database) -> tuple[StoredMotif, str, str]:
    """A motif, a class whose graph contains it, and a class whose graph does not."""
    for motif in read_motifs(shapes, "shapes"):
        holders = {name for name, _ in read_motif_classes(shapes, motif.id)}
        others = [name for name in NAMES[:4] if name not in holders]
        if others and holders & set(NAMES[:4]):
            return motif, sorted(holders & set(NAMES[:4]))[0], others[0]
    pytest.fail("every motif is in every class")


def test_another_class_can_be_selected_while_a_motif_is_highlighted(page: Page, shapes: Database) -> None:
    """Its graph is shown without an error, with a note that it does not contain the motif."""
    motif, holder, other = motif_of(shapes)
    page.goto(f"/graph?network=shapes&class={holder}&motif={quote(motif.id)}")
    expect(page.locator(".node.lit")).to_have_count(3)
    choose_class(page, other)
    expect(page.locator(".panel h3")).to_have_text(f"Attribution graph of {other}")
    expect(page.get_by_text("is not in this class's graph")).to_be_visible()
    expect(page.locator(".node.lit")).to_have_count(0)


@pytest.mark.parametrize("where", ["motifs?", "graph?class=bear&"])
def test_an_unknown_motif_is_reported(page: Page, shapes: Database, where: str) -> None:
    """On each page that shows motifs."""
    page.goto(f"/{where}network=shapes&motif=nothing")
    expect(page.get_by_text("has no motif nothing")).to_be_visible()


def test_a_motif_is_found_by_its_id(shapes: Database) -> None:
    """For any number of stored motifs; motifs of another network are not found."""
    motif = read_motifs(shapes, "shapes")[-1]
    assert read_motif(shapes, "shapes", motif.id) == motif
    assert read_motif(shapes, "other", motif.id) is None


def test_a_row_can_be_selected_after_dragging_the_dots(page: Page, shapes: Database) -> None:
    """Dragging the plane does not block clicks on the list."""
    page.goto("/?network=shapes")
    page.locator("[data-class-row]").first.wait_for()
    box = page.locator(".canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 140, box["y"] + 120, steps=4)
    page.mouse.up()
    page.locator('[data-class-row="lion"]').click()
    expect(page).to_have_url(re.compile("class=lion"))


def test_browser_shortcuts_are_not_intercepted(page: Page, shapes: Database) -> None:
    """A key with Ctrl selects no channel and no class."""
    open_graph(page).first.focus()
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(QUIET)
    assert selected(page) == []
    page.goto("/?network=shapes")
    page.locator('[data-class-row="lion"]').focus()
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(QUIET)
    expect(page).not_to_have_url(re.compile("class="))


def test_the_tab_stop_is_a_visible_channel(page: Page, shapes: Database) -> None:
    """Also if a minimum hides the previous tab stop."""
    channels = open_graph(page)
    counts = [int(one.get_attribute("data-count") or 0) for one in channels.all()]
    for least in (max(counts), 0, max(counts)):
        page.get_by_label("Minimum count").fill(str(least))
        expect(page.locator('[data-channel][tabindex="0"]:visible')).to_have_count(1)
        assert page.locator('[data-channel][tabindex="0"]').count() == 1


def test_a_row_has_its_similarity_to_the_selected_class(page: Page, shapes: Database) -> None:
    """In its accessible name; it is an option of a list with one selected option."""
    page.goto("/?network=shapes&class=lion")
    rows = page.get_by_role("listbox", name="Classes").get_by_role("option")
    expect(rows).to_have_count(len(NAMES))
    expect(page.locator('[data-class-row="lion"]')).to_have_attribute("aria-selected", "true")
    expect(page.locator('[data-class-row="bus"]')).to_have_attribute(
        "aria-label", re.compile(r"similarity 0\.\d\d$")
    )


def test_a_selected_row_is_scrolled_into_view(page: Page, shapes: Database) -> None:
    """If it was selected by its dot or by a link; the list shows few rows at a time."""
    page.goto("/?network=shapes&class=tench")
    page.locator("[data-class-row]").first.wait_for()
    page.locator(".rows").evaluate("rows => { rows.style.maxHeight = '60px'; rows.scrollTop = 1000; }")
    expect(page.locator('[data-class-row="bear"]')).not_to_be_in_viewport()
    page.locator('[data-class-dot="bear"]').press("Space")
    expect(page.locator('[data-class-row="bear"]')).to_be_in_viewport()


def test_a_row_keeps_the_focus_when_rows_are_reordered(page: Page, shapes: Database) -> None:
    """After selection by keyboard, if the list is sorted by similarity."""
    page.goto("/?network=shapes&class=bear")
    page.get_by_label("Sort by").select_option("similarity")
    row = page.locator('[data-class-row="tench"]')
    row.focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-class-row]").first).to_have_attribute("data-class-row", "tench")
    expect(row).to_be_focused()


def test_an_influence_can_be_focused_by_keyboard(page: Page, shapes: Database) -> None:
    """It has an accessible name, highlights both its ends, and arrow keys move to them."""
    graph = read_attribution_graph(shapes, "shapes", "bear")
    edge = max(graph.edges, key=lambda one: one.count)
    open_graph(page)
    page.locator(f'[data-channel="{edge.channel}"]').focus()
    page.keyboard.press("Shift+ArrowDown")
    at = page.locator("[data-edge]:focus")
    expect(at).to_have_attribute("data-edge", re.compile(f">{edge.channel}$"))
    expect(at).to_have_attribute("aria-label", re.compile("^influence of .* count "))
    expect(page.locator("[data-channel].lit")).to_have_count(2)
    page.keyboard.press("ArrowUp")
    expect(page.locator(f'[data-channel="{edge.channel}"]')).to_be_focused()


def test_a_hidden_channel_highlights_nothing(page: Page, shapes: Database) -> None:
    """If a minimum hides the selected channel, the other channels are not dimmed."""
    channels = open_graph(page)
    counts = {name_of(one): int(one.get_attribute("data-count") or 0) for one in channels.all()}
    weakest = min(counts, key=lambda name: counts[name])
    page.locator(f'[data-channel="{weakest}"]').click()
    expect(page.locator(".canvas.dimmed")).to_have_count(1)
    page.get_by_label("Minimum count").fill(str(counts[weakest] + 1))
    expect(page.locator(".canvas.dimmed")).to_have_count(0)


def test_additional_motifs_are_kept_when_one_is_selected(page: Page, shapes: Database) -> None:
    """The focus moves to the first additional motif."""
    for size in (2, 4, 5):
        chains = mine_motifs(read_graph_set(shapes, "shapes"), size=size).select(min_support=1, limit=40)
        write_motifs(shapes, "shapes", chains, shape="chain", size=size)
    page.goto("/motifs?network=shapes")
    page.get_by_role("button", name="Show more motifs").click()
    rows = page.locator("[data-motif]")
    expect(rows.nth(60)).to_be_focused()
    rows.last.click()
    expect(page).to_have_url(re.compile("motif="))
    expect(page.locator("[data-motif].chosen")).to_have_count(1)
    assert rows.count() > 60


def test_motifs_can_be_selected_by_keyboard(page: Page, shapes: Database) -> None:
    """One of them is a tab stop, arrow keys move to the others, Enter selects."""
    page.goto("/motifs?network=shapes")
    rows = page.locator("[data-motif]")
    rows.first.focus()
    expect(page.locator('[data-motif][tabindex="0"]')).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("motif="))


def test_links_to_a_channel_keep_the_class(page: Page, shapes: Database) -> None:
    """In a new tab and in the current one."""
    channels = open_graph(page)
    channels.first.click()
    href = page.get_by_role("link", name="Open this channel").get_attribute("href")
    assert href == f"channel?network=shapes&class=bear&channel={quote(name_of(channels.first), safe='')}"


def test_the_link_of_a_clicked_channel_opens_its_page(page: Page, shapes: Database) -> None:
    """With the first click, while the focus is in the canvas."""
    channels = open_graph(page)
    channels.first.click()
    page.get_by_role("link", name="Open this channel").click()
    expect(page).to_have_url(re.compile(r"/channel\?"))
