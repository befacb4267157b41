"""The explorer in a real browser: what stands on the screen is what stands in the database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from scripts.install_browser import find_browser
from summit_graph.embedding_store import embed_network
from summit_graph.loading import NetworkLoader
from summit_graph.store.connection import Database
from summit_graph.store.local import Endpoint, free_port
from summit_graph.views.graphs import read_attribution_graph
from tests.count_tables import manifest, random_class

ARTEFACTS = Path(__file__).parents[2] / "artifacts"
HOSTILE = "<img src=x onerror=alert(1)>"
#: Quiet and offline: no first-run pages, no background requests.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
SECONDS = 60_000  # milliseconds that a busy machine may need to show a page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium: scripts/install_browser.py tells why")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def shapes(fresh_database: Database) -> Database:
    """Three classes, one with a name that no page may take for markup."""
    loader = NetworkLoader(fresh_database, manifest(), "shapes")
    for seed, name in enumerate(("bear", "bus", HOSTILE)):
        loader.load_class(random_class(name, seed))
    embed_network(fresh_database, "shapes")
    return fresh_database


@pytest.fixture
def address(database: Endpoint, shapes: Database) -> Iterator[str]:
    """The explorer, run as people run it."""
    port = free_port()
    login = {f"NEO4J_{name.upper()}": getattr(database, name) for name in ("uri", "username", "password")}
    command = [sys.executable, "-m", "summit_graph", "explore", "--no-browser", "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | login, start_new_session=True)
    _await(f"http://127.0.0.1:{port}/_stcore/health", process)
    yield f"http://127.0.0.1:{port}"
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(30)


def _await(url: str, process: subprocess.Popen) -> None:
    for _ in range(120):
        if process.poll() is not None:
            pytest.fail("the explorer ended at once")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.5)
    pytest.fail("the explorer does not answer")


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page that fails the test on a console error or a request that leaves the machine."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900}, base_url=address)
    errors: list[str] = []
    strangers: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(message.text)

    opened.on("console", note)
    opened.on("request", lambda request: strangers.append(request.url) if _is_strange(request.url) else None)
    yield opened
    ARTEFACTS.mkdir(exist_ok=True)
    opened.screenshot(path=ARTEFACTS / "explorer.png")
    opened.close()
    assert errors == []
    assert strangers == []


def _is_strange(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))


def test_the_explorer_shows_what_the_database_holds(page: Page, shapes: Database) -> None:
    """Channels, edges and counts of a graph; another class by its link; names as text in the overview."""
    for name in ("bear", "bus"):
        graph = read_attribution_graph(shapes, "shapes", name)
        page.goto(f"/graph?network=shapes&class={name}")
        page.locator("[data-channel]").first.wait_for(timeout=SECONDS)
        wanted = {str(node.channel): str(node.count) for node in graph.nodes}
        assert _marks(page, "data-channel") == wanted
        edges = {f"{edge.previous}>{edge.channel}": str(edge.count) for edge in graph.edges}
        assert _marks(page, "data-edge") == edges
    page.goto("/?network=shapes")
    page.locator("[data-class-row]").first.wait_for(timeout=SECONDS)
    rows = page.locator("[data-class-row]")
    names = {rows.nth(at).get_attribute("data-class-row") for at in range(rows.count())}
    assert names == {"bear", "bus", HOSTILE}
    assert page.locator("img[onerror]").count() == 0


def _marks(page: Page, mark: str) -> dict[str | None, str | None]:
    """Every element that carries the mark, with its count."""
    found = page.locator(f"svg [{mark}][data-count]")
    elements = [found.nth(at) for at in range(found.count())]
    return {one.get_attribute(mark): one.get_attribute("data-count") for one in elements}
