"""A real server without GDS: ranking is computed in this process; what needs GDS reports this."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from neo4j import GraphDatabase

from summit_graph.cli import main
from summit_graph.counts.writer import write_count_folder
from summit_graph.errors import DatabaseError
from summit_graph.ranking.engine import choose_engine
from summit_graph.store.connection import Database
from summit_graph.store.server.files import read_password
from summit_graph.store.server.local import USERNAME, Endpoint
from tests.conftest import use_database
from tests.count_tables import manifest, random_class
from tests.graph.own_server import configured_server

pytestmark = pytest.mark.slow


@pytest.fixture
def without_gds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """A server that a setting of Neo4j prevents from loading GDS; it is the commands' database."""
    server = configured_server(tmp_path, "dbms.security.procedures.allowlist=db.*,dbms.*", monkeypatch)
    try:
        with suppress(DatabaseError):  # the local database is ready when GDS answers
            server.start()
        uri = server.status().uri
        assert uri is not None
        endpoint = Endpoint(uri, USERNAME, read_password(server.files))
        use_database(monkeypatch, endpoint)
        yield endpoint
    finally:
        server.stop()


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, " ".join(err.split())


def test_only_commands_that_need_gds_fail(
    without_gds: Endpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``load`` and ``rank`` say where they rank; ``--ranking gds`` exits with 4 before it writes; ``doctor``
    gives advice; ``import`` and ``graph`` work.
    """
    write_count_folder(tmp_path / "counts", manifest(), [random_class("bear", 1), random_class("lion", 2)])
    code, _, err = run(capsys, "load", tmp_path / "counts", "--ranking", "gds")
    assert code == 4
    assert "no Graph Data Science" in err
    assert json.loads(run(capsys, "query", "networks", "--json")[1])["rows"] == []
    code, _, err = run(capsys, "load", tmp_path / "counts", "--network", "shapes")
    assert code == 0
    assert err.count("PageRank is computed here") == 1
    loaded = json.loads(run(capsys, "graph", "bear", "--network", "shapes")[1])
    assert loaded["nodes"]
    code, _, err = run(capsys, "rank", "--network", "shapes", "--ranking", "local")
    assert code == 0
    assert "GDS" not in err
    assert json.loads(run(capsys, "graph", "bear", "--network", "shapes")[1]) == loaded
    code, _, err = run(capsys, "motifs", "--shape", "channel", "--community", "bear", "--network", "shapes")
    assert code == 4
    assert "no Graph Data Science" in err
    code, out, err = run(capsys, "groups", "--network", "shapes", "--json")
    assert (code, json.loads(out)["method"]) == (0, "louvain")
    assert err.count("groups are found here") == 1
    checks = {check["name"]: check["state"] for check in json.loads(run(capsys, "doctor", "--json")[1])}
    assert checks["GDS"] == "note"
    (tmp_path / "ag").mkdir()
    (tmp_path / "ag" / "ag-294.json").write_text(json.dumps(_published()))
    assert run(capsys, "import", tmp_path, "--network", "published")[0] == 0
    code, out, _ = run(capsys, "graph", "brown bear", "--network", "published")
    assert code == 0
    assert [node["channel"] for node in json.loads(out)["nodes"]] == [3, 5]


def _published() -> dict[str, list[dict]]:
    lower = {"channel": 3, "count": 9, "layer": "mixed5a", "pagerank": 0.4}
    upper = {"channel": 5, "count": 8, "layer": "mixed5b", "pagerank": 0.6}
    return {
        "mixed5b": [upper | {"prev_channels": [{"prev_channel": 3, "inf": 7}], "attr_channels": []}],
        "mixed5a": [lower | {"prev_channels": [], "attr_channels": []}],
    }


def test_an_old_gds_is_not_used() -> None:
    """It lacks biased source nodes: PageRank is computed here, or refused where GDS was asked for."""
    said: list[str] = []
    with GraphDatabase.driver("bolt://127.0.0.1:9") as driver:  # never connected: the version is known
        database = Database(driver)
        database.gds = "2.13.9"
        assert choose_engine(database, say=said.append) == "local"
        assert "no Graph Data Science (GDS) 2.26 or newer" in said[0]
        with pytest.raises(DatabaseError, match=r"GDS 2\.13\.9 is too old: 2\.26 or newer is needed"):
            choose_engine(database, "gds")
