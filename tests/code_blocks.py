"""Blocks of code in README and docs/. Those titled "Not run in the tests: …" are parsed only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from summit_graph.settings import PACKAGE

PAGES = [PACKAGE.parent / "README.md", *sorted((PACKAGE.parent / "docs").glob("*.md"))]
NOT_RUN = 'title="Not run in the tests: '
_BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class CodeBlock:
    """A block: its language, whether tests run it, and its text."""

    page: Path
    language: str
    run: bool
    text: str

    def lines(self) -> list[str]:
        """Its lines of shell; a backslash at the end continues a line."""
        return self.text.replace("\\\n", " ").splitlines()


def code_blocks(page: Path, *languages: str) -> list[CodeBlock]:
    """A page's blocks of these languages."""
    found = _BLOCK.findall(page.read_text("utf-8"))
    return [
        CodeBlock(page, language, NOT_RUN not in options, text)
        for language, options, text in found
        if language in languages
    ]
