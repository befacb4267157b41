"""Fetching the jars: against a web server of our own with three tiny files."""

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
    """Serves files and remembers which were asked for."""

    asked: list[str]

    def __init__(self, *arguments: object, asked: list[str], **options: object) -> None:
        self.asked = asked
        super().__init__(*arguments, **options)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.asked.append(self.path.lstrip("/"))
        super().do_GET()

    def log_message(self, format: str, *arguments: object) -> None:
        """Keeps the tests' output clean."""


class Mirror:
    """A folder served at ``url``; ``asked`` lists the paths that were fetched."""

    def __init__(self, root: Path) -> None:
        self.root, self.asked = root, []  # type: ignore[var-annotated]
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
    """The paths come back in the lock's order, and the files hold what the mirror has."""
    paths = fetch_jars(jars, folder=tmp_path / "jars")
    assert [path.relative_to(tmp_path / "jars").as_posix() for path in paths] == [jar.path for jar in jars]
    assert [path.read_bytes() for path in paths] == [CONTENTS[jar.path] for jar in jars]


def test_asks_for_nothing_once_all_is_there(mirror: Mirror, jars: list[Jar], tmp_path: Path) -> None:
    """A second call needs no network."""
    fetch_jars(jars, folder=tmp_path / "jars")
    mirror.asked.clear()
    fetch_jars(jars, folder=tmp_path / "jars")
    assert mirror.asked == []


def test_resumes_with_what_is_missing(mirror: Mirror, jars: list[Jar], tmp_path: Path) -> None:
    """Finished jars stay; one cut short is fetched again."""
    paths = fetch_jars(jars, folder=tmp_path / "jars")
    paths[0].write_bytes(paths[0].read_bytes()[:-1])
    mirror.asked.clear()
    fetch_jars(jars, folder=tmp_path / "jars")
    assert mirror.asked == [jars[0].path]
    assert missing_jars(jars, tmp_path / "jars") == []


def test_refuses_a_file_with_another_hash(mirror: Mirror, jars: list[Jar], tmp_path: Path) -> None:
    """What is not the locked file is named, and never lies where a jar would."""
    (mirror.root / "org/one/1/one-1.jar").write_bytes(b"two")
    with pytest.raises(SummitGraphError, match=r"one-1\.jar .* is not the file that jars\.lock names"):
        fetch_jars(jars, folder=tmp_path / "jars")
    assert not any("one-1.jar" in name for name in files_in(tmp_path / "jars"))


def test_says_in_one_line_that_the_mirror_is_down(
    jars: list[Jar], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line names the address and the ways out."""
    monkeypatch.setenv("SUMMIT_GRAPH_MAVEN_URL", "http://127.0.0.1:9")
    with pytest.raises(SummitGraphError) as caught:
        fetch_jars(jars[:1], folder=tmp_path / "jars")
    message = str(caught.value)
    assert "\n" not in message
    assert all(part in message for part in ("127.0.0.1:9", "SUMMIT_GRAPH_MAVEN_URL", "NEO4J_URI"))


def test_names_a_jar_that_the_mirror_lacks(mirror: Mirror, jars: list[Jar], tmp_path: Path) -> None:
    """A 404 shows with its address; the other jars may come."""
    (mirror.root / "three/3/three-3-linux.jar").unlink()
    with pytest.raises(SummitGraphError, match=r"404 .*three-3-linux\.jar"):
        fetch_jars(jars, folder=tmp_path / "jars")


def test_says_in_one_line_that_the_disk_is_full(
    mirror: Mirror, jars: list[Jar], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No half file is left, and the line says where to make room."""

    def no_space(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", no_space)  # where a full disk shows at the latest
    with pytest.raises(SummitGraphError, match=f"the disk of {tmp_path}/jars is full"):
        fetch_jars(jars, folder=tmp_path / "jars")
    assert files_in(tmp_path / "jars") == set()


def test_two_at_once_fetch_each_jar_once(mirror: Mirror, jars: list[Jar], tmp_path: Path) -> None:
    """The second waits for the first and finds everything there."""
    threads = [
        Thread(target=fetch_jars, args=(jars,), kwargs={"folder": tmp_path / "jars"}) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(mirror.asked) == [jar.path for jar in jars]


def test_the_lock_reads_back_as_written(jars: list[Jar], tmp_path: Path) -> None:
    """Sorted by path, whatever order it was written from."""
    write_lock(jars[::-1], tmp_path / "jars.lock")
    assert read_lock(tmp_path / "jars.lock") == jars


def test_the_lock_holds_the_pinned_versions() -> None:
    """The server, its storage engine, GDS with its procedures, and natives for each platform are locked."""
    names = {jar.name for jar in read_lock()}
    assert {f"neo4j-server-{NEO4J_VERSION}.jar", f"neo4j-{NEO4J_VERSION}.jar"} <= names
    assert {f"opengds-extension-{GDS_VERSION}.jar", f"proc-{GDS_VERSION}.jar"} <= names
    assert sum(jar.is_gds for jar in read_lock()) == 128
    assert any(name.endswith("osx-aarch_64.jar") for name in names)
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) and jar.size > 0 for jar in read_lock())


def test_the_compose_file_runs_the_same_neo4j() -> None:
    """A container has the version that everything is tested with."""
    compose = Path(__file__).parent.parent / "docker" / "compose.yaml"
    assert f"image: neo4j:{NEO4J_VERSION}\n" in compose.read_text()
