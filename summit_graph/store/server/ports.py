"""TCP ports of this machine: which are free, and which process listens."""

from __future__ import annotations

import os
import socket

import psutil


def free_port(*wanted: int | None) -> int:
    """The first wanted port that is free on this machine, else any free port."""
    return next((port for port in wanted if port and _is_free(port)), 0) or _any_port()


def listens(process: psutil.Process, port: int) -> bool:
    """Whether this process listens on a port.

    Raises:
        psutil.Error: the process has ended, or the system denies access.
    """
    sockets = process.net_connections("tcp")
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in sockets)


def _is_free(port: int) -> bool:
    """Connecting detects listeners on all addresses; binding detects those that do not accept."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            return False
    with socket.socket() as probe:
        if os.name == "posix":  # a port just closed would otherwise look taken for a minute
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
