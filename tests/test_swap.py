"""Replacing one server folder by another, interrupted at any time."""

from __future__ import annotations

from pathlib import Path
from queue import Queue
from threading import Event, Thread
from typing import Any

import pytest
from filelock import FileLock

from summit_graph.errors import DatabaseError, SummitGraphError
from summit_graph.store.server import files, local, swap
from summit_graph.store.server.files import ServerFiles
from summit_graph.store.server.local import LocalServer
from summit_graph.store.server.swap import begin_new, current_folder, swap_in
from summit_graph.system.own_folders import MARK


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A server folder with a store, and a new one next to it."""
    served = tmp_path / "neo4j"
    ServerFiles(served).make_folder()
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
    assert [entry.name for entry in begin_new(folder).iterdir()] == [MARK]
    assert store(folder) == "old"


def test_interruption_before_the_old_store_is_deleted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new store is used, and the next access deletes the old one."""

    def killed(path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(files, "delete_own_folder", killed)
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


def test_another_programs_folder_is_not_the_place_of_a_new_store(folder: Path) -> None:
    """Our folder's name may be taken (kind: a folder deleted by its name)."""
    swap_in(folder)
    folder.mkdir()
    (folder / "precious").touch()
    with pytest.raises(SummitGraphError, match=r"neo4j was not made by summit-graph"):
        begin_new(folder)
    assert (folder / "precious").exists()
    assert store(folder) == "new"


def test_a_folder_may_be_a_link_to_another_disk(folder: Path, tmp_path: Path) -> None:
    """Its store is deleted there, and the next new one is built there."""
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    swap_in(folder)
    assert store(folder) == "new"
    assert not (tmp_path / "elsewhere").exists()
    (begin_new(folder) / "store").write_text("newer")
    swap_in(folder)
    assert store(folder) == "newer"
    assert (tmp_path / "elsewhere" / "store").exists()


def test_a_former_folder_that_is_not_ours_any_more_stays(folder: Path) -> None:
    """Without our mark it is not deleted, and the new store serves."""
    (folder / MARK).unlink()
    swap_in(folder)
    assert store(folder) == "new"
    assert (folder / "store").read_text() == "old"


def test_another_programs_folder_is_no_server(tmp_path: Path) -> None:
    """With a home that has a Neo4j of the user's own, nothing is written into that."""
    (tmp_path / "neo4j" / "conf").mkdir(parents=True)
    with pytest.raises(SummitGraphError, match="was not made by summit-graph"):
        LocalServer(ServerFiles(tmp_path / "neo4j")).start()
    assert [entry.name for entry in (tmp_path / "neo4j").iterdir()] == ["conf"]


def test_a_folder_of_a_version_without_marks_is_ours(tmp_path: Path) -> None:
    """Its lock file shows it."""
    (tmp_path / "data").mkdir()
    (tmp_path / ".lock").touch()
    ServerFiles(tmp_path).make_folders()
    assert (tmp_path / MARK).exists()


def test_who_waited_during_a_swap_works_in_the_new_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock of the former folder is free after its deletion (kind: a state that changed during a wait)."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(folder.parent))
    monkeypatch.setattr(local, "PATIENCE_SECONDS", 0.05)
    for wait, outcome in ((local.stop, False), (lambda say: LocalServer.of_home().stop(say), "replaced")):
        former, waits, done = LocalServer.of_home(), Event(), Queue[object]()

        def stop(wait: Any = wait, waits: Event = waits, done: Queue[object] = done) -> None:
            try:
                done.put(wait(lambda message: waits.set()))
            except DatabaseError as error:
                done.put("replaced" if "was replaced by a new one" in str(error) else error)

        with FileLock(former.files.lock):
            Thread(target=stop, daemon=True).start()
            assert waits.wait(60)
            swap_in(folder)
        assert done.get(timeout=60) == outcome
        assert folders(folder) == [current_folder(folder)]
        begin_new(folder)


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
