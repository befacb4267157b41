"""Replacing one server folder by another, interrupted at any time."""

from __future__ import annotations

from pathlib import Path

import pytest

from summit_graph.errors import SummitGraphError
from summit_graph.store.server import swap
from summit_graph.store.server.swap import begin_new, current_folder, swap_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A server folder with a store, and a new one next to it."""
    served = tmp_path / "neo4j"
    served.mkdir()
    (served / "store").write_text("old")
    (begin_new(served) / "store").write_text("new")
    return served


def store(folder: Path) -> str:
    return (current_folder(folder) / "store").read_text()


def folders(folder: Path) -> list[Path]:
    return [path for path in folder.parent.iterdir() if path.is_dir()]


def test_without_a_swap_the_folder_is_unchanged(folder: Path) -> None:
    """A new store is not used until it is swapped in."""
    assert current_folder(folder) == folder
    assert store(folder) == "old"


def test_a_swap_activates_the_new_store_and_deletes_the_old_one(folder: Path) -> None:
    """After a swap only the new server's folder exists."""
    swap_in(folder)
    assert store(folder) == "new"
    assert folders(folder) == [current_folder(folder)]


def test_a_swap_does_not_move_the_new_store(folder: Path) -> None:
    """Therefore its server can continue running."""
    built = swap.new_folder(folder)
    swap_in(folder)
    assert current_folder(folder) == built


def test_a_second_swap_uses_the_first_folder_again(folder: Path) -> None:
    """Two folder names alternate."""
    swap_in(folder)
    (begin_new(folder) / "store").write_text("newer")
    swap_in(folder)
    assert store(folder) == "newer"
    assert folders(folder) == [folder]


def test_remains_of_an_interrupted_attempt_are_not_reused(folder: Path) -> None:
    """A new store is empty at first."""
    assert list(begin_new(folder).iterdir()) == []
    assert store(folder) == "old"


def test_interruption_before_the_old_store_is_deleted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new store is used, and the next access deletes the old one."""

    def killed(path: Path, **options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(swap.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            swap_in(folder)
    assert folder.is_dir()
    assert store(folder) == "new"
    assert not folder.exists()


def test_a_first_store_does_not_need_an_old_one(tmp_path: Path) -> None:
    """A swap into a home without a server."""
    (begin_new(tmp_path / "neo4j") / "store").write_text("new")
    swap_in(tmp_path / "neo4j")
    assert store(tmp_path / "neo4j") == "new"


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "neo4j", "replaced": ".."}',
        '{"name": "neo4j", "replaced": "precious"}',
        '{"name": "neo4j", "replaced": "neo4j"}',
        '{"name": "../elsewhere", "replaced": null}',
        '{"name": 3, "replaced": null}',
        '{"name": "neo4j"}',
        "[]",
        "",
    ],
)
def test_a_file_that_names_another_folder_deletes_nothing(text: str, folder: Path) -> None:
    """Kind: a path made from data. Only the server's two folders are ever used or deleted."""
    (folder.parent / "precious").mkdir()
    (folder.parent / "neo4j.current").write_text(text)
    before = sorted(folder.parent.rglob("*"))
    with pytest.raises(SummitGraphError, match=r"neo4j\.current is damaged"):
        current_folder(folder)
    assert sorted(folder.parent.rglob("*")) == before
