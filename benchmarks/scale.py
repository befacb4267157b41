"""Cost of loading, ranking and queries by number of classes: ``make bench-scale CLASSES=100``.

A synthetic network with the shape of a real one is loaded into its own database (in a temporary home) by the
offline importer, and ranked. With the server warm, classes are ranked again: several at a time, one at a
time, and with networkx on data fetched over Bolt. Then all named queries are run, and more classes are loaded
online.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psutil

from benchmarks.synthetic import write_synthetic_counts
from summit_graph.counts.folder import CountFolder
from summit_graph.errors import SummitGraphError
from summit_graph.ranking.pagerank import Ranker, rank_network
from summit_graph.settings import Home
from summit_graph.store.connection import Address, Database, open_database
from summit_graph.store.networks import find_network
from summit_graph.store.queries import Query, list_queries
from summit_graph.store.server.local import LocalServer
from summit_graph.system.listener import Listener
from summit_graph.views.classes import list_classes
from summit_graph.views.questions import run_question
from summit_graph.workflows.bulk_load import load_bulk
from summit_graph.workflows.load import NetworkLoader

RANKED, ALONE, COMPARED = 8, 4, 2
MORE = 5000  # number of the first class that is loaded online
SLOW = 1.0  # maximum seconds of a query


class Cost(NamedTuple):
    """Cost of some work: wall-clock seconds, and CPU seconds of this process, the server and its tools.

    On a shared machine the CPU seconds are more reliable. On an idle one, work that uses two processors needs
    half as many wall-clock seconds.
    """

    seconds: float
    processor: float

    @classmethod
    def now(cls) -> Cost:
        me = psutil.Process()
        total = sum(me.cpu_times()[:4])
        for child in me.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                total += sum(child.cpu_times()[:4])
        return cls(time.monotonic(), total)

    def until_now(self) -> Cost:
        """The cost since this reading."""
        now = Cost.now()
        return Cost(now.seconds - self.seconds, now.processor - self.processor)

    def over(self, parts: int) -> str:
        """The cost per part, as text."""
        return f"{self.seconds / parts:.2f} s (processors {self.processor / parts:.2f} s)"


@dataclass
class Stages:
    """The cost of each stage of a bulk load, from the listener's calls."""

    costs: dict[str, Cost] = field(default_factory=dict)
    current: str = ""
    since: Cost = field(default_factory=Cost.now)

    def begin(self, stage: str, total: int = 0) -> None:
        if self.current:
            self.costs[self.current] = self.since.until_now()
        self.current, self.since = stage, Cost.now()


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


def measured(work: Callable[[], object]) -> Cost:
    """The cost of some work."""
    start = Cost.now()
    work()
    return start.until_now()


def added(costs: Iterable[Cost]) -> Cost:
    """The sum of several costs."""
    return Cost(*map(sum, zip(*costs, strict=True)))


def bench_bulk(counts: CountFolder) -> Stages:
    """Load the folder with the offline importer."""
    stages = Stages()
    load_bulk(
        counts,
        network="synthetic",
        discard=False,
        listener=Listener(on_stage=stages.begin),
    )
    stages.begin("done")
    return stages


def bench_online(database: Database, extra: CountFolder) -> tuple[int, Cost]:
    """Influences and cost of loading more classes online, after one to warm up, without ranking."""
    from summit_graph.store.class_writer import pending_class, publish_class, write_counts

    loader = NetworkLoader(database, extra.manifest, "synthetic")
    names = list(extra.summaries)
    loader.load_class(extra.read_class(names[0]))
    written, costs = 0, []
    for name in names[1:]:
        tables = extra.read_class(name)
        assert tables.influences is not None
        with pending_class(database, "synthetic", tables.summary) as class_id:
            start = Cost.now()
            write_counts(database, loader.ranker.channels, class_id, tables)
            costs.append(start.until_now())
            written += len(tables.influences)
            publish_class(database, loader.network, class_id, name)
    return written, added(costs)


def bench_rank(database: Database, counts: CountFolder) -> dict[str, tuple[Cost, int]]:
    """Cost and number of classes ranked: several at a time, one at a time, over Bolt with networkx."""
    classes = list_classes(database, "synthetic")[:RANKED]
    parameters, network = counts.manifest.parameters, find_network(database, "synthetic")
    rank_network(database, network, parameters, classes=classes)  # warms up the new server
    parallel = measured(lambda: rank_network(database, network, parameters, classes=classes))
    ranker = Ranker(database, network, parameters)
    alone = [measured(lambda one=one: ranker.rank_class(one.id, one.summary.name)) for one in classes[:ALONE]]
    bolt = [measured(lambda one=one: rank_with_networkx(database, one.id)) for one in classes[:COMPARED]]
    return {
        "rank, warm, several at a time": (parallel, len(classes)),
        "rank, warm, one at a time": (added(alone), len(alone)),
        "Bolt and networkx": (added(bolt), len(bolt)),
    }


def rank_with_networkx(database: Database, class_id: int) -> dict[tuple[str, int], float]:
    """Ranking without GDS."""
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
    """Seconds of the second run of each named query that this network can answer."""
    classes = [stored.summary.name for stored in list_classes(database, "synthetic")][:2]
    values = {"class": classes[0], "other": classes[-1], "name": classes[0], "classes": ",".join(classes)}
    values |= {"channel": _selected_channel(database, classes[0]), "layer": "mixed4c"}
    seconds = {}
    for query in list_queries():
        given = {p.name: values[p.name] for p in query.parameters if p.name in values}
        with suppress(SummitGraphError):  # needs motifs, embeddings or images, which do not exist here
            _ask(database, query, given)
            seconds[query.name] = measured(lambda q=query, g=given: _ask(database, q, g)).seconds
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
    parser.add_argument("--counts", type=Path, help="folder to store count folders between runs")
    options = parser.parse_args()
    with own_home() as home:
        kept = options.counts or home
        counts = synthetic_folder(kept / f"classes-{options.classes}", 0, options.classes)
        extra = synthetic_folder(kept / "more", MORE, MORE + 3)
        stages = bench_bulk(counts)
        store = _bytes_below(LocalServer.of_home().files.folder / "data" / "databases" / "neo4j")
        endpoint = LocalServer.of_home().start()
        with open_database(Address.of(endpoint)) as database:
            show_run(database, counts, extra, stages)
        show("store on disk", f"{store / 1e6:,.0f} MB, {store / options.classes / 1e6:.1f} MB a class")
        show("server's memory", f"{_server_memory() / 1e6:,.0f} MB")


def synthetic_folder(folder: Path, first: int, end: int) -> CountFolder:
    """The count folder of these classes; written if it is missing."""
    if not (folder / "manifest.json").exists():
        write_synthetic_counts(folder, end, first=first)
    return CountFolder(folder)


def show_run(database: Database, counts: CountFolder, extra: CountFolder, stages: Stages) -> None:
    """All measurements on the loaded network."""
    classes = len(counts.summaries)
    total = database.driver.execute_query("MATCH ()-[r:INFLUENCES]->() RETURN count(r)").records[0][0]
    print(f"classes {classes}, influences {total:,} ({total / classes:,.0f} a class)")
    show_stages(stages, total)
    show("rank all, a class", stages.costs["ranking"].over(classes))
    show_rates(bench_rank(database, counts))
    show_questions(bench_questions(database))
    written, cost = bench_online(database, extra)
    show("online load of more classes", f"{written / cost.seconds:,.0f} influences/s")
    show("  processors", f"{cost.processor / written * 1e6:.1f} µs an influence")


def show(what: str, figures: str) -> None:
    """One line of the table."""
    print(f"{what:<32}{figures}", flush=True)


def show_stages(stages: Stages, total: int) -> None:
    """The stages of the bulk load."""
    for stage, cost in stages.costs.items():
        show(f"  {stage}", cost.over(1))
    loading = added(cost for stage, cost in stages.costs.items() if stage != "ranking")
    show("bulk load without ranking", f"{loading.over(1)}, {total / loading.seconds:,.0f} influences/s")


def show_rates(ranked: dict[str, tuple[Cost, int]]) -> None:
    """Ranking with and without GDS, and the ratio."""
    for how, (cost, classes) in ranked.items():
        show(f"{how}, a class", cost.over(classes))
    several, _, bolt = (cost.seconds / classes for cost, classes in ranked.values())
    show("  ratio", f"{bolt / several:.1f}")


def show_questions(seconds: dict[str, float]) -> None:
    """Times of the queries, and the names of the slow ones."""
    slow = {name: round(taken, 2) for name, taken in seconds.items() if taken > SLOW}
    middle = median(seconds.values()) * 1000
    show("queries", f"{len(seconds)}, median {middle:.0f} ms, slowest {max(seconds.values()):.2f} s")
    show(f"  over {SLOW:.0f} s", str(slow or "none"))


def _server_memory() -> int:
    process = LocalServer.of_home().process()
    return process.memory_info().rss if process else 0


if __name__ == "__main__":
    main()
