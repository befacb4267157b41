"""One page with an attribution graph: its channels' pictures, layer by layer, and the edges between them.

1. Rows are layers, the highest at the top, with channels in the order of ``analysis.row_order``. The class is
   above them where it is known which channels contribute to its output.
2. A channel that skips pass on (``analysis.runs``) is a column: one bar, with the pictures of its ends and a
   small mark for each layer between.
3. Edges are drawn only in the empty band between two rows, so they never cover a picture or a label.
4. An edge's width and shade show its count's share of the images. Below a picture are the share of the
   channel, the user's label and the patches that activate it most, as far as there are any.
5. A legend and what the sheet is made from are at the bottom.

The output is a PNG, or a PDF page of lines and selectable text. Needs Pillow and fpdf2 but no database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from summit_graph.analysis.row_order import order_rows, place_columns
from summit_graph.analysis.runs import Run, joined_in, runs_of
from summit_graph.analysis.shares import percent
from summit_graph.errors import UnreadableImageError, UsageError
from summit_graph.images.decoding import decode_image
from summit_graph.names import visible, without_middle
from summit_graph.pictures.canvases import Canvas, Paper, PdfCanvas, PixelCanvas, Stroke
from summit_graph.pictures.index import Pictures
from summit_graph.records import AttributionGraph, Channel, Edge, Support
from summit_graph.system.atomic_files import check_writable, replaced_whole

if TYPE_CHECKING:
    from PIL.Image import Image

#: All sizes are in pixels. A picture, the label below it, and the gap to the next picture.
PICTURE, LABEL, GAP = 128, 26, 22
#: The empty band between two rows, for the edges; the page margin; the column of layer names; the title.
BAND, RIM, NAMES, TITLE = 120, 40, 130, 90
#: A row of small marks only, and the empty band above it; the mark; the width of a bar.
LOW_ROW, LOW_BAND, MARK, BAR = 54, 10, 26, 14
BAR_COLOUR, MARK_COLOUR = (206, 211, 222), (150, 156, 168)
#: The box of the class above the rows.
OUTPUT = 56
OUTPUT_LETTERS = 40
INK, FAINT, BLANK = (32, 32, 30), (100, 100, 96), (228, 228, 225)
#: Colours of edges from the weakest to the strongest.
PALE, STRONG = (212, 214, 220), (38, 70, 120)
#: The strongest edges of a graph of what speaks against a class.
STRONG_AGAINST = (170, 34, 28)
THINNEST, WIDEST = 1.0, 7.0
#: Letters of a line of a layer's name.
LETTERS = 10
Points = list[tuple[float, float]]
Ends = tuple[tuple[float, float], tuple[float, float]]
#: Patches below a picture: how many, their side, and the gap between two.
PATCHES, PATCH, PATCH_GAP = 3, 40, 4
#: Height of the user's label below a picture, of the legend, and of a line in it.
OWN_LABEL, LEGEND, LEGEND_LINE = 22, 96, 24
OWN_LETTERS = 16
HASH = 12  # digits of the weights' hash that are shown
FORMATS = (".png", ".pdf")


@dataclass(frozen=True)
class Layout:
    """Positions on the page, in pixels from the top left.

    Attributes:
        size: width and height of the page.
        rows: layer -> top of its pictures, the highest layer first.
        bottoms: layer -> bottom of its pictures' labels.
        places: channel -> left and top of its picture.
        runs: are bars.
        output: middle and top of the class's box; None where the graph has no output.
    """

    size: tuple[int, int]
    rows: Mapping[str, int]
    bottoms: Mapping[str, int]
    places: Mapping[Channel, tuple[int, int]]
    runs: Sequence[Run] = ()
    output: tuple[int, int] | None = None

    @property
    def folded(self) -> set[Channel]:
        """The channels that are small marks on bars."""
        return _folded(self.runs)

    def ends_of(self, edge: Edge) -> Ends:
        """An edge's start, below the upper channel's label, and its end, at the top of the lower picture."""
        return self._bottom_of(edge.channel), self._top_of(edge.previous)

    def ends_of_bar(self, run: Run) -> Ends:
        """A bar's start, below the highest channel's label, and its end, at the top of the lowest picture."""
        return self._bottom_of(run[-1]), self._top_of(run[0])

    def ends_of_support(self, support: Support) -> Ends:
        """Its start, below the class's box, and its end, at the top of the channel's picture."""
        middle, top = self.output or (0, 0)
        return (middle, top + OUTPUT), self._top_of(support.channel)

    def middle_of(self, channel: Channel) -> tuple[float, float]:
        """The middle of a channel's part of its row."""
        (x, top), (_, bottom) = self._top_of(channel), self._bottom_of(channel)
        return x, (top + bottom) / 2

    def _top_of(self, channel: Channel) -> tuple[float, float]:
        left, top = self.places[channel]
        return left + PICTURE / 2, top

    def _bottom_of(self, channel: Channel) -> tuple[float, float]:
        return self.places[channel][0] + PICTURE / 2, self.bottoms[channel.layer]


@dataclass(frozen=True)
class Sheet:
    """What is drawn.

    Attributes:
        labels: the user's own labels of channels.
    """

    graph: AttributionGraph
    pictures: Pictures
    labels: Mapping[Channel, str] = field(default_factory=dict)

    @cached_property
    def layout(self) -> Layout:
        """Positions, with room for labels and patches where any channel has some."""
        channels = [node.channel for node in self.graph.nodes]
        has_patches = any(self.patches_of(channel) for channel in channels)
        has_labels = any(channel in self.labels for channel in channels)
        return lay_out(self.graph, below=OWN_LABEL * has_labels + (PATCH + PATCH_GAP) * has_patches)

    def patches_of(self, channel: Channel) -> list[Path]:
        """The files of the first patches that activate the channel most."""
        stored = (one.thumbnail for one in self.pictures.examples_of(channel)[:PATCHES])
        return [file for file in stored if file is not None and file.is_file()]

    @property
    def origin(self) -> str:
        """What the sheet is made from, in a line."""
        made_from = self.graph.origin
        weights = f"weights {made_from.weights_sha256[:HASH]}" if made_from.weights_sha256 else ""
        model = f"model {made_from.model}" if made_from.model else ""
        parts = [f"network {self.graph.network}", model, weights, self.graph.made_by_text]
        return "  ·  ".join(filter(None, [*parts, made_from.to_json()["software"]]))


def write_sheet(sheet: Sheet, file: Path, *, paper: Paper = "a4") -> None:
    """Write the sheet as a PNG or a PDF, by the file's extension; raises as ``check_sheet_file`` does."""
    check_sheet_file(file)
    with replaced_whole(file) as staged:
        if file.suffix.lower() == ".pdf":
            staged.write_bytes(sheet_as_pdf(sheet, paper=paper))
        else:
            draw_sheet(sheet).save(staged, "PNG", pnginfo=_png_texts(sheet))


def sheet_as_pdf(sheet: Sheet, *, paper: Paper = "a4") -> bytes:
    """The sheet as a PDF of one page."""
    layout = sheet.layout
    canvas = PdfCanvas(layout.size, paper, _texts(sheet))
    _draw(canvas, sheet, layout)
    return bytes(canvas.pdf.output())


def draw_sheet(sheet: Sheet) -> Image:
    """The sheet as a picture, RGB."""
    layout = sheet.layout
    canvas = PixelCanvas(layout.size)
    _draw(canvas, sheet, layout)
    return canvas.image


def _texts(sheet: Sheet) -> dict[str, str]:
    """What a file says about itself."""
    software = sheet.graph.origin.to_json()["software"]
    title = f"Attribution graph of {sheet.graph.summary.title}"
    return {"title": title, "subject": sheet.origin, "creator": software}


def _png_texts(sheet: Sheet):  # type: ignore[no-untyped-def]  # Pillow is imported only where it is used
    from PIL.PngImagePlugin import PngInfo

    texts, info = _texts(sheet), PngInfo()
    for keyword, name in (("Title", "title"), ("Description", "subject"), ("Software", "creator")):
        info.add_itxt(keyword, texts[name])
    return info


def check_sheet_file(file: Path) -> None:
    """Check that a sheet can be written to the file; called before any data is read.

    Raises:
        UsageError: it has another extension, or is a folder.
        OSError: its folder cannot be written to.
    """
    if file.suffix.lower() not in FORMATS:
        raise UsageError(f"a sheet is a .png or .pdf file, not {file.suffix or 'a file without extension'}")
    if file.is_dir():
        raise UsageError(f"{file} is a folder: name a file")
    check_writable(file.parent)


def lay_out(graph: AttributionGraph, *, below: int = 0) -> Layout:
    """Rows of channels without overlap, runs in columns, all centred on the page.

    Args:
        below: pixels that the label and the patches of a channel need in addition.
    """
    influences = [(edge.previous, edge.channel, edge.count) for edge in graph.edges]
    runs = runs_of(graph.edges)
    ordered = order_rows((node.channel for node in graph.nodes), influences, runs)
    across = place_columns(ordered.values(), runs, distance=PICTURE + GAP)
    half = max(map(abs, across.values()), default=0)
    width = 2 * RIM + NAMES + int(max(2 * half + PICTURE, 6 * PICTURE))
    middle = (width + NAMES) // 2
    first = RIM + TITLE + (OUTPUT + BAND if graph.has_output else 0)
    rows, bottoms = _lay_out_rows(ordered, _folded(runs), first, below)
    places = {channel: (int(middle + x - PICTURE / 2), rows[channel.layer]) for channel, x in across.items()}
    output = (middle, RIM + TITLE) if graph.has_output else None
    height = RIM + LEGEND + max(bottoms.values(), default=TITLE + PICTURE + LABEL)
    return Layout((width, height), rows, bottoms, places, runs, output)


def _lay_out_rows(
    ordered: dict[str, list[Channel]], folded: set[Channel], top: int, below: int
) -> tuple[dict[str, int], dict[str, int]]:
    """Top and bottom of each row, from the highest layer down; rows of small marks are low."""
    tops: dict[str, int] = {}
    bottoms: dict[str, int] = {}
    was_low = False
    for layer in reversed(ordered):
        is_low = folded.issuperset(ordered[layer])
        if bottoms:
            is_one_bar = is_low and was_low and len(ordered[layer]) == 1
            top = max(bottoms.values()) + (LOW_BAND if is_one_bar else BAND)
        tops[layer], bottoms[layer] = top, top + (LOW_ROW if is_low else PICTURE + LABEL + below)
        was_low = is_low
    return tops, bottoms


def _folded(runs: Iterable[Run]) -> set[Channel]:
    """The channels between the ends of runs."""
    return {channel for run in runs for channel in run[1:-1]}


def _draw(canvas: Canvas, sheet: Sheet, layout: Layout) -> None:
    graph = sheet.graph
    canvas.strokes(_strokes(graph, layout))
    _draw_title(canvas, graph)
    if layout.output:
        _draw_output(canvas, graph.summary.title, layout.output)
    for layer, top in layout.rows.items():
        middle = (top + min(layout.bottoms[layer], top + PICTURE)) / 2
        canvas.text((RIM, middle), _broken(layer), 24, INK, "lm")
    folded = layout.folded
    for node in graph.nodes:
        share = f"{node.channel.index} · {_share(node.count, graph.summary.images)}"
        if node.channel in folded:
            _draw_mark(canvas, layout.middle_of(node.channel), share)
        else:
            _draw_channel(canvas, sheet, node.channel, share, layout.places[node.channel])
    _draw_legend(canvas, sheet, layout.size[1] - LEGEND)


def _draw_channel(canvas: Canvas, sheet: Sheet, channel: Channel, share: str, place: tuple[int, int]) -> None:
    """A channel's picture, and below it its share, the user's label and its patches."""
    left, top = place
    middle, below = left + PICTURE / 2, top + PICTURE + LABEL
    file = sheet.pictures.file_of(channel)
    if file is not None and file.is_file():
        canvas.picture(place, _read(file), PICTURE)
    else:
        canvas.box((left, top, left + PICTURE, top + PICTURE), radius=0, fill=BLANK)
        name = f"{without_middle(channel.layer, 11)}\n{channel.index}"
        canvas.text((middle, top + PICTURE / 2), name, 20, FAINT, "mm")
    canvas.text((middle, top + PICTURE + 4), share, 17, INK, "ma")
    if label := sheet.labels.get(channel):
        canvas.text((middle, below), without_middle(visible(label), OWN_LETTERS), 17, STRONG, "ma")
        below += OWN_LABEL
    for at, patch in enumerate(sheet.patches_of(channel)):
        canvas.picture((left + at * (PATCH + PATCH_GAP), below), _read(patch), PATCH)


def _draw_mark(canvas: Canvas, middle: tuple[float, float], label: str) -> None:
    """A small mark on a bar, with its label below."""
    x, y = middle
    canvas.box((x - MARK / 2, y - MARK, x + MARK / 2, y), radius=5, fill=MARK_COLOUR)
    canvas.text((x, y + 3), label, 17, INK, "ma")


def _strokes(graph: AttributionGraph, layout: Layout) -> list[Stroke]:
    """The bars, then the edges and contributions, strong ones over weak ones."""
    bars = [Stroke(layout.ends_of_bar(run), BAR_COLOUR, BAR) for run in layout.runs]
    on_bars = joined_in(layout.runs)
    edges = [edge for edge in graph.edges if (edge.previous, edge.channel) not in on_bars]
    lines = [(edge.count, layout.ends_of(edge), edge.skip) for edge in edges]
    lines += [(support.count, layout.ends_of_support(support), False) for support in graph.supports]
    strongest = max((count for count, _, _ in lines), default=1)
    colour = STRONG_AGAINST if graph.parameters and graph.parameters.is_against else STRONG
    for count, ends, dashed in sorted(lines, key=itemgetter(0)):
        bars += _edge_strokes(ends, count / strongest, dashed=dashed, strongest=colour)
    return bars


def _edge_strokes(ends: Ends, share: float, *, dashed: bool, strongest: tuple[int, int, int]) -> list[Stroke]:
    red, green, blue = (
        round(pale + share * (full - pale)) for pale, full in zip(PALE, strongest, strict=True)
    )
    curve = curve_between(*ends)
    stretches = _dashes(curve) if dashed else [curve]
    width = THINNEST + share * (WIDEST - THINNEST)
    return [Stroke(stretch, (red, green, blue), width) for stretch in stretches]


def _draw_legend(canvas: Canvas, sheet: Sheet, top: float) -> None:
    """How to read the sheet, and what it is made from."""
    shown = sheet.layout
    has_patches = any(sheet.patches_of(node.channel) for node in sheet.graph.nodes)
    lines = [
        "Rows: layers, the highest on top. Below a picture: the channel, and the share of the class's images "
        "in which it is a top channel.",
        "Lines: influences; wider and darker in more images"
        + (
            ", dashed where a skip passes the channel on. Bars: channels that skips pass on."
            if shown.runs
            else "."
        )
        + (" Small pictures: the image patches that activate the channel most." if has_patches else ""),
        sheet.origin,
    ]
    for at, line in enumerate(lines):
        canvas.text((RIM, top + at * LEGEND_LINE), visible(line), 15, FAINT, "lt")


def _dashes(curve: Points) -> list[Points]:
    """Every second stretch of a curve."""
    return [curve[at : at + 2] for at in range(0, len(curve) - 1, 2)]


def curve_between(start: tuple[float, float], end: tuple[float, float], *, points: int = 24) -> Points:
    """An S-curve with vertical ends that stays between its start and its end."""
    curve = []
    for at in range(points + 1):
        share = at / points
        across = share * share * (3 - 2 * share)
        curve.append((start[0] + across * (end[0] - start[0]), start[1] + share * (end[1] - start[1])))
    return curve


def _draw_title(canvas: Canvas, graph: AttributionGraph) -> None:
    summary = graph.summary
    canvas.text((RIM, RIM), visible(summary.title), 36, INK, "lt")
    facts = [
        visible(summary.name) if summary.name != summary.title else "",
        f"{summary.images} images" if summary.images else "",
        f"{len(graph.nodes)} channels",
        f"{len(graph.edges)} influences",
        graph.network,
        graph.parameters.measure_text if graph.parameters else "",
    ]
    canvas.text((RIM, RIM + 46), "  ·  ".join(filter(None, facts)), 18, FAINT, "lt")


def _draw_output(canvas: Canvas, title: str, place: tuple[int, int]) -> None:
    """The class's box with its title."""
    middle, top = place
    text = without_middle(visible(title), OUTPUT_LETTERS)
    half = canvas.width_of(text, 24) / 2 + OUTPUT / 2
    box = (middle - half, top, middle + half, top + OUTPUT)
    canvas.box(box, radius=OUTPUT / 2, fill=BLANK, outline=STRONG)
    canvas.text((middle, top + OUTPUT / 2), text, 24, INK, "mm")


def _read(file: Path) -> Image:
    try:
        return decode_image(file)
    except UnreadableImageError as error:
        raise UnreadableImageError(
            f"{file} does not decode as an image ({error}): remove it, or render it again"
        ) from None


def _broken(layer: str) -> str:
    """A layer's name in lines that fit its column: broken behind dots and slashes, too long parts cut."""
    lines = [""]
    for part in re.findall(r"[^./]+[./]*|[./]+", layer):
        if len(lines[-1]) + len(part) > LETTERS:
            lines.append("")
        lines[-1] += without_middle(part, LETTERS)
    return "\n".join(line for line in lines if line)


def _share(count: int, images: int) -> str:
    return percent(count / images) if images else str(count)
