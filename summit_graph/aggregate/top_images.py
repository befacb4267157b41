"""The images with each channel's largest activations, found in the forward pass that counts (paper 6.3).

1. Each image contributes its largest activation over space and its position: one patch per image, so no two
   patches are nearly the same.
2. Each channel keeps the largest ones; ties go to the earlier file. Merging such lists is exact: the result
   does not depend on batches, pieces or processes.
3. How often a channel's maximum is at the border of its map is counted too. A channel for which this is
   so in nearly all images responds to zero padding, not to the image's content (paper 7.4).

Rows are channels, layer after layer.
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

from summit_graph.defaults import EXAMPLES
from summit_graph.system.atomic_files import replaced_whole


@dataclass
class TopImages:
    """Each channel's largest activations, in descending order.

    Attributes:
        activations: float32 (channels, kept); 0 for unused entries.
        files: int64 (channels, kept), the file's number; the caller defines the numbering.
        positions: int32 (channels, kept), the flat position in the layer's map.
        active: int64 (channels,), number of images with an activation above 0 …
        at_rim: int64 (channels,), … and of these, with the maximum in the outermost rows or columns.
    """

    activations: NDArray[np.float32]
    files: NDArray[np.int64]
    positions: NDArray[np.int32]
    active: NDArray[np.int64]
    at_rim: NDArray[np.int64]

    @classmethod
    def none(cls, channels: int, kept: int = EXAMPLES) -> TopImages:
        """Of no image."""
        ranked, whole = (channels, kept), (channels,)
        return cls(
            np.zeros(ranked, np.float32),
            np.zeros(ranked, np.int64),
            np.zeros(ranked, np.int32),
            np.zeros(whole, np.int64),
            np.zeros(whole, np.int64),
        )

    def merge(self, other: TopImages) -> None:
        """Keep the largest of both; ties go to the lower file number."""
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
        """The arrays by name, for ``np.savez``; ``TopImages(**arrays)`` is the inverse."""
        return dict(vars(self))


#: What ``find_maxima`` returns.
Maxima = tuple[Tensor, Tensor, Tensor]


class TopImagesBuffer:
    """Collects the top images of batches on one device."""

    def __init__(self, channels: int, *, device: torch.device | str = "cpu", kept: int = EXAMPLES) -> None:
        self.kept = kept
        self.activations = torch.zeros(channels, kept, device=device)
        self.files = torch.zeros(channels, kept, dtype=torch.int32, device=device)
        self.positions = torch.zeros(channels, kept, dtype=torch.int32, device=device)
        self.seen = torch.zeros(channels, 2, dtype=torch.int32, device=device)

    def tensors(self) -> tuple[Tensor, ...]:
        """What images are added to."""
        return self.activations, self.files, self.positions, self.seen

    def clear(self) -> None:
        """Forget all images."""
        for one in self.tensors():
            one.zero_()

    def add(self, found: Sequence[Maxima], numbers: Tensor) -> None:
        """Add a batch.

        Args:
            found: the maxima in each layer.
            numbers: int32 (images,), the images' file numbers, ascending and above all earlier ones.
        """
        activations, positions = (torch.cat(part) for part in zip(*(one[:2] for one in found), strict=True))
        self.seen += torch.cat([one[2] for one in found])
        activations = torch.cat([self.activations, activations], dim=1)
        positions = torch.cat([self.positions, positions], dim=1)
        files = torch.cat([self.files, numbers.expand(len(self.files), -1)], dim=1)
        ordered, order = activations.sort(dim=1, descending=True, stable=True)  # lower files first
        order = order[:, : self.kept]
        self.activations.copy_(ordered[:, : self.kept])
        self.files.copy_(files.gather(1, order))
        self.positions.copy_(positions.gather(1, order))

    def read(self) -> TopImages:
        """Copies of what was collected, on the CPU."""
        active, at_rim = self.seen.T.cpu().numpy().astype(np.int64)
        there = self.activations > 0
        files, positions = ((one * there).cpu().numpy() for one in (self.files, self.positions))
        activations = self.activations.cpu().numpy().copy()
        return TopImages(activations, files.astype(np.int64), positions, active, at_rim)


def find_maxima(output: Tensor) -> Maxima:
    """Each channel's maximum in each image.

    Args:
        output: float32 (images, channels, H, W).

    Returns:
        float32 (channels, images), the maximum; int32 (channels, images), its flat position; int32
        (channels, 2), number of images where it is above 0, and of these where it is at the map's border.
    """
    height, width = output.shape[2:]
    largest, at = output.permute(0, 2, 3, 1).flatten(1, 2).max(1)  # (images, channels)
    row, column = at // width, at % width
    at_rim = (row == 0) | (row == height - 1) | (column == 0) | (column == width - 1)
    active = largest > 0
    seen = torch.stack([active.sum(0), (active & at_rim).sum(0)], dim=1)
    return largest.T, at.T.to(torch.int32), seen.to(torch.int32)


def write_top_images(file: Path, largest: TopImages, **more: NDArray[Any]) -> None:
    """Write it and more arrays to a file, atomically."""
    with replaced_whole(file) as staged, staged.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **largest.arrays(), **more)


def read_top_images(file: Path) -> tuple[TopImages, dict[str, NDArray[Any]]]:
    """What ``write_top_images`` wrote: the top images, and the other arrays by name.

    Raises:
        OSError, ValueError, KeyError, zipfile.BadZipFile: it is missing or damaged.
    """
    with np.load(file) as stored:
        arrays = {name: stored[name] for name in stored.files}
    return TopImages(**{name: arrays.pop(name) for name in TopImages.__annotations__}), arrays
