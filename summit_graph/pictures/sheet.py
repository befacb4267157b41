"""One page with an attribution graph: its channels' pictures, layer by layer, and the edges between them.

1. Rows are layers, the highest at the top, with channels in the order of ``analysis.row_order``. The class is
   above them where it is known which channels contribute to its output.
2. Edges are drawn only in the empty band between two rows, so they never cover a picture or a label.
3. An edge's width and shade show its count's share of the images; a label shows the share of the channel.

The output is a PNG, or a PDF of the same picture. Needs Pillow but no database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from summit_graph.analysis.row_order import order_rows
from summit_graph.errors import UnreadableImageError, UsageError
from summit_graph.images.decoding import decode_image
from summit_graph.names import visible, without_middle
from summit_graph.pictures.index import Pictures
from summit_graph.records import AttributionGraph, Channel, Edge, Support
from summit_graph.system.atomic_files import check_writable, replaced_whole

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

#: All sizes are in pixels. A picture, the label below it, and the gap to the next picture.
PICTURE, LABEL, GAP = 128, 26, 22
#: The empty band between two rows, for the edges; the page margin; the column of layer names; the title.
BAND, RIM, NAMES, TITLE = 120, 40, 130, 90
#: The box of the class above the rows.
OUTPUT = 56
OUTPUT_LETTERS = 40
INK, FAINT, PAPER, BLANK = (32, 32, 30), (120, 120, 116), (255, 255, 255), (228, 228, 225)
#: Colours of edges from the weakest to the strongest.
PALE, STRONG = (212, 214, 220), (38, 70, 120)
THINNEST, WIDEST = 1.0, 7.0
#: Letters of a line of a layer's name.
LETTERS = 10
Points = list[tuple[float, float]]
Ends = tuple[tuple[float, float], tuple[float, float]]
#: Edges are drawn at this scale and reduced, for antialiasing.
SMOOTHING = 2
FORMATS = (".png", ".pdf")
RESOLUTION = 150  # pixels per inch of a PDF …
PDF_QUALITY = 95  # … whose picture is a JPEG: less shows around the letters


@dataclass(frozen=True)
class Layout:
    """Positions on the page, in pixels from the top left.

    Attributes:
        size: width and height of the page.
        rows: layer -> top of its pictures, the highest layer first.
        places: channel -> left and top of its picture.
        output: middle and top of the class's box; None where the graph has no output.
    """

    size: tuple[int, int]
    rows: Mapping[str, int]
    places: Mapping[Channel, tuple[int, int]]
    output: tuple[int, int] | None = None

    def ends_of(self, edge: Edge) -> Ends:
        """An edge's start, below the upper channel's label, and its end, at the top of the lower picture."""
        left, top = self.places[edge.channel]
        return (left + PICTURE / 2, top + PICTURE + LABEL), self._top_of(edge.previous)

    def ends_of_support(self, support: Support) -> Ends:
        """Its start, below the class's box, and its end, at the top of the channel's picture."""
        middle, top = self.output or (0, 0)
        return (middle, top + OUTPUT), self._top_of(support.channel)

    def _top_of(self, channel: Channel) -> tuple[float, float]:
        left, top = self.places[channel]
        return left + PICTURE / 2, top


def write_sheet(graph: AttributionGraph, pictures: Pictures, file: Path) -> None:
    """Write the sheet as a PNG or a PDF, by the file's extension; raises as ``check_sheet_file`` does."""
    check_sheet_file(file)
    form = file.suffix[1:].upper()
    with replaced_whole(file) as staged:
        draw_sheet(graph, pictures).save(staged, form, resolution=RESOLUTION, quality=PDF_QUALITY)


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


def lay_out(graph: AttributionGraph) -> Layout:
    """Rows of channels without overlap, each centred on the page."""
    influences = [(edge.previous, edge.channel, edge.count) for edge in graph.edges]
    ordered = order_rows((node.channel for node in graph.nodes), influences)
    widest = max((len(row) for row in ordered.values()), default=0)
    width = 2 * RIM + NAMES + max(widest * (PICTURE + GAP) - GAP, 6 * PICTURE)
    first = RIM + TITLE + (OUTPUT + BAND if graph.has_output else 0)
    rows = {layer: first + at * (PICTURE + LABEL + BAND) for at, layer in enumerate(reversed(ordered))}
    height = RIM + max(rows.values(), default=TITLE) + PICTURE + LABEL
    places = {
        channel: (int(_left_of(len(row), width)) + at * (PICTURE + GAP), rows[layer])
        for layer, row in ordered.items()
        for at, channel in enumerate(row)
    }
    output = ((width + NAMES) // 2, RIM + TITLE) if graph.has_output else None
    return Layout((width, height), rows, places, output)


def draw_sheet(graph: AttributionGraph, pictures: Pictures) -> Image:
    """Draw the page, RGB."""
    from PIL import Image, ImageDraw

    layout = lay_out(graph)
    page = Image.new("RGB", layout.size, PAPER)
    _draw_edges(page, graph, layout)
    brush = ImageDraw.Draw(page)
    _draw_title(brush, graph)
    if layout.output:
        _draw_output(brush, graph.summary.title, layout.output)
    for layer, top in layout.rows.items():
        brush.multiline_text((RIM, top + PICTURE / 2), _broken(layer), INK, _font(24), anchor="lm")
    for node in graph.nodes:
        left, top = layout.places[node.channel]
        page.paste(_picture(node.channel, pictures), (left, top))
        label = f"{node.channel.index} · {_share(node.count, graph.summary.images)}"
        brush.text((left + PICTURE / 2, top + PICTURE + 4), label, INK, _font(17), anchor="ma")
    return page


def _left_of(channels: int, width: int) -> float:
    room = width - 2 * RIM - NAMES
    return RIM + NAMES + (room - (channels * (PICTURE + GAP) - GAP)) / 2


def _draw_edges(page: Image, graph: AttributionGraph, layout: Layout) -> None:
    from PIL import Image, ImageDraw

    large = Image.new("RGB", (page.width * SMOOTHING, page.height * SMOOTHING), PAPER)
    brush = ImageDraw.Draw(large)
    lines = [(edge.count, layout.ends_of(edge), edge.skip) for edge in graph.edges]
    lines += [(support.count, layout.ends_of_support(support), False) for support in graph.supports]
    strongest = max((count for count, _, _ in lines), default=1)
    for count, ends, dashed in sorted(lines, key=itemgetter(0)):  # strong edges over weak ones
        _draw_edge(brush, ends, count / strongest, dashed=dashed)
    page.paste(large.resize(page.size, Image.Resampling.BOX))


def _draw_edge(brush: ImageDraw, ends: Ends, share: float, *, dashed: bool) -> None:
    colour = tuple(round(pale + share * (strong - pale)) for pale, strong in zip(PALE, STRONG, strict=True))
    width = THINNEST + share * (WIDEST - THINNEST)
    curve = [(x * SMOOTHING, y * SMOOTHING) for x, y in curve_between(*ends)]
    for stretch in _dashes(curve) if dashed else [curve]:
        brush.line(stretch, fill=colour, width=round(width * SMOOTHING), joint="curve")


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


def _draw_title(brush: ImageDraw, graph: AttributionGraph) -> None:
    summary = graph.summary
    brush.text((RIM, RIM), visible(summary.title), INK, _font(36), anchor="lt")
    facts = [
        visible(summary.name) if summary.name != summary.title else "",
        f"{summary.images} images" if summary.images else "",
        f"{len(graph.nodes)} channels",
        f"{len(graph.edges)} influences",
        graph.network,
    ]
    brush.text((RIM, RIM + 46), "  ·  ".join(filter(None, facts)), FAINT, _font(18), anchor="lt")


def _draw_output(brush: ImageDraw, title: str, place: tuple[int, int]) -> None:
    """The class's box with its title."""
    middle, top = place
    text, font = without_middle(visible(title), OUTPUT_LETTERS), _font(24)
    half = brush.textlength(text, font) / 2 + OUTPUT / 2
    box = (middle - half, top, middle + half, top + OUTPUT)
    brush.rounded_rectangle(box, radius=OUTPUT / 2, fill=BLANK, outline=STRONG, width=2)
    brush.text((middle, top + OUTPUT / 2), text, INK, font, anchor="mm")


def _picture(channel: Channel, pictures: Pictures) -> Image:
    """The channel's picture, or a blank square with its name."""
    from PIL import Image, ImageDraw

    file = pictures.file_of(channel)
    if file is not None and file.is_file():
        return _read(file).resize((PICTURE, PICTURE), Image.Resampling.LANCZOS)
    blank = Image.new("RGB", (PICTURE, PICTURE), BLANK)
    ImageDraw.Draw(blank).multiline_text(
        (PICTURE / 2, PICTURE / 2),
        f"{without_middle(channel.layer, 11)}\n{channel.index}",
        FAINT,
        _font(20),
        anchor="mm",
        align="center",
    )
    return blank


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
    return f"{round(100 * count / images)} %" if images else str(count)


def _font(size: int):  # type: ignore[no-untyped-def]  # Pillow is imported only where it is used
    from PIL import ImageFont

    return ImageFont.load_default(size)
