"""What a dataset is: its classes and their files, in an order that depends on names alone.

Four forms are read, all without unpacking anything:

1.  an ImageFolder tree, ``<root>/<class>/…/<image>``;
2.  a folder of tar files: one per class, or webdataset shards (``tars``);
3.  one tar file: a tar of class tars, a tree of class folders, a shard (``tars``);
4.  a list of paths and classes, ``.txt``, ``.tsv`` or ``.csv`` (``lists``).

The same images of the same classes come in the same order from all of them, so they give the same counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from summit_graph.errors import SummitGraphError, UnknownNameError
from summit_graph.images.files import File, readable_name
from summit_graph.images.lists import LIST_SUFFIXES, read_list
from summit_graph.images.tars import TAR_SUFFIX, MemberList, read_class_tars, read_tar
from summit_graph.names import find_name, is_part, same


@dataclass(frozen=True)
class Dataset:
    """A dataset: per class in sorted order its files' names, relative to a root folder.

    Attributes:
        root: the folder that names are relative to.
        classes: the files' names; those within archives are ``archive!member``.
        name: what the manifest calls the dataset: the root folder's name, unless told otherwise.
    """

    root: Path
    classes: Mapping[str, Sequence[str]]
    name: str = field(default="")

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.root.resolve().name)

    def __len__(self) -> int:
        return sum(map(len, self.classes.values()))

    def files(self, class_name: str, places: range) -> Sequence[File]:
        """Some files of a class, by their places in its sorted list."""
        names = self.classes[class_name]
        if isinstance(names, MemberList):
            return [names.member(place) for place in places]
        return names[places.start : places.stop]

    def first(self, number: int) -> Dataset:
        """The same with the first so many files of each class alone."""
        few = {
            name: files.first(number) if isinstance(files, MemberList) else files[:number]
            for name, files in self.classes.items()
        }
        return replace(self, classes=few)


def read_dataset(source: Path, *, only: Sequence[str] | None = None) -> Dataset:
    """List the classes and their files, all sorted; no image is decoded.

    Names that begin with a dot are ignored, and so are files beside class folders. Linked folders are
    followed, each real folder once per class.

    Args:
        source: a folder of class folders or tars, a tar, or a list of paths and classes.
        only: these classes alone.

    Raises:
        SummitGraphError: the source is missing, damaged, has no classes, or is not named in UTF-8.
        UnknownNameError: a class of ``only`` is not there.
    """
    dataset = _read_folder(source, only) if source.is_dir() else _read_file(source)
    wanted = {name: find_name(name, dataset.classes) for name in only or ()}
    for name, found in wanted.items():
        if found is None:
            raise UnknownNameError(f"{source} has no class folder {name!r}")
    _check_readable(dataset.name, "dataset", source)
    for name in dataset.classes:
        _check_name(name, source)
    chosen = [name for name in sorted(dataset.classes) if only is None or name in wanted.values()]
    return Dataset(dataset.root, {name: dataset.classes[name] for name in chosen}, dataset.name)


def _read_folder(root: Path, only: Sequence[str] | None) -> Dataset:
    names = [entry.name for entry in _entries(root) if entry.is_dir()]
    if names:
        wanted = [name for name in names if only is None or any(same(name, one) for one in only)]
        return Dataset(root, dict.fromkeys(names, ()) | {name: _files_below(root, name) for name in wanted})
    archives = sorted(entry.name for entry in _entries(root) if entry.name.endswith(TAR_SUFFIX))
    if not archives:
        raise SummitGraphError(f"{root} has no class folders: put images into {root}/CLASS/")
    return Dataset(root, read_class_tars(root, archives))


def _read_file(source: Path) -> Dataset:
    if source.is_file() and source.suffix == TAR_SUFFIX:
        return Dataset(source.parent, read_tar(source.parent, source.name), source.stem)
    if source.is_file() and source.suffix.lower() in LIST_SUFFIXES:
        return Dataset(source.parent, read_list(source), source.stem)
    what = "is not a folder" if source.exists() else "does not exist"
    raise SummitGraphError(
        f"{source} {what}: name one that holds a folder of images (or a tar of them) per class, "
        f"an uncompressed {TAR_SUFFIX}, or a list of paths and classes ({', '.join(LIST_SUFFIXES)})"
    )


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from (entry for entry in entries if not entry.name.startswith("."))


def _check_name(name: str, source: Path) -> None:
    _check_readable(name, "class", source)
    if not is_part(name):
        raise SummitGraphError(f"class {name!r} in {source} cannot be a class's name: no file is named so")


def _check_readable(name: str, what: str, source: Path) -> None:
    """The manifest, which is UTF-8, names it."""
    if readable_name(name) != name:
        raise SummitGraphError(
            f"{what} {readable_name(name)!r} ({readable_name(str(source))}) is not named in UTF-8: rename it"
        )


def _files_below(root: Path, class_name: str) -> list[str]:
    """Every file of a class, relative to the root with ``/``, sorted part by part."""
    found: list[str] = []
    seen: set[str] = set()
    folders = [class_name]
    while folders:
        folder = folders.pop()
        real = os.path.realpath(root / folder)
        if real in seen:  # a link that leads back up
            continue
        seen.add(real)
        for entry in _entries(root / folder):
            path = f"{folder}/{entry.name}"
            (folders if entry.is_dir() else found).append(path)
    return sorted(found, key=lambda path: path.split("/"))
