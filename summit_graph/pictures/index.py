"""Which picture shows a channel: reads what ``summit-graph render`` and ``examples`` wrote. Needs no torch.

Pictures belong to a model, so they lie in a folder named after its weights, ``<weights_sha256[:16]>``, below
one of ``picture_roots()``; a channel of another model never gets them. Such a folder holds

- ``index.json``: feature visualizations (paper 6.3)::

    {"format": 1, "model": "bvlc", "weights_sha256": "acf3…",
     "parameters": {"5f0c…": {"side": 128, "steps": 96, …}},       how pictures were made, by a short hash
     "pictures": [{"channel": "mixed4c/447", "kind": "channel", "file": "mixed4c/447.webp",
                   "seed": 0, "parameters": "5f0c…"}, …]}          sorted by channel, then kind

  ``kind`` is ``channel`` (the one picture of a channel) or ``diversity-0`` … ``diversity-3`` (different
  pictures that excite it too); ``file`` is relative to the folder.
- ``examples/<dataset>/examples.json``: the images of a dataset that excite each channel most, and their
  patches::

    {"format": 1, "model": "bvlc", "weights_sha256": "acf3…", "dataset": "photos",
     "examples": {"mixed4c/447": [{"class": "bear", "file": "bear/1.jpg", "activation": 61.2,
                                   "box": [40, 31, 171, 162], "thumbnail": "3f/9a0c….webp"}, …]},
     "rim": {"mixed4c/447": [1300, 212], …}}

  from the strongest down; ``file`` is relative to the dataset's root, ``box`` is left, top, right, bottom
  in the 224x224 picture that the model saw, ``thumbnail`` is relative to the json file's folder, or null.
  ``rim`` says in how many images a channel was active, and in how many of these it was most so at the rim of
  its map.

Both are written anew and renamed into place, so a reader always finds a whole one. An imported network has
published pictures instead, one file per channel: ``published_pictures``.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock

from summit_graph.errors import SummitGraphError
from summit_graph.records import Channel
from summit_graph.settings import Home, package_folder
from summit_graph.system.atomic_files import write_whole

FORMAT = 1
INDEX_FILE, EXAMPLES_FILE, EXAMPLES_FOLDER = "index.json", "examples.json", "examples"
#: The kind of the one picture that stands for a channel.
MAIN_KIND = "channel"
DIVERSITY_KINDS = ("diversity-0", "diversity-1", "diversity-2", "diversity-3")
#: How many digits of the weights' hash name their folder.
_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Example:
    """A patch of an image that excites a channel; ``thumbnail`` is None where none was kept."""

    class_name: str
    file: str
    activation: float
    box: tuple[int, int, int, int]
    thumbnail: Path | None


@dataclass(frozen=True)
class Pictures:
    """The pictures of one model's channels; empty where there are none.

    Attributes:
        files: (channel, kind) -> the picture's file.
        examples: channel -> its examples, the strongest first.
    """

    files: Mapping[tuple[Channel, str], Path] = field(default_factory=dict)
    examples: Mapping[Channel, tuple[Example, ...]] = field(default_factory=dict)

    def file_of(self, channel: Channel, kind: str = MAIN_KIND) -> Path | None:
        """The channel's picture, or None."""
        return self.files.get((channel, kind))

    def diversity_of(self, channel: Channel) -> list[Path]:
        """The channel's diversity images, as many as there are."""
        return [self.files[channel, kind] for kind in DIVERSITY_KINDS if (channel, kind) in self.files]

    def examples_of(self, channel: Channel) -> tuple[Example, ...]:
        """The channel's examples, the strongest first."""
        return self.examples.get(channel, ())


def picture_roots() -> tuple[Path, ...]:
    """The user's own pictures first, then those of the bundled atlas."""
    return Home().pictures, package_folder("atlas") / "pictures"


def picture_folder(weights_sha256: str, *, root: Path | None = None) -> Path:
    """Where the pictures of a model are kept, below the user's pictures unless told otherwise."""
    return (root or Home().pictures) / weights_sha256[:_DIGITS]


def find_pictures(weights_sha256: str | None, *, dataset: str | None = None) -> Pictures:
    """All pictures of the model with these weights, and its examples from that dataset.

    Nothing is found for None (an imported network's weights are unknown).

    Raises:
        SummitGraphError: an index is damaged.
    """
    if not weights_sha256:
        return Pictures()
    files: dict[tuple[Channel, str], Path] = {}
    examples: dict[Channel, tuple[Example, ...]] = {}
    for root in reversed(picture_roots()):  # the user's own replace those of the package
        folder = picture_folder(weights_sha256, root=root)
        files |= read_index(folder, weights_sha256=weights_sha256)
        if dataset is not None:
            examples |= read_examples(folder / EXAMPLES_FOLDER / dataset, weights_sha256=weights_sha256)
    return Pictures(files, examples)


def published_pictures(folder: Path) -> Pictures:
    """The published feature visualizations: ``feature-vis/channel/mixed4c-447-channel.jpg`` and so on.

    A file of another name is no picture of a channel and is passed over.
    """
    files: dict[tuple[Channel, str], Path] = {}
    for kind in (MAIN_KIND, *DIVERSITY_KINDS):
        for file in (folder / kind).glob(f"*-{kind}.*"):
            layer, _, rest = file.name.partition("-")
            index = rest.removesuffix(f"-{kind}{file.suffix}")
            if index.isdecimal():
                files[Channel(layer, int(index)), kind] = file
    return Pictures(files)


def read_index(folder: Path, *, weights_sha256: str) -> dict[tuple[Channel, str], Path]:
    """The pictures that a folder's index lists; none where it has no index or is another model's."""
    content = _read_own(folder / INDEX_FILE, weights_sha256)
    return {
        (Channel.parse(one["channel"]), one["kind"]): folder / one["file"]
        for one in content.get("pictures", ())
    }


def read_examples(folder: Path, *, weights_sha256: str) -> dict[Channel, tuple[Example, ...]]:
    """The examples that a folder lists; none where it lists none or is another model's."""
    content = _read_own(folder / EXAMPLES_FILE, weights_sha256)
    return {
        Channel.parse(channel): tuple(_example(folder, one) for one in found)
        for channel, found in content.get("examples", {}).items()
    }


def kept_class(folder: Path, class_name: str) -> Path:
    """What a class gave to the examples of a folder, kept beside it for when they are written anew."""
    digest = hashlib.sha256(class_name.encode()).hexdigest()[:32]
    return folder.with_name(f".{folder.name}.classes") / f"{digest}.npz"


def drop_examples(weights_sha256: str, *, dataset: str, class_name: str | None = None) -> None:
    """Take a class's patches, or all, out of the user's examples of a dataset.

    A channel is then left with fewer than ten until they are written anew.
    """
    folder = picture_folder(weights_sha256) / EXAMPLES_FOLDER / dataset
    if not folder.is_dir():
        return
    with FileLock(folder.parent / ".lock"):
        if class_name is None:
            shutil.rmtree(folder)
            shutil.rmtree(kept_class(folder, "").parent, ignore_errors=True)
            return
        kept_class(folder, class_name).unlink(missing_ok=True)
        if content := _read_own(folder / EXAMPLES_FILE, weights_sha256):
            _drop_class(folder, content, class_name)


def _drop_class(folder: Path, content: dict[str, Any], class_name: str) -> None:
    every = [one for found in content["examples"].values() for one in found]
    left = {
        channel: [one for one in found if one["class"] != class_name]
        for channel, found in content["examples"].items()
    }
    shown = {one["thumbnail"] for found in left.values() for one in found}
    write_json(
        folder / EXAMPLES_FILE, content | {"examples": {c: found for c, found in left.items() if found}}
    )
    for thumbnail in {one["thumbnail"] for one in every} - shown - {None}:
        (folder / thumbnail).unlink(missing_ok=True)


def read_rims(weights_sha256: str, *, dataset: str) -> dict[Channel, tuple[int, int]]:
    """In how many of a dataset's images each channel was active, and in how many of these at the rim most.

    Empty where no examples were gathered.
    """
    for root in picture_roots():
        folder = picture_folder(weights_sha256, root=root) / EXAMPLES_FOLDER / dataset
        if found := _read_own(folder / EXAMPLES_FILE, weights_sha256).get("rim"):
            return {Channel.parse(channel): (active, at_rim) for channel, (active, at_rim) in found.items()}
    return {}


def show_placeholder(channel: Channel | str, *, side: int = 96) -> str:
    """A neutral square with the channel's name, as SVG: what stands where a picture is missing."""
    layer, _, index = str(channel).partition("/")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" viewBox="0 0 96 96">'
        '<rect width="96" height="96" fill="#8a8a86" fill-opacity="0.22"/>'  # on light and on dark pages
        '<g font-family="sans-serif" text-anchor="middle" fill="#80807b">'
        f'<text x="48" y="34" font-size="16">{_escaped(layer)}</text>'
        f'<text x="48" y="70" font-size="32">{_escaped(index)}</text></g></svg>'
    )


def write_json(file: Path, content: Mapping[str, Any]) -> None:
    """Replace a json file as a whole: a reader finds the former or the new one."""
    write_whole(file, json.dumps(content, ensure_ascii=False, separators=(",", ":")))


def _example(folder: Path, one: Mapping[str, Any]) -> Example:
    left, top, right, bottom = one["box"]
    thumbnail = folder / one["thumbnail"] if one["thumbnail"] else None
    return Example(one["class"], one["file"], one["activation"], (left, top, right, bottom), thumbnail)


def read_json(file: Path) -> dict[str, Any]:
    """The content of one of our json files, or nothing where it is not there.

    Raises:
        SummitGraphError: it is damaged or of another format.
    """
    try:
        content = json.loads(file.read_text("utf-8"))
        known = content["format"] == FORMAT and content["weights_sha256"]
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (ValueError, KeyError, TypeError) as error:
        raise SummitGraphError(f"{file} is damaged ({error}): remove it and render again") from None
    if not known:
        raise SummitGraphError(f"{file} is of another version: remove it and render again")
    return dict(content)


def _read_own(file: Path, weights_sha256: str) -> dict[str, Any]:
    content = read_json(file)
    return content if content.get("weights_sha256") == weights_sha256 else {}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
