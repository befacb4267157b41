"""Starting the explorer: where it cannot."""

from __future__ import annotations

import socket

import pytest

from summit_graph.errors import SummitGraphError
from summit_graph.explorer import run_explorer


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_a_host_that_is_not_this_machine_is_named(host: str) -> None:
    """With what to give instead; no word of ports that are taken."""
    with pytest.raises(SummitGraphError, match=f"cannot serve at {host}.*--host"):
        run_explorer(host=host, port=8501, browser=False, uri=None, say=print)


def test_a_port_that_is_taken_is_told() -> None:
    """Who names a port goes there: another one would show another program."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SummitGraphError, match=f"port {port} is taken: name another with --port"):
            run_explorer(host="127.0.0.1", port=port, browser=False, uri=None, say=print)
