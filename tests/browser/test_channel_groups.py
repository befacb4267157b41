"""Stored groups of channels as nodes of a graph in the browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from summit_graph.formats.subgraphs import Subgraph
from summit_graph.records import Channel, ChannelLabel, Labelling
from summit_graph.store.channel_labels import write_labels
from summit_graph.store.connection import Database
from summit_graph.views.graphs import read_attribution_graph
from tests.browser.test_clicks import QUIET
from tests.browser.test_downloads import saved
from tests.browser.test_subgraphs import open_graph
from tests.shapes import add_groups

SWITCH = re.compile("^Draw channels that do the same work as one node")


@pytest.fixture
def members(shapes: Database, channels: list[str]) -> list[str]:
    """Two of the bear's channels of a layer, which are one group that is named by their labels."""
    own = [Channel.parse(one) for one in channels[:2]]
    label = ChannelLabel("striped fur", 0.93, "concepts")
    write_labels(shapes, "shapes", dict.fromkeys(own, label), Labelling(("concepts",), 5, 5))
    add_groups(shapes, layer=own[0].layer, indices=tuple(one.index for one in own))
    return channels[:2]


def group_of(page: Page) -> Locator:
    return page.locator("[data-supernode$='group 1']")


def in_graph(page: Page, members: list[str], number: int) -> None:
    """So many of the channels are drawn."""
    expect(page.locator(", ".join(f'[data-channel="{one}"]' for one in members))).to_have_count(number)


def test_a_group_is_a_node_that_opens_and_folds(page: Page, members: list[str], tmp_path: Path) -> None:
    """Named by the labels; each state is in the address and in the picture."""
    open_graph(page)
    page.get_by_label(SWITCH).check()
    node = group_of(page)
    expect(node).to_have_accessible_name(re.compile("^group striped fur of 2 channels"))
    in_graph(page, members, 0)
    page.wait_for_function("location.search.includes('channel_groups=yes')")
    assert "striped fur" in saved(page, "Download this picture as SVG", tmp_path).read_text("utf-8")
    node.click()
    in_graph(page, members, 2)
    expect(node).to_have_accessible_name(re.compile("^open group striped fur"))
    page.wait_for_function("location.search.includes('open_group=')")
    page.reload()
    in_graph(page, members, 2)
    node.focus()
    page.keyboard.press("Enter")
    in_graph(page, members, 0)
    expect(node).to_be_focused()
    page.wait_for_function("!location.search.includes('open_group=')")
    page.wait_for_timeout(QUIET)
    page.go_back()
    in_graph(page, members, 2)


def test_a_channel_of_the_users_supernode_stays_there(page: Page, members: list[str]) -> None:
    """The group is none with what is left of it; the link has both."""
    own = {"label": "own", "channels": members[:1]}
    subgraph = Subgraph.model_validate({"pinned": [{"channel": members[0]}], "supernodes": [own]})
    open_graph(page, subgraph, "&channel_groups=yes")
    expect(page.locator('[data-label="own"]')).to_have_accessible_name(re.compile("of 1 channel"))
    expect(page.get_by_label(SWITCH)).to_be_checked()
    expect(group_of(page)).to_have_count(0)
    in_graph(page, members[1:], 1)
    page.get_by_role("button", name="Copy a link").click()
    assert "channel_groups=yes" in page.get_by_label("Link", exact=True).input_value()


def test_an_embedded_group_opens(page: Page, members: list[str]) -> None:
    """The panel says what it is."""
    open_graph(page, more="&channel_groups=yes&embed=true")
    group_of(page).hover()
    expect(page.locator(".panel h3")).to_have_text("striped fur")
    expect(page.locator(".panel")).to_contain_text("do the same work")
    group_of(page).click()
    in_graph(page, members, 2)


def test_the_switch_says_why_there_are_no_groups(page: Page, shapes: Database, members: list[str]) -> None:
    """Disabled, with the reason: no group has two channels of this graph."""
    one = Channel.parse(members[0])
    others = {node.channel for node in read_attribution_graph(shapes, "shapes", "bear").nodes}
    absent = next(index for index in range(99) if Channel(one.layer, index) not in others)
    add_groups(shapes, layer=one.layer, indices=(one.index, absent))
    open_graph(page, more="&channel_groups=yes")
    switch = page.get_by_label(SWITCH)
    expect(switch).to_be_disabled()
    expect(switch).to_have_accessible_name(re.compile("no group has two channels in this graph$"))
    in_graph(page, members, 2)
    page.goto("/compare?network=shapes&class=bear&class=bus")
    page.locator(".node").first.wait_for()
    expect(page.get_by_label(SWITCH)).to_be_hidden()
