"""One page with an attribution graph: its channels' pictures, layer by layer, and the edges between them.

1. Rows are layers, the highest at the top, with channels in the order of ``analysis.row_order``. The class is
   above them where it is known which channels contribute to its output.
2. A channel that skips pass on (``analysis.runs``) is a column: one bar, with the pictures of its ends and a
   small mark for each layer between.
3. Edges are drawn only in the empty band between two rows, so they never cover a picture or a label.
4. An edge's width and shade show its count's share of the images; a label shows the share of the channel.

The output is a PNG, or a PDF of the same picture. Needs Pillow but no database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from summit_graph.analysis.row_order import order_rows, place_columns
from summit_graph.analysis.runs import Run, joined_in, runs_of
from summit_graph.analysis.shares import percent
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
#: A row of small marks only, and the empty band above it; the mark; the width of a bar.
LOW_ROW, LOW_BAND, MARK, BAR = 54, 10, 26, 14
BAR_COLOUR, MARK_COLOUR = (206, 211, 222), (150, 156, 168)
#: The box of the class above the rows.
OUTPUT = 56
OUTPUT_LETTERS = 40
INK, FAINT, PAPER, BLANK = (32, 32, 30), (120, 120, 116), (255, 255, 255), (228, 228, 225)
#: Colours of edges from the weakest to the strongest.
PALE, STRONG = (212, 214, 220), (38, 70, 120)
#: The strongest edges of a graph of what speaks against a class.
STRONG_AGAINST = (170, 34, 28)
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
    """Rows of channels without overlap, runs in columns, all centred on the page."""
    influences = [(edge.previous, edge.channel, edge.count) for edge in graph.edges]
    runs = runs_of(graph.edges)
    ordered = order_rows((node.channel for node in graph.nodes), influences, runs)
    across = place_columns(ordered.values(), runs, distance=PICTURE + GAP)
    half = max(map(abs, across.values()), default=0)
    width = 2 * RIM + NAMES + int(max(2 * half + PICTURE, 6 * PICTURE))
    middle = (width + NAMES) // 2
    first = RIM + TITLE + (OUTPUT + BAND if graph.has_output else 0)
    rows, bottoms = _lay_out_rows(ordered, _folded(runs), first)
    places = {channel: (int(middle + x - PICTURE / 2), rows[channel.layer]) for channel, x in across.items()}
    output = (middle, RIM + TITLE) if graph.has_output else None
    height = RIM + max(bottoms.values(), default=TITLE + PICTURE + LABEL)
    return Layout((width, height), rows, bottoms, places, runs, output)


def _lay_out_rows(
    ordered: dict[str, list[Channel]], folded: set[Channel], top: int
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
        tops[layer], bottoms[layer] = top, top + (LOW_ROW if is_low else PICTURE + LABEL)
        was_low = is_low
    return tops, bottoms


def _folded(runs: Iterable[Run]) -> set[Channel]:
    """The channels between the ends of runs."""
    return {channel for run in runs for channel in run[1:-1]}


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
        middle = (top + min(layout.bottoms[layer], top + PICTURE)) / 2
        brush.multiline_text((RIM, middle), _broken(layer), INK, _font(24), anchor="lm")
    folded = layout.folded
    for node in graph.nodes:
        left, top = layout.places[node.channel]
        label = f"{node.channel.index} · {_share(node.count, graph.summary.images)}"
        if node.channel in folded:
            _draw_mark(brush, layout.middle_of(node.channel), label)
            continue
        page.paste(_picture(node.channel, pictures), (left, top))
        brush.text((left + PICTURE / 2, top + PICTURE + 4), label, INK, _font(17), anchor="ma")
    return page


def _draw_mark(brush: ImageDraw, middle: tuple[float, float], label: str) -> None:
    """A small mark on a bar, with its label below."""
    x, y = middle
    box = (x - MARK / 2, y - MARK, x + MARK / 2, y)
    brush.rounded_rectangle(box, radius=5, fill=MARK_COLOUR)
    brush.text((x, y + 3), label, INK, _font(17), anchor="ma", stroke_width=3, stroke_fill=PAPER)


def _draw_edges(page: Image, graph: AttributionGraph, layout: Layout) -> None:
    from PIL import Image, ImageDraw

    large = Image.new("RGB", (page.width * SMOOTHING, page.height * SMOOTHING), PAPER)
    brush = ImageDraw.Draw(large)
    for run in layout.runs:
        bar = [(x * SMOOTHING, y * SMOOTHING) for x, y in layout.ends_of_bar(run)]
        brush.line(bar, fill=BAR_COLOUR, width=BAR * SMOOTHING)
    on_bars = joined_in(layout.runs)
    edges = [edge for edge in graph.edges if (edge.previous, edge.channel) not in on_bars]
    lines = [(edge.count, layout.ends_of(edge), edge.skip) for edge in edges]
    lines += [(support.count, layout.ends_of_support(support), False) for support in graph.supports]
    strongest = max((count for count, _, _ in lines), default=1)
    colour = STRONG_AGAINST if graph.parameters and graph.parameters.is_against else STRONG
    for count, ends, dashed in sorted(lines, key=itemgetter(0)):  # strong edges over weak ones
        _draw_edge(brush, ends, count / strongest, dashed=dashed, strongest=colour)
    page.paste(large.resize(page.size, Image.Resampling.BOX))


def _draw_edge(
    brush: ImageDraw, ends: Ends, share: float, *, dashed: bool, strongest: tuple[int, int, int]
) -> None:
    colour = tuple(round(pale + share * (full - pale)) for pale, full in zip(PALE, strongest, strict=True))
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
        graph.parameters.measure_text if graph.parameters else "",
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
    return percent(count / images) if images else str(count)


def _font(size: int):  # type: ignore[no-untyped-def]  # Pillow is imported only where it is used
    from PIL import ImageFont

    return ImageFont.load_default(size)
