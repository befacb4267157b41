"""Behind a proxy that serves the explorer under a path. Kind: URLs that start at the root."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from summit_graph.store.connection import Database
from summit_graph.store.server.local import Endpoint
from tests.browser.conftest import explorer_at
from tests.browser.proxy import proxy_below

PATH = "/t"
LOADED = "image => image.complete && image.naturalWidth > 0"


@pytest.mark.parametrize("strip", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_every_part_loads_under_a_path(page: Page, shapes: Database, database: Endpoint, strip: bool) -> None:
    """The graph, its pictures and links, whether the proxy forwards the path or removes it.

    The explorer prints a URL with its configured path, and responds at this URL.
    """
    base = {} if strip else {"STREAMLIT_SERVER_BASE_URL_PATH": PATH}
    with (
        explorer_at(database, base) as printed,
        proxy_below(PATH, urlsplit(printed).port or 0, strip=strip) as proxy,
    ):
        assert urlsplit(printed).path == ("" if strip else PATH)
        page.goto(f"http://127.0.0.1:{proxy}{PATH}/graph?network=shapes&class=bear")
        name = page.locator("[data-channel]").first.get_attribute("data-channel")
        page.goto(f"http://127.0.0.1:{proxy}{PATH}/graph?network=shapes&class=bear&channel={name}")
        portrait = page.locator("img.portrait").first
        portrait.wait_for()
        assert portrait.evaluate(LOADED)
        page.get_by_role("link", name="Open this channel").click()
        expect(page).to_have_url(re.compile(rf":{proxy}{PATH}/channel\?"))
        page.locator(".gallery img").first.wait_for()
        page.goto("about:blank")  # otherwise the page requests the explorer after its end
