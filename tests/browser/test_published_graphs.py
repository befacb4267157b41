"""The authors' published graphs in the explorer: pictures, sizes, pointing, keyboard, comparison."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from summit_graph.store.connection import Database
from summit_graph.workflows.import_network import import_path
from tests.browser.conftest import choose_class

pytestmark = pytest.mark.shared
#: tench, brown bear, black bear, lionfish, and the largest graph of all.
OUTPUTS = (0, 294, 295, 396, 813)
BROWN, BLACK, LARGEST = "n02132136", "n02133161", "n04270147"


@pytest.fixture(scope="module")
def published(filled: Database, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Database:
    """Some of the published graphs, with all pictures."""
    source, folder = shared_data / "summit-published" / "data", tmp_path_factory.mktemp("published")
    (folder / "ag").mkdir()
    (folder / "feature-vis").symlink_to(source / "feature-vis")
    for output in OUTPUTS:
        (folder / "ag" / f"ag-{output}.json").symlink_to(source / "ag" / f"ag-{output}.json")
    import_path(filled, folder, network="published")
    return filled


def open_graph(page: Page, name: str, more: str = "") -> None:
    page.goto(f"/graph?network=published&class={name}{more}")
    page.locator("[data-channel]").first.wait_for()


def test_sizes_and_widths_follow_the_counts(page: Page, published: Database) -> None:
    """In the largest graph, 91 channels and 506 influences are larger and wider for higher counts."""
    open_graph(page, LARGEST)
    nodes = page.locator("[data-channel]").evaluate_all(
        "all => all.map(one => [Number(one.dataset.count), one.getBoundingClientRect().width])"
    )
    edges = page.locator("[data-edge]").evaluate_all(
        "all => all.map(one => [Number(one.dataset.count), parseFloat(getComputedStyle(one).strokeWidth)])"
    )
    assert (len(nodes), len(edges)) == (91, 506)
    assert in_order(nodes, tolerance=0.01)
    assert in_order(edges, tolerance=0.0)


def in_order(pairs: list[tuple[float, float]], *, tolerance: float) -> bool:
    sizes = [size for _, size in sorted(pairs)]
    grows = all(after >= before - tolerance for before, after in pairwise(sizes))
    return grows and sizes[-1] > sizes[0]


def test_layers_are_shown_from_the_highest_down(page: Page, published: Database) -> None:
    """mixed5b is at the top, mixed3a at the bottom."""
    open_graph(page, BROWN)
    tops = page.locator("[data-layer]").evaluate_all(
        "all => all.map(one => [one.dataset.layer, one.getBoundingClientRect().top])"
    )
    from_top = [layer for layer, _ in sorted(tops, key=lambda pair: pair[1])]
    assert from_top == sorted(from_top, reverse=True)
    assert len(from_top) == 9


def test_a_channel_has_its_published_picture(page: Page, published: Database) -> None:
    """The explorer serves the published file."""
    open_graph(page, BROWN)
    source = page.locator('[data-channel="mixed5a/796"] image').get_attribute("href")
    answer = page.request.get(source or "")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")


def test_pointing_at_a_channel_highlights_its_influences(page: Page, published: Database) -> None:
    """Its edges and their ends are highlighted, the rest is dimmed, and its numbers are in the panel."""
    open_graph(page, BROWN)
    page.locator('[data-channel="mixed5a/796"]').hover()
    joined = page.locator('[data-edge^="mixed5a/796>"], [data-edge$=">mixed5a/796"]')
    expect(page.locator("[data-edge].lit")).to_have_count(joined.count())
    assert (
        float(page.locator("[data-channel]:not(.lit)").first.evaluate("one => getComputedStyle(one).opacity"))
        < 0.5
    )
    expect(page.locator(".panel h3")).to_have_text("mixed5a · 796")
    count = page.locator('[data-channel="mixed5a/796"]').get_attribute("data-count")
    expect(page.locator(".panel")).to_contain_text(f"{int(count or 0):,} images")
    expect(page.locator(".panel")).to_contain_text("of the layer's score")


def test_pointing_at_an_influence_highlights_only_both_ends(page: Page, published: Database) -> None:
    """No other channels are highlighted."""
    open_graph(page, BROWN)
    edge = page.locator("[data-edge]").last  # the widest is on top
    upper, lower = reversed((edge.get_attribute("data-edge") or "").split(">"))
    edge.locator(".hit").dispatch_event("pointerover")
    expect(page.locator("[data-channel].lit")).to_have_count(2)
    lit = {one.get_attribute("data-channel") for one in page.locator("[data-channel].lit").all()}
    assert lit == {upper, lower}


def test_the_minimum_hides_channels_and_centres_the_others(page: Page, published: Database) -> None:
    """Channels below it and their influences are not visible; the others are centred, without a rerun."""
    open_graph(page, BROWN)
    counts = sorted(int(one.get_attribute("data-count") or 0) for one in page.locator("[data-channel]").all())
    least = counts[len(counts) // 2]
    page.evaluate("window.unchanged = true")
    page.get_by_label("Minimum count").fill(str(least))
    expect(page.locator("[data-channel]:visible")).to_have_count(sum(count >= least for count in counts))
    assert page.evaluate("window.unchanged")
    shown = {one.get_attribute("data-channel") for one in page.locator("[data-channel]:visible").all()}
    for edge in page.locator("[data-edge]:visible").all():
        assert set((edge.get_attribute("data-edge") or "").split(">")) <= shown
    centres = page.locator("[data-layer]").evaluate_all(
        "all => all.map(row => [...row.querySelectorAll('.node')].filter(one => one.style.display !== 'none')"
        ".map(one => one.transform.baseVal[0].matrix.e)).filter(xs => xs.length)"
        ".map(xs => Math.min(...xs) + Math.max(...xs))"
    )
    assert all(abs(centre) < 0.01 for centre in centres)


def test_a_selected_channel_is_in_the_url_and_the_zoom_is_kept(page: Page, published: Database) -> None:
    """A click selects it; the zoom does not change; Esc clears the selection."""
    open_graph(page, BROWN)
    page.get_by_label("Zoom in").click()
    zoomed = page.locator(".scene").get_attribute("transform")
    page.locator('[data-channel="mixed5a/796"]').click()
    expect(page).to_have_url(re.compile("channel=mixed5a%2F796"))
    expect(page.locator('[data-channel="mixed5a/796"]')).to_have_class(re.compile("selected"))
    assert page.locator(".scene").get_attribute("transform") == zoomed
    page.locator('[data-channel="mixed5a/796"]').press("Escape")
    expect(page).not_to_have_url(re.compile("channel="))


def test_a_link_opens_with_its_channel_selected(page: Page, published: Database) -> None:
    """The view shows the selection in the URL."""
    open_graph(page, BLACK, "&channel=mixed5a/33")
    expect(page.locator('[data-channel="mixed5a/33"]')).to_have_class(re.compile("selected"))
    expect(page.locator(".panel h3")).to_have_text("mixed5a · 33")


def test_the_keyboard_follows_influences(page: Page, published: Database) -> None:
    """Down moves to the channel with the strongest influence, Enter selects it."""
    open_graph(page, BROWN)
    start = page.locator('[data-channel="mixed5a/796"]')
    start.focus()
    page.keyboard.press("ArrowDown")
    into = page.locator('[data-edge$=">mixed5a/796"]').evaluate_all(
        "all => all.sort((a, b) => b.dataset.count - a.dataset.count)[0].dataset.edge"
    )
    below = page.locator(f'[data-channel="{into.split(">")[0]}"]')
    expect(below).to_be_focused()
    expect(below).to_have_attribute("aria-label", re.compile(r"channel \d+, count \d+, PageRank"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("channel=mixed4e"))


def test_the_picker_selects_another_class_and_back_the_previous_one(page: Page, published: Database) -> None:
    """The URL changes too, and Back shows the previous class."""
    open_graph(page, BROWN)
    choose_class(page, "lionfish")
    expect(page.locator(".panel h3")).to_have_text("Attribution graph of lionfish")
    expect(page.locator("[data-channel]")).to_have_count(50)
    page.go_back()
    expect(page.locator(".panel h3")).to_have_text("Attribution graph of brown bear")


def test_the_bears_share_27_channels(page: Page, published: Database) -> None:
    """30 are only the brown bear's, 26 only the black bear's (paper, Fig. 8)."""
    page.goto(f"/compare?network=published&class={BROWN}&class={BLACK}")
    page.locator("[data-channel]").first.wait_for()
    expect(page.locator('[data-channel][data-in="shared"]')).to_have_count(27)
    expect(page.locator(f'[data-channel][data-in="only"][data-class="{BROWN}"]')).to_have_count(30)
    expect(page.locator(f'[data-channel][data-in="only"][data-class="{BLACK}"]')).to_have_count(26)
    expect(page.locator('[data-channel="mixed5a/796"]')).to_have_attribute("data-in", "shared")
    for index, owner in ((33, BLACK), (709, BLACK), (460, BROWN), (48, BROWN)):
        expect(page.locator(f'[data-channel="mixed5a/{index}"]')).to_have_attribute("data-class", owner)


def test_a_channel_links_to_its_page(page: Page, published: Database) -> None:
    """By a link in its panel; the page lists the classes whose graphs contain the channel."""
    open_graph(page, BROWN, "&channel=mixed5a/796")
    page.get_by_role("link", name="Open this channel").click()
    expect(page).to_have_url(re.compile(r"/channel\?.*channel=mixed5a%2F796"))
    expect(page.get_by_text("In the graphs of 2 classes")).to_be_visible()


def test_moving_the_pointer_over_a_channel_shows_its_pictures_in_turn(
    page: Page, published: Database
) -> None:
    """First its main picture, then the diversity images; leaving it shows the first one again."""
    open_graph(page, BROWN)
    node = page.locator('[data-channel="mixed5a/796"]')
    box = node.bounding_box()
    assert box
    shown = []
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        shown.append(node.locator("image").get_attribute("href"))
        expect(page.locator(".panel .portrait")).to_have_attribute("src", shown[-1] or "")
    kinds = ["channel", "diversity-0", "diversity-1", "diversity-2", "diversity-3"]
    assert [(source or "").split("/")[-3] for source in shown] == kinds
    page.mouse.move(5, 5)
    expect(node.locator("image")).to_have_attribute("href", re.compile("/channel/mixed5a/796"))


def test_the_panel_shows_ten_dataset_examples(page: Page, published: Database) -> None:
    """Next to the channel's numbers, served from the published files."""
    open_graph(page, BROWN, "&channel=mixed5a/796")
    examples = page.locator('.panel .patches img[src^="summit/examples/"]')
    expect(examples).to_have_count(10)
    assert page.request.get(examples.first.get_attribute("src") or "").headers["content-type"] == "image/jpeg"


def test_a_picture_of_a_comparison_has_a_legend(page: Page, published: Database, tmp_path: Path) -> None:
    """The file can be understood without the page."""
    page.goto(f"/compare?network=published&class={BROWN}&class={BLACK}")
    page.locator("[data-channel]").first.wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download this picture as SVG").click()
    download.value.save_as(tmp_path / "bears.svg")
    drawing = (tmp_path / "bears.svg").read_text("utf-8")
    for words in ("shared by all", "only brown bear", "only American black bear"):
        assert words in drawing


def test_the_list_is_searched_by_concepts(page: Page, published: Database) -> None:
    """As on the page Find: what is above the classes in WordNet finds them."""
    page.goto("/?network=published")
    page.get_by_label("Search classes").fill("carnivore")
    rows = page.locator("[data-class-row]:visible")
    expect(rows).to_have_count(2)
    assert {row.get_attribute("data-class-row") for row in rows.all()} == {BROWN, BLACK}
