"""Of every channel the images that excite it most, found in the forward pass that counts (paper 6.3).

1. An image gives a channel its largest activation over space and where that lies: one patch, so never two
   nearly the same ones of one image.
2. Each channel keeps its largest; equal ones of the file that comes first. The largest of the largest are
   exact, so batches, pieces and processes add up to the whole.
3. Beside them stands how often a channel's maximum lay at the rim of its map: one that does so whatever the
   image sees the image's frame and not what is in it (paper 7.4).

Rows are channels, all layers one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from summit_graph.model.architecture import MixedMaps
from summit_graph.system.atomic_files import replaced_whole

#: How many images each channel keeps.
EXAMPLES = 10


@dataclass
class TopImages:
    """Every channel's largest activations in descending order, and at how many images it was looked.

    Attributes:
        activations: float32 (channels, kept); 0 where there is none.
        files: int64 (channels, kept), which file; whoever counts says how files are numbered.
        positions: int32 (channels, kept), the flat position in the layer's map.
        active: int64 (channels,), in how many images the channel is active at all …
        at_rim: … and in how many of these its maximum lies in the outermost rows or columns.
    """

    activations: NDArray[np.float32]
    files: NDArray[np.int64]
    positions: NDArray[np.int32]
    active: NDArray[np.int64]
    at_rim: NDArray[np.int64]

    @classmethod
    def none(cls, channels: int, kept: int = EXAMPLES) -> TopImages:
        """Of no image yet."""
        ranked, whole = (channels, kept), (channels,)
        return cls(
            np.zeros(ranked, np.float32),
            np.zeros(ranked, np.int64),
            np.zeros(ranked, np.int32),
            np.zeros(whole, np.int64),
            np.zeros(whole, np.int64),
        )

    def merge(self, other: TopImages) -> None:
        """Keep the largest of both; equal ones of lower files first."""
        rows = np.flatnonzero(other.activations[:, 0] >= np.maximum(self.activations[:, -1], 1e-45))
        ranked = ("activations", "files", "positions")
        both = {
            name: np.concatenate([getattr(self, name)[rows], getattr(other, name)[rows]], axis=1)
            for name in ranked
        }
        order = np.lexsort((both["files"], -both["activations"]), axis=1)[:, : self.activations.shape[1]]
        for name in ranked:
            getattr(self, name)[rows] = np.take_along_axis(both[name], order, axis=1)
        self.active += other.active
        self.at_rim += other.at_rim

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As ``np.savez`` takes it, small; ``TopImages(**arrays)`` is the inverse."""
        return dict(vars(self))


class TopImagesBuffer:
    """Gathers on one device, batch after batch, until it is read."""

    def __init__(self, channels: int, *, device: torch.device | str = "cpu", kept: int = EXAMPLES) -> None:
        self.kept = kept
        self.activations = torch.zeros(channels, kept, device=device)
        self.files = torch.zeros(channels, kept, dtype=torch.int32, device=device)
        self.positions = torch.zeros(channels, kept, dtype=torch.int32, device=device)
        self.seen = torch.zeros(channels, 2, dtype=torch.int32, device=device)

    def clear(self) -> None:
        """Start anew in the same memory."""
        for one in (self.activations, self.files, self.positions, self.seen):
            one.zero_()

    def add(self, mixed: Sequence[MixedMaps], numbers: Tensor) -> None:
        """Look at a batch.

        Args:
            mixed: every layer's maps.
            numbers: int32 (images,), which file each image is, ascending and above all before.
        """
        found = [find_maxima(maps.output) for maps in mixed]
        activations, positions = (torch.cat(part) for part in zip(*(one[:2] for one in found), strict=True))
        self.seen += torch.cat([one[2] for one in found])
        activations = torch.cat([self.activations, activations], dim=1)
        positions = torch.cat([self.positions, positions], dim=1)
        files = torch.cat([self.files, numbers.expand(len(self.files), -1)], dim=1)
        ordered, order = activations.sort(dim=1, descending=True, stable=True)  # so lower files come first
        order = order[:, : self.kept]
        self.activations.copy_(ordered[:, : self.kept])
        self.files.copy_(files.gather(1, order))
        self.positions.copy_(positions.gather(1, order))

    def read(self) -> TopImages:
        """What was gathered, as copies."""
        active, at_rim = self.seen.T.cpu().numpy().astype(np.int64)
        there = self.activations > 0
        files, positions = ((one * there).cpu().numpy() for one in (self.files, self.positions))
        activations = self.activations.cpu().numpy().copy()
        return TopImages(activations, files.astype(np.int64), positions, active, at_rim)


def find_maxima(output: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Where each channel is largest.

    Args:
        output: float32 (images, channels, H, W), none negative.

    Returns:
        float32 (channels, images), the largest activation; int32, its flat position; int32 (channels, 2), in
        how many images it is above 0, and in how many of these it lies at the rim.
    """
    height, width = output.shape[2:]
    largest, at = output.permute(0, 2, 3, 1).flatten(1, 2).max(1)  # (images, channels)
    row, column = at // width, at % width
    at_rim = (row == 0) | (row == height - 1) | (column == 0) | (column == width - 1)
    active = largest > 0
    seen = torch.stack([active.sum(0), (active & at_rim).sum(0)], dim=1)
    return largest.T, at.T.to(torch.int32), seen.to(torch.int32)


def write_top_images(file: Path, largest: TopImages, **more: NDArray[Any]) -> None:
    """Keep it in a file; a reader sees it whole or not at all."""
    with replaced_whole(file) as staged, staged.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **largest.arrays(), **more)


def read_top_images(file: Path) -> tuple[TopImages, dict[str, NDArray[Any]]]:
    """What ``write_top_images`` kept.

    Raises:
        OSError, ValueError, KeyError, zipfile.BadZipFile: it is missing or damaged.
    """
    with np.load(file) as stored:
        arrays = {name: stored[name] for name in stored.files}
    return TopImages(**{name: arrays.pop(name) for name in TopImages.__annotations__}), arrays
