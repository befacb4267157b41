"""``load --bulk``: a fresh store for the local server by Neo4j's own offline importer.

1.  Write the importer's input from the count files, a few classes in memory at a time.
2.  Import it into a folder beside the server's, which goes on serving.
3.  Start a second server there; make constraints and indexes; check every class against the manifest.
4.  Rank every class.
5.  Stop the old server and let the new folder be the server's (``store.swap``): until then the old one
    serves. The new server goes on, unless it has to move to the old one's port.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from summit_graph.counts import CountFolder
from summit_graph.errors import CountFilesError, SummitGraphError
from summit_graph.ranking import rank_network
from summit_graph.settings import Home
from summit_graph.store.connection import Address, Database, open_database
from summit_graph.store.import_files import ImportFiles, write_import_files
from summit_graph.store.local import LocalServer
from summit_graph.store.networks import checked_name, default_name, list_networks
from summit_graph.store.schema import create_schema
from summit_graph.store.server_files import ServerFiles, copy_login
from summit_graph.store.swap import begin_new, new_folder, swap_in
from summit_graph.views.classes import list_classes

#: Classes that are checked at a time.
CHECKS = 2


@dataclass(frozen=True)
class Listener:
    """Hears how a bulk load gets on: a stage with its number of classes, then each class."""

    on_stage: Callable[[str, int], None]
    on_class: Callable[[str], None]


def load_bulk(counts: CountFolder, *, network: str | None, discard: bool, listener: Listener) -> str:
    """Replace the local server's store by one that holds this network alone; returns the network's name.

    Args:
        discard: whether other networks in the old store may go.

    Raises:
        SummitGraphError: the old store holds other networks and ``discard`` is not set.
        CountFilesError: the imported graph is not what the count files say.
    """
    name = checked_name(network or default_name(counts.manifest))
    server = LocalServer.of_home()
    if not discard:
        _refuse_to_discard(server, counts, name)
    place = Home().neo4j.absolute()
    LocalServer(ServerFiles(new_folder(place))).stop()  # of a load that was killed
    files = ServerFiles(begin_new(place))
    copy_login(server.files, files)
    fresh = LocalServer(files, building=True)
    try:
        written = _import(counts, name, fresh, listener)
        _finish_store(counts, name, fresh, written, listener)
    except BaseException:
        fresh.stop()
        shutil.rmtree(files.folder, ignore_errors=True)
        raise
    with server.stopped():
        fresh.take_port_of(server)
        swap_in(place)
    return name


def write_importers_input(counts: CountFolder, *, network: str | None, folder: Path) -> ImportFiles:
    """The importer's input for a server elsewhere."""
    name = checked_name(network or default_name(counts.manifest))
    return write_import_files(counts, name, folder)


def _refuse_to_discard(server: LocalServer, counts: CountFolder, name: str) -> None:
    if not server.files.system_store.exists():
        return
    endpoint = server.start()
    with open_database(Address(endpoint.uri, endpoint.username, endpoint.password)) as database:
        networks = {network.name: network for network in list_networks(database)}
        same = networks.pop(name, None)
        lost = {stored.summary.name for stored in list_classes(database, name)} - counts.summaries.keys()
    if same is not None and (lost or not same.fits(counts.manifest)):
        what = (
            f"classes that {counts.path} lacks ({', '.join(sorted(lost)[:5])})" if lost else "other weights"
        )
        raise SummitGraphError(
            f"--bulk builds a fresh store, and network {name} of the local one has {what}: "
            "load without --bulk to keep it, or give --discard to let it go"
        )
    if others := sorted(networks):
        raise SummitGraphError(
            f"--bulk builds a fresh store, and the local one holds other networks ({', '.join(others)}): "
            "load without --bulk to keep them, or give --discard to let them go"
        )


def _import(counts: CountFolder, name: str, fresh: LocalServer, listener: Listener) -> ImportFiles:
    listener.on_stage("writing the importer's input", len(counts.summaries))
    folder = Home().home / "import-files"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        written = write_import_files(counts, name, folder, on_class=listener.on_class)
        listener.on_stage("importing", 0)
        with fresh.stopped():
            fresh.run_admin("database", "import", "full", "neo4j", *written.arguments())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return written


def _finish_store(
    counts: CountFolder, name: str, fresh: LocalServer, written: ImportFiles, listener: Listener
) -> None:
    listener.on_stage("starting the new store", 0)
    endpoint = fresh.start()
    with open_database(Address(endpoint.uri, endpoint.username, endpoint.password)) as database:
        listener.on_stage("making indexes", 0)
        create_schema(database)
        listener.on_stage("checking", len(counts.summaries))
        _check(database, counts, written, name, listener)
        listener.on_stage("ranking", len(counts.summaries))
        rank_network(
            database,
            name,
            counts.manifest.parameters,
            on_class=lambda stored: listener.on_class(stored.summary.name),
        )


def _check(
    database: Database, counts: CountFolder, written: ImportFiles, name: str, listener: Listener
) -> None:
    """Images, activations and influences of every class, as the store has them and as they should be."""
    stored = {one.summary.name: one.id for one in list_classes(database, name)}
    if missing := sorted(counts.summaries.keys() - stored.keys()):
        raise CountFilesError(f"class {missing[0]!r} was not imported: load the folder again")
    with ThreadPoolExecutor(CHECKS) as pool:
        for one, found in zip(stored, pool.map(partial(_sizes, database), stored.values()), strict=True):
            expected = (counts.manifest.images.get(one), written.activations[one], written.influences[one])
            if found != expected:
                raise CountFilesError(
                    f"class {one!r} was imported as {found} instead of {expected}: load it again"
                )
            listener.on_class(one)


def _sizes(database: Database, class_id: int) -> tuple[int, int, int]:
    row = database.read("load/class_sizes", **{"class": class_id})[0]
    return row["images"], row["activations"], row["influences"]
