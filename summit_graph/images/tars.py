"""Tar files -> classes and their members, by one pass over the headers; nothing is unpacked.

The content of a tar decides how it is read:

1.  With ``.cls`` members it is a webdataset shard: ``key.jpg`` belongs to the class in ``key.cls``. If a
    sample has several images (``key.jpg``, ``key.mask.png``), the one without a second dot counts.
2.  With ``.tar`` members it is a tar of class tars: the stem of each member is a class.
3.  In a folder of tars it is one class: its stem is the class, and its subfolders belong to it.
4.  A single tar is a tree of class folders, below folders that hold only one folder (``photos/<class>/…``);
    without folders it is one class.
"""

from __future__ import annotations

import posixpath
import re
import tarfile
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple, overload

from summit_graph.errors import SummitGraphError
from summit_graph.images.files import (
    IMAGE_ENDINGS,
    MEMBER_MARK,
    Listing,
    Member,
    is_hidden,
    list_names,
    note_system_files,
    system_part,
)

TAR_SUFFIX = ".tar"
#: The word for a split in a shard's name, such as train-000000.tar.
_SPLIT_WORD = re.compile(r"(?<![a-z])(train|val|test)(?:ing|id|idation)?(?![a-z])", re.IGNORECASE)
#: The extension of the member that holds the class of a webdataset sample.
CLASS_EXTENSION = "cls"
#: The most bytes of a class name that are read.
LONGEST_TEXT = 4096
#: The first bytes of compressed files; these allow no access to single members.
COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}


class Archive(NamedTuple):
    """A tar: its file (for an inner tar, the outer file) and its name, like ``train.tar!n01440764.tar``."""

    file: str
    label: str


class MemberList(Sequence[str]):
    """The names of members and their positions, stored in about twenty bytes per member plus the name."""

    def __init__(self) -> None:
        self._archives: list[Archive] = []
        self._members: list[str] = []
        self._which = array("i")
        self._starts = array("q")
        self._sizes = array("q")

    def __len__(self) -> int:
        return len(self._members)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [self[at] for at in range(*place.indices(len(self)))]
        return f"{self._archives[self._which[place]].label}{MEMBER_MARK}{self._members[place]}"

    def member(self, place: int) -> Member:
        """The member at this position of the list."""
        archive = self._archives[self._which[place]]
        return Member(self[place], archive.file, self._starts[place], self._sizes[place])

    def only(self, places: Sequence[int]) -> MemberList:
        """The members at these places."""
        few = MemberList()
        few._archives = self._archives
        few._take(self, places)
        return few

    def _take(self, other: MemberList, places: Sequence[int]) -> None:
        """Take over the members at these places of a list of the same archives."""
        self._members = [other._members[at] for at in places]
        for name in ("_which", "_starts", "_sizes"):
            column = getattr(other, name)
            setattr(self, name, array(column.typecode, (column[at] for at in places)))

    def append(self, archive: Archive, member: str, place: Place) -> None:
        """Append a member by its name in the archive."""
        if not self._archives or self._archives[-1] != archive:
            self._archives.append(archive)
        self._members.append(member)
        self._which.append(len(self._archives) - 1)
        self._starts.append(place.start)
        self._sizes.append(place.size)

    def extend(self, others: MemberList) -> None:
        """Append the members of another list."""
        for at, member in enumerate(others._members):
            place = Place(others._starts[at], others._sizes[at])
            self.append(others._archives[others._which[at]], member, place)

    def sort(self) -> MemberList:
        """Sort in the order of an ImageFolder: by the parts of the members' names, ignoring the archive."""
        order = sorted(range(len(self)), key=lambda at: (self._members[at].split("/"), self[at]))
        self._take(self, order)
        return self


class Place(NamedTuple):
    """Where bytes are in a file; ``size`` is -1 if there are none."""

    start: int
    size: int


@dataclass
class _Contents:
    """The content of a tar.

    Attributes:
        archive: the tar.
        files: member name -> position.
        folders: names of folder members.
        class_of_sample: sample key -> class, from ``.cls`` members.
        inner: class -> members, from inner tars.
        system_files: ignored system files.
        extra_images: ignored additional images of samples.
    """

    archive: Archive
    files: dict[str, Place] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    class_of_sample: dict[str, str] = field(default_factory=dict)
    inner: dict[str, MemberList] = field(default_factory=dict)
    system_files: set[str] = field(default_factory=set)
    extra_images: list[str] = field(default_factory=list)

    def whole(self) -> MemberList:
        """All files as one list."""
        members = MemberList()
        for name, place in self.files.items():
            members.append(self.archive, name, place)
        return members

    def by_marks(self) -> dict[str, MemberList]:
        """The classes that ``.cls`` members or inner tars define; empty if there are neither."""
        return self._by_sample() if self.class_of_sample else self.inner

    def _by_sample(self) -> dict[str, MemberList]:
        """The image of each sample, by the class in its ``.cls`` member."""
        classes: dict[str, MemberList] = {}
        without_image = dict(self.class_of_sample)
        for key, names in self._images_of_samples().items():
            image = self._image_of(key, names)
            classes.setdefault(self._class_of(key), MemberList()).append(
                self.archive, image, self.files[image]
            )
            without_image.pop(key, None)
        for key in without_image:
            raise SummitGraphError(
                f"{self.archive.label}{MEMBER_MARK}{key}.cls has no image: add it, or remove the .cls member"
            )
        return classes

    def _images_of_samples(self) -> dict[str, list[str]]:
        images: dict[str, list[str]] = {}
        for name in self.files:
            key, extension = _sample(name)
            if extension.rpartition(".")[2] in IMAGE_ENDINGS:
                images.setdefault(key, []).append(name)
        return images

    def _image_of(self, key: str, names: Sequence[str]) -> str:
        """The image of a sample: its only image, or its only image without a second dot in the name."""
        plain = [name for name in names if _sample(name)[1] in IMAGE_ENDINGS]
        if len(names) == 1:
            return names[0]
        if len(plain) != 1:
            several = " and ".join(PurePosixPath(name).name for name in plain or names)
            raise SummitGraphError(
                f"{self.archive.label}{MEMBER_MARK}{key} has several images, {several}: keep one, or name "
                "only one without a second dot"
            )
        extra = (name for name in names if name != plain[0])
        self.extra_images.extend(f"{self.archive.label}{MEMBER_MARK}{name}" for name in extra)
        return plain[0]

    def by_folder(self) -> dict[str, MemberList]:
        """Files by class folder; files next to class folders are ignored."""
        prefix = self._common_folders()
        below = {name: name[len(prefix) :].partition("/") for name in self.files}
        if not any(rest for _, _, rest in below.values()):
            return {PurePosixPath(self.archive.file).stem: self.whole()}
        empty = {name[len(prefix) :] for name in self.folders if name.startswith(prefix)}
        classes = {name: MemberList() for name in empty if name and "/" not in name}
        for name, (class_name, _, rest) in below.items():
            if rest:
                members = classes.setdefault(class_name, MemberList())
                members.append(self.archive, name, self.files[name])
        return classes

    def _common_folders(self) -> str:
        """The leading folders that hold only one other folder each."""
        prefix = ""
        while True:
            tops = {tuple(name[len(prefix) :].split("/", 2)[:-1])[:1] for name in self.files}
            deep = all(name[len(prefix) :].count("/") > 1 for name in self.files)
            if not (deep and len(tops) == 1):
                return prefix
            prefix += f"{tops.pop()[0]}/"

    def _class_of(self, key: str) -> str:
        try:
            return self.class_of_sample[key]
        except KeyError:
            raise SummitGraphError(
                f"{self.archive.label}{MEMBER_MARK}{key} has an image but no {key}.cls with its class: add it"
            ) from None


def read_class_tars(root: Path, files: Sequence[str]) -> Listing:
    """A folder of tars: shards, tars of class tars, or one tar per class, named by its stem.

    Raises:
        SummitGraphError: a tar is compressed or damaged, or only some of them have ``.cls`` members.
    """
    classes: dict[str, MemberList] = {}
    kinds: dict[bool, str] = {}
    notes = _Notes()
    for file in files:
        contents = _read_contents(root, file)
        if contents.files or contents.inner:
            kinds[bool(contents.class_of_sample)] = file
        _add(classes, contents.by_marks() or {PurePosixPath(file).stem: contents.whole()})
        notes.add(contents)
    if len(kinds) == 2:
        raise SummitGraphError(
            f"{root / kinds[True]} has .cls members and {root / kinds[False]} has none: "
            "put webdataset shards and class tars into different folders"
        )
    if True in kinds:
        _check_one_split(root, files)
    with_files = {name: one for name, one in classes.items() if len(one) or True not in kinds}
    return Listing(_sorted(with_files), notes.lines())


def _check_one_split(root: Path, shards: Sequence[str]) -> None:
    """Reject shards of several splits: their classes come from the members, not from the file names."""
    splits = {found[1].lower(): shard for shard in shards if (found := _SPLIT_WORD.search(shard))}
    if len(splits) > 1:
        raise SummitGraphError(
            f"{root} has shards of several dataset splits ({list_names(sorted(splits.values()))}): "
            "put each split into a separate folder"
        )


def read_tar(root: Path, file: str) -> Listing:
    """A single tar: a shard, a tar of class tars, or a tree of class folders.

    Raises:
        SummitGraphError: it is compressed, damaged or has no files.
    """
    contents = _read_contents(root, file)
    if not (contents.files or contents.inner):
        raise SummitGraphError(f"{root / file} has no files in it: give a tar of images")
    classes = _sorted(contents.by_marks() or contents.by_folder())
    return Listing(classes, _Notes().add(contents).lines())


@dataclass
class _Notes:
    """Messages about the members that are ignored."""

    system_files: set[str] = field(default_factory=set)
    extra_images: list[str] = field(default_factory=list)

    def add(self, contents: _Contents) -> _Notes:
        self.system_files |= contents.system_files
        self.extra_images += contents.extra_images
        return self

    def lines(self) -> list[str]:
        extra = [f"Ignored additional images of samples: {list_names(self.extra_images)}"]
        return note_system_files(self.system_files) + (extra if self.extra_images else [])


def _read_contents(root: Path, file: str) -> _Contents:
    path = root / file
    with path.open("rb") as stream:
        try:
            return _walk(Archive(file, file), stream, start=0)
        except (tarfile.TarError, UnicodeError) as error:
            stream.seek(0)
            raise _not_a_tar(path, stream.read(6), error) from None


def _not_a_tar(path: Path, beginning: bytes, error: Exception) -> SummitGraphError:
    for signature, packer in COMPRESSED.items():
        if beginning.startswith(signature):
            return SummitGraphError(f"{path} is compressed with {packer}: decompress it to a plain tar")
    return SummitGraphError(f"{path} is not a tar, or is damaged ({error}): copy or create it again")


def _walk(archive: Archive, stream: IO[bytes], *, start: int) -> _Contents:
    """Read the headers of a tar that starts at byte ``start`` of its file."""
    contents = _Contents(archive)
    with tarfile.open(fileobj=stream, mode="r:", encoding="utf-8", errors="surrogateescape") as tar:
        for info in _headers(tar):
            name = _normal(info.name)
            if part := system_part(name):
                contents.system_files.add(f"{archive.label}{MEMBER_MARK}{part}")
            elif not any(map(is_hidden, name.split("/"))):
                _enter(contents, tar, info, name, start)
    return contents


def _headers(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The headers one by one, without keeping them; the last one must be followed by the end-of-file mark."""
    while (info := tar.next()) is not None:
        yield info
        tar.members.clear()  # type: ignore[attr-defined]  # typeshed does not declare it
    assert tar.fileobj is not None
    tar.fileobj.seek(tar.offset)
    if tar.fileobj.read(tarfile.BLOCKSIZE).strip(b"\0"):
        raise tarfile.ReadError(f"no header at byte {tar.offset}")


def _enter(contents: _Contents, tar: tarfile.TarFile, info: tarfile.TarInfo, name: str, start: int) -> None:
    if info.isdir():
        contents.folders.add(name)
    elif info.isfile() and name.endswith(TAR_SUFFIX):
        _enter_tar(contents, tar, info, name, start)
    elif info.isfile() and name.endswith(f".{CLASS_EXTENSION}"):
        contents.class_of_sample[_sample(name)[0]] = _text(tar, info)
    else:
        contents.files[name] = _place(contents, info, name, start)


def _enter_tar(
    contents: _Contents, tar: tarfile.TarFile, info: tarfile.TarInfo, name: str, start: int
) -> None:
    """Add an inner tar as a class."""
    stream = tar.extractfile(info)
    assert stream is not None
    inner = Archive(contents.archive.file, f"{contents.archive.label}{MEMBER_MARK}{name}")
    of_class = _walk(inner, stream, start=start + info.offset_data)
    contents.system_files |= of_class.system_files
    _add(contents.inner, {PurePosixPath(name).stem: of_class.whole()})


def _place(contents: _Contents, info: tarfile.TarInfo, name: str, start: int) -> Place:
    """Where the bytes of a member are; for a link, those of its target."""
    if info.isfile() and not info.issparse():
        return Place(start + info.offset_data, info.size)
    target = info.linkname if info.islnk() else posixpath.join(posixpath.dirname(name), info.linkname)
    return contents.files.get(_normal(target), Place(0, -1))


def _text(tar: tarfile.TarFile, info: tarfile.TarInfo) -> str:
    stream = tar.extractfile(info)
    assert stream is not None
    return stream.read(LONGEST_TEXT).decode("utf-8").strip()


def _sample(name: str) -> tuple[str, str]:
    """``train/0001.cls`` -> ``train/0001`` and ``cls``: the extension starts at the base name's first dot."""
    folder, slash, base = name.rpartition("/")
    key, _, extension = base.partition(".")
    return f"{folder}{slash}{key}", extension.lower()


def _normal(name: str) -> str:
    return posixpath.normpath(name).lstrip("/")


def _add(classes: dict[str, MemberList], found: Mapping[str, MemberList]) -> None:
    """Add the found members to the classes; the same class may occur in several tars."""
    for name, members in found.items():
        if not name.startswith("."):
            classes.setdefault(name, MemberList()).extend(members)


def _sorted(classes: Mapping[str, MemberList]) -> dict[str, MemberList]:
    return {name: members.sort() for name, members in classes.items()}
