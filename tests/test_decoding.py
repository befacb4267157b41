"""Decoding one image file: supported formats, colour modes, orientation, metadata and damage."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import EpsImagePlugin, Image, ImageDraw, ImageFile, ImageOps, PngImagePlugin

from summit_graph.errors import UnreadableImageError
from summit_graph.images import decode_image, formats, png, read_batch, read_dataset
from summit_graph.images.libtiff_errors import FAX_CODES
from summit_graph.pictures.index import Pictures
from summit_graph.pictures.sheet import Sheet, draw_sheet
from summit_graph.records import AttributionGraph, Channel, ClassSummary, Node
from tests.test_inputs import write_tar

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n%%EndComments\nshowpage\n%%EOF\n"


def grey_ramp() -> Image.Image:
    return Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16))


def drawing() -> Image.Image:
    """Lines and a disc in black and white, like a fax."""
    image = Image.new("1", (200, 180), 1)
    brush = ImageDraw.Draw(image)
    brush.ellipse((30, 20, 150, 160), fill=0)
    for at in range(0, 200, 7):
        brush.line((at, 0, 200 - at, 180), fill=at % 2)
    return image


def saved(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def decoded(content: bytes) -> np.ndarray:
    return np.asarray(decode_image(io.BytesIO(content)))


def tiff(pixels: np.ndarray, *, bits: int, photometric: int = 1, numbers: int = 1, width: int = 0) -> bytes:
    """An uncompressed grey TIFF; ``numbers`` is 1 for unsigned, 2 for signed, 3 for floating point."""
    data = pixels.tobytes()
    order = ">" if pixels.dtype.byteorder == ">" else "<"
    tags = {256: width or pixels.size, 257: 1, 258: bits, 259: 1, 262: photometric, 273: 8, 277: 1, 278: 1}
    tags |= {279: len(data), 339: numbers}
    entries = b"".join(struct.pack(f"{order}HHII", tag, 4, 1, value) for tag, value in tags.items())
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8 + len(data))
    return head + data + struct.pack(f"{order}H", len(tags)) + entries + bytes(4)


@pytest.fixture
def ghostscript(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that a fake Ghostscript writes when it runs."""
    folder, ran = tmp_path / "bin", tmp_path / "ran"
    folder.mkdir()
    (folder / "gs").write_text(f'#!/bin/sh\n[ "$1" = --version ] || echo > "{ran}"\n')
    (folder / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None)
    with suppress(OSError), Image.open(io.BytesIO(EPS)) as image:
        image.load()
    assert ran.exists(), "Pillow itself runs it"
    ran.unlink()
    return ran


def test_no_program_is_run_for_an_image(ghostscript: Path, tmp_path: Path) -> None:
    """An EPS named .jpg is rejected without opening it: in a folder, in a tar, as a channel's picture.
    *Kind: a file decides which program runs.*"""
    photos = tmp_path / "photos"
    (photos / "cat").mkdir(parents=True)
    (photos / "cat" / "1.jpg").write_bytes(EPS)
    write_tar(tmp_path / "tars" / "cat.tar", {"1.jpg": EPS})
    for source in (photos, tmp_path / "tars"):
        dataset = read_dataset(source)
        batch = read_batch(dataset.root, dataset.files("cat", range(1)), skip_bad=True)
        assert [one.reason for one in batch.skipped] == ["it is PostScript"]
    channel = Channel("mixed4a", 1)
    about = ClassSummary("cat", None, "cat", 1, None, None, None)
    graph = AttributionGraph("mine", about, (Node(channel, 1, 0.5),), ())
    with pytest.raises(UnreadableImageError, match=r"1\.jpg does not decode .*PostScript"):
        draw_sheet(Sheet(graph, Pictures({(channel, "channel"): photos / "cat" / "1.jpg"})))
    assert not ghostscript.exists()


@pytest.mark.parametrize(
    "kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "PPM", "JPEG2000", "MPO"]
)
def test_supported_formats(kind: str) -> None:
    """Each is recognized by its content."""
    if kind not in ("MPO", *formats.readable_formats()):
        pytest.skip(f"this Pillow has no {kind}")
    assert decoded(saved(grey_ramp().resize((64, 48)), kind)).shape == (48, 64, 3)


@pytest.mark.parametrize("kind", ["EPS", "ICO", "TGA", "PCX", "DDS", "PDF", "SGI", "ICNS"])
def test_unsupported_formats(kind: str) -> None:
    """They are rejected, although Pillow could read most of them."""
    content = saved(grey_ramp().resize((64, 64)).convert("RGB"), kind)
    with pytest.raises(UnreadableImageError, match=r"^it is|^its format is unknown"):
        decoded(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"<!DOCTYPE html><html>", "it is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"<svg xmlns=", "it is an SVG"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "it starts as a JPEG, but is damaged"),
        (b"II*\0" + bytes(50), "it is a damaged TIFF, or its pixel type is not supported"),
        (b"what ever", "its format is unknown"),
    ],
)
def test_reason_names_the_content_of_other_files(content: bytes, reason: str) -> None:
    """*Kind: another file with the name of an image.*"""
    with pytest.raises(UnreadableImageError, match=reason):
        decoded(content)


def test_heic_names_the_package_that_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """*Kind: a format that needs another package.*"""
    monkeypatch.setattr(formats, "HEIF_PACKAGE", "no_such_package")
    formats.readable_formats.cache_clear()
    try:
        with pytest.raises(UnreadableImageError, match="it is HEIC: pip install pillow-heif"):
            decoded(b"\0\0\0\x18ftypheic" + bytes(40))
    finally:
        formats.readable_formats.cache_clear()


def test_heic_is_read_with_pillow_heif() -> None:
    """The colours are correct."""
    pillow_heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (64, 48), (200, 30, 60))).save(buffer)
    assert np.abs(decoded(buffer.getvalue())[20, 20].astype(int) - (200, 30, 60)).max() < 6


def test_truncated_images_are_always_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if other code has set LOAD_TRUNCATED_IMAGES. *Kind: a global setting of a library.*"""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(UnreadableImageError, match="truncated"):
        decoded(saved(grey_ramp(), "JPEG")[:-20])


WIDE = np.array([0, 255, 256, 30_000, 65_535], np.uint16)
HIGH_BYTES = [0, 0, 1, 117, 255]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (saved(Image.fromarray(WIDE[None]), "PNG"), HIGH_BYTES),
        (tiff(WIDE.astype("<u2"), bits=16), HIGH_BYTES),
        (tiff(WIDE.astype(">u2"), bits=16), HIGH_BYTES),
        (tiff(WIDE.astype("<u2"), bits=16, photometric=0), [255, 255, 254, 138, 0]),
        (tiff(np.frombuffer(b"\xff\xf0\x01\x80\x00\x10", np.uint8), bits=12, width=4), [255, 0, 128, 1]),
        (b"P5 5 1 65535\n" + WIDE.astype(">u2").tobytes(), [0, 1, 1, 117, 255]),
        (b"P5 3 1 1000\n" + np.array([0, 500, 1000], ">u2").tobytes(), [0, 128, 255]),
        (saved(Image.fromarray(WIDE[None].repeat(5, 0)), "JPEG2000", irreversible=False), HIGH_BYTES),
    ],
    ids=["png", "tiff", "big-endian", "white is zero", "12 bits", "pgm", "pgm to 1000", "jpeg2000"],
)
def test_grey_of_more_than_8_bits_uses_the_high_byte(content: bytes, expected: list[int]) -> None:
    """``convert("RGB")`` would make every value above 255 white. *Kind: decodes to wrong pixels.*"""
    picture = decoded(content)
    assert picture[0, :, 0].tolist() == expected
    assert (picture == picture[..., :1]).all()


def png_of_16_bits(*, colour_type: int, samples: int) -> bytes:
    """Five pixels with the values of ``WIDE`` in every sample."""
    row = b"\0" + WIDE.astype(">u2").repeat(samples).tobytes()
    header = struct.pack(">IIBBBBB", 5, 1, 16, colour_type, 0, 0, 0)
    chunks = {b"IHDR": header, b"IDAT": zlib.compress(row), b"IEND": b""}
    return png.SIGNATURE + b"".join(chunk(name, content) for name, content in chunks.items())


def test_16_bit_grey_and_16_bit_colours_agree() -> None:
    """A grey image decodes to the same pixels from one channel, from three, and with alpha."""
    for colour_type, samples in {0: 1, 2: 3, 4: 2, 6: 4}.items():
        picture = decoded(png_of_16_bits(colour_type=colour_type, samples=samples))
        assert picture[0].T.tolist() == [HIGH_BYTES] * 3
    every = np.arange(65_536, dtype=">u2")
    grey, colour = b"P5 65536 1 65535\n" + every.tobytes(), b"P6 65536 1 65535\n" + every.repeat(3).tobytes()
    assert np.array_equal(decoded(grey), decoded(colour))


@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        (tiff(np.linspace(0, 1, 5, dtype="<f4"), bits=32, numbers=3), "floating-point"),
        (tiff(np.linspace(0, 1, 5, dtype="<f4"), bits=32, numbers=3, photometric=0), "floating-point"),
        (b"Pf\n2 1\n-1.0\n" + np.array([0, 1], "<f4").tobytes(), "floating-point"),
        (tiff(np.arange(5, dtype="<i2"), bits=16, numbers=2), "signed or 32-bit"),
        (tiff(np.arange(5, dtype="<u4"), bits=32), "signed or 32-bit"),
    ],
)
def test_numbers_without_a_range_are_rejected(content: bytes, numbers: str) -> None:
    """White is undefined; floats in [0, 1] would become black. *Kind: decodes to wrong pixels.*"""
    with pytest.raises(UnreadableImageError, match=f"its pixels are {numbers} numbers without a range"):
        decoded(content)


RED, RED_CMYK = (200, 30, 60), (0, 255, 255, 0)


def test_cmyk_becomes_rgb() -> None:
    """CMYK is inverted in a JPEG, as Adobe writes it, and not in a TIFF; both become red here."""
    image = Image.new("CMYK", (64, 64), RED_CMYK)
    for kind in ("JPEG", "TIFF"):
        assert np.abs(decoded(saved(image, kind)).astype(int) - (255, 0, 0)).max() < 4


def test_lab_becomes_rgb() -> None:
    """L 54.3, a 80.8, b 69.9 is red in sRGB (D50)."""
    image = Image.new("LAB", (8, 8), (138, 128 + 81, 128 + 70))
    assert np.abs(decoded(saved(image, "TIFF")).astype(int) - (255, 0, 0)).max() < 8


def test_transparency_is_dropped_in_every_form() -> None:
    """The stored colours are used with alpha, with one transparent colour, and with a transparent palette."""
    forms = {
        "alpha": saved(Image.new("RGBA", (8, 8), (*RED, 0)), "PNG"),
        "grey and alpha": saved(Image.new("LA", (8, 8), (90, 0)), "PNG"),
        "one colour": saved(Image.new("RGB", (8, 8), RED), "PNG", transparency=RED),
        "palette": saved(Image.new("RGB", (8, 8), RED).quantize(4), "PNG", transparency=bytes(4)),
        "gif": saved(Image.new("RGB", (8, 8), RED).quantize(4), "GIF", transparency=0),
    }
    for form, content in forms.items():
        expected = (90, 90, 90) if form == "grey and alpha" else RED
        assert (decoded(content) == expected).all(), form


@pytest.mark.parametrize("turned", range(2, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
def test_every_orientation(kind: str, turned: int) -> None:
    """The result equals that of Pillow's ``exif_transpose``."""
    if kind not in formats.readable_formats():
        pytest.skip(f"this Pillow has no {kind}")
    exif = Image.Exif()
    exif[0x0112] = turned
    content = saved(grey_ramp().resize((64, 48)).convert("RGB"), kind, exif=exif)
    with Image.open(io.BytesIO(content)) as image:
        expected = ImageOps.exif_transpose(image).convert("RGB")
    assert np.array_equal(decoded(content), np.asarray(expected))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF", "MPO"])
def test_first_of_several_images_is_used(kind: str) -> None:
    """In animations, files with several pages, and stereo images."""
    first, second = (Image.new("RGB", (64, 48), colour) for colour in ("white", "black"))
    content = saved(first, kind, save_all=True, append_images=[second])
    assert decoded(content).min() > 250


def test_heic_is_rotated_once() -> None:
    """Its own rotation and the EXIF orientation mean the same rotation."""
    pillow_heif = pytest.importorskip("pillow_heif")
    image = Image.new("RGB", (64, 48), "white")
    image.paste((255, 0, 0), (0, 0, 32, 24))
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, exif=exif.tobytes(), quality=-1)
    picture = decoded(buffer.getvalue())
    assert picture.shape == (64, 48, 3)
    assert picture[10, 40, 1] < 60
    assert picture[10, 10, 1] > 200


def chunk(name: bytes, content: bytes, *, damaged: bool = False) -> bytes:
    checksum = zlib.crc32(name + content) ^ damaged
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def with_chunks(png: bytes, *chunks: bytes, before: bytes = b"IDAT") -> bytes:
    at = png.index(before) - 4
    return png[:at] + b"".join(chunks) + png[at:]


LARGE_TEXT = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(3_000_000)))
TURNED = chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0")


@pytest.mark.parametrize(
    "metadata",
    [
        chunk(b"eXIf", b"nonsense"),
        chunk(b"tEXt", b"Comment\0x", damaged=True),
        chunk(b"zTXt", b"Comment\0\0nonsense"),
        chunk(b"iCCP", b"profile\0\0" + zlib.compress(bytes(3_000_000))),
        chunk(b"gAMA", b"\0"),
        chunk(b"pHYs", b"", damaged=True),
        LARGE_TEXT,
    ],
    ids=["EXIF", "checksum", "compressed text", "profile", "gamma", "resolution", "large text"],
)
@pytest.mark.parametrize("before", [b"IDAT", b"IEND"])
def test_png_with_bad_metadata_is_read(metadata: bytes, before: bytes) -> None:
    """Its pixels decode completely. *Kind: rejected for content that is not needed.*"""
    content = saved(grey_ramp(), "PNG")
    assert np.array_equal(decoded(with_chunks(content, metadata, before=before)), decoded(content))


def test_orientation_is_applied_next_to_bad_metadata() -> None:
    """A correct eXIf chunk applies although another text chunk is too large."""
    content = saved(grey_ramp(), "PNG")
    turned = decoded(with_chunks(content, TURNED))
    assert not np.array_equal(turned, decoded(content))
    assert np.array_equal(decoded(with_chunks(content, LARGE_TEXT, TURNED)), turned)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_unreadable_exif_counts_as_missing(kind: str) -> None:
    """JPEG and WebP files with malformed EXIF are read as if they had none."""
    image = grey_ramp().convert("RGB")
    plain, malformed = saved(image, kind), saved(image, kind, exif=b"Exif\0\0nonsense")
    assert np.array_equal(decoded(plain), decoded(malformed))


@pytest.mark.parametrize("name", [b"IDAT", b"PLTE"])
def test_png_with_damaged_pixels_is_rejected(name: bytes) -> None:
    """A wrong checksum in a critical chunk is an error."""
    content = bytearray(saved(grey_ramp().convert("P"), "PNG"))
    content[content.index(name) + 10] ^= 1
    with pytest.raises(UnreadableImageError):
        decoded(bytes(content))


def damaged_somewhere(content: bytes, at: int) -> bytes:
    damaged = bytearray(content)
    damaged[at] ^= 0xFF
    return bytes(damaged)


def is_whole(content: bytes) -> bool:
    try:
        decoded(content)
    except UnreadableImageError:
        return False
    return True


#: The minimum share of damaged files that the decoder detects.
NOTICED = {
    "tiff_lzw": 0.2,
    "tiff_adobe_deflate": 0.5,
    "lzma": 0.9,
    "group4": 0.8,
    "tiff_ccitt": 0.3,
}


@pytest.mark.parametrize("compression", NOTICED)
def test_libtiff_errors_reject_the_file(compression: str, capfd: pytest.CaptureFixture) -> None:
    """Fax data decodes "successfully" to wrong pixels; nothing is printed. *Kind: an ignored error of a
    decoder.*"""
    image = drawing() if compression in FAX_CODES else drawing().convert("RGB")
    content = saved(image, "TIFF", compression=compression)
    assert is_whole(content)
    places = range(30, len(content) - 250, len(content) // 60)
    noticed = [not is_whole(damaged_somewhere(content, at)) for at in places]
    assert np.mean(noticed) >= NOTICED[compression]
    assert capfd.readouterr().err == ""


def test_pillow_logs_are_not_printed(tmp_path: Path) -> None:
    """Pillow also raises them as errors. *Kind: a message of a dependency.*"""
    one, nine = (struct.pack("<HHII", 277, 4, 1, samples) for samples in (1, 9))  # samples per pixel
    content = tiff(np.zeros(4, np.uint8), bits=8)
    assert one in content
    code = "import sys; from summit_graph.images import decode_image; decode_image(open(sys.argv[1], 'rb'))"
    (tmp_path / "nine.tif").write_bytes(content.replace(one, nine))
    command = [sys.executable, "-c", code, str(tmp_path / "nine.tif")]
    done = subprocess.run(command, capture_output=True, check=False)
    assert b"UnreadableImageError" in done.stderr
    assert b"More samples per pixel" not in done.stderr


def test_libtiff_error_is_the_reason() -> None:
    """The message quotes libtiff."""
    content = saved(drawing(), "TIFF", compression="group4")
    with pytest.raises(UnreadableImageError, match=r"its decoder reports: .* line \d+ of strip 0"):
        decoded(damaged_somewhere(content, len(content) // 4))


def test_fax_data_is_rejected_without_libtiff_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise damage would not be detected."""
    monkeypatch.setattr("summit_graph.images.decoding.errors_are_collected", lambda: False)
    with pytest.raises(UnreadableImageError, match="fax-coded"):
        decoded(saved(drawing(), "TIFF", compression="group4"))
    assert decoded(saved(drawing(), "TIFF", compression="tiff_lzw")).shape == (180, 200, 3)


def test_libtiff_errors_are_separate_per_thread() -> None:
    """A good image is not rejected because another thread decodes a damaged one."""
    content = saved(drawing(), "TIFF", compression="group4")
    damaged = damaged_somewhere(content, len(content) // 4)
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(is_whole, [content, damaged] * 100)) == [True, False] * 100


def test_raw_file_of_a_camera_is_rejected() -> None:
    """It starts with a small preview, which would be counted. *Kind: decodes to wrong pixels.*"""
    content = saved(grey_ramp(), "TIFF", tiffinfo={254: 1})
    with pytest.raises(UnreadableImageError, match="only a preview"):
        decoded(content)


def test_pillow_rejects_large_png_metadata() -> None:
    """The tests above depend on this limit of Pillow."""
    with (
        pytest.raises(ValueError, match="too large"),
        Image.open(io.BytesIO(with_chunks(saved(grey_ramp(), "PNG"), LARGE_TEXT))),
    ):
        pass
    assert PngImagePlugin.MAX_TEXT_CHUNK < 3_000_000
