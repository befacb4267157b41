"""One server folder takes another's place, cut off at any moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from summit_graph.store.swap import VERIFIED, begin_new, finish_swap, new_folder, old_folder, swap_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A server folder with a store, and a new one beside it."""
    served = tmp_path / "neo4j"
    served.mkdir()
    (served / "store").write_text("old")
    (begin_new(served) / "store").write_text("new")
    return served


def test_the_new_store_serves_and_the_old_is_gone(folder: Path) -> None:
    """After a swap only the server's own folder is there."""
    swap_in(folder)
    assert (folder / "store").read_text() == "new"
    assert [path.name for path in folder.parent.iterdir() if path.is_dir()] == ["neo4j"]
    assert not (folder / VERIFIED).exists()


def test_cut_off_before_verification_the_old_store_serves(folder: Path) -> None:
    """An unverified new store never takes the place."""
    finish_swap(folder)
    assert (folder / "store").read_text() == "old"


def test_cut_off_between_the_moves_the_verified_store_serves(folder: Path) -> None:
    """The next start finishes the swap."""
    (new_folder(folder) / VERIFIED).touch()
    folder.rename(old_folder(folder))
    finish_swap(folder)
    assert (folder / "store").read_text() == "new"
    assert not old_folder(folder).exists()


def test_cut_off_with_the_new_store_lost_the_old_comes_back(folder: Path) -> None:
    """Nothing is lost as long as the old store is there."""
    folder.rename(old_folder(folder))
    finish_swap(folder)
    assert (folder / "store").read_text() == "old"


def test_cut_off_before_the_old_store_was_deleted(folder: Path) -> None:
    """The next start deletes it."""
    folder.rename(old_folder(folder))
    new_folder(folder).rename(folder)
    (folder / VERIFIED).touch()
    finish_swap(folder)
    assert (folder / "store").read_text() == "new"
    assert not old_folder(folder).exists()


def test_a_first_store_needs_no_old_one(tmp_path: Path) -> None:
    """A swap into a home without a server."""
    (begin_new(tmp_path / "neo4j") / "store").write_text("new")
    swap_in(tmp_path / "neo4j")
    assert (tmp_path / "neo4j" / "store").read_text() == "new"


def test_another_process_that_starts_anew_between_the_moves_loses_nothing(folder: Path) -> None:
    """An empty folder made meanwhile gives way to the verified store."""
    (new_folder(folder) / VERIFIED).touch()
    folder.rename(old_folder(folder))
    folder.mkdir()
    finish_swap(folder)
    assert (folder / "store").read_text() == "new"
    assert not old_folder(folder).exists()
