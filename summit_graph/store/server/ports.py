"""TCP ports of this machine: which are free, and whose one is."""

from __future__ import annotations

import os
import socket

import psutil


def free_port(*wanted: int | None) -> int:
    """The first of the wanted ports that nobody on this machine listens at, else any free one."""
    return next((port for port in wanted if port and _is_free(port)), 0) or _any_port()


def listens(process: psutil.Process, port: int) -> bool:
    """Whether it is this process that listens at a port.

    Raises:
        psutil.Error: the process is gone, or the system does not tell.
    """
    sockets = process.net_connections("tcp")
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in sockets)


def _is_free(port: int) -> bool:
    """Connecting finds listeners on other addresses too, binding those that do not accept."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            return False
    with socket.socket() as probe:
        if os.name == "posix":  # else a port that was just closed would look taken for a minute
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
