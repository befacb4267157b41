"""A dataset: its classes and their files, in an order that depends only on names.

Four forms are read, without unpacking:

1.  an ImageFolder tree, ``<root>/<class>/…/<image>``;
2.  a folder of tar files: one per class, or webdataset shards (``tars``);
3.  one tar file: a tar of class tars, a tree of class folders, a shard (``tars``);
4.  a list of paths and classes, ``.txt``, ``.tsv`` or ``.csv`` (``lists``).

All four give the same images in the same order, and therefore the same counts.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from summit_graph.errors import SummitGraphError, UnknownNameError
from summit_graph.images.files import (
    MEMBER_MARK,
    NAMES_SHOWN,
    File,
    is_hidden,
    is_system_name,
    list_names,
    note_system_files,
    readable_name,
)
from summit_graph.images.lists import LIST_SUFFIXES, read_list
from summit_graph.images.tars import TAR_SUFFIX, MemberList, read_class_tars, read_tar
from summit_graph.names import did_you_mean, find_name, is_part, same

#: The name of a split; the first group is train, val or test.
SPLIT_NAME = re.compile(
    r"(train|val|test)(?:ing|id|idation)?[-_ ]?(?:set|data|images|imgs|split|\d+)?", re.IGNORECASE
)


@dataclass(frozen=True)
class Dataset:
    """The classes of a dataset and, for each class, its sorted file names.

    Attributes:
        root: the folder that file names are relative to.
        classes: class name -> file names; members of archives are named ``archive!member``.
        name: the dataset's name in the manifest; by default the name of the root folder.
        notes: messages for the user on how the dataset was read, one sentence each.
    """

    root: Path
    classes: Mapping[str, Sequence[str]]
    name: str = field(default="")
    notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.root.resolve().name)

    def __len__(self) -> int:
        return sum(map(len, self.classes.values()))

    def files(self, class_name: str, places: range) -> Sequence[File]:
        """The files of a class at these positions of its sorted list."""
        names = self.classes[class_name]
        if isinstance(names, MemberList):
            return [names.member(place) for place in places]
        return names[places.start : places.stop]

    def first(self, number: int) -> Dataset:
        """The dataset with only the first ``number`` files of each class."""
        return self._only({name: range(min(number, len(files))) for name, files in self.classes.items()})

    def split(self, share: float) -> tuple[Dataset, Dataset]:
        """The dataset without a share of each class's files, and these files; see ``kept_out``."""
        out = {name: kept_out(files, share) for name, files in self.classes.items()}
        rest = {
            name: sorted(set(range(len(self.classes[name]))) - set(places)) for name, places in out.items()
        }
        return self._only(rest), self._only(out)

    def selected(self, parts: Mapping[str, tuple[str, Sequence[int]]]) -> Dataset:
        """A dataset of parts of classes: for each new class's name, a class and positions of its files."""
        classes = {name: _selected(self.classes[of], places) for name, (of, places) in parts.items()}
        return replace(self, classes=classes)

    def _only(self, places: Mapping[str, Sequence[int]]) -> Dataset:
        """The dataset with only the files at these positions of each class."""
        return self.selected({name: (name, places[name]) for name in self.classes})


def _selected(files: Sequence[str], places: Sequence[int]) -> Sequence[str]:
    return files.only(places) if isinstance(files, MemberList) else [files[place] for place in places]


def kept_out(files: Sequence[str], share: float) -> list[int]:
    """Positions of the files of a class that are kept out of counting, ascending.

    They are those with the smallest hash of their name without folders and archives: the same for all forms
    of a dataset, and mostly the same when files are added. One at least, and none of a single file.
    """
    number = min(max(1, round(share * len(files))), len(files) - 1)
    names = [file.replace(MEMBER_MARK, "/").rpartition("/")[2] for file in files]
    hashes = [hashlib.sha256(os.fsencode(name)).digest() for name in names]
    return sorted(sorted(range(len(files)), key=lambda at: (hashes[at], at))[: max(0, number)])


def read_dataset(source: Path, *, only: Sequence[str] | None = None) -> Dataset:
    """List the classes and their files, sorted; no image is decoded.

    Names that start with a dot and files next to class folders are ignored. System files are ignored and
    noted. Linked folders are followed, each real folder once per class.

    Args:
        source: a folder of class folders or tars, a tar, or a list of paths and classes.
        only: read only these classes.

    Raises:
        SummitGraphError: the source is missing, damaged, has no classes, or its name is not UTF-8; or its
            classes look like splits and ``only`` does not name them.
        UnknownNameError: a class in ``only`` does not exist.
    """
    dataset = _read_folder(source, only) if source.is_dir() else _read_file(source)
    wanted = {name: find_name(name, dataset.classes) for name in only or ()}
    for name, found in wanted.items():
        if found is None:
            near = did_you_mean(name, dataset.classes)
            raise UnknownNameError(f"{source} has no class folder {name!r}{near}")
    _check_readable(dataset.name, "dataset", source)
    for name in dataset.classes:
        _check_name(name, source)
    if only is None:
        _check_no_splits(dataset.classes, source)
    chosen = [name for name in sorted(dataset.classes) if only is None or name in wanted.values()]
    return replace(dataset, classes={name: dataset.classes[name] for name in chosen})


def _read_folder(root: Path, only: Sequence[str] | None) -> Dataset:
    tree = _Tree(root)
    names = [entry.name for entry in tree.entries() if entry.is_dir()]
    if names:
        wanted = [name for name in names if only is None or any(same(name, one) for one in only)]
        listed = dict.fromkeys(names, ()) | {name: tree.files_below(name) for name in wanted}
        return Dataset(root, listed, notes=note_system_files(tree.system_files))
    archives = sorted(entry.name for entry in tree.entries() if entry.name.endswith(TAR_SUFFIX))
    if not archives:
        raise SummitGraphError(f"{root} has no class folders: put images into {root}/CLASS/")
    classes, notes = read_class_tars(root, archives)
    return Dataset(root, classes, notes=notes)


def _read_file(source: Path) -> Dataset:
    if source.is_file() and source.suffix == TAR_SUFFIX:
        classes, notes = read_tar(source.parent, source.name)
        return Dataset(source.parent, classes, source.stem, notes)
    if source.is_file() and source.suffix.lower() in LIST_SUFFIXES:
        classes, notes = read_list(source)
        return Dataset(source.parent, classes, source.stem, notes)
    what = "is not a folder" if source.exists() else "does not exist"
    raise SummitGraphError(
        f"{source} {what}: give a folder with one folder (or tar) of images per class, "
        f"an uncompressed {TAR_SUFFIX}, or a list of paths and classes ({', '.join(LIST_SUFFIXES)})"
    )


def _check_no_splits(names: Collection[str], source: Path) -> None:
    """Reject class names that look like splits. One such name (``train``) with others is a class."""
    splits = {name: found[1].lower() for name in sorted(names) if (found := SPLIT_NAME.fullmatch(name))}
    if not splits or (len(set(splits.values())) == 1 and len(names) > len(splits)):
        return
    one_split = f"use one ({source / next(iter(splits))})" if source.is_dir() else "use only one of them"
    options = [f"--class {name}" for name in splits] if len(splits) <= NAMES_SHOWN else ["--class for each"]
    raise SummitGraphError(
        f"{source} has {list_names(splits)}, which look like dataset splits: {one_split}; if they are "
        f"classes, add {' '.join(options)}"
    )


def _check_name(name: str, source: Path) -> None:
    _check_readable(name, "class", source)
    if not is_part(name):
        raise SummitGraphError(f"class {name!r} in {source} cannot be used as a file name: rename it")


def _check_readable(name: str, what: str, source: Path) -> None:
    """The manifest holds the name, and is UTF-8."""
    if readable_name(name) != name:
        raise SummitGraphError(
            f"{what} {readable_name(name)!r} ({readable_name(str(source))}) is not named in UTF-8: rename it"
        )


class _Tree:
    """A folder of class folders; ``system_files`` collects the ignored system files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.system_files: list[str] = []

    def entries(self, folder: str = "") -> Iterator[os.DirEntry[str]]:
        """The entries of a folder, which is given relative to the root."""
        with os.scandir(self.root / folder) as entries:
            for entry in entries:
                if is_system_name(entry.name):
                    self.system_files.append(f"{folder}/{entry.name}".lstrip("/"))
                elif not is_hidden(entry.name):
                    yield entry

    def files_below(self, class_name: str) -> list[str]:
        """All files of a class, relative to the root, with ``/``, sorted by path parts."""
        found: list[str] = []
        seen: set[str] = set()
        folders = [class_name]
        while folders:
            folder = folders.pop()
            real = os.path.realpath(self.root / folder)
            if real in seen:  # a link to a parent folder
                continue
            seen.add(real)
            for entry in self.entries(folder):
                path = f"{folder}/{entry.name}"
                (folders if entry.is_dir() else found).append(path)
        return sorted(found, key=lambda path: path.split("/"))
