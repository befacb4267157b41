"""Which requests the explorer accepts. Kind: another site's page that reaches a server on this machine."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from summit_graph.cli import app
from summit_graph.system.ports import free_port

#: Headers of a WebSocket handshake in addition to Host and Origin.
HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@contextmanager
def explorer(*options: str) -> Iterator[int]:
    """Run an explorer; yields its port."""
    port = free_port()
    command = [sys.executable, "-m", "summit_graph", "explore", "--no-browser", "--port", str(port), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stderr is not None
        assert any("The explorer is at" in line for line in process.stderr)
        try:
            yield port
        finally:
            os.killpg(process.pid, signal.SIGTERM)


def status_of(port: int, path: str, headers: dict[str, str]) -> int:
    """The status of the response to a request with exactly these headers."""
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall("\r\n".join(lines).encode())
        found = re.match(rb"HTTP/1.1 (\d+)", connection.recv(4096))
    assert found
    return int(found[1])


def statuses(port: int, host: str, origin: str | None) -> tuple[int, int]:
    """The status of a page and of the WebSocket; PORT in the headers is the explorer's port."""
    headers = {"Host": host.replace("PORT", str(port))}
    headers |= {"Origin": origin.replace("PORT", str(port))} if origin else {}
    return status_of(port, "/", headers), status_of(port, "/_stcore/stream", headers | HANDSHAKE)


def check(
    port: int, allowed: Sequence[tuple[str, str | None]], refused: Sequence[tuple[str, str | None]]
) -> None:
    for host, origin in allowed:
        assert statuses(port, host, origin) == (200, 101), (host, origin)
    for host, origin in refused:
        assert statuses(port, host, origin) == (403, 403), (host, origin)


def test_other_sites_are_refused() -> None:
    """Pages and WebSocket accept only this machine's local names, and no pages of other ports."""
    allowed = [
        ("127.0.0.1:PORT", "http://127.0.0.1:PORT"),
        ("localhost:PORT", "http://localhost:PORT"),
        ("LOCALHOST:PORT", "http://localhost:PORT"),
        ("localhost:9000", "http://localhost:9000"),  # through an SSH tunnel
        ("[::1]:PORT", "http://[::1]:PORT"),
        ("127.0.0.1:PORT", None),  # no browser
    ]
    refused = [
        ("evil.example:PORT", "http://evil.example:PORT"),  # DNS rebinding
        ("evil.example", None),
        ("127.0.0.1:PORT", "http://evil.example"),
        ("127.0.0.1:PORT", "http://localhost:3000"),
        ("127.0.0.1:PORT", "http://127.0.0.1:3000"),
        ("127.0.0.1:PORT", "http://localhost:PORT"),
        ("127.0.0.1:PORT", "null"),
        ("127.0.0.1:PORT", "http://["),
        ("127.0.0.1:PORT@evil.example", "http://evil.example"),
        ("localhost.evil.example:PORT", "http://localhost.evil.example:PORT"),
        ("192.0.2.1:PORT", "http://192.0.2.1:PORT"),
        ("localhost:PORT:1", None),
        ("", None),
    ]
    with explorer() as port:
        check(port, allowed, refused)


def test_allow_host_accepts_a_proxy() -> None:
    """With or without the proxy's Host header; other names are still refused."""
    allowed = [
        ("graphs.example", "https://graphs.example"),
        ("127.0.0.1:PORT", "https://graphs.example"),
        ("127.0.0.1:PORT", "https://other.example:8443"),
    ]
    refused = [
        ("evil.example", "https://evil.example"),
        ("graphs.example", "https://evil.example"),
        ("127.0.0.1:PORT", "https://other.example"),
        ("127.0.0.1:PORT", "https://sub.graphs.example"),
    ]
    with explorer("--allow-host", "graphs.example", "--allow-host", "other.example:8443") as port:
        check(port, allowed, refused)


def test_all_addresses_accept_the_machine_name() -> None:
    """``--host 0.0.0.0`` accepts any address: DNS rebinding needs a name."""
    name = socket.gethostname()
    allowed = [(f"{name}:PORT", f"http://{name}:PORT"), ("192.0.2.1:PORT", "http://192.0.2.1:PORT")]
    refused = [("evil.example:PORT", "http://evil.example:PORT"), ("192.0.2.1:PORT", "http://192.0.2.2:PORT")]
    with explorer("--host", "0.0.0.0") as port:
        check(port, allowed, refused)


@pytest.mark.parametrize("wrong", ["https://graphs.example/", "*", "a b", ""])
def test_allow_host_takes_a_name(wrong: str) -> None:
    """A URL or a pattern is an error before the start."""
    done = CliRunner().invoke(app, ["explore", "--no-browser", "--allow-host", wrong])
    assert "--allow-host takes a name" in str(done.exception)
