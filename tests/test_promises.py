"""SECURITY.md and docs/reliability.md: every test that they name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "SECURITY.md", ROOT / "docs" / "reliability.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_tests_exist(page: Path) -> None:
    """A promise whose test was renamed or removed fails here."""
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page.read_text("utf-8"))
    assert named
    for file, test in named:
        assert f"def {test}(" in (ROOT / file).read_text("utf-8"), f"{file}::{test}"


def test_every_row_of_promises_names_a_test() -> None:
    """In the tables the second column is the test."""
    rows = [line for line in PAGES[1].read_text("utf-8").splitlines() if line.startswith("| ")]
    promises = [row for row in rows if not row.startswith(("| promise", "| --"))]
    assert promises
    assert [row for row in promises if "`tests/" not in row.split("|")[2]] == []
