"""The values that relevance is counted from: mean maps over the images of other classes (SPEC 3).

A first pass over the images adds up the values that relevance reads, per class. Values are rounded to
multiples of 2^-24, so that float64 sums are exact and do not depend on order, processes or parts.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from summit_graph.aggregate.batches import exact_float32, images_together
from summit_graph.aggregate.gradients import values_read
from summit_graph.aggregate.memory import add_in_parts
from summit_graph.errors import SummitGraphError
from summit_graph.model.counted import CountedModel
from summit_graph.model.inputs import prepare_input
from summit_graph.model.program.capture import MOST_IMAGES
from summit_graph.model.program.layouts import Layout
from summit_graph.model.program.running import ForwardPass, Values, Visit
from summit_graph.system.atomic_files import replaced_whole

#: Values are rounded to multiples of this.
STEP = 2.0**-24
#: Below this, float64 holds every multiple of ``STEP``, so that sums are exact.
EXACT_BELOW = 2.0**53 * STEP
#: Key of the number of images in a file; no value of a program has this name.
_IMAGES = "images of these sums"


@dataclass
class ValueSums:
    """Sums of maps over images.

    Attributes:
        images: number of images.
        sums: float64 (channels, height, width) by the value's name; multiples of ``STEP``.
    """

    images: int = 0
    sums: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def add(self, other: ValueSums, sign: int = 1) -> None:
        """Add the sums of other images, or with sign -1 take them off; exact.

        Raises:
            SummitGraphError: a sum is too large to be exact.
        """
        self.images += sign * other.images
        for name, value in other.sums.items():
            total = self.sums[name] + sign * value if name in self.sums else sign * value
            self.sums[name] = _checked(name, total)

    def means(self) -> dict[str, NDArray[np.float32]]:
        """Mean maps by the value's name."""
        return {name: (value / self.images).astype(np.float32) for name, value in self.sums.items()}

    def write(self, path: Path, *, compressed: bool = False) -> None:
        """Write a file atomically; compressed it is a third of the size, and takes a second for 20 MB."""
        _write_arrays(path, {_IMAGES: np.array(self.images), **self.sums}, compressed=compressed)

    def digest(self) -> str:
        """A digest of the sums."""
        found = hashlib.sha256(str(self.images).encode())
        for name, value in sorted(self.sums.items()):
            found.update(f"\n{name} {value.shape}\n".encode() + value.astype("<f8").tobytes())
        return found.hexdigest()

    @classmethod
    def read(cls, path: Path) -> ValueSums | None:
        """The sums in a file; None if it is missing or damaged."""
        try:
            with np.load(path, allow_pickle=False) as file:
                sums = {name: file[name] for name in file.files}
            return cls(int(sums.pop(_IMAGES)), sums)
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
            return None


def _checked(name: str, total: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum, if it is exact."""
    if total.size and not np.abs(total).max() < EXACT_BELOW:
        raise SummitGraphError(
            f"the values of {name} add up to more than {EXACT_BELOW:.0f}, beyond which sums are not exact: "
            "give --baseline zero, or count fewer images with --images-per-class"
        )
    return total


class ValueAdder:
    """Adds up values of a model over batches of images.

    Args:
        parts: by the value's name, what of it is added: float64 (images, …) of the value.
    """

    def __init__(
        self,
        model: CountedModel,
        parts: Mapping[str, Callable[[Tensor], Tensor]],
        *,
        device: torch.device | str = "cpu",
    ) -> None:
        self.model = model
        self.device = torch.device(device)
        self.total = ValueSums()
        visits = [Visit(frozenset([name]), partial(self._add, name, part)) for name, part in parts.items()]
        self._forward = ForwardPass(model.recipe, visits=visits, device=device)
        self._together = images_together(model) if self.device.type == "cpu" else MOST_IMAGES
        self._sums: dict[str, Tensor] = {}

    def add(self, pixels: NDArray[np.uint8]) -> None:
        """Add a batch, uint8 (images, height, width, 3)."""
        self.total.images += len(pixels)
        self._together = add_in_parts(
            lambda part: self._add_some(torch.from_numpy(pixels[part])),
            len(pixels),
            together=self._together,
            keep=self._keep,
            device=self.device,
        )

    def _add_some(self, pixels: Tensor) -> None:
        with exact_float32():
            self._forward(prepare_input(pixels.to(self.device), self.model.input))

    def _keep(self) -> Callable[[], None]:
        """Remember the sums so far, which are not changed in place."""
        return partial(setattr, self, "_sums", dict(self._sums))

    def read(self) -> ValueSums:
        """The sums since the last ``read``; starts again from 0."""
        found = ValueSums(self.total.images, {name: one.cpu().numpy() for name, one in self._sums.items()})
        self.total, self._sums = ValueSums(), {}
        return found

    def _add(self, name: str, part: Callable[[Tensor], Tensor], values: Values) -> None:
        added = part(values[name]).sum(0)
        self._sums[name] = self._sums[name] + added if name in self._sums else added


def baseline_adder(model: CountedModel, *, device: torch.device | str = "cpu") -> ValueAdder:
    """Adds up the maps that relevance is counted from, rounded to multiples of ``STEP``."""
    parts = {name: partial(_rounded_maps, layout) for name, layout in values_read(model).items()}
    return ValueAdder(model, parts, device=device)


def rounded(values: Tensor) -> Tensor:
    """Values as float64 multiples of ``STEP``."""
    return values.double().div_(STEP).round_().mul_(STEP)


def _rounded_maps(layout: Layout, value: Tensor) -> Tensor:
    return rounded(layout.maps(value))


def write_baseline(path: Path, everything: ValueSums, own: ValueSums) -> None:
    """Write the mean maps over the images of other classes than one's own, for ``read_baseline``."""
    others = ValueSums()
    others.add(everything)
    others.add(own, -1)
    _write_arrays(path, others.means())


def read_baseline(path: Path, device: torch.device | str = "cpu") -> dict[str, Tensor]:
    """Mean maps float32 (channels, height, width) by the value's name."""
    with np.load(path, allow_pickle=False) as file:
        return {name: torch.from_numpy(file[name]).to(device) for name in file.files}


def _write_arrays(path: Path, arrays: Mapping[str, NDArray[np.generic]], *, compressed: bool = False) -> None:
    write = np.savez_compressed if compressed else np.savez
    with replaced_whole(path) as staged, staged.open("wb") as file:
        write(file, **arrays)  # type: ignore[arg-type]  # numpy's stub knows no mapping of arrays
