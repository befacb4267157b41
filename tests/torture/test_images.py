"""Damaged images of every format: each is read or rejected, in bounded time and memory."""

from __future__ import annotations

import io
import multiprocessing
import random
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import psutil
from PIL import Image

from summit_graph.errors import UnreadableImageError
from summit_graph.images import read_pixels
from tests.torture.rounds import IMAGES

#: Format, and options to save it with.
FORMATS: list[tuple[str, dict[str, str]]] = [
    ("JPEG", {}),
    ("PNG", {}),
    ("WEBP", {}),
    ("GIF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("TIFF", {"compression": "tiff_adobe_deflate"}),
    ("TIFF", {"compression": "jpeg"}),
    ("BMP", {}),
    ("AVIF", {}),
    ("PPM", {}),
    ("JPEG2000", {}),
]
BATCH = 200
BATCH_SECONDS = 300
MOST_MEMORY = 1 << 30


def whole_images() -> list[bytes]:
    picture = Image.effect_noise((96, 64), 60).convert("RGB")
    contents = []
    for kind, options in FORMATS:
        content = io.BytesIO()
        picture.save(content, kind, **options)
        contents.append(content.getvalue())
    return contents


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """With some bytes changed, a part removed, repeated or zero, or the end cut off; often in the head."""
    content = bytearray(whole)
    reach = len(content) if chance.random() < 0.5 else min(256, len(content))
    start = chance.randrange(reach)
    end = min(len(content), start + chance.randrange(1, 64))
    match chance.randrange(5):
        case 0:
            for _ in range(chance.randrange(1, 20)):
                content[chance.randrange(reach)] = chance.randrange(256)
        case 1:
            del content[start:end]
        case 2:
            content[start:start] = content[start:end]
        case 3:
            content[start:end] = bytes(end - start)
        case 4:
            del content[start:]
    return bytes(content)


def read_damaged(numbers: range) -> tuple[int, int]:
    """Read these images; returns how many were read, and the largest memory in bytes behind an image.

    ``ru_maxrss`` would not do: it starts from the memory of the process that started this one.
    """
    wholes, read, memory = whole_images(), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            chance = random.Random(number)
            file = Path(folder) / "image.jpg"  # the name says nothing
            file.write_bytes(damaged(chance.choice(wholes), chance))
            try:
                pixels = read_pixels(file)
            except UnreadableImageError:
                continue
            assert pixels.shape[:2] == (224, 224), number
            read += 1
            memory = max(memory, psutil.Process().memory_info().rss)
    return read, memory


def test_damaged_images_are_read_or_rejected() -> None:
    """No crash of the process, no other exception, no endless loop, no gigabytes."""
    read = 0
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        for start in range(0, IMAGES, BATCH):
            numbers = range(start, min(start + BATCH, IMAGES))
            found, memory = pool.submit(read_damaged, numbers).result(BATCH_SECONDS)
            read += found
            assert memory < MOST_MEMORY, numbers
    assert 0 < read < IMAGES
