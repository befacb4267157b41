"""The bundled atlas of ImageNet classes: load, embed and mine it.

``atlas/`` has count files and pictures of channels, made by ``scripts/make_atlas.py``. Finished steps are
skipped, so a second run is fast and an interrupted one continues:

1.  Load and rank: with the offline importer if the store is empty, else class by class. Meanwhile UMAP is
    compiled.
2.  Label the channels: the atlas has the labels in a file.
3.  Embed the classes.
4.  Find groups of channels.
5.  Mine motifs of every shape and store them in the graph.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Thread

from summit_graph.analysis.embedding import compile_umap
from summit_graph.analysis.motifs import SHAPES, mine_motifs
from summit_graph.channel_labels.files import read_label_file
from summit_graph.counts.folder import CountFolder
from summit_graph.defaults import MOTIFS
from summit_graph.errors import SummitGraphError
from summit_graph.ranking.engine import choose_engine
from summit_graph.settings import DatabaseSettings, package_folder
from summit_graph.store.channel_labels import write_labels
from summit_graph.store.connection import Database, find_address, open_database
from summit_graph.store.motifs import write_motifs
from summit_graph.store.networks import find_network, list_networks
from summit_graph.store.server.local import LocalServer
from summit_graph.system.listener import Listener
from summit_graph.views.channel_groups import read_group_state
from summit_graph.views.channel_labels import read_label_state
from summit_graph.views.classes import list_classes
from summit_graph.views.graph_sets import read_graph_set
from summit_graph.views.motifs import read_motifs
from summit_graph.workflows.bulk_load import load_bulk
from summit_graph.workflows.channel_groups import group_channels
from summit_graph.workflows.embed import embed_network
from summit_graph.workflows.label import labelling_of
from summit_graph.workflows.load import NetworkLoader

NETWORK = "atlas"


def atlas_counts() -> Path:
    """The atlas's count folder."""
    return package_folder("atlas") / "counts"


def atlas_labels() -> Path:
    """The labels of its channels."""
    return package_folder("atlas") / "labels.parquet"


def prepare_atlas(settings: DatabaseSettings, listener: Listener, say: Callable[[str], None]) -> None:
    """Load, embed and mine the atlas in the database of the settings; skip what is done.

    Args:
        listener: called for each step and each of its classes.
        say: called with messages while the local server starts.

    Raises:
        CountFilesError: the atlas is damaged or missing.
        SummitGraphError: another network is called ``atlas``.
    """
    counts = CountFolder(atlas_counts())
    counts.verify_hashes()
    listener.on_stage("opening the database", 0)
    compiling = Thread(target=compile_umap, daemon=True)
    if settings.uri is None and _store_is_empty(settings, listener, say):
        compiling.start()
        load_bulk(counts, network=NETWORK, discard=False, listener=listener)
        compiling.join()
        listener.on_stage("opening the database", 0)
    with open_database(find_address(settings, on_message=say, on_download=listener.on_download)) as database:
        changed = _load_missing(database, counts, listener, say)
        _write_missing_labels(database)
        if changed or not _is_embedded(database):
            listener.on_stage("embedding the classes", 0)
            embed_network(database, NETWORK)
        _group_missing(database, listener, say)
        mine_missing(database, NETWORK, listener, all_shapes=changed)


def _store_is_empty(settings: DatabaseSettings, listener: Listener, say: Callable[[str], None]) -> bool:
    """Whether the local server has no network; a server that was never started has none."""
    if not LocalServer.of_home().files.system_store.exists():
        return True
    with open_database(find_address(settings, on_message=say, on_download=listener.on_download)) as database:
        return not list_networks(database)


def _load_missing(
    database: Database, counts: CountFolder, listener: Listener, say: Callable[[str], None]
) -> bool:
    """Load the classes that the network lacks; returns whether there were any."""
    networks = {network.name: network for network in list_networks(database)}
    if NETWORK in networks and not networks[NETWORK].fits(counts.manifest):
        raise SummitGraphError(
            f"another network is called {NETWORK}, like the bundled one: export and remove it first "
            f"(summit-graph export DIR --network {NETWORK}; summit-graph rm --network {NETWORK})"
        )
    stored = {one.summary.name for one in list_classes(database, NETWORK)}
    missing = [name for name in counts.summaries if name not in stored]
    if not missing:
        return False
    engine = choose_engine(database, say=say)
    loader = NetworkLoader(database, counts.manifest, NETWORK, engine=engine)
    listener.on_stage("loading and ranking", len(missing))
    for name in missing:
        loader.load_class(counts.read_class(name))
        listener.on_class(name)
    return True


def _write_missing_labels(database: Database) -> None:
    """Store the atlas's labels, unless the network has labels of its present classes."""
    state = read_label_state(database, NETWORK)
    if state is None or not state.current:
        found = read_label_file(atlas_labels())
        classes = list_classes(database, NETWORK)
        write_labels(database, NETWORK, found.labels, labelling_of(classes, *found.sources))


def _is_embedded(database: Database) -> bool:
    return bool(database.read("view/network_state", network=NETWORK)[0]["positions"])


def _group_missing(database: Database, listener: Listener, say: Callable[[str], None]) -> None:
    """Find the groups of channels, unless the network has groups of its present classes."""
    state = read_group_state(database, NETWORK)
    if state is None or not state.current:
        listener.on_stage("grouping channels", 0)
        group_channels(database, find_network(database, NETWORK), say=say)


def mine_missing(database: Database, network: str, listener: Listener, *, all_shapes: bool) -> None:
    """Mine the shapes without stored motifs, or all shapes."""
    kept = {motif.shape for motif in read_motifs(database, network, limit=MOTIFS * len(SHAPES))}
    missing = [shape for shape in SHAPES if all_shapes or shape not in kept]
    if not missing:
        return
    listener.on_stage("mining motifs, shape by shape", len(missing))
    graphs = read_graph_set(database, network)
    for shape in missing:
        motifs = mine_motifs(graphs, shape=shape).select(limit=MOTIFS)
        write_motifs(database, network, motifs, shape=shape, size=SHAPES[shape])
        listener.on_class(shape)
