"""Stored groups of channels as nodes of a graph in the browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from summit_graph.formats.subgraphs import Subgraph
from summit_graph.store.connection import Database
from summit_graph.views.graphs import read_attribution_graph
from tests.browser.test_downloads import saved
from tests.browser.test_subgraphs import open_graph
from tests.shapes import add_groups, add_labels

LAYER = "mixed4c"
NODE = f"{LAYER} group 1"
SWITCH = re.compile("^Draw channels that do the same work as one node")


@pytest.fixture
def members(shapes: Database) -> list[str]:
    """Three of the bear's channels of a layer, which are one group that is named by their labels."""
    nodes = read_attribution_graph(shapes, "shapes", "bear").nodes
    indices = [node.channel.index for node in nodes if node.channel.layer == LAYER][:3]
    add_labels(shapes)
    add_groups(shapes, layer=LAYER, indices=tuple(indices))
    return [f"{LAYER}/{index}" for index in indices]


def in_graph(page: Page, members: list[str], number: int) -> None:
    """So many of the channels are drawn."""
    expect(page.locator(", ".join(f'[data-channel="{one}"]' for one in members))).to_have_count(number)


def test_a_group_is_a_node_that_opens_and_folds(page: Page, members: list[str], tmp_path: Path) -> None:
    """Named by the labels; each state is in the address and in the picture."""
    open_graph(page)
    page.get_by_label(SWITCH).check()
    node = page.locator(f'[data-supernode="{NODE}"]')
    expect(node).to_have_accessible_name(re.compile("^group bear of 3 channels"))
    in_graph(page, members, 0)
    page.wait_for_function("location.search.includes('channel_groups=yes')")
    assert "bear" in saved(page, "Download this picture as SVG", tmp_path).read_text("utf-8")
    node.click()
    in_graph(page, members, 3)
    expect(node).to_have_accessible_name(re.compile("^open group bear"))
    page.wait_for_function("location.search.includes('open_group=')")
    page.reload()
    in_graph(page, members, 3)
    node.focus()
    page.keyboard.press("Enter")
    in_graph(page, members, 0)
    expect(node).to_be_focused()
    page.wait_for_function("!location.search.includes('open_group=')")
    page.go_back()
    in_graph(page, members, 3)


def test_a_channel_of_the_users_supernode_stays_there(page: Page, members: list[str]) -> None:
    """The group is the other two; the link and the embedded view have both."""
    own = {"label": "own", "channels": members[:1]}
    subgraph = Subgraph.model_validate({"pinned": [{"channel": members[0]}], "supernodes": [own]})
    open_graph(page, subgraph, "&channel_groups=yes")
    expect(page.locator('[data-label="own"]')).to_have_accessible_name(re.compile("of 1 channel"))
    group = page.locator(f'[data-supernode="{NODE}"]')
    expect(group).to_have_accessible_name(re.compile("of 2 channels"))
    page.get_by_role("button", name="Copy a link").click()
    assert "channel_groups=yes" in page.get_by_label("Link", exact=True).input_value()
    open_graph(page, subgraph, "&channel_groups=yes&embed=true")
    group.hover()
    expect(page.locator(".panel h3")).to_have_text("bear")
    expect(page.locator(".panel")).to_contain_text("do the same work")
    group.click()
    expect(page.locator(f'[data-channel="{members[1]}"]')).to_be_visible()


def test_the_switch_says_why_there_are_no_groups(page: Page, shapes: Database, members: list[str]) -> None:
    """Disabled, with the reason: no group has two channels of this graph."""
    add_groups(shapes, layer=LAYER, indices=(0, int(members[0].split("/")[1])))
    open_graph(page, more="&channel_groups=yes")
    switch = page.get_by_label(SWITCH)
    expect(switch).to_be_disabled()
    expect(switch).to_have_accessible_name(re.compile("no group has two channels in this graph$"))
    in_graph(page, members, 3)
    page.goto("/compare?network=shapes&class=bear&class=bus")
    page.locator(".node").first.wait_for()
    expect(page.get_by_label(SWITCH)).to_be_hidden()
