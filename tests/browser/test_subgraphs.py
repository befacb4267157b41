"""The user's subgraph in the browser: pins, labels, supernodes, files, links and embedded views."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from summit_graph.formats.subgraphs import Subgraph, from_address, read_subgraph, to_address
from summit_graph.store.connection import Database
from tests.browser.test_downloads import saved
from tests.waiting import wait_until

BEAR = "/graph?network=shapes&class=bear"


def open_graph(page: Page, subgraph: Subgraph | None = None, more: str = "") -> None:
    page.goto(BEAR + (f"&subgraph={to_address(subgraph)}" if subgraph else "") + more)
    page.locator(".node").first.wait_for()


def pinned(*names: str, **more: object) -> Subgraph:
    listed = [{"channel": name, "label": f"label of {name}"} for name in names]
    return Subgraph.model_validate({"pinned": listed, **more})


def in_address(page: Page) -> Subgraph:
    found = re.search(r"subgraph=([\w-]+)", page.evaluate("location.search"))
    return from_address(found[1]) if found else Subgraph()


def await_supernode(page: Page, channels: list[str]) -> None:
    """Until the address has one supernode, of these channels."""
    wait_until(lambda: [one.channels for one in in_address(page).supernodes] == [channels])


def test_a_channel_is_pinned_labelled_and_grouped(page: Page, shapes: Database, channels: list[str]) -> None:
    """Each step is in the address; the next field keeps the focus when the panel is drawn again."""
    open_graph(page)
    for number, name in enumerate(channels[:2], 1):
        page.locator(f'[data-channel="{name}"]').click()
        page.wait_for_function("name => location.search.includes(encodeURIComponent(name))", arg=name)
        page.get_by_role("button", name="Pin", exact=True).click()
        page.get_by_label("Label").fill("fur")
        page.get_by_label("Label").press("Tab")
        expect(page.get_by_label("Note")).to_be_focused()
        page.get_by_label("Supernode").fill("head")
        page.get_by_label("Supernode").press("Enter")
        expect(page.locator(f'[data-channel="{name}"] .own-label')).to_have_text("fur")
        await_supernode(page, channels[:number])
    page.get_by_role("button", name="Fold", exact=True).click()
    expect(page.locator("[data-supernode]")).to_have_attribute("data-label", "head")
    expect(page.locator(f'[data-channel="{channels[0]}"]')).to_have_count(0)
    wait_until(lambda: not in_address(page).supernodes[0].open)
    page.reload()
    expect(page.locator("[data-supernode]")).to_have_accessible_name(
        re.compile("^supernode head of 2 channels")
    )
    found = in_address(page)
    assert [(one.channel, one.label) for one in found.pinned] == [(name, "fur") for name in channels[:2]]


def test_the_rest_is_hidden(page: Page, shapes: Database, channels: list[str]) -> None:
    """And shown again; the switch is in the address, and is not there without pins."""
    open_graph(page)
    switch = page.get_by_label("Hide all channels that are not pinned")
    expect(switch).to_be_hidden()
    page.locator(f'[data-channel="{channels[0]}"]').focus()
    page.keyboard.press("p")
    switch.check()
    expect(page.locator("[data-channel]:visible")).to_have_count(1)
    page.wait_for_function("location.search.includes('subgraph=')")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("[data-channel]:visible").nth(3)).to_be_visible()


def test_a_saved_file_is_opened_again(
    page: Page, shapes: Database, channels: list[str], tmp_path: Path
) -> None:
    """With network, class and provenance; a file of another class leads to that class."""
    open_graph(page, pinned(channels[0]))
    with page.expect_download() as download:
        page.get_by_role("button", name="Save").click()
    file = tmp_path / "own.json"
    download.value.save_as(file)
    found = read_subgraph(file)
    assert (found.network, found.of, found.pinned) == ("shapes", "bear", pinned(channels[0]).pinned)
    assert found.provenance["software"].startswith("summit-graph ")
    page.goto("/graph?network=shapes&class=bus")
    page.locator(".node").first.wait_for()
    page.locator('input[type="file"]').set_input_files(file)
    expect(page).to_have_url(re.compile("class=bear.*subgraph="))
    expect(page.locator(f'[data-channel="{channels[0]}"] .own-label')).to_be_visible()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"network": "nowhere"}, "is of network nowhere"),
        ({"pinned": [{"channel": 3}]}, "pinned[0].channel"),
        ({"pinned": [{"channel": "mixed4c/99999"}]}, "mixed4c/99999 of this subgraph is not in the graph"),
    ],
)
def test_a_file_that_does_not_fit_is_said(
    page: Page, shapes: Database, tmp_path: Path, value: dict[str, object], words: str
) -> None:
    """Another network, a damaged field, a channel that is gone (kind: saved state that no longer fits)."""
    file = tmp_path / "own.json"
    file.write_text(json.dumps({"format": "summit-graph-subgraph", **value}), "utf-8")
    open_graph(page)
    page.locator('input[type="file"]').set_input_files(file)
    expect(page.get_by_text(words)).to_be_visible()
    expect(page.locator("[data-channel]").first).to_be_visible()


def test_the_link_and_the_embedded_view(page: Page, shapes: Database, channels: list[str]) -> None:
    """The link has the subgraph; the embedded view has neither header nor toolbar, and a way out."""
    open_graph(page, pinned(channels[0]))
    page.get_by_role("button", name="Copy a link").click()
    expect(page.get_by_label("Link", exact=True)).to_have_value(page.url)
    code = page.get_by_label("Code to embed", exact=True).input_value()
    source = re.search('src="([^"]*)"', code)
    assert source
    page.set_content(f"<p>Another page</p>{code}")
    frame = page.frame_locator("iframe")
    frame.locator(".own-label").wait_for()
    expect(frame.locator(".toolbar")).to_be_hidden()
    expect(frame.get_by_role("link", name="Compare")).to_have_count(0)
    expect(frame.get_by_role("button", name="Data as CSV")).to_have_count(0)
    whole = frame.get_by_role("link", name="Open in the explorer")
    expect(whole).to_have_attribute("href", re.compile("subgraph=(?!.*embed)"))


def test_another_class_has_no_pins_of_the_former(page: Page, shapes: Database, channels: list[str]) -> None:
    """Kind: state that outlives what it belongs to."""
    open_graph(page, pinned(channels[0]))
    page.locator("[data-similar]").first.click()
    expect(page).not_to_have_url(re.compile("class=bear"))
    expect(page).not_to_have_url(re.compile("subgraph="))
    expect(page.locator(".pin")).to_have_count(0)


def test_a_picture_says_what_it_is_made_from(page: Page, shapes: Database, tmp_path: Path) -> None:
    """In its metadata, and in a line below it; CSV and JSON in each row and on top."""
    open_graph(page)
    drawing = saved(page, "Download this picture as SVG", tmp_path).read_text("utf-8")
    assert '"network":"shapes"' in drawing.replace("&quot;", '"')
    assert "network shapes · measure activation" in drawing
    picture = saved(page, "Download this picture as PNG", tmp_path).read_bytes()
    assert b"iTXtTitle\0\0\0\0\0Attribution graph of bear" in picture
    assert b'"network":"shapes"' in picture
    assert b"weights_sha256" in saved(page, "Data as CSV", tmp_path).read_bytes()
    assert json.loads(saved(page, "Data as JSON", tmp_path).read_text("utf-8"))["software"]


def test_a_channel_beyond_the_graph_is_pinned(page: Page, shapes: Database, channels: list[str]) -> None:
    """It stays where its neighbour is no longer expanded, and in the link; filters stay as they are."""
    open_graph(page, more=f"&expand={channels[0]}")
    page.get_by_label("Most classes").fill("99")
    extra = page.locator(".node.extra").first
    name = extra.get_attribute("data-channel") or ""
    extra.click()
    page.get_by_role("button", name="Pin", exact=True).click()
    page.get_by_label("Label").fill("ground")
    page.get_by_label("Label").press("Enter")
    wait_until(lambda: [one.label for one in in_address(page).pinned] == ["ground"])
    page.locator(f'[data-channel="{channels[0]}"]').click()
    page.get_by_role("button", name="Hide other influences").click()
    expect(page.locator(".node.extra")).to_have_count(1)
    assert page.get_by_label("Most classes").input_value() == "99"
    page.reload()
    expect(page.locator(f'[data-channel="{name}"] .own-label')).to_have_text("ground")
    expect(page.locator(".edge.extra").first).to_be_attached()
