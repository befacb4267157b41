"""``aggregate`` and ``merge`` end to end, without a database: options, and a full disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from summit_graph.cli import main
from summit_graph.counts.folder import CountFolder
from summit_graph.images import read_dataset
from tests.small_model import write_images, write_small_weights

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_weights(tmp_path_factory.mktemp("weights") / "narrow.safetensors")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two classes; the name of one is an output index, that of the other an output name."""
    return write_images(tmp_path / "photos", {"3": 5, "bee": 4})


def aggregate(photos: Path, weights: Path, out: Path, *more: str) -> Path:
    words = ["aggregate", str(photos), "--out", str(out), "--weights", str(weights), "--processes", "1"]
    with pytest.raises(SystemExit) as ended:
        main([*words, *more])
    assert ended.value.code == 0
    return out


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_images_per_class_counts_the_first_images(photos: Path, weights: Path, tmp_path: Path) -> None:
    """``--images-per-class 2`` gives the tables of the first two images; the manifest records it."""
    few = aggregate(photos, weights, tmp_path / "few", "--images-per-class", "2")
    for file in photos.rglob("*.png"):
        if file.name > "001.png":
            file.unlink()
    alone = aggregate(photos, weights, tmp_path / "alone")
    tables = ("classes", "activations", "hops", "influences")
    assert all(contents(few)[f"{one}.parquet"] == contents(alone)[f"{one}.parquet"] for one in tables)
    manifests = [json.loads((folder / "manifest.json").read_text()) for folder in (few, alone)]
    assert manifests[0]["parameters"].pop("images_per_class") == 2
    assert manifests[0] == manifests[1]


def test_a_split_counts_the_other_images(photos: Path, weights: Path, tmp_path: Path) -> None:
    """``--split 0.4`` gives the tables of the images that are not kept out; the manifest records it."""
    most = aggregate(photos, weights, tmp_path / "most", "--split", "0.4")
    for files in read_dataset(photos).split(0.4)[1].classes.values():
        for file in files:
            (photos / file).unlink()
    alone = aggregate(photos, weights, tmp_path / "alone")
    tables = ("classes", "activations", "hops", "influences")
    assert all(contents(most)[f"{one}.parquet"] == contents(alone)[f"{one}.parquet"] for one in tables)
    manifests = [json.loads((folder / "manifest.json").read_text()) for folder in (most, alone)]
    assert manifests[0]["parameters"].pop("split") == 0.4
    assert manifests[0] == manifests[1]
    assert CountFolder(most).manifest.parameters.split == 0.4


@pytest.mark.parametrize("share", ["0", "1", "-0.5"])
def test_a_split_is_a_share(
    photos: Path, weights: Path, tmp_path: Path, share: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of 0 or of all images there would be nothing to test or to count."""
    words = ["aggregate", str(photos), "--out", str(tmp_path / "o"), "--weights", str(weights)]
    with pytest.raises(SystemExit) as ended:
        main([*words, f"--split={share}"])
    assert ended.value.code == 2
    assert "above 0 and below 1" in capsys.readouterr().err


def test_match_option(photos: Path, weights: Path, tmp_path: Path) -> None:
    """``--match index`` matches class 3 to output 3, ``--match none`` matches none; the counts are equal."""
    index, none = (aggregate(photos, weights, tmp_path / by, "--match", by) for by in ("index", "none"))
    matched, unmatched = (pq.read_table(one / "classes.parquet").to_pylist() for one in (index, none))
    assert [row["output"] for row in matched] == [3, None]
    assert sum(matched[0]["histogram"]) == 5
    for row in unmatched:
        assert row["title"] == row["class"]
        assert [row[name] for name in ("output", "top1", "top5", "histogram")] == [None] * 4
    assert all(
        contents(index)[f"{one}.parquet"] == contents(none)[f"{one}.parquet"]
        for one in ("activations", "hops")
    )


@pytest.mark.parametrize("existing", [False, True])
def test_nothing_is_left_of_a_run_that_could_not_start(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], existing: bool
) -> None:
    """With files that are no weights. Kind: a result folder that only looks like one."""
    out = tmp_path / "results" / "out"
    if existing:
        out.mkdir(parents=True)
    (tmp_path / "wrong.safetensors").write_bytes(b"no weights")
    words = ["aggregate", str(photos), "--out", str(out), "--weights", str(tmp_path / "wrong.safetensors")]
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code
    assert "wrong.safetensors" in capsys.readouterr().err
    assert list(out.parent.rglob("*")) == ([out] if existing else [])


def test_ignored_system_files_are_reported(
    photos: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """System files are named once, on stderr."""
    (photos / "bee" / "Thumbs.db").touch()
    aggregate(photos, weights, tmp_path / "out")
    said = capsys.readouterr().err
    assert said.count("Ignored system files: bee/Thumbs.db") == 1


def test_merge_shows_progress(
    photos: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A progress bar counts classes; the last message gives the number of classes and images."""
    parts = [aggregate(photos, weights, tmp_path / at, "--shard", f"{at}/2") for at in "01"]
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["merge", *map(str, parts), "--out", str(tmp_path / "both")])
    assert ended.value.code == 0
    messages = " ".join(capsys.readouterr().err.split())
    assert "2/2" in messages
    assert "both holds 2 classes, 9 images" in messages


FULL_DISK = """
import resource, sys
import numpy as np
from summit_graph.aggregate.batches import BatchCounter
from summit_graph.cli import main
from summit_graph.records import Parameters
from tests.small_model import small_counted, small_pixels

BatchCounter(small_counted(), Parameters()).count(small_pixels(1))  # fills numba's cache first
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
main(sys.argv[1:])
"""


@pytest.mark.slow
@pytest.mark.parametrize("file", ["a piece", "the count files"])
def test_full_disk_is_a_one_line_error_without_data_loss(file: str, weights: Path, tmp_path: Path) -> None:
    """A limited file size: a one-line error and no partial file; without the limit the run continues."""
    photos = write_images(tmp_path / "photos", dict.fromkeys("abcdef", 1))
    whole = aggregate(photos, weights, tmp_path / "whole")
    limit = 2000 if file == "a piece" else (whole / "hops.parquet").stat().st_size - 1
    words = ["aggregate", photos, "--out", tmp_path / "out", "--weights", weights, "--processes", "1"]
    command = [sys.executable, "-c", FULL_DISK, str(limit), *map(str, words)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 1
    errors = [line for line in done.stderr.splitlines() if line.startswith("Error")]
    assert len(errors) == 1
    assert "free some space, then run the same command again" in errors[0]
    assert "Traceback" not in done.stderr
    left = [one for one in (tmp_path / "out").rglob("*") if one.is_file()]
    assert not [one for one in left if one.suffix == ".part" or one.parent.name != ".unfinished"]
    assert contents(aggregate(photos, weights, tmp_path / "out")) == contents(whole)


# Relevance

TABLES = ("activations", "hops", "influences", "outputs")


def tables_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / f"{name}.parquet").read_bytes() for name in TABLES}


@pytest.mark.slow
def test_relevance_does_not_depend_on_processes_or_shards(
    photos: Path, weights: Path, tmp_path: Path
) -> None:
    """Two processes, and two added shards, give the tables of one process: the baseline is exact."""
    measure = ("--measure", "relevance", "--match", "index")
    alone = aggregate(photos, weights, tmp_path / "alone", *measure)
    both = aggregate(photos, weights, tmp_path / "both", *measure, "--processes", "2")
    shards = [
        aggregate(photos, weights, tmp_path / shard, *measure, "--shard", f"{shard}/2") for shard in "01"
    ]
    with pytest.raises(SystemExit):
        main(["merge", *map(str, shards), "--out", str(tmp_path / "merged")])
    assert tables_of(alone) == tables_of(both) == tables_of(tmp_path / "merged")
    assert json.loads((alone / "manifest.json").read_text())["parameters"]["measure"] == "relevance"
    assert sums_in(alone) == sums_in(both) == sums_in(tmp_path / "merged")
    assert len(sums_in(alone)) == 2


def sums_in(folder: Path) -> dict[str, bytes]:
    """The files with the sums of the baseline, and with the names of the folders."""
    files = (file for file in (folder / "baselines").glob("*/*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def test_one_more_class_is_counted_from_a_count_folder(weights: Path, tmp_path: Path) -> None:
    """With ``--baseline-of``, its counts are those of a run over all classes; so they are from merged folders
    (kind: a run that cannot go on elsewhere)."""
    photos = write_images(tmp_path / "photos", {"ant": 2, "bee": 3, "cow": 2})
    measure = ("--measure", "relevance")
    whole = aggregate(photos, weights, tmp_path / "whole", *measure)
    parts = [
        aggregate(photos, weights, tmp_path / name, *measure, "--class", name, *more)
        for name, *more in (("bee", "--class", "ant"), ("cow", "--baseline-of", str(tmp_path / "bee")))
    ]
    with pytest.raises(SystemExit):
        main(["merge", *map(str, parts), "--out", str(tmp_path / "merged")])
    bee = ("--class", "bee", "--baseline-of", str(tmp_path / "cow"), "--baseline-of", str(tmp_path / "ant"))
    aggregate(photos, weights, tmp_path / "ant", *measure, "--class", "ant", "--class", "cow")
    again = aggregate(photos, weights, tmp_path / "again", *measure, *bee)
    expected = CountFolder(whole)
    assert CountFolder(parts[1]).read_class("cow") == expected.read_class("cow")
    assert CountFolder(again).read_class("bee") == expected.read_class("bee")
    assert sums_in(tmp_path / "merged") == {**sums_in(parts[0]), **sums_in(parts[1])}


def test_a_folder_without_sums_is_no_baseline(
    photos: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One of activations, or one that has the class that is counted: the line says which folder helps.
    A run that needs no baseline is refused, too."""
    counts = aggregate(photos, weights, tmp_path / "counts")
    words = ["aggregate", str(photos), "--out", str(tmp_path / "o"), "--weights", str(weights)]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--measure", "relevance", "--baseline-of", str(counts)])
    assert ended.value.code == 2
    assert "has no sums of this model" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main([*words, "--baseline-of", str(counts)])
    assert ended.value.code == 2
    assert "--baseline-of needs --measure relevance or against" in capsys.readouterr().err


def test_relevance_counts_other_channels_than_activations(
    photos: Path, weights: Path, tmp_path: Path
) -> None:
    """Each measure, and each baseline, has its own counts, and the folders do not merge."""
    options = {"activation": [], "mean": [], "zero": ["--baseline", "zero"]}
    found = {
        name: aggregate(
            photos,
            weights,
            tmp_path / name,
            *(["--measure", "relevance"] if name != "activation" else []),
            *more,
        )
        for name, more in options.items()
    }
    assert len({(one / "activations.parquet").read_bytes() for one in found.values()}) == 3
    with pytest.raises(SystemExit) as ended:
        main(["merge", str(found["mean"]), str(found["zero"]), "--out", str(tmp_path / "merged")])
    assert ended.value.code != 0


def test_relevance_from_the_mean_needs_two_classes(
    photos: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line that names the remedy, and no folder."""
    words = ["aggregate", str(photos), "--out", str(tmp_path / "out"), "--weights", str(weights)]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--class", "bee", "--measure", "relevance"])
    assert ended.value.code == 2
    assert "--baseline zero" in capsys.readouterr().err


def test_relevance_resumes_after_an_interruption(photos: Path, weights: Path, tmp_path: Path) -> None:
    """An unreadable image stops the run; repaired, it ends with the counts of an undisturbed run."""
    measure = ("--measure", "relevance")
    undisturbed = aggregate(photos, weights, tmp_path / "undisturbed", *measure)
    last = sorted((photos / "bee").iterdir())[-1]
    content, times = last.read_bytes(), last.stat()
    last.write_bytes(b"damaged")
    with pytest.raises(SystemExit):
        main(["aggregate", str(photos), "--out", str(tmp_path / "out"), "--weights", str(weights), *measure])
    assert list((tmp_path / "out" / ".unfinished").glob("*.sums.npz"))
    last.write_bytes(content)
    os.utime(last, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert tables_of(aggregate(photos, weights, tmp_path / "out", *measure)) == tables_of(undisturbed)
