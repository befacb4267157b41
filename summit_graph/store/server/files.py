"""The local server's folders, ``neo4j.conf``, memory and Java arguments."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from summit_graph.errors import DatabaseError
from summit_graph.settings import ServerSettings
from summit_graph.store.server.jars import Jar
from summit_graph.system.atomic_files import replaced_whole
from summit_graph.system.operating_system import link_or_copy
from summit_graph.system.own_folders import delete_own_folder, make_own_folder, make_private_folder
from summit_graph.system.resources import usable_cores, usable_memory

GIB = 1 << 30
MIB = 1 << 20

# GDS's projections and large transactions live in the heap, the store in the page cache. One class takes some
# 200 MB of heap; a network of 1000 classes is 10 GB of store. The rest is left for the model and the browser.
HEAP_SHARE, HEAP_BOUNDS = 1 / 4, (1 * GIB, 8 * GIB)
PAGECACHE_SHARE, PAGECACHE_BOUNDS = 1 / 8, (GIB // 4, 8 * GIB)

# The options of Neo4j's start script that a server needs when started without it.
JVM_OPTIONS = (
    *(
        f"--add-opens=java.base/{package}=ALL-UNNAMED"
        for package in ("java.nio", "java.io", "sun.nio.ch", "java.lang", "java.util.concurrent")
    ),
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    "-XX:+UseG1GC",
    "-XX:+ExitOnOutOfMemoryError",  # exit and be restarted rather than run in a broken state
    "-Djdk.nio.maxCachedBufferSize=1024",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Dlog4j2.disable.jmx=true",
    "-Dfile.encoding=UTF-8",
)

#: Neo4j's setting for damaged transaction logs; its log recommends the setting if it finds one.
IGNORE_DAMAGE = "internal.dbms.tx_log.fail_on_corrupted_log_files"
#: In every server's folder, also in those of versions that did not mark them.
LOCK = ".lock"
#: Variables that configure other Neo4j installations and every Java program.
OTHERS_VARIABLES = ("NEO4J_", "JAVA_", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS")


@dataclass(frozen=True)
class ServerFiles:
    """Paths of one local server, all in a folder that only the user can access."""

    folder: Path  # absolute

    @property
    def conf(self) -> Path:
        return self.folder / "conf"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def plugins(self) -> Path:
        return self.folder / "plugins"

    @property
    def console(self) -> Path:
        """What Java printed at the last start before its log existed."""
        return self.logs / "console.log"

    @property
    def log(self) -> Path:
        """The server's log; the previous run's log is ``neo4j.previous.log``."""
        return self.logs / "neo4j.log"

    @property
    def details(self) -> Path:
        """The server's log with the causes of errors; the previous run's is ``debug.previous.log``."""
        return self.logs / "debug.log"

    @property
    def java_arguments(self) -> Path:
        """Java reads its arguments from here; 395 jars are too long for some systems' command lines."""
        return self.conf / "java.args"

    @property
    def hosts(self) -> Path:
        """Host names for Java: the server exits silently if the machine's host name has no address."""
        return self.conf / "hosts"

    @property
    def native(self) -> Path:
        """Where Java unpacks native libraries; the default folders may be mounted noexec."""
        return self.folder / "native"

    @property
    def import_input(self) -> Path:
        """The offline importer's input, deleted after the import."""
        return self.folder / "import"

    @property
    def password(self) -> Path:
        return self.folder / "password"

    @property
    def login(self) -> Path:
        """The initial password, until it is stored in the server's system database."""
        return self.folder / "data" / "dbms" / "auth.ini"

    @property
    def system_store(self) -> Path:
        return self.folder / "data" / "databases" / "system"

    @property
    def transaction_logs(self) -> Path:
        """The folder of the database's transaction logs."""
        return self.folder / "data" / "transactions" / "neo4j"

    @property
    def written_classes(self) -> Path:
        """The record of the classes that were written (``written_classes``)."""
        return self.folder / "classes.jsonl"

    @property
    def state(self) -> Path:
        """The server that last opened the store: port, process id, host, start time."""
        return self.folder / "server.json"

    @property
    def store_lock(self) -> Path:
        """Locked by Neo4j while a server or its admin tool has the store open."""
        return self.folder / "data" / "databases" / "store_lock"

    @property
    def lock(self) -> Path:
        """Held while a process starts or stops the server."""
        return self.folder / LOCK

    def make_folder(self) -> None:
        """Make the server's folder, marked as ours; it may be a link to another disk.

        Raises:
            SummitGraphError: another program's folder is there.
        """
        folder = self.folder.resolve()
        make_own_folder(make_private_folder(folder), known_by=LOCK)

    def delete_folder(self) -> None:
        """Delete the server's folder with its store.

        Raises:
            SummitGraphError: it is not ours.
        """
        delete_own_folder(self.folder.resolve())

    def make_folders(self) -> None:
        """Make it and the folders in it."""
        self.make_folder()
        for folder in (self.conf, self.logs, self.plugins, self.native, self.import_input):
            folder.mkdir(mode=0o700, exist_ok=True)

    def begin_logs(self) -> None:
        """Rename the previous run's logs, so that the logs contain this run only."""
        for log in (self.log, self.details):
            if log.exists():
                log.replace(log.with_suffix(".previous.log"))
        write_private(self.console, "")

    def read_logs(self) -> str:
        """The console output and log of the last run."""
        logs = [log for log in (self.console, self.log) if log.exists()]
        return "\n".join(log.read_text(errors="replace") for log in logs)


def write_private(file: Path, text: str) -> None:
    """Write a file atomically, readable by the user only."""
    with replaced_whole(file) as staged:
        staged.touch(0o600)
        staged.write_bytes(os.fsencode(text))  # as the system encodes paths


def make_password(files: ServerFiles) -> str:
    """The server's password, generated at the first start."""
    if not files.password.exists():
        write_private(files.password, secrets.token_hex(24))
    return read_password(files)


def read_password(files: ServerFiles) -> str:
    """The password without a trailing line break, which an editor may have added."""
    return os.fsdecode(files.password.read_bytes()).rstrip("\r\n")


@contextmanager
def password_argument(files: ServerFiles) -> Iterator[str]:
    """Pass the password to ``neo4j-admin`` in a file: command lines are visible in process lists.

    In the file ``--`` ends the options, ``@@`` is an escaped ``@``, and a quoted word is one argument.
    """
    file = files.conf / "password.args"
    password = make_password(files)
    escaped = f"@{password}" if password.startswith("@") else password
    write_private(file, f"--\n{_quoted(escaped)}\n")
    try:
        yield f"@{file}"
    finally:
        file.unlink()


def _quoted(text: str) -> str:
    """Quote a word for an argument file of ``java`` or ``neo4j-admin``."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.replace("\n", "\\n").replace("\r", "\\r")


def write_conf(files: ServerFiles, *, building: bool = False, recovering: bool = False) -> None:
    """Write ``neo4j.conf``. Each start overwrites it, so edits are lost. The port is not in it.

    Args:
        building: for a store that is being built: all cores fill its indexes, not half of them.
        recovering: start also with a damaged transaction log, without its damaged end.
    """
    conf = {
        "server.bolt.enabled": "true",
        "server.http.enabled": "false",
        "server.https.enabled": "false",
        "server.memory.heap.max_size": heap_size(),
        "server.memory.pagecache.size": pagecache_size(),
        # One transaction gets half of the heap, all together 70 % (the default). The server does not count
        # the memory of expressions, for example of a string that reduce makes.
        "db.memory.transaction.max": half(heap_size()),
        "server.directories.import": "import",
        "dbms.security.auth_enabled": "true",
        "dbms.security.procedures.unrestricted": "gds.*",
        # A session for reading refuses writes, but would still read files and addresses by LOAD CSV.
        "dbms.security.allow_csv_import_from_file_urls": "false",
        "internal.dbms.cypher_ip_blocklist": "0.0.0.0/0,::/0",
        "dbms.usage_report.enabled": "false",
        # The default waits five seconds twice for more messages before it stops.
        "internal.dbms.bolt.netty_server_shutdown_quiet_period": "0",
        # The default keeps two days of transaction logs: 1.6 GB for 49 MB of store.
        "db.tx_log.rotation.size": "64m",
        "db.tx_log.rotation.retention_policy": "128m size",
    }
    if building:
        conf["internal.dbms.index_population.workers"] = str(usable_cores())
    if recovering:
        conf[IGNORE_DAMAGE] = "false"
    write_private(files.conf / "neo4j.conf", "".join(f"{key}={value}\n" for key, value in conf.items()))


def write_java_arguments(files: ServerFiles, jars: Sequence[Path], *, building: bool = False) -> None:
    """Write options and class path as a java ``@argfile``.

    Args:
        building: for a store that is being built: Java sees one core more than there is, because the
            importer and the indexes reserve one core for reading, which on two cores is half of them.
    """
    places = {"java.io.tmpdir": files.native, "jna.tmpdir": files.native, "jdk.net.hosts.file": files.hosts}
    properties = [_quoted(f"-D{name}={place}") for name, place in places.items()]
    options = [*JVM_OPTIONS, f"-Xmx{heap_size()}", *properties, "-cp", _quoted(class_path(jars))]
    if building:
        options.append(f"-XX:ActiveProcessorCount={usable_cores() + 1}")
    write_private(files.java_arguments, "\n".join(options) + "\n")
    write_private(files.hosts, f"127.0.0.1 localhost {socket.gethostname()}\n")


def class_path(jars: Sequence[Path]) -> str:
    """The jars as a class path.

    Raises:
        DatabaseError: a folder's name contains the path separator.
    """
    if split := [jar for jar in jars if os.pathsep in str(jar)]:
        raise DatabaseError(
            f"Java cannot read jars in a folder whose name has a {os.pathsep!r} ({split[0].parent}): name "
            "another folder with SUMMIT_GRAPH_HOME, or only for the jars with SUMMIT_GRAPH_JARS"
        )
    return os.pathsep.join(map(str, jars))


def link_plugins(files: ServerFiles, jars: Mapping[Jar, Path]) -> None:
    """Link the GDS jars, and no others, into the plugins folder: Neo4j finds procedures only there."""
    wanted = {jar.name: path for jar, path in jars.items() if jar.is_gds}
    for found in files.plugins.iterdir():
        if found.name not in wanted or not found.exists() or not found.samefile(wanted[found.name]):
            found.unlink()
    for name, path in wanted.items():
        if not (files.plugins / name).exists():
            link_or_copy(files.plugins / name, path)


def java_environment(files: ServerFiles) -> dict[str, str]:
    """The environment for Neo4j's programs, without the variables of other installations."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OTHERS_VARIABLES)}
    # Java decodes paths by the locale and rejects non-ASCII paths in C, where Python uses UTF-8.
    locale = {"LC_ALL": "C.UTF-8"} if sys.getfilesystemencoding() == "utf-8" else {}
    return kept | locale | {"NEO4J_HOME": str(files.folder), "NEO4J_CONF": str(files.conf)}


def heap_size() -> str:
    """``-Xmx``: ``SUMMIT_GRAPH_HEAP``, or a share of the machine's memory."""
    return ServerSettings().heap or _share(HEAP_SHARE, HEAP_BOUNDS)


def pagecache_size() -> str:
    """``SUMMIT_GRAPH_PAGECACHE``, or a share of the machine's memory."""
    return ServerSettings().pagecache or _share(PAGECACHE_SHARE, PAGECACHE_BOUNDS)


def half(size: str) -> str:
    """Half of a size such as ``1g``, as ``512m``."""
    smaller = {"g": "m", "m": "k", "k": ""}[size[-1].lower()]
    return f"{int(size[:-1]) * 512}{smaller}"


def _share(share: float, bounds: tuple[int, int]) -> str:
    lowest, highest = bounds
    return f"{min(max(int(usable_memory() * share), lowest), highest) // MIB}m"


def copy_login(old: ServerFiles, new: ServerFiles) -> None:
    """Copy the old server's password to a new server folder, so that logins stay valid."""
    new.make_folders()
    if old.password.exists():
        write_private(new.password, read_password(old))
