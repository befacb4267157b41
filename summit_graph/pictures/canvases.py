"""What a sheet is drawn on: pixels (Pillow), or a page of a PDF with lines and selectable text (fpdf2).

Both take pixels of the sheet from the top left. Anchors of text are Pillow's: ``l`` or ``m`` (left, middle),
then ``t``, ``m`` or ``a`` (top, middle, ascender).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, get_args

from summit_graph.pictures.fonts import drawable, font_with, is_western

if TYPE_CHECKING:
    from PIL.Image import Image

Colour = tuple[int, int, int]
Point = tuple[float, float]
Box = tuple[float, float, float, float]
#: Sizes of a page, upright, in points.
Paper = Literal["a4", "letter"]
PAPERS: dict[Paper, tuple[float, float]] = {"a4": (595.28, 841.89), "letter": (612, 792)}
assert set(PAPERS) == set(get_args(Paper))
PAPER: Colour = (255, 255, 255)
#: The margin of a page in points.
MARGIN = 28
#: Lines are drawn at this scale and reduced, for antialiasing.
SMOOTHING = 2
#: Height of the base line of a text below its anchor, as a share of the font's size.
_BASELINES = {"t": 0.72, "m": 0.35, "a": 0.92}
_LINE = 1.2  # distance of lines, as a share of the font's size


class Stroke(NamedTuple):
    """A line through points."""

    points: Sequence[Point]
    colour: Colour
    width: float


class Canvas(Protocol):
    """What a sheet needs."""

    def strokes(self, strokes: Sequence[Stroke]) -> None:
        """Draw lines, the later ones above the earlier; called once, before everything else."""

    def box(self, box: Box, *, radius: float, fill: Colour, outline: Colour | None = None) -> None:
        """Draw a rectangle (left, top, right, bottom) with round corners."""

    def text(self, place: Point, text: str, size: float, colour: Colour, anchor: str) -> None:
        """Draw text of one line or several."""

    def width_of(self, text: str, size: float) -> float:
        """The width of a text of one line."""

    def picture(self, place: Point, image: Image, side: float) -> None:
        """Draw a square picture; ``place`` is its left and top."""


class PixelCanvas:
    """A picture in memory, RGB."""

    def __init__(self, size: tuple[int, int]) -> None:
        from PIL import Image, ImageDraw

        self.image = Image.new("RGB", size, PAPER)
        self._brush = ImageDraw.Draw(self.image)

    def strokes(self, strokes: Sequence[Stroke]) -> None:
        """See ``Canvas``."""
        from PIL import Image, ImageDraw

        width, height = self.image.size
        large = Image.new("RGB", (width * SMOOTHING, height * SMOOTHING), PAPER)
        brush = ImageDraw.Draw(large)
        for points, colour, thickness in strokes:
            scaled = [(x * SMOOTHING, y * SMOOTHING) for x, y in points]
            brush.line(scaled, fill=colour, width=round(thickness * SMOOTHING), joint="curve")
        self.image.paste(large.resize(self.image.size, Image.Resampling.BOX))

    def box(self, box: Box, *, radius: float, fill: Colour, outline: Colour | None = None) -> None:
        """See ``Canvas``."""
        self._brush.rounded_rectangle(box, radius=radius, fill=fill, outline=outline, width=2)

    def text(self, place: Point, text: str, size: float, colour: Colour, anchor: str) -> None:
        """See ``Canvas``; letters have a rim of the paper's colour, so that they can be read on lines."""
        shown, font = drawable(text), _pixel_font(text, size)
        if "\n" in shown:
            align = "center" if anchor[0] == "m" else "left"
            self._brush.multiline_text(place, shown, colour, font, anchor=anchor, align=align)
        else:
            self._brush.text(place, shown, colour, font, anchor=anchor, stroke_width=2, stroke_fill=PAPER)

    def width_of(self, text: str, size: float) -> float:
        """See ``Canvas``."""
        return self._brush.textlength(drawable(text), _pixel_font(text, size))

    def picture(self, place: Point, image: Image, side: float) -> None:
        """See ``Canvas``."""
        from PIL.Image import Resampling

        edge = round(side)
        self.image.paste(image.resize((edge, edge), Resampling.LANCZOS), (round(place[0]), round(place[1])))


def _pixel_font(text: str, size: float):  # type: ignore[no-untyped-def]  # Pillow is imported where it is used
    from PIL import ImageFont

    file = None if is_western(text) else font_with(text.replace("\n", ""))
    return ImageFont.truetype(str(file), size) if file else ImageFont.load_default(size)


class PdfCanvas:
    """One page; the sheet is scaled to it, and the page is turned where the sheet is wide."""

    def __init__(self, size: tuple[int, int], paper: Paper, texts: Mapping[str, str]) -> None:
        """Make the page; ``texts`` are the file's title, subject and creator."""
        from fpdf import FPDF

        short, long = PAPERS[paper]
        turned = size[0] > size[1]
        width, height = (long, short) if turned else (short, long)
        self.pdf = FPDF(orientation="portrait", unit="pt", format=(width, height))
        self.pdf.set_auto_page_break(False)
        self.pdf.add_page()
        for name, text in texts.items():
            getattr(self.pdf, f"set_{name}")(text)
        room = (width - 2 * MARGIN, height - 2 * MARGIN)
        self._scale = min(room[0] / size[0], room[1] / size[1])
        self._left = (width - self._scale * size[0]) / 2
        self._top = MARGIN

    def strokes(self, strokes: Sequence[Stroke]) -> None:
        """See ``Canvas``."""
        for points, colour, width in strokes:
            self.pdf.set_draw_color(*colour)
            self.pdf.set_line_width(width * self._scale)
            self.pdf.polyline([self._at(point) for point in points])

    def box(self, box: Box, *, radius: float, fill: Colour, outline: Colour | None = None) -> None:
        """See ``Canvas``."""
        (left, top), (right, bottom) = self._at(box[:2]), self._at(box[2:])
        self.pdf.set_fill_color(*fill)
        self.pdf.set_draw_color(*(outline or fill))
        self.pdf.set_line_width(2 * self._scale)
        self.pdf.rect(
            left,
            top,
            right - left,
            bottom - top,
            style="DF" if outline else "F",
            round_corners=radius > 0,
            corner_radius=radius * self._scale,
        )

    def text(self, place: Point, text: str, size: float, colour: Colour, anchor: str) -> None:
        """See ``Canvas``."""
        lines = drawable(text).split("\n")
        self._use_font(text, size)
        self.pdf.set_text_color(*colour)
        x, y = self._at(place)
        unit = size * self._scale
        y += unit * (_BASELINES[anchor[1]] - (_LINE * (len(lines) - 1) / 2 if anchor[1] == "m" else 0))
        for at, line in enumerate(lines):
            shift = self.pdf.get_string_width(line) / 2 if anchor[0] == "m" else 0
            self.pdf.text(x - shift, y + at * _LINE * unit, line)

    def width_of(self, text: str, size: float) -> float:
        """See ``Canvas``."""
        self._use_font(text, size)
        return self.pdf.get_string_width(drawable(text)) / self._scale

    def picture(self, place: Point, image: Image, side: float) -> None:
        """See ``Canvas``."""
        x, y = self._at(place)
        self.pdf.image(image, x, y, side * self._scale, side * self._scale)

    def _at(self, point: Sequence[float]) -> Point:
        return self._left + point[0] * self._scale, self._top + point[1] * self._scale

    def _use_font(self, text: str, size: float) -> None:
        """Helvetica, which every reader has; for other letters a font of the system, embedded."""
        file = None if is_western(text) else font_with(text.replace("\n", ""))
        family = file.stem if file else "helvetica"
        if file and family.lower() not in self.pdf.fonts:
            self.pdf.add_font(family, fname=file)
        self.pdf.set_font(family, size=size * self._scale)
