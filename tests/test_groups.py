"""Groups of classes in the explorer's URLs, and how far classes move."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import pytest

from summit_graph.errors import UnknownNameError, UsageError
from summit_graph.records import Channel
from summit_graph.settings import package_folder
from summit_graph.views.motifs import motif_channels, motif_id
from summit_graph.views.overview import measure_movements


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(package_folder("app")))
    yield import_module("explorer.groups")
    for name in [name for name in sys.modules if name.split(".")[0] == "explorer"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    "names",
    [["bear"], ["~x"], ["a, b", 'say "so"', "Zürich"], [f"n{at:08}" for at in range(900)]],
    ids=["one", "tilde", "signs", "long"],
)
def test_a_group_is_read_as_it_was_written(groups: ModuleType, names: list[str]) -> None:
    """Names with any signs; 900 of them fit into a URL that servers accept."""
    text = groups.text_of(names)
    assert groups.names_in(text) == names
    assert len(text) < 4000


@pytest.mark.parametrize("text", ["~", "~!!", "~AAAA", "~ü"])
def test_a_damaged_group_is_refused(groups: ModuleType, text: str) -> None:
    """Cut, not base64, or not compressed. Kind: texts of a URL that fail deep inside a library."""
    with pytest.raises(UsageError, match="damaged"):
        groups.names_in(text)


def test_a_group_that_unpacks_to_much_is_refused(groups: ModuleType) -> None:
    """Kind: a short text that fills the memory."""
    with pytest.raises(UsageError, match="damaged"):
        groups.names_in(groups.text_of(["x" * (groups.MOST_UNPACKED + 1)]))


def test_a_motif_is_known_by_its_id() -> None:
    """Stored or not; an id of another network is refused."""
    channels = (Channel("mixed3a", 1), Channel("mixed3b", 5))
    name = motif_id("my/net", "chain", channels)
    assert motif_channels("my/net", name) == channels
    with pytest.raises(UnknownNameError, match="has no motif"):
        motif_channels("other", name)


def test_movements_are_of_classes_with_positions() -> None:
    """A class that is not placed in some layer does not move; layers without positions are left out."""
    positions: dict[str, list[list[float] | None] | None] = {
        "low": [[0.0, 0.0], [2.0, 0.0], None],
        "none": None,
        "high": [[2.0, 0.0], [0.0, 0.0], [5.0, 5.0]],
    }
    assert measure_movements(positions) == {"high": pytest.approx([2.0, 2.0, 0.0])}
