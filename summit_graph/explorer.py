"""Starts the Streamlit explorer in ``app/`` as a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable

from summit_graph.errors import SummitGraphError
from summit_graph.settings import package_folder

#: How many ports after the wanted one are tried.
_PORTS = 50


def run_explorer(*, port: int, browser: bool, uri: str | None, say: Callable[[str], None]) -> None:
    """Serve the explorer on 127.0.0.1 until Ctrl-C.

    Args:
        port: taken where it is free, else the next free one.
        browser: open a window.
        uri: the database's address; None leaves it to the environment.
        say: hears the address.
    """
    free = _free_port(port)
    address = f"http://127.0.0.1:{free}"
    say(f"The explorer is at {address} (Ctrl-C ends it)")
    environment = os.environ | ({"NEO4J_URI": uri} if uri else {})
    process = subprocess.Popen(_command(free, browser), env=environment)
    try:
        code = process.wait()
    except KeyboardInterrupt:
        process.wait()
        return
    if code:
        raise SummitGraphError(f"the explorer ended with exit code {code}")


def _command(port: int, browser: bool) -> list[str]:
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": str(not browser).lower(),
        "browser.gatherUsageStats": "false",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "streamlit", "run", str(package_folder("app") / "server.py"), *flags]


def _free_port(wanted: int) -> int:
    for port in range(wanted, wanted + _PORTS):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SummitGraphError(
        f"no port from {wanted} to {wanted + _PORTS - 1} is free: name another with --port"
    )
