"""The explorer in Chromium; a console error or an unexpected request fails the test."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, WebSocketRoute, expect, sync_playwright

from scripts.install_browser import find_browser
from summit_graph.counts.manifest import ClassTables
from summit_graph.store.connection import Database
from summit_graph.store.server.local import Endpoint
from summit_graph.system.ports import free_port
from summit_graph.views.graphs import read_attribution_graph
from tests.conftest import login_variables
from tests.count_tables import random_class
from tests.shapes import add_positions_and_motifs, load_shapes

ARTEFACTS = Path(__file__).parents[2] / "artifacts"
#: Quiet and offline: no first-run pages, no background requests.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
SECONDS = 60_000  # milliseconds that a busy machine may need to show a page

#: The classes of the network "shapes"; the last name must not be interpreted as markup.
HOSTILE = "<img src=x onerror=alert(1)>"
NAMES = ("bear", "bus", "lion", "tench", HOSTILE)
#: Number of each class's ten images that are classified correctly.
RIGHT = (7, 2, 9, 4, 5)


@pytest.fixture(scope="module")
def shapes(filled: Database) -> Database:
    """The network "shapes": classes with positions and motifs."""
    classes = [with_accuracy(random_class(name, seed), right=RIGHT[seed]) for seed, name in enumerate(NAMES)]
    load_shapes(filled, classes)
    add_positions_and_motifs(filled)
    return filled


@pytest.fixture
def channels(shapes: Database) -> list[str]:
    """The bear's channels of the layer that has most of them."""
    nodes = read_attribution_graph(shapes, "shapes", "bear").nodes
    layers = [node.channel.layer for node in nodes]
    most = max(layers, key=layers.count)
    return [str(node.channel) for node in nodes if node.channel.layer == most]


def with_accuracy(tables: ClassTables, *, right: int) -> ClassTables:
    """The class with an output and the number of images that are correct at top 1."""
    images = tables.summary.images
    histogram = (images - right, *[0] * 18, right)
    summary = replace(tables.summary, output=right, top1=right, top5=images, histogram=histogram)
    return replace(tables, summary=summary)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium: scripts/install_browser.py gives the reason")
    expect.set_options(timeout=SECONDS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def address(database: Endpoint) -> Iterator[str]:
    """The explorer's address."""
    with explorer_at(database) as printed:
        yield printed


@contextmanager
def explorer_at(
    database: Endpoint, variables: Mapping[str, str] | None = None, *, options: Iterable[str] = ()
) -> Iterator[str]:
    """Run a separate explorer with these environment variables and options; yields its address."""
    command = [sys.executable, "-m", "summit_graph", "explore", "--no-browser", "--port", str(free_port())]
    command += options
    environment = os.environ | login_variables(database) | dict(variables or {})
    process = subprocess.Popen(
        command, env=environment, start_new_session=True, stderr=subprocess.PIPE, text=True
    )
    try:
        yield _printed_address(process)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _printed_address(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    printed = next((found for line in process.stderr if (found := re.search(r"http://\S+", line))), None)
    assert printed, "the explorer prints no address"
    threading.Thread(target=_pass_on, args=(process.stderr,), daemon=True).start()
    _await(f"{printed[0]}/_stcore/health", process)
    return printed[0]


def _pass_on(lines: Iterable[str]) -> None:
    """Forward the process's output: an unread, full pipe would block it."""
    for line in lines:
        sys.stderr.write(line)


def _await(url: str, process: subprocess.Popen) -> None:
    for _ in range(120):
        if process.poll() is not None:
            pytest.fail("the explorer exited")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.5)
    pytest.fail("the explorer does not answer")


@pytest.fixture
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page; its final state is saved as a screenshot in ``artifacts/``."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900}, base_url=address)
    opened.set_default_timeout(SECONDS)
    opened.emulate_media(reduced_motion="reduce")
    errors: list[str] = []
    unexpected: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(message.text)

    opened.on("console", note)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("request", lambda asked: unexpected.append(asked.url) if _is_unexpected(asked.url) else None)
    yield opened
    ARTEFACTS.mkdir(exist_ok=True)
    name = re.sub(r"\W+", "-", request.node.name).strip("-")
    opened.screenshot(path=ARTEFACTS / f"{name}.png")
    errors += opened.locator('[data-testid="stException"]').all_inner_texts()
    opened.close()
    assert errors == []
    assert unexpected == []


def choose_class(page: Page, text: str, *, field: str = "Class") -> None:
    """Choose the best match of a text in a field for classes."""
    combobox = page.get_by_role("combobox", name=field, exact=True)
    combobox.click()
    combobox.fill(text)
    expect(page.get_by_role("option", selected=True)).to_be_visible()
    combobox.press("Enter")


class HeldAnswers:
    """What the server sends to a page, kept back from ``hold`` to ``release``."""

    def __init__(self, page: Page) -> None:
        self._kept: list[tuple[WebSocketRoute, str | bytes]] = []
        self._holds = False
        page.route_web_socket(re.compile("_stcore/stream"), self._relay)

    def hold(self) -> None:
        """Keep what the server sends from now on."""
        self._holds = True

    def release(self) -> None:
        """Send what was kept, in order, and what follows at once."""
        self._holds = False
        for browser, text in self._kept:
            browser.send(text)
        self._kept.clear()

    def _relay(self, browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()
        browser.on_message(server.send)
        server.on_message(
            lambda text: self._kept.append((browser, text)) if self._holds else browser.send(text)
        )


@pytest.fixture
def answers(page: Page) -> HeldAnswers:
    """The server's answers to the page, which a test can hold back."""
    return HeldAnswers(page)


def _is_unexpected(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))
