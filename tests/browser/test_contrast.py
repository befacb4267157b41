"""Text and graphics can be read in the light and in the dark theme."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page

from summit_graph.store.connection import Database

MEASURE = Path(__file__).with_name("contrast.js").read_text("utf-8")
#: Selector -> the property that has its colour. Dimmed marks are exempt: they are out of focus on purpose.
MARKS = {
    ".canvas:not(.dimmed) .edge": "stroke",
    ".canvas:not(.dimmed) .node .frame": "stroke",
    ".edge.lit": "stroke",
    ".node.lit .frame": "stroke",
    ".legend .frame": "stroke",
    ".dot": "fill",
    ".communities i": "backgroundColor",
    ".trajectory line": "stroke",
    ".histogram .bars": "fill",
    ".similarity i": "backgroundColor",
    ".influences .bar": "backgroundColor",
    ".chart .line": "stroke",
}
#: Page -> what is there when it is drawn, and what is clicked first.
PAGES = {
    "/?network=shapes&class=bear": ("[data-class-row]", None),
    "/graph?network=shapes&class=lion": ("[data-channel]", "[data-channel]"),
    "/graph?network=shapes&class=bus": ("[data-channel]", '[role="combobox"][aria-autocomplete]'),
    "/compare?network=shapes&class=bear&class=bus&class=lion&class=tench": ("[data-channel]", None),
    "/channel?network=shapes&channel=mixed4c/1": ("[data-channel-link]", None),
    "/?network=shapes&class=bear&colours=communities&trajectory=yes&members=bus,lion": ("[data-stop]", None),
    "/group?network=shapes&members=bear,bus&group=two": ("[data-channel-link]", None),
    "/motifs?network=shapes": ("[data-motif]", None),
    "/find?network=shapes&q=bear": ("text=Show the Cypher", None),
    "/ask?network=shapes": ("text=Show the Cypher", "text=Show the Cypher"),
}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_contrast(page: Page, shapes: Database, theme: Literal["light", "dark"]) -> None:
    """At least 4.5 for text and 3 for graphics on every page, by the computed styles."""
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    below: dict[str, float] = {}
    marks = 0
    for address, (drawn, clicked) in PAGES.items():
        page.goto(address)
        page.locator(drawn).first.wait_for()
        if clicked:
            page.locator(clicked).first.click()
        page.wait_for_load_state("networkidle")
        measured = page.evaluate(MEASURE, list(MARKS.items()))
        assert measured["texts"] > 5, address
        marks += measured["marks"]
        below |= {f"{address}: {name}": ratio for name, ratio in measured["below"].items()}
    assert marks > 50
    assert below == {}
