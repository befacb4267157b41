"""Checks of the environment: what works, what does not, and how to mend it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

import neo4j.exceptions
from neo4j import ManagedTransaction

from summit_graph.errors import SummitGraphError
from summit_graph.settings import DEFAULT_WEIGHTS, DatabaseSettings, Home
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

State = Literal["ok", "note", "failed"]
#: A full ImageNet network needs some 25 GB; a few classes need this much.
ENOUGH_DISK = 5_000_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: its state, what was found, and how to mend it ("" where nothing is wrong)."""

    name: str
    state: State
    found: str
    remedy: str = ""


def check_environment(settings: DatabaseSettings) -> Iterator[Check]:
    """Look at everything, one check after the other; nothing is changed and no server is started."""
    yield _check_disk()
    yield _check_compute()
    yield _check_device()
    yield _check_weights()
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
    if free < ENOUGH_DISK:
        return Check("disk", "failed", found, "make room, or set SUMMIT_GRAPH_HOME to a larger disk")
    return Check("disk", "ok", found)


def _check_compute() -> Check:
    missing = [name for name in ("torch", "torchvision", "safetensors", "onnx", "PIL") if not find_spec(name)]
    if missing:
        remedy = "to count your own images: pip install 'summit-graph[compute]'"
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
    there = Home().weights.glob("*") if Home().weights.is_dir() else ()
    files = sorted(file for file in there if file.suffix != ".lock")
    if files:
        return Check("weights", "ok", f"downloaded: {', '.join(file.name for file in files)}")
    return Check(
        "weights",
        "note",
        "none downloaded yet",
        f"ingest downloads {DEFAULT_WEIGHTS} (28 MB) when it first needs it",
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
            yield from _look_at(database, address)
    except SummitGraphError as error:
        yield Check(
            "database", "failed", str(error), "summit-graph db start, or check NEO4J_URI and its password"
        )


def _running(settings: DatabaseSettings) -> Address | None:
    """The database to look at; None where it is the local one and does not run."""
    if not settings.uri and not local.status().running:
        return None
    return find_address(settings)


def _look_at(database: Database, address: Address) -> Iterator[Check]:
    server = database.read("view/server_version")[0]
    yield Check("database", "ok", f"Neo4j {server['version']} {server['edition']} at {address.uri}")
    yield _check_gds(database)
    yield _check_permissions(database, address)


def _check_gds(database: Database) -> Check:
    version = gds_version(database)
    if version is None:
        return Check(
            "GDS", "failed", "not installed", "install the Graph Data Science plugin: ranking needs it"
        )
    if is_too_old(version):
        return Check("GDS", "failed", f"version {version}", f"ranking needs {LOWEST_GDS} or newer")
    return Check("GDS", "ok", f"version {version}")


def _check_permissions(database: Database, address: Address) -> Check:
    """Write a node and take it back: nothing stays."""

    def attempt(transaction: ManagedTransaction) -> None:
        run(transaction, "load/attempt_write")
        raise _TakenBackError

    try:
        database.transaction(attempt)
    except _TakenBackError:
        return Check("permissions", "ok", f"{address.username} may write")
    except neo4j.exceptions.ClientError as error:
        return Check("permissions", "failed", str(error.message), "log in as a user who may write")
    raise AssertionError("the attempt always ends in an exception")


class _TakenBackError(Exception):
    """Rolls the attempt back."""
