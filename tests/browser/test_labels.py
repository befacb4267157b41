"""Labels of channels in words: where they are shown, and how classes and channels are found by a word."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from summit_graph.records import Alternative, ChannelLabel, Labelling
from summit_graph.store.channel_labels import write_labels
from summit_graph.store.connection import Database
from summit_graph.views.graphs import read_attribution_graph

LABEL = ChannelLabel("striped fur", 0.93, "concepts", (Alternative("feline", 0.9, "concepts"),))


@pytest.fixture(scope="module")
def labelled(shapes: Database) -> Iterator[str]:
    """The channel of bear's graph that is labelled."""
    channel = read_attribution_graph(shapes, "shapes", "bear").nodes[-1].channel
    write_labels(shapes, "shapes", {channel: LABEL}, Labelling(("concepts",), 5, 5))
    yield str(channel)
    write_labels(shapes, "shapes", {}, Labelling(("concepts",), 5, 5))


def test_a_label_is_shown_in_the_graph_and_the_panel(page: Page, labelled: str) -> None:
    """Under the channel's picture; in the panel with source, score and alternatives."""
    page.goto("/graph?network=shapes&class=bear")
    node = page.locator(f'[data-channel="{labelled}"]')
    expect(node.locator(".word")).to_contain_text("str")
    expect(node).to_have_attribute("aria-label", re.compile("striped fur"))
    node.click()
    word = page.locator(".panel p.word")
    expect(word).to_have_text("striped fur")
    expect(word).to_have_attribute("title", re.compile(r"AUC 0\.93; also: feline \(0\.90\)"))


def test_a_label_is_readable_in_a_graph_that_is_shown_small(page: Page, labelled: str) -> None:
    """Letters of 9 pixels on the screen, also when the graph is zoomed out."""
    page.goto("/graph?network=shapes&class=bear")
    word = page.locator(f'[data-channel="{labelled}"] .word')
    word.wait_for()
    page.get_by_role("button", name="Zoom out").click()
    shown = "word => parseFloat(getComputedStyle(word).fontSize) * word.getScreenCTM().a"
    assert 9 <= word.evaluate(shown) < 10.5


def test_a_word_finds_classes_and_channels(page: Page, labelled: str) -> None:
    """Also an alternative of a label; the classes become a group, and the channel's page has its label."""
    page.goto("/find?network=shapes")
    page.get_by_label("Search classes and channels").fill("feline")
    page.get_by_label("Search classes and channels").press("Enter")
    expect(page).to_have_title("feline · Find · Summit graph")
    item = page.locator(f'[data-channel-link="{labelled}"]')
    expect(item).to_contain_text("striped fur")
    expect(item).to_contain_text("alternative: feline")
    item.click()
    expect(page.get_by_text("striped fur", exact=True)).to_be_visible()
    page.goto("/find?network=shapes&q=bear")
    expect(page.get_by_text("1 class", exact=True)).to_be_visible()
    page.get_by_role("link", name="bear", exact=True).click()
    expect(page.locator(".panel h3")).to_have_text("Attribution graph of bear")


def test_back_shows_what_was_found(page: Page, labelled: str) -> None:
    """Kind: a page that loses its word, filters or motif when a channel is opened from it."""
    page.goto("/find?network=shapes&q=feline")
    page.locator(f'[data-channel-link="{labelled}"]').click()
    expect(page).to_have_url(re.compile("/channel"))
    page.go_back()
    expect(page).to_have_title("feline · Find · Summit graph")
    expect(page.locator(f'[data-channel-link="{labelled}"]')).to_be_visible()
