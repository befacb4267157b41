"""A text file of paths and classes -> classes and their files.

Each line is ``path<TAB>class``, or ``path class`` separated by the last space; in a ``.csv``, values are
separated by commas, semicolons or tabs. A header names the path and class columns; other columns are
ignored. Paths are relative to the list's folder.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple, TextIO

from summit_graph.errors import SummitGraphError
from summit_graph.images.files import (
    Listing,
    has_image_ending,
    is_hidden,
    list_names,
    note_system_files,
    system_part,
)
from summit_graph.names import shortened

LIST_SUFFIXES = (".txt", ".tsv", ".csv")
#: Known column names in lower-case letters and digits; if a list has several, the first one here is used.
PATH_HEADINGS = (
    *("path", "filepath", "imagepath", "imgpath", "relativepath", "relpath"),
    *("file", "filename", "imagefile", "imagefilename", "imagename", "imgname", "imgfile", "fname"),
    *("image", "img", "imageid", "imgid", "id"),
)
CLASS_HEADINGS = (
    *("class", "classname", "labelname", "categoryname", "label", "labels", "category", "target"),
    *("classlabel", "synset", "wnid", "species", "breed", "classid", "labelid", "categoryid"),
)
SEPARATORS = (",", ";", "\t")


class _Columns(NamedTuple):
    """The columns of the path and the class, the number of cells in a row, and the header if there is one."""

    path: int = 0
    class_: int = 1
    width: int = 2
    heading: Sequence[str] = ()

    def notes(self, file: Path) -> list[str]:
        """A message that names the columns that are read, if there are others."""
        read = (self.heading[self.path], self.heading[self.class_]) if self.heading else ()
        others = [name for name in self.heading if name and name not in read]
        return [f"{file.name}: read {' and '.join(read)}, not {list_names(others)}"] if others else []


def read_list(file: Path) -> Listing:
    """The paths of each class as the list writes them, sorted by path parts, without duplicates.

    Raises:
        SummitGraphError: the list is empty, a line is not a path and a class, or the header is unknown.
    """
    rows = [(number, row) for number, row in enumerate(_rows(file), start=1) if any(row)]
    columns = _columns(file, [row for _, row in rows[:2]])
    classes: dict[str, set[str]] = {}
    system_files: set[str] = set()
    for number, row in rows[bool(columns.heading) :]:
        path, class_name = _pair(file, number, row, columns)
        if part := system_part(_own_part(path)):
            system_files.add(part)
        elif not _is_ignored(path) and not is_hidden(class_name):
            classes.setdefault(class_name, set()).add(path)
    if not classes:
        raise SummitGraphError(f"{file} lists no images: write one path and its class per line")
    _check_endings(file, classes)
    notes = columns.notes(file) + note_system_files(system_files)
    return Listing({name: sorted(paths, key=_parts) for name, paths in classes.items()}, notes)


def _columns(file: Path, rows: Sequence[Sequence[str]]) -> _Columns:
    """The columns that the header names; the default columns if the first row is not a header."""
    if not rows:
        return _Columns()
    names = [re.sub("[^a-z0-9]", "", cell.lower()) for cell in rows[0]]
    path, class_ = (
        next((names.index(one) for one in known if one in names), None)
        for known in (PATH_HEADINGS, CLASS_HEADINGS)
    )
    if path is not None and class_ is not None:
        return _Columns(path, class_, len(names), rows[0])
    if len(rows) == 2 and not _names_image(rows[0]) and _names_image(rows[1]):
        raise SummitGraphError(
            f"{file} has the header {' '.join(rows[0])!r}, which names no known path and class columns: "
            "name them path and class"
        )
    return _Columns()


def _pair(file: Path, number: int, row: Sequence[str], columns: _Columns) -> tuple[str, str]:
    if len(row) != columns.width or not (row[columns.path] and row[columns.class_]):
        raise SummitGraphError(f"{file} has no path and class in line {number}: {shortened(' '.join(row))!r}")
    return row[columns.path], row[columns.class_]


def _names_image(row: Sequence[str]) -> bool:
    return any(map(has_image_ending, row))


def _check_endings(file: Path, classes: Mapping[str, Collection[str]]) -> None:
    """Reject image identifiers instead of paths, as in ``000bec18,boston_bull``."""
    paths = [path for of_class in classes.values() for path in of_class]
    if not any(PurePosixPath(path).suffix or (file.parent / path).exists() for path in paths):
        raise SummitGraphError(
            f"{file} lists files that do not exist ({list_names(paths)}): write paths with file extensions, "
            f"relative to {file.parent}"
        )


def _rows(file: Path) -> Iterator[list[str]]:
    with file.open(encoding=_encoding(file), errors="surrogateescape", newline="") as lines:
        if file.suffix.lower() == ".csv":
            rows = csv.reader(lines, delimiter=_separator(lines))
            try:
                yield from ([cell.strip() for cell in row] for row in rows)
            except csv.Error as error:
                raise SummitGraphError(f"{file}, line {rows.line_num}: {error}: check its quotes") from None
        else:
            yield from (_split(line.strip("\r\n ")) for line in lines)


def _encoding(file: Path) -> str:
    """UTF-8, or UTF-16 as spreadsheets save it."""
    with file.open("rb") as content:
        wide = content.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    return "utf-16" if wide else "utf-8-sig"


def _separator(lines: TextIO) -> str:
    """The separator in the first line; rewinds ``lines``."""
    first = lines.readline()
    lines.seek(0)
    return next((one for one in SEPARATORS if one in first), SEPARATORS[0])


def _split(line: str) -> list[str]:
    parts = line.split("\t") if "\t" in line else line.rsplit(maxsplit=1)
    return [part.strip() for part in parts]


def _parts(path: str) -> list[str]:
    return path.split("/")


def _is_ignored(path: str) -> bool:
    """Whether a part of the path starts with a dot; of an absolute path, only the file name counts."""
    return any(is_hidden(part) and part not in (".", "..") for part in _own_part(path).split("/"))


def _own_part(path: str) -> str:
    """The part of a path that belongs to the list: of an absolute path, the file name."""
    return path.rpartition("/")[2] if path.startswith("/") else path
