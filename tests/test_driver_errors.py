"""Why no database answers. Kind: a library's raw text in a message."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from summit_graph.errors import DatabaseError
from summit_graph.store.connection import Address, open_database
from summit_graph.system.ports import free_port


@contextmanager
def server_that_says(answer: bytes) -> Iterator[int]:
    """The port of a server that sends the same bytes to every client and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:  # closed at the end of the block
                    return
                with client:
                    client.recv(100)
                    client.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def message_for(uri: str) -> str:
    with pytest.raises(DatabaseError) as caught, open_database(Address(uri, "neo4j", "secret", None)):
        pass
    return str(caught.value).removesuffix(": start it, or check --uri")


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_refused_connection(scheme: str) -> None:
    """Directly, and among the failures of a cluster's address."""
    uri = f"{scheme}://127.0.0.1:{free_port()}"
    assert message_for(uri) == f"no database answers at {uri} (Connection refused)"


def test_web_server() -> None:
    """The port of Neo4j's browser in place of Bolt's."""
    with server_that_says(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        uri = f"bolt://127.0.0.1:{port}"
        assert message_for(uri) == f"no database answers at {uri} (a web server answers there)"
        assert message_for(f"bolt+s://127.0.0.1:{port}").endswith("(it takes no encrypted connection)")


def test_no_reason() -> None:
    """A server that hangs up gives none."""
    with server_that_says(b"") as port:
        assert message_for(f"bolt://127.0.0.1:{port}") == f"no database answers at bolt://127.0.0.1:{port}"
