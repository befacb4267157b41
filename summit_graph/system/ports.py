"""TCP ports of this machine: which are free, and which process listens."""

from __future__ import annotations

import errno
import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

#: Reachable only from this machine; all addresses of this machine.
LOCAL, EVERYWHERE = "127.0.0.1", "0.0.0.0"


def free_port(*wanted: int | None) -> int:
    """The first wanted port that is free on this machine, else any free port."""
    return next((port for port in wanted if port and _is_free(port)), 0) or _any_port()


def listens(process: psutil.Process, port: int) -> bool:
    """Whether this process listens on a port.

    Raises:
        psutil.Error: the process has ended, or the system denies access.
    """
    from psutil import CONN_LISTEN

    sockets = process.net_connections("tcp")
    return any(one.status == CONN_LISTEN and one.laddr.port == port for one in sockets)


def check_port(host: str, port: int) -> None:
    """OSError if no server can listen at this address; its ``errno`` is ``EADDRINUSE`` if one does.

    Binding detects listeners that do not accept; connecting detects those on all addresses.
    """
    with socket.socket() as probe:
        if os.name == "posix":  # a port just closed would otherwise look taken for a minute
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
    if answers(host, port):
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def answers(host: str, port: int) -> bool:
    """Whether a server accepts connections at this address."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((reachable(host), port)) == 0


def reachable(host: str) -> str:
    """The address at which this machine reaches a server that listens at ``host``."""
    return LOCAL if host == EVERYWHERE else host


def _is_free(port: int) -> bool:
    try:
        check_port(LOCAL, port)
    except OSError:
        return False
    return True


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOCAL, 0))
        return int(probe.getsockname()[1])
