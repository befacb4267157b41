"""The local server: real starts in separate folders, independent of the database of other tests."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import psutil
import pytest
from neo4j import Driver, GraphDatabase
from neo4j.exceptions import AuthError, Neo4jError

from summit_graph.errors import DatabaseError
from summit_graph.settings import Home
from summit_graph.store.connection import Address, open_database
from summit_graph.store.server import files as server_files
from summit_graph.store.server import local
from summit_graph.store.server.files import GIB, ServerFiles
from summit_graph.store.server.jars import GDS_VERSION, NEO4J_VERSION
from summit_graph.store.server.local import Endpoint, LocalServer, failure_line
from summit_graph.store.server.process import port_of
from summit_graph.system.ports import free_port
from summit_graph.system.resources import usable_cores
from tests.graph.test_loading import BEAR, LION, load

#: Characters of folder names that other programs could read as syntax.
AWKWARD = "a, b;c (d) [e] {f} 'g' \"h\" $i ${j} %k% &l =m ~n! #o + ?*^`|<>@p \\ -- \n ü"
HOLD = """
import fcntl, sys
with open(sys.argv[1], "w") as lock:
    fcntl.lockf(lock, fcntl.LOCK_EX)
    print(flush=True)
    sys.stdin.read()
"""
START_AND_TELL = (
    "from summit_graph.store.server import local; local.start(); s = local.status(); print(s.uri, s.pid)"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """A running server in a separate home; if a test stops it, the next test's ``start`` starts it again."""
    server = LocalServer(ServerFiles(tmp_path_factory.mktemp("own home") / "neo4j"))
    server.start()
    yield server
    server.stop()


def connect(endpoint: Endpoint, password: str | None = None) -> Driver:
    return GraphDatabase.driver(endpoint.uri, auth=(endpoint.username, password or endpoint.password))


def pid_of(server: LocalServer) -> int:
    pid = server.status().pid
    assert pid is not None
    return pid


def start_elsewhere(home: Path) -> subprocess.Popen[str]:
    """``start`` in another process, which prints the URI and the server's process id."""
    environment = os.environ | {"SUMMIT_GRAPH_HOME": str(home)}
    return subprocess.Popen(
        [sys.executable, "-c", START_AND_TELL], env=environment, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.slow
class TestRunning:
    """Properties of a running server."""

    def test_status_has_versions(self, server: LocalServer) -> None:
        """Neo4j and GDS have the versions of the lock, and the process is running."""
        server.start()
        status = server.status()
        assert (status.running, status.username) == (True, "neo4j")
        assert (status.version, status.gds) == (NEO4J_VERSION, GDS_VERSION)
        assert psutil.pid_exists(pid_of(server))

    def test_another_process_finds_it(self, server: LocalServer) -> None:
        """A second start in another process finds the same server."""
        endpoint = server.start()
        printed, _ = start_elsewhere(server.files.folder.parent).communicate(timeout=300)
        assert printed.split() == [endpoint.uri, str(pid_of(server))]

    def test_is_found_without_its_state_file(self, server: LocalServer) -> None:
        """A client killed before it could store the process id does not block other clients."""
        endpoint, pid = server.start(), pid_of(server)
        state = json.loads(server.files.state.read_text())
        server.files.state.write_text(json.dumps({"port": state["port"], "pid": os.getpid()}))
        assert (server.start(), pid_of(server)) == (endpoint, pid)

    @pytest.mark.parametrize("path", ["link", "link/../neo4j"])
    def test_is_found_by_another_path(self, server: LocalServer, tmp_path: Path, path: str) -> None:
        """Through a link or with ``..`` it is the same folder and server (kind: identity by text)."""
        endpoint, pid = server.start(), pid_of(server)
        noted = server.files.state.read_bytes()
        (tmp_path / "link").symlink_to(server.files.folder)
        folder = server.files.folder / ".." / "neo4j" if ".." in path else tmp_path / path
        other = LocalServer(ServerFiles(folder))
        assert (other.start(), pid_of(other)) == (endpoint, pid)
        assert server.files.state.read_bytes() == noted

    def test_only_the_user_can_read_the_folder(self, server: LocalServer) -> None:
        """No file in the folder can be read by other users, including the password."""
        server.start()
        assert stat.S_IMODE(server.files.password.stat().st_mode) == 0o600
        open_to_others = [
            path
            for path in (server.files.folder, *server.files.folder.rglob("*"))
            if not path.is_symlink() and path.exists() and path.stat().st_mode & 0o077
        ]
        assert open_to_others == []

    def test_password_is_not_on_a_command_line(self, server: LocalServer) -> None:
        """Process lists are visible to all users."""
        password = server.start().password
        assert len(password) >= 24
        process = psutil.Process(pid_of(server))
        assert not any(password in part for part in (*process.cmdline(), *process.environ().values()))
        files = [
            path for path in server.files.folder.rglob("*") if path.is_file() and path.stat().st_size < 10**7
        ]
        assert [path for path in files if password.encode() in path.read_bytes()] == [server.files.password]

    def test_refuses_another_password(self, server: LocalServer) -> None:
        """Authentication is enabled."""
        with connect(server.start(), "wrong") as driver, pytest.raises(AuthError):
            driver.verify_connectivity()

    def test_listens_for_bolt_on_this_machine_only(self, server: LocalServer) -> None:
        """One port, on the loopback address; no HTTP."""
        server.start()
        sockets = psutil.Process(pid_of(server)).net_connections("inet")
        listening = {s.laddr for s in sockets if s.status == psutil.CONN_LISTEN}
        assert len(listening) == 1
        assert {address.ip for address in listening} <= {"127.0.0.1", "::ffff:127.0.0.1"}

    @pytest.mark.parametrize("address", ["file:///etc/passwd", "http://127.0.0.1:1/", "https://[::1]:1/"])
    def test_load_csv_reads_no_files_and_no_urls(self, server: LocalServer, address: str) -> None:
        """A reading query cannot access data outside of the graph."""
        with connect(server.start()) as driver, pytest.raises(Neo4jError) as caught:
            driver.execute_query("LOAD CSV FROM $address AS line RETURN line", address=address)
        assert any(
            word in str(caught.value) for word in ("blocked", "allow_csv_import", "disabled", "loopback")
        )

    def test_two_homes_have_two_servers(self, server: LocalServer, tmp_path: Path) -> None:
        """The server of another home uses another port; two concurrent clients find the same server."""
        mine = server.start().uri
        clients = [start_elsewhere(tmp_path) for _ in range(2)]
        answers = [client.communicate(timeout=500)[0].split() for client in clients]
        other = LocalServer(ServerFiles(tmp_path / "neo4j"))
        try:
            assert answers[0] == answers[1] == [other.status().uri, str(pid_of(other))]
            assert answers[0][0] != mine
        finally:
            assert other.stop()

    def test_no_login_at_another_servers_port(
        self, server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its port is not guessed while its command line is still empty (kind: a value read too early)."""
        mine = server.start()
        other = LocalServer(ServerFiles(tmp_path / "neo4j"))
        reads = iter([None])
        monkeypatch.setattr(local, "USUAL_PORT", int(mine.uri.rpartition(":")[2]))
        monkeypatch.setattr(local, "port_of", lambda process: next(reads, port_of(process)))
        try:
            assert other.start().uri != mine.uri
            with connect(mine) as driver:
                driver.verify_connectivity()
        finally:
            other.stop()


@pytest.mark.slow
class TestComingBack:
    """Behaviour after a clean or unclean stop."""

    def test_is_stopped_only_if_nobody_else_uses_it(
        self, server: LocalServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Another program's connection keeps it (kind: one command's end is another's failure)."""
        server.stop()
        with connect(server.start()) as driver:
            driver.verify_connectivity()
            said: list[str] = []
            assert not server.stop_if_unused(said.append)
            assert "other programs use it (1 connected)" in said[-1]
            driver.verify_connectivity()
        monkeypatch.setenv("SUMMIT_GRAPH_STARTER", "another process")
        assert not server.stop_if_unused(said.append)
        server.start()  # finds it, and is not its starter
        assert not server.stop_if_unused(said.append)
        monkeypatch.delenv("SUMMIT_GRAPH_STARTER")
        assert server.stop_if_unused(said.append)
        assert not server.status().running

    def test_recovers_after_kill(self, server: LocalServer) -> None:
        """After kill -9 the status is correct, and the next start finds the committed data."""
        with connect(server.start()) as driver:
            driver.execute_query("CREATE (:Survivor)")
        os.kill(pid_of(server), signal.SIGKILL)
        psutil.wait_procs([process for process in [server.process()] if process], timeout=30)
        assert not server.status().running
        with connect(server.start()) as driver:
            assert driver.execute_query("MATCH (s:Survivor) RETURN count(s)").records[0][0] == 1

    def test_stops_for_offline_work_and_takes_another_port(self, server: LocalServer) -> None:
        """While it is stopped, the admin tool can use the store; if its port is in use, it takes another."""
        server.start()
        port = json.loads(server.files.state.read_text())["port"]
        with server.stopped():
            assert not server.status().running
            assert "neo4j" in server.run_admin("database", "info", "neo4j")
        assert not server.stop()
        with socket.create_server(("127.0.0.1", port)):
            uri = server.start().uri
        assert uri != f"bolt://127.0.0.1:{port}"

    def test_loses_a_race_for_its_port(self, server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
        """A port that seemed free but is in use when the server binds it causes only a second attempt."""
        server.stop()
        with socket.create_server(("127.0.0.1", 0)) as winner:
            looked = iter([winner.getsockname()[1]])
            monkeypatch.setattr(local, "free_port", lambda *wanted: next(looked, 0) or free_port(*wanted))
            uri = server.start().uri
            assert uri != f"bolt://127.0.0.1:{winner.getsockname()[1]}"
        assert next(looked, None) is None

    def test_reports_why_it_does_not_start(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The error has the relevant line of Java's output or the server's log, and exit code 4."""
        monkeypatch.setenv("SUMMIT_GRAPH_PAGECACHE", "9000g")
        server = LocalServer(ServerFiles(tmp_path / "neo4j"))
        with pytest.raises(DatabaseError, match=r"did not start: .*memory.*neo4j\.log") as caught:
            server.start()
        assert caught.value.exit_code == 4
        assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_starts_with_any_folder_name_and_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kind: text in another program's syntax. Java also extracts nothing to the user's cache."""
    cache = tmp_path / "cache"
    cache.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    server = LocalServer(ServerFiles(tmp_path / AWKWARD / "neo4j"))
    server.files.make_folders()
    server.files.password.write_text("-@# 'a' \"b\" \\n ${c} ü\n", "utf-8")
    try:
        assert server.start().password == "-@# 'a' \"b\" \\n ${c} ü"
    finally:
        server.stop()
    assert list(cache.iterdir()) == []
    assert not list(server.files.conf.glob("password*"))


def test_a_generated_password_consists_of_letters_and_digits(tmp_path: Path) -> None:
    """One that starts with a dash would be an option (kind: text in another program's syntax)."""
    assert server_files.make_password(ServerFiles(tmp_path)).isalnum()


@pytest.mark.skipif(os.name == "nt", reason="a Windows folder cannot have the character that separates jars")
def test_a_folder_that_java_cannot_read_jars_from_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A class path has no escape character (kind: text in another program's syntax)."""
    with pytest.raises(DatabaseError, match=r"Java cannot read jars in .*a:b.*SUMMIT_GRAPH_JARS"):
        server_files.class_path([tmp_path / "a:b" / "neo4j.jar"])


@contextmanager
def held_elsewhere(files: ServerFiles) -> Iterator[subprocess.Popen[bytes]]:
    """A store whose lock is held by a program that is not a local server, as by one in a container."""
    files.make_folders()
    files.store_lock.parent.mkdir(parents=True)
    files.password.write_text("secret")
    note = {"port": 1, "pid": 17, "host": "host-a", "started": "2026-01-31 12:00:00+00:00"}
    files.state.write_text(json.dumps(note))
    command = [sys.executable, "-c", HOLD, str(files.store_lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        yield holder


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs POSIX locks")
def test_a_store_that_is_held_elsewhere_is_not_changed(tmp_path: Path) -> None:
    """The error names the process, its host and its start immediately (kind: identity by process id)."""
    server = LocalServer(ServerFiles(tmp_path / "neo4j"))
    with held_elsewhere(server.files):
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        begun = time.monotonic()
        for attempt in (server.start, server.stop):
            with pytest.raises(DatabaseError, match="held by process 17 on host-a since 2026-01-31"):
                attempt()
        assert time.monotonic() - begun < local.START_SECONDS / 2
        status = server.status()
        assert (status.running, status.pid, status.version) == (True, None, None)
        after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        assert after | before == after
        assert {path.name for path in after.keys() - before.keys()} <= {".lock", ".made-by-summit-graph"}
    assert not server.status().running


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX locks")
def test_start_waits_for_a_lock_that_is_being_released(tmp_path: Path) -> None:
    """The process of a killed server ends before its lock is released."""
    server = LocalServer(ServerFiles(tmp_path / "neo4j"))
    with held_elsewhere(server.files) as holder:
        Timer(0.5, holder.kill).start()
        assert not server.stop()


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX locks")
def test_a_killed_server_that_takes_long_to_end_is_awaited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its memory is released before its lock, with a process that no longer looks like a server.

    Kind: a wait that is long enough on an idle machine.
    """
    monkeypatch.setattr(local, "RELEASE_SECONDS", 0.1)
    server = LocalServer(ServerFiles(tmp_path / "neo4j"))
    with held_elsewhere(server.files) as holder:
        note = {"port": 1, "pid": holder.pid, "host": socket.gethostname(), "started": None}
        server.files.state.write_text(json.dumps(note))
        Timer(1, holder.kill).start()
        assert not server.stop()


def test_a_full_disk_is_named_before_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server would neither start nor end. Kind: a check that only a new store had."""
    monkeypatch.setattr(local, "START_DISK", 1 << 62)
    server = LocalServer(ServerFiles(tmp_path / "neo4j"))
    server.files.make_folders()
    server.files.system_store.mkdir(parents=True)
    with pytest.raises(DatabaseError, match=r"needs .* MB on the disk of .*free some space"):
        server.start()
    assert not server.status().running


def test_a_failure_of_the_admin_tool_has_its_cause(tmp_path: Path) -> None:
    """It is not the tool's hint at its --verbose option."""
    server = LocalServer(ServerFiles(tmp_path / "neo4j"))
    with (
        server.stopped(),
        pytest.raises(DatabaseError, match=r"database import failed: .*none\.csv") as caught,
    ):
        server.run_admin("database", "import", "full", "neo4j", "--nodes=A=none.csv")
    assert "--verbose" not in str(caught.value)


def test_a_disk_that_forbids_programs_is_named(tmp_path: Path) -> None:
    """Java's message about a library that cannot be mapped does not explain what to do."""
    server = LocalServer(ServerFiles(tmp_path))
    cause = server.cause_in(
        "java.lang.UnsatisfiedLinkError: /x/native/jna6342.tmp: failed to map segment from shared object"
    )
    assert str(tmp_path / "native") in cause
    assert "noexec" in cause
    assert "SUMMIT_GRAPH_HOME" in cause


def test_stop_without_a_server_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """If no server ever ran, stop and status report it and create no files."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path / "none"))
    assert not local.stop()
    assert local.status() == local.ServerStatus(None, "neo4j", None, None, running=False, pid=None)
    assert not (tmp_path / "none").exists()


def test_a_missing_password_file_is_reported(tmp_path: Path) -> None:
    """With a store but no password file, login is impossible; the error names the file."""
    files = ServerFiles(tmp_path / "neo4j")
    files.make_folders()
    files.system_store.mkdir(parents=True)
    with pytest.raises(DatabaseError, match=r"password file .*/neo4j/password is missing"):
        LocalServer(files).start()


def test_free_port_skips_ports_in_use() -> None:
    """The first free one of the wanted ports, otherwise any free port."""
    with socket.create_server(("0.0.0.0", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as spare:
        wanted = spare.getsockname()[1]
        spare.close()
        assert free_port(None, taken.getsockname()[1], wanted) == wanted
        assert free_port(taken.getsockname()[1]) not in (0, taken.getsockname()[1])


@pytest.mark.parametrize(
    ("memory", "heap", "pagecache"),
    [(2 * GIB, "1024m", "256m"), (16 * GIB, "4096m", "2048m"), (256 * GIB, "8192m", "8192m")],
)
def test_memory_depends_on_the_machine(
    monkeypatch: pytest.MonkeyPatch, memory: int, heap: str, pagecache: str
) -> None:
    """A quarter and an eighth of the memory, within bounds; the environment overrides them."""
    monkeypatch.delenv("SUMMIT_GRAPH_HEAP")
    monkeypatch.delenv("SUMMIT_GRAPH_PAGECACHE")
    monkeypatch.setattr(server_files, "usable_memory", lambda: memory)
    assert (server_files.heap_size(), server_files.pagecache_size()) == (heap, pagecache)
    monkeypatch.setenv("SUMMIT_GRAPH_HEAP", "3g")
    assert server_files.heap_size() == "3g"


def test_building_a_store_uses_every_core(tmp_path: Path) -> None:
    """Otherwise one of two cores is idle while indexes are populated; other servers use Neo4j's defaults."""
    files = ServerFiles(tmp_path)
    files.make_folders()
    for building in (False, True):
        server_files.write_conf(files, building=building)
        server_files.write_java_arguments(files, [], building=building)
        conf, arguments = (files.conf / "neo4j.conf").read_text(), files.java_arguments.read_text()
        assert (f"index_population.workers={usable_cores()}\n" in conf) is building
        assert (f"-XX:ActiveProcessorCount={usable_cores() + 1}\n" in arguments) is building


@pytest.mark.parametrize(
    ("log", "line"),
    [
        (
            "2026-11-23 08:49:03.838+0000 ERROR Invalid memory configuration\nlast",
            "Invalid memory configuration",
        ),
        ("RuntimeException: a\nCaused by: b\n  at x\nCaused by: c\n  at y", "c"),
        (
            "Invalid maximum heap size: -Xmx9x\nError: Could not create the Java Virtual Machine.",
            "Invalid maximum heap size: -Xmx9x",
        ),
        ("Unknown option: '-x'\n\nUSAGE\n\nneo4j-admin\n  --verbose  More output", "Unknown option: '-x'"),
        (
            "Full exception details written to: /a/x.log\njava.nio.file.NoSuchFileException: /b\n\tat c",
            "NoSuchFileException: /b",
        ),
        ("", "it printed nothing"),
    ],
)
def test_failure_line(log: str, line: str) -> None:
    """The line of a log that helps the user."""
    assert failure_line(log) == line


@pytest.mark.slow
def test_a_home_with_any_letters_works_in_any_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``LC_ALL=C`` Java would refuse the path. Kind: an unusual environment."""
    monkeypatch.setenv("LC_ALL", "C")
    server = LocalServer(ServerFiles(tmp_path / "höhle-洞" / "neo4j"))
    with connect(server.start()) as driver:
        driver.verify_connectivity()
    server.stop()


@pytest.mark.slow
def test_classes_that_a_zeroed_log_loses_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neo4j takes the zeros for the end of its log and starts. Kind: a loss that nobody reports."""
    monkeypatch.setenv("SUMMIT_GRAPH_JARS", str(Home().jars))
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path))
    with open_database(Address.of(local.start())) as database:
        load(database, BEAR)
        server = LocalServer.of_home()
        [log] = server.files.transaction_logs.glob("neostore.transaction.db.*")
        kept = len(log.read_bytes().rstrip(b"\0"))
        load(database, LION)
    server.end_all()
    content = log.read_bytes()
    log.write_bytes(content[:kept] + bytes(len(content) - kept))
    said: list[str] = []
    local.start(said.append)
    assert [line for line in said if "Warning" in line] == [
        "Warning: the local database lacks what was written of shapes/lion: its disk lost writes, for "
        "example in a power failure, or another program removed them. Load them again."
    ]
    local.stop()
    said.clear()
    local.start(said.append)
    assert not [line for line in said if "Warning" in line]
    local.stop()


@pytest.mark.slow
def test_a_damaged_transaction_log_is_named_and_recovered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a full disk. Only transactions after the damage are lost.

    Kind: a failure that is temporary for the message, but permanent.
    """
    monkeypatch.setenv("SUMMIT_GRAPH_JARS", str(Home().jars))
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path))
    rows = "UNWIND range(1, 2000) AS x CREATE (:Row {batch: $batch, text: 'some text in the log'})"
    with connect(local.start()) as driver, driver.session() as session:
        for batch in range(40):
            session.run(rows, batch=batch).consume()
    server = LocalServer.of_home()
    server.end_all()
    [log] = server.files.transaction_logs.glob("neostore.transaction.db.*")
    content = bytearray(log.read_bytes())
    written = len(content.rstrip(b"\0"))
    content[written - 200_000 : written - 199_984] = b" " * 16
    log.write_bytes(content)
    with pytest.raises(DatabaseError, match=r"is damaged.*db start --recover"):
        local.start()
    assert not local.status().running
    with connect(local.start(recover=True)) as driver, driver.session() as session:
        batches = session.run("MATCH (row:Row) RETURN row.batch, count(row)").values()
    assert len(batches) >= 30
    assert all(count == 2000 for _, count in batches)
    assert local.stop()
    with connect(local.start()) as driver, driver.session() as session:
        assert session.run("MATCH (row:Row) RETURN count(row)").single(strict=True)[0] == 2000 * len(batches)
    local.stop()
