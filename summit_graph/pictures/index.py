"""Finds the pictures of a channel in the output of ``summit-graph render`` and ``examples``. Needs no torch.

Pictures belong to a model. They are in a folder named after its weights, ``<weights_sha256[:16]>``, under
one of ``picture_roots()``; a channel of another model never uses them. The same weights with another input
rule are another model: here ``weights_sha256`` is its ``input_rule.model_key``, whose end is added to the
folder's name. The folder contains

- ``index.json``: feature visualizations (paper 6.3)::

    {"format": 1, "model": "bvlc", "weights_sha256": "acf3…",
     "parameters": {"5f0c…": {"side": 128, "steps": 96, …}},       how pictures were made, by a short hash
     "pictures": [{"channel": "mixed4c/447", "kind": "channel", "file": "mixed4c/447.webp",
                   "seed": 0, "parameters": "5f0c…"}, …]}          sorted by channel, then kind

  ``kind`` is ``channel`` (the main picture of a channel) or ``diversity-0`` … ``diversity-3`` (different
  pictures that also activate it); ``file`` is relative to the folder.
- ``networks/<network>/examples.json``: the images of a network that activate each channel most, and their
  patches::

    {"format": 1, "model": "bvlc", "weights_sha256": "acf3…", "network": "birds",
     "examples": {"mixed4c/447": [{"class": "bear", "file": "bear/1.jpg", "activation": 61.2,
                                   "box": [40, 31, 171, 162], "thumbnail": "3f/9a0c….webp"}, …]},
     "rim": {"mixed4c/447": [1300, 212], …}}

  from the strongest down; ``file`` is relative to the images' root, ``box`` is left, top, right, bottom
  in the model's input, ``thumbnail`` is relative to the json file's folder, or null.
  ``rim`` is the number of images in which a channel was active, and the number of these in which its maximum
  was on the border of its map.

A reader always finds a complete file; while the folder of examples is replaced, by two renames, it may find
none. An imported network has published pictures instead, one file per channel: ``published_pictures``.

Earlier versions stored examples under the base name of the images' folder, in ``examples/<dataset>``. These
are used for networks that existed at that time, and copied when one of these networks gets new examples.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock

from summit_graph.errors import SummitGraphError
from summit_graph.names import file_for, is_part, path_below, without_middle
from summit_graph.records import Channel
from summit_graph.settings import Home, package_folder
from summit_graph.system.atomic_files import replaced_whole, write_whole
from summit_graph.system.own_folders import (
    delete_own_folder,
    is_own_folder,
    make_own_folder,
    make_private_folder,
    replaced_own_folder,
    staged_folders,
)

FORMAT = 1
INDEX_FILE, EXAMPLES_FILE = "index.json", "examples.json"
#: Folder of examples by network; folder of earlier versions' examples by dataset.
NETWORKS_FOLDER, FORMER_FOLDER = "networks", "examples"
#: The kind of a channel's main picture.
MAIN_KIND = "channel"
DIVERSITY_KINDS = ("diversity-0", "diversity-1", "diversity-2", "diversity-3")
#: Number of digits of the weights' hash in the folder's name.
_DIGITS = 16
_HASH_DIGITS = 64


class ExampleOwner(NamedTuple):
    """The network that examples belong to, by its name.

    Attributes:
        dataset, created: of the network, to find examples of an earlier version; None to ignore these.
        classes: the network's classes; examples of an earlier version are used only for these.
    """

    network: str
    dataset: str | None = None
    created: str | None = None
    classes: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A patch of an image that activates a channel; ``thumbnail`` is None if none was stored."""

    class_name: str
    file: str
    activation: float
    box: tuple[int, int, int, int]
    thumbnail: Path | None


@dataclass(frozen=True)
class Pictures:
    """The pictures of one model's channels; may be empty.

    Attributes:
        files: (channel, kind) -> the picture's file.
        examples: channel -> its examples, the strongest first.
    """

    files: Mapping[tuple[Channel, str], Path] = field(default_factory=dict)
    examples: Mapping[Channel, tuple[Example, ...]] = field(default_factory=dict)

    def file_of(self, channel: Channel, kind: str = MAIN_KIND) -> Path | None:
        """The channel's picture, or None."""
        return self.files.get((channel, kind))

    def diversity_kinds(self, channel: Channel) -> list[str]:
        """The kinds of the channel's diversity images, possibly none."""
        return [kind for kind in DIVERSITY_KINDS if (channel, kind) in self.files]

    def rendered_of(self, channel: Channel) -> list[Path]:
        """The channel's feature visualizations, the main one first; possibly none."""
        kinds = (MAIN_KIND, *DIVERSITY_KINDS)
        return [self.files[channel, kind] for kind in kinds if (channel, kind) in self.files]

    def patches_of(self, channel: Channel) -> list[Path]:
        """The stored patches of the channel's examples, the strongest first."""
        return [example.thumbnail for example in self.examples_of(channel) if example.thumbnail]

    def examples_of(self, channel: Channel) -> tuple[Example, ...]:
        """The channel's examples, the strongest first."""
        return self.examples.get(channel, ())


def picture_roots() -> tuple[Path, ...]:
    """Folders of pictures: the user's first, then the bundled atlas."""
    return Home().pictures, package_folder("atlas") / "pictures"


def picture_folder(weights_sha256: str, *, root: Path | None = None) -> Path:
    """Folder of a model's pictures, by default under the user's pictures.

    Raises:
        SummitGraphError: ``weights_sha256`` is not a hash.
    """
    return (root or Home().pictures) / file_for(_folder_name(weights_sha256), what="weights")


def make_picture_folder(weights_sha256: str) -> Path:
    """The same below the user's pictures, which only the user may read: they show the user's images."""
    return picture_folder(weights_sha256, root=make_private_folder(Home().pictures))


def _folder_name(weights_sha256: str) -> str:
    """The shortened hash, and the end of a key that includes another input rule."""
    return weights_sha256[:_DIGITS] + weights_sha256[_HASH_DIGITS:]


def examples_folder(pictures: Path, network: str) -> Path:
    """Folder of a network's examples within a model's pictures.

    Raises:
        SummitGraphError: the network's name is not usable as a folder's name.
    """
    return pictures / NETWORKS_FOLDER / file_for(network, what="network")


def find_pictures(weights_sha256: str | None, *, owner: ExampleOwner | None = None) -> Pictures:
    """All pictures of the model with these weights, and the examples of one of its networks.

    Nothing is found for None (an imported network's weights are unknown).

    Raises:
        SummitGraphError: an index is damaged.
    """
    if not weights_sha256:
        return Pictures()
    files: dict[tuple[Channel, str], Path] = {}
    for root in reversed(picture_roots()):  # the user's own replace those of the package
        files |= read_index(picture_folder(weights_sha256, root=root), weights_sha256=weights_sha256)
    return Pictures(files, _find_examples(weights_sha256, owner) if owner else {})


def _find_examples(weights_sha256: str, owner: ExampleOwner) -> dict[Channel, tuple[Example, ...]]:
    pictures = picture_folder(weights_sha256)
    folder = examples_folder(pictures, owner.network)
    if (folder / EXAMPLES_FILE).is_file():
        return read_examples(folder, weights_sha256=weights_sha256)
    former = former_examples(pictures, owner)
    if former is None:
        return {}
    found = read_examples(former, weights_sha256=weights_sha256)
    kept = {
        channel: tuple(one for one in examples if one.class_name in owner.classes)
        for channel, examples in found.items()
    }
    return {channel: examples for channel, examples in kept.items() if examples}


def former_examples(pictures: Path, owner: ExampleOwner) -> Path | None:
    """The folder of an earlier version's examples of the network; None for a network created later."""
    if not owner.created or not is_part(owner.dataset):
        return None
    folder = pictures / FORMER_FOLDER / str(owner.dataset)
    try:
        written = (folder / EXAMPLES_FILE).stat().st_mtime
    except OSError:
        return None
    return folder if datetime.fromisoformat(owner.created).timestamp() <= written else None


def published_pictures(folder: Path) -> Pictures:
    """The published feature visualizations: ``feature-vis/channel/mixed4c-447-channel.jpg`` and so on.

    Files with other names are ignored.
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
    """The pictures in a folder's index; none if the index is missing or belongs to another model."""
    content = _read_own(folder / INDEX_FILE, weights_sha256)
    return {
        (Channel.parse(one["channel"]), one["kind"]): path_below(folder, one["file"])
        for one in content.get("pictures", ())
    }


def read_examples(folder: Path, *, weights_sha256: str) -> dict[Channel, tuple[Example, ...]]:
    """The examples that a folder lists; none if the list is missing or belongs to another model."""
    content = _read_own(folder / EXAMPLES_FILE, weights_sha256)
    return {
        Channel.parse(channel): tuple(_example(folder, one) for one in found)
        for channel, found in content.get("examples", {}).items()
    }


def kept_class(folder: Path, class_name: str) -> Path:
    """The file of a class's contribution to a folder's examples, used the next time they are written."""
    digest = hashlib.sha256(class_name.encode()).hexdigest()[:32]
    return kept_classes(folder) / f"{digest}.npz"


def kept_classes(folder: Path) -> Path:
    """The folder of all classes' contributions."""
    return folder.with_name(f".{folder.name}.classes")


def adopt_former_examples(pictures: Path, owner: ExampleOwner) -> None:
    """Copy an earlier version's examples of the network to its current folder, if that has none."""
    folder, former = examples_folder(pictures, owner.network), former_examples(pictures, owner)
    if former is None or folder.exists():
        return
    make_own_folder(kept_classes(folder))
    for file in kept_classes(former).glob("*.npz"):
        _copy_missing(file, kept_classes(folder) / file.name)
    with replaced_own_folder(folder) as staged:
        shutil.copytree(former, staged, dirs_exist_ok=True)


def keep_former_examples(weights_sha256: str, owner: ExampleOwner) -> None:
    """The same for a network that is about to be replaced by one made later, which would not find them."""
    pictures = picture_folder(weights_sha256)
    if former_examples(pictures, owner) is None:
        return
    folder = make_private_folder(examples_folder(pictures, owner.network).parent)
    with FileLock(folder / ".lock"):
        adopt_former_examples(pictures, owner)


def _copy_missing(file: Path, target: Path) -> None:
    if not target.exists():
        with replaced_whole(target) as part:
            shutil.copyfile(file, part)


def drop_examples(weights_sha256: str, *, network: str, class_name: str | None = None) -> None:
    """Remove the patches of one class, or of all, from the user's examples of a network.

    Channels may then have fewer than ten examples until the next run.
    """
    folder = kept_examples(weights_sha256, network)
    if folder is None:
        return
    with FileLock(folder.parent / ".lock"):
        if class_name is None:
            for own in (folder, kept_classes(folder), *staged_folders(folder)):
                delete_own_folder(own)
        else:
            _drop_class(folder, weights_sha256, class_name)


def kept_examples(weights_sha256: str, network: str) -> Path | None:
    """The folder of a network's examples, removed together with the network; None if there is none."""
    if not is_part(_folder_name(weights_sha256)) or not is_part(network):
        return None
    folder = examples_folder(picture_folder(weights_sha256), network)
    return folder if is_own_folder(folder) or is_own_folder(kept_classes(folder)) else None


def drop_former_examples(weights_sha256: str, *, dataset: str, class_name: str | None = None) -> None:
    """The same for an earlier version's examples, by dataset."""
    folder = former_folder(weights_sha256, dataset)
    if folder is None:
        return
    with FileLock(folder.parent / ".lock"):
        if class_name is None:
            shutil.rmtree(folder)
            for file in kept_classes(folder).glob("*.npz"):
                file.unlink()
        else:
            _drop_class(folder, weights_sha256, class_name)


def former_folder(weights_sha256: str, dataset: str) -> Path | None:
    """The folder of an earlier version's examples of a dataset; None if it is missing or lists none."""
    if not is_part(_folder_name(weights_sha256)) or not is_part(dataset):
        return None
    folder = picture_folder(weights_sha256) / FORMER_FOLDER / dataset
    listed = not folder.is_symlink() and (folder / EXAMPLES_FILE).is_file()
    return folder if listed and _read_own(folder / EXAMPLES_FILE, weights_sha256) else None


def _drop_class(folder: Path, weights_sha256: str, class_name: str) -> None:
    kept_class(folder, class_name).unlink(missing_ok=True)
    content = _read_own(folder / EXAMPLES_FILE, weights_sha256)
    if not content:
        return
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
        path_below(folder, thumbnail, follow=True).unlink(missing_ok=True)


def read_rims(weights_sha256: str, *, owner: ExampleOwner) -> dict[Channel, tuple[int, int]]:
    """Per channel, the number of images in which it was active, and of these with the maximum on the border.

    Empty if no examples were gathered.
    """
    pictures = picture_folder(weights_sha256)
    own = examples_folder(pictures, owner.network)
    folder = own if (own / EXAMPLES_FILE).is_file() else former_examples(pictures, owner)
    found = _read_own(folder / EXAMPLES_FILE, weights_sha256).get("rim", {}) if folder else {}
    return {Channel.parse(channel): (active, at_rim) for channel, (active, at_rim) in found.items()}


def placeholder_svg(channel: Channel | str, *, side: int = 96) -> str:
    """A neutral square with the channel's name, as SVG, in place of a missing picture."""
    layer, _, index = str(channel).rpartition("/")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" viewBox="0 0 96 96">'
        '<rect width="96" height="96" fill="#8a8a86" fill-opacity="0.22"/>'  # on light and on dark pages
        '<g font-family="sans-serif" text-anchor="middle" fill="#80807b">'
        f'<text x="48" y="34" font-size="14">{_escaped(without_middle(layer, 11))}</text>'
        f'<text x="48" y="70" font-size="32">{_escaped(index)}</text></g></svg>'
    )


def write_json(file: Path, content: Mapping[str, Any]) -> None:
    """Replace a JSON file atomically."""
    write_whole(file, json.dumps(content, ensure_ascii=False, separators=(",", ":")))


def _example(folder: Path, one: Mapping[str, Any]) -> Example:
    left, top, right, bottom = one["box"]
    thumbnail = path_below(folder, one["thumbnail"]) if one["thumbnail"] else None
    return Example(one["class"], one["file"], one["activation"], (left, top, right, bottom), thumbnail)


def read_json(file: Path) -> dict[str, Any]:
    """The content of one of our JSON files; empty if it is missing.

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
