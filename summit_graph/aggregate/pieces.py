"""How a run is divided: a class into batches, batches into pieces whose counts survive an interruption.

A batch consists of the same files for any number of processes or shards, so its counts are the same. A piece
is at most ``PIECE_IMAGES`` images of one class. Its counts are stored in a file that is named by a hash of
everything they depend on, so a changed image or parameter is counted again.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from summit_graph.aggregate.batches import Accuracy, BatchCounts
from summit_graph.aggregate.top_images import TopImages, read_top_images, write_top_images
from summit_graph.images import Dataset, File, Skipped, state_of
from summit_graph.system.atomic_files import replaced_whole

#: Images per batch by kind of device: enough for its speed, within its memory. They are part of every hash.
BATCH_IMAGES = {"cpu": 16, "cuda": 128}
#: Images per piece: the most that an interruption loses per process.
PIECE_IMAGES = 2000
#: Version of the counting; increase it when the same input would be counted differently.
FORMAT = 4


@dataclass(frozen=True)
class Piece:
    """A part of one class; each batch is the range of its files' indices in the class."""

    class_name: str
    batches: tuple[range, ...]

    @property
    def images(self) -> int:
        """Number of files, readable or not."""
        return sum(map(len, self.batches))

    def files(self, dataset: Dataset) -> list[Sequence[File]]:
        """The files of each batch."""
        return [dataset.files(self.class_name, places) for places in self.batches]

    def digest(self, dataset: Dataset, what: Mapping[str, Any]) -> str:
        """A hash of the piece's images in their present state, and of what is computed from them."""
        images = [[state_of(dataset.root, file) for file in files] for files in self.files(dataset)]
        text = json.dumps({**what, "class": self.class_name, "images": images}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class PieceCounts:
    """Counts of one piece, or the sum over several.

    Attributes:
        cells: int32 (cells,) in the order of ``CellLayout``.
        skipped: files that do not decode.
        top_images: each channel's largest activations, files by index in the class; None without examples.
        relevance: float64 (channels,), summed over the images; None where activations are counted.
    """

    cells: NDArray[np.int32]
    accuracy: Accuracy = field(default_factory=Accuracy)
    skipped: list[Skipped] = field(default_factory=list)
    top_images: TopImages | None = None
    relevance: NDArray[np.float64] | None = None

    def add(self, part: BatchCounts | PieceCounts) -> None:
        """Add the counts of other images."""
        self.cells += part.cells
        if part.relevance is not None:
            self.relevance = part.relevance + (0 if self.relevance is None else self.relevance)
        self.accuracy.add(part.accuracy)
        self.skipped.extend(part.skipped)
        if self.top_images and part.top_images:
            self.top_images.merge(part.top_images)


def plan_pieces(
    dataset: Dataset, *, batch_images: int, shard: tuple[int, int] | None = None
) -> dict[str, list[Piece]]:
    """The pieces of each class, in order.

    Args:
        dataset: the whole dataset, also for a shard.
        batch_images: files per batch; the last batch of a class has the rest.
        shard: (i, n), i from 0: only every n-th batch, numbered across all classes.
    """
    index, count = shard or (0, 1)
    per_piece = max(1, PIECE_IMAGES // batch_images)
    pieces: dict[str, list[Piece]] = {}
    number = 0
    for name, files in dataset.classes.items():
        every = range(len(files))
        batches = [every[at : at + batch_images] for at in every[::batch_images]]
        mine = [batch for at, batch in enumerate(batches, start=number) if at % count == index]
        pieces[name] = [Piece(name, tuple(part)) for part in _groups(mine, per_piece)]
        number += len(batches)
    return pieces


class PieceStore:
    """Finished pieces in a folder. Files are written atomically, so each is complete.

    ``identity`` is everything but the images that the counts depend on. With ``examples``, each piece has a
    second file with its channels' largest activations, which is written before the piece.
    """

    def __init__(
        self, folder: Path, identity: Mapping[str, Any], *, cells: int, examples: bool = False
    ) -> None:
        self.folder = folder
        self.identity = {"format": FORMAT, **identity}
        self.cells = cells
        self.examples = examples
        folder.mkdir(parents=True, exist_ok=True)

    def path_of(
        self, piece: Piece, dataset: Dataset, output: int | None, baseline: str | None = None
    ) -> Path:
        """The file of a piece, named by a hash of its images' present state, its output and its baseline."""
        what = {**self.identity, "output": output}
        if baseline:
            what["baseline"] = baseline
        if self.examples:
            what["places"] = [places.start for places in piece.batches]
        return self.folder / f"{piece.digest(dataset, what)}.parquet"

    def read(self, path: Path) -> StoredPiece | None:
        """The piece in that file; None if it is missing or damaged, and must be counted again."""
        try:
            rows = pq.read_table(path)
            top_images = read_top_images(_beside(path))[0] if self.examples else None
            return StoredPiece(rows, json.loads(rows.schema.metadata[b"piece"]), self.cells, top_images)
        except (OSError, pa.ArrowInvalid, KeyError, TypeError, ValueError, zipfile.BadZipFile):
            return None

    def write(self, path: Path, counts: PieceCounts) -> None:
        """Store a piece atomically."""
        if counts.top_images:
            write_top_images(_beside(path), counts.top_images)
        at = np.flatnonzero(counts.cells)
        about = {
            "accuracy": asdict(counts.accuracy) | {"histogram": counts.accuracy.histogram.tolist()},
            "skipped": [one.to_json() for one in counts.skipped],
        }
        rows = pa.table({"cell": at.astype(np.int32), "count": counts.cells[at]})
        sums = {} if counts.relevance is None else {"relevance": counts.relevance.tobytes()}
        rows = rows.replace_schema_metadata({"piece": json.dumps(about), **sums})
        with replaced_whole(path) as staged:
            pq.write_table(rows, staged, compression="zstd")


@dataclass(frozen=True)
class StoredPiece:
    """A stored piece, still sparse: a table of the cells that are not 0, and the other counts."""

    rows: pa.Table
    about: Mapping[str, Any]
    size: int
    top_images: TopImages | None = None

    @property
    def skipped(self) -> list[Skipped]:
        """Files that do not decode."""
        return [Skipped(**one) for one in self.about["skipped"]]

    def to_counts(self) -> PieceCounts:
        """The piece as dense counts."""
        cells = np.zeros(self.size, np.int32)
        cells[self.rows["cell"].to_numpy()] = self.rows["count"].to_numpy()
        accuracy = dict(self.about["accuracy"])
        accuracy["histogram"] = np.array(accuracy["histogram"], np.int64)
        sums = self.rows.schema.metadata.get(b"relevance")
        relevance = None if sums is None else np.frombuffer(sums)
        return PieceCounts(cells, Accuracy(**accuracy), self.skipped, self.top_images, relevance)


def _beside(path: Path) -> Path:
    """The file of a piece's top images."""
    return path.with_suffix(".npz")


def _groups(items: Sequence[range], size: int) -> Iterator[Sequence[range]]:
    for at in range(0, len(items), size):
        yield items[at : at + size]
