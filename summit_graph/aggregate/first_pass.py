"""The first pass of counting by relevance: every class's sums of values, then each class's baseline.

The sums of a piece are written to a file named by a hash of its images and the model, so a run resumes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch

from summit_graph.aggregate.baselines import STEP, ValueSums, write_baseline
from summit_graph.aggregate.batches import BatchCounts
from summit_graph.aggregate.gradients import values_read
from summit_graph.aggregate.kept_sums import KeptSums, keep_sums, read_kept
from summit_graph.aggregate.pieces import Piece
from summit_graph.aggregate.work import Job, Submit, ValuesTask, wait_for
from summit_graph.errors import SummitGraphError, UsageError
from summit_graph.images import Dataset, readable_formats
from summit_graph.system.prefetch import prefetch


@dataclass(frozen=True)
class BaselineFile:
    """A class's mean maps over the images of other classes, and a hash of what they depend on.

    Both are None where nothing is needed.
    """

    path: Path | None = None
    digest: str | None = None


@dataclass
class FirstPass:
    """Sums of the values that relevance is counted from, for every class of a dataset.

    Attributes:
        job: with the model, the device and the folder for the sums.
        dataset: the images.
        pieces: all pieces of each class, also those of other shards.
        folders: the folder that each class's images are in; the parts of one are not other classes.
        kept_dirs: the folders with the sums of earlier runs.
    """

    job: Job
    dataset: Dataset
    pieces: Mapping[str, Sequence[Piece]]
    folders: Mapping[str, str]
    kept_dirs: Sequence[Path] = ()
    _everything: ValueSums = field(default_factory=ValueSums)
    _paths: dict[Piece, Path] = field(default_factory=dict)

    def check(self) -> None:
        """Raise UsageError if there is only one class, and no earlier run has counted others."""
        if len(set(self.folders.values())) < 2 and not self.kept.sums.images:
            raise UsageError(
                "relevance is counted from the mean over other classes, and there is only one class: "
                "count several classes at once, ingest it into a network that has others, name a count "
                "folder of others with aggregate --baseline-of, or give --baseline zero"
            )

    @cached_property
    def kept(self) -> KeptSums:
        """The sums of earlier runs over other folders."""
        folders = [folder / self._digest_of_values() for folder in self.kept_dirs]
        return read_kept(folders, set(self.folders.values()))

    def keep(self, folder: Path) -> None:
        """Keep the sums in a folder for later runs."""
        total = self.sums_of([*self._all_pieces()])
        keep_sums(folder / self._digest_of_values(), total, set(self.folders.values()))

    def add_values(self, submit: Submit, on_piece: Callable[[int], None], *, ahead: int) -> None:
        """Add up the values of all pieces; those that an interrupted run has finished are kept.

        Args:
            submit: starts a task.
            on_piece: called with the number of images of each finished piece.
            ahead: how many pieces are started before their turn.
        """
        self._everything.add(self.kept.sums)
        for piece, result in prefetch(self._started(submit), ahead):
            if result is not None:
                wait_for(result)
            self._everything.add(self._sums(piece))
            on_piece(piece.images)

    def _started(self, submit: Submit) -> Iterator[tuple[Piece, Callable[[], BatchCounts] | None]]:
        """Each piece, and the task that adds up its values; None if a file has them."""
        for piece in self._all_pieces():
            path = self._paths[piece] = self._path_of(piece)
            known = ValueSums.read(path) is not None
            yield piece, None if known else submit(self._task(piece, path))

    def baseline_of(self, class_name: str) -> BaselineFile:
        """Write the baseline of a class, unless it is there.

        Raises:
            SummitGraphError: no other class has a readable image.
        """
        path = self._baseline_path(class_name)
        if not path.exists():
            own = self.sums_of([piece for piece in self._all_pieces() if self._is_own(piece, class_name)])
            if own.images == self._everything.images:
                raise SummitGraphError(
                    f"no class but {class_name} has a readable image: give --baseline zero"
                )
            write_baseline(path, self._everything, own)
        return BaselineFile(path, path.stem)

    def _baseline_path(self, class_name: str) -> Path:
        """Named by a hash of the class and the other classes' sums."""
        others = [path.stem for piece, path in self._paths.items() if not self._is_own(piece, class_name)]
        digest = hashlib.sha256(
            "\n".join([class_name, *sorted(others), *self.kept.names]).encode()
        ).hexdigest()
        return self.job.work_dir / f"{digest}.baseline.npz"

    def _is_own(self, piece: Piece, class_name: str) -> bool:
        """Whether a piece's images are in the class's folder."""
        return self.folders[piece.class_name] == self.folders[class_name]

    def forget_baseline(self, class_name: str) -> None:
        """Delete the file of a class that is counted."""
        self._baseline_path(class_name).unlink(missing_ok=True)

    def sums_of(self, pieces: Sequence[Piece]) -> ValueSums:
        """The sums over some pieces."""
        total = ValueSums()
        for piece in pieces:
            total.add(self._sums(piece))
        return total

    def _all_pieces(self) -> Iterator[Piece]:
        for pieces in self.pieces.values():
            yield from pieces

    def _task(self, piece: Piece, path: Path) -> ValuesTask:
        return ValuesTask(self.dataset.root, piece.files(self.dataset), path)

    def _sums(self, piece: Piece) -> ValueSums:
        found = ValueSums.read(self._paths[piece])
        if found is None:
            raise SummitGraphError(f"{self._paths[piece]} is missing: run the command again")
        return found

    def _values(self) -> dict[str, object]:
        """Which values are summed."""
        model = self.job.model
        return {
            "step": STEP,
            "model": model.model_key,
            "program": model.recipe.digest,
            "values": sorted(values_read(model)),
        }

    def _digest_of_values(self) -> str:
        return hashlib.sha256(json.dumps(self._values()).encode()).hexdigest()[:16]

    def _path_of(self, piece: Piece) -> Path:
        what = {
            **self._values(),
            "device": torch.device(self.job.device).type,
            "formats": readable_formats(),
        }
        return self.job.work_dir / f"{piece.digest(self.dataset, what)}.sums.npz"
