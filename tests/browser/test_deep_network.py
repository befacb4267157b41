"""A network of sixty layers with long names and skips, in every page."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from summit_graph.analysis.contrast import Losses, contrast_json
from summit_graph.analysis.faithfulness import ClassScores, Curve, Measured, report_of
from summit_graph.analysis.reports import new_report
from summit_graph.analysis.stability import GraphParts, stability_json
from summit_graph.store.connection import Database
from summit_graph.views.classes import find_class
from summit_graph.views.graphs import graph_of
from summit_graph.workflows.embed import embed_network
from summit_graph.workflows.faithfulness import store_section
from summit_graph.workflows.load import NetworkLoader
from tests.residual_network import IMAGES, WIDTH, residual_class, residual_manifest

NAMES = tuple(f"features.denseblock{at // 16 + 1}.denselayer{at % 16 + 1}.conv2" for at in range(60))


@pytest.fixture(scope="module")
def deep(filled: Database) -> Database:
    """Three classes with positions."""
    loader = NetworkLoader(filled, residual_manifest(NAMES), "deep")
    for seed, name in enumerate(("bear", "bus", "lion")):
        loader.load_class(residual_class(name, seed, NAMES))
    embed_network(filled, "deep")
    return filled


@pytest.fixture(scope="module")
def shallow(deep: Database) -> Database:
    """A second network, of three layers."""
    names = ("conv1", "conv2", "conv3")
    loader = NetworkLoader(deep, residual_manifest(names), "shallow")
    for seed, name in enumerate(("bear", "bus")):
        loader.load_class(residual_class(name, seed, names))
    embed_network(deep, "shallow")
    return deep


def open_graph(page: Page, path: str = "/graph?network=deep&class=bear") -> None:
    page.goto(path)
    expect(page.locator("[data-channel]").first).to_be_visible()


def box_of(mark: Locator) -> FloatRect:
    box = mark.bounding_box()
    assert box
    return box


def names_in_view(page: Page) -> list[tuple[float, float]]:
    """Top and bottom of each shown name of a layer."""
    boxes = [one.bounding_box() for one in page.locator(".labels text").all() if one.is_visible()]
    return sorted((box["y"], box["y"] + box["height"]) for box in boxes if box)


def test_a_high_graph_is_legible_from_its_top_down(deep: Database, page: Page) -> None:
    """Channels can be distinguished, and the highest layer is in view."""
    open_graph(page)
    assert page.locator("[data-layer]").count() == 60
    top = page.locator(f'[data-layer="{NAMES[-1]}"] [data-channel]').first.bounding_box()
    canvas = page.locator(".canvas").first.bounding_box()
    assert top
    assert canvas
    assert top["width"] > 11
    assert canvas["y"] <= top["y"] <= canvas["y"] + canvas["height"] / 2


def test_a_high_graph_is_scrolled(deep: Database, page: Page) -> None:
    """The scroll bar reaches the lowest layer."""
    open_graph(page)
    bar = page.locator(".scroll-bar")
    expect(bar).to_be_visible()
    bar.evaluate("bar => { bar.scrollTop = bar.scrollHeight; }")
    expect(page.locator(f'[data-layer="{NAMES[0]}"] [data-channel]').first).to_be_in_viewport()
    expect(page.locator(f'[data-layer="{NAMES[-1]}"] [data-channel]').first).not_to_be_in_viewport()


def test_names_of_layers_do_not_cover_each_other(deep: Database, page: Page) -> None:
    """Also when the graph is small; the full name is a tooltip."""
    open_graph(page)
    for _ in range(8):
        page.get_by_role("button", name="Zoom out").click()
    shown = names_in_view(page)
    assert all(one[1] <= other[0] + 3 for one, other in itertools.pairwise(shown))
    assert page.locator(".labels text title").first.text_content() == NAMES[-1]


def test_the_class_is_above_the_highest_layer(deep: Database, page: Page) -> None:
    """The channels that contribute to it are named in the panel, with those that are not in the graph."""
    open_graph(page)
    output, supports = page.locator('[data-output="bear"]'), page.locator("[data-support]")
    highest = page.locator(f'[data-layer="{NAMES[-1]}"] [data-channel]')
    assert supports.count() == highest.count()
    assert box_of(output)["y"] < box_of(highest.first)["y"]
    output.hover()
    panel = page.locator(".panel")
    expect(panel).to_contain_text(f"Contributing channels ({highest.count()})")
    expect(panel).to_contain_text(f"{WIDTH - highest.count()} further channel")
    expect(page.locator("[data-support].lit")).to_have_count(supports.count())


def test_a_contribution_is_explained(deep: Database, page: Page) -> None:
    """At its line, and at the channel; its count is that of the channel of the last layer."""
    open_graph(page)
    line = page.locator("[data-support]").first
    count, name = line.get_attribute("data-count"), line.get_attribute("data-support")
    assert name
    line.focus()
    expect(page.locator(".panel")).to_contain_text(f"among the top 5 in {count} of {IMAGES} images")
    page.locator(f'[data-channel="{name.rpartition(">")[0]}"]').hover()
    expect(page.locator(".panel")).to_contain_text("Contributes to the class")


def test_the_class_is_selected(deep: Database, page: Page) -> None:
    """A click keeps it in the panel; the address names channels only."""
    open_graph(page)
    page.locator("[data-output]").click()
    expect(page.locator("[data-output]")).to_have_attribute("aria-pressed", "true")
    page.mouse.move(5, 5)
    page.wait_for_timeout(1500)
    expect(page.locator(".panel")).to_contain_text("Contributing channels")
    assert "channel=" not in page.url


def test_skips_are_marked_and_hidden_by_a_switch(deep: Database, page: Page) -> None:
    """Other influences stay."""
    open_graph(page)
    skips, others = page.locator("[data-skip]"), page.locator("[data-edge]:not([data-skip])")
    assert skips.count()
    assert others.count()
    page.get_by_role("checkbox", name="Show influences that pass a channel on unchanged").uncheck()
    assert not any(one.is_visible() for one in skips.all())
    assert any(one.is_visible() for one in others.all())


def test_a_run_of_skips_is_one_bar(deep: Database, page: Page) -> None:
    """Its channels are above each other; the ends are pictures, those between small marks."""
    open_graph(page)
    bars = page.locator("[data-skip]")
    assert bars.count() == page.locator("[data-run]").count() > 0
    folded = page.locator(".node.folded")
    assert folded.count()
    assert not any(one.locator("image").is_visible() for one in folded.all()[:3])
    lower, upper = names_of(folded.first, bars)
    middles = [box_of(page.locator(f'[data-channel="{name}"]')) for name in (lower, upper)]
    assert len({round(box["x"] + box["width"] / 2) for box in middles}) == 1


def test_a_pinned_run_is_unfolded(deep: Database, page: Page) -> None:
    """Pointing at the bar highlights all its channels; the switch of skips hides bars and marks."""
    open_graph(page)
    before = page.locator(".node.folded").count()
    bar = page.locator("[data-run]").last
    bar.focus()
    name = bar.get_attribute("data-run")
    length = page.locator(f'[data-run="{name}"]').count() + 1
    expect(page.locator(".node.lit")).to_have_count(length)
    expect(page.locator(".panel .influences li")).to_have_count(length)
    bar.press("Enter")
    expect(page.locator(".node.folded")).to_have_count(before - (length - 2))
    page.keyboard.press("Escape")
    expect(page.locator(".node.folded")).to_have_count(before)
    page.get_by_role("checkbox", name="Show influences that pass a channel on unchanged").uncheck()
    expect(page.locator(".node.folded, [data-run]")).to_have_count(0)


def names_of(folded: Locator, bars: Locator) -> tuple[str, str]:
    """A folded channel, and the channel above it in its run."""
    lower = folded.get_attribute("data-channel") or ""
    names = [bar.get_attribute("data-edge") or "" for bar in bars.all()]
    return lower, next(name.rpartition(">")[2] for name in names if name.startswith(f"{lower}>"))


def test_a_filter_folds_empty_layers(deep: Database, page: Page) -> None:
    """With few channels left, the graph is not as high as before."""
    open_graph(page)
    height = "bar => bar.hidden ? 0 : bar.scrollHeight"
    before = page.locator(".scroll-bar").evaluate(height)
    slider = page.get_by_role("slider", name="Minimum count")
    slider.evaluate("one => { one.value = one.max; one.dispatchEvent(new Event('input', {bubbles: true})); }")
    page.get_by_role("button", name="Show the entire graph").click()
    assert page.locator(".scroll-bar").evaluate(height) < before


@pytest.mark.parametrize(
    "path", ["/graph?network=shallow&class=bear", "/compare?network=shallow&class=bear&class=bus"]
)
def test_three_layers_fit_into_view(shallow: Database, page: Page, path: str) -> None:
    """Whole, without a scroll bar, with all names."""
    open_graph(page, path)
    assert page.locator("[data-layer]").count() == 3
    expect(page.locator(".scroll-bar")).to_be_hidden()
    for channel in page.locator("[data-channel]").all():
        expect(channel).to_be_in_viewport()
    for name in ("conv1", "conv2", "conv3"):
        expect(page.locator(".labels text", has_text=name)).to_be_visible()


@pytest.mark.parametrize(
    ("path", "mark"),
    [
        ("/?network=deep", f'[data-layer-tab="{NAMES[0]}"]'),
        ("/compare?network=deep&class=bear&class=bus", "[data-channel]"),
        (f"/channel?network=deep&channel={NAMES[30]}/0", "img, svg"),
        ("/ask?network=deep&query=nearest_classes", "form, [data-testid=stForm]"),
    ],
)
def test_other_pages_show_it(deep: Database, page: Page, path: str, mark: str) -> None:
    """Without an error."""
    page.goto(path)
    expect(page.locator(mark).first).to_be_attached()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)  # the page has run


def test_a_graph_s_faithfulness_is_shown_below_it(shallow: Database, page: Page) -> None:
    """First the command that measures it, then the verdict with both curves."""
    open_graph(page, "/graph?network=shallow&class=bus")
    page.get_by_text("Faithfulness: not measured").click()
    expect(page.get_by_text("summit-graph faithfulness bus")).to_be_visible()
    bus = find_class(shallow, "shallow", "bus")
    store_section(shallow, bus, new_report("shallow", "bus"), "nodes", nodes())
    page.reload()
    expect(page.get_by_text("Replacing these 3 channels (17.6 %) costs 80 %")).to_be_visible()
    page.get_by_text("Faithfulness", exact=True).click()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)


def test_every_part_of_the_faithfulness_is_shown(shallow: Database, page: Page) -> None:
    """Each with its verdict; a class's name in it is shown as it is written."""
    bear = find_class(shallow, "deep", "bear")
    log_odds = Losses(np.full(4, 9.0), np.zeros(4), {"graph": np.full(4, 3.0), "random": np.full(4, 8.0)})
    overlap = {"nodes": [0.1, 0.0, 0.2], "edges": [0.1, 0.0, 0.2]}
    found = {
        "specificity": {
            "nearest": {"name": "a_b_c", "output": 1, "by": "counts", "similarity": 0.9},
            **contrast_json(log_odds, log_odds, name="bear", other_name="a_b_c"),
        },
        "edges": {
            "sets": {"graph": {"edges": 3, "necessity": [0.5, 0.4, 0.6], "sufficiency": None}},
            "by_count": {"factors": [], "edges": [], "necessity": [], "sufficiency": []},
            "verdict": "Taking out these 3 influences costs 50 % (40 to 60).",
        },
        "completeness": {
            "channels": [{"channel": "conv1/1", "edges": 1, "share": None}],
            "verdict": "No channel of the graph receives anything through its influences.",
        },
        "sanity": {
            "weights": [{"layer": "output", "nodes": 1.0, "edges": 1.0}],
            "shuffled_images": overlap,
            "chance": overlap,
            "verdict": "The graph depends on the weights.",
        },
    }
    measured = {"at": "", "images": "", "key": "", "state": ""}
    for part, section in found.items():
        report = new_report("deep", "bear")
        store_section(shallow, bear, report, part, {**section, "measured": measured})
    open_graph(page)
    page.get_by_text("Faithfulness", exact=True).click()
    expect(page.get_by_text("of the log-odds of a_b_c, the nearest other class")).to_be_visible()
    expect(page.get_by_text("Influences: share of the log-odds lost without them")).to_be_visible()
    expect(page.get_by_text("Completeness: share of what a channel receives")).to_be_visible()
    expect(page.get_by_text("Sanity: overlap (Jaccard) with graphs that must differ")).to_be_visible()
    expect(page.get_by_text("The graph depends on the weights.")).to_be_visible()


def test_a_short_mark_leads_to_the_panel(shallow: Database, page: Page) -> None:
    """It says what the channels carry, above the graph."""
    bear = find_class(shallow, "shallow", "bear")
    store_section(shallow, bear, new_report("shallow", "bear"), "nodes", nodes())
    open_graph(page, "/graph?network=shallow&class=bear")
    page.get_by_role("link", name="These 3 channels carry 80 % (80 to 80) of the log-odds").click()
    expect(page.get_by_role("heading", name="Does the graph tell the truth?")).to_be_in_viewport()


def test_the_core_of_a_graph_is_shown(shallow: Database, page: Page) -> None:
    """What survives when the images are drawn again; a graph whose stability is not known has no switch."""
    lion = find_class(shallow, "deep", "lion")
    graph = graph_of(shallow, "deep", lion)
    parts = GraphParts.of(graph)
    one = graph.nodes[0].channel
    section = stability_json(parts, {100: [GraphParts(frozenset([one]), frozenset())]}, images=4)
    open_graph(page, "/graph?network=deep&class=lion")
    expect(page.get_by_text("Core only")).to_have_count(0)
    measured = {"at": "", "images": "", "key": "", "state": ""}
    store_section(shallow, lion, new_report("deep", "lion"), "stability", {**section, "measured": measured})
    page.reload()
    expect(page.locator("[data-channel]")).to_have_count(len(graph.nodes))
    page.get_by_text("Core only").click()
    expect(page.locator("[data-channel]")).to_have_count(1)
    expect(page.locator(f"[data-channel='{one}']")).to_be_visible()


def nodes() -> dict[str, Any]:
    """Of four images; the graph is half of two layers of three."""
    whole, nothing = np.full(4, 10.0), np.zeros(4)
    curve = Curve(np.stack([nothing + 1, whole]), np.stack([nothing + 2, nothing]))
    point = Curve(nothing[None], nothing[None] + 2)
    values = {"conv1": np.ones(8), "conv2": np.ones(9)}
    selected = {"conv1": np.arange(8) < 2, "conv2": np.arange(9) < 1}
    random = Curve(nothing[None], whole[None])
    measured = Measured(
        whole, nothing, [5.0, 100.0], {"graph": curve, "random": curve}, {"graph": point, "random": random}
    )
    section = report_of(measured, ClassScores(values, values, selected))
    return {**section, "measured": {"at": "", "images": "", "key": "", "state": ""}}
