"""The jars of Neo4j and GDS: listed in ``jars.lock``, downloaded once from Maven Central, checked by hash.

``scripts/lock_jars.py`` writes the lock. The jars folder has the layout of a Maven repository. A complete jar
is never downloaded again; an incomplete one ends in ``.part`` and is ignored.

Not pooch: it has no parallel downloads, no retries, no total progress, and no cancelling.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
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
from summit_graph.system.listener import OnBytes
from summit_graph.system.request_errors import describe_request_error

NEO4J_VERSION = "2026.01.4"
GDS_VERSION = "2.26.0"  # the only release on Maven Central that fits this Neo4j
MAVEN_CENTRAL = "https://repo.maven.apache.org/maven2"
LOCK_FILE = Path(__file__).with_name("jars.lock")

THREADS = 8  # many small files: latency dominates
TIMEOUT = (10, 60)  # seconds to connect, seconds between two chunks
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
        """Whether it belongs in the plugins folder, where Neo4j looks for procedures."""
        return self.path.startswith("org/neo4j/gds/")


def read_lock(file: Path = LOCK_FILE) -> list[Jar]:
    """The jars in a lock file, sorted by path; lines are ``SHA-256  size  path``, or comments with #."""
    lines = (line.split() for line in file.read_text().splitlines() if line and not line.startswith("#"))
    return sorted(Jar(path, sha256, int(size)) for sha256, size, path in lines)


def write_lock(jars: Sequence[Jar], file: Path = LOCK_FILE) -> None:
    """Write a file for ``read_lock``."""
    lines = [f"{jar.sha256} {jar.size:>9} {jar.path}" for jar in sorted(jars)]
    header = f"# Neo4j {NEO4J_VERSION} with GDS {GDS_VERSION}; written by scripts/lock_jars.py\n"
    file.write_text(header + "\n".join(lines) + "\n")


def missing_jars(jars: Sequence[Jar], folder: Path) -> list[Jar]:
    """The jars not yet downloaded. Only sizes are checked here; hashes were checked at the download."""
    return [jar for jar in jars if _size(folder / jar.path) != jar.size]


def fetch_jars(
    jars: Sequence[Jar] | None = None, *, folder: Path | None = None, on_bytes: OnBytes | None = None
) -> list[Path]:
    """Paths of the locked jars, after downloading missing ones.

    Args:
        on_bytes: the progress; by default it has a progress bar on stderr.

    Concurrent processes wait for the first. Complete jars are kept after an error.

    Raises:
        SummitGraphError: no network, a file with another hash, or a full disk.
    """
    jars = read_lock() if jars is None else jars
    folder = Home().jars.absolute() if folder is None else folder
    if missing_jars(jars, folder):
        with _translate_download_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(folder / ".lock"):
                _download(missing_jars(jars, folder), folder, on_bytes)
    return [folder / jar.path for jar in jars]


def maven_url() -> str:
    """Maven Central, or the mirror in ``SUMMIT_GRAPH_MAVEN_URL``."""
    return (ServerSettings().maven_url or MAVEN_CENTRAL).rstrip("/")


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except OSError:
        return None


def _download(jars: Sequence[Jar], folder: Path, on_bytes: OnBytes | None) -> None:
    """Download all jars in threads with one session each; the first failure stops the others."""
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

    total = sum(jar.size for jar in jars)
    shown = _bar(total) if on_bytes is None else nullcontext(_adding_up(total, on_bytes))
    with shown as advance, ThreadPoolExecutor(THREADS) as pool:
        try:
            # The largest first, so that no thread starts a large one at the end.
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
    """Download to a ``.part`` file and rename it after checking its hash."""
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
        os.fsync(stream.fileno())  # later starts check only the size, which a crash could fake


def _check(jar: Jar, part: Path, url: str) -> None:
    if (found := sha256_of(part)) != jar.sha256:
        raise SummitGraphError(
            f"{jar.name} from {url} is not the file that jars.lock names (SHA-256 {found[:12]}…, not "
            f"{jar.sha256[:12]}…): try again, or name another mirror with SUMMIT_GRAPH_MAVEN_URL"
        )


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr; yields a function that advances it by a number of bytes."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("Downloading Neo4j and GDS (once)", total=total)
        yield lambda count: bar.advance(task, count)


def _adding_up(total: int, on_bytes: OnBytes) -> Callable[[int], None]:
    """A function for all threads that adds bytes and reports their sum."""
    received, lock = 0, threading.Lock()

    def advance(count: int) -> None:
        nonlocal received
        with lock:
            received += count
            on_bytes(received, total)

    return advance


@contextmanager
def _translate_download_errors(folder: Path) -> Iterator[None]:
    """Turn network and disk errors into one clear sentence each."""
    try:
        yield
    except requests.RequestException as error:
        raise SummitGraphError(
            f"Neo4j could not be downloaded ({describe_request_error(error)}): connect to the network and "
            "try again, name a mirror of Maven Central with SUMMIT_GRAPH_MAVEN_URL, or use another server "
            "with NEO4J_URI"
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise SummitGraphError(
                f"the disk of {folder} is full: free some space there (Neo4j's jars: 190 MB) and try again; "
                "what has been downloaded is kept"
            ) from error
        raise SummitGraphError(f"cannot write Neo4j's jars to {folder}: {error.strerror}") from error
