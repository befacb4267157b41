"""Fonts for names in any script: the system's TrueType fonts, where the default ones lack a letter."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path


def is_western(text: str) -> bool:
    """Whether the default fonts of Pillow and of PDF readers have all its letters."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


@cache
def font_with(text: str) -> Path | None:
    """The first TrueType font of the system that has all letters of a text; None if there is none."""
    wanted = {ord(letter) for letter in text}
    return next((file for file in _font_files() if wanted <= _letters_of(file)), None)


#: Signs of this program's own texts that western fonts of PDF lack.
_PLAIN = str.maketrans({"…": "...", "–": "-"})


def drawable(text: str) -> str:
    """The text itself if a font has its letters, else with those that none has as ``\\u6bdb``."""
    if is_western(text) or font_with(text.replace("\n", "")):
        return text
    return "".join(one if is_western(one) else f"\\u{ord(one):04x}" for one in text.translate(_PLAIN))


@cache
def _letters_of(file: Path) -> frozenset[int]:
    """The code points that a font has; none of a damaged file, or of one without TrueType outlines."""
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(file, lazy=True) as font:
            return frozenset(font.getBestCmap() or ()) if "glyf" in font else frozenset()
    except (OSError, TTLibError, AssertionError, KeyError, ValueError):
        return frozenset()


def _font_files() -> Iterator[Path]:
    for folder in _font_folders():
        yield from sorted(folder.glob("**/*.ttf"))


def _font_folders() -> list[Path]:
    """Where the operating system has its fonts, the user's own first."""
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        windows = os.environ.get("WINDIR", "C:/Windows")
        return [Path(os.environ.get("LOCALAPPDATA", home), "Microsoft/Windows/Fonts"), Path(windows, "Fonts")]
    if sys.platform == "darwin":
        return [Path(home, "Library/Fonts"), Path("/Library/Fonts"), Path("/System/Library/Fonts")]
    data = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    return [Path(home, ".local/share/fonts"), *(Path(one, "fonts") for one in data.split(":"))]
