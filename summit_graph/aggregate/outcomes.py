"""Splits classes by outcome: the images for which the model predicts the class's output, and the others.

1. A pass over the images finds their outcomes. Those of a piece are kept in the work folder, in a file named
   by a hash of its images and the model, so a run resumes.
2. Each class becomes two, ``NAME#right`` and ``NAME#wrong``, which are counted like any others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from summit_graph.aggregate.batches import exact_float32, images_together, ranks_of
from summit_graph.aggregate.memory import compute_in_parts
from summit_graph.aggregate.pieces import BATCH_IMAGES, Piece, plan_pieces
from summit_graph.aggregate.work import Job, begin, wait_for
from summit_graph.errors import UsageError
from summit_graph.images import Batch, Dataset, read_batch, readable_formats
from summit_graph.images.labels import MatchedClass
from summit_graph.model.counted import CountedModel
from summit_graph.model.inputs import prepare_input
from summit_graph.model.program.running import ForwardPass
from summit_graph.records import OUTCOMES, Outcome
from summit_graph.system.atomic_files import replaced_whole
from summit_graph.system.child_processes import spawned_processes
from summit_graph.system.prefetch import prefetch
from summit_graph.system.resources import usable_cores

#: A file whose image does not decode has no outcome.
UNREADABLE = -1
#: Called with the number of images done, and of all images.
OnOutcomes = Callable[[int, int], None]


@dataclass(frozen=True)
class ByOutcome:
    """A dataset whose classes are split.

    Attributes:
        dataset: ``NAME#right`` and ``NAME#wrong``, with a note on each of them that has no image.
        matched: the output and title of each class, with its base class and outcome.
    """

    dataset: Dataset
    matched: Mapping[str, MatchedClass]


def split_by_outcome(
    dataset: Dataset,
    job: Job,
    match_class: Callable[[str], MatchedClass],
    *,
    processes: int | None = None,
    on_outcomes: OnOutcomes = lambda done, images: None,
) -> ByOutcome:
    """Find the outcome of every image and split the classes.

    Args:
        dataset: the classes.
        job: with the model, the device and the folder for the outcomes.
        match_class: finds the model's output for a class.
        processes: how many decode; one per core by default.
        on_outcomes: called after every piece.

    Raises:
        UsageError: a class has no output.
    """
    matched = {name: match_class(name) for name in dataset.classes}
    for name, one in matched.items():
        if one.output is None:
            raise UsageError(
                f"class {name} matches no output of the model, so none of its images is right or wrong: "
                "name the outputs with --labels, leave the class out, or omit --by outcome"
            )
    outcomes = OutcomePass(dataset, job, matched).find(processes or usable_cores(), on_outcomes)
    return _split(dataset, matched, outcomes)


class Predictions:
    """What a model predicts."""

    def __init__(self, model: CountedModel, *, device: torch.device | str = "cpu") -> None:
        self.model, self.device = model, torch.device(device)
        self._forward = ForwardPass(model.recipe, [model.output], device=device)
        self._together = images_together(model)

    def are_right(self, pixels: NDArray[np.uint8], output: int) -> NDArray[np.bool_]:
        """Whether the model predicts the output, bool (images,), for uint8 (images, height, width, 3)."""
        if not len(pixels):
            return np.zeros(0, bool)
        found = compute_in_parts(
            lambda part: self._ranks(pixels[part], output),
            len(pixels),
            together=self._together,
            device=self.device,
        )
        return found.cpu().numpy() == 0

    def _ranks(self, pixels: NDArray[np.uint8], output: int) -> torch.Tensor:
        """The output's rank in each image, int64 (images,)."""
        some = torch.from_numpy(pixels).to(self.device)
        with exact_float32():
            logits = self._forward(prepare_input(some, self.model.input))[self.model.output]
        return ranks_of(logits, output)


@dataclass(frozen=True)
class OutcomePass:
    """Finds which images of a dataset the model assigns to their class."""

    dataset: Dataset
    job: Job
    matched: Mapping[str, MatchedClass]

    def find(self, processes: int, on_outcomes: OnOutcomes) -> dict[str, NDArray[np.int8]]:
        """For each class its files, int8 (files,): 1 for right, 0 for wrong, or ``UNREADABLE``."""
        pieces = plan_pieces(self.dataset, batch_images=BATCH_IMAGES[torch.device(self.job.device).type])
        found = {name: [np.empty(0, np.int8)] for name in pieces}
        done = 0
        with spawned_processes(processes) as pool:
            for piece in (piece for of_class in pieces.values() for piece in of_class):
                found[piece.class_name].append(self._of_piece(piece, pool, ahead=2 * processes))
                done += piece.images
                on_outcomes(done, len(self.dataset))
        return {name: np.concatenate(parts) for name, parts in found.items()}

    def _of_piece(self, piece: Piece, pool: ProcessPoolExecutor, *, ahead: int) -> NDArray[np.int8]:
        """Those of a file that an interrupted run has left, else computed and written to it."""
        output = self.matched[piece.class_name].output
        assert output is not None
        path = self._path_of(piece, output)
        known = _read(path, piece.images)
        if known is not None:
            return known
        decoded = prefetch(self._decoded(piece, pool), ahead)
        pairs = zip(decoded, piece.batches, strict=True)
        found = np.concatenate(
            [self._of_batch(wait_for(take), len(places), output) for take, places in pairs]
        )
        with replaced_whole(path) as staged, staged.open("wb") as file:
            np.save(file, found)
        return found

    def _decoded(self, piece: Piece, pool: ProcessPoolExecutor) -> Iterator[Callable[[], Batch]]:
        read = partial(read_batch, skip_bad=self.job.skip_bad, rule=self.job.model.input)
        for files in piece.files(self.dataset):
            yield begin(pool, read, self.dataset.root, files)

    def _of_batch(self, batch: Batch, files: int, output: int) -> NDArray[np.int8]:
        found = np.full(files, UNREADABLE, np.int8)
        found[batch.numbers] = self._predictions.are_right(batch.pixels, output)
        return found

    @cached_property
    def _predictions(self) -> Predictions:
        return Predictions(self.job.model, device=self.job.device)

    def _path_of(self, piece: Piece, output: int) -> Path:
        model = self.job.model
        what = {
            "model": model.model_key,
            "program": model.recipe.digest,
            "output": output,
            "device": torch.device(self.job.device).type,
            "formats": readable_formats(),
        }
        return self.job.work_dir / f"{piece.digest(self.dataset, what)}.outcomes.npy"


def _read(path: Path, files: int) -> NDArray[np.int8] | None:
    """None if the file is missing or damaged."""
    try:
        found: NDArray[np.int8] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found if found.shape == (files,) else None


def _split(
    dataset: Dataset, matched: Mapping[str, MatchedClass], outcomes: Mapping[str, NDArray[np.int8]]
) -> ByOutcome:
    places: dict[str, tuple[str, Sequence[int]]] = {}
    split: dict[str, MatchedClass] = {}
    notes = [*dataset.notes]
    for name, found in outcomes.items():
        for outcome, files in _sides(found).items():
            if len(files) or not len(found):
                side = f"{name}#{outcome}"
                places[side] = (name, files.tolist())
                split[side] = _matched_side(matched[name], name, outcome)
            else:
                notes.append(f"No image of {name} is {outcome}: there is no class {name}#{outcome}.")
    selected = dataset.selected(dict(sorted(places.items())))
    return ByOutcome(replace(selected, notes=notes), split)


def _sides(found: NDArray[np.int8]) -> dict[Outcome, NDArray[np.int64]]:
    """The files of each outcome; unreadable ones are with the right ones, unless only others are readable.

    A class without files has one side, which is reported as a class without images.
    """
    if not len(found):
        return {"right": np.empty(0, np.int64)}
    bad_side = 1 if (found == 1).any() or not (found == 0).any() else 0
    sides = np.where(found == UNREADABLE, bad_side, found)
    return {outcome: np.flatnonzero(sides == value) for outcome, value in zip(OUTCOMES, (1, 0), strict=True)}


def _matched_side(one: MatchedClass, name: str, outcome: Outcome) -> MatchedClass:
    words = "rightly" if outcome == "right" else "wrongly"
    return replace(one, title=f"{one.title}, {words} classified", base=name, outcome=outcome)
