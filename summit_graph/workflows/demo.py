"""The bundled atlas: classes of ImageNet that this project counted, put into the database step by step.

``atlas/`` holds count files and channels' pictures, made by ``scripts/make_atlas.py``. A step that was done
before is left out, so a second run is quick and an interrupted one goes on:

1.  Load and rank: by the offline importer into a store that is empty, class by class into one that is not.
    UMAP compiles itself meanwhile.
2.  Lay the classes out.
3.  Mine motifs of every shape and keep them in the graph.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Thread

from summit_graph.analysis.embedding import compile_umap
from summit_graph.analysis.motifs import SHAPES, mine_motifs
from summit_graph.counts.folder import CountFolder
from summit_graph.errors import SummitGraphError
from summit_graph.settings import DatabaseSettings, package_folder
from summit_graph.store.connection import Database, find_address, open_database
from summit_graph.store.motifs import write_motifs
from summit_graph.store.networks import list_networks
from summit_graph.store.server.local import LocalServer
from summit_graph.views.classes import list_classes
from summit_graph.views.graph_sets import read_graph_set
from summit_graph.views.motifs import read_motifs
from summit_graph.workflows.bulk_load import Listener, load_bulk
from summit_graph.workflows.embed import embed_network
from summit_graph.workflows.load import NetworkLoader

NETWORK = "atlas"
#: Motifs kept of each shape: what a person would look through.
MOTIFS = 100


def atlas_counts() -> Path:
    """The atlas's count folder."""
    return package_folder("atlas") / "counts"


def prepare_atlas(settings: DatabaseSettings, listener: Listener, say: Callable[[str], None]) -> None:
    """Load, lay out and mine the atlas in the database that the settings name, as far as it is not yet.

    Args:
        listener: hears of each step, and of its classes.
        say: hears what takes its time when the local server starts.

    Raises:
        CountFilesError: the atlas is damaged or missing.
        SummitGraphError: another network is called ``atlas``.
    """
    counts = CountFolder(atlas_counts())
    counts.verify_hashes()
    listener.on_stage("opening the database", 0)
    compiling = Thread(target=compile_umap, daemon=True)
    if settings.uri is None and _store_is_empty(settings, say):
        compiling.start()
        load_bulk(counts, network=NETWORK, discard=False, listener=listener)
        compiling.join()
        listener.on_stage("opening the database", 0)
    with open_database(find_address(settings, on_message=say)) as database:
        changed = _load_missing(database, counts, listener)
        if changed or not _is_laid_out(database):
            listener.on_stage("laying the classes out", 0)
            embed_network(database, NETWORK)
        _mine_missing(database, listener, anew=changed)


def _store_is_empty(settings: DatabaseSettings, say: Callable[[str], None]) -> bool:
    """Whether the local server has no network: a store that was never started is not started to look."""
    if not LocalServer.of_home().files.system_store.exists():
        return True
    with open_database(find_address(settings, on_message=say)) as database:
        return not list_networks(database)


def _load_missing(database: Database, counts: CountFolder, listener: Listener) -> bool:
    """Load the classes that the network lacks, one by one; whether there were any."""
    networks = {network.name: network for network in list_networks(database)}
    if NETWORK in networks and not networks[NETWORK].fits(counts.manifest):
        raise SummitGraphError(
            f"another network is called {NETWORK}, the name of the bundled one: export and remove it first "
            f"(summit-graph export DIR --network {NETWORK}; summit-graph rm --network {NETWORK})"
        )
    there = {stored.summary.name for stored in list_classes(database, NETWORK)}
    missing = [name for name in counts.summaries if name not in there]
    if not missing:
        return False
    loader = NetworkLoader(database, counts.manifest, NETWORK)
    listener.on_stage("loading and ranking", len(missing))
    for name in missing:
        loader.load_class(counts.read_class(name))
        listener.on_class(name)
    return True


def _is_laid_out(database: Database) -> bool:
    return bool(database.read("view/network_state", network=NETWORK)[0]["positions"])


def _mine_missing(database: Database, listener: Listener, *, anew: bool) -> None:
    """Mine the shapes of which no motif is kept, or all of them."""
    kept = {motif.shape for motif in read_motifs(database, NETWORK, limit=MOTIFS * len(SHAPES))}
    missing = [shape for shape in SHAPES if anew or shape not in kept]
    if not missing:
        return
    listener.on_stage("mining motifs, shape by shape", len(missing))
    graphs = read_graph_set(database, NETWORK)
    for shape in missing:
        motifs = mine_motifs(graphs, shape=shape).select(limit=MOTIFS)
        write_motifs(database, NETWORK, motifs, shape=shape, size=SHAPES[shape])
        listener.on_class(shape)
