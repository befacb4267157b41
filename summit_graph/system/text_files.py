"""Text files that the user gives."""

from __future__ import annotations

from pathlib import Path

from summit_graph.errors import UsageError


def read_lines(file: Path, what: str) -> list[str]:
    """The lines of a UTF-8 file, without a byte order mark.

    Args:
        what: names the file in the error, such as ``the list of words``.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        return file.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        reason = "it is not UTF-8 text"
    except OSError as error:
        reason = error.strerror or str(error)
    raise UsageError(f"{what} {file} cannot be read: {reason}")
