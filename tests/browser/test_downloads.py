"""Downloads of the explorer: pictures, data and sheets."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Page

from summit_graph.formats.graph_text import to_json_text
from summit_graph.records import Channel
from summit_graph.store.connection import Database
from summit_graph.views.channels import read_channel
from summit_graph.views.comparison import read_comparison
from summit_graph.views.graphs import read_attribution_graph
from tests.browser.conftest import HOSTILE, NAMES

SVG = "{http://www.w3.org/2000/svg}"
VIEWS = {
    "/?network=shapes": "[data-class-row]",
    "/graph?network=shapes&class=bear": "[data-channel]",
    "/compare?network=shapes&class=bear&class=bus": "[data-channel]",
    "/channel?network=shapes&channel=mixed4c/1": "[data-channel-link]",
    "/motifs?network=shapes": "[data-motif]",
}


def saved(page: Page, button: str, folder: Path) -> Path:
    """The file that the first button of that name downloads: a page may have several drawings."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button).first.click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def open_view(page: Page, where: str) -> None:
    page.goto(where)
    page.locator(VIEWS[where]).first.wait_for()


@pytest.mark.parametrize("where", VIEWS)
def test_every_view_is_saved_as_a_picture(page: Page, shapes: Database, where: str, tmp_path: Path) -> None:
    """As SVG without external files, and as PNG."""
    open_view(page, where)
    drawing = saved(page, "Download this picture as SVG", tmp_path).read_text("utf-8")
    assert ElementTree.fromstring(drawing).tag == f"{SVG}svg"
    assert "summit/" not in drawing
    picture = saved(page, "Download this picture as PNG", tmp_path)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_saved_graph_has_all_channels_and_layers(page: Page, shapes: Database, tmp_path: Path) -> None:
    """With embedded pictures and the layers' names."""
    where = "/graph?network=shapes&class=bear"
    open_view(page, where)
    root = ElementTree.parse(saved(page, "Download this picture as SVG", tmp_path)).getroot()
    images = [one.get("href", "") for one in root.iter(f"{SVG}image")]
    graph = read_attribution_graph(shapes, "shapes", "bear")
    assert len(images) == len(graph.nodes)
    assert all(one.startswith("data:image/") for one in images)
    texts = ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]
    assert all(any(layer in text for text in texts) for layer in ("mixed3a", "mixed5b"))


def test_a_saved_overview_has_all_classes(page: Page, shapes: Database, tmp_path: Path) -> None:
    """Each class has a dot; a name that looks like markup is text."""
    open_view(page, "/?network=shapes")
    root = ElementTree.parse(saved(page, "Download this picture as SVG", tmp_path)).getroot()
    assert len(list(root.iter(f"{SVG}circle"))) == len(NAMES)
    assert HOSTILE in {one.text for one in root.iter(f"{SVG}text")}


@pytest.mark.parametrize("where", VIEWS)
def test_the_data_of_every_view_is_saved(page: Page, shapes: Database, where: str, tmp_path: Path) -> None:
    """As CSV with a header and as JSON."""
    open_view(page, where)
    rows = list(csv.DictReader(saved(page, "Data as CSV", tmp_path).read_text("utf-8").splitlines()))
    assert rows
    assert json.loads(saved(page, "Data as JSON", tmp_path).read_text("utf-8"))


@pytest.mark.parametrize("classes", [("bear",), ("bear", "bus")])
def test_influences_are_saved(page: Page, shapes: Database, classes: tuple[str, ...], tmp_path: Path) -> None:
    """Of one graph or of a comparison, with one row per influence."""
    where = "graph" if len(classes) == 1 else "compare"
    page.goto(f"/{where}?network=shapes&" + "&".join(f"class={name}" for name in classes))
    page.locator("[data-channel]").first.wait_for()
    rows = list(csv.DictReader(saved(page, "Influences as CSV", tmp_path).read_text("utf-8").splitlines()))
    graphs = [read_attribution_graph(shapes, "shapes", name) for name in classes]
    edges = {(str(edge.previous), str(edge.channel)) for graph in graphs for edge in graph.edges}
    assert {(row["previous"], row["channel"]) for row in rows} == edges
    assert len(rows) == len(edges)


def test_all_neighbours_of_a_channel_are_saved(page: Page, shapes: Database, tmp_path: Path) -> None:
    """The page shows only the first ones. *Kind: a part shown as if it were all.*"""
    open_view(page, "/channel?network=shapes&channel=mixed4c/1")
    rows = list(csv.DictReader(saved(page, "Influences as CSV", tmp_path).read_text("utf-8").splitlines()))
    found = read_channel(shapes, "shapes", Channel("mixed4c", 1))
    before = {(str(one.channel), "mixed4c/1", str(one.classes)) for one in found.before}
    after = {("mixed4c/1", str(one.channel), str(one.classes)) for one in found.after}
    assert {(row["previous"], row["channel"], row["classes"]) for row in rows} == before | after


def test_the_chart_of_the_layers_is_saved(page: Page, shapes: Database, tmp_path: Path) -> None:
    """As SVG with a mark for each layer and measure, or as PNG."""
    open_view(page, "/compare?network=shapes&class=bear&class=bus")
    root = ElementTree.fromstring(saved(page, "Download this chart as SVG", tmp_path).read_text("utf-8"))
    titles = {one.text for one in root.iter(f"{SVG}title")}
    layers = read_comparison(shapes, "shapes", ["bear", "bus"]).layers
    assert {f"activations (cosine) in {one.layer}: {one.cosine:.2f}" for one in layers} < titles
    assert saved(page, "Download this chart as PNG", tmp_path).read_bytes().startswith(b"\x89PNG")


def test_a_graph_is_saved_in_the_format_of_the_command(page: Page, shapes: Database, tmp_path: Path) -> None:
    """``summit-graph graph CLASS --json``, and a sheet as PDF."""
    open_view(page, "/graph?network=shapes&class=bear")
    graph = read_attribution_graph(shapes, "shapes", "bear")
    found = json.loads(saved(page, "Data as JSON", tmp_path).read_text("utf-8"))
    assert found == json.loads(to_json_text(graph))
    assert saved(page, "Sheet as PDF", tmp_path).read_bytes().startswith(b"%PDF")
