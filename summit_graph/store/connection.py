"""The connection to Neo4j: its address, ``read`` and ``write``."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import neo4j
import neo4j.exceptions
from neo4j import Driver, GraphDatabase, ManagedTransaction, Record

from summit_graph.errors import (
    DatabaseError,
    TransactionTooLargeError,
    UnknownOutcomeError,
    UsageError,
    first_line,
)
from summit_graph.settings import DatabaseSettings
from summit_graph.store.driver_errors import why_unreachable
from summit_graph.store.queries import read_query
from summit_graph.store.server import local
from summit_graph.store.server.files import ServerFiles
from summit_graph.store.server.written_classes import WrittenClasses
from summit_graph.system.listener import OnBytes

if TYPE_CHECKING:
    from graphdatascience import GraphDataScience

Result = TypeVar("Result")

SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
#: The version of the graph's schema, in ``(:Counter {name: 'schema'})`` from 2 on.
SCHEMA = 1
#: Disk space that writing leaves free: three transaction logs of 64 MB, and the store's next pages.
RESERVE = 256 << 20
#: How long a transaction is repeated while the server is away.
RETRY_SECONDS = 60.0
#: How often a class is written again because a commit's outcome is unknown.
REPETITIONS = 2
#: The lowest GDS version that accepts biased source nodes for PageRank.
LOWEST_GDS = "2.26"


@dataclass(frozen=True, slots=True)
class Address:
    """Address and login of a database; ``database`` None means the server's default."""

    uri: str
    username: str
    password: str
    database: str | None = None

    @classmethod
    def of(cls, endpoint: local.Endpoint, database: str | None = None) -> Address:
        """The local server's address."""
        return cls(endpoint.uri, endpoint.username, endpoint.password, database)

    def direct(self, server: str) -> Address:
        """The address of one server of a cluster, given as host and port."""
        scheme = self.uri.partition("://")[0].replace("neo4j", "bolt")
        return replace(self, uri=f"{scheme}://{server}")


class Database:
    """An open database. Queries are named as in ``cypher/``: ``read("view/classes", network=…)``.

    Reads and writes are managed transactions: the driver repeats them when a cluster changes its leader or
    a deadlock is broken, and routes reads to followers.
    """

    def __init__(self, driver: Driver, name: str | None = None, *, address: Address | None = None) -> None:
        self.driver = driver
        self.is_open = True
        self.name = name
        self.identity = f"{address.uri if address else ''}/{name or ''}"
        self._address = address
        self._local_folder = local.folder_of(address.uri) if address else None
        folder = self._local_folder
        self.written_classes = WrittenClasses(ServerFiles(folder).written_classes) if folder else None
        self._direct: Driver | None = None
        self.gds: str | None = None  # the version of GDS, once it is known
        self._bookmarks = GraphDatabase.bookmark_manager()  # a cluster's followers wait for our writes

    @property
    def direct_driver(self) -> Driver:
        """A driver for a single server, the one that handles writes.

        GDS projections are in one server's memory, but cluster addresses (``neo4j://``) may route each query
        to another server.
        """
        if self._address is None or not self._address.uri.startswith("neo4j"):
            return self.driver
        if self._direct is None:
            self._direct = _driver(self._address.direct(self.transaction(_answering_server)))
        return self._direct

    def close(self) -> None:
        """Close the direct driver, if there is one."""
        self.is_open = False
        if self._direct is not None:
            self._direct.close()

    def session(self, **options: Any) -> neo4j.Session:
        """A session that sees this process's earlier writes."""
        return self.driver.session(database=self.name, bookmark_manager=self._bookmarks, **options)

    def read(self, query: str, **parameters: Any) -> list[Record]:
        """The rows of a reading query."""

        def read() -> list[Record]:
            with (
                self.session(default_access_mode=neo4j.READ_ACCESS) as session,
                _translate_unknown_outcomes(),
            ):
                return session.execute_read(run, query, **parameters)

        return repeated(read)

    def read_first(
        self, query: str, parameters: Mapping[str, Any], *, rows: int, seconds: float
    ) -> list[Record]:
        """The first rows of a reading query; the server stops after them or at the time limit.

        Raises:
            UsageError: it takes longer than ``seconds``.
        """

        @neo4j.unit_of_work(timeout=seconds)
        def fetch(transaction: ManagedTransaction) -> list[Record]:
            return list(transaction.run(_text(query), dict(parameters)).fetch(rows))

        with self.session(default_access_mode=neo4j.READ_ACCESS) as session, translate_timeout(seconds):
            return session.execute_read(fetch)

    def write(self, query: str, **parameters: Any) -> list[Record]:
        """The rows of a writing query, run in one transaction."""
        return self.transaction(lambda transaction: run(transaction, query, **parameters))

    def transaction(self, work: Callable[[ManagedTransaction], Result]) -> Result:
        """Run several queries atomically. ``work`` may be retried, so it must not keep state.

        Raises:
            TransactionTooLargeError: the server has too little memory.
            UnknownOutcomeError: the connection broke between the commit and its answer; see ``repeated``.
            DatabaseError: the disk of the local database is nearly full.
        """
        self.check_room()
        with self.session() as session, _translate_memory_errors(), _translate_unknown_outcomes():
            return session.execute_write(work)

    def check_room(self, needed: int = 0) -> None:
        """Check the disk before writing: a local database on a full disk stops, and may need recovery.

        Args:
            needed: bytes, in addition to the reserve for the transaction log.

        Raises:
            DatabaseError: the disk of the local database has less free space.
        """
        if self._local_folder is None:
            return
        free = shutil.disk_usage(self._local_folder).free
        if free < needed + RESERVE:
            raise DatabaseError(
                f"the local database needs {needed + RESERVE >> 20:,} MB on the disk of {self._local_folder} "
                f"for writing, where {free >> 20:,} are free: free some space, then try again"
            )

    def run_implicit(self, query: str, **parameters: Any) -> list[Record]:
        """Run a query outside of managed transactions, for schema changes, which wait for each other.

        As in managed transactions, it is repeated where the connection breaks: a schema change may be made
        twice.
        """
        give_up = time.monotonic() + RETRY_SECONDS
        while True:
            try:
                with self.session() as session:
                    return list(session.run(_text(query), **parameters))
            except (neo4j.exceptions.DriverError, neo4j.exceptions.Neo4jError) as error:
                if not error.is_retryable() or time.monotonic() > give_up:
                    raise
            time.sleep(1)


def run(transaction: ManagedTransaction, query: str, **parameters: Any) -> list[Record]:
    """The rows of a named query within a transaction.

    Raises:
        TransactionTooLargeError: too little memory on the server; raised without the driver's retries.
    """
    with _translate_memory_errors():
        return list(transaction.run(_text(query), **parameters))


@contextmanager
def translate_timeout(seconds: float) -> Iterator[None]:
    """Turn the server's timeout error into a ``UsageError``."""
    try:
        yield
    except neo4j.exceptions.Neo4jError as error:
        if "TimedOut" not in (error.code or "") and "timed out" not in (error.message or "").lower():
            raise
        raise timeout_error(seconds) from None


def timeout_error(seconds: float) -> UsageError:
    """The error for a query that takes longer than its limit."""
    return UsageError(f"the query took longer than {seconds:g} s and was ended: narrow it, or add LIMIT")


@contextmanager
def _translate_memory_errors() -> Iterator[None]:
    try:
        yield
    except neo4j.exceptions.TransientError as error:
        if not str(error.code).endswith("OutOfMemoryError"):
            raise
        raise TransactionTooLargeError(
            f"the server has too little memory for one transaction ({first_line(error.message)}): set "
            "SUMMIT_GRAPH_BATCH to fewer relationships than 20000, or give the server more heap"
        ) from error


@contextmanager
def _translate_unknown_outcomes() -> Iterator[None]:
    try:
        yield
    except neo4j.exceptions.IncompleteCommit as error:
        raise UnknownOutcomeError(
            "the connection to the database broke during a commit, which may have had an effect: run the "
            "same command again, which replaces what it has written"
        ) from error


def repeated(act: Callable[[], Result]) -> Result:
    """Act again where a commit's outcome is unknown; ``act`` replaces what it has written before."""
    for _ in range(REPETITIONS):
        try:
            return act()
        except UnknownOutcomeError:
            pass  # the next transaction waits for the server
    return act()


def _answering_server(transaction: ManagedTransaction) -> str:
    """The answering server, by host name if known, because certificates contain names."""
    address = transaction.run(_text("view/server_version")).consume().server.address
    return str(getattr(address, "_unresolved", address))


def _text(query: str) -> Any:
    """The query's text. It comes from a file of this project, never from input (LiteralString)."""
    return read_query(query).text


def find_address(
    settings: DatabaseSettings,
    *,
    on_message: Callable[[str], None] | None = None,
    on_download: OnBytes | None = None,
) -> Address:
    """The database in the settings, or the local one, which is started if needed (``local.start``)."""
    if settings.uri:
        password = settings.password.get_secret_value() if settings.password else ""
        return Address(settings.uri, settings.username, password, settings.database)
    endpoint = local.start(on_message, on_download)
    return Address.of(endpoint, settings.database)


@contextmanager
def open_database(address: Address) -> Iterator[Database]:
    """Open a database and check that it answers; it is closed at the end.

    Raises:
        DatabaseError: the address does not answer, rejects the login, or a newer version has written to it.
    """
    with translate_driver_errors(address.uri), _driver(address) as driver:
        driver.verify_connectivity()
        with closing(Database(driver, address.database, address=address)) as database:
            _check_schema(database, address.uri)
            yield database


def _check_schema(database: Database, uri: str) -> None:
    """DatabaseError if a later version of summit-graph has changed the graph's schema."""
    for row in database.read("view/schema_version"):
        if row["version"] > SCHEMA:
            raise DatabaseError(
                f"the database at {uri} was written by a newer version of summit-graph (schema "
                f"{row['version']}; this one knows {SCHEMA}): update summit-graph"
            )


def _driver(address: Address) -> Driver:
    if address.uri.partition("://")[0] not in SCHEMES:
        raise DatabaseError(f"{address.uri!r} is not a database address: one starts with bolt:// or neo4j://")
    try:
        return GraphDatabase.driver(
            address.uri,
            auth=(address.username, address.password),
            notifications_min_severity="OFF",  # GDS needs the deprecated id()
            connection_acquisition_timeout=30,
            max_transaction_retry_time=RETRY_SECONDS,
        )
    except (ValueError, neo4j.exceptions.ConfigurationError) as error:
        raise DatabaseError(f"{address.uri!r} is not a database address: {error}") from None


@contextmanager
def translate_driver_errors(uri: str) -> Iterator[None]:
    """Turn the driver's exceptions into one clear sentence each."""
    try:
        yield
    except neo4j.exceptions.AuthError:
        raise DatabaseError(
            f"{uri} refuses this user and password: set NEO4J_USERNAME and NEO4J_PASSWORD"
        ) from None
    except neo4j.exceptions.ServiceUnavailable as error:
        reason = f" ({why})" if (why := why_unreachable(error)) else ""
        raise DatabaseError(f"no database answers at {uri}{reason}: start it, or check --uri") from None
    except neo4j.exceptions.Neo4jError as error:
        if str(error.code).endswith("CredentialsExpired"):
            raise DatabaseError(
                f"the password for {uri} has expired: change it (ALTER CURRENT USER SET PASSWORD FROM 'old' "
                "TO 'new' in the database system), then set NEO4J_PASSWORD to the new one"
            ) from None
        raise DatabaseError(f"{uri} says {error.code}: {first_line(error.message)}") from error
    except neo4j.exceptions.DriverError as error:
        reason = why_unreachable(error) or first_line(error)
        raise DatabaseError(f"the connection to {uri} broke: {reason}") from error


def gds_version(database: Database) -> str | None:
    """The version of GDS on the server (in a cluster, on the leader); None if it is missing.

    A version is asked for once per open database.
    """
    if database.gds is not None:
        return database.gds
    try:
        database.gds = str(database.write("view/gds_version")[0]["version"])
        return database.gds
    except neo4j.exceptions.ClientError as error:
        if "gds.version" in str(error):
            return None
        raise


def require_gds(database: Database) -> None:
    """Raise DatabaseError if GDS is missing or too old."""
    version = gds_version(database)
    if version is None:
        raise DatabaseError(
            "this database has no Graph Data Science (GDS), which this needs: install the GDS plugin, "
            "or use the local database (summit-graph db start)"
        )
    if is_too_old(version):
        raise DatabaseError(f"GDS {version} is too old: {LOWEST_GDS} or newer is needed")


def is_too_old(version: str) -> bool:
    """Whether this GDS version is too old for ranking."""
    found, lowest = ([int(part) for part in text.split(".")[:2]] for text in (version, LOWEST_GDS))
    return found < lowest


def open_gds(database: Database) -> GraphDataScience:
    """GDS on the database's server.

    Raises:
        DatabaseError: it is missing or too old, or the connection breaks.
    """
    from graphdatascience import GraphDataScience
    from graphdatascience.error.unable_to_connect import UnableToConnectError

    require_gds(database)
    driver = database.direct_driver
    try:
        return GraphDataScience(driver, database=database.name, arrow=False, show_progress=False)
    except UnableToConnectError as error:
        raise DatabaseError(f"the connection to the database broke: {first_line(error)}") from error
