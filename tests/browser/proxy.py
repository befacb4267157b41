"""A small reverse proxy: forwards requests under one path to the explorer, including WebSockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

END_OF_HEAD = b"\r\n\r\n"


@contextmanager
def proxy_below(path: str, port: int, *, strip: bool) -> Iterator[int]:
    """Run the proxy; yields its port. Requests outside of ``path`` get 404.

    Args:
        path: for example ``/t``.
        port: the port of the server on this machine.
        strip: remove ``path`` from the forwarded requests.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, path, port, strip), daemon=True).start()
        yield listener.getsockname()[1]


def _accept(listener: socket.socket, path: str, port: int, strip: bool) -> None:
    with suppress(OSError):  # closed at the end of the test
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_serve, args=(client, path, port, strip), daemon=True).start()


def _serve(client: socket.socket, path: str, port: int, strip: bool) -> None:
    """One request per connection (``Connection: close``); a WebSocket is forwarded in both directions."""
    with client, suppress(OSError), socket.create_connection(("127.0.0.1", port)) as server:
        head, _, rest = _read_head(client).partition(END_OF_HEAD)
        method, _, target = head.partition(b" ")
        if not target.startswith(f"{path}/".encode()):
            client.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        asked = target[len(path) :] if strip else target
        if b"upgrade: websocket" not in head.lower():
            asked += b"\r\nConnection: close"
        server.sendall(method + b" " + asked + END_OF_HEAD + rest)
        threading.Thread(target=_pour, args=(client, server), daemon=True).start()
        _pour(server, client)


def _read_head(client: socket.socket) -> bytes:
    read = b""
    while END_OF_HEAD not in read and (more := client.recv(65536)):
        read += more
    return read


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
