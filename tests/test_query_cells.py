"""Values of a query in a terminal's table."""

from __future__ import annotations

import json

import pytest

from summit_graph.cli.queries import _readable


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ('{"mass": 0.03, "excluded": [], "skips": true}', "mass 0.03, skips True"),
        (json.dumps([{"name": "a"}, {"name": "b"}]), "2 entries"),
        ([["mixed3a", 256]], "1 entry"),
        (["bear", "lion"], "bear, lion"),
        ("[not JSON", "[not JSON"),
        (None, None),
        (0.5, 0.5),
    ],
)
def test_stored_json_is_shown_as_words(value: object, shown: object) -> None:
    """Kind: what the database stores, printed raw."""
    assert _readable(value) == shown
