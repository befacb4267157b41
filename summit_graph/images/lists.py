"""A text file of paths and classes -> classes and their files.

One ``path<TAB>class`` a line, or ``path class`` with the last space between them, or comma-separated values
in a ``.csv``, with or without a heading. Paths are relative to the list's folder.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from summit_graph.errors import SummitGraphError

LIST_SUFFIXES = (".txt", ".tsv", ".csv")
#: First lines that name the columns.
HEADINGS = {"path", "file", "filename", "image"}, {"class", "label"}


def read_list(file: Path) -> dict[str, list[str]]:
    """Per class its paths as they stand in the list, sorted part by part, each once.

    Raises:
        SummitGraphError: a line is not a path and a class, or there is none.
    """
    classes: dict[str, set[str]] = {}
    for path, class_name in _pairs(file):
        if not _is_hidden(path) and not class_name.startswith("."):
            classes.setdefault(class_name, set()).add(path)
    if not classes:
        raise SummitGraphError(f"{file} lists no images: write one path and its class a line")
    return {name: sorted(paths, key=lambda path: path.split("/")) for name, paths in classes.items()}


def _pairs(file: Path) -> Iterator[tuple[str, str]]:
    for number, row in enumerate(_rows(file), start=1):
        if not any(row):
            continue
        if len(row) != 2 or not all(row):
            raise SummitGraphError(f"{file} has no path and class in line {number}: {' '.join(row)!r}")
        if number > 1 or any(word.lower() not in known for word, known in zip(row, HEADINGS, strict=True)):
            yield row[0], row[1]


def _rows(file: Path) -> Iterator[list[str]]:
    with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
        if file.suffix.lower() == ".csv":
            yield from ([cell.strip() for cell in row] for row in csv.reader(lines))
        else:
            yield from (_split(line.strip()) for line in lines)


def _split(line: str) -> list[str]:
    parts = line.split("\t") if "\t" in line else line.rsplit(maxsplit=1)
    return [part.strip() for part in parts]


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") and part not in (".", "..") for part in path.split("/"))
