"""Zooming and moving the graph and the overview by mouse, trackpad and touch."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Locator, Page, expect

from summit_graph.store.connection import Database

#: View -> the group that moves, and a selector that matches when it is drawn.
VIEWS = {
    "/graph?network=shapes&class=bear": (".scene", "[data-channel]"),
    "/?network=shapes": (".canvas > g:first-child", "[data-class-dot]"),
}
CTRL = 2  # the modifier with which a browser reports a pinch on a trackpad


@pytest.fixture
def fingers(page: Page) -> CDPSession:
    """The page on a touch screen."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    return session


def touch(session: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    """Touch, move or lift fingers."""
    places = [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(points)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})


def open_view(page: Page, where: str) -> tuple[Locator, float, float]:
    """The group that moves, and the middle of the canvas."""
    group, mark = VIEWS[where]
    page.goto(where)
    page.locator(mark).first.wait_for()
    box = page.locator(".canvas").bounding_box()
    assert box
    return page.locator(group), box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def view_of(group: Locator) -> dict[str, Any]:
    """The group's transform: x, y and scale."""
    text = group.get_attribute("transform") or ""
    x, y, scale = map(float, re.findall(r"-?[\d.]+", text))
    return {"x": x, "y": y, "scale": scale}


@pytest.mark.parametrize("where", VIEWS)
def test_two_fingers_zoom(page: Page, shapes: Database, fingers: CDPSession, where: str) -> None:
    """By the factor of their distance; the page itself does not change its size."""
    group, x, y = open_view(page, where)
    before = view_of(group)["scale"]
    touch(fingers, "touchStart", (x - 40, y), (x + 40, y))
    touch(fingers, "touchMove", (x - 60, y), (x + 60, y))
    touch(fingers, "touchMove", (x - 80, y), (x + 80, y))
    touch(fingers, "touchEnd")
    assert view_of(group)["scale"] == pytest.approx(2 * before, rel=0.01)
    assert page.evaluate("visualViewport.scale") == 1


@pytest.mark.parametrize("where", VIEWS)
def test_one_finger_moves_the_plane(page: Page, shapes: Database, fingers: CDPSession, where: str) -> None:
    """The point under the finger moves with it."""
    group, x, y = open_view(page, where)
    before = view_of(group)
    touch(fingers, "touchStart", (x, y))
    touch(fingers, "touchMove", (x + 30, y + 10))
    touch(fingers, "touchEnd")
    after = view_of(group)
    assert after["scale"] == before["scale"]
    assert (after["x"] - before["x"], after["y"] - before["y"]) == pytest.approx((30, 10), abs=0.1)


def test_a_tap_selects_a_channel(page: Page, shapes: Database, fingers: CDPSession) -> None:
    """Like a click."""
    open_view(page, "/graph?network=shapes&class=bear")
    channel = page.locator("[data-channel]").first
    box = channel.bounding_box()
    assert box
    touch(fingers, "touchStart", (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2))
    touch(fingers, "touchEnd")
    expect(channel).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("where", VIEWS)
def test_a_pinch_on_a_trackpad_zooms(page: Page, shapes: Database, where: str) -> None:
    """Browsers report it as a wheel event with Ctrl; the page itself does not change its size."""
    group, x, y = open_view(page, where)
    before, width = view_of(group)["scale"], page.evaluate("innerWidth")
    session = page.context.new_cdp_session(page)
    wheel = {"type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "deltaY": -10, "modifiers": CTRL}
    session.send("Input.dispatchMouseEvent", wheel)
    expect(group).not_to_have_attribute("transform", re.compile(rf"scale\({before:.4f}\)"))
    assert view_of(group)["scale"] > before
    assert page.evaluate("innerWidth") == width


@pytest.mark.parametrize("where", VIEWS)
def test_a_gesture_zooms(page: Page, shapes: Database, where: str) -> None:
    """Safari's event for a pinch on a trackpad; its scale counts from the start of the gesture."""
    group, x, y = open_view(page, where)
    before = view_of(group)["scale"]
    page.locator(".canvas").evaluate(
        """(canvas, [clientX, clientY]) => {
          for (const [type, scale] of [["start", 1], ["change", 1.2], ["change", 1.5], ["end", 1.5]]) {
            const event = new MouseEvent(`gesture${type}`, { clientX, clientY, cancelable: true });
            canvas.dispatchEvent(Object.assign(event, { scale }));
          }
        }""",
        [x, y],
    )
    assert view_of(group)["scale"] == pytest.approx(1.5 * before, rel=0.01)


@pytest.mark.parametrize("where", VIEWS)
def test_the_wheel_zooms_about_the_pointer(page: Page, shapes: Database, where: str) -> None:
    """The point under the pointer does not move."""
    group, x, y = open_view(page, where)
    corner = page.locator(".canvas").bounding_box()
    assert corner
    before = view_of(group)
    page.mouse.move(x + 50, y - 20)
    page.mouse.wheel(0, -300)
    expect(group).not_to_have_attribute("transform", re.compile(rf"scale\({before['scale']:.4f}\)"))
    after = view_of(group)
    assert after["scale"] > before["scale"]
    for axis, pointer in (("x", x + 50 - corner["x"]), ("y", y - 20 - corner["y"])):
        place = (pointer - before[axis]) / before["scale"]
        assert after[axis] + place * after["scale"] == pytest.approx(pointer, abs=2)


def test_dragging_a_channel_moves_the_graph(page: Page, shapes: Database) -> None:
    """It does not select the channel."""
    group, _, _ = open_view(page, "/graph?network=shapes&class=bear")
    before = view_of(group)
    channel = page.locator("[data-channel]").first
    channel.hover()
    page.mouse.down()
    page.mouse.move(640, 500, steps=3)
    page.mouse.up()
    assert view_of(group) != before
    expect(channel).to_have_attribute("aria-pressed", "false")
    expect(page).not_to_have_url(re.compile("channel="))
