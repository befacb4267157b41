"""The Cypher box: queries that it runs, and queries that it refuses without running them."""

from __future__ import annotations

import time
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from summit_graph.errors import UsageError
from summit_graph.store.connection import Address, Database, open_database
from summit_graph.store.server.local import Endpoint
from summit_graph.views import asking
from summit_graph.views.asking import PROCEDURES, ask
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import manifest, random_class
from tests.graph.cutting_proxy import cutting_proxy

WRITES = [
    "CREATE (n:Found) RETURN n",
    "MERGE (n:Found) RETURN n",
    "MATCH (n:Class) SET n.title = 'x'",
    "MATCH (n:Class) REMOVE n.title",
    "MATCH (n:Class) DELETE n",
    "MATCH (n:Class) DETACH DELETE n",
    "FOREACH (x IN [1] | CREATE (:Found))",
    "UNWIND [1] AS x CALL (x) { CREATE (:Found) } IN TRANSACTIONS",
    "CREATE INDEX found FOR (n:Found) ON (n.name)",
    "DROP INDEX influences_class",
    "CREATE CONSTRAINT found FOR (n:Found) REQUIRE n.name IS UNIQUE",
    "CREATE USER other SET PASSWORD 'another-one'",
    "ALTER CURRENT USER SET PASSWORD FROM 'one' TO 'another-one'",
]
FILES = [
    "LOAD CSV FROM 'file:///etc/hostname' AS row RETURN row",
    "load csv with headers from 'http://127.0.0.1:1/' as row return row",
    "MATCH (n:Network) CALL (n) { LOAD CSV FROM 'file:///etc/hostname' AS row RETURN row } RETURN row",
]
OTHERS = [
    *("SHOW TRANSACTIONS", "SHOW PROCEDURES", "SHOW FUNCTIONS", "SHOW INDEXES", "SHOW CONSTRAINTS"),
    *("SHOW SETTINGS", "SHOW USERS", "SHOW DATABASES", "TERMINATE TRANSACTION 'neo4j-transaction-1'"),
]
CALLS = [
    "CALL db.awaitIndexes(1)",
    "CALL db.clearQueryCaches()",
    "CALL db.info()",
    "CALL tx.setMetaData({a: 1})",
    "CALL dbms.components()",
    "CALL dbms.listConfig()",
    "CALL dbms.killConnection('bolt-1')",
    "CALL gds.list()",
    "CALL gds.graph.list()",
    "CALL gds.graph.drop('anything', false)",
    "CALL `gds`.`graph`.`list`()",
    "CALL \\u0067ds.graph.list()",
    "RETURN 'x' AS name UNION CALL gds.list() YIELD name RETURN name",
    "MATCH (n:Network) CALL (n) { CALL gds.list() YIELD name RETURN name } RETURN name",
]
FUNCTIONS = [
    "RETURN gds.version()",
    "RETURN gds . util . NaN()",
    "RETURN gds/**/.util.NaN()",
    "RETURN `gds`.`util`.`NaN`()",
    "RETURN \\u0067ds.util.NaN()",
    "MATCH (a:Channel)-->(b:Channel) RETURN gds.graph.project('x', a, b)",
    "MATCH (n:Network) WHERE gds.util.NaN() > 0 RETURN n",
]
PREFIXED = [
    "EXPLAIN MATCH (n) RETURN n",
    "PROFILE MATCH (n) RETURN n",
    "explain explain match (n) return n",
    "// why\nPROFILE MATCH (n) RETURN n",
    "/* why */ EXPLAIN CREATE (n)",
    "CYPHER 5 PROFILE MATCH (n) RETURN n",
]
#: Two of these ended a server with 1 GB of heap in seconds; the limits of the server do not include them.
UNLIMITED = [
    "RETURN size(reduce(s='ab', i IN range(1,29) | s+s))",
    "RETURN size([x IN range(1,100000000) | [x,x,x,x]])",
    "RETURN \\u0072educe /**/ (s='ab', x IN [1] | s+s)",
    "RETURN range(1, 20000000)",
]
#: The server plans these for minutes, without regard to the time limit.
SLOW_TO_PLAN = [
    "WITH 'ab' AS s " + "WITH s+s AS s " * 29 + "RETURN size(s)",
    "RETURN " + "NOT " * 300 + "true",
    "RETURN " + "(" * 3000 + "1" + ")" * 3000,
    "RETURN " + "+".join(["1"] * 30_000),
    "RETURN " + "+".join(["'a'"] * 500),
    "RETURN {}" + ".b" * 500,
    "RETURN " + "CASE WHEN true THEN " * 400 + "1" + " ELSE 0 END" * 400,
    "MATCH (n) WHERE " + " XOR ".join(f"n.a{at} = 1" for at in range(24)) + " RETURN n",
    "MATCH (n:" + "&".join(f"A{at}" for at in range(100)) + ") RETURN n",
    "MATCH (n) RETURN n ORDER BY " + ", ".join(f"n.a{at}" for at in range(2000)),
    "RETURN " + ", ".join(f"1 AS a{at}" for at in range(4000)),
    "RETURN " + "\\u002b".join(["1"] * 500),
]
#: As large as is allowed.
PLANNED = [
    "RETURN size(" + "+".join(["'a'"] * 140) + ")",
    "RETURN {}" + ".b" * 140,
    "RETURN " + "CASE WHEN true THEN " * 70 + "1" + " ELSE 0 END" * 70,
    "MATCH (n) WHERE " + " XOR ".join(f"n.a{at} = 1" for at in range(10)) + " RETURN count(n)",
    "MATCH (n:" + "&".join(f"A{at}" for at in range(10)) + ") RETURN count(n)",
    "RETURN 'it\\'s + + +' IN [" + ", ".join(["'a + \"b\" // c'"] * 2000) + "]",
    "RETURN 1 // " + "+ " * 1000,
]
SEVERAL = ["RETURN 1; RETURN 2", "MATCH (n) RETURN n; MATCH (n) DETACH DELETE n"]


@pytest.fixture(scope="module")
def network(filled: Database) -> Database:
    """A network with one class; no query of these tests changes it."""
    NetworkLoader(filled, manifest(), "shapes").load_class(random_class("bear", 1))
    return filled


@pytest.mark.parametrize("text", [*WRITES, *FILES, *OTHERS, *CALLS, *FUNCTIONS, *PREFIXED, *SEVERAL])
def test_queries_that_do_more_than_read_the_graph_are_refused(network: Database, text: str) -> None:
    """The graph is not changed."""
    before = _everything(network)
    with pytest.raises(UsageError):
        ask(network, text)
    assert _everything(network) == before


@pytest.mark.timeout(60)
def test_many_comments_do_not_block_the_server(network: Database) -> None:
    """Searching for EXPLAIN after them takes linear time."""
    assert ask(network, "/* why */ " * 2000 + "MATCH (n:Class) RETURN n.name").rows == [["bear"]]


def test_a_variable_may_have_any_name(network: Database) -> None:
    """A property access is not mistaken for a function."""
    assert ask(network, "MATCH (ai:Class) RETURN ai.name").rows == [["bear"]]


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (WRITES, "only queries that read the graph"),
        (FILES, "LOAD CSV"),
        (FUNCTIONS, "functions of gds"),
        (PREFIXED, "EXPLAIN and PROFILE"),
        (SEVERAL, "exactly one statement"),
        (UNLIMITED, "their memory is not limited"),
        (SLOW_TO_PLAN, "too long or too deeply nested"),
    ],
)
def test_a_refusal_has_a_reason(network: Database, texts: list[str], words: str) -> None:
    """The reason is one sentence."""
    for text in texts:
        with pytest.raises(UsageError, match=words):
            ask(network, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n",
        "// nothing",
        "MATCH (n RETURN n",
        "RETURN 'open",
        "RETURN 1 /* open",
        "RETURN $missing",
        "RETURN x",
    ],
)
def test_a_query_with_an_error_is_reported_in_one_line(network: Database, text: str) -> None:
    """With the server's message, without a traceback."""
    with pytest.raises(UsageError) as error:
        ask(network, text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", sorted(PROCEDURES))
def test_procedures_that_describe_the_graph_are_allowed(network: Database, name: str) -> None:
    """There is a short list of allowed procedures."""
    assert ask(network, f"CALL {name}()").rows


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (n:Class) RETURN n.name AS name",
        "MATCH (n:Class) RETURN n.name AS name;",
        "CYPHER 5 MATCH (n:Class) RETURN n.name AS name",
        "// explain what\nMATCH (n:Class) RETURN n.name AS name",
    ],
)
def test_a_question_is_answered(network: Database, text: str) -> None:
    """In any form."""
    answer = ask(network, text)
    assert (answer.columns, answer.rows, answer.more) == (("name",), [["bear"]], False)


@pytest.mark.parametrize("text", PLANNED)
def test_what_is_allowed_is_planned_in_time(network: Database, text: str) -> None:
    """Strings, numbers and comments do not count."""
    assert len(ask(network, text).rows) == 1


def test_a_long_answer_is_truncated(network: Database) -> None:
    """After the maximum number of rows, with a note; an answer with exactly that many is complete."""
    cut, whole = (ask(network, f"UNWIND range(1, {rows}) AS x RETURN x", rows=10) for rows in (1_000_000, 10))
    assert (len(cut.rows), cut.more) == (10, True)
    assert (len(whole.rows), whole.more) == (10, False)


def test_a_query_that_takes_too_long_is_stopped(network: Database) -> None:
    """After its time limit, with advice."""
    endless = "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b RETURN count(*)"
    with pytest.raises(UsageError, match="longer than 1 s and was ended"):
        ask(network, endless, seconds=1)


@pytest.mark.timeout(60)
def test_planning_is_part_of_the_time_limit(network: Database) -> None:
    """Kind: a limit that applies only to a part of the work."""
    many = ", ".join(f"(a{at})--(a{at + 1})" for at in range(25))
    with pytest.raises(UsageError, match="longer than 1 s and was ended"):
        ask(network, f"MATCH {many} RETURN count(*)", seconds=1)


def test_unwinding_a_range_is_allowed(network: Database) -> None:
    """In any layout; long lists in a cell are cut."""
    answer = ask(network, "unwind /* many */\n range(1, 3000) AS x RETURN collect(x) AS found")
    assert answer.rows == [[list(range(1, 1001))]]


def test_a_query_that_needs_too_much_memory_is_a_usage_error(network: Database) -> None:
    """It is not a failure of the database, which other sessions continue to use."""
    large = "UNWIND range(1, 1000000000) AS x WITH collect([x, x, x, x]) AS found RETURN size(found)"
    with pytest.raises(UsageError, match="memory"):
        ask(network, large)
    assert ask(network, "RETURN 1 AS one").rows == [[1]]


def _everything(database: Database) -> list[int]:
    with database.driver.session() as session:
        counts = ("MATCH (n) RETURN count(n)", "MATCH ()-[r]->() RETURN count(r)", "SHOW INDEXES YIELD name "
                  "RETURN count(*)", "MATCH (n:Class) RETURN count(n.title)", "SHOW USERS YIELD user "
                  "RETURN count(*)")  # fmt: skip
        return [session.run(text).single(strict=True).value() for text in counts]


def test_the_time_limit_holds_without_the_server(
    database: Endpoint, fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that plans a query does not look at the time. Kind: a wait that only the other side ends."""
    monkeypatch.setattr(asking, "GRACE", 0.2)
    port = urlsplit(database.uri).port
    assert port is not None
    with cutting_proxy(port, silent_on=b"EXPLAIN") as proxy:
        with open_database(replace(Address.of(database), uri=proxy.uri)) as slow:
            begun = time.monotonic()
            with pytest.raises(UsageError, match=r"took longer than 0\.3 s"):
                ask(slow, "RETURN 1", seconds=0.3)
        assert time.monotonic() - begun < 30
