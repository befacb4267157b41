"""Tar files -> classes and their members, by one walk over the headers; nothing is unpacked.

A tar is, by what it holds:

1.  a webdataset shard, where members end in ``.cls``: ``key.jpg`` is of the class that ``key.cls`` names; of
    several images (``key.mask.png``), the one without a part of its own in its name is the sample's;
2.  a tar of class tars, where members end in ``.tar``: each one's stem is a class;
3.  a class, where it stands in a folder of tars: its own stem is the class, subfolders belong to it;
4.  by itself, a tree of class folders, below folders that hold just one folder (``photos/<class>/…``);
    a tar without folders is one class.
"""

from __future__ import annotations

import posixpath
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
    named,
    note_left_out,
    system_part,
)

TAR_SUFFIX = ".tar"
#: What a sample's class is written in; but for its image, a sample's other members are not read.
CLASS_EXTENSION = "cls"
#: A class's name is short; more than this is no name.
LONGEST_TEXT = 4096
#: First bytes of compressed files, in which nothing can be found without reading all before it.
COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}


class Archive(NamedTuple):
    """A tar: the file that it is or lies in, and its name in messages (``train.tar!n01440764.tar``)."""

    file: str
    label: str


class MemberList(Sequence[str]):
    """Names of members in sorted order, and, in some twenty bytes each, where they are."""

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
        """Where the member at that place is."""
        archive = self._archives[self._which[place]]
        return Member(self[place], archive.file, self._starts[place], self._sizes[place])

    def first(self, number: int) -> MemberList:
        """The first so many."""
        few = MemberList()
        few._archives, few._members = self._archives, self._members[:number]
        few._which, few._starts, few._sizes = (
            column[:number] for column in (self._which, self._starts, self._sizes)
        )
        return few

    def append(self, archive: Archive, member: str, place: Place) -> None:
        """Add one at the end, by its name within the archive."""
        if not self._archives or self._archives[-1] != archive:
            self._archives.append(archive)
        self._members.append(member)
        self._which.append(len(self._archives) - 1)
        self._starts.append(place.start)
        self._sizes.append(place.size)

    def extend(self, others: MemberList) -> None:
        """Add another list's members at the end."""
        for at, member in enumerate(others._members):
            place = Place(others._starts[at], others._sizes[at])
            self.append(others._archives[others._which[at]], member, place)

    def sort(self) -> MemberList:
        """Bring them into the order of an ImageFolder: part by part of their names, whatever the archive."""
        order = sorted(range(len(self)), key=lambda at: (self._members[at].split("/"), self[at]))
        self._members = [self._members[at] for at in order]
        for name in ("_which", "_starts", "_sizes"):
            column = getattr(self, name)
            setattr(self, name, array(column.typecode, (column[at] for at in order)))
        return self


class Place(NamedTuple):
    """Where bytes are in a file; ``size`` is -1 where there are none."""

    start: int
    size: int


@dataclass
class _Contents:
    """What a tar holds: its files, its folders, the classes that ``.cls`` members and inner tars make.

    ``left_out`` are a system's own files, ``beside`` further images of samples.
    """

    archive: Archive
    files: dict[str, Place] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    class_of_sample: dict[str, str] = field(default_factory=dict)
    inner: dict[str, MemberList] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    beside: list[str] = field(default_factory=list)

    def whole(self) -> MemberList:
        """Every file."""
        members = MemberList()
        for name, place in self.files.items():
            members.append(self.archive, name, place)
        return members

    def by_marks(self) -> dict[str, MemberList]:
        """The classes that ``.cls`` members or inner tars make; empty where there are neither."""
        return self._by_sample() if self.class_of_sample else self.inner

    def _by_sample(self) -> dict[str, MemberList]:
        """Images by the class that their sample's ``.cls`` names, one a sample."""
        classes: dict[str, MemberList] = {}
        without_image = dict(self.class_of_sample)
        for key, names in self._images_of_samples().items():
            image = self._image_of(key, names)
            classes.setdefault(self._class_of(key), MemberList()).append(
                self.archive, image, self.files[image]
            )
            without_image.pop(key, None)
        for key in without_image:
            raise SummitGraphError(f"{self.archive.label}{MEMBER_MARK}{key}.cls has no image beside it")
        return classes

    def _images_of_samples(self) -> dict[str, list[str]]:
        images: dict[str, list[str]] = {}
        for name in self.files:
            key, extension = _sample(name)
            if extension.rpartition(".")[2] in IMAGE_ENDINGS:
                images.setdefault(key, []).append(name)
        return images

    def _image_of(self, key: str, names: Sequence[str]) -> str:
        """The sample's image: the only one, or the only one called just ``key.jpg`` beside masks and such."""
        plain = [name for name in names if _sample(name)[1] in IMAGE_ENDINGS]
        if len(names) == 1:
            return names[0]
        if len(plain) != 1:
            told = " and ".join(PurePosixPath(name).name for name in plain or names)
            raise SummitGraphError(
                f"{self.archive.label}{MEMBER_MARK}{key} has several images, {told}: keep one, or call only "
                "one without a second dot"
            )
        self.beside.extend(f"{self.archive.label}{MEMBER_MARK}{name}" for name in names if name != plain[0])
        return plain[0]

    def by_folder(self) -> dict[str, MemberList]:
        """Files by class folder; those beside class folders are left out."""
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
        """The folders that merely hold one other folder each."""
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
                f"{self.archive.label}{MEMBER_MARK}{key} has an image but no {key}.cls with its class"
            ) from None


def read_class_tars(root: Path, files: Sequence[str]) -> Listing:
    """A folder of tars: shards, tars of class tars, or one tar per class, its stem the class.

    Raises:
        SummitGraphError: a tar is compressed or damaged, or some have ``.cls`` members and some have not.
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
            "keep webdataset shards and class tars in folders of their own"
        )
    with_files = {name: one for name, one in classes.items() if len(one) or True not in kinds}
    return Listing(_sorted(with_files), notes.lines())


def read_tar(root: Path, file: str) -> Listing:
    """One tar by itself: a shard, a tar of class tars, or a tree of class folders.

    Raises:
        SummitGraphError: it is compressed, damaged or holds no files.
    """
    contents = _read_contents(root, file)
    if not (contents.files or contents.inner):
        raise SummitGraphError(f"{root / file} has no files in it")
    classes = _sorted(contents.by_marks() or contents.by_folder())
    return Listing(classes, _Notes().add(contents).lines())


@dataclass
class _Notes:
    """What tars hold that is not read: a system's own files, and images beside those of samples."""

    left_out: set[str] = field(default_factory=set)
    beside: list[str] = field(default_factory=list)

    def add(self, contents: _Contents) -> _Notes:
        self.left_out |= contents.left_out
        self.beside += contents.beside
        return self

    def lines(self) -> list[str]:
        beside = [f"Not read, as their samples have another image: {named(self.beside)}"]
        return note_left_out(self.left_out) + (beside if self.beside else [])


def _read_contents(root: Path, file: str) -> _Contents:
    path = root / file
    with path.open("rb") as stream:
        try:
            return _walk(Archive(file, file), stream, start=0)
        except (tarfile.TarError, UnicodeError) as error:
            stream.seek(0)
            raise _no_tar(path, stream.read(6), error) from None


def _no_tar(path: Path, beginning: bytes, error: Exception) -> SummitGraphError:
    for mark, packer in COMPRESSED.items():
        if beginning.startswith(mark):
            return SummitGraphError(f"{path} is compressed with {packer}: decompress it to a plain tar")
    return SummitGraphError(f"{path} is no tar, or is damaged ({error}): copy or make it again")


def _walk(archive: Archive, stream: IO[bytes], *, start: int) -> _Contents:
    """Read the headers of a tar that begins at ``start`` of its file."""
    contents = _Contents(archive)
    with tarfile.open(fileobj=stream, mode="r:", encoding="utf-8", errors="surrogateescape") as tar:
        for info in _headers(tar):
            name = _normal(info.name)
            if part := system_part(name):
                contents.left_out.add(f"{archive.label}{MEMBER_MARK}{part}")
            elif not any(map(is_hidden, name.split("/"))):
                _enter(contents, tar, info, name, start)
    return contents


def _headers(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """One after the other, none kept; what follows the last one must be an end."""
    while (info := tar.next()) is not None:
        yield info
        tar.members.clear()  # type: ignore[attr-defined]  # typeshed hides it
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
    """A tar in the tar: a class."""
    stream = tar.extractfile(info)
    assert stream is not None
    inner = Archive(contents.archive.file, f"{contents.archive.label}{MEMBER_MARK}{name}")
    of_class = _walk(inner, stream, start=start + info.offset_data)
    contents.left_out |= of_class.left_out
    _add(contents.inner, {PurePosixPath(name).stem: of_class.whole()})


def _place(contents: _Contents, info: tarfile.TarInfo, name: str, start: int) -> Place:
    """Where a member's bytes are; a link's are those of the member that it names."""
    if info.isfile() and not info.issparse():
        return Place(start + info.offset_data, info.size)
    target = info.linkname if info.islnk() else posixpath.join(posixpath.dirname(name), info.linkname)
    return contents.files.get(_normal(target), Place(0, -1))


def _text(tar: tarfile.TarFile, info: tarfile.TarInfo) -> str:
    stream = tar.extractfile(info)
    assert stream is not None
    return stream.read(LONGEST_TEXT).decode("utf-8").strip()


def _sample(name: str) -> tuple[str, str]:
    """``train/0001.cls`` -> ``train/0001`` and ``cls``: the extension begins at the base name's first dot."""
    folder, slash, base = name.rpartition("/")
    key, _, extension = base.partition(".")
    return f"{folder}{slash}{key}", extension.lower()


def _normal(name: str) -> str:
    return posixpath.normpath(name).lstrip("/")


def _add(classes: dict[str, MemberList], found: Mapping[str, MemberList]) -> None:
    """Put classes together that several tars have."""
    for name, members in found.items():
        if not name.startswith("."):
            classes.setdefault(name, MemberList()).extend(members)


def _sorted(classes: Mapping[str, MemberList]) -> dict[str, MemberList]:
    return {name: members.sort() for name, members in classes.items()}
