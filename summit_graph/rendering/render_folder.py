"""A model's folder of feature visualizations: renders those that are missing.

``summit_graph.pictures.index`` describes the folder's format and reads it.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summit_graph.aggregate.memory import add_in_parts
from summit_graph.errors import SummitGraphError, UnknownNameError
from summit_graph.model.counted import CountedModel
from summit_graph.pictures.index import DIVERSITY_KINDS, FORMAT, INDEX_FILE, MAIN_KIND, read_json, write_json
from summit_graph.records import Channel, missing_channel
from summit_graph.rendering.ascent import Ascent, render_channels, render_diversity
from summit_graph.rendering.maps import ChannelMaps
from summit_graph.system.atomic_files import replaced_whole

#: Pictures per batch: a GPU needs many, few fit into a CPU core's cache.
BATCH_PICTURES = {"cpu": 8, "cuda": 64}


def ascent_for(model: CountedModel, *, coarse: bool = False) -> Ascent:
    """The parameters of ascent: windows of the usual side, or of the model's input if it takes no other."""
    side = min(Ascent.window, model.input.crop)
    window = side if ChannelMaps(model).takes(side) else model.input.crop
    return Ascent(side=2 * round(window * 4 / 7), window=window, coarse=coarse)


@dataclass(frozen=True)
class Stored:
    """File format of pictures: WebP, side in pixels, quality from 0 to 100."""

    side: int = 128
    quality: int = 80


class RenderFolder:
    """The pictures of one model in one folder."""

    def __init__(
        self,
        folder: Path,
        model: CountedModel,
        *,
        seed: int = 0,
        ascent: Ascent | None = None,
        stored: Stored | None = None,
    ) -> None:
        """Read the folder's index; nothing is written before a picture is added.

        Raises:
            SummitGraphError: the folder has another model's pictures, or a damaged index.
        """
        self.folder = folder
        self.model = model
        self.seed = seed
        self.ascent = ascent or Ascent()
        self.stored = stored or Stored()
        self._parameters: dict[str, dict[str, Any]] = {}
        self._pictures: dict[tuple[Channel, str], dict[str, Any]] = {}
        self._read()

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of new pictures, as the index stores them."""
        return {**asdict(self.ascent), "stored_side": self.stored.side, "quality": self.stored.quality}

    def has(self, channel: Channel, kind: str) -> bool:
        """Whether the picture exists, with this seed and these parameters."""
        entry = self._pictures.get((channel, kind))
        wanted = (self.seed, _key(self.parameters))
        return (
            entry is not None
            and (entry["seed"], entry["parameters"]) == wanted
            and (self.folder / entry["file"]).is_file()
        )

    def missing(self, channels: Iterable[Channel], kinds: Sequence[str]) -> list[Channel]:
        """Channels that lack a picture of one of these kinds, in the given order."""
        return [channel for channel in channels if not all(self.has(channel, kind) for kind in kinds)]

    def add(self, rendered: Iterable[tuple[Channel, str, NDArray[np.uint8]]]) -> None:
        """Write pictures, uint8 (H, W, 3), then the index: pictures in the index are complete."""
        key = _key(self.parameters)
        for channel, kind, pixels in rendered:
            suffix = "" if kind == MAIN_KIND else f"-{kind}"
            file = f"{channel.layer}/{channel.index}{suffix}.webp"
            with replaced_whole(self.folder / file) as staged:
                staged.write_bytes(webp(pixels, self.stored))
            entry = {
                "channel": str(channel),
                "kind": kind,
                "file": file,
                "seed": self.seed,
                "parameters": key,
            }
            self._pictures[channel, kind] = entry
        self._parameters[key] = self.parameters
        self._write()

    def _read(self) -> None:
        content = read_json(self.folder / INDEX_FILE)
        if content and content["weights_sha256"] != self.model.model_key:
            raise SummitGraphError(
                f"{self.folder} holds pictures of other weights or another input ({content['model']}): "
                "name another folder"
            )
        self._parameters = content.get("parameters", {})
        for entry in content.get("pictures", ()):
            self._pictures[Channel.parse(entry["channel"]), entry["kind"]] = entry

    def _write(self) -> None:
        entries = [self._pictures[key] for key in sorted(self._pictures, key=_place)]
        used = {entry["parameters"] for entry in entries}
        write_json(
            self.folder / INDEX_FILE,
            {
                "format": FORMAT,
                "model": self.model.name,
                "weights_sha256": self.model.model_key,
                "parameters": {key: self._parameters[key] for key in sorted(used)},
                "pictures": entries,
            },
        )


def render_missing(
    folder: RenderFolder,
    channels: Sequence[Channel],
    *,
    diversity: bool = False,
    device: str = "cpu",
    on_rendered: Callable[[int], None] | None = None,
) -> int:
    """Render what the folder lacks of these channels, batch by batch; a killed run loses one batch.

    Args:
        channels: rendered in this order, except that channels of one layer share batches.
        diversity: also render the four diversity images, after the channels' main pictures.
        device: what ``aggregate.run.select_device`` returned.
        on_rendered: called with the number of channels of each finished batch.

    Returns:
        The number of pictures rendered.

    Raises:
        UnknownNameError: the model does not have a channel, or it is empty.
    """
    check_channels(folder.model, channels)
    maps = ChannelMaps(folder.model, device=device)
    room = BATCH_PICTURES[maps.device.type]
    rendered = 0
    for kinds in [(MAIN_KIND,), DIVERSITY_KINDS] if diversity else [(MAIN_KIND,)]:
        together = room // len(kinds)
        for batch in _batches(folder.missing(channels, kinds), together):
            together = _render_batch(maps, batch, kinds, folder, together)
            rendered += len(batch) * len(kinds)
            if on_rendered:
                on_rendered(len(batch))
    return rendered


def check_channels(model: CountedModel, channels: Iterable[Channel]) -> None:
    """UnknownNameError if the model does not have a channel, or nothing computes it."""
    computed = _computed(model)
    for channel in channels:
        if missing := missing_channel(channel, model.layers):
            raise UnknownNameError(f"{model.name} has no channel {channel}: {missing}")
        if channel.index not in computed[channel.layer]:
            raise UnknownNameError(f"channel {channel} of {model.name} is empty, always 0: leave it out")


def all_channels(model: CountedModel) -> list[Channel]:
    """All channels but empty ones, the highest layer first, whose pictures are the most informative."""
    computed = _computed(model)
    return [
        Channel(layer.name, at) for layer in reversed(model.layers) for at in sorted(computed[layer.name])
    ]


def _computed(model: CountedModel) -> dict[str, Collection[int]]:
    """The channels of each layer that belong to a sum; padding adds empty ones, which do not."""
    return {maps.name: maps.sum_of.keys() for maps in model.maps}


def webp(pixels: NDArray[np.uint8], stored: Stored) -> bytes:
    """A picture, uint8 (H, W, 3), encoded as WebP."""
    from PIL import Image

    image = Image.fromarray(pixels)
    if image.size != (stored.side, stored.side):
        image = image.resize((stored.side, stored.side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=stored.quality, method=6)
    return buffer.getvalue()


def _render_batch(
    maps: ChannelMaps, batch: Sequence[Channel], kinds: Sequence[str], folder: RenderFolder, together: int
) -> int:
    """Add the pictures of these channels, fewer at a time on a full GPU; returns how many channels fit."""
    return add_in_parts(
        lambda part: folder.add(list(_rendered(maps, batch[part], kinds, folder))),
        len(batch),
        together=together,
        keep=lambda: lambda: None,
        device=maps.device,
    )


def _rendered(
    maps: ChannelMaps, batch: Sequence[Channel], kinds: Sequence[str], folder: RenderFolder
) -> Iterator[tuple[Channel, str, NDArray[np.uint8]]]:
    render = render_diversity if len(kinds) > 1 else render_channels
    pixels = render(maps, batch, seed=folder.seed, ascent=folder.ascent)
    pixels = pixels.reshape(len(batch), len(kinds), *pixels.shape[-3:])
    for channel, pictures in zip(batch, pixels, strict=True):
        yield from ((channel, kind, picture) for kind, picture in zip(kinds, pictures, strict=True))


def _batches(channels: Sequence[Channel], size: int) -> Iterator[tuple[Channel, ...]]:
    """Batches of channels of one layer; layers in the order of their first channel."""
    layers = list(dict.fromkeys(channel.layer for channel in channels))
    ordered = sorted(channels, key=lambda channel: layers.index(channel.layer))
    for _, of_layer in groupby(ordered, key=lambda channel: channel.layer):
        waiting = tuple(of_layer)
        yield from (waiting[at : at + size] for at in range(0, len(waiting), size))


def _place(picture: tuple[Channel, str]) -> tuple[str, int, str]:
    channel, kind = picture
    return channel.layer, channel.index, kind


def _key(parameters: dict[str, Any]) -> str:
    """A short hash of the parameters of pictures."""
    return hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()[:8]
