"""Neo4j's and GDS's jars: named in ``jars.lock``, fetched from Maven Central once, checked by hash.

``scripts/lock_jars.py`` makes the lock anew. Jars lie under the jars folder as in any Maven repository, so a
finished one is never fetched again; an unfinished one ends in ``.part`` and counts for nothing.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from filelock import FileLock
from requests.adapters import HTTPAdapter
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from urllib3.util import Retry

from summit_graph.errors import SummitGraphError
from summit_graph.settings import Home, ServerSettings
from summit_graph.system.atomic_files import sha256_of

NEO4J_VERSION = "2026.01.4"
GDS_VERSION = "2.26.0"  # the only release on Maven Central that fits this Neo4j
LOCK_FILE = Path(__file__).with_name("jars.lock")

THREADS = 8  # many small files: the waiting for answers is what takes time
TIMEOUT = (10, 60)  # seconds to connect, seconds between two pieces
PIECE = 1 << 16  # bytes


@dataclass(frozen=True, order=True)
class Jar:
    """One line of the lock."""

    path: str  # as in a Maven repository: group/artifact/version/artifact-version[-classifier].jar
    sha256: str
    size: int  # bytes

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def is_gds(self) -> bool:
        """Neo4j finds procedures only in jars of its plugins folder; these belong there."""
        return self.path.startswith("org/neo4j/gds/")


def read_lock(file: Path = LOCK_FILE) -> list[Jar]:
    """The jars that a lock file names, sorted by path; lines are ``SHA-256  size  path``, # a comment."""
    lines = (line.split() for line in file.read_text().splitlines() if line and not line.startswith("#"))
    return sorted(Jar(path, sha256, int(size)) for sha256, size, path in lines)


def write_lock(jars: Sequence[Jar], file: Path = LOCK_FILE) -> None:
    """Writes what ``read_lock`` reads."""
    lines = [f"{jar.sha256} {jar.size:>9} {jar.path}" for jar in sorted(jars)]
    header = f"# Neo4j {NEO4J_VERSION} with GDS {GDS_VERSION}; written by scripts/lock_jars.py\n"
    file.write_text(header + "\n".join(lines) + "\n")


def missing_jars(jars: Sequence[Jar], folder: Path) -> list[Jar]:
    """Those not yet fetched (the hash was checked when they came; here only the size is)."""
    return [jar for jar in jars if _size(folder / jar.path) != jar.size]


def fetch_jars(
    jars: Sequence[Jar] | None = None, *, folder: Path | None = None, progress: bool = True
) -> list[Path]:
    """Where the locked jars lie, after downloading the missing ones (with a progress bar on stderr).

    Processes that come at the same time wait for the first. Raises ``SummitGraphError`` without network, on a
    file that is not the locked one, and on a full disk; what has come by then is kept.
    """
    jars = read_lock() if jars is None else jars
    folder = Home().jars.absolute() if folder is None else folder
    if missing_jars(jars, folder):
        with _told_plainly(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(folder / ".lock"):
                _download(missing_jars(jars, folder), folder, progress=progress)
    return [folder / jar.path for jar in jars]


def maven_url() -> str:
    """Maven Central, or the mirror that ``SUMMIT_GRAPH_MAVEN_URL`` names."""
    from jgo.constants import MAVEN_CENTRAL_URL  # only here: it takes a quarter second

    return (ServerSettings().maven_url or str(MAVEN_CENTRAL_URL)).rstrip("/")


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except OSError:
        return None


def _download(jars: Sequence[Jar], folder: Path, *, progress: bool) -> None:
    """All of them, in threads with a session each; the first failure ends the others at their next piece."""
    url, local, stop = maven_url(), threading.local(), threading.Event()

    def fetch(jar: Jar, advance: Callable[[int], None]) -> None:
        if stop.is_set():
            return
        if not hasattr(local, "session"):
            local.session = _session()
        try:
            _fetch_jar(jar, folder, url, local.session, advance, stop)
        except BaseException:
            stop.set()
            raise

    with _bar(sum(jar.size for jar in jars), progress) as advance, ThreadPoolExecutor(THREADS) as pool:
        try:
            # The largest first, so that no thread is left with one at the end.
            tasks = [pool.submit(fetch, jar, advance) for jar in sorted(jars, key=lambda jar: -jar.size)]
            for task in tasks:
                task.result()
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


def _session() -> requests.Session:
    session = requests.Session()
    retry = Retry(total=3, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504))
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


def _fetch_jar(
    jar: Jar,
    folder: Path,
    url: str,
    session: requests.Session,
    advance: Callable[[int], None],
    stop: threading.Event,
) -> None:
    """Into a ``.part`` file, which gets the jar's name once its hash is right."""
    target = folder / jar.path
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    try:
        with session.get(f"{url}/{jar.path}", stream=True, timeout=TIMEOUT) as answer:
            answer.raise_for_status()
            _write_pieces(part, answer.iter_content(PIECE), advance, stop)
        if not stop.is_set():
            _check(jar, part, url)
            part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _write_pieces(
    file: Path, pieces: Iterator[bytes], advance: Callable[[int], None], stop: threading.Event
) -> None:
    with file.open("wb") as stream:
        for piece in pieces:
            if stop.is_set():
                return
            stream.write(piece)
            advance(len(piece))
        stream.flush()
        os.fsync(stream.fileno())  # later starts trust the size; a crash must not leave a hole of that size


def _check(jar: Jar, part: Path, url: str) -> None:
    if (found := sha256_of(part)) != jar.sha256:
        raise SummitGraphError(
            f"{jar.name} from {url} is not the file that jars.lock names (SHA-256 {found[:12]}…, not "
            f"{jar.sha256[:12]}…): try again, or name another mirror with SUMMIT_GRAPH_MAVEN_URL"
        )


@contextmanager
def _bar(total: int, shown: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr; yields the function that moves it by some bytes."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not shown) as bar:
        task = bar.add_task("Downloading Neo4j and GDS (once)", total=total)
        yield lambda count: bar.advance(task, count)


@contextmanager
def _told_plainly(folder: Path) -> Iterator[None]:
    """Turns what a download can run into to one sentence each."""
    try:
        yield
    except requests.RequestException as error:
        raise SummitGraphError(
            f"Neo4j could not be downloaded ({_reason(error)}): connect to the network and try again, name a "
            "mirror of Maven Central with SUMMIT_GRAPH_MAVEN_URL, or use another server with NEO4J_URI"
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise SummitGraphError(
                f"the disk of {folder} is full: make room there (Neo4j's jars take 190 MB) and try again; "
                "what has been downloaded is kept"
            ) from error
        raise SummitGraphError(f"cannot write Neo4j's jars to {folder}: {error.strerror}") from error


def _reason(error: requests.RequestException) -> str:
    """What happened, without urllib3's nested representation of it."""
    if error.response is not None:
        return f"{error.response.status_code} {error.response.reason} from {error.response.url}"
    where = error.request.url if error.request is not None else "the server"
    happened = "no answer in time" if isinstance(error, requests.Timeout) else "no connection"
    return f"{happened} from {where}" if isinstance(error, requests.Timeout) else f"{happened} to {where}"
