"""``load --bulk``: a fresh store for the local server by Neo4j's own offline importer.

1.  Check that the disk has room and that nothing would be lost.
2.  Write the importer's input from the count files, a few classes in memory at a time.
3.  Import it into a folder beside the server's, which goes on serving.
4.  Start a second server there; make constraints and indexes; check every class against the manifest.
5.  Rank every class.
6.  Stop the old server and let the new folder be the server's (``store.swap``): until then the old one
    serves. The new server goes on, unless it has to move to the old one's port.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from summit_graph.counts.folder import CountFolder, Manifest
from summit_graph.errors import CountFilesError, SummitGraphError
from summit_graph.pictures.index import drop_examples
from summit_graph.ranking.pagerank import rank_network
from summit_graph.settings import Home
from summit_graph.store.connection import Address, Database, open_database
from summit_graph.store.networks import Network, checked_name, default_name, list_networks, name_network
from summit_graph.store.schema import create_schema
from summit_graph.store.server.files import ServerFiles, copy_login
from summit_graph.store.server.local import NEEDED_DISK, LocalServer
from summit_graph.store.server.swap import begin_new, current_folder, new_folder, swap_in
from summit_graph.system.file_lock import alone
from summit_graph.system.prefetch import in_order_ahead
from summit_graph.views.classes import list_classes
from summit_graph.workflows.bulk_csv import ImportFiles, write_import_files

#: Classes that are checked at a time.
CHECKS = 2
#: What an influence takes on disk, measured over 10^8 (``docs/scale.md``): the importer's input, the store.
INPUT_BYTES, STORE_BYTES = 22, 102
_BUILDING = "another process is building a store for the local database: wait for it"
_WRITTEN_MEANWHILE = (
    "the local database was written to while the new store was built, and that would be lost: load again, or "
    "without --bulk, or give --discard to let it go"
)


class _Former(NamedTuple):
    """What the old store holds: its networks, and the numbers of their classes by network and name."""

    networks: list[Network]
    classes: dict[str, dict[str, int]]


@dataclass(frozen=True)
class Listener:
    """Hears how a bulk load gets on: a stage with its number of classes, then each class."""

    on_stage: Callable[[str, int], None]
    on_class: Callable[[str], None]


def load_bulk(counts: CountFolder, *, network: str | None, discard: bool, listener: Listener) -> str:
    """Replace the local server's store by one that holds this network alone; returns the network's name.

    Args:
        discard: whether what else the old store holds may go.

    Raises:
        SummitGraphError: the disk has too little room; another process builds a store; or the old store
            holds something else, or was written to meanwhile, and ``discard`` is not set.
        CountFilesError: the imported graph is not what the count files say.
    """
    place = Home().neo4j.absolute()
    with alone(place.with_name(f"{place.name}.building.lock"), otherwise=_BUILDING):
        _check_room(counts, place.parent, INPUT_BYTES + STORE_BYTES, reserve=NEEDED_DISK)
        server = LocalServer.of_home()
        former = _read_former(server)
        name = _name_for(counts.manifest, former, network, discard=discard)
        if not discard:
            _refuse_to_discard(former, counts, name)
        fresh = _begin_store(place, server)
        try:
            written = _import(counts, name, fresh, listener)
            _finish_store(counts, name, fresh, written, listener)
            if not discard and _read_former(server) != former:
                raise SummitGraphError(_WRITTEN_MEANWHILE)
            with server.stopped():
                fresh.take_port_of(server)
                swap_in(place)
            _drop_examples_of(former.networks, name)
        finally:
            if current_folder(place) != fresh.files.folder:
                fresh.stop()
                shutil.rmtree(fresh.files.folder, ignore_errors=True)
    return name


def _drop_examples_of(former: Sequence[Network], name: str) -> None:
    """Of the networks that were let go, so that a later one of such a name shows none of theirs."""
    for network in former:
        if network.model_key and network.name != name:
            drop_examples(network.model_key, network=network.name)


def write_importers_input(counts: CountFolder, *, network: str | None, folder: Path) -> ImportFiles:
    """The importer's input for a server elsewhere."""
    name = checked_name(network or default_name(counts.manifest))
    folder.mkdir(parents=True, exist_ok=True)
    _check_room(counts, folder, INPUT_BYTES)
    return write_import_files(counts, name, folder)


def _check_room(counts: CountFolder, folder: Path, bytes_each: int, *, reserve: int = 0) -> None:
    """Before hours of work: whether all influences fit on the disk of an existing folder."""
    needed = counts.influences_at_most() * bytes_each + reserve
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise SummitGraphError(
            f"loading {counts.path} needs some {needed / 1e9:.1f} GB on the disk of {folder}, where "
            f"{free / 1e9:.1f} GB are free: make room, or name a folder on another disk with "
            f"{'SUMMIT_GRAPH_HOME' if reserve else '--files'}"
        )


def _read_former(server: LocalServer) -> _Former:
    """What the old store holds; a server that was never started is not started to look."""
    if not server.files.system_store.exists():
        return _Former([], {})
    endpoint = server.start()
    with open_database(Address.of(endpoint)) as database:
        networks = list_networks(database)
        return _Former(networks, {one.name: _class_ids(database, one.name) for one in networks})


def _class_ids(database: Database, network: str) -> dict[str, int]:
    return {stored.summary.name: stored.id for stored in list_classes(database, network)}


def _name_for(manifest: Manifest, former: _Former, name: str | None, *, discard: bool) -> str:
    if name is not None and discard:
        return checked_name(name)  # a network of this name may go, whatever it is
    return name_network(former.networks, manifest, name)


def _refuse_to_discard(former: _Former, counts: CountFolder, name: str) -> None:
    if lost := sorted(former.classes.get(name, {}).keys() - counts.summaries.keys()):
        raise SummitGraphError(
            f"--bulk builds a fresh store, and network {name} of the local one has classes that "
            f"{counts.path} lacks ({', '.join(lost[:5])}): load without --bulk to keep them, or give "
            "--discard to let them go"
        )
    if others := sorted(former.classes.keys() - {name}):
        raise SummitGraphError(
            f"--bulk builds a fresh store, and the local one holds other networks ({', '.join(others)}): "
            "load without --bulk to keep them, or give --discard to let them go"
        )


def _begin_store(place: Path, server: LocalServer) -> LocalServer:
    """An empty store beside the server's, with its password."""
    LocalServer(ServerFiles(new_folder(place))).end_all()  # of a load that was killed
    files = ServerFiles(begin_new(place))
    copy_login(server.files, files)
    return LocalServer(files, building=True)


def _import(counts: CountFolder, name: str, fresh: LocalServer, listener: Listener) -> ImportFiles:
    listener.on_stage("writing the importer's input", len(counts.summaries))
    folder = fresh.files.import_input
    written = write_import_files(counts, name, folder, on_class=listener.on_class)
    listener.on_stage("importing", 0)
    with fresh.stopped():
        fresh.run_admin("database", "import", "full", "neo4j", *written.arguments(folder.name))
    shutil.rmtree(folder)
    return written


def _finish_store(
    counts: CountFolder, name: str, fresh: LocalServer, written: ImportFiles, listener: Listener
) -> None:
    listener.on_stage("starting the new store", 0)
    endpoint = fresh.start()
    with open_database(Address.of(endpoint)) as database:
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
        begun = (pool.submit(_sizes, database, number) for number in stored.values())
        for one, size in zip(stored, in_order_ahead(begun, CHECKS), strict=True):
            found = size.result()
            expected = (counts.manifest.images.get(one), written.activations[one], written.influences[one])
            if found != expected:
                raise CountFilesError(
                    f"class {one!r} was imported as {found} instead of {expected}: load it again"
                )
            listener.on_class(one)


def _sizes(database: Database, class_id: int) -> tuple[int, int, int]:
    row = database.read("load/class_sizes", **{"class": class_id})[0]
    return row["images"], row["activations"], row["influences"]
