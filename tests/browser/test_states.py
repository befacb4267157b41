"""Messages of the explorer while data is missing or being written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from summit_graph.settings import Home
from summit_graph.store.connection import Database
from summit_graph.store.removal import remove_class
from summit_graph.system.progress import ProgressFile
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import manifest, random_class


@pytest.fixture
def run() -> Iterator[ProgressFile]:
    """A counting run on this machine."""
    folder = Home().runs / f"watched-{os.getpid()}"
    folder.mkdir(parents=True)
    file = ProgressFile(folder, "photos")
    yield file
    file.path.unlink(missing_ok=True)
    folder.rmdir()


OTHER_PAGES = [
    pytest.param(page, marks=pytest.mark.slow) for page in ("compare", "group", "motifs", "find", "ask")
]


@pytest.mark.parametrize("where", ["", "graph", *OTHER_PAGES])
def test_a_running_ingest_shows_its_progress(
    page: Page, shapes: Database, run: ProgressFile, where: str
) -> None:
    """On every page, as a number of images."""
    run.write(0, 4000)
    page.goto(f"/{where}?network=shapes")
    expect(page.get_by_text("Counting photos: 0 of 4,000 images")).to_be_visible()
    run.written = 0.0
    run.write(1250, 4000)
    expect(page.get_by_text("Counting photos: 1,250 of 4,000 images")).to_be_visible()
    run.write(4000, 4000)
    expect(page.get_by_text("All 4,000 images of photos are counted")).to_be_visible()


def test_a_new_class_appears_automatically(page: Page, shapes: Database) -> None:
    """Without a restart and without reloading the page."""
    page.goto("/?network=shapes")
    page.locator("[data-class-row]").first.wait_for()
    page.evaluate("window.unchanged = true")
    NetworkLoader(shapes, manifest(), "shapes").load_class(random_class("zebra", 9))
    expect(page.locator('[data-class-row="zebra"]')).to_be_visible()
    assert page.evaluate("window.unchanged")


def test_a_new_dot_is_as_large_as_the_others(page: Page, shapes: Database) -> None:
    """Also if the view was zoomed before."""
    page.goto("/?network=shapes")
    page.get_by_role("button", name="Zoom in").click()
    NetworkLoader(shapes, manifest(), "shapes").load_class(random_class("yak", 8))
    expect(page.locator('[data-class-row="yak"]')).to_be_visible()
    sizes = page.locator("[data-class-dot]").evaluate_all("all => all.map(one => one.getAttribute('r'))")
    assert len(set(sizes)) == 1


def test_a_class_without_position_has_no_dot(page: Page, shapes: Database) -> None:
    """It is in the list, and the others have their dots."""
    NetworkLoader(shapes, manifest(), "shapes").load_class(random_class("wombat", 10))
    page.goto("/?network=shapes")
    expect(page.locator('[data-class-row="wombat"]')).to_be_visible()
    expect(page.locator('[data-class-dot="wombat"]')).to_be_hidden()
    expect(page.locator('[data-class-dot="bear"]')).to_be_visible()


def test_a_page_without_a_class_suggests_classes(page: Page, shapes: Database) -> None:
    """On the page of a graph without a selected class; the class is then in the URL."""
    page.goto("/graph?network=shapes")
    page.get_by_role("button", name="bear", exact=True).click()
    expect(page).to_have_url(re.compile("class=bear"))
    expect(page.locator("[data-channel]").first).to_be_visible()


def test_the_compare_page_suggests_similar_classes(page: Page, shapes: Database) -> None:
    """First one class, then the most similar ones: two clicks lead to a comparison."""
    page.goto("/compare?network=shapes")
    page.get_by_role("button", name="bear", exact=True).click()
    expect(page.get_by_text("The most similar ones are")).to_be_visible()
    page.get_by_role("button", name="lion", exact=True).click()
    expect(page).to_have_url(re.compile("class=bear&class=lion"))
    expect(page.locator('[data-channel][data-in="only"]').first).to_be_visible()


def test_the_answer_of_another_network_is_not_shown(page: Page, shapes: Database, bare: None) -> None:
    """The answer to a query is shown only for the network that it belongs to."""
    page.goto("/ask?network=shapes")
    page.get_by_role("tab", name="Your own Cypher").click()
    page.get_by_role("tabpanel", name="Your own Cypher").get_by_role("button", name="Ask").click()
    expect(page.get_by_text("10 rows")).to_be_visible()
    page.get_by_role("combobox").first.click()
    page.get_by_role("option", name="bare").click()
    expect(page).to_have_url(re.compile("network=bare"))
    expect(page.get_by_text("10 rows")).to_have_count(0)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("/graph?network=shapes", "Choose a class above or in the overview"),
        ("/channel?network=shapes", "Choose a layer and a channel"),
        ("/compare?network=shapes", "Choose two or more classes"),
        ("/compare?network=shapes&class=bear", "Choose another class to compare bear with"),
        ("/motifs?network=bare", "No motifs are stored"),
        ("/?network=bare", "The classes have no positions yet"),
        ("/graph?network=bare&class=bear", "summit-graph render --all --weights FILE"),
        ("/graph?network=bare&class=bear", "summit-graph examples IMAGES --network bare --weights FILE"),
        (
            "/channel?network=bare&channel=mixed4c/1",
            "summit-graph examples IMAGES --network bare --weights FILE",
        ),
        ("/channel?network=bare&channel=mixed4c/1", "Its specificity is unknown"),
    ],
)
def test_missing_data_is_reported(page: Page, shapes: Database, bare: None, where: str, words: str) -> None:
    """With advice."""
    page.goto(where)
    expect(page.get_by_text(words).first).to_be_visible()


@pytest.mark.parametrize("where", ["", "graph", "channel", "compare", "motifs"])
def test_for_a_network_without_classes_a_command_is_shown(
    page: Page, shapes: Database, emptied: None, where: str
) -> None:
    """On every page that shows classes."""
    page.goto(f"/{where}?network=emptied")
    expect(page.get_by_text("has no classes")).to_be_visible()
    expect(page.get_by_text("summit-graph ingest IMAGES --network emptied")).to_be_visible()


@pytest.fixture(scope="module")
def bare(shapes: Database) -> None:
    """A network with one class and without positions, motifs or pictures."""
    NetworkLoader(shapes, manifest(), "bare").load_class(random_class("bear", 1))


@pytest.fixture(scope="module")
def emptied(shapes: Database) -> None:
    """A network whose only class was removed."""
    NetworkLoader(shapes, manifest(weights="1" * 64), "emptied").load_class(random_class("bear", 1))
    remove_class(shapes, "emptied", "bear")


def test_a_channel_page_shows_its_specificity_to_each_class(page: Page, shapes: Database) -> None:
    """In the table of the classes whose graphs contain it."""
    page.goto("/channel?network=shapes&channel=mixed4c/1")
    page.locator("[data-channel-link]").first.wait_for()
    expect(page.get_by_text("Its specificity is unknown")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Data as CSV").click()
    header = download.value.path().read_text("utf-8").splitlines()[0]
    assert header.startswith("class,title,count,share,lift,q,pagerank,network,measure,")
