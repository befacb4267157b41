"""The bundled atlas is complete and matches its manifest."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from scripts.make_atlas import CLASSES
from summit_graph.counts.folder import CountFolder
from summit_graph.pictures.index import MAIN_KIND, find_pictures, picture_folder
from summit_graph.records import Channel
from summit_graph.settings import package_folder
from summit_graph.workflows.demo import atlas_counts

#: The canonical hash of BVLC GoogLeNet's weights.
BVLC = "acf378d86d636ffac3080af4f1f7b05f8161773b012c462ec95d9fa2facde580"
COUNTS_BYTES, PICTURES_BYTES = 16_000_000, 20_000_000
PICTURES = picture_folder(BVLC, root=package_folder("atlas") / "pictures")


def bytes_below(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


@pytest.fixture(scope="module")
def counts() -> CountFolder:
    return CountFolder(atlas_counts())


def test_the_counts_are_complete(counts: CountFolder) -> None:
    """Every file has the hash in the manifest, and there are no files other than counts."""
    counts.verify()
    assert {file.name for file in counts.path.iterdir()} == {*counts.manifest.files, "manifest.json"}


def test_the_counts_are_of_the_bvlc_weights(counts: CountFolder) -> None:
    """The parameters are the paper's."""
    assert counts.manifest.weights_sha256 == BVLC
    assert counts.manifest.parameters.to_json() == {
        "mass": 0.03,
        "top_activations": None,
        "top_influences": 5,
        "excluded": [],
        "skips": True,
    }


def test_the_classes_are_those_of_the_script(counts: CountFolder) -> None:
    """Each has a hundred images and is an output of the model."""
    names = [name for group in CLASSES.values() for name in group.split()]
    assert sorted(names) == list(counts.summaries)
    assert {one.images for one in counts.summaries.values()} == {100}
    assert all(one.top1 is not None for one in counts.summaries.values())


def test_counts_and_pictures_are_small(counts: CountFolder) -> None:
    """The repository can be cloned in seconds."""
    assert bytes_below(counts.path) <= COUNTS_BYTES
    assert bytes_below(PICTURES) <= PICTURES_BYTES


def test_every_channel_has_a_picture(counts: CountFolder) -> None:
    """The pictures are of this model, complete and listed."""
    found = find_pictures(BVLC)
    channels = [
        Channel(layer.name, index) for layer in counts.manifest.layers for index in range(layer.channels)
    ]
    assert all(found.files[channel, MAIN_KIND].is_file() for channel in channels)


def test_no_picture_is_unlisted() -> None:
    """The index lists every file in the folder."""
    listed = {one["file"] for one in json.loads((PICTURES / "index.json").read_text("utf-8"))["pictures"]}
    assert listed == {str(file.relative_to(PICTURES)) for file in PICTURES.rglob("*.webp")}


@pytest.mark.shared
@pytest.mark.slow
def test_recounting_a_class_gives_equal_counts(
    counts: CountFolder, shared_data: Path, tmp_path: Path
) -> None:
    """Except for float ties: the sum of differences relative to the sum of counts."""
    from summit_graph.cli import main

    images, weights = shared_data / "tiny-imagenet-200x100.tar", shared_data / "bvlc_googlenet.safetensors"
    words = ["aggregate", str(images), "--weights", str(weights), "--class", "n02132136", "--device", "cpu"]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--out", str(tmp_path)])
    assert ended.value.code == 0
    again, kept = (
        pq.read_table(folder / "hops.parquet", filters=[("class", "=", "n02132136")]).to_pandas()
        for folder in (tmp_path, counts.path)
    )
    keys = ["layer", "stop", "source", "skip", "output", "input"]
    both = again.merge(kept, on=keys, how="outer", suffixes=("_again", "_kept")).fillna(0)
    difference = (both["count_again"] - both["count_kept"]).abs().sum()
    assert difference <= 2e-5 * both["count_kept"].sum()
