"""Folders of class folders as datasets, and files as pixels."""

import hashlib
import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torchvision import transforms

from summit_graph.errors import SummitGraphError, UnknownNameError, UnreadableImageError
from summit_graph.images import read_batch, read_dataset, read_pixels
from summit_graph.images.input_rule import IMAGENET_INPUT
from summit_graph.settings import Home
from tests.small_model import write_images


def picture(width: int, height: int, seed: int = 0) -> Image.Image:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(noise)


@pytest.mark.parametrize("squash", [False, True])
@settings(max_examples=25, deadline=None)
@given(width=st.integers(1, 700), height=st.integers(1, 700))
def test_resize_and_crop_equal_torchvision(tmp_path_factory, squash, width, height):
    """Every pixel equals Resize(256) or Resize((256, 256)), and CenterCrop(224), for any shape of image."""
    file = tmp_path_factory.mktemp("sizes") / "x.png"
    image = picture(width, height)
    image.save(file, compress_level=0)
    resized = transforms.Resize((256, 256) if squash else 256)(image)
    found = read_pixels(file, rule=replace(IMAGENET_INPUT, squash=squash))
    assert np.array_equal(found, np.asarray(transforms.CenterCrop(224)(resized)))


@pytest.mark.parametrize("size", [(257, 256), (256, 259), (333, 256), (256, 256)])
def test_odd_margins_are_rounded_half_to_even(tmp_path, size):
    """(side - 224)/2 that ends in .5 is rounded to the even integer."""
    file = tmp_path / "x.png"
    picture(*size).save(file)
    left, top = round((size[0] - 224) / 2), round((size[1] - 224) / 2)
    assert np.array_equal(read_pixels(file), np.asarray(picture(*size))[top : top + 224, left : left + 224])


def test_orientation_is_applied(tmp_path):
    """An image with EXIF orientation 6 is rotated before it is resized."""
    image = picture(256, 256)
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.png", exif=exif)
    image.transpose(Image.Transpose.ROTATE_270).save(tmp_path / "upright.png")
    assert np.array_equal(read_pixels(tmp_path / "turned.png"), read_pixels(tmp_path / "upright.png"))


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1", "LA"])
def test_every_mode_becomes_rgb(tmp_path, mode):
    """Grey, palette, alpha (dropped, not blended) and CMYK give the result of convert("RGB")."""
    image = picture(256, 256).convert(mode)
    file = tmp_path / ("x.tiff" if mode == "CMYK" else "x.png")
    image.save(file)
    assert np.array_equal(read_pixels(file), np.asarray(image.convert("RGB").crop((16, 16, 240, 240))))


def test_dataset_lists_subfolders_and_ignores_dot_names(tmp_path):
    """Classes and files are sorted; files next to the class folders are ignored."""
    for name in ("b/2.png", "b/10.png", "b/sub/1.png", "a/x.png", ".hidden/x.png", "a/.DS_Store", "note.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    dataset = read_dataset(tmp_path)
    assert dataset.classes == {"a": ["a/x.png"], "b": ["b/10.png", "b/2.png", "b/sub/1.png"]}
    assert (dataset.name, len(dataset)) == (tmp_path.name, 4)
    assert list(read_dataset(tmp_path, only=["b"]).classes) == ["b"]


def test_links_are_followed_without_loops(tmp_path):
    """A linked folder is read; a link to its own parent is ignored."""
    root = write_images(tmp_path / "data", {"a": 1})
    write_images(tmp_path / "elsewhere", {"more": 1})
    (root / "a" / "linked").symlink_to(tmp_path / "elsewhere" / "more")
    (root / "a" / "loop").symlink_to(root / "a")
    (root / "b").symlink_to(tmp_path / "elsewhere" / "more")
    assert read_dataset(root).classes == {"a": ["a/000.png", "a/linked/000.png"], "b": ["b/000.png"]}


def test_source_without_classes_is_an_error(tmp_path):
    """A missing folder, a file, and a folder without class folders are named in the error."""
    (tmp_path / "file").touch()
    for path, words in ((tmp_path / "missing", "does not exist"), (tmp_path / "file", "is not a folder")):
        with pytest.raises(SummitGraphError, match=words):
            read_dataset(path)
    with pytest.raises(SummitGraphError, match="has no class folders"):
        read_dataset(tmp_path)


def test_names_that_are_not_utf_8_are_an_error(tmp_path):
    """The manifest cannot contain the name of such a class or dataset."""
    latin = os.fsdecode("caf\u00e9".encode("latin-1"))
    write_images(tmp_path / latin, {"a": 1})
    with pytest.raises(SummitGraphError, match=r"dataset 'caf\ufffd' .* is not named in UTF-8: rename it"):
        read_dataset(tmp_path / latin)
    with pytest.raises(SummitGraphError, match=r"class 'caf\ufffd' .* is not named in UTF-8: rename it"):
        read_dataset(tmp_path)


def test_every_path_has_a_run_folder():
    """Also a path that is not UTF-8; the folder of a UTF-8 path never changes."""
    latin = os.fsdecode("caf\u00e9".encode("latin-1"))
    assert Home().run_folder("examples", latin) != Home().run_folder("examples", "caf\u00e9")
    assert Home().run_folder("a", "b").name == hashlib.sha256(b"a\0b").hexdigest()[:16]


def test_missing_class_is_an_error(tmp_path):
    """The error names the class that does not exist."""
    with pytest.raises(UnknownNameError, match="'zebra'"):
        read_dataset(write_images(tmp_path, {"a": 1}), only=["zebra"])


def bad_files(folder) -> None:
    """Write one good image, and a bad file of each kind."""
    picture(300, 300).save(folder / "whole.jpg")
    whole = (folder / "whole.jpg").read_bytes()
    (folder / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.jpg").touch()
    (folder / "notes.txt").write_text("not an image")
    (folder / "broken.jpg").symlink_to(folder / "nowhere.jpg")
    damaged = picture(50, 50)
    damaged.save(folder / "x.png")
    content = bytearray((folder / "x.png").read_bytes())
    content[60:400] = bytes(340)
    (folder / "damaged.png").write_bytes(content)
    (folder / "x.png").unlink()


def test_bad_files_are_skipped_with_reasons(tmp_path):
    """Truncated, empty, text, broken link and damaged files are listed; the good ones are read."""
    (tmp_path / "a").mkdir()
    bad_files(tmp_path / "a")
    files = read_dataset(tmp_path).classes["a"]
    pixels, numbers, skipped = read_batch(tmp_path, files, skip_bad=True)
    assert pixels.shape == (1, 224, 224, 3)
    assert [files[number] for number in numbers] == ["a/whole.jpg"]
    assert [one.file for one in skipped] == [
        f"a/{name}" for name in ("broken.jpg", "damaged.png", "empty.jpg", "notes.txt", "truncated.jpg")
    ]
    assert all(one.reason and "\n" not in one.reason for one in skipped)


def test_first_bad_file_is_an_error_without_skip_bad(tmp_path):
    """The error names the file and --skip-bad."""
    root = write_images(tmp_path, {"a": 2})
    (root / "a" / "0005.jpg").write_text("no image")
    with pytest.raises(UnreadableImageError, match=r"a/0005\.jpg does not decode.*--skip-bad"):
        read_batch(root, read_dataset(root).classes["a"], skip_bad=False)


def test_very_thin_image_is_an_error(tmp_path):
    """1 x 5000 pixels would be resized to 256 x 1,280,000."""
    picture(1, 5000).save(tmp_path / "thin.png")
    with pytest.raises(UnreadableImageError, match="too thin"):
        read_pixels(tmp_path / "thin.png")
