"""Changes of a graph in quick succession: none is lost, on the screen and in the URL.

Each pair is made without a pause, with the answers to the first still on their way, and with the browser
hearing of neither before both are made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from summit_graph.store.connection import Database
from tests.browser.conftest import HeldAnswers
from tests.browser.test_channel_groups import SWITCH, group_of, in_graph
from tests.browser.test_clicks import QUIET
from tests.browser.test_subgraphs import in_address, open_graph
from tests.shapes import add_groups
from tests.waiting import wait_until

#: Milliseconds between two changes; at ``HELD`` the browser hears nothing for that time.
HELD = 1000
PAUSES = [0, *(pytest.param(pause, marks=pytest.mark.slow) for pause in (60, 200)), HELD]
Change = Callable[[], None]


def in_sequence(page: Page, answers: HeldAnswers, pause: int, *changes: Change) -> None:
    """Make the changes, and wait until all answers have arrived."""
    if pause == HELD:
        answers.hold()
    for change in changes:
        change()
        page.wait_for_timeout(pause)
    answers.release()
    page.wait_for_timeout(QUIET)


def press_pin(page: Page, channel: str) -> Change:
    return lambda: page.locator(f'[data-channel="{channel}"]').press("p")


def click(page: Page, channel: str) -> Change:
    return lambda: page.locator(f'[data-channel="{channel}"]').click()


def click_button(page: Page, name: str) -> Change:
    return lambda: page.get_by_role("button", name=name, exact=True).click()


def fill(page: Page, field: str, text: str) -> Change:
    def act() -> None:
        page.get_by_label(field, exact=True).fill(text)
        page.get_by_label(field, exact=True).press("Enter")

    return act


def parameter(page: Page, name: str) -> list[str]:
    return parse_qs(urlsplit(page.url).query).get(name, [])


def pins(page: Page) -> list[str]:
    return [one.channel for one in in_address(page).pinned]


@pytest.mark.parametrize("pause", PAUSES)
def test_two_channels_are_pinned(page: Page, channels: list[str], answers: HeldAnswers, pause: int) -> None:
    """Both are in the address, and drawn as pinned."""
    open_graph(page)
    in_sequence(page, answers, pause, *(press_pin(page, name) for name in channels))
    wait_until(lambda: pins(page) == channels)
    expect(page.locator(".node .pin")).to_have_count(len(channels))


@pytest.mark.parametrize("pause", PAUSES)
def test_a_channel_is_pinned_and_named(
    page: Page, channels: list[str], answers: HeldAnswers, pause: int
) -> None:
    """Selected, pinned, named and grouped in one go."""
    open_graph(page)
    steps = click(page, channels[0]), click_button(page, "Pin"), fill(page, "Label", "fur")
    in_sequence(page, answers, pause, *steps, fill(page, "Supernode", "head"))
    wait_until(lambda: [one.label for one in in_address(page).supernodes] == ["head"])
    assert [(one.channel, one.label) for one in in_address(page).pinned] == [(channels[0], "fur")]
    assert parameter(page, "channel") == channels[:1]


@pytest.mark.parametrize("pause", PAUSES)
def test_a_channel_is_selected_and_pinned(
    page: Page, channels: list[str], answers: HeldAnswers, pause: int
) -> None:
    """In either order, both are in the address."""
    open_graph(page)
    in_sequence(page, answers, pause, click(page, channels[0]), press_pin(page, channels[0]))
    wait_until(lambda: (parameter(page, "channel"), pins(page)) == (channels[:1], channels[:1]))
    in_sequence(page, answers, pause, press_pin(page, channels[1]), click(page, channels[1]))
    wait_until(lambda: (parameter(page, "channel"), pins(page)) == (channels[1:2], channels[:2]))
    expect(page.locator(".node.selected")).to_have_attribute("data-channel", channels[1])


@pytest.mark.parametrize("pause", PAUSES)
def test_two_channels_are_expanded(page: Page, channels: list[str], answers: HeldAnswers, pause: int) -> None:
    """With the selection of the second one, and a pin."""
    open_graph(page)
    show = click_button(page, "Show other influences")
    first, second = (click(page, name) for name in channels[:2])
    in_sequence(page, answers, pause, first, show, second, show, press_pin(page, channels[1]))
    wait_until(lambda: (parameter(page, "channel"), pins(page)) == (channels[1:2], channels[1:2]))
    assert parameter(page, "expand") == channels[:2]
    expect(page.get_by_role("button", name="Hide other influences")).to_be_visible()


@pytest.mark.parametrize("pause", PAUSES)
def test_groups_are_switched_on_and_a_group_is_opened(
    page: Page, shapes: Database, channels: list[str], answers: HeldAnswers, pause: int
) -> None:
    """With a channel pinned in the same moment."""
    layer = channels[0].partition("/")[0]
    add_groups(shapes, layer=layer, indices=tuple(int(one.partition("/")[2]) for one in channels[:2]))
    open_graph(page)
    switch, opened = page.get_by_label(SWITCH).check, lambda: group_of(page).click()
    in_sequence(page, answers, pause, switch, opened, press_pin(page, channels[0]))
    wait_until(lambda: pins(page) == channels[:1])
    assert parameter(page, "channel_groups") == ["yes"]
    assert parameter(page, "open_group") == [f"{layer} group 1"]
    in_graph(page, channels[:2], 2)


def test_an_edit_and_a_path_that_is_chosen_in_the_same_moment_both_stay(
    page: Page, channels: list[str], answers: HeldAnswers
) -> None:
    """Kind: two messages with the same address, each of which changes it."""
    open_graph(page)
    page.get_by_text("Show the strongest path").click()
    show = page.get_by_role("button", name="Show", exact=True)
    expect(show).to_be_visible()
    in_sequence(page, answers, HELD, press_pin(page, channels[0]), show.click)
    wait_until(lambda: pins(page) == channels[:1] and parameter(page, "path"))
    expect(page.locator(".node .pin")).to_have_count(1)


def test_the_next_field_has_the_focus_after_an_edit(page: Page, channels: list[str]) -> None:
    """Also when the answer has arrived. Kind: a redraw that loses the focus."""
    open_graph(page)
    click(page, channels[0])()
    click_button(page, "Pin")()
    page.get_by_label("Label").fill("fur")
    page.get_by_label("Label").press("Tab")
    wait_until(lambda: [one.label for one in in_address(page).pinned] == ["fur"])
    page.wait_for_timeout(QUIET)
    expect(page.get_by_label("Note")).to_be_focused(timeout=1)


def test_a_field_keeps_the_focus_when_other_influences_arrive(
    page: Page, channels: list[str], answers: HeldAnswers
) -> None:
    """They are another graph, which is drawn afresh."""
    open_graph(page)
    click(page, channels[0])()
    click_button(page, "Pin")()
    wait_until(lambda: pins(page))
    answers.hold()
    click_button(page, "Show other influences")()
    page.get_by_label("Note").focus()
    answers.release()
    expect(page.get_by_role("button", name="Hide other influences")).to_be_visible()
    expect(page.get_by_label("Note")).to_be_focused(timeout=1)


def test_a_text_that_is_left_by_a_click_on_a_button_stays(page: Page, channels: list[str]) -> None:
    """The click acts on the subgraph that has the text: fold, pin, save."""
    open_graph(page)
    page.locator(f'[data-channel="{channels[0]}"]').click()
    click_button(page, "Pin")()
    fill(page, "Supernode", "head")()
    page.get_by_label("Label").fill("fur")
    click_button(page, "Fold")()
    wait_until(lambda: in_address(page).supernodes and not in_address(page).supernodes[0].open)
    assert [one.label for one in in_address(page).pinned] == ["fur"]


def test_a_note_that_is_left_by_a_click_on_save_is_in_the_file(
    page: Page, channels: list[str], tmp_path: Path
) -> None:
    """Kind: a button that acts on what was shown when it was drawn."""
    open_graph(page)
    press_pin(page, channels[0])()
    page.keyboard.press("Escape")
    page.locator(".subgraph").get_by_label("Note").fill("what it sees")
    with page.expect_download() as download:
        click_button(page, "Save")()
    download.value.save_as(tmp_path / "own.json")
    assert json.loads((tmp_path / "own.json").read_text("utf-8"))["note"] == "what it sees"


def test_escape_right_after_a_pin_leads_to_the_summary(page: Page, channels: list[str]) -> None:
    """Kind: a redraw that brings back what was left. Both keys come before the pin is drawn."""
    open_graph(page)
    press = "key => node.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}))"
    node = page.locator(f'[data-channel="{channels[0]}"]')
    node.evaluate(f"node => {{ node.focus(); ['p', 'Escape'].forEach({press}) }}")
    expect(page.locator(".node .pin")).to_have_count(1)
    expect(page.locator(".subgraph").get_by_label("Note")).to_be_visible()


@pytest.mark.parametrize("pause", PAUSES)
def test_an_edit_does_not_follow_into_another_class(
    page: Page, channels: list[str], answers: HeldAnswers, pause: int
) -> None:
    """Kind: state that outlives what it belongs to."""
    open_graph(page)

    def escape() -> None:
        page.keyboard.press("Escape")

    def similar() -> None:
        page.locator("[data-similar]").first.click()

    in_sequence(page, answers, pause, press_pin(page, channels[0]), escape, similar)
    expect(page).not_to_have_url(re.compile("class=bear|subgraph="))
    expect(page.locator(".node .pin")).to_have_count(0)


def test_a_link_that_is_shared_at_once_has_the_last_edit(
    page: Page, channels: list[str], answers: HeldAnswers
) -> None:
    """The dialog's link follows the address."""
    open_graph(page)
    press_pin(page, channels[0])()
    page.get_by_role("button", name="Copy a link").click()
    expect(page.get_by_label("Link", exact=True)).to_have_value(re.compile("subgraph="))
