"""Dataset examples: equal to those found image by image, for any pieces and interruptions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from summit_graph.aggregate import pieces as pieces_room
from summit_graph.aggregate.run import ClassCounting, Split
from summit_graph.aggregate.top_images import TopImages
from summit_graph.cli import main
from summit_graph.errors import SummitGraphError, UnreadableImageError
from summit_graph.images import read_dataset, read_pixels
from summit_graph.images.labels import imagenet_labels
from summit_graph.model.counted import CountedModel, LayerMaps
from summit_graph.model.program.receptive_fields import Field, Fields
from summit_graph.pictures.index import ExampleOwner, find_pictures, read_examples
from summit_graph.records import BRANCHES, Channel
from summit_graph.rendering import examples as examples_room
from summit_graph.rendering.examples import ExampleFolder
from summit_graph.system.own_folders import make_own_folder, staged_folders
from tests.counting_runs import start_counting
from tests.plain_inception import PlainInception
from tests.small_model import FAMILIES, small_counted, small_weights, write_images, write_small_weights
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def model() -> CountedModel:
    return small_counted()


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three images per batch and six per piece, so that few images make several of both."""
    monkeypatch.setitem(pieces_room.BATCH_IMAGES, "cpu", 3)
    monkeypatch.setattr(pieces_room, "PIECE_IMAGES", 6)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return write_images(tmp_path / "photos", {"ant": 9, "bee": 8})


def counting(photos: Path, model: CountedModel, work: Path, **options: Any) -> ClassCounting:
    """A run that gathers examples."""
    only = options.pop("only", None)
    usual: dict[str, Any] = {"labels": imagenet_labels(), "match": "none", "counts": False}
    return start_counting(read_dataset(photos, only=only), model, work, examples=True, **(usual | options))


def gather(photos: Path, model: CountedModel, out: Path, **options: Any) -> ExampleFolder:
    """The examples that a run writes to ``out``; its pieces are stored next to it."""
    thumbnails = options.pop("thumbnails", False)
    run = counting(photos, model, options.pop("work", out.with_name(f"{out.name}-work")), **options)
    folder = ExampleFolder(out, model, ExampleOwner("photos"))
    for tables in run:
        assert run.top_images is not None
        folder.keep(run.dataset, tables.summary.name, run.top_images)
    folder.write(run.dataset, thumbnails=thumbnails)
    return folder


def by_hand(photos: Path) -> dict[str, list[tuple[str, float]]]:
    """Each channel's ten strongest files, found image by image with the plain model."""
    plain = PlainInception(small_weights())
    found: dict[str, list[tuple[float, str]]] = {}
    for file in sorted(photos.rglob("*.png")):
        for maps in plain(torch.from_numpy(read_pixels(file).copy())[None])[0]:
            for index, plane in enumerate(maps.output[0]):
                if plane.max() > 0:
                    entry = (-float(plane.max()), str(file.relative_to(photos)))
                    found.setdefault(f"{maps.name}/{index}", []).append(entry)
    return {
        channel: [(file, -value) for value, file in sorted(entries)[:10]]
        for channel, entries in found.items()
    }


def content_of(folder: ExampleFolder) -> dict[str, Any]:
    return json.loads((folder.folder / "examples.json").read_text())


def listed(folder: ExampleFolder) -> dict[str, list[tuple[str, float]]]:
    examples = content_of(folder)["examples"]
    return {
        channel: [(one["file"], one["activation"]) for one in found] for channel, found in examples.items()
    }


def equal_but_for_ties(
    found: dict[str, list[tuple[str, float]]], wanted: dict[str, list[tuple[str, float]]]
) -> None:
    assert found.keys() == wanted.keys()
    for channel, entries in wanted.items():
        assert [value for _, value in found[channel]] == pytest.approx([v for _, v in entries], rel=1e-4)
        if np.diff([value for _, value in entries]).max(initial=-1) < -1e-3:  # no near ties
            assert [file for file, _ in found[channel]] == [file for file, _ in entries]


def test_examples_are_those_found_image_by_image(photos: Path, model: CountedModel, tmp_path: Path) -> None:
    """For every channel the same files in the same order, in batches and pieces or one by one."""
    equal_but_for_ties(listed(gather(photos, model, tmp_path / "out")), by_hand(photos))


def test_counts_and_examples_do_not_affect_each_other(
    photos: Path, model: CountedModel, tmp_path: Path
) -> None:
    """One pass gives the counts of a run without examples, and the examples of a run without counts."""
    options: dict[str, Any] = {"labels": imagenet_labels(), "match": "none"}
    alone = start_counting(read_dataset(photos), model, tmp_path / "alone", **options)
    assert list(counting(photos, model, tmp_path / "both", counts=True)) == list(alone)
    both = gather(photos, model, tmp_path / "one", counts=True, work=tmp_path / "both")
    assert content_of(both) == content_of(gather(photos, model, tmp_path / "two"))


def test_examples_of_other_layers_do_not_mix(photos: Path, model: CountedModel, tmp_path: Path) -> None:
    """Kind: files whose rows mean another thing. Other layers, or other names of layers, are an error."""
    largest = TopImages.none(sum(layer.channels for layer in model.layers))
    dataset = read_dataset(photos)
    folder = ExampleFolder(tmp_path / "out", model, ExampleOwner("photos"))
    folder.prepare()
    folder.keep(dataset, "ant", largest)
    folder.prepare()
    renamed = tuple(replace(layer, name=f"new.{layer.name}") for layer in model.layers)
    for layers in (model.layers[1:], renamed):
        other = ExampleFolder(tmp_path / "out", replace(model, layers=layers), ExampleOwner("photos"))
        with pytest.raises(SummitGraphError, match="of other layers"):
            other.prepare()
        with pytest.raises(SummitGraphError, match="give the same --layers, or another --network"):
            other.write(dataset)


def test_a_run_without_examples_stores_none(photos: Path, model: CountedModel, tmp_path: Path) -> None:
    """Without examples, a piece has no second file."""
    options: dict[str, Any] = {"labels": imagenet_labels(), "match": "none"}
    run = start_counting(read_dataset(photos), model, tmp_path / "work", **options)
    list(run)
    assert run.top_images is None
    assert {file.suffix for file in (tmp_path / "work").iterdir()} == {".parquet"}


def test_examples_do_not_depend_on_processes(photos: Path, model: CountedModel, tmp_path: Path) -> None:
    """Two spawned processes find the same."""
    one = content_of(gather(photos, model, tmp_path / "one"))
    assert content_of(gather(photos, model, tmp_path / "two", split=Split(processes=2))) == one
    assert content_of(gather(photos, model, tmp_path / "decoded", split=Split(decode_only=True))) == one


def test_examples_do_not_depend_on_interruptions(photos: Path, model: CountedModel, tmp_path: Path) -> None:
    """After an interruption the first piece is used, and the result is the same."""
    seen: list[int] = []

    def stop(done: int, total: int, skipped: int) -> None:
        if done == 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gather(photos, model, tmp_path / "out", on_progress=stop)
    kept = list((tmp_path / "out-work").glob("*.parquet"))
    assert len(kept) == 1
    again = gather(photos, model, tmp_path / "out", on_progress=lambda done, *_: seen.append(done))
    assert seen[0] == 6
    assert content_of(again) == content_of(gather(photos, model, tmp_path / "whole"))


@pytest.mark.slow
def test_a_killed_run_resumes_with_the_same_examples(
    photos: Path, model: CountedModel, tmp_path: Path
) -> None:
    """kill -9 after the first piece: the next run writes what an uninterrupted one does."""
    script = tmp_path / "run.py"
    script.write_text(SCRIPT)
    root = Path(__file__).parents[1]
    command = [sys.executable, str(script), str(photos), str(tmp_path / "out")]
    killed = subprocess.Popen(command, cwd=root, env=os.environ | {"PYTHONPATH": str(root)})
    wait_until(lambda: list((tmp_path / "out-work").glob("*.parquet")))
    killed.kill()
    killed.wait()
    again = gather(photos, model, tmp_path / "out")
    assert content_of(again) == content_of(gather(photos, model, tmp_path / "whole"))


SCRIPT = """
import sys
from pathlib import Path
from summit_graph.aggregate import pieces
pieces.BATCH_IMAGES["cpu"], pieces.PIECE_IMAGES = 3, 6
from tests.small_model import small_counted
from tests.test_examples import gather

gather(Path(sys.argv[1]), small_counted(), Path(sys.argv[2]))
"""


def test_a_changed_image_is_read_again(photos: Path, model: CountedModel, tmp_path: Path) -> None:
    """A stored piece is used only if its files are unchanged."""
    gather(photos, model, tmp_path / "out")
    Image.new("RGB", (50, 50), "white").save(photos / "ant" / "000.png")
    again = gather(photos, model, tmp_path / "out")
    assert content_of(again) == content_of(gather(photos, model, tmp_path / "fresh"))


def test_classes_gathered_one_by_one_merge(photos: Path, model: CountedModel, tmp_path: Path) -> None:
    """Two runs of one class each give the examples and patches of one run of both."""
    for name in ("bee", "ant"):
        parts = gather(photos, model, tmp_path / "parts", only=[name], thumbnails=True)
    whole = gather(photos, model, tmp_path / "whole", thumbnails=True)
    assert content_of(parts) == content_of(whole)
    patches = list(whole.folder.rglob("*.webp"))
    assert patches
    for file in patches:
        assert (parts.folder / file.relative_to(whole.folder)).read_bytes() == file.read_bytes()


def test_a_class_read_again_replaces_its_own_examples(
    photos: Path, model: CountedModel, tmp_path: Path
) -> None:
    """If it has fewer images, the other class's images replace them, including formerly displaced ones."""
    gather(photos, model, tmp_path / "out")
    for at in range(2, 9):
        (photos / "ant" / f"{at:03}.png").unlink()
    again = gather(photos, model, tmp_path / "out", only=["ant"])
    equal_but_for_ties(listed(again), by_hand(photos))


def test_patches_are_kept_when_images_are_removed(photos: Path, model: CountedModel, tmp_path: Path) -> None:
    """When another class is added, patches of a class whose images no longer exist are kept."""
    gather(photos, model, tmp_path / "out", only=["ant"], thumbnails=True)
    (photos / "ant").rename(tmp_path / "elsewhere")
    both = gather(photos, model, tmp_path / "out", thumbnails=True)
    found = read_examples(both.folder, weights_sha256=model.sha256)
    ants = [one for examples in found.values() for one in examples if one.class_name == "ant"]
    assert ants
    kept = [one for one in ants if one.thumbnail is not None and one.thumbnail.is_file()]
    assert len(kept) > len(ants) / 2  # only the first ten had patches


def test_no_image_appears_twice_for_a_channel(model: CountedModel, tmp_path: Path) -> None:
    """One patch per image, even if a list assigns an image to two classes."""
    root = write_images(tmp_path / "data", {"all": 12})
    names = sorted(file.name for file in (root / "all").iterdir())
    lines = [f"data/all/{name}\t{class_name}" for class_name in ("ant", "bee") for name in names]
    (tmp_path / "photos.tsv").write_text("\n".join(lines))
    found = listed(gather(tmp_path / "photos.tsv", model, tmp_path / "out"))
    for entries in found.values():
        assert len({file for file, _ in entries}) == len(entries)
    assert max(map(len, found.values())) == 10


@pytest.mark.parametrize("form", ["list", "shards"])
def test_files_of_one_name_in_two_datasets_are_two_images(
    form: str, model: CountedModel, tmp_path: Path
) -> None:
    """Files of two lists or shards may have equal names (kind: a key that is unique in one dataset only)."""
    shades = {"ant": "red", "bee": "blue"}
    for number, (class_name, shade) in enumerate(shades.items()):
        source = write_numbered(tmp_path / str(number), class_name, shade, form=form)
        folder = gather(source, model, tmp_path / "out", thumbnails=True, work=tmp_path / f"work-{number}")
    found = read_examples(folder.folder, weights_sha256=model.sha256)
    assert {one.class_name for examples in found.values() for one in examples} == {"ant", "bee"}
    for one in (one for examples in found.values() for one in examples):
        assert one.thumbnail is not None
        red, _, blue = np.asarray(Image.open(one.thumbnail).convert("RGB").resize((1, 1)))[0, 0]
        assert (red > blue) == (one.class_name == "ant")


def test_no_patch_is_cut_from_another_dataset(model: CountedModel, tmp_path: Path) -> None:
    """An example without a stored patch gets none from a file with the same name in another dataset."""
    ants = write_numbered(tmp_path / "1", "ant", "red", form="list")
    gather(ants, model, tmp_path / "out", work=tmp_path / "work-1")
    bees = write_numbered(tmp_path / "2", "bee", "blue", form="list")
    folder = gather(bees, model, tmp_path / "out", thumbnails=True, work=tmp_path / "work-2")
    found = read_examples(folder.folder, weights_sha256=model.sha256)
    examples = [one for of_channel in found.values() for one in of_channel]
    assert {(one.class_name, one.thumbnail is None) for one in examples} == {("ant", True), ("bee", False)}


def write_numbered(folder: Path, class_name: str, shade: str, *, form: str) -> Path:
    """Five images of one shade, with file names that are equal in all such datasets."""
    folder.mkdir()
    for number in range(5):
        Image.effect_noise((64, 64), 40 + number).save(folder / f"{number}.png")
        grain = Image.open(folder / f"{number}.png").convert("RGB")
        Image.blend(grain, Image.new("RGB", grain.size, shade), 0.6).save(folder / f"{number}.png")
    if form == "list":
        (folder / "list.tsv").write_text("".join(f"{number}.png\t{class_name}\n" for number in range(5)))
        return folder / "list.tsv"
    with tarfile.open(folder / "shard-0.tar", "w") as shard:
        for number in range(5):
            (folder / f"{number}.cls").write_text(class_name)
            for file in (f"{number}.png", f"{number}.cls"):
                shard.add(folder / file, arcname=file)
    return folder / "shard-0.tar"


def test_examples_of_an_earlier_version_are_kept(photos: Path, model: CountedModel, tmp_path: Path) -> None:
    """Stored activations without the dataset's root are merged, and their patches copied."""
    gather(photos, model, tmp_path / "out", only=["ant"], thumbnails=True)
    kept = next((tmp_path / "out").rglob("*.npz"))
    with np.load(kept) as stored:
        arrays = {name: stored[name] for name in stored.files if name != "root"}
    np.savez_compressed(kept, allow_pickle=False, **arrays)
    both = gather(photos, model, tmp_path / "out", only=["bee"])
    equal_but_for_ties(listed(both), by_hand(photos))


def test_a_write_killed_between_two_renames_loses_no_patch(
    photos: Path, model: CountedModel, tmp_path: Path
) -> None:
    """The next write restores the previous folder (kind: a replacement in more than one step)."""
    folder = gather(photos, model, tmp_path / "out", only=["ant"], thumbnails=True).folder
    patches = {file.name for file in folder.rglob("*.webp")}
    staged, former = staged_folders(folder)
    make_own_folder(staged)
    folder.rename(former)
    again = gather(photos, model, tmp_path / "out", only=["bee"], thumbnails=True)
    there = {file.name for file in again.folder.rglob("*.webp")}
    shown = {one["thumbnail"] for found in content_of(again)["examples"].values() for one in found}
    assert {Path(name).name for name in shown - {None}} <= there
    assert patches & there
    assert not former.exists()
    assert not staged.exists()


def test_maxima_at_the_border_are_counted(photos: Path, model: CountedModel, tmp_path: Path) -> None:
    """Numbers of images where a channel is active, and where its maximum is in an outermost row or column."""
    plain, wanted = PlainInception(small_weights()), np.zeros((19, 2), int)
    for file in sorted(photos.rglob("*.png")):
        output = plain(torch.from_numpy(read_pixels(file).copy())[None])[0][4].output[0]
        inner = output.clone()
        inner[:, 1:-1, 1:-1] = 0
        active = (output.amax((1, 2)) > 0).numpy()
        wanted += np.stack([active, active & (output.amax((1, 2)) == inner.amax((1, 2))).numpy()], 1)
    rims = content_of(gather(photos, model, tmp_path / "out"))["rim"]
    found = [rims.get(f"mixed4c/{index}", [0, 0]) for index in range(19)]
    assert found == wanted.tolist()


def test_patches_are_cut_from_the_model_input(photos: Path, model: CountedModel, tmp_path: Path) -> None:
    """A thumbnail shows its box of the 224x224 picture; the reader finds it."""
    folder = gather(photos, model, tmp_path / "out", thumbnails=True).folder
    found = read_examples(folder, weights_sha256=model.sha256)
    first = found[Channel("mixed3a", 0)][0]
    picture = Image.fromarray(read_pixels(photos / first.file)).crop(first.box)
    assert first.thumbnail is not None
    with Image.open(first.thumbnail) as thumbnail:
        assert max(thumbnail.size) == examples_room.THUMBNAIL_SIDE
        wanted = np.asarray(picture.resize(thumbnail.size, Image.Resampling.BICUBIC), int)
        assert np.abs(np.asarray(thumbnail.convert("RGB"), int) - wanted).mean() < 8


@pytest.mark.parametrize("family", FAMILIES)
def test_receptive_fields_are_exact(family: str) -> None:
    """Pixels outside a position's box have no gradient; pixels at its border have."""
    maps_room = pytest.importorskip("summit_graph.rendering.maps")
    model = small_counted(family)
    rendered = maps_room.ChannelMaps(model)
    for layer, maps in zip(model.layers[:2], model.maps, strict=False):
        for branch in BRANCHES:
            left, top, right, bottom, matters = seen_and_mattering(rendered, maps, layer.slice_of(branch))
            rows, columns = matters.any(1).nonzero(), matters.any(0).nonzero()
            assert top <= rows.min() <= top + 8
            assert bottom - 9 <= rows.max() < bottom
            assert left <= columns.min() <= left + 8
            assert right - 9 <= columns.max() < right


def seen_and_mattering(
    rendered: Any, maps: LayerMaps, of_branch: slice
) -> tuple[int, int, int, int, torch.Tensor]:
    """A position's box, and the pixels that any channel of the branch depends on there."""
    matters = torch.zeros(224, 224, dtype=torch.bool)
    for seed, index in product(range(4), range(of_branch.start, of_branch.stop)):
        random = torch.Generator().manual_seed(seed)
        pixels = (255 * torch.rand(1, 3, 224, 224, generator=random)).requires_grad_()
        excited, _ = rendered(pixels, [Channel(maps.name, index)])
        position = 14 * excited.shape[2] + 13
        excited[0].flatten()[position].backward()
        assert pixels.grad is not None
        matters |= pixels.grad.abs().sum((0, 1)) > 0
    return *maps.box_of(of_branch.start, position, side=224), matters


def test_boxes_are_clipped_to_the_picture() -> None:
    """A box at the corner contains only pixels inside the picture."""
    field = Field(size=27, jump=8, first=5.0)
    fields = Fields(down=field, across=field)
    assert fields.box(0, width=28, side=224) == (0, 0, 19, 19)
    assert fields.box(28 * 28 - 1, width=28, side=224) == (208, 208, 224, 224)


def test_receptive_field_of_the_highest_layer_is_the_entire_picture(model: CountedModel) -> None:
    """The field of mixed5b's middle is larger than the picture."""
    first = model.layers[-1].slice_of("5x5").start
    assert model.maps[-1].box_of(first, 3 * 7 + 3, side=224) == (0, 0, 224, 224)


def test_an_unreadable_file_is_an_error_or_skipped(photos: Path, model: CountedModel, tmp_path: Path) -> None:
    """The error names it; with ``skip_bad`` the files after it keep their names."""
    (photos / "ant" / "0000.png").write_bytes(b"no image")
    with pytest.raises(UnreadableImageError, match=r"ant/0000\.png"):
        gather(photos, model, tmp_path / "out")
    found = listed(gather(photos, model, tmp_path / "out", skip_bad=True))
    (photos / "ant" / "0000.png").unlink()
    equal_but_for_ties(found, by_hand(photos))


def test_the_command_writes_what_the_reader_finds(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``examples`` then ``find_pictures``: ten examples of a channel, with thumbnails."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path / "home"))
    file = write_small_weights(tmp_path / "narrow.safetensors")
    with pytest.raises(SystemExit) as ended:
        main(["examples", str(photos), "--weights", str(file), "--processes", "1"])
    output = capsys.readouterr().err
    assert ended.value.code == 0, output
    assert "belong to network narrow-photos" in output
    found = find_pictures(small_weights().sha256, owner=ExampleOwner("narrow-photos")).examples
    examples = next(examples for examples in found.values() if len(examples) == 10)
    assert all(example.thumbnail is not None and example.thumbnail.is_file() for example in examples)
    values = [example.activation for example in examples]
    assert values == sorted(values, reverse=True)
    assert not list((tmp_path / "home" / "runs").iterdir())
