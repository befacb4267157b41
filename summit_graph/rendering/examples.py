"""The images of a network with the largest activations of each channel, and their patches (paper 6.3).

1. A run over the dataset (``aggregate.run``) finds each channel's largest activations, class by class. They
   are stored per class with the dataset's root, so that counting a class again replaces only its own, and
   that files of the same name in two datasets are two images.
2. A channel's examples are the ten largest over all classes, merged from the lists of the classes.
3. Each of these images is decoded again, and its patches are cut: the receptive field of the maximum's
   position (``LayerMaps.box_of``), clipped to the picture. Channels with the same field in an image share a
   patch. Patches of classes that were not counted again are kept.

``summit_graph.pictures.index`` describes ``networks/<network>``; ``networks/.<network>.classes`` has the
activations of each class.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from filelock import FileLock

from summit_graph.aggregate.top_images import TopImages, read_top_images, write_top_images
from summit_graph.errors import SummitGraphError, UnreadableImageError
from summit_graph.images import Dataset, File, name_of, read_pixels, readable_name
from summit_graph.images.input_rule import InputRule
from summit_graph.model.counted import CountedModel
from summit_graph.model.program.receptive_fields import Box
from summit_graph.pictures.index import (
    EXAMPLES_FILE,
    FORMAT,
    ExampleOwner,
    adopt_former_examples,
    examples_folder,
    kept_class,
    kept_classes,
    write_json,
)
from summit_graph.records import Channel
from summit_graph.system.own_folders import make_own_folder, replaced_own_folder

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

#: The longer side of a thumbnail in pixels, and its WebP quality.
THUMBNAIL_SIDE, THUMBNAIL_QUALITY = 72, 70
#: Threads that cut patches; Pillow releases the GIL.
CUTTERS = 4

#: Called with the number of images whose patches are cut, and of all images with patches.
OnCut = Callable[[int, int], None]


class _Image(NamedTuple):
    """An image of a class; ``root`` is what its dataset's file names are relative to, "" if unknown."""

    class_name: str
    root: str
    file: str

    @property
    def path(self) -> str:
        """The same for one image in two classes or two lists, different for images of two datasets."""
        return os.path.normpath(os.path.join(self.root, self.file))

    @property
    def owner(self) -> tuple[str, str]:
        """Class and file: unique in a dataset."""
        return self.class_name, self.file


@dataclass(frozen=True, slots=True)
class _Place:
    """An example: image, activation and place in the picture."""

    image: _Image
    activation: float
    box: Box

    @property
    def thumbnail(self) -> str:
        """The patch's file, relative to the examples' folder."""
        digest = hashlib.sha256(os.fsencode(f"{self.image.path}\0{self.box}")).hexdigest()
        return f"{digest[:2]}/{digest[2:18]}.webp"

    def to_json(self, *, thumbnail: bool) -> dict[str, Any]:
        """The entry in ``examples.json``."""
        return {
            "class": self.image.class_name,
            "file": self.image.file,
            "activation": self.activation,
            "box": self.box,
            "thumbnail": self.thumbnail if thumbnail else None,
        }


class ExampleFolder:
    """A network's examples, in ``<pictures>/networks/<network>``.

    Raises:
        SummitGraphError: no folder can be named after the network.
    """

    def __init__(self, pictures: Path, model: CountedModel, owner: ExampleOwner) -> None:
        self.pictures = pictures
        self.folder = examples_folder(pictures, owner.network)
        self.classes = kept_classes(self.folder)
        self.model = model
        self.owner = owner

    def prepare(self) -> None:
        """Make the folders before anything is counted, and take over what an earlier version kept.

        Raises:
            SummitGraphError: another program's folder is in their place, or the network has examples of other
                layers.
        """
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with self._lock():
            make_own_folder(self.classes)
            adopt_former_examples(self.pictures, self.owner)
            if self.folder.exists():
                make_own_folder(self.folder)
        for file in self.classes.glob("*.npz"):
            self._check_layers(file)

    def keep(self, dataset: Dataset, class_name: str, largest: TopImages) -> None:
        """Store a class's largest activations, replacing its former ones; files by index in the class."""
        make_own_folder(self.classes)
        used, numbers = np.unique(largest.files, return_inverse=True)
        files = [readable_name(name_of(dataset.files(class_name, range(at, at + 1))[0])) for at in used]
        largest = replace(largest, files=numbers.reshape(largest.files.shape))
        about = {"class_name": class_name, "root": _root_of(dataset), "names": files, **self._layers()}
        file = kept_class(self.folder, class_name)
        write_top_images(file, largest, **{name: np.array(value) for name, value in about.items()})

    def write(self, dataset: Dataset, *, thumbnails: bool = True, on_cut: OnCut | None = None) -> int:
        """Write ``examples.json`` and the patches from all stored classes, replacing the former ones.

        Args:
            dataset: the classes that were just counted; their patches are cut again.
            thumbnails: cut patches; otherwise only references are written.

        Returns:
            The number of channels with an example.
        """
        make_own_folder(self.classes)
        with self._lock(), replaced_own_folder(self.folder) as staged:
            merged, images = self._merged()
            examples = dict(_examples(self.model, merged, images))
            cut = self._cut(examples, dataset, staged, on_cut) if thumbnails else set()
            self._write_json(staged / EXAMPLES_FILE, examples, merged, cut)
        return len(examples)

    def _layers(self) -> dict[str, list[Any]]:
        """The layers whose channels the rows are."""
        layers = self.model.layers
        return {"layers": [layer.name for layer in layers], "widths": [layer.channels for layer in layers]}

    def _check_layers(self, file: Path) -> None:
        """SummitGraphError if the file's rows are channels of other layers."""
        with _damage_reported(file), np.load(file) as stored:
            # Earlier versions stored the number of channels alone.
            if "layers" in stored.files:
                same = all(stored[name].tolist() == value for name, value in self._layers().items())
            else:
                same = len(stored["active"]) == sum(self._layers()["widths"])
        if not same:
            raise SummitGraphError(
                f"network {self.owner.network} has dataset examples of other layers, in {self.classes}: "
                "give the same --layers, or another --network"
            )

    def _lock(self) -> FileLock:
        return FileLock(self.folder.parent / ".lock")

    def _merged(self) -> tuple[TopImages, list[_Image]]:
        """The largest activations over all classes, and the image of each file number."""
        total = TopImages.none(sum(layer.channels for layer in self.model.layers))
        numbers: dict[str, int] = {}  # a file that is in two classes is one image
        images: list[_Image] = []
        kept = sorted((_class_of(file), file) for file in self.classes.glob("*.npz"))
        for class_name, file in kept:
            self._check_layers(file)
            of_class, largest = _read_class(class_name, file)
            for image in of_class:
                if numbers.setdefault(image.path, len(images)) == len(images):
                    images.append(image)
            largest.files = np.array([numbers[image.path] for image in of_class])[largest.files]
            total.merge(_without(largest, total))
        return total, images

    def _cut(
        self,
        examples: Mapping[Channel, list[_Place]],
        dataset: Dataset,
        staged: Path,
        on_cut: OnCut | None,
    ) -> set[str]:
        """Cut or copy all patches, decoding each image once; returns the patches that exist."""
        wanted: dict[tuple[str, str], dict[str, Box]] = {}
        cut, root = set(), _root_of(dataset)
        patches = {place.thumbnail: place for places in examples.values() for place in places}
        for thumbnail, place in patches.items():
            (staged / thumbnail).parent.mkdir(exist_ok=True)
            if place.image.class_name not in dataset.classes and (self.folder / thumbnail).is_file():
                shutil.copyfile(self.folder / thumbnail, staged / thumbnail)
                cut.add(thumbnail)
            elif place.image.root == root:
                wanted.setdefault(place.image.owner, {})[thumbnail] = place.box
        files = _files_of(dataset, wanted)

        def cut_one(owner: tuple[str, str]) -> Iterable[str]:
            picture = _picture(dataset.root, files.get(owner, owner[1]), self.model.input)
            return _cut_patches(picture, wanted[owner], staged) if picture else []

        with ThreadPoolExecutor(CUTTERS) as threads:
            for done, these in enumerate(threads.map(cut_one, wanted), start=1):
                cut.update(these)
                if on_cut:
                    on_cut(done, len(wanted))
        return cut

    def _write_json(
        self, file: Path, examples: Mapping[Channel, list[_Place]], merged: TopImages, cut: set[str]
    ) -> None:
        channels = _channels(self.model)
        seen = zip(channels, merged.active.tolist(), merged.at_rim.tolist(), strict=True)
        content = {
            "format": FORMAT,
            "model": self.model.name,
            "weights_sha256": self.model.model_key,
            "network": self.owner.network,
            "examples": {
                str(channel): [place.to_json(thumbnail=place.thumbnail in cut) for place in places]
                for channel, places in examples.items()
            },
            "rim": {str(channel): [active, at_rim] for channel, active, at_rim in seen if active},
        }
        write_json(file, content)


def _class_of(file: Path) -> str:
    """The class of a file; nothing else is read."""
    with _damage_reported(file), np.load(file) as stored:
        return str(stored["class_name"])


def _root_of(dataset: Dataset) -> str:
    """Which dataset an image is from: the folder that its file names are relative to."""
    return str(dataset.root.resolve())


def _read_class(class_name: str, file: Path) -> tuple[list[_Image], TopImages]:
    """A class's images and largest activations; files are indices into the images.

    Earlier versions did not store the dataset's root.
    """
    with _damage_reported(file):
        largest, more = read_top_images(file)
        root = str(more.get("root", ""))
        return [_Image(class_name, root, name) for name in more["names"].tolist()], largest


@contextmanager
def _damage_reported(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise SummitGraphError(
            f"{file} is damaged ({error}): delete it and run `summit-graph examples` again"
        ) from None


def _without(largest: TopImages, total: TopImages) -> TopImages:
    """The same without images that ``total`` already has for the channel, because they are in two classes."""
    again = (largest.files[:, :, None] == total.files[:, None, :]) & (total.activations[:, None, :] > 0)
    repeated = again.any(2)
    if repeated.any():
        largest.activations[repeated] = 0
        order = np.argsort(-largest.activations, axis=1, kind="stable")
        for name in ("activations", "files", "positions"):
            setattr(largest, name, np.take_along_axis(getattr(largest, name), order, axis=1))
    return largest


def _examples(
    model: CountedModel, merged: TopImages, images: list[_Image]
) -> Iterator[tuple[Channel, list[_Place]]]:
    """Each channel's examples; channels without activation are left out."""
    owners = ((maps, channel) for maps in model.maps for channel in range(model.channels[maps.name]))
    rows = zip(merged.activations.tolist(), merged.files.tolist(), merged.positions.tolist(), strict=True)
    for (maps, index), row in zip(owners, rows, strict=True):
        found = [one for one in zip(*row, strict=True) if one[0] > 0]
        if found:
            boxes = [maps.box_of(index, position, side=model.input.crop) for _, _, position in found]
            places = [
                _Place(images[file], value, box) for (value, file, _), box in zip(found, boxes, strict=True)
            ]
            yield Channel(maps.name, index), places


def _channels(model: CountedModel) -> list[Channel]:
    return [Channel(layer.name, index) for layer in model.layers for index in range(layer.channels)]


def _files_of(dataset: Dataset, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], File]:
    """The dataset's files that are wanted, by class and readable name."""
    return {
        owner: file
        for class_name, of_class in dataset.classes.items()
        for file in dataset.files(class_name, range(len(of_class)))
        if (owner := (class_name, readable_name(name_of(file)))) in wanted
    }


def _picture(root: Path, file: File | str, rule: InputRule) -> Picture | None:
    """An image as the model sees it; None if it cannot be read."""
    from PIL import Image

    try:
        return Image.fromarray(read_pixels(file, root=root, rule=rule))
    except UnreadableImageError:
        return None


def _cut_patches(picture: Picture, boxes: Mapping[str, Box], folder: Path) -> Iterable[str]:
    """Cut an image's patches into files by name; returns the names."""
    from PIL import Image

    for thumbnail, box in boxes.items():
        patch = picture.crop(box)
        scale = THUMBNAIL_SIDE / max(patch.size)
        width, height = (max(1, round(scale * length)) for length in patch.size)
        patch = patch.resize((width, height), Image.Resampling.BICUBIC)
        patch.save(folder / thumbnail, "WEBP", quality=THUMBNAIL_QUALITY, method=2)
    return boxes
