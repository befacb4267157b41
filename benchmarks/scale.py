"""How loading, ranking and asking grow with the number of classes: ``make bench-scale CLASSES=100``.

In a database of its own (a temporary home) a synthetic network with the real one's shape is loaded by the
offline importer and ranked. Then, with the server warm, classes are ranked again, several and one at a time
and by fetching them over Bolt into networkx, every named query is asked, and classes more are loaded online.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.synthetic import write_synthetic_counts
from summit_graph.bulk import Listener, load_bulk
from summit_graph.counts import CountFolder
from summit_graph.errors import SummitGraphError
from summit_graph.loading import NetworkLoader
from summit_graph.queries import Query, list_queries
from summit_graph.ranking import Ranker, rank_network
from summit_graph.settings import Home
from summit_graph.store.connection import Address, Database, open_database
from summit_graph.store.local import LocalServer
from summit_graph.views.classes import list_classes
from summit_graph.views.questions import run_question

RANKED, ALONE, COMPARED = 8, 4, 2
MORE = 5000  # number of the first class that is loaded online
SLOW = 1.0  # seconds a question may take


@dataclass
class Stages:
    """Seconds of each stage of a bulk load, by what the listener hears."""

    seconds: dict[str, float] = field(default_factory=dict)
    current: str = ""
    since: float = 0.0

    def begin(self, stage: str, total: int = 0) -> None:
        now = time.monotonic()
        if self.current:
            self.seconds[self.current] = now - self.since
        self.current, self.since = stage, now


@contextmanager
def own_home() -> Iterator[Path]:
    """A temporary home whose server is stopped and whose store is deleted at the end."""
    jars = str(Home().jars)
    folder = Path(tempfile.mkdtemp(prefix="summit-graph-bench-", dir=os.environ.get("BENCH_DIR")))
    os.environ |= {"SUMMIT_GRAPH_HOME": str(folder), "SUMMIT_GRAPH_JARS": jars}
    try:
        yield folder
    finally:
        LocalServer.of_home().stop()
        shutil.rmtree(folder, ignore_errors=True)


def measured(work: Callable[[], object]) -> float:
    """Seconds that a piece of work takes."""
    start = time.monotonic()
    work()
    return time.monotonic() - start


def bench_bulk(counts: CountFolder) -> Stages:
    """Load the whole folder by the offline importer."""
    stages = Stages()
    load_bulk(
        counts,
        network="synthetic",
        discard=False,
        listener=Listener(on_stage=stages.begin, on_class=lambda name: None),
    )
    stages.begin("done")
    return stages


def bench_online(database: Database, extra: CountFolder) -> tuple[int, float]:
    """Influences and seconds of writing classes more, after one to warm up; ranking is not timed here."""
    from summit_graph.store.load import pending_class, publish_class, write_counts

    loader = NetworkLoader(database, extra.manifest, "synthetic")
    names = list(extra.summaries)
    loader.load_class(extra.read_class(names[0]))
    written, seconds = 0, 0.0
    for name in names[1:]:
        tables = extra.read_class(name)
        assert tables.influences is not None
        with pending_class(database, "synthetic", tables.summary) as class_id:
            start = time.monotonic()
            write_counts(database, loader.ranker.channels, class_id, tables)
            seconds += time.monotonic() - start
            written += len(tables.influences)
            publish_class(database, "synthetic", class_id, name)
    return written, seconds


def bench_rank(database: Database, counts: CountFolder) -> tuple[float, float, float]:
    """Seconds a class: several at a time, one at a time, and over Bolt with networkx."""
    classes = list_classes(database, "synthetic")[:RANKED]
    parameters = counts.manifest.parameters
    parallel = measured(lambda: rank_network(database, "synthetic", parameters, classes=classes))
    ranker = Ranker(database, "synthetic", parameters)
    alone = [measured(lambda one=one: ranker.rank_class(one.id, one.summary.name)) for one in classes[:ALONE]]  # type: ignore[misc]
    bolt = [measured(lambda one=one: rank_with_networkx(database, one.id)) for one in classes[:COMPARED]]  # type: ignore[misc]
    return parallel / len(classes), median(alone), median(bolt)


def rank_with_networkx(database: Database, class_id: int) -> dict[tuple[str, int], float]:
    """What ranking would be without GDS."""
    import networkx

    graph = networkx.Graph()
    for row in database.read("view/class_influences", **{"class": class_id}):
        upper, lower = (row["layer"], row["channel"]), (row["previous_layer"], row["previous"])
        graph.add_edge(upper, lower, count=row["count"])
    rows = database.read("view/class_activations", **{"class": class_id})
    sources = {(row["layer"], row["channel"]): row["count"] for row in rows}
    graph.add_nodes_from(sources)
    return networkx.pagerank(graph, alpha=0.85, personalization=sources, weight="count", tol=1e-9)


def bench_questions(database: Database) -> dict[str, float]:
    """Seconds of every named query that this network can answer, asked the second time."""
    classes = [stored.summary.name for stored in list_classes(database, "synthetic")][:2]
    values = {"class": classes[0], "other": classes[-1], "name": classes[0], "classes": ",".join(classes)}
    values |= {"channel": _selected_channel(database, classes[0]), "layer": "mixed4c"}
    seconds = {}
    for query in list_queries():
        given = {p.name: values[p.name] for p in query.parameters if p.name in values}
        with suppress(SummitGraphError):  # needs motifs, embeddings or images that this network has not
            _ask(database, query, given)
            seconds[query.name] = measured(lambda q=query, g=given: _ask(database, q, g))  # type: ignore[misc]
    return seconds


def _ask(database: Database, query: Query, given: dict[str, str]) -> None:
    run_question(database, query, given, network="synthetic")


def _selected_channel(database: Database, name: str) -> str:
    rows = run_question(
        database, _query("graph_channels"), {"class": name, "limit": "500"}, network="synthetic"
    )[1]
    return next(row[0] for row in rows if row[0].startswith("mixed4c"))


def _query(name: str) -> Query:
    return next(query for query in list_queries() if query.name == name)


def _bytes_below(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


def main() -> None:
    """Print one table for one number of classes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--counts", type=Path, help="where count folders are kept between runs")
    options = parser.parse_args()
    with own_home() as home:
        kept = options.counts or home
        counts = synthetic_folder(kept / f"classes-{options.classes}", 0, options.classes)
        extra = synthetic_folder(kept / "more", MORE, MORE + 3)
        stages = bench_bulk(counts)
        store = _bytes_below(Home().neo4j / "data" / "databases" / "neo4j")
        endpoint = LocalServer.of_home().start()
        with open_database(Address(endpoint.uri, endpoint.username, endpoint.password)) as database:
            show_run(database, counts, extra, stages)
        show("store on disk", f"{store / 1e6:,.0f} MB, {store / options.classes / 1e6:.1f} MB a class")
        show("server's memory", f"{_server_memory() / 1e6:,.0f} MB")


def synthetic_folder(folder: Path, first: int, end: int) -> CountFolder:
    """The count folder of these classes, made where it is missing."""
    if not (folder / "manifest.json").exists():
        write_synthetic_counts(folder, end, first=first)
    return CountFolder(folder)


def show_run(database: Database, counts: CountFolder, extra: CountFolder, stages: Stages) -> None:
    """Everything measured on the loaded network."""
    classes = len(counts.summaries)
    total = database.driver.execute_query("MATCH ()-[r:INFLUENCES]->() RETURN count(r)").records[0][0]
    print(f"classes {classes}, influences {total:,} ({total / classes:,.0f} a class)")
    show_stages(stages, total)
    show("rank all, at first", f"{stages.seconds['ranking'] / classes:.2f} s a class")
    show_rates(*bench_rank(database, counts))
    show_questions(bench_questions(database))
    written, seconds = bench_online(database, extra)
    show("online load of classes more", f"{written / seconds:,.0f} influences/s")


def show(what: str, figures: str) -> None:
    """One line of the table."""
    print(f"{what:<32}{figures}", flush=True)


def show_stages(stages: Stages, total: int) -> None:
    """The bulk load, stage by stage."""
    loading = sum(taken for stage, taken in stages.seconds.items() if stage != "ranking")
    for stage, taken in stages.seconds.items():
        show(f"  {stage}", f"{taken:.1f} s")
    show("bulk load without ranking", f"{loading:.1f} s, {total / loading:,.0f} influences/s")


def show_rates(parallel: float, alone: float, bolt: float) -> None:
    """Ranking, and what it would be without GDS."""
    show("rank, warm, several at a time", f"{parallel:.2f} s a class")
    show("rank, warm, one at a time", f"{alone:.2f} s a class")
    show("Bolt and networkx", f"{bolt:.2f} s a class, ratio {bolt / parallel:.1f}")


def show_questions(seconds: dict[str, float]) -> None:
    """How long questions take, and those that take too long by name."""
    slow = {name: round(taken, 2) for name, taken in seconds.items() if taken > SLOW}
    middle = median(seconds.values()) * 1000
    show("questions", f"{len(seconds)}, median {middle:.0f} ms, slowest {max(seconds.values()):.2f} s")
    show(f"  over {SLOW:.0f} s", str(slow or "none"))


def _server_memory() -> int:
    process = LocalServer.of_home().process()
    return process.memory_info().rss if process else 0


if __name__ == "__main__":
    main()
