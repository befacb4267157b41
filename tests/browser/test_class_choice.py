"""Fields that choose classes: what finds a class, the keyboard, several classes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from summit_graph.records import Labelling
from summit_graph.store.channel_labels import write_labels
from summit_graph.store.connection import Database
from summit_graph.views.questions import answer_question
from summit_graph.workflows.load import NetworkLoader
from tests.browser.conftest import choose_class
from tests.count_tables import manifest, random_class

NETWORK = "animals"
#: The classes' folder names, with output and title.
CLASSES = {
    "bus": (None, "bus"),
    "n01443537": (1, "goldfish"),
    "n02125311": (286, "cougar"),
    "n02132136": (294, "brown bear"),
}
OWN_CONCEPTS = '{"bus": ["yellow things"], "goldfish": ["yellow things"]}'


@pytest.fixture(scope="module", autouse=True)
def animals(filled: Database) -> Database:
    """A network with classes of ImageNet and a concept of the user's."""
    loader = NetworkLoader(filled, manifest(), NETWORK)
    for seed, (name, (output, title)) in enumerate(CLASSES.items()):
        tables = random_class(name, seed)
        loader.load_class(replace(tables, summary=replace(tables.summary, output=output, title=title)))
    write_labels(filled, NETWORK, {}, Labelling(("concepts",), len(CLASSES), 1, OWN_CONCEPTS))
    return filled


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("brown", ["brown bear · n02132136"]),
        ("bruin", ["brown bear · bruin"]),
        ("n02125311", ["cougar · n02125311"]),
        ("286", ["cougar · 286"]),
        ("carnivore", ["cougar · carnivore", "brown bear · carnivore"]),
        ("goldfsih", ["goldfish · n01443537"]),
        ("yellow things", ["bus · yellow things", "goldfish · yellow things"]),
        ("zebra crossing", []),
    ],
)
def test_a_class_is_found_by(page: Page, typed: str, found: list[str]) -> None:
    """Title, synonym, WordNet id, index, concept, typing error, the user's concept; with what matches."""
    page.goto(f"/graph?network={NETWORK}")
    field = page.get_by_role("combobox", name="Class", exact=True)
    field.click()
    expect(page.get_by_role("option")).to_have_text(
        ["bus", "goldfish · n01443537", "cougar · n02125311", "brown bear · n02132136"]
    )
    field.fill(typed)
    expect(page.get_by_role("option")).to_have_text(found)
    expect(page.get_by_text("No class matches.").last).to_be_visible(visible=not found)


def test_the_overview_is_searched_by_the_users_concepts(page: Page) -> None:
    """As the fields are."""
    page.goto(f"/?network={NETWORK}")
    page.get_by_label("Search classes").fill("yellow things")
    rows = page.locator("[data-class-row]:visible")
    expect(rows).to_have_count(2)
    assert {row.get_attribute("data-class-row") for row in rows.all()} == {"bus", "n01443537"}


def test_a_class_is_chosen_by_keys_alone(page: Page) -> None:
    """Arrow keys, Home and End move, Escape closes, Enter chooses; the address has the class."""
    page.goto(f"/graph?network={NETWORK}&class=bus")
    page.locator("[data-channel]").first.wait_for()
    field = page.get_by_role("combobox", name="Class", exact=True)
    marked = page.get_by_role("option", selected=True)
    field.focus()
    expect(field).to_have_attribute("aria-expanded", "false")
    field.press("ArrowDown")
    expect(marked).to_have_text("bus")
    for key, title in (
        ("End", "brown bear"),
        ("ArrowUp", "cougar"),
        ("Home", "bus"),
        ("ArrowDown", "goldfish"),
    ):
        field.press(key)
        expect(marked).to_contain_text(title)
        assert field.get_attribute("aria-activedescendant") == marked.get_attribute("id")
    field.press("Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    field.press_sequentially("brow")
    field.press("Tab")
    expect(field).to_have_value("bus")
    field.focus()
    field.press("ArrowUp")
    field.press("End")
    field.press("Enter")
    expect(page).to_have_url(re.compile("class=n02132136"))
    expect(page.locator(".panel h3")).to_have_text("Attribution graph of brown bear")
    expect(field).to_have_value("brown bear · n02132136")
    expect(field).to_be_focused()


def test_an_option_is_chosen_by_a_click(page: Page) -> None:
    """The list is in the window, under the field."""
    page.goto(f"/graph?network={NETWORK}&class=bus")
    page.locator("[data-channel]").first.wait_for()
    field = page.get_by_role("combobox", name="Class", exact=True)
    field.click()
    last = page.get_by_role("option", name="brown bear")
    above, below = field.bounding_box(), last.bounding_box()
    assert above
    assert below
    assert above["y"] + above["height"] < below["y"] < below["y"] + below["height"] < 900
    last.click()
    expect(page.locator(".panel h3")).to_have_text("Attribution graph of brown bear")


def test_classes_are_added_to_a_comparison_and_removed(page: Page) -> None:
    """In the order of the choice; by Backspace the last one, by its button any one."""
    page.goto(f"/compare?network={NETWORK}&class=n02132136")
    for text in ("puma", "bus"):
        choose_class(page, text, field="Classes to compare")
    expect(page).to_have_url(re.compile("class=n02132136&class=n02125311&class=bus"))
    expect(page.locator("[data-chosen]")).to_contain_text(["brown bear", "cougar", "bus"])
    field = page.get_by_role("combobox", name="Classes to compare")
    field.click()
    expect(page.get_by_role("option")).to_have_text(["goldfish · n01443537"])
    field.press("Escape")
    field.press("Backspace")
    expect(page).to_have_url(re.compile("class=n02132136&class=n02125311$"))
    page.get_by_role("button", name="Remove brown bear").click()
    expect(page).to_have_url(re.compile(f"network={NETWORK}&class=n02125311$"))
    expect(field).to_be_focused()


def test_a_chosen_class_is_asked_about(page: Page, animals: Database) -> None:
    """Without another click."""
    first = page.locator("[data-channel-link]").first
    page.goto(f"/ask?network={NETWORK}&class=bus")
    expect(first).to_have_attribute("data-channel-link", top_channel(animals, "bus"))
    choose_class(page, "puma")
    expect(first).to_have_attribute("data-channel-link", top_channel(animals, "n02125311"))


def top_channel(database: Database, name: str) -> str:
    """The first channel of the answer for a class."""
    return answer_question(database, "top_channels", {"class": name}, network=NETWORK)[0]["channel"]


def test_a_class_of_the_address_that_does_not_exist_is_reported(page: Page) -> None:
    """With a way out."""
    page.goto(f"/graph?network={NETWORK}&class=unicorn")
    expect(page.get_by_text("has no class 'unicorn'")).to_be_visible()
    expect(page.get_by_role("button", name="Clear selection")).to_be_visible()
