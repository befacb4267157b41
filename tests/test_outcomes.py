"""Classes split by whether the model predicts them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from torch import nn

from summit_graph.aggregate.baselines import ValueSums, read_baseline
from summit_graph.aggregate.batches import BatchCounts
from summit_graph.aggregate.first_pass import FirstPass
from summit_graph.aggregate.outcomes import ByOutcome, split_by_outcome
from summit_graph.aggregate.pieces import plan_pieces
from summit_graph.aggregate.run import Split, count_classes
from summit_graph.aggregate.work import Job, Task, ValuesTask
from summit_graph.counts.folder import CountFolder
from summit_graph.counts.manifest import ClassTables
from summit_graph.counts.writer import write_count_folder
from summit_graph.errors import UnreadableImageError, UsageError
from summit_graph.images import Dataset, name_of, read_dataset
from summit_graph.images.labels import MatchedClass
from summit_graph.model.counted import CountedModel, counted_model
from summit_graph.records import ClassSummary, Parameters
from tests.count_tables import class_tables, manifest
from tests.little_memory import little_memory
from tests.naive_programs import ACTIVATION_KEYS, read_module, rows_of

RED, BLUE = (255, 0, 0), (0, 0, 255)
OUTPUTS = {"red": 0, "blue": 1}


def match(name: str) -> MatchedClass:
    return MatchedClass(OUTPUTS.get(name), name)


def colour_model(parameters: Parameters | None = None) -> CountedModel:
    """Output 0 for red images, output 1 for blue ones."""
    first, second = nn.Conv2d(3, 2, 1, bias=False), nn.Conv2d(2, 2, 1, bias=False)
    last = nn.Linear(2, 2, bias=False)
    pooled = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    module = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), *pooled, last)
    with torch.no_grad():
        first.weight.copy_(torch.tensor([[1.0, 0, 0], [0, 0, 1]])[:, :, None, None])
        second.weight.copy_(torch.eye(2)[:, :, None, None])
        last.weight.copy_(torch.eye(2))
    source, program = read_module(module, 8)
    return counted_model(source, program, parameters or Parameters())


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Three red and two blue images of the class "red"; two blue images of the class "blue"."""
    for name, colours in {"red": [RED, BLUE, RED, BLUE, RED], "blue": [BLUE, BLUE]}.items():
        (tmp_path / "images" / name).mkdir(parents=True)
        for at, colour in enumerate(colours):
            Image.new("RGB", (8, 8), colour).save(tmp_path / "images" / name / f"{at}.png")
    return tmp_path / "images"


def job_in(folder: Path, *, skip_bad: bool = False) -> Job:
    return Job(colour_model(), folder / "work", skip_bad=skip_bad)


def split(images: Path, job: Job) -> ByOutcome:
    job.work_dir.mkdir(exist_ok=True)
    return split_by_outcome(read_dataset(images), job, match, processes=1)


def test_images_are_split_by_what_the_model_predicts(images: Path, tmp_path: Path) -> None:
    """In the order of the class; the title says the outcome, and the class knows its folder."""
    found = split(images, job_in(tmp_path))
    assert found.dataset.classes == {
        "blue#right": ["blue/0.png", "blue/1.png"],
        "red#right": ["red/0.png", "red/2.png", "red/4.png"],
        "red#wrong": ["red/1.png", "red/3.png"],
    }
    wrong = found.matched["red#wrong"]
    assert (wrong.output, wrong.title) == (0, "red, wrongly classified")
    assert (wrong.base, wrong.outcome) == ("red", "wrong")


def test_a_full_gpu_takes_fewer_images_at_a_time(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outcomes are the same; one image that does not fit is one line (kind: memory)."""
    expected = split(images, job_in(tmp_path)).dataset.classes
    (tmp_path / "other").mkdir()
    (tmp_path / "none").mkdir()
    with little_memory(monkeypatch, images=1):
        assert split(images, job_in(tmp_path / "other")).dataset.classes == expected
    with little_memory(monkeypatch, images=0), pytest.raises(UsageError, match="use --device cpu"):
        split(images, job_in(tmp_path / "none"))


def test_an_empty_side_is_left_out_with_a_note(images: Path, tmp_path: Path) -> None:
    """One sentence (kind: a class that is missing without a word)."""
    assert split(images, job_in(tmp_path)).dataset.notes == [
        "No image of blue is wrong: there is no class blue#wrong."
    ]


def test_a_class_without_output_is_refused(images: Path, tmp_path: Path) -> None:
    """None of its images is right or wrong."""
    (images / "red").rename(images / "zebra")
    with pytest.raises(UsageError, match=r"zebra matches no output.*--labels"):
        split(images, job_in(tmp_path))


def test_outcomes_are_kept_for_the_next_run(images: Path, tmp_path: Path) -> None:
    """An interrupted run reads them; a changed image is predicted again."""
    split(images, job_in(tmp_path))
    kept = {file.name: file for file in (tmp_path / "work").glob("*.outcomes.npy")}
    assert len(kept) == 2
    for file in kept.values():
        np.save(file, np.ones_like(np.load(file)))
    assert "red#wrong" not in split(images, job_in(tmp_path)).dataset.classes
    Image.new("RGB", (8, 9), BLUE).save(images / "red" / "0.png")
    assert len(split(images, job_in(tmp_path)).dataset.classes["red#wrong"]) == 3


def test_an_unreadable_image_is_skipped_once(images: Path, tmp_path: Path) -> None:
    """With --skip-bad it is with one of the sides, whose counting lists it; else it is an error."""
    (images / "red" / "1.png").write_bytes(b"damaged")
    found = split(images, job_in(tmp_path, skip_bad=True))
    assert found.dataset.classes["red#right"] == [f"red/{at}.png" for at in (0, 1, 2, 4)]
    assert found.dataset.classes["red#wrong"] == ["red/3.png"]
    (tmp_path / "other").mkdir()
    with pytest.raises(UnreadableImageError, match="--skip-bad"):
        split(images, job_in(tmp_path / "other"))


def counted(dataset: Dataset, job: Job, **matched: MatchedClass) -> dict[str, ClassTables]:
    matching = matched.__getitem__ if matched else match
    run = count_classes(dataset, job, match_class=matching, split=Split(processes=1))
    return {tables.summary.name: tables for tables in run}


def test_the_sides_add_up_to_the_class(images: Path, tmp_path: Path) -> None:
    """Channel by channel; all images of a side have its outcome."""
    job = job_in(tmp_path)
    found = split(images, job)
    sides, whole = counted(found.dataset, job, **found.matched), counted(read_dataset(images), job)
    right, wrong = (rows_of(sides[f"red#{side}"].activations, ACTIVATION_KEYS) for side in ("right", "wrong"))
    assert right + wrong == rows_of(whole["red"].activations, ACTIVATION_KEYS)
    assert [sides[f"red#{side}"].summary.top1 for side in ("right", "wrong")] == [3, 0]
    assert (sides["red#wrong"].summary.folder, sides["red#wrong"].summary.outcome) == ("red", "wrong")


def test_the_other_side_is_no_other_class(images: Path, tmp_path: Path) -> None:
    """The baseline of relevance is the mean over other folders' images alone."""
    dataset = split(images, job_in(tmp_path)).dataset
    job = replace(job_in(tmp_path), parameters=Parameters(measure="relevance"))
    folders = {name: name.partition("#")[0] for name in dataset.classes}
    first = FirstPass(job, dataset, plan_pieces(dataset, batch_images=16), folders)

    def submit(task: Task | ValuesTask) -> Callable[[], BatchCounts]:
        assert isinstance(task, ValuesTask)
        is_blue = name_of(task.batches[0][0]).startswith("blue")
        ValueSums(1, {"value": np.full((1, 1, 1), 7.0 if is_blue else 1.0)}).write(task.path)
        return BatchCounts.nothing

    first.add_values(submit, lambda images: None, ahead=0)
    for side in ("right", "wrong"):
        path = first.baseline_of(f"red#{side}").path
        assert path is not None
        assert read_baseline(path)["value"].item() == 7


def test_count_files_keep_base_and_outcome(tmp_path: Path) -> None:
    """And folders without split classes have the columns that they always had."""
    plain = class_tables("ant", [("mixed3a", 1, 2)])
    whole = ClassSummary("red#wrong", 0, "red, wrongly classified", 10, 0, 5, (10, *[0] * 19), "red", "wrong")
    parts = [plain, replace(plain, summary=whole)]
    write_count_folder(tmp_path / "both", manifest(), parts)
    assert CountFolder(tmp_path / "both").summaries == {"ant": plain.summary, "red#wrong": whole}
    write_count_folder(tmp_path / "one", manifest(), parts[:1])
    assert "outcome" not in pq.read_schema(tmp_path / "one" / "classes.parquet").names
