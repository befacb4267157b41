"""Fixtures for all tests: a separate environment, a database, and the real data if available."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from summit_graph.settings import Home
from summit_graph.store.connection import Address, Database, open_database
from summit_graph.store.server import local
from summit_graph.store.server.jars import NEO4J_VERSION
from summit_graph.store.server.local import Endpoint

TESTS = Path(__file__).parent
SHARED_DATA = TESTS.parent.parent / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by folder; skip tests of the real data if it is missing."""
    for item in items:
        for folder in ("graph", "browser"):
            if (TESTS / folder) in item.path.parents:
                item.add_marker(folder)
        if item.get_closest_marker("shared") and not SHARED_DATA.is_dir():
            item.add_marker(pytest.mark.skip(reason=f"{SHARED_DATA} does not exist"))


@pytest.fixture(scope="session", autouse=True)
def own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests use a temporary home and never the user's database; only the jars are shared."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUMMIT_GRAPH_JARS", str(Home().jars))
        patch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path_factory.mktemp("home")))
        for name in [name for name in os.environ if name.startswith("NEO4J_")]:
            patch.delenv(name)
        # Several servers with little data run at the same time.
        patch.setenv("SUMMIT_GRAPH_HEAP", os.environ.get("SUMMIT_GRAPH_HEAP", "1g"))
        patch.setenv("SUMMIT_GRAPH_PAGECACHE", os.environ.get("SUMMIT_GRAPH_PAGECACHE", "256m"))
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with the real weights and images; for tests marked ``shared``."""
    return SHARED_DATA


@pytest.fixture(scope="session")
def database(own_environment: None) -> Iterator[Endpoint]:
    """A Neo4j with GDS: SUMMIT_GRAPH_TEST_URI, otherwise a container or a local server in the tests' home."""
    if uri := os.environ.get("SUMMIT_GRAPH_TEST_URI"):
        username = os.environ.get("SUMMIT_GRAPH_TEST_USERNAME", "neo4j")
        yield Endpoint(uri, username, os.environ.get("SUMMIT_GRAPH_TEST_PASSWORD", ""))
    elif _docker_answers():
        yield from _container()
    else:
        yield local.start()
        local.stop()


@pytest.fixture
def fresh_database(database: Endpoint) -> Iterator[Database]:
    """The open database, emptied; the schema is kept."""
    with open_database(Address.of(database)) as opened:
        _empty(opened)
        yield opened


@pytest.fixture(scope="module")
def filled(database: Endpoint) -> Iterator[Database]:
    """The open database, emptied once per test file."""
    with open_database(Address.of(database)) as opened:
        _empty(opened)
        yield opened


def login_variables(endpoint: Endpoint) -> dict[str, str]:
    """Environment variables with which commands and the explorer use this database."""
    return {f"NEO4J_{name.upper()}": getattr(endpoint, name) for name in ("uri", "username", "password")}


def use_database(monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint) -> None:
    """Let commands and the explorer use this database."""
    for name, value in login_variables(endpoint).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary home without a server; the jars are shared."""
    monkeypatch.setenv("SUMMIT_GRAPH_JARS", str(Home().jars))
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path / "home"))
    yield tmp_path / "home"
    local.stop()


def _docker_answers() -> bool:
    import docker

    try:
        return bool(docker.from_env(timeout=5).ping())
    except (docker.errors.DockerException, OSError):
        return False


def _container() -> Iterator[Endpoint]:
    """A container with GDS, or the local server if the image is not available."""
    from testcontainers.neo4j import Neo4jContainer

    import docker

    container = Neo4jContainer(f"neo4j:{NEO4J_VERSION}", password="only-for-tests")
    container.with_env("NEO4J_PLUGINS", '["graph-data-science"]')
    container.with_env("NEO4J_dbms_security_procedures_unrestricted", "gds.*")
    try:
        container.start()
    except docker.errors.APIError as error:
        warnings.warn(f"no container ({error}): testing against the local server", stacklevel=2)
        yield local.start()
        local.stop()
        return
    try:
        yield Endpoint(container.get_connection_url(), container.username, container.password)
    finally:
        container.stop()


def _empty(database: Database) -> None:
    """Delete in batches: one transaction for all relationships would not fit in a small heap."""
    with database.driver.session() as session:
        session.run(
            "CALL gds.graph.list() YIELD graphName AS name "
            "CALL gds.graph.drop(name) YIELD graphName RETURN count(graphName)"
        ).consume()
        session.run("MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 20000 ROWS").consume()
        session.run("MATCH (n) CALL (n) { DELETE n } IN TRANSACTIONS OF 20000 ROWS").consume()
