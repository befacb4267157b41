"""``load --bulk``: build a new store for the local server with Neo4j's offline importer.

1.  Check that the disk has space and that no data would be lost.
2.  Write the importer's input from the count files, a few classes in memory at a time.
3.  Import it into a new folder next to the server's; the old server keeps running.
4.  Start a second server there; create constraints and indexes; check every class against the manifest.
5.  Rank every class.
6.  Stop the old server and make the new folder the server's folder (``store.server.swap``). The new server
    keeps running, unless it must restart on the port of the old one.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from summit_graph.counts.folder import CountFolder
from summit_graph.counts.manifest import Manifest
from summit_graph.counts.via_stops import may_store_via_stops
from summit_graph.errors import CountFilesError, SummitGraphError
from summit_graph.pictures.index import ExampleOwner, drop_examples, keep_former_examples
from summit_graph.ranking.pagerank import check_selection, rank_network
from summit_graph.records import Engine, SelectedBy
from summit_graph.settings import Home
from summit_graph.store.connection import Address, Database, open_database
from summit_graph.store.networks import (
    Network,
    checked_name,
    default_name,
    find_network,
    list_networks,
    name_network,
)
from summit_graph.store.removal import classes_being_written
from summit_graph.store.schema import create_schema
from summit_graph.store.server.files import ServerFiles, copy_login
from summit_graph.store.server.local import NEEDED_DISK, LocalServer
from summit_graph.store.server.swap import begin_new, current_folder, drop_new, new_folder, swap_in
from summit_graph.store.server.written_classes import WrittenClasses
from summit_graph.system.file_lock import exclusive_lock
from summit_graph.system.listener import Listener
from summit_graph.system.own_folders import make_private_folder
from summit_graph.system.prefetch import prefetch
from summit_graph.views.classes import list_classes
from summit_graph.workflows.bulk_csv import ImportFiles, write_import_files
from summit_graph.workflows.load import keep_baselines

#: Number of classes checked in parallel.
CHECKS = 2
#: Disk space of an influence, measured over 10^8 (``docs/scale.md``): in the importer's input, in the store.
INPUT_BYTES, STORE_BYTES = 22, 102
#: More for the name of an inner stop: text in the input, a second property record in the store.
VIA_STOP_BYTES = 64
_BUILDING = "another process is building a store for the local database: wait for it"
_WRITTEN_MEANWHILE = (
    "the local database was written to while the new store was built, and these changes would be lost: load "
    "again, or without --bulk, or give --discard to discard them"
)


class FormerContent(NamedTuple):
    """Content of the old store: its networks, class ids by network and class name, classes being written."""

    networks: list[Network]
    classes: dict[str, dict[str, int]]
    being_written: list[str]


def load_bulk(
    counts: CountFolder,
    *,
    network: str | None,
    discard: bool,
    selected_by: SelectedBy = "pagerank",
    engine: Engine | None = None,
    listener: Listener,
) -> str:
    """Replace the local server's store by one with only this network; returns the network's name.

    Args:
        discard: whether other data of the old store may be discarded.
        selected_by, engine: as of ``Ranker``.

    Raises:
        SummitGraphError: the disk has too little space; another process builds a store; or ``discard`` is
            not set and the old store has other data, or was written to during the load.
        CountFilesError: the imported graph differs from the count files.
    """
    check_selection(selected_by, counts.manifest.parameters)
    rank = partial(rank_network, selected_by=selected_by, engine=engine)
    place = Home().neo4j.absolute()
    make_private_folder(place.parent)
    with exclusive_lock(place.with_name(f"{place.name}.building.lock"), otherwise=_BUILDING):
        _check_room(counts, place.parent, INPUT_BYTES + STORE_BYTES, reserve=NEEDED_DISK)
        server = replace(LocalServer.of_home(), on_download=listener.on_download)
        _check_can_be_stopped(server)
        former = _read_former(server)
        name = _name_for(counts.manifest, former, network, discard=discard)
        if not discard:
            _refuse_to_discard(former, counts, name)
        fresh = _begin_store(place, server, listener)
        try:
            written = _import(counts, name, fresh, listener)
            _finish_store(counts, name, fresh, written, listener, rank)
            checked = None if discard else _check_unchanged(former, server)
            with server.stopped():
                if checked not in (None, server.last_writes()):
                    raise SummitGraphError(_WRITTEN_MEANWHILE)
                fresh.take_port_of(server)
                swap_in(place)
            carry_examples_over(former, name, counts)
        finally:
            if current_folder(place) != fresh.files.folder:
                fresh.stop()
                drop_new(place)
    return name


def _check_can_be_stopped(server: LocalServer) -> None:
    if server.process() is None and (holder := server.holder()):
        raise SummitGraphError(
            f"the local database is held by {holder}, which cannot be stopped from here to replace its "
            "store: run load --bulk there, or load without --bulk"
        )


def carry_examples_over(former: FormerContent, name: str, counts: CountFolder) -> None:
    """Keep the examples of classes that are in the network again, as loading online does, and drop others.

    A later network or class of the same name would show them.
    """
    for network in former.networks:
        if not network.model_key:
            continue
        if (network.name, network.model_key) != (name, counts.manifest.model_key):
            drop_examples(network.model_key, network=network.name)
            continue
        keep_former_examples(network.model_key, ExampleOwner(name, network.dataset, network.created))
        for class_name in sorted(former.classes[name].keys() - counts.summaries.keys()):
            drop_examples(network.model_key, network=name, class_name=class_name)


def write_importers_input(counts: CountFolder, *, network: str | None, folder: Path) -> ImportFiles:
    """Write the importer's input for another server."""
    name = checked_name(network or default_name(counts.manifest))
    folder.mkdir(parents=True, exist_ok=True)
    _check_room(counts, folder, INPUT_BYTES)
    return write_import_files(counts, name, folder)


def _check_room(counts: CountFolder, folder: Path, bytes_each: int, *, reserve: int = 0) -> None:
    """Check before hours of work that all influences fit on the disk of an existing folder."""
    manifest = counts.manifest
    bytes_each += VIA_STOP_BYTES * may_store_via_stops(manifest.layers, manifest.stops)
    needed = counts.influences_at_most() * bytes_each + reserve
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise SummitGraphError(
            f"loading {counts.path} needs some {needed / 1e9:.1f} GB on the disk of {folder}, where "
            f"{free / 1e9:.1f} GB are free: free some space, or name a folder on another disk with "
            f"{'SUMMIT_GRAPH_HOME' if reserve else '--files'}"
        )


def _read_former(server: LocalServer) -> FormerContent:
    """The content of the old store; a server that was never started has none and is not started."""
    if not server.files.system_store.exists():
        return FormerContent([], {}, [])
    endpoint = server.start()
    with open_database(Address.of(endpoint)) as database:
        networks = list_networks(database)
        classes = {one.name: class_ids(database, one.name) for one in networks}
        return FormerContent(networks, classes, classes_being_written(database))


def class_ids(database: Database, network: str) -> dict[str, int]:
    return {stored.summary.name: stored.id for stored in list_classes(database, network)}


def _name_for(manifest: Manifest, former: FormerContent, name: str | None, *, discard: bool) -> str:
    if name is not None and discard:
        return checked_name(name)  # any network of this name may be discarded
    return name_network(former.networks, manifest, name)


def _refuse_to_discard(former: FormerContent, counts: CountFolder, name: str) -> None:
    if former.being_written:
        raise SummitGraphError(
            f"--bulk builds a new store, and another process is writing to the old one "
            f"({', '.join(former.being_written[:5])}): wait for it, or give --discard to discard its classes"
        )
    if lost := sorted(former.classes.get(name, {}).keys() - counts.summaries.keys()):
        raise SummitGraphError(
            f"--bulk builds a new store, and {name} in the old one has classes that {counts.path} lacks "
            f"({', '.join(lost[:5])}): load without --bulk to keep them, or give --discard to discard them"
        )
    if others := sorted(former.classes.keys() - {name}):
        raise SummitGraphError(
            f"--bulk builds a new store, and the old one has other networks ({', '.join(others)}): "
            "load without --bulk to keep them, or give --discard to discard them"
        )


def _check_unchanged(former: FormerContent, server: LocalServer) -> dict[str, int]:
    """Raise SummitGraphError if the old store was written to; returns its last writes before the check."""
    if server.files.system_store.exists():
        server.start()
    last_writes = server.last_writes()
    now = _read_former(server)
    if now != former or now.being_written:
        raise SummitGraphError(_WRITTEN_MEANWHILE)
    return last_writes


def _begin_store(place: Path, server: LocalServer, listener: Listener) -> LocalServer:
    """Create an empty store next to the server's, with the same password."""
    LocalServer(ServerFiles(new_folder(place))).end_all()  # left by a load that was killed
    files = ServerFiles(begin_new(place))
    copy_login(server.files, files)
    return LocalServer(files, building=True, on_download=listener.on_download)


def _import(counts: CountFolder, name: str, fresh: LocalServer, listener: Listener) -> ImportFiles:
    listener.on_stage("writing the importer's input", len(counts.summaries))
    folder = fresh.files.import_input
    written = write_import_files(counts, name, folder, on_class=listener.on_class)
    listener.on_stage("preparing the importer", 0)
    with fresh.stopped():  # the first time its programs are downloaded
        listener.on_stage("importing", 0)
        fresh.run_admin("database", "import", "full", "neo4j", *written.arguments(folder.name))
    shutil.rmtree(folder)
    return written


def _finish_store(
    counts: CountFolder,
    name: str,
    fresh: LocalServer,
    written: ImportFiles,
    listener: Listener,
    rank: Callable[..., None],
) -> None:
    listener.on_stage("starting the new store", 0)
    endpoint = fresh.start()
    with open_database(Address.of(endpoint)) as database:
        listener.on_stage("making indexes", 0)
        create_schema(database)
        listener.on_stage("checking", len(counts.summaries))
        _check(database, counts, written, name, listener)
        listener.on_stage("ranking", len(counts.summaries))
        network = find_network(database, name)
        rank(database, network, counts.manifest.parameters, on_class=listener.on_class)
        keep_baselines(counts, network)
        _record_classes(database, name, fresh)


def _record_classes(database: Database, name: str, fresh: LocalServer) -> None:
    """Record the new store's classes as written, as for classes that are loaded online."""
    ids = {(name, one): class_id for one, class_id in class_ids(database, name).items()}
    WrittenClasses(fresh.files.written_classes).replace(ids)


def _check(
    database: Database, counts: CountFolder, written: ImportFiles, name: str, listener: Listener
) -> None:
    """Compare the numbers of images and of relationships of every class with the count files."""
    stored = {one.summary.name: one.id for one in list_classes(database, name)}
    if missing := sorted(counts.summaries.keys() - stored.keys()):
        raise CountFilesError(f"class {missing[0]!r} was not imported: load the folder again")
    with ThreadPoolExecutor(CHECKS) as pool:
        started = (pool.submit(_sizes, database, number) for number in stored.values())
        for one, size in zip(stored, prefetch(started, CHECKS), strict=True):
            found = size.result()
            expected = (
                counts.manifest.images.get(one),
                written.activations[one],
                written.influences[one],
                written.outputs[one],
                written.relevance[one],
            )
            if found != expected:
                raise CountFilesError(
                    f"class {one!r} was imported as {found} instead of {expected}: load it again"
                )
            listener.on_class(one)


def _sizes(database: Database, class_id: int) -> tuple[int, ...]:
    row = database.read("load/class_sizes", **{"class": class_id})[0]
    return tuple(row[name] for name in ("images", "activations", "influences", "outputs", "relevance"))
