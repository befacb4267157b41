"""``load --bulk`` into a separate local server: the same graph as online, or an unchanged old store."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from summit_graph.cli import main
from summit_graph.counts.folder import CountFolder
from summit_graph.counts.manifest import RELEVANCE_SCHEMA
from summit_graph.counts.writer import write_count_folder
from summit_graph.errors import CountFilesError, SummitGraphError
from summit_graph.ranking import pagerank
from summit_graph.settings import Home
from summit_graph.store.class_writer import pending_class
from summit_graph.store.connection import Address, Database, open_database
from summit_graph.store.networks import Network, name_network
from summit_graph.store.server import local
from summit_graph.store.server.local import LocalServer, ServerStatus
from summit_graph.store.server.written_classes import WrittenClasses
from summit_graph.system.listener import SILENT, Listener
from summit_graph.views.classes import list_classes
from summit_graph.workflows import bulk_load as bulk
from summit_graph.workflows.bulk_csv import ImportFiles, write_import_files
from summit_graph.workflows.bulk_load import load_bulk
from tests.count_tables import class_tables, manifest, random_class, table_of
from tests.graph.test_loading import load, whole_graph

#: One of them with summed relevance.
CLASSES = [
    replace(
        random_class("bear", 1),
        relevance=table_of([("mixed3a", 0, -0.5), ("mixed3a", 1, 1.25)], RELEVANCE_SCHEMA),
    ),
    random_class("lion, or so", 2),
]


@pytest.fixture
def counts(tmp_path: Path) -> CountFolder:
    write_count_folder(tmp_path / "counts", manifest(), CLASSES)
    return CountFolder(tmp_path / "counts")


@contextmanager
def local_database() -> Iterator[Database]:
    endpoint = local.start()
    with open_database(Address.of(endpoint)) as database:
        yield database


#: Names with characters that have a meaning in the importer's CSV.
AWKWARD = ["a,b", 'a "quoted" b', "a\\", "a\nb", "a\r\nb", "a\tb", " a ", "a;b", "'", "a\u2028b"]


def rounded(rows: list[tuple]) -> list[tuple]:
    """Scores to nine digits: GDS adds in an undefined order."""
    return [tuple(float(f"{x:.9g}") if isinstance(x, float) else x for x in row) for row in rows]


def test_one_store_is_built_at_a_time(counts: CountFolder, own_home: Path) -> None:
    """A second load would delete the folder of the first."""

    def load_again(stage: str, total: int) -> None:
        load_bulk(counts, network="shapes", discard=True, listener=SILENT)

    with pytest.raises(SummitGraphError, match="another process is building a store"):
        load_bulk(counts, network="shapes", discard=True, listener=Listener(on_stage=load_again))
    assert not list(Home().home.glob("neo4j*/"))


def test_only_matching_network_is_the_default(counts: CountFolder) -> None:
    """Without a name, the network with the same weights and parameters, as with ``load``."""
    fitting = Network(
        "birds",
        "tiny",
        counts.manifest.weights_sha256,
        "x",
        counts.manifest.parameters,
        "",
        0,
        0,
        widths=counts.manifest.widths,
    )
    other = replace(fitting, name="other", weights_sha256="1" * 64)
    assert name_network([fitting, other], counts.manifest, None) == "birds"
    assert name_network([other], counts.manifest, None) == "tiny-shapes"
    with pytest.raises(SummitGraphError, match="other weights"):
        name_network([fitting, other], counts.manifest, "other")


def test_small_disk_is_reported_first(
    counts: CountFolder, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a server starts or data is written (late failures are checked first)."""
    monkeypatch.setattr(bulk, "STORE_BYTES", 10**18)
    with pytest.raises(SummitGraphError, match=r"needs some .* GB on the disk of .*SUMMIT_GRAPH_HOME"):
        load_bulk(counts, network="shapes", discard=False, listener=SILENT)
    assert [path.name for path in own_home.iterdir()] == ["neo4j.building.lock"]


def test_class_without_activations_is_reported_before_the_import(tmp_path: Path, own_home: Path) -> None:
    """It cannot be ranked, which would fail after hours (late failures are checked first)."""
    write_count_folder(tmp_path / "counts", manifest(), [class_tables("dead", [])])
    with pytest.raises(CountFilesError, match="class 'dead' has no activation"):
        load_bulk(CountFolder(tmp_path / "counts"), network="shapes", discard=False, listener=SILENT)
    assert not [path for path in own_home.iterdir() if path.is_dir()]


@pytest.mark.slow
def test_names_and_folders_may_contain_syntax_of_the_importer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comma in the home, a line break in a class's name (kind: text in another program's syntax)."""
    monkeypatch.setenv("SUMMIT_GRAPH_JARS", str(Home().jars))
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path / "a, b" / "c.*d"))
    classes = [random_class(name, seed) for seed, name in enumerate(sorted(AWKWARD))]
    write_count_folder(tmp_path / "counts", manifest(), classes)
    try:
        load_bulk(CountFolder(tmp_path / "counts"), network="shapes", discard=False, listener=SILENT)
        with local_database() as database:
            stored = [(one.summary.name, one.summary.title) for one in list_classes(database, "shapes")]
    finally:
        local.stop()
    assert sorted(stored) == [(name, name) for name in sorted(AWKWARD)]


@pytest.mark.slow
def test_a_bulk_load_equals_an_online_one(
    counts: CountFolder, own_home: Path, fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All nodes and relationships are equal; with other networks or a failed import the old store is kept."""
    load(fresh_database, *CLASSES)
    load_bulk(counts, network="shapes", discard=False, listener=SILENT)
    built = local.status()
    assert built.running  # there is no second start
    _the_classes_are_recorded_as_written()
    with local_database() as database:
        assert local.status() == built
        online, offline = whole_graph(fresh_database), whole_graph(database)
        assert {kind: rounded(rows) for kind, rows in offline.items()} == {
            kind: rounded(rows) for kind, rows in online.items()
        }
        assert [one.summary for one in list_classes(database, "shapes")] == [one.summary for one in CLASSES]
        load(database, CLASSES[0])  # the counter continues: a new id
        assert sorted(one.id for one in list_classes(database, "shapes")) == [2, 3]
    _another_load_ranks_here_and_answers_at_the_same_address(counts, built, online, monkeypatch)
    _other_networks_are_not_discarded_unasked(counts)
    _what_is_written_meanwhile_is_not_lost(counts)
    _what_is_written_at_the_last_moment_is_not_lost(counts, monkeypatch)
    _a_class_being_written_is_not_lost(counts)
    _a_bad_import_leaves_the_old_store(counts, monkeypatch)


def _the_classes_are_recorded_as_written() -> None:
    """As those that are loaded online: their loss would be named. Kind: a second way to write."""
    record = WrittenClasses(LocalServer.of_home().files.written_classes)
    assert record.missing({}) == ["shapes/bear", "shapes/lion, or so"]


def _another_load_ranks_here_and_answers_at_the_same_address(
    counts: CountFolder, former: ServerStatus, online: dict[str, list[tuple]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With ``--ranking local``, GDS is not opened, although the server has it; the scores agree to 1e-4."""
    with monkeypatch.context() as patched:
        patched.setattr(pagerank, "open_gds", lambda database: pytest.fail("GDS is opened"))
        with pytest.raises(SystemExit) as ended:
            main(["load", str(counts.path), "--bulk", "--network", "shapes", "--ranking", "local"])
    assert not ended.value.code
    with local_database() as database:
        assert sorted(one.id for one in list_classes(database, "shapes")) == [1, 2]
        assert local.status().uri == former.uri
        ranked = whole_graph(database)
    assert ranked == {kind: [about(row) for row in rows] for kind, rows in online.items()}


def about(row: tuple) -> tuple:
    """The row, with any scores equal to its own to a relative 1e-4."""
    return tuple(pytest.approx(x, rel=1e-4) if isinstance(x, float) else x for x in row)


def _other_networks_are_not_discarded_unasked(counts: CountFolder) -> None:
    with pytest.raises(SummitGraphError, match=r"other networks \(shapes\).*--discard"):
        load_bulk(counts, network="another", discard=False, listener=SILENT)


def _what_is_written_meanwhile_is_not_lost(counts: CountFolder) -> None:
    def write(stage: str, total: int) -> None:
        if stage == "importing":
            with local_database() as database:
                load(database, CLASSES[1])

    with pytest.raises(SummitGraphError, match="written to while the new store was built"):
        load_bulk(counts, network=None, discard=False, listener=Listener(on_stage=write))
    with local_database() as database:
        assert sorted(one.id for one in list_classes(database, "shapes")) == [1, 3]


def _what_is_written_at_the_last_moment_is_not_lost(
    counts: CountFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kind: a check that is followed by a change. After the check, and before the old server is stopped."""
    stopped = LocalServer.stopped

    def write_first(server: LocalServer) -> AbstractContextManager[None]:
        if server.home:
            with local_database() as database:
                load(database, CLASSES[1])
        return stopped(server)

    with monkeypatch.context() as patched:
        patched.setattr(LocalServer, "stopped", write_first)
        with pytest.raises(SummitGraphError, match="written to while the new store was built"):
            load_bulk(counts, network=None, discard=False, listener=SILENT)
    with local_database() as database:
        assert sorted(one.id for one in list_classes(database, "shapes")) == [1, 4]


def _a_class_being_written_is_not_lost(counts: CountFolder) -> None:
    """Another command counts or loads it for minutes and then believes it is in the graph."""
    with local_database() as database, ExitStack() as writing:
        pending = []

        def write(stage: str, total: int) -> None:
            if stage == "importing":
                pending.append(writing.enter_context(pending_class(database, "shapes", CLASSES[0].summary)))

        with pytest.raises(SummitGraphError, match="written to while the new store was built"):
            load_bulk(counts, network=None, discard=False, listener=Listener(write, lambda name: None))
        with pytest.raises(SummitGraphError, match=r"another process is writing .*\(shapes/bear\)"):
            load_bulk(counts, network=None, discard=False, listener=SILENT)
        database.write("load/retire_pending_class", **{"class": pending[0]})


def _a_bad_import_leaves_the_old_store(counts: CountFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def miscounted(*arguments: Any, **options: Any) -> ImportFiles:
        written = write_import_files(*arguments, **options)
        written.influences["bear"] += 1
        return written

    monkeypatch.setattr(bulk, "write_import_files", miscounted)
    with pytest.raises(CountFilesError, match="bear"):
        load_bulk(counts, network="shapes", discard=False, listener=SILENT)
    with local_database() as database:
        assert len(list_classes(database, "shapes")) == 2
    assert [path for path in Home().home.iterdir() if path.is_dir()] == [LocalServer.of_home().files.folder]


def test_for_a_server_elsewhere_the_command_is_printed(
    counts: CountFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command names the written files and the database of the settings."""
    monkeypatch.setenv("NEO4J_URI", "bolt://elsewhere:7687")
    monkeypatch.setenv("NEO4J_DATABASE", "summit")
    with pytest.raises(SystemExit) as ended:
        main(["load", str(counts.path), "--bulk", "--files", str(tmp_path / "input, too")])
    assert not ended.value.code
    change, folder, then, *words = shlex.split(capsys.readouterr().out)
    assert (change, folder, then) == ("cd", str(tmp_path / "input, too"), "&&")
    assert words[:6] == ["neo4j-admin", "database", "import", "full", "summit", "--overwrite-destination"]
    assert not any("," in word for word in words)  # the importer would read it as the end of a path
    files = [Path(folder, word.rpartition("=")[2]) for word in words if word.endswith(".csv")]
    assert len(files) == 12
    assert all(file.is_file() for file in files)
    lines = (tmp_path / "input, too" / "INFLUENCES.csv").read_text().splitlines()
    tables = [counts.read_class(name).influences for name in counts.summaries]
    assert len(lines) == 1 + sum(len(table) for table in tables if table is not None)
