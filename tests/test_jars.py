"""Downloading the jars: from a local web server with three tiny files."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from summit_graph.errors import SummitGraphError
from summit_graph.store.server.jars import (
    GDS_VERSION,
    NEO4J_VERSION,
    Jar,
    fetch_jars,
    missing_jars,
    read_lock,
    write_lock,
)

CONTENTS = {
    "org/one/1/one-1.jar": b"one",
    "org/neo4j/gds/two/2/two-2.jar": b"two" * 100_000,
    "three/3/three-3-linux.jar": b"three",
}


class Recorder(SimpleHTTPRequestHandler):
    """Serves files and records which were requested."""

    asked: list[str]

    def __init__(self, *arguments: Any, asked: list[str], **options: Any) -> None:
        self.asked = asked
        super().__init__(*arguments, **options)

    def do_GET(self) -> None:
        self.asked.append(self.path.lstrip("/"))
        super().do_GET()

    def log_message(self, format: str, *arguments: object) -> None:
        """Suppress the server's log."""


class Mirror:
    """A folder served at ``url``; ``asked`` lists the requested paths."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[str] = []
        for path, content in CONTENTS.items():
            (root / path).parent.mkdir(parents=True)
            (root / path).write_bytes(content)
        handler = partial(Recorder, directory=str(root), asked=self.asked)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    mirror = Mirror(tmp_path / "mirror")
    thread = Thread(target=mirror.server.serve_forever, args=(0.05,))
    thread.start()
    monkeypatch.setenv("SUMMIT_GRAPH_MAVEN_URL", mirror.url + "/")
    yield mirror
    mirror.server.shutdown()
    thread.join()
    mirror.server.server_close()


@pytest.fixture
def jars() -> list[Jar]:
    return [Jar(path, hashlib.sha256(c).hexdigest(), len(c)) for path, c in sorted(CONTENTS.items())]


def files_in(folder: Path) -> set[str]:
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name for name in found if name != ".lock"}


def test_fetches_every_jar_to_its_maven_path(mirror: Mirror, jars: list[Jar], tmp_path: Path) -> None:
    """The paths are returned in the lock's order, and the files have the mirror's content."""
    paths = fetch_jars(jars, folder=tmp_path / "jars")
    assert [path.relative_to(tmp_path / "jars").as_posix() for path in paths] == [jar.path for jar in jars]
    assert [path.read_bytes() for path in paths] == [CONTENTS[jar.path] for jar in jars]


def test_progress_goes_to_the_caller(
    mirror: Mirror, jars: list[Jar], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """There is no second bar next to the caller's (kind: a library function that writes to the terminal)."""
    seen: list[tuple[int, int]] = []
    fetch_jars(jars, folder=tmp_path / "jars", on_bytes=lambda *progress: seen.append(progress))
    total = sum(map(len, CONTENTS.values()))
    assert seen[-1] == (total, total)
    assert seen == sorted(seen)
    assert capfd.readouterr() == ("", "")


def test_requests_nothing_if_all_jars_exist(mirror: Mirror, jars: list[Jar], tmp_path: Path) -> None:
    """A second call needs no network."""
    fetch_jars(jars, folder=tmp_path / "jars")
    mirror.asked.clear()
    fetch_jars(jars, folder=tmp_path / "jars")
    assert mirror.asked == []


def test_fetches_only_missing_jars(mirror: Mirror, jars: list[Jar], tmp_path: Path) -> None:
    """Complete jars are not fetched again; a truncated one is."""
    paths = fetch_jars(jars, folder=tmp_path / "jars")
    paths[0].write_bytes(paths[0].read_bytes()[:-1])
    mirror.asked.clear()
    fetch_jars(jars, folder=tmp_path / "jars")
    assert mirror.asked == [jars[0].path]
    assert missing_jars(jars, tmp_path / "jars") == []


def test_refuses_a_file_with_another_hash(mirror: Mirror, jars: list[Jar], tmp_path: Path) -> None:
    """A file that differs from the lock is named in the error and never stored as a jar."""
    (mirror.root / "org/one/1/one-1.jar").write_bytes(b"two")
    with pytest.raises(SummitGraphError, match=r"one-1\.jar .* is not the file that jars\.lock names"):
        fetch_jars(jars, folder=tmp_path / "jars")
    assert not any("one-1.jar" in name for name in files_in(tmp_path / "jars"))


def test_unreachable_mirror_is_a_one_line_error(
    jars: list[Jar], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the URL and what to do."""
    monkeypatch.setenv("SUMMIT_GRAPH_MAVEN_URL", "http://127.0.0.1:9")
    with pytest.raises(SummitGraphError) as caught:
        fetch_jars(jars[:1], folder=tmp_path / "jars")
    message = str(caught.value)
    assert "\n" not in message
    assert all(part in message for part in ("127.0.0.1:9", "SUMMIT_GRAPH_MAVEN_URL", "NEO4J_URI"))


def test_jar_missing_from_the_mirror_is_named(mirror: Mirror, jars: list[Jar], tmp_path: Path) -> None:
    """The error has the 404 and its URL; other jars may be fetched."""
    (mirror.root / "three/3/three-3-linux.jar").unlink()
    with pytest.raises(SummitGraphError, match=r"404 .*three-3-linux\.jar"):
        fetch_jars(jars, folder=tmp_path / "jars")


def test_full_disk_is_a_one_line_error(
    mirror: Mirror, jars: list[Jar], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No incomplete file remains, and the error names the disk to free."""

    def no_space(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", no_space)  # a full disk fails here at the latest
    with pytest.raises(SummitGraphError, match=f"the disk of {tmp_path}/jars is full"):
        fetch_jars(jars, folder=tmp_path / "jars")
    assert files_in(tmp_path / "jars") == set()


def test_concurrent_runs_fetch_each_jar_once(mirror: Mirror, jars: list[Jar], tmp_path: Path) -> None:
    """The second run waits for the first and then finds all files."""
    threads = [
        Thread(target=fetch_jars, args=(jars,), kwargs={"folder": tmp_path / "jars"}) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(mirror.asked) == [jar.path for jar in jars]


def test_the_lock_is_read_as_written(jars: list[Jar], tmp_path: Path) -> None:
    """It is sorted by path, for any order in which it was written."""
    write_lock(jars[::-1], tmp_path / "jars.lock")
    assert read_lock(tmp_path / "jars.lock") == jars


def test_the_lock_contains_the_pinned_versions() -> None:
    """The server, its storage engine, GDS with its procedures, and natives for each platform are locked."""
    names = {jar.name for jar in read_lock()}
    assert {f"neo4j-server-{NEO4J_VERSION}.jar", f"neo4j-{NEO4J_VERSION}.jar"} <= names
    assert {f"opengds-extension-{GDS_VERSION}.jar", f"proc-{GDS_VERSION}.jar"} <= names
    assert sum(jar.is_gds for jar in read_lock()) == 128
    assert any(name.endswith("osx-aarch_64.jar") for name in names)
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) and jar.size > 0 for jar in read_lock())


def test_the_compose_file_runs_the_same_neo4j() -> None:
    """The container has the version that is used in tests."""
    compose = Path(__file__).parent.parent / "docker" / "compose.yaml"
    assert f"image: neo4j:{NEO4J_VERSION}\n" in compose.read_text()
