"""A page with an attribution graph: no overlaps, and pictures or blank squares at the right positions."""

from __future__ import annotations

import itertools
import random
import re
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from summit_graph.errors import UsageError
from summit_graph.pictures.canvases import PAPER, PAPERS, Paper
from summit_graph.pictures.fonts import drawable, font_with
from summit_graph.pictures.index import Example, Pictures
from summit_graph.pictures.sheet import (
    BAND,
    BLANK,
    GAP,
    LABEL,
    OWN_LABEL,
    PATCH,
    PATCH_GAP,
    PICTURE,
    Sheet,
    check_sheet_file,
    curve_between,
    draw_sheet,
    lay_out,
    write_sheet,
)
from summit_graph.records import AttributionGraph, Channel, ClassSummary, Edge, Node, Origin, Support

SUMMARY = ClassSummary("n02132136", 294, "brown bear", 100, None, None, None)


def graph_of(
    rows: dict[str, list[int]], pairs: list[tuple[str, str]], *, count: int = 50
) -> AttributionGraph:
    """Channels by layer, edges as (upper, lower)."""
    nodes = tuple(Node(Channel(layer, at), count, 0.01) for layer, row in rows.items() for at in row)
    edges = tuple(Edge(Channel.parse(upper), Channel.parse(lower), count, None) for upper, lower in pairs)
    return AttributionGraph("bears", SUMMARY, nodes, edges)


@pytest.fixture
def large_graph() -> AttributionGraph:
    """Rows of one to twenty channels, many edges."""
    draw = random.Random(0)
    rows = {"mixed4a": [7], "mixed4b": list(range(20)), "mixed4c": [1, 500, 511], "mixed4e": [3]}
    pairs = [(f"mixed4b/{at}", "mixed4a/7") for at in range(20)]
    pairs += [
        (f"mixed4c/{upper}", f"mixed4b/{draw.randrange(20)}") for upper in (1, 500, 511) for _ in range(5)
    ]
    return graph_of(rows, sorted(set(pairs)))


def test_no_two_channels_overlap(large_graph: AttributionGraph) -> None:
    """Pictures with their labels do not overlap and are on the page."""
    layout = lay_out(large_graph)
    assert len(layout.places) == 25
    for left, top in layout.places.values():
        assert 0 <= left <= layout.size[0] - PICTURE
        assert 0 <= top <= layout.size[1] - PICTURE - LABEL
    for one, other in itertools.combinations(layout.places.values(), 2):
        assert abs(one[0] - other[0]) >= PICTURE + GAP or abs(one[1] - other[1]) >= PICTURE + LABEL


def test_edges_stay_between_the_rows(large_graph: AttributionGraph) -> None:
    """No point of an edge is in a row."""
    layout = lay_out(large_graph)
    for edge in large_graph.edges:
        for _, height in curve_between(*layout.ends_of(edge)):
            assert not any(top < height < top + PICTURE + LABEL for top in layout.rows.values())


def test_edges_are_drawn_without_crossings() -> None:
    """Channels are ordered so that few edges cross."""
    pairs = [("mixed4b/1", "mixed4a/9"), ("mixed4b/2", "mixed4a/8"), ("mixed4b/3", "mixed4a/7")]
    places = lay_out(graph_of({"mixed4a": [7, 8, 9], "mixed4b": [1, 2, 3]}, pairs)).places
    ends = sorted(
        (places[Channel.parse(upper)][0], places[Channel.parse(lower)][0]) for upper, lower in pairs
    )
    assert ends == sorted(ends, key=lambda end: end[1])


def test_the_highest_layer_is_on_top(large_graph: AttributionGraph) -> None:
    """Rows are in the order of the network, from the top down."""
    rows = lay_out(large_graph).rows
    assert sorted(rows, key=rows.__getitem__) == ["mixed4e", "mixed4c", "mixed4b", "mixed4a"]


def test_the_class_is_above_the_rows(large_graph: AttributionGraph) -> None:
    """With an edge from each channel that contributes to it; without any, it is not there."""
    assert lay_out(large_graph).output is None
    support = Support(Channel("mixed4e", 3), 40)
    layout = lay_out(replace(large_graph, supports=(support,)))
    (x, bottom), (_, top) = layout.ends_of_support(support)
    assert layout.output
    assert layout.output[1] < bottom < top == layout.rows["mixed4e"]
    assert x == layout.output[0]


def test_pictures_are_at_their_positions(tmp_path: Path) -> None:
    """A channel's picture is at the layout's position; a channel without a picture has a grey square."""
    Image.new("RGB", (20, 20), (200, 0, 0)).save(tmp_path / "red.png")
    graph = graph_of({"mixed4a": [7, 8]}, [])
    page = draw_sheet(Sheet(graph, Pictures({(Channel("mixed4a", 7), "channel"): tmp_path / "red.png"})))
    places = lay_out(graph).places
    assert page.size == lay_out(graph).size
    for index, colour in ((7, (200, 0, 0)), (8, BLANK)):
        left, top = places[Channel("mixed4a", index)]
        assert page.getpixel((left + 3, top + 3)) == colour


def test_a_sheet_is_a_png_or_a_pdf(tmp_path: Path) -> None:
    """The extension decides; another extension is a usage error."""
    graph = graph_of({"mixed4a": [7], "mixed4b": [1]}, [("mixed4b/1", "mixed4a/7")])
    for name, head in (("a.png", b"\x89PNG"), ("a.PDF", b"%PDF")):
        write_sheet(Sheet(graph, Pictures()), tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(head)
    with pytest.raises(UsageError, match=r"\.png or \.pdf"):
        write_sheet(Sheet(graph, Pictures()), tmp_path / "a.gif")


@pytest.mark.parametrize("name", ["bear.jpg", "bear", "folder.png", "file/bear.png"])
def test_a_sheet_that_cannot_be_written_is_refused_first(name: str, tmp_path: Path) -> None:
    """Kind: late failures are checked first. The extension, a folder with that name, a file as parent."""
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises((UsageError, OSError)):
        check_sheet_file(tmp_path / name)


def test_a_check_of_the_file_creates_no_folder(tmp_path: Path) -> None:
    """A command that fails later leaves nothing behind; writing creates the folder (kind: leftovers)."""
    file = tmp_path / "new" / "folder" / "bear.png"
    check_sheet_file(file)
    assert list(tmp_path.iterdir()) == []
    write_sheet(Sheet(graph_of({"mixed4a": [7]}, []), Pictures()), file)
    assert file.is_file()


def test_a_run_is_one_bar() -> None:
    """Its channels are above each other; rows of small marks only are low; without skips there is none."""
    layers = ["stem", "layer1.0", "layer1.1", "layer1.2"]
    rows = {layer: [1] for layer in layers} | {"layer1.2": [0, 1]}
    pairs = [(f"{upper}/1", f"{lower}/1") for lower, upper in itertools.pairwise(layers)]
    graph = graph_of(rows, pairs)
    graph = replace(graph, edges=tuple(replace(edge, skip=True) for edge in graph.edges))
    layout = lay_out(graph)
    run = [Channel(layer, 1) for layer in layers]
    assert [list(one) for one in layout.runs] == [run]
    assert len({layout.middle_of(channel)[0] for channel in run}) == 1
    assert layout.folded == set(run[1:-1])
    heights = {layer: layout.bottoms[layer] - layout.rows[layer] for layer in layers}
    assert heights["layer1.1"] == heights["layer1.0"] < heights["stem"] == heights["layer1.2"]
    (_, (x, y)) = layout.ends_of_bar(tuple(run))
    assert draw_sheet(Sheet(graph, Pictures())).getpixel((int(x), int(y) - 5)) != PAPER
    unfolded = lay_out(graph.without_skips())
    assert (unfolded.runs, unfolded.folded) == ([], set())


def test_rows_of_several_small_marks_leave_room_for_edges() -> None:
    """Influences cross between two bars: the band is that of pictures (kind: lines that overlap)."""
    layers = ["stem", "layer1.0", "layer1.1", "layer1.2"]
    skips = [
        (f"{upper}/{at}", f"{lower}/{at}") for lower, upper in itertools.pairwise(layers) for at in (0, 1)
    ]
    graph = graph_of({layer: [0, 1] for layer in layers}, skips)
    layout = lay_out(replace(graph, edges=tuple(replace(edge, skip=True) for edge in graph.edges)))
    assert layout.rows["layer1.0"] - layout.bottoms["layer1.1"] == BAND


def pdf_texts(file: bytes) -> bytes:
    """The drawing commands of a PDF."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", file, re.DOTALL)
    return b"\n".join(zlib.decompress(one) for one in streams if one[:1] == b"x")


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_a_pdf_has_lines_and_text(paper: Paper, tmp_path: Path) -> None:
    """Text that can be selected and searched, no picture of the page; upright or turned as the sheet is."""
    graph = graph_of({"mixed4a": [7], "mixed4b": [1]}, [("mixed4b/1", "mixed4a/7")])
    write_sheet(Sheet(graph, Pictures()), tmp_path / "bear.pdf", paper=paper)
    content = (tmp_path / "bear.pdf").read_bytes()
    short, long = PAPERS[paper]
    assert f"/MediaBox [0 0 {long:.2f} {short:.2f}]".encode() in content
    assert b"/Subtype /Image" not in content
    assert b"(brown bear)" in pdf_texts(content)


@pytest.mark.parametrize("title", ["棕熊", "Бурый медведь", "भालू", "דוב חום", "🐻", "a\nb\x1b[1m", "x" * 300])
def test_every_name_is_drawn(title: str, tmp_path: Path) -> None:
    """Kind: names of any script, with control characters, or long."""
    graph = graph_of({"mixed4a": [7]}, [])
    support = Support(Channel("mixed4a", 7), 40)
    graph = replace(graph, summary=replace(SUMMARY, title=title, name=title), supports=(support,))
    for file in ("bear.pdf", "bear.png"):
        write_sheet(Sheet(graph, Pictures(), {Channel("mixed4a", 7): title}), tmp_path / file)


def test_letters_that_no_font_has_are_written_as_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine without fonts."""
    for name in ("HOME", "XDG_DATA_DIRS", "WINDIR", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    font_with.cache_clear()
    assert drawable("bear 熊 …") == "bear \\u718a ..."
    font_with.cache_clear()


def test_labels_and_patches_are_below_the_picture(tmp_path: Path) -> None:
    """The rows are higher for them, and only where there are any."""
    Image.new("RGB", (20, 20), (0, 0, 200)).save(tmp_path / "blue.png")
    channel = Channel("mixed4a", 7)
    patch = Example("bear", "1.jpg", 1.0, (0, 0, 9, 9), tmp_path / "blue.png")
    graph = graph_of({"mixed4a": [7]}, [])
    sheet = Sheet(graph, Pictures(examples={channel: (patch,)}), {channel: "fur"})
    plain, layout = lay_out(graph), sheet.layout
    assert layout.size[1] == plain.size[1] + OWN_LABEL + PATCH + PATCH_GAP
    left, top = layout.places[channel]
    place = (left + PATCH // 2, top + PICTURE + LABEL + OWN_LABEL + PATCH // 2)
    assert draw_sheet(sheet).getpixel(place) == (0, 0, 200)


def test_a_sheet_says_what_it_is_made_from(tmp_path: Path) -> None:
    """In a line on the page, and in the properties of the file."""
    graph = replace(graph_of({"mixed4a": [7]}, []), origin=Origin("bvlc", "5725ccfd90845735"))
    for name in ("bear.pdf", "bear.png"):
        write_sheet(Sheet(graph, Pictures()), tmp_path / name)
    content = pdf_texts((tmp_path / "bear.pdf").read_bytes())
    assert b"network bears  \xb7  model bvlc  \xb7  weights 5725ccfd9084" in content
    with Image.open(tmp_path / "bear.png") as picture:
        assert picture.info["Title"] == "Attribution graph of brown bear"
        assert "weights 5725ccfd9084" in picture.info["Description"]
