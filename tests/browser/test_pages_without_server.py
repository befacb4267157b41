"""Results as HTML files: the explorer's components from file://, without a server and without a request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from summit_graph.api import Connection
from summit_graph.store.connection import Database
from tests.browser.conftest import HOSTILE, SECONDS

#: As VS Code restricts what a notebook's outputs may load and run.
NOTEBOOK_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src https: http: data:; connect-src https:; child-src https: data: blob:"
)


@pytest.fixture
def summit(shapes: Database) -> Connection:
    return Connection(shapes, "shapes")


@pytest.fixture
def offline(browser: Browser) -> Iterator[Page]:
    """A page; a request other than for the file, or an error, fails the test."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(SECONDS)
    opened.emulate_media(reduced_motion="reduce")
    faults: list[str] = []
    opened.on("request", lambda asked: faults.append(asked.url[:99]) if _leaves(asked.url) else None)
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    opened.close()
    assert faults == []


def _leaves(url: str) -> bool:
    return not url.startswith(("file:", "data:", "blob:"))


def test_a_graph_works_from_a_file(summit: Connection, offline: Page, tmp_path: Path) -> None:
    """Hover shows a channel's numbers, a click selects it, Esc deselects it; there is no link to a page."""
    graph = summit.graph("lion")
    graph.to_html(tmp_path / "lion.html")
    offline.goto((tmp_path / "lion.html").as_uri())
    name = next(iter(graph))
    node = offline.locator(f'[data-channel="{name}"]')
    node.hover()
    panel = offline.locator(".panel")
    expect(panel.locator("h3")).to_have_text(name.replace("/", " · "))
    expect(panel).to_contain_text(str(graph.nodes[name]["count"]))
    expect(panel.locator("a")).to_have_count(0)
    node.click()
    offline.mouse.move(5, 5)
    expect(panel).to_contain_text("Selected")
    offline.keyboard.press("Escape")
    expect(panel.locator("h3")).to_have_text("Attribution graph of lion")
    assert node.locator("image").get_attribute("href").startswith("data:image/")


def test_a_notebook_shows_several_results(summit: Connection, offline: Page, tmp_path: Path) -> None:
    """Each in a frame of its own, under the restrictions of VS Code; a hostile name stays text."""
    graph = summit.graph("lion")
    results = [graph, summit.compare("bear", HOSTILE), summit.motifs(min_support=1, limit=3)]
    cells = "".join(f"<div>{one._repr_html_()}</div>" for one in results)
    policy = f'<meta http-equiv="Content-Security-Policy" content="{NOTEBOOK_POLICY}">'
    (tmp_path / "notebook.html").write_text(f"<!DOCTYPE html>{policy}<body>{cells}", "utf-8")
    offline.goto((tmp_path / "notebook.html").as_uri())
    frames = [offline.frame_locator("iframe").nth(at) for at in range(3)]
    expect(frames[0].locator("[data-channel]")).to_have_count(graph.number_of_nodes())
    expect(frames[1].locator(".panel h3")).to_contain_text(HOSTILE)
    expect(frames[2].locator("[data-motif]")).to_have_count(3)
    frames[2].locator("[data-motif]").first.click()
    expect(frames[2].locator(".chosen")).to_have_count(1)
    frames[1].locator("[data-channel]").first.focus()
    expect(frames[1].locator(".panel h3")).to_contain_text(" · ")


def test_a_page_saves_its_picture(summit: Connection, offline: Page, tmp_path: Path) -> None:
    """The button PNG works without a server, where the pictures are inside."""
    summit.graph("lion").to_html(tmp_path / "lion.html")
    offline.goto((tmp_path / "lion.html").as_uri())
    with offline.expect_download() as download:
        offline.get_by_role("button", name="Download this picture as PNG").click()
    assert max(Image.open(download.value.path()).size) > 500
