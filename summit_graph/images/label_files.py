"""A labels file -> one line of names per output of the model, in order.

- Text: one output per line, or numbered lines (``0 cat``, ``0: cat``, ``cat 0``).
- CSV and TSV, with or without a header.
- JSON, or a dictionary as Python prints it: a list of names or of ``{"name": …}``; ``{"0": "cat"}`` (Hugging
  Face's ``id2label``); ``{"cat": 0}`` (``class_to_idx``); or one of these inside a configuration.

Other forms are an error: read line by line, they would give the outputs wrong names.
"""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from summit_graph.errors import UsageError, first_line

_FORMS = 'write one name per line, or JSON such as {"0": "cat"}'
#: The keys under which configurations keep the names; the first one present is used.
_INSIDE = ("id2label", "class_to_idx", "label2id", "names", "class_names", "classes", "labels", "categories")
#: Columns or keys that hold a name, and those that hold the number of the output.
_NAMES = ("name", "class_name", "label_name", "title", "category", "class", "label")
_NUMBERS = ("index", "idx", "id", "output", "class_id", "label_id", "class_index", "number", "label", "class")
_WORDNET_IDS = ("wnid", "wordnet_id", "synset", "synset_id")
_HEADER_WORDS = {*_NAMES, *_NUMBERS, *_WORDNET_IDS}

_NUMBER_FIRST = re.compile(r"\s*(\d+)\s*[\s:;,=]\s*(?!-)(\S.*)")  # "0 - zero" is a name
_NUMBER_LAST = re.compile(r"\s*(\S.*?)\s*[\s:;,=]\s*(\d+)\s*")
#: How YAML, XML and protobuf's text format start.
_OTHER_FORM = re.compile(r"\s*(?:<\?xml|<!|---|[\w ]*\{\s*\n|\w+:\s*(?:\n|\[))")


def read_label_lines(file: Path) -> list[str]:
    """One line per output: ``[WordNet id] name, other name …``.

    Raises:
        UsageError: the file cannot be read, or has none of the forms above.
    """
    try:
        text = file.read_text("utf-8-sig")
        if "\0" in text:
            raise ValueError("it is not text")
        return _lines_of(text, file.suffix.lower())
    except UnicodeDecodeError:
        reason = "it is not UTF-8 text"
    except OSError as error:
        reason = error.strerror or str(error)
    except (ValueError, SyntaxError, csv.Error, RecursionError, MemoryError) as error:
        reason = first_line(error) if str(error) else "it is nested too deeply"
    raise UsageError(f"the labels file {file} cannot be read: {reason}; {_FORMS}") from None


def _lines_of(text: str, suffix: str) -> list[str]:
    if suffix == ".json" or text.lstrip().startswith(("{", "[")):
        return _from_value(_parsed(text))
    if suffix in (".yaml", ".yml", ".xml", ".pbtxt") or _OTHER_FORM.match(text):
        raise ValueError("it is YAML, XML or a similar format")
    lines = text.rstrip().splitlines()
    if suffix in (".csv", ".tsv") or _is_header(_cells(lines[:1])):
        return _from_rows(_cells(lines))
    return _from_text(lines)


def _parsed(text: str) -> Any:
    """JSON, or a dictionary as Python prints it."""
    try:
        return json.loads(text)
    except ValueError as error:
        try:
            return ast.literal_eval(text.strip())
        except (ValueError, SyntaxError):
            raise error from None


def _from_value(value: Any) -> list[str]:
    if isinstance(value, list):
        return _from_entries(value)
    if not isinstance(value, Mapping):
        raise ValueError(f"it holds a {type(value).__name__}, not a list or a dictionary")
    for key in _INSIDE:
        if isinstance(value.get(key), list | dict):
            return _from_value(value[key])
    if value and all(map(_is_number, value.values())):
        return _in_order((int(number), str(name)) for name, number in value.items())
    if all(_as_number(key) is not None for key in value):
        return _in_order((int(key), _line(one)) for key, one in value.items())
    if all(_as_number(number) is not None for number in value.values()):
        return _in_order((int(number), str(name)) for name, number in value.items())
    raise ValueError("its entries have no numbers")


def _from_entries(entries: Sequence[Any]) -> list[str]:
    """The lines of a list: in the order of their numbers if every entry has one, else in the list's order."""
    lines = list(map(_line, entries))
    numbers = [_as_number(entry[key]) for entry in entries if (key := _number_key(entry))]
    return _in_order(zip(numbers, lines, strict=True)) if len(numbers) == len(entries) else lines


def _line(entry: Any) -> str:
    """The line of an output, from a name, a list of a WordNet id and names, or ``{"name": …}``."""
    if isinstance(entry, str) or _is_number(entry):
        return str(entry)
    if isinstance(entry, list | tuple) and all(isinstance(one, str) for one in entry):
        wordnet_id, names = _split_wordnet_id(entry)
        return " ".join([*wordnet_id, ", ".join(names)])
    if isinstance(entry, Mapping):
        number = _number_key(entry)
        ids = [entry[key] for key in _WORDNET_IDS if isinstance(entry.get(key), str)]
        names = [entry[key] for key in _NAMES if key in entry and key != number]
        if names or ids:
            return " ".join([*ids[:1], *map(_line, names[:1])])
    raise ValueError(f"an output has no name: {str(entry)[:60]!r}")


def _split_wordnet_id(names: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The leading WordNet id, if there is one, and the names."""
    at = int(bool(names) and re.fullmatch(r"n\d{8}", names[0]) is not None)
    return names[:at], names[at:]


def _number_key(entry: Any) -> str | None:
    """The key under which an entry holds the number of its output."""
    known = _NUMBERS if isinstance(entry, Mapping) else ()
    return next((key for key in known if key in entry and _as_number(entry[key]) is not None), None)


def _as_number(value: Any) -> int | None:
    """A number, or a number written as text; else None."""
    return int(value) if _is_number(value) or (isinstance(value, str) and value.isdecimal()) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _in_order(numbered: Iterable[tuple[int | None, str]]) -> list[str]:
    """The lines in the order of their numbers, which must be consecutive from 0 or 1."""
    pairs = sorted((number, line) for number, line in numbered if number is not None)
    if not _is_consecutive([number for number, _ in pairs]):
        raise ValueError(f"its numbers do not run from 0 to {len(pairs) - 1}, each once")
    return [line for _, line in pairs]


def _is_consecutive(numbers: Sequence[int]) -> bool:
    """Whether these are 0, 1, 2 … or 1, 2, 3 …, in any order."""
    return sorted(numbers) in (list(range(len(numbers))), list(range(1, len(numbers) + 1)))


def _cells(lines: Sequence[str]) -> list[list[str]]:
    first = lines[0] if lines else ""
    delimiter = max("\t;,", key=first.count)
    return [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter)]


def _is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row has several cells, all of them known column names."""
    return bool(rows) and len(rows[0]) > 1 and {cell.casefold() for cell in rows[0]} <= _HEADER_WORDS


def _from_rows(rows: Sequence[Sequence[str]]) -> list[str]:
    words = [cell.casefold() for cell in rows[0]] if rows else []
    if not _HEADER_WORDS.isdisjoint(words):
        return _from_entries([dict(zip(words, row, strict=False)) for row in rows[1:] if any(row)])
    numbered = [row for row in rows if any(row)]
    for number, names in ((0, slice(1, None)), (-1, slice(0, -1))):
        if all(len(row) > 1 and row[number].isdecimal() for row in numbered):
            return _in_order((int(row[number]), _line(list(row[names]))) for row in numbered)
    return [_line(list(row)) for row in rows]


def _from_text(lines: Sequence[str]) -> list[str]:
    filled = [line for line in lines if line.strip()]
    first = _matched(_NUMBER_FIRST, filled)
    if first and int(first[0][1]) <= 1 and _mostly_different(match[2] for match in first):
        return _in_order((int(match[1]), _unquoted(match[2])) for match in first)
    last = _matched(_NUMBER_LAST, filled)
    consecutive = _is_consecutive([int(match[2]) for match in last])
    if last and consecutive and _mostly_different(match[1] for match in last):
        return _in_order((int(match[2]), _unquoted(match[1])) for match in last)
    return list(lines)


def _matched(pattern: re.Pattern[str], lines: Sequence[str]) -> list[re.Match[str]]:
    """The match of every line; empty if a line does not match."""
    matches = [match for line in lines if (match := pattern.fullmatch(line))]
    return matches if len(matches) == len(lines) else []


def _mostly_different(names: Iterable[str]) -> bool:
    """Whether more than half of the names are different; in "1 euro", "2 euro" the number is part of it."""
    listed = list(names)
    return 2 * len(set(listed)) > len(listed)


def _unquoted(name: str) -> str:
    """The name without the quotes and the comma of a line of a dictionary."""
    return re.sub(r"""^(['"])(.*)\1,?$""", r"\2", name.strip())
