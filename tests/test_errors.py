"""How an error quotes another error."""

from __future__ import annotations

import pytest

from summit_graph.errors import first_line


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("no such layer\nTraceback …"), "no such layer"),
        (ValueError("\n  no such layer  \n"), "no such layer"),
        (ValueError(), "ValueError"),
        (ValueError(" \n"), "ValueError"),
        (RuntimeError("\x1b[1;31mno such layer\x1b[0m"), "no such layer"),
        (ValueError("x" * 5000), "x" * 1000),
    ],
)
def test_an_error_is_quoted_in_one_line(error: Exception, line: str) -> None:
    """The first line with text, of limited length and without colors; otherwise the type (kind: raw text)."""
    assert first_line(error) == line
