"""Dataset examples: equal to looking at every image by itself, exact across pieces and interruptions."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from summit_graph.channel_images import examples as examples_room
from summit_graph.channel_images.examples import Gathered, gather_examples, write_examples
from summit_graph.channel_images.receptive import Field, box_around, fields_of
from summit_graph.cli import main
from summit_graph.errors import UnreadableImageError
from summit_graph.images import read_dataset, read_pixels
from summit_graph.model.architecture import InceptionV1
from summit_graph.model.weights import Weights
from summit_graph.pictures import find_pictures, read_examples
from summit_graph.records import BRANCHES, LAYER_NAMES, Channel, Layer
from tests.small_model import small_weights, write_images, write_small_weights


@pytest.fixture(scope="module")
def weights() -> Weights:
    return small_weights()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return write_images(tmp_path / "photos", {"ant": 9, "bee": 8})


def gather(photos: Path, weights: Weights, work: Path, **options: object) -> Gathered:
    return gather_examples(read_dataset(photos), weights, work_dir=work, kept=4, **options)  # type: ignore[arg-type]


def by_hand(photos: Path, weights: Weights) -> dict[str, list[tuple[str, float]]]:
    """Each channel's four strongest files, found image by image."""
    model = InceptionV1(weights)
    found: dict[str, list[tuple[float, str]]] = {}
    for file in sorted(photos.rglob("*.png")):
        for maps in model.forward(torch.from_numpy(read_pixels(file))[None]).mixed:
            for index, plane in enumerate(maps.output[0]):
                if plane.max() > 0:
                    entry = (-float(plane.max()), str(file.relative_to(photos)))
                    found.setdefault(f"{maps.name}/{index}", []).append(entry)
    return {
        channel: [(file, -value) for value, file in sorted(entries)[:4]] for channel, entries in found.items()
    }


def written(folder: Path) -> dict[str, list[tuple[str, float]]]:
    content = json.loads((folder / "examples.json").read_text())["examples"]
    return {
        channel: [(one["file"], one["activation"]) for one in entries] for channel, entries in content.items()
    }


def test_examples_are_those_found_image_by_image(photos: Path, weights: Weights, tmp_path: Path) -> None:
    """For every channel the same files in the same order, in batches and pieces or one by one."""
    write_examples(gather(photos, weights, tmp_path / "work"), tmp_path / "out", thumbnails=False)
    found, wanted = written(tmp_path / "out"), by_hand(photos, weights)
    assert found.keys() == wanted.keys()
    for channel, entries in wanted.items():
        assert [value for _, value in found[channel]] == pytest.approx([v for _, v in entries], rel=1e-4)
        if np.diff([value for _, value in entries]).max(initial=-1) < -1e-3:  # no near ties
            assert [file for file, _ in found[channel]] == [file for file, _ in entries]


def test_pieces_and_interruptions_change_nothing(
    photos: Path, weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small pieces, stopped after the first and gone on with, give what one piece gives."""
    monkeypatch.setattr(examples_room, "BATCH_IMAGES", 3)
    whole = gather(photos, weights, tmp_path / "whole")
    monkeypatch.setattr(examples_room, "PIECE_FILES", 6)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gather(photos, weights, tmp_path / "work", on_progress=stop)
    kept = sorted((tmp_path / "work").iterdir())
    assert len(kept) == 1
    parts = gather(photos, weights, tmp_path / "work")
    assert np.array_equal(parts.largest.files, whole.largest.files)
    assert np.array_equal(parts.largest.positions, whole.largest.positions)
    assert len(list((tmp_path / "work").iterdir())) == 3


def test_a_changed_image_is_looked_at_again(photos: Path, weights: Weights, tmp_path: Path) -> None:
    """What was kept of a piece counts only while its files are the same."""
    gather(photos, weights, tmp_path / "work")
    Image.new("RGB", (50, 50), "white").save(photos / "ant" / "000.png")
    again = gather(photos, weights, tmp_path / "work")
    afresh = gather(photos, weights, tmp_path / "fresh")
    assert np.array_equal(again.largest.activations, afresh.largest.activations)


def test_no_file_appears_twice_for_a_channel(photos: Path, weights: Weights, tmp_path: Path) -> None:
    """One patch per file, so never two nearly the same."""
    write_examples(gather(photos, weights, tmp_path / "work"), tmp_path / "out", thumbnails=False)
    for entries in written(tmp_path / "out").values():
        assert len({file for file, _ in entries}) == len(entries)


def test_patches_are_cut_from_the_picture_that_the_model_saw(
    photos: Path, weights: Weights, tmp_path: Path
) -> None:
    """A thumbnail shows its box of the 224x224 picture; the reader finds it."""
    write_examples(gather(photos, weights, tmp_path / "work"), tmp_path / "out")
    found = read_examples(tmp_path / "out", weights_sha256=weights.sha256)
    first = found[Channel("mixed3a", 0)][0]
    picture = Image.fromarray(read_pixels(photos / first.file)).crop(first.box)
    with Image.open(first.thumbnail) as thumbnail:
        assert max(thumbnail.size) == examples_room.THUMBNAIL_SIDE
        wanted = np.asarray(picture.resize(thumbnail.size, Image.Resampling.BICUBIC), int)
        assert np.abs(np.asarray(thumbnail.convert("RGB"), int) - wanted).mean() < 8


@pytest.mark.parametrize("family", ["caffe", "torchvision"])
def test_receptive_fields_hold_all_that_matters(family: str) -> None:
    """Pixels outside a position's box leave its activation alone; pixels at its rim do not."""
    model_weights = small_weights(family)
    maps_room = pytest.importorskip("summit_graph.channel_images.maps")
    maps = maps_room.ChannelMaps(model_weights)
    for layer in model_weights.layers[:2]:
        for branch in BRANCHES:
            left, top, right, bottom, matters = seen_and_mattering(maps, model_weights, layer, branch)
            rows, columns = matters.any(1).nonzero(), matters.any(0).nonzero()
            assert top <= rows.min() <= top + 8
            assert bottom - 9 <= rows.max() < bottom
            assert left <= columns.min() <= left + 8
            assert right - 9 <= columns.max() < right


def seen_and_mattering(
    maps: Any, model_weights: Weights, layer: Layer, branch: str
) -> tuple[int, int, int, int, torch.Tensor]:
    """A position's box, and the pixels that any channel of the branch depends on there."""
    of_branch = layer.slice_of(branch)
    matters = torch.zeros(224, 224, dtype=torch.bool)
    for seed, index in product(range(4), range(of_branch.start, of_branch.stop)):
        random = torch.Generator().manual_seed(seed)
        pixels = (255 * torch.rand(1, 3, 224, 224, generator=random)).requires_grad_()
        excited, _ = maps(pixels, [Channel(layer.name, index)])
        position = 14 * excited.shape[2] + 13
        excited[0].flatten()[position].backward()
        assert pixels.grad is not None
        matters |= pixels.grad.abs().sum((0, 1)) > 0
    field = fields_of(model_weights)[layer.name, branch]
    return *box_around(field, position, excited.shape[2]), matters


def test_boxes_are_clipped_to_the_picture() -> None:
    """A position in the corner sees what lies inside."""
    assert box_around(Field(size=27, jump=8, first=5.0), 0, 28) == (0, 0, 19, 19)
    assert box_around(Field(size=27, jump=8, first=5.0), 28 * 28 - 1, 28) == (208, 208, 224, 224)


def test_the_highest_layer_sees_the_whole_picture(weights: Weights) -> None:
    """The field of mixed5b's middle is larger than the picture."""
    field = fields_of(weights)[LAYER_NAMES[-1], "5x5"]
    assert box_around(field, 3 * 7 + 3, 7) == (0, 0, 224, 224)


def test_a_bad_file_ends_the_run_or_is_listed(photos: Path, weights: Weights, tmp_path: Path) -> None:
    """With its name; with ``skip_bad`` it is left out, also when the piece was kept."""
    (photos / "ant" / "broken.png").write_bytes(b"no image")
    with pytest.raises(UnreadableImageError, match=r"ant/broken\.png"):
        gather(photos, weights, tmp_path / "work")
    for _ in range(2):
        gathered = gather(photos, weights, tmp_path / "work", skip_bad=True)
        assert [one.file for one in gathered.largest.skipped] == ["ant/broken.png"]


def test_the_command_writes_what_the_reader_finds(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``examples`` then ``find_pictures``: ten examples of a channel, with thumbnails."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path / "home"))
    file = write_small_weights(tmp_path / "narrow.safetensors")
    with pytest.raises(SystemExit) as ended:
        main(["examples", str(photos), "--weights", str(file)])
    assert ended.value.code == 0, capsys.readouterr().err
    found = find_pictures(small_weights().sha256, dataset="photos").examples
    examples = next(examples for examples in found.values() if len(examples) == 10)
    assert all(example.thumbnail is not None and example.thumbnail.is_file() for example in examples)
    values = [example.activation for example in examples]
    assert values == sorted(values, reverse=True)
