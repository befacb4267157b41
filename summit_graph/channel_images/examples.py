"""The images of a dataset that excite each channel most, and their patches (paper 6.3).

1. Every image goes through the network; of each channel, its largest activation over space and where it lies.
   So an image gives a channel one patch, never two nearly the same ones.
2. Each channel keeps its largest; ties go to the file that comes first. What is kept of a piece of the
   dataset is written down, so an interrupted run goes on, and pieces together are the whole: the largest of
   the largest are exact.
3. At the end each image needed is decoded once more, and its patches are cut: what the position of the
   maximum can see (``receptive``), clipped to the picture.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from summit_graph.channel_images.receptive import box_around, fields_of
from summit_graph.errors import SummitGraphError, UnreadableImageError
from summit_graph.images import (
    Dataset,
    File,
    Skipped,
    name_of,
    read_pixels,
    readable_name,
    state_of,
    unreadable,
)
from summit_graph.model.architecture import InceptionV1
from summit_graph.model.weights import Weights
from summit_graph.pictures import EXAMPLES_FILE, FORMAT, write_json
from summit_graph.records import Channel

#: How many images each channel keeps.
EXAMPLES = 10
#: Files whose largest are written down together; and images in one forward pass.
PIECE_FILES, BATCH_IMAGES = 512, 16
#: The longer side of a thumbnail in pixels, and its WebP quality.
THUMBNAIL_SIDE, THUMBNAIL_QUALITY = 72, 70
#: Threads that decode images; Pillow lets them run side by side.
DECODERS = 4

OnProgress = Callable[[int, int], None]


@dataclass
class Largest:
    """Of every channel (rows, all layers one after the other) its largest activations, in descending order.

    Attributes:
        activations: float32 (channels, kept); 0 where there is none.
        files: int64 (channels, kept), the file's index in the dataset.
        positions: int64 (channels, kept), the flat position in the layer's map.
        skipped: files that did not decode.
    """

    activations: NDArray[np.float32]
    files: NDArray[np.int64]
    positions: NDArray[np.int64]
    skipped: list[Skipped] = field(default_factory=list)

    @classmethod
    def none(cls, channels: int, kept: int) -> Largest:
        """Of no image yet."""
        shape = (channels, kept)
        return cls(np.zeros(shape, np.float32), np.zeros(shape, np.int64), np.zeros(shape, np.int64))

    def merge(self, other: Largest) -> None:
        """Keep the largest of both; equal ones of lower files first."""
        activations, files, positions = (
            np.concatenate([getattr(self, name), getattr(other, name)], axis=1)
            for name in ("activations", "files", "positions")
        )
        order = np.lexsort((files, -activations), axis=1)[:, : self.activations.shape[1]]
        self.activations, self.files, self.positions = (
            np.take_along_axis(values, order, axis=1) for values in (activations, files, positions)
        )
        self.skipped += other.skipped


@dataclass(frozen=True)
class Gathered:
    """What a whole dataset gave: the largest activations, and how wide each layer's map is."""

    dataset: Dataset
    files: list[tuple[str, File]]  # (class, file)
    weights: Weights
    largest: Largest
    widths: dict[str, int]


def gather_examples(
    dataset: Dataset,
    weights: Weights,
    *,
    work_dir: Path,
    device: str = "cpu",
    kept: int = EXAMPLES,
    skip_bad: bool = False,
    on_progress: OnProgress | None = None,
) -> Gathered:
    """Find the images that excite each channel most.

    Args:
        dataset: what ``images.read_dataset`` found.
        work_dir: finished pieces are kept there; give the same folder again to resume, remove it when done.
        kept: how many images a channel keeps.
        skip_bad: leave out files that do not decode, and list them.

    Raises:
        UnreadableImageError: without ``skip_bad``, the first file that does not decode.
    """
    files = [
        (name, file)
        for name, of_class in dataset.classes.items()
        for file in dataset.files(name, range(len(of_class)))
    ]
    model = InceptionV1(weights, device=device)
    total = Largest.none(sum(layer.channels for layer in weights.layers), kept)
    for start in range(0, len(files), PIECE_FILES):
        names = [file for _, file in files[start : start + PIECE_FILES]]
        kept_file = work_dir / f"{_identity(dataset.root, names, weights, start, kept)}.npz"
        piece = _read_piece(kept_file) or _gather_piece(model, dataset.root, names, start, kept)
        if piece.skipped and not skip_bad:
            raise unreadable(dataset.root, piece.skipped[0])
        _write_piece(kept_file, piece)
        total.merge(piece)
        if on_progress:
            on_progress(start + len(names), len(files))
    return Gathered(dataset, files, weights, total, _map_widths(model))


def write_examples(gathered: Gathered, folder: Path, *, thumbnails: bool = True) -> int:
    """Write ``examples.json`` and the patches into a folder that replaces the one there.

    Returns:
        how many channels have an example.
    """
    staged = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    examples = dict(_entries(gathered, thumbnails=thumbnails))
    if thumbnails:
        _write_thumbnails(gathered, examples, staged)
    content = {
        "format": FORMAT,
        "model": gathered.weights.name,
        "weights_sha256": gathered.weights.sha256,
        "dataset": gathered.dataset.name,
        "examples": examples,
    }
    write_json(staged / EXAMPLES_FILE, content)
    shutil.rmtree(folder, ignore_errors=True)
    staged.rename(folder)
    return len(examples)


def _gather_piece(model: InceptionV1, root: Path, names: Sequence[File], start: int, kept: int) -> Largest:
    largest = Largest.none(sum(layer.channels for layer in model.layers), kept)
    for indices, pixels, skipped in _decoded(root, names):
        largest.skipped += skipped
        if indices:
            activations, positions = _maxima(model, pixels)
            files = np.broadcast_to(np.asarray(indices)[None] + start, activations.shape)
            largest.merge(Largest(activations, files, positions))
    return largest


def _decoded(
    root: Path, names: Sequence[File]
) -> Iterator[tuple[list[int], NDArray[np.uint8], list[Skipped]]]:
    """Batches of pictures with their numbers, decoded side by side, and what did not decode."""
    with ThreadPoolExecutor(DECODERS) as threads:
        reads = list(threads.map(lambda name: _picture_or_reason(root, name), names[:BATCH_IMAGES]))
        for start in range(0, len(names), BATCH_IMAGES):
            ahead = threads.map(
                lambda name: _picture_or_reason(root, name),
                names[start + BATCH_IMAGES : start + 2 * BATCH_IMAGES],
            )
            good = {start + at: read for at, read in enumerate(reads) if not isinstance(read, Skipped)}
            pixels = np.stack(list(good.values())) if good else np.empty((0,), np.uint8)
            yield list(good), pixels, [read for read in reads if isinstance(read, Skipped)]
            reads = list(ahead)


def _picture_or_reason(root: Path, name: File) -> NDArray[np.uint8] | Skipped:
    try:
        return read_pixels(name, root=root)
    except UnreadableImageError as error:
        return Skipped(readable_name(name_of(name)), str(error))


def _maxima(model: InceptionV1, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Each channel's largest activation and its flat position, (channels, images)."""
    found = []
    with torch.inference_mode():
        for maps in model.forward(torch.from_numpy(pixels)).mixed:
            found.append(maps.output.permute(0, 2, 3, 1).flatten(1, 2).max(1))
        activations = torch.cat([one.values for one in found], dim=1).T.cpu().numpy()
        positions = torch.cat([one.indices for one in found], dim=1).T.cpu().numpy()
    return activations, positions


def _map_widths(model: InceptionV1) -> dict[str, int]:
    forward = model.forward(torch.zeros((1, 224, 224, 3), dtype=torch.uint8))
    return {maps.name: maps.output.shape[3] for maps in forward.mixed}


def _entries(gathered: Gathered, *, thumbnails: bool) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each channel's examples as ``examples.json`` holds them."""
    fields, largest, row = fields_of(gathered.weights), gathered.largest, 0
    for layer in gathered.weights.layers:
        for index in range(layer.channels):
            receptive = fields[layer.name, str(layer.branch_of(index))]
            entries = []
            for rank in np.flatnonzero(largest.activations[row] > 0):
                class_name, file = gathered.files[largest.files[row, rank]]
                position = int(largest.positions[row, rank])
                entries.append(
                    {
                        "class": class_name,
                        "file": name_of(file),
                        "activation": float(largest.activations[row, rank]),
                        "box": box_around(receptive, position, gathered.widths[layer.name]),
                        "thumbnail": f"{layer.name}/{index}-{rank}.webp" if thumbnails else None,
                    }
                )
            if entries:
                yield str(Channel(layer.name, index)), entries
            row += 1


def _write_thumbnails(gathered: Gathered, examples: dict[str, list[dict[str, Any]]], folder: Path) -> None:
    """Cut all patches, decoding each image once."""
    from PIL import Image

    for layer in gathered.weights.layers:
        (folder / layer.name).mkdir()
    wanted: dict[str, list[dict[str, Any]]] = {}
    for entries in examples.values():
        for entry in entries:
            wanted.setdefault(entry["file"], []).append(entry)
    files = {name_of(file): file for _, file in gathered.files}
    for name, entries in wanted.items():
        picture = Image.fromarray(read_pixels(files[name], root=gathered.dataset.root))
        for entry in entries:
            patch = picture.crop(entry["box"])
            scale = THUMBNAIL_SIDE / max(patch.size)
            width, height = (max(1, round(scale * length)) for length in patch.size)
            patch = patch.resize((width, height), Image.Resampling.BICUBIC)
            patch.save(folder / entry["thumbnail"], "WEBP", quality=THUMBNAIL_QUALITY, method=4)


def _identity(root: Path, names: Sequence[File], weights: Weights, start: int, kept: int) -> str:
    """A name for a piece that changes with whatever its largest depend on."""
    digest = hashlib.sha256(f"{weights.sha256} {weights.family} {start} {kept}".encode())
    for name in names:
        digest.update(json.dumps(state_of(root, name)).encode())
    return digest.hexdigest()[:32]


def _read_piece(file: Path) -> Largest | None:
    if not file.is_file():
        return None
    try:
        with np.load(file) as stored:
            skipped = [Skipped(str(name), str(reason)) for name, reason in stored["skipped"]]
            return Largest(stored["activations"], stored["files"], stored["positions"], skipped)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise SummitGraphError(f"{file} is damaged ({error}): remove it") from None


def _write_piece(file: Path, piece: Largest) -> None:
    if file.is_file():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    staged = file.with_suffix(".new.npz")
    skipped = np.array([(one.file, one.reason) for one in piece.skipped], dtype=str).reshape(-1, 2)
    np.savez(
        staged, activations=piece.activations, files=piece.files, positions=piece.positions, skipped=skipped
    )
    staged.replace(file)
