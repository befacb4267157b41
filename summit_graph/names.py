"""Names from folders, files, databases and users: as file names and in messages.

Names are stored unchanged. Every name that becomes part of a path is checked here, for writing and for
deletion.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import unicodedata
from collections.abc import Collection, Iterable
from pathlib import Path

from summit_graph.errors import SummitGraphError

#: The longest name that common file systems allow, in bytes.
MOST_BYTES = 255
#: Reserved for a prefix or suffix of an unfinished file.
_SPARE_BYTES = 24
#: Names that a message suggests, and how similar they are at least, of 100.
_SUGGESTED, _ALIKE = 3, 80
#: Control characters, line separators, and marks that reverse the direction of writing.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def is_part(name: object) -> bool:
    """Whether a name can be one part of a path: no ``..``, separator or NUL, neither empty nor too long."""
    if not isinstance(name, str) or name in ("", ".", ".."):
        return False
    if any(sign in name for sign in ("/", os.sep, "\0")):
        return False
    try:
        return len(name.encode("utf-8")) <= MOST_BYTES
    except UnicodeEncodeError:  # a lone surrogate: no UTF-8 file holds it
        return False


def checked_part(name: str, what: str) -> str:
    """The name, if it can be one part of a path.

    Args:
        what: the kind of thing that has the name, for the message.

    Raises:
        SummitGraphError: no file can have this name.
    """
    if not is_part(name):
        raise SummitGraphError(f"no file can be named after {what} {shortened(name)!r}: rename it")
    return name


def file_for(name: str, suffix: str = "", *, what: str = "class") -> str:
    """A file name made from a name; a long name is shortened and ends in its digest.

    Raises:
        SummitGraphError: see ``checked_part``.
    """
    checked_part(name, what)
    room = MOST_BYTES - _SPARE_BYTES - len(suffix)
    if len(name.encode()) <= room:
        return name + suffix
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name.encode()[: room - 17].decode('utf-8', 'ignore')}-{digest}{suffix}"


def path_below(folder: Path, relative: str, *, follow: bool = False) -> Path:
    """The path of a file that a list in the folder names, such as ``3f/9a0c.webp``.

    Args:
        follow: also require this after following links; for files to delete.

    Raises:
        SummitGraphError: it is not below the folder.
    """
    parts = relative.split("/") if isinstance(relative, str) else [""]
    file = folder.joinpath(*parts) if all(map(is_part, parts)) else None
    if file is None or (follow and not file.resolve().is_relative_to(folder.resolve())):
        raise SummitGraphError(f"{folder} lists {shortened(str(relative))!r}, which is not a file below it")
    return file


def same(name: str, other: str) -> bool:
    """Whether two names read the same: macOS stores an accent and its letter as two characters."""
    return name == other or composed(name) == composed(other)


def find_name(wanted: str, names: Collection[str]) -> str | None:
    """The wanted name, or the only one that reads the same, or None."""
    if wanted in names:
        return wanted
    alike = [name for name in names if same(name, wanted)]
    return alike[0] if len(alike) == 1 else None


def did_you_mean(text: str, offered: Iterable[str]) -> str:
    """The most similar names as the end of a message: ``; did you mean wombat?``; empty without any."""
    from rapidfuzz import fuzz, process, utils

    found = process.extract(
        text,
        list(offered),
        scorer=fuzz.WRatio,
        processor=utils.default_process,
        limit=_SUGGESTED,
        score_cutoff=_ALIKE,
    )
    names = [shortened(match[0]) for match in found]
    *others, last = names or [""]
    return f"; did you mean {', '.join(others)}{' or ' if others else ''}{last}?" if names else ""


def split_list(text: str) -> list[str]:
    """Names separated by commas; a name with commas is in double quotes, as in CSV."""
    rows = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    return [part.strip() for row in rows for part in row if part.strip()]


def join_list(names: Iterable[str]) -> str:
    """The text that ``split_list`` splits into these names."""
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="").writerow(names)
    return stream.getvalue()


def composed(name: str) -> str:
    """A name in Unicode's composed form (NFC), for comparing; names are stored unchanged."""
    return unicodedata.normalize("NFC", name)


def visible(text: str, *, keep: str = "") -> str:
    """The text with control characters as ``\\n``, ``\\x1b``, ``\\u202e``; those of ``keep`` stay."""
    return _CONTROL.sub(lambda found: found[0] if found[0] in keep else _escape(found[0]), text)


def shortened(text: str, most: int = 80) -> str:
    """The start of a text, for messages."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def without_middle(text: str, most: int) -> str:
    """A text that loses its middle where it is longer than ``most`` characters."""
    last = most // 2
    return text if len(text) <= most else f"{text[: most - 1 - last]}…{text[-last:]}"


def _escape(sign: str) -> str:
    code = ord(sign)
    return _SHORT.get(sign) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
